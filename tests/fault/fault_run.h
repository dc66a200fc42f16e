// A workload on a failing file system, and what must hold of it whatever fails.
#pragma once

#include <string>
#include <vector>

#include "fault_file_system.h"
#include "workload.h"

namespace simdr::core::test {

class FaultRun {
 public:
  FaultRun(FileSystem& below, std::string path, const OpenSettings& settings)
      : below_(below), faults_(below), path_(std::move(path)), settings_(settings) {}

  // Empty, or the first thing that is not as it must be. call_count() says afterwards how many calls there were.
  std::string run(const std::vector<Operation>& operations, const FaultPlan& plan);

  [[nodiscard]] std::uint64_t call_count() const noexcept { return call_count_; }
  [[nodiscard]] const char* fired() const noexcept { return faults_.fired(); }
  [[nodiscard]] std::uint64_t failed_operations() const noexcept { return failed_operations_; }
  [[nodiscard]] const std::string& first_failure() const noexcept { return first_failure_; }

 private:
  std::string apply(Session& session, const Operation& operation);
  std::string check(const Store& store) const;
  std::string finish(Session& session);

  FileSystem& below_;
  FaultFileSystem faults_;
  std::string path_;
  OpenSettings settings_;
  std::vector<State> possible_ = {{}};  // what the store may hold: failed operations may be ambiguous
  bool writer_has_failed_ = false;
  std::uint64_t call_count_ = 0;
  std::uint64_t failed_operations_ = 0;
  std::string first_failure_;
};

}  // namespace simdr::core::test
