#include "fault_run.h"

#include <algorithm>

namespace simdr::core::test {
namespace {

constexpr std::uint64_t kAbsentKey = 0xABCD'EF01'2345'6789ull;

// What an operation does to a store that may lack what an earlier, failed one would have put there.
void apply_actually(const Operation& operation, State* state) {
  if (operation.act != Act::kRename) return apply_steps(operation, state);
  const auto from = state->find(operation.rename_from);
  if (from == state->end()) return;
  const Value value = from->second;
  state->erase(from);
  (*state)[operation.steps[0].key] = value;
}

}  // namespace

std::string FaultRun::run(const std::vector<Operation>& operations, const FaultPlan& plan) {
  possible_ = {{}};
  writer_has_failed_ = false;
  failed_operations_ = 0;
  faults_.arm(plan);
  Session session(faults_, path_, settings_);
  bool is_open = static_cast<bool>(session.open());
  if (!is_open) is_open = static_cast<bool>(session.open());  // a failure that happens once is over by now
  for (const Operation& operation : operations) {
    if (!is_open) break;
    if (std::string wrong = apply(session, operation); !wrong.empty())
      return std::string(act_name(operation.act)) + ": " + wrong;
    if (session.store() == nullptr) {
      writer_has_failed_ = false;
      is_open = static_cast<bool>(session.open());
    }
  }
  call_count_ = faults_.call_count();
  return finish(session);
}

// Success means it is there; failure means it is not, but for one whose sync failed after its data were written.
std::string FaultRun::apply(Session& session, const Operation& operation) {
  const bool failed_before = writer_has_failed_;
  const bool sync_failed_before = faults_.store_sync_failed();
  const Result<void> done = session.apply(operation);
  const bool sync_failed_now = !sync_failed_before && faults_.store_sync_failed();
  if (done) {
    const bool writes = operation.act != Act::kReserveAbort && !operation.steps.empty();
    if (failed_before && writes) return "succeeded after the writer had failed";
    if (sync_failed_now && operation.act != Act::kCompact) return "succeeded although a sync failed";
    for (State& state : possible_) apply_actually(operation, &state);
  } else {
    if (++failed_operations_ == 1) first_failure_ = done.error().message;
    if (session.store() != nullptr) {
      // Whether the handle writes any more, asked in a way that changes nothing.
      writer_has_failed_ =
          session.store()->remove(kAbsentKey, Durability::kNone).error().status == Status::kWriterFailed;
    }
    if (!failed_before && writer_has_failed_) {
      std::vector<State> with = possible_;
      for (State& state : with) apply_actually(operation, &state);
      possible_.insert(possible_.end(), with.begin(), with.end());
    }
  }
  if (session.store() == nullptr) return {};
  if (sync_failed_now && operation.act != Act::kCompact && operation.act != Act::kReopen) {
    if (!writer_has_failed_) return "writes go on after a failed sync";
  }
  if (done) return {};
  return check(*session.store());
}

std::string FaultRun::check(const Store& store) const {
  std::string differs;
  for (const State& state : possible_) {
    differs = compare_with(store, state);
    if (differs.empty()) return find_faults(store);
  }
  return differs + " (" + std::to_string(possible_.size()) + " states possible)";
}

// The end of it, with a file system that works again: everything acknowledged is there, and can be written on.
std::string FaultRun::finish(Session& session) {
  if (session.store() != nullptr) {
    (void)session.close();
  }
  faults_.disarm();
  const Result<FileInfo> there = below_.info(path_);
  if (!there)
    return std::all_of(possible_.begin(), possible_.end(), [](const State& s) { return s.empty(); })
               ? ""
               : "the file is gone";
  OpenSettings reading = settings_;
  reading.mode = OpenAs::kReadOnly;
  {
    const Result<std::unique_ptr<Store>> opened = Store::open(below_, path_, reading);
    if (!opened) return std::string("reopening: ") + opened.error().message;
    if (std::string wrong = check(**opened); !wrong.empty()) return "after reopening: " + wrong;
    if (!(*opened)->recovered_from().empty()) return "the file counts as damaged: " + (*opened)->recovered_from();
  }
  Session again(below_, path_, settings_);
  if (Result<void> opened = again.open(); !opened) return std::string("reopening to write: ") + opened.error().message;
  Operation put;
  put.steps.push_back({key_of(99), make_value(300, 77)});
  if (Result<void> done = again.apply(put); !done) return std::string("writing on: ") + done.error().message;
  for (State& state : possible_) apply_steps(put, &state);
  if (std::string wrong = check(*again.store()); !wrong.empty()) return "after writing on: " + wrong;
  const Result<void> closed = again.close();
  return closed ? "" : std::string("closing: ") + closed.error().message;
}

}  // namespace simdr::core::test
