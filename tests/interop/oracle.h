// The crate, driven through tests/oracle's program: one `serve` process for the life of the test program, and one process for
// each random history.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

#include "history.h"

namespace simdr::interop {

class Oracle {
 public:
  // NULL when there is none, with the reason. $SIMDR_ORACLE names the program; else it is the one the build made.
  static Oracle* get(std::string* why_not);

  // The lines of the answer. The file names in a command must not contain spaces.
  std::vector<std::string> ask(const std::string& command);
  // Each operation's result: `ok TAIL`, `err MESSAGE` or `panic MESSAGE`. The script is left beside the file, as FILE.script.
  std::vector<std::string> apply(const std::string& file, const History& history);
  // The crate opens `file`, which it may change.
  std::vector<std::string> dump(const std::string& file) { return ask("dump " + file); }

  // What `random SEED COUNT OUT_FILE OUT_SCRIPT ARGUMENTS` printed; `ok ...` when it went well.
  std::string random(std::uint64_t seed, std::size_t count, const std::string& file, const std::string& script,
                     const std::vector<std::string>& arguments);

  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;
  ~Oracle();

 private:
  explicit Oracle(std::string program) : program_(std::move(program)) {}
  bool start();

  std::string program_;
  pid_t server_ = -1;
  std::FILE* commands_ = nullptr;
  std::FILE* answers_ = nullptr;
};

}  // namespace simdr::interop

// Declares `name`, or skips the test saying what is missing.
#define SIMDR_NEEDS_ORACLE(name)                                                     \
  std::string name##_why_not;                                                        \
  simdr::interop::Oracle* const name = simdr::interop::Oracle::get(&name##_why_not); \
  if (name == nullptr) GTEST_SKIP() << "no oracle to compare with: " << name##_why_not
