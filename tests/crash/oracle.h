// The Rust crate this format comes from, asked what it finds in a file (tests/oracle, command `serve`).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "workload.h"

namespace simdr::core::test {

class Oracle {
 public:
  struct Entry {
    std::uint64_t size = 0;
    std::uint32_t crc32 = 0;
    bool is_valid = false;
  };
  using Contents = std::map<std::uint64_t, Entry>;

  // Null when there is no oracle to be found: $SIMDR_ORACLE, $CARGO_TARGET_DIR/release, or tests/oracle/target/release.
  static std::unique_ptr<Oracle> start();
  ~Oracle();
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  // What the crate's own recovery finds. It cuts the file as it sees fit: pass a copy. False with words when it fails.
  bool dump(const std::string& path, Contents* out, std::string* why);

 private:
  Oracle(pid_t child, FILE* to, FILE* from) noexcept : child_(child), to_(to), from_(from) {}

  pid_t child_;
  FILE* to_;
  FILE* from_;
};

// Empty when the crate found exactly `state`, and nothing more than the one phantom of a guard.
std::string compare_with(const Oracle::Contents& contents, const State& state);

}  // namespace simdr::core::test
