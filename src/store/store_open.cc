// Opening and closing: which file, whose lock, what is in it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "recovery/scanner.h"
#include "store/image_builder.h"
#include "store/index_file.h"
#include "store/store.h"
#include "store/thread_crew.h"

namespace simdr::core {
namespace {

std::string generation_name(const Layout& layout) {
  if (layout.trailer_size != kTrailerSize) return "packed-19";
  if (layout.alignment == 1) return "packed-20";
  return "aligned-" + std::to_string(layout.alignment);
}

// Another process may be closing, growing or compacting while we look: then what we saw is of no file and we look again.
constexpr int kOpenTries = 100;

Result<bool> read_guard(File& file, std::uint64_t size, GuardLine* out) {
  if (size < kGuardSize) return false;
  std::byte line[kGuardSize];
  if (Result<void> got = file.read_at(size - kGuardSize, line, sizeof line); !got) {
    // Cut off in between: not an error, only another size.
    const Result<FileInfo> now = file.info();
    if (now && now->size < size) return false;
    return got.error();
  }
  return decode_guard(line, size - kGuardSize, out);
}

}  // namespace

Store::Store(FileSystem& files, std::string path, const OpenSettings& settings)
    : files_(files), path_(std::move(path)), settings_(settings), group_commit_(*this) {}

Result<std::unique_ptr<Store>> Store::open(FileSystem& files, const std::string& path, const OpenSettings& settings) {
  std::unique_ptr<Store> store(new Store(files, path, settings));
  for (int attempt = 0;; ++attempt) {
    bool created = false;
    Result<std::unique_ptr<File>> file = store->open_file(&created);
    if (!file) return file.error();
    Result<std::string> real_path = files.canonical(path);
    if (!real_path) return real_path.error();
    store->real_path_ = *real_path;
    store->folder_sync_pending_ = created;
    if (!store->is_read_only()) {
      if (Result<void> locked = store->take_lock(**file); !locked) return locked.error();
      // While we waited for the lock the holder may have put a compacted file in the place of this one.
      const Result<FileInfo> at_path = files.info(store->real_path_);
      const Result<FileInfo> opened = (*file)->info();
      if (!opened) return opened.error();
      if ((!at_path || !at_path->same_file(*opened)) && attempt < kOpenTries) continue;
    }
    bool changed_meanwhile = false;
    Result<void> loaded = store->load(*std::move(file), &changed_meanwhile);
    if (loaded) return store;
    if (!changed_meanwhile || attempt >= kOpenTries) return loaded.error();
    std::this_thread::yield();
  }
}

Result<std::unique_ptr<File>> Store::open_file(bool* out_created) {
  if (settings_.mode == OpenAs::kReadOnly) return files_.open(path_, OpenMode::kReadOnly, 0);
  for (int attempt = 0;; ++attempt) {
    if (settings_.mode != OpenAs::kCreateNew) {
      Result<std::unique_ptr<File>> file = files_.open(path_, OpenMode::kReadWrite, 0);
      if (file || settings_.mode == OpenAs::kExisting || file.error().status != Status::kNoSuchFile) return file;
    }
    Result<std::unique_ptr<File>> created = files_.open(path_, OpenMode::kCreateNew, settings_.permissions);
    if (created) {
      *out_created = true;
      return created;
    }
    // Somebody created it between the two; or the path is a link to nowhere, which stays so.
    const bool appeared = created.error().status == Status::kExists && settings_.mode == OpenAs::kCreate;
    if (!appeared) return created;
    if (attempt >= kOpenTries) {
      return make_error(Status::kNoSuchFile, "%s: is a symbolic link to a file that does not exist", path_.c_str());
    }
  }
}

Result<void> Store::take_lock(File& file) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::milliseconds(settings_.lock_timeout_ms);
  auto pause = std::chrono::microseconds(100);
  for (;;) {
    const Result<bool> taken = file.try_lock();
    if (!taken) return taken.error();
    if (*taken) return {};
    if (settings_.lock_timeout_ms != kWaitForEver && Clock::now() >= deadline) break;
    // A lock with a deadline does not exist; asking ever less often does no harm.
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(20'000));
  }
  GuardLine guard;
  const Result<FileInfo> info = file.info();
  if (info) {
    const Result<bool> guarded = read_guard(file, info->size, &guard);
    if (guarded && *guarded && guard.writer_pid != 0) {
      return make_error(Status::kLocked, "%s: is open for writing (by process %u)", path_.c_str(), guard.writer_pid);
    }
  }
  return make_error(Status::kLocked, "%s: is open for writing elsewhere", path_.c_str());
}

// To readers. For a moment none of them is quick, so that nobody who has seen the new image is led to the old one.
void Store::show(std::shared_ptr<FileImage> next) noexcept {
  const bool answers_quickly = next->layout == kAligned64 && !settings_.verify_reads;
  quick_image_.store(nullptr, std::memory_order_seq_cst);
  {
    const std::lock_guard lock(image_mutex_);
    image_owner_ = std::move(next);
  }
  image_.store(image_owner_.get(), std::memory_order_seq_cst);
  if (answers_quickly) quick_image_.store(image_owner_.get(), std::memory_order_seq_cst);
}

// A file that is longer than what is reserved gets as much behind its end: there may be no space for a second mapping beside the
// first, which the next put would take.
std::uint64_t Store::address_space_for(std::uint64_t size) const noexcept {
  return size < settings_.reserve_size ? settings_.reserve_size : size + settings_.reserve_size;
}

Result<void> Store::load(std::unique_ptr<File> file, bool* out_changed_meanwhile) {
  const Result<FileInfo> info = file->info();
  if (!info) return info.error();
  std::uint64_t size = info->size;
  if (size >= kMaxStoreSize) {
    return make_error(Status::kTooLarge, "%s: %llu bytes pass the format's limit of 2^48", path_.c_str(),
                      static_cast<unsigned long long>(size));
  }

  // Beside a living writer the end of the file may be cut off at any moment, so it is read, not looked at through a mapping, and
  // what lies above the committed tail is none of ours.
  ScanOptions options;
  options.layout = settings_.layout;
  if (is_read_only()) {
    const Result<bool> locked = file->is_locked_by_other();
    GuardLine guard;
    if (locked && *locked) {
      const Result<bool> guarded = read_guard(*file, size, &guard);
      if (!guarded) return guarded.error();
      const Result<FileInfo> again = file->info();
      if (!again) return again.error();
      if (again->size != size) {
        *out_changed_meanwhile = true;
        return make_error(Status::kIo, "%s: its size kept changing while it was opened", path_.c_str());
      }
      if (*guarded) {
        size = guard.committed_tail;
        options.holds_torn = (guard.flags & kGuardHoldsTorn) != 0;
      }
    }
  }

  const std::unique_ptr<IndexFile> index_file = open_index_file(*info);
  Result<std::shared_ptr<FileImage>> mapped =
      FileImage::map(std::move(file), size, is_read_only() ? size : address_space_for(size),
                     index_file != nullptr ? std::optional(index_file->seed()) : std::nullopt);
  if (!mapped) return mapping_error(path_, size, mapped.error());
  const std::shared_ptr<FileImage> image = *mapped;

  const bool is_loaded = index_file != nullptr && load_index_file(index_file.get(), *info, image.get());
  bool has_guard = false;
  if (!is_loaded) {
    const Result<bool> walked = walk(*image, *info, size, options, out_changed_meanwhile);
    if (!walked) return walked.error();
    has_guard = *walked;
  }
  layout_ = image->layout;
  generation_ = generation_name(layout_);

  show(image);
  if (is_read_only()) return {};
  // The mark of a crashed writer's guard is not taken over: the first write syncs all that is here, and then it is true.
  const std::uint64_t tail = image->tail.load(std::memory_order_relaxed);
  appender_ = make_appender(image->file(), {tail, tail, info->size, has_guard, !image->veiled.empty()});
  figures_.durable_tail.store(tail, std::memory_order_relaxed);
  return {};
}

// Proves the chain, builds the index from it, and refuses what may not be opened so. True when the file ends with a guard.
Result<bool> Store::walk(FileImage& image, const FileInfo& info, std::uint64_t size, const ScanOptions& options,
                         bool* out_changed_meanwhile) {
  ThreadCrew crew(ThreadCrew::usual_size());
  ImageBuilder builder(image, size, crew);
  const ByteView bytes = image.mapped()->bytes().first(static_cast<std::size_t>(size));
  const Result<ScanResult> scanned = scan(bytes, options, &builder);
  if ((scanned && !builder.finish()) || builder.out_of_memory())
    return make_error(Status::kNoMemory, "%s: out of memory for the key index", path_.c_str());
  if (!scanned) {
    const Result<FileInfo> again = image.file().info();
    *out_changed_meanwhile = is_read_only() && again && again->size != info.size;
    return make_error(scanned.error().status, "%s: %s", path_.c_str(), scanned.error().message);
  }
  image.veiled = builder.take_veiled();
  image.veiled_tail = scanned->tail;
  image.layout = scanned->layout;
  image.tail.store(scanned->tail, std::memory_order_release);

  if (!is_read_only()) {
    if (image.layout != kAligned64) {
      return make_error(Status::kOldGeneration,
                        "%s: is of the older generation %s; open it read-only, or rewrite it with upgrade",
                        path_.c_str(), generation_name(image.layout).c_str());
    }
    if (scanned->reason == Reason::kBrokenChain) {
      return make_error(Status::kCorrupt, "%s: %s; a write would destroy them: repair it, or open it read-only",
                        path_.c_str(), scanned->message);
    }
  }
  if (scanned->reason != Reason::kClean && scanned->reason != Reason::kGuarded) {
    recovered_from_ = scanned->message[0] != '\0' ? scanned->message : reason_text(scanned->reason);
    settings_.log.say(LogLevel::kWarning, (path_ + ": " + recovered_from_).c_str());
  }
  return scanned->has_guard;
}

std::unique_ptr<Appender> Store::make_appender(File& file, const AppendRegion::Start& start) const {
  const bool syncs = settings_.durability != Durability::kNone;
  AppendConfig config = syncs ? settings_.append.with_synced_growth() : settings_.append;
  config.mapped_writes = !settings_.direct_writes && file.mapped_writes_are_safe();
  auto appender = std::make_unique<Appender>(file, start, config);
  appender->region().set_all_synced(syncs);
  return appender;
}

Store::~Store() {
  if (appender_ != nullptr) appender_->region().abandon();
}

// The other threads' locks and condition variables are in a state that nobody will ever change, so what has them is not destroyed.
void Store::abandon_in_child() noexcept {
  if (appender_ != nullptr) appender_->region().abandon();
  quick_image_.store(nullptr, std::memory_order_relaxed);
  image_owner_.reset();
}

Result<void> Store::close() {
  if (is_read_only()) return {};
  const std::lock_guard lock(write_mutex_);
  // Whatever comes, entries that outlive the store keep the file open, and the lock is not theirs.
  struct Unlocking {
    File& file;
    ~Unlocking() { file.unlock(); }
  } const unlocking{image().file()};
  const Result<void> finished = finish_file();
  if (finished) save_index_file();
  return finished;
}

Result<void> Store::finish_file() {
  AppendRegion& region = appender_->region();
  if (writer_failed_) return failure_;
  // Nothing was written: the file stays as it was found, a dead writer's guard and all.
  if (!writer_prepared_) return {};
  // A file without a guard says that all of it is on the disk; so it must be before the guard goes.
  Result<void> done;
  if (appender_->tail() > region.durable_tail()) done = image().file().sync_data();
  if (done && folder_sync_pending_) done = files_.sync_folder_of(real_path_);
  if (!done) return done;
  return region.finish(appender_->tail());
}

}  // namespace simdr::core
