// The shapes in which several commands report: an entry as JSON, a table of names and values, a list of faults.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "json.h"
#include "output.h"
#include "progress.h"
#include "simdr.h"

namespace simdr::cli {

// The members that `ls --json` and `metadata --json` share.
[[nodiscard]] JsonObject entry_json(const simdr_entry_info& info, bool checksum_ok);

// Lines of a name and a value, the values under one another.
class Table {
 public:
  void row(std::string_view name, std::string_view value);
  [[nodiscard]] const std::string& str() const noexcept { return text_; }

 private:
  std::string text_;
};

// Prints faults as the library reports them, however many there are, to standard output: lines, or one JSON object with
// the array "faults" and the members that finish() adds. Failures are kept until rethrow(), because no exception may
// pass through the library.
class FaultReport {
 public:
  FaultReport(Output& out, Progress* progress, bool json) : out_(out), progress_(progress), json_(json) {}

  void add(const simdr_fault& fault);
  // For simdr_fault_fn, with the report as user_data. Returns non-zero when standard output failed.
  static int on_fault(const simdr_fault* fault, void* report) noexcept;
  void rethrow() const;
  // Completes the report: with `rest` as JSON, else with `line`.
  void finish(const JsonObject& rest, std::string_view line);
  // Leaves whole JSON behind when the command fails after faults were printed.
  void abandon(std::string_view why);
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  Output& out_;
  Progress* progress_;  // may be null
  bool json_;
  std::uint64_t count_ = 0;
  std::exception_ptr failure_;
};

}  // namespace simdr::cli
