// A child process that works on a store until it is killed: at a system call, at an instruction, or at an instant.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "workload.h"

namespace simdr::core::test {

struct KillPlan {
  enum class Where : std::uint8_t {
    kNowhere,       // it runs to its end
    kSystemCall,    // at the call_number-th system call, counted from 1
    kInstruction,   // instruction_count machine instructions after operation number `operation` begins (x86-64 only)
    kInstant,       // `microseconds` after the child began its work
  };
  enum class How : std::uint8_t { kBefore, kAfter, kTorn };

  Where where = Where::kNowhere;
  How how = How::kBefore;
  std::uint64_t call_number = 0;
  std::uint64_t operation = 0;
  std::uint64_t instruction_count = 0;
  std::uint64_t microseconds = 0;
  std::uint64_t tear_seed = 0;  // where a torn write ends
};

struct Death {
  bool was_killed = false;      // else it came to its end
  std::uint64_t started = 0;    // operations begun
  std::uint64_t acknowledged = 0;
  std::uint64_t call_count = 0;
  std::uint64_t microseconds = 0;  // of work
  std::string failure;          // words when an operation failed that must not
};

// Runs in a forked child: opens the store, applies the operations, closes it.
Death run_victim(const std::string& path, const OpenSettings& settings, const std::vector<Operation>& operations,
                 const KillPlan& plan);

[[nodiscard]] bool can_step_instructions() noexcept;

}  // namespace simdr::core::test
