// A seeded history of writes and what it must leave behind: the one thing that all crash, fault and fuzz tests share.
//
// Every operation is told as the steps it makes in the chain (a value or a removal under a key each). An operation counts as a
// whole; a state between two of its steps is one that only a power cut without durability may show.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/file.h"
#include "store/settings.h"
#include "store/store.h"

namespace simdr::core::test {

using Bytes = std::vector<std::byte>;
using Value = std::shared_ptr<const Bytes>;
using State = std::map<std::uint64_t, Value>;  // key hash -> newest value; deleted keys are not there

// xorshift64*: the same numbers everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed * 0x9E37'79B9'7F4A'7C15ull + 0x1234'5678'9ABC'DEF1ull) {
    if (state_ == 0) state_ = 1;
    next();
    next();
  }
  std::uint64_t next() noexcept {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545'F491'4F6C'DD1Dull;
  }
  std::uint64_t below(std::uint64_t bound) noexcept { return bound == 0 ? 0 : next() % bound; }
  // 1 to `most`, small numbers as often as large ones.
  std::uint64_t log_uniform(std::uint64_t most) noexcept;

 private:
  std::uint64_t state_;
};

// Bytes that differ with the seed. Some are all zeros or all 0xFF, and some look like a trailer or a guard: whatever
// recovery might take for one.
Value make_value(std::uint64_t size, std::uint64_t seed, bool lookalikes = true);

enum class Act : std::uint8_t {
  kPut,
  kPutMany,
  kRemove,
  kRemoveMany,
  kRename,
  kStream,
  kReserve,
  kReserveAbort,
  kCompact,
  kSync,
  kReopen
};
const char* act_name(Act act) noexcept;

struct Step {
  std::uint64_t key = 0;
  Value value;  // null: a removal
};

struct Operation {
  Act act = Act::kPut;
  Durability durability = Durability::kDefault;
  std::vector<Step> steps;
  std::uint64_t rename_from = 0;
};

void apply_step(const Step& step, State* state);
void apply_steps(const Operation& operation, State* state);

struct WorkloadShape {
  std::uint64_t operation_count = 40;
  std::uint64_t key_count = 24;
  std::uint64_t max_value_size = 8 << 10;
  std::uint64_t huge_value_size = 1 << 20;  // of one value in huge_every
  std::uint64_t huge_every = 12;
  bool compactions = true;
  bool reopens = true;
  bool mixed_durability = true;  // some operations ask for COMMIT or STRICT of their own
  bool lookalikes = true;  // some values hold what looks like a guard or a trailer
};

std::uint64_t key_of(std::uint64_t index) noexcept;
std::vector<Operation> make_workload(std::uint64_t seed, const WorkloadShape& shape, State state);

// A store that operations are applied to, closed and opened again where one says so.
class Session {
 public:
  Session(FileSystem& files, std::string path, const OpenSettings& settings)
      : files_(files), path_(std::move(path)), settings_(settings) {}

  Result<void> open();
  Result<void> apply(const Operation& operation);
  Result<void> close();
  void drop() noexcept { store_.reset(); }  // as a process that forgot to close
  [[nodiscard]] Store* store() const noexcept { return store_.get(); }

 private:
  Result<void> put_stream(const Step& step, Durability durability);
  Result<void> reserve(const Operation& operation);
  Result<void> put_many(const Operation& operation);

  FileSystem& files_;
  std::string path_;
  OpenSettings settings_;
  std::unique_ptr<Store> store_;
};

// What the store holds, by its own account.
State contents_of(const Store& store);
// Empty when the store holds exactly `state`, byte for byte; else what differs, in words.
std::string compare_with(const Store& store, const State& state);
// Empty when verify() finds nothing.
std::string find_faults(const Store& store);

}  // namespace simdr::core::test
