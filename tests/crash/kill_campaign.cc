#include "kill_campaign.h"

#include <filesystem>

namespace simdr::core::test {
namespace {

constexpr std::uint64_t kPointsPerWorkload = 24;
constexpr std::uint64_t kCrateEvery = 12;
constexpr int kMostGenerations = 4;

WorkloadShape shape_of_kills() {
  WorkloadShape shape;
  shape.operation_count = 48;
  shape.huge_every = 20;
  return shape;
}

}  // namespace

KillCampaign::KillCampaign(std::string folder, std::uint64_t seed, Oracle* oracle)
    : folder_(std::move(folder)), path_(folder_ + "/store.simdr"), random_(seed), oracle_(oracle), seed_(seed) {}

OpenSettings KillCampaign::draw_settings() {
  constexpr std::uint64_t kWindows[] = {64 << 10, 64 << 10, 256 << 10, 4 << 20};
  constexpr Durability kDurabilities[] = {Durability::kNone, Durability::kNone, Durability::kCommit,
                                          Durability::kStrict};
  OpenSettings settings;
  settings.append.max_window_size = kWindows[random_.below(4)];
  if (random_.below(2) == 0) settings.append.fill_step = 64 << 10;
  settings.append.direct_size = std::uint64_t{8 << 10} << (4 * random_.below(3));  // 8 KiB, 128 KiB, 2 MiB
  if (random_.below(2) == 0) settings.append.gather_from = std::uint64_t{1} << random_.below(18);
  settings.durability = kDurabilities[random_.below(4)];
  settings.direct_writes = random_.below(5) == 0;
  settings.index_file = random_.below(2) == 0;
  return settings;
}

KillPlan KillCampaign::draw_plan(KillPlan::Where where, std::uint64_t operation_count, std::uint64_t call_count) {
  KillPlan plan;
  plan.where = where;
  plan.how = static_cast<KillPlan::How>(random_.below(3));
  plan.call_number = 1 + random_.below(call_count);
  plan.operation = random_.below(operation_count);
  // A put through the window takes some hundred instructions; what is larger goes by system calls sooner or later.
  plan.instruction_count = random_.below(3) != 0 ? 1 + random_.below(900) : random_.log_uniform(6000);
  plan.microseconds = random_.below(workload_microseconds_ + 1);
  plan.tear_seed = random_.next();
  return plan;
}

std::string KillCampaign::run(KillPlan::Where where) {
  if (chain_count_++ % kPointsPerWorkload == 0) {
    workload_seed_ = random_.next();
    settings_ = draw_settings();
    if (std::string wrong = clean_up(true); !wrong.empty()) return wrong;
    const Death whole = run_victim(path_, settings_, make_workload(workload_seed_, shape_of_kills(), {}), {});
    if (!whole.failure.empty()) return "a run without a kill: " + whole.failure;
    workload_microseconds_ = whole.microseconds;
    workload_calls_ = whole.call_count;
  }
  if (std::string wrong = clean_up(true); !wrong.empty()) return wrong;
  State state;
  for (int generation = 0; generation < kMostGenerations; ++generation) {
    const std::uint64_t workload_seed = generation == 0 ? workload_seed_ : random_.next();
    bool killed = false;
    std::string wrong = kill_once(where, workload_seed, &state, &killed);
    if (wrong.empty() && killed && generation != 0) ++tally_.on_crashed_file;
    if (wrong.empty() && tally_.points % kCrateEvery == 0) wrong = ask_crate(state);
    if (!wrong.empty()) return wrong + " (generation " + std::to_string(generation) + ")";
    if (random_.below(3) != 0) break;
  }
  return go_on_writing(std::move(state));
}

std::string KillCampaign::kill_once(KillPlan::Where where, std::uint64_t workload_seed, State* state,
                                    bool* out_killed) {
  const std::vector<Operation> operations = make_workload(workload_seed, shape_of_kills(), *state);
  const KillPlan plan = draw_plan(where, operations.size(), workload_calls_);
  const Death death = run_victim(path_, settings_, operations, plan);
  *out_killed = death.was_killed;
  ++(death.was_killed ? tally_.points : tally_.ran_through);
  if (std::string wrong = inspect(operations, death, state); !wrong.empty()) {
    char where_text[200];
    std::snprintf(where_text, sizeof where_text,
                  " [seed %llu, call %llu of about %llu, how %d, after operation %llu of %llu begun: %s]",
                  static_cast<unsigned long long>(seed_), static_cast<unsigned long long>(death.call_count),
                  static_cast<unsigned long long>(workload_calls_), static_cast<int>(plan.how),
                  static_cast<unsigned long long>(death.acknowledged), static_cast<unsigned long long>(death.started),
                  death.started == 0 ? "open" : act_name(operations[death.started - 1].act));
    return wrong + where_text;
  }
  return clean_up(false);
}

// Everything acknowledged is there, the one in flight whole or not at all, nothing else; and a look changes no byte.
std::string KillCampaign::inspect(const std::vector<Operation>& operations, const Death& death, State* state) {
  if (!death.failure.empty()) return death.failure;
  for (std::uint64_t i = 0; i < death.acknowledged; ++i) apply_steps(operations[i], state);

  if (death.started == 0 && !std::filesystem::exists(path_)) return {};  // killed before it was created
  OpenSettings settings;
  settings.mode = OpenAs::kReadOnly;
  settings.index_file = settings_.index_file;
  const Result<std::unique_ptr<Store>> opened = Store::open(system_file_system(), path_, settings);
  if (!opened) return std::string("reopening: ") + opened.error().message;
  const Store& store = **opened;
  if (!store.recovered_from().empty()) return "the file counts as damaged: " + store.recovered_from();
  if (std::string faults = find_faults(store); !faults.empty()) return faults;

  const std::string without = compare_with(store, *state);
  if (death.started == death.acknowledged || operations[death.started - 1].steps.empty()) {
    ++tally_.between;
    return without;
  }
  if (without.empty()) {
    ++tally_.no_in_flight;
    return {};
  }
  State with = *state;
  apply_steps(operations[death.started - 1], &with);
  if (const std::string differs = compare_with(store, with); !differs.empty()) {
    return "neither without the operation in flight (" + without + ") nor with it (" + differs + ")";
  }
  ++tally_.whole_in_flight;
  *state = std::move(with);
  return {};
}

std::string KillCampaign::ask_crate(const State& state) {
  if (oracle_ == nullptr || !std::filesystem::exists(path_) || std::filesystem::file_size(path_) == 0) return {};
  const std::string copy = folder_ + "/copy.bin";
  std::filesystem::copy_file(path_, copy, std::filesystem::copy_options::overwrite_existing);
  Oracle::Contents contents;
  std::string wrong;
  if (oracle_->dump(copy, &contents, &wrong)) wrong = compare_with(contents, state);
  std::filesystem::remove(copy);
  ++tally_.crate_checks;
  return wrong;
}

// The survivor can be written to, and a clean close leaves a file that is nothing but its entries.
std::string KillCampaign::go_on_writing(State state) {
  Session session(system_file_system(), path_, settings_);
  if (Result<void> opened = session.open(); !opened) return std::string("opening to write: ") + opened.error().message;
  Operation put;
  put.steps.push_back({key_of(7), make_value(777, random_.next())});
  if (Result<void> done = session.apply(put); !done) return std::string("put: ") + done.error().message;
  apply_steps(put, &state);
  const std::uint64_t tail = session.store()->tail();
  if (Result<void> closed = session.close(); !closed) return std::string("close: ") + closed.error().message;
  if (std::filesystem::file_size(path_) != tail) return "a clean close left more than the entries";
  OpenSettings settings;
  settings.mode = OpenAs::kReadOnly;
  settings.index_file = settings_.index_file;
  const Result<std::unique_ptr<Store>> opened = Store::open(system_file_system(), path_, settings);
  if (!opened) return std::string("opening after a clean close: ") + opened.error().message;
  if (std::string faults = find_faults(**opened); !faults.empty()) return faults;
  return compare_with(**opened, state);
}

// A kill between the naming of a compacted file and its renaming leaves that name, and nothing ever opens it.
std::string KillCampaign::clean_up(bool with_store) {
  for (const auto& item : std::filesystem::directory_iterator(folder_)) {
    const std::string name = item.path().filename().string();
    if (name == "store.simdr" || name == "store.simdr.index") {
      if (with_store) std::filesystem::remove(item.path());
      continue;
    }
    if (!name.starts_with(".store.simdr.") || !name.ends_with(".tmp")) return "a file is left over: " + name;
    ++tally_.left_over_files;
    std::filesystem::remove(item.path());
  }
  return {};
}

}  // namespace simdr::core::test
