#include "power_campaign.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "store/maintenance.h"

namespace simdr::core::test {
namespace {

const std::string kPath = "/disk/store.simdr";

WorkloadShape shape_of_cuts(std::uint64_t seed) {
  WorkloadShape shape;
  shape.operation_count = 28;
  shape.key_count = 12;
  shape.max_value_size = seed % 3 == 0 ? 60'000 : 3000;
  shape.huge_value_size = 200'000;
  shape.huge_every = 16;
  return shape;
}

bool holds(const Store& store, std::uint64_t key, const Value& value, Status* out_status) {
  Found found;
  Error error;
  *out_status = store.view(key, &found, &error);
  if (*out_status == Status::kNotFound) return value == nullptr;
  if (*out_status != Status::kOk || value == nullptr || found.payload().size() != value->size()) return false;
  return std::memcmp(found.payload().data(), value->data(), value->size()) == 0;
}

Value value_in(const State& state, std::uint64_t key) {
  const auto at = state.find(key);
  return at == state.end() ? nullptr : at->second;
}

}  // namespace

PowerCampaign::PowerCampaign(std::uint64_t seed, Durability durability, Oracle* oracle, std::string folder)
    : random_(seed), durability_(durability), oracle_(oracle), folder_(std::move(folder)) {
  settings_.durability = durability;
  settings_.reserve_size = RecordingFileSystem::kFileCapacity / 2;
}

Durability PowerCampaign::effective(const Operation& operation) const {
  return operation.durability == Durability::kDefault ? durability_ : operation.durability;
}

// A store of some entries, or none; then the workload with the recorder on.
std::string PowerCampaign::record() {
  settings_.append.max_window_size = random_.below(2) == 0 ? 64 << 10 : 1 << 20;
  if (random_.below(2) == 0) settings_.append.fill_step = 64 << 10;
  settings_.append.direct_size = std::uint64_t{8 << 10} << (4 * random_.below(3));  // 8 KiB, 128 KiB, 2 MiB
  if (random_.below(2) == 0) settings_.append.gather_from = std::uint64_t{1} << random_.below(18);
  settings_.direct_writes = random_.below(5) == 0;
  RecordingFileSystem files;
  Session session(files, kPath, settings_);
  State state;
  WorkloadShape shape = shape_of_cuts(random_.below(100));
  // STRICT is a promise about the crate for as long as every write is: a COMMIT in flight may show it a torn entry.
  shape.mixed_durability = durability_ != Durability::kStrict;
  if (random_.below(4) != 0) {
    if (Result<void> opened = session.open(); !opened) return opened.error().message;
    for (const Operation& operation : make_workload(random_.next(), shape, {})) {
      if (Result<void> done = session.apply(operation); !done) return done.error().message;
      apply_steps(operation, &state);
    }
    // What a crash leaves is durable once it has been read back: a file with a guard is a beginning too.
    if (random_.below(3) == 0) {
      session.drop();
    } else if (Result<void> closed = session.close(); !closed) {
      return closed.error().message;
    }
  }
  const bool is_there = static_cast<bool>(files.info(kPath));
  before_ = is_there ? std::optional(files.contents(kPath)) : std::nullopt;

  operations_ = make_workload(random_.next(), shape, state);
  states_ = {state};
  steps_.clear();
  first_step_ = {0};
  for (const Operation& operation : operations_) {
    for (const Step& step : operation.steps) {
      apply_step(step, &state);
      steps_.push_back(step);
      states_.push_back(state);
    }
    first_step_.push_back(steps_.size());
  }

  RecordingFileSystem recorder;
  if (before_) recorder.preset(kPath, *before_);
  recorder.start_recording();
  Session recorded(recorder, kPath, settings_);
  if (Result<void> opened = recorded.open(); !opened) return opened.error().message;
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    recorder.note(DiskEvent::Kind::kBegin, i);
    if (Result<void> done = recorded.apply(operations_[i]); !done) return done.error().message;
    recorder.note(DiskEvent::Kind::kEnd, i);
  }
  if (Result<void> closed = recorded.close(); !closed) return closed.error().message;
  log_ = std::move(recorder.log());
  progress_ = {};
  ++tally_.workloads;
  return {};
}

void PowerCampaign::follow(const DiskEvent& event) {
  if (event.kind != DiskEvent::Kind::kBegin && event.kind != DiskEvent::Kind::kEnd) return;
  const Operation& operation = operations_[event.operation];
  const std::uint64_t end = first_step_[event.operation + 1];
  const Durability durability = effective(operation);
  if (event.kind == DiskEvent::Kind::kBegin) {
    progress_.begun = end;
    progress_.atomic_from = first_step_[event.operation];
    return;
  }
  const bool writes = operation.act != Act::kReserveAbort && !operation.steps.empty();
  const bool settles = operation.act == Act::kCompact || operation.act == Act::kReopen;
  if (settles || (durability != Durability::kNone && (writes || operation.act == Act::kSync))) progress_.durable = end;
  if (settles || (durability == Durability::kStrict && (writes || operation.act == Act::kSync)))
    progress_.strictly = end;
  if (settles) progress_.strictly = end;
}

// Where every write asked for durability, only ends of operations may be seen; else an operation that asked for it must be
// whole.
bool PowerCampaign::may_end_at(std::uint64_t step) const {
  if (step < progress_.durable || step > progress_.begun) return false;
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    if (step <= first_step_[i] || step >= first_step_[i + 1]) continue;
    return effective(operations_[i]) == Durability::kNone;
  }
  return true;
}

std::string PowerCampaign::run(std::uint64_t states) {
  if (std::string wrong = record(); !wrong.empty()) return "recording: " + wrong;
  PowerCut cut(kPath, before_);
  const std::uint64_t draws = states / log_.size() + 1;
  for (std::size_t i = 0; i < log_.size(); ++i) {
    cut.advance(log_[i]);
    follow(log_[i]);
    ++tally_.prefixes;
    std::string wrong = check(cut.newest());
    for (std::uint64_t draw = 0; wrong.empty() && cut.is_open() && draw < draws; ++draw) {
      wrong = check(cut.draw(&random_, SizeRule::kAnySize));
    }
    if (wrong.empty() && durability_ == Durability::kStrict && oracle_ != nullptr && random_.below(8) == 0) {
      const std::optional<Bytes> image = cut.draw(&random_, SizeRule::kGrowsWithItsBytes);
      if (image) wrong = check_crate(*image);
    }
    if (!wrong.empty()) {
      tell_history(i);
      char where[200];
      std::snprintf(where, sizeof where, " [workload %llu, event %zu of %zu; steps durable %llu, begun %llu]",
                    static_cast<unsigned long long>(tally_.workloads), i, log_.size(),
                    static_cast<unsigned long long>(progress_.durable),
                    static_cast<unsigned long long>(progress_.begun));
      return wrong + where;
    }
  }
  return {};
}

// Puts an image that failed where $SIMDR_KEEP_IMAGE says.
void PowerCampaign::keep(const Bytes& image) {
  const char* path = std::getenv("SIMDR_KEEP_IMAGE");
  std::FILE* file = path == nullptr ? nullptr : std::fopen(path, "wb");
  if (file == nullptr) return;
  std::fwrite(image.data(), 1, image.size(), file);
  std::fclose(file);
}

// The last of what was done, for whoever looks into a failure.
void PowerCampaign::tell_history(std::size_t until) const {
  constexpr const char* kNames[] = {"write", "store", "truncate", "sync", "name", "sync folder", "begin", "end"};
  for (std::size_t i = until < 24 ? 0 : until - 24; i <= until; ++i) {
    const DiskEvent& event = log_[i];
    const bool is_operation = event.kind == DiskEvent::Kind::kBegin || event.kind == DiskEvent::Kind::kEnd;
    std::fprintf(stderr, "  %zu: %s file %u size %llu, %zu sectors from %llu%s%s\n", i,
                 kNames[static_cast<std::size_t>(event.kind)], event.file, static_cast<unsigned long long>(event.size),
                 event.sectors.size(),
                 static_cast<unsigned long long>(event.sectors.empty() ? 0 : event.sectors[0].first),
                 is_operation ? " operation " : "", is_operation ? act_name(operations_[event.operation].act) : "");
  }
}

std::string PowerCampaign::check(const std::optional<Bytes>& image) {
  ++tally_.states;
  if (!image) return states_[progress_.durable].empty() ? std::string{} : "the file has no name";
  RecordingFileSystem files;
  files.preset(kPath, *image);
  OpenSettings settings = settings_;
  settings.mode = OpenAs::kReadOnly;
  settings.verify_reads = random_.below(2) == 0;  // what recovery lets through must be right without, too
  const Result<std::unique_ptr<Store>> opened = Store::open(files, kPath, settings);
  if (!opened) {
    // Of a store whose first write was under way there may be a size and nothing else: it holds nothing, and says so.
    if ((!before_ || before_->empty()) && progress_.durable == 0 &&
        (opened.error().status == Status::kNotAStore ||
         (opened.error().status == Status::kCorrupt && durability_ == Durability::kNone))) {
      ++tally_.nothing_yet;
      return {};
    }
    keep(*image);
    return std::string("opening: ") + opened.error().message;
  }
  if (!(*opened)->recovered_from().empty()) ++tally_.mended;
  if (std::string wrong = check_store(**opened); !wrong.empty()) {
    keep(*image);
    return wrong + "; opened as: " + (*opened)->recovered_from();
  }
  if (random_.below((*opened)->recovered_from().empty() ? 64 : 8) == 0) return check_backup(files, **opened);
  if (random_.below(16) == 0) return check_write(*image);
  if (random_.below((*opened)->recovered_from().empty() ? 64 : 8) == 0) return check_second_cut(*image);
  return {};
}

std::string PowerCampaign::check_store(const Store& store) {
  std::string last = "no state fits";
  for (std::uint64_t step = progress_.begun + 1; step-- > progress_.durable;) {
    if (!may_end_at(step) || store.count() != states_[step].size()) continue;
    std::string differs = compare_with(store, states_[step]);
    if (differs.empty())
      return find_faults(store).empty() || durability_ == Durability::kNone ? "" : "verify: " + find_faults(store);
    last = std::move(differs);
  }
  if (durability_ != Durability::kNone) return last + " (" + std::to_string(store.count()) + " keys)";
  ++tally_.mixed;
  return check_each_key(store);
}

// A session that promised nothing: each key has a value that was written under it, no older than the promised one.
std::string PowerCampaign::check_each_key(const Store& store) {
  for (std::uint64_t index = 0; index < 12; ++index) {
    const std::uint64_t key = key_of(index);
    Status status;
    const Value promised = value_in(states_[progress_.durable], key);
    bool good = holds(store, key, promised, &status);
    for (std::uint64_t step = progress_.durable; !good && step < progress_.begun; ++step) {
      if (steps_[step].key != key) continue;
      good = holds(store, key, steps_[step].value, &status);
    }
    if (good) continue;
    return "key number " + std::to_string(index) +
           (status == Status::kOk         ? " has bytes that were never its own"
            : status == Status::kNotFound ? " is lost"
                                          : " is damaged");
  }
  return {};
}

// What is found can be written on, and what is written is found, also by one who opens the file that is then left.
std::string PowerCampaign::check_write(const Bytes& image) {
  RecordingFileSystem files;
  files.preset(kPath, image);
  OpenSettings settings = settings_;
  settings.verify_reads = random_.below(2) == 0;
  Session session(files, kPath, settings);
  if (Result<void> opened = session.open(); !opened) {
    // A first entry of which the last byte is missing reads as one of the oldest generation.
    if (opened.error().status == Status::kOldGeneration && states_[progress_.durable].empty()) {
      ++tally_.nothing_yet;
      return {};
    }
    return opened.error().status == Status::kCorrupt && durability_ == Durability::kNone
               ? ""
               : std::string("opening to write: ") + opened.error().message;
  }
  const std::uint64_t count = session.store()->count();
  Operation put;
  put.steps.push_back({key_of(999), make_value(500, random_.next())});
  if (Result<void> done = session.apply(put); !done) return std::string("writing on: ") + done.error().message;
  if (Result<void> closed = session.close(); !closed) return std::string("closing: ") + closed.error().message;
  if (Result<void> opened = session.open(); !opened) return std::string("opening again: ") + opened.error().message;
  Status status;
  if (!holds(*session.store(), key_of(999), put.steps[0].value, &status)) return "what was written on is not found";
  if (session.store()->count() != count + 1) return "writing on changed how many keys there are";
  // Only a session that promised nothing may leave damage behind what was there before.
  if (durability_ != Durability::kNone && !session.store()->recovered_from().empty())
    return "after writing on: " + session.store()->recovered_from();
  ++tally_.written_on;
  if (durability_ != Durability::kNone) return {};
  // The file now ends as one that was closed in good order, and nobody looks for damage in it any more.
  std::string wrong = check_each_key(*session.store());
  if (wrong.empty()) return wrong;
  keep(image);
  return "after writing on, " + wrong;
}

// A copy is a store that was closed in good order, and shows what the image does.
std::string PowerCampaign::check_backup(RecordingFileSystem& files, const Store& store) {
  const std::string path = kPath + ".backup";
  if (Result<void> made = backup_store(store, path); !made) return std::string("a backup: ") + made.error().message;
  OpenSettings settings = settings_;
  settings.mode = OpenAs::kReadOnly;
  const Result<std::unique_ptr<Store>> copy = Store::open(files, path, settings);
  if (!copy) return std::string("a backup: ") + copy.error().message;
  if (!(*copy)->recovered_from().empty()) return "a backup: " + (*copy)->recovered_from();
  const std::string wrong = compare_with(**copy, contents_of(store));
  return wrong.empty() ? wrong : "a backup: " + wrong;
}

// The power goes again while what the first cut left is written on. All that was shown then is on the disk, and stays.
std::string PowerCampaign::check_second_cut(const Bytes& image) {
  RecordingFileSystem files;
  files.preset(kPath, image);
  files.start_recording();
  Session session(files, kPath, settings_);
  if (!session.open()) return {};  // check_write() says where that is right
  const State shown = contents_of(*session.store());
  if (shown.empty()) return {};  // a first write that is cut off may leave what is no store, and loses nothing
  Operation put;
  put.steps.push_back({key_of(999), make_value(500, random_.next())});
  if (Result<void> done = session.apply(put); !done) return std::string("writing on: ") + done.error().message;
  session.drop();
  State written = shown;
  apply_steps(put, &written);

  PowerCut cut(kPath, image);
  for (const DiskEvent& event : files.log()) {
    cut.advance(event);
    for (int draw = 0; draw < 3; ++draw) {
      const std::optional<Bytes> left = draw == 0 ? cut.newest() : cut.draw(&random_, SizeRule::kAnySize);
      ++tally_.cut_again;
      RecordingFileSystem again;
      again.preset(kPath, *left);
      OpenSettings settings = settings_;
      settings.mode = OpenAs::kReadOnly;
      const Result<std::unique_ptr<Store>> opened = Store::open(again, kPath, settings);
      std::string wrong = opened ? compare_with(**opened, shown) : opened.error().message;
      if (opened && !wrong.empty() && compare_with(**opened, written).empty()) wrong.clear();
      if (wrong.empty()) continue;
      keep(image);
      return "after a second cut: " + wrong;
    }
  }
  return {};
}

std::string PowerCampaign::check_crate(const Bytes& image) {
  if (image.empty()) return {};
  const std::string path = folder_ + "/image.bin";
  FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr || std::fwrite(image.data(), 1, image.size(), file) != image.size())
    return "cannot write " + path;
  std::fclose(file);
  Oracle::Contents contents;
  std::string wrong;
  const bool dumped = oracle_->dump(path, &contents, &wrong);
  std::filesystem::remove(path);
  ++tally_.crate_checks;
  if (!dumped) return "the crate: " + wrong;
  for (std::uint64_t step = progress_.begun + 1; step-- > progress_.strictly;) {
    wrong = compare_with(contents, states_[step]);
    if (wrong.empty()) return {};
  }
  keep(image);
  return wrong;
}

}  // namespace simdr::core::test
