// What is done to whole files: checking, copying, and writing them anew.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "store/store.h"

namespace simdr::core {

// One line about one damaged place. `what` is valid during the call.
struct FaultReport {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t key_hash = 0;
  const char* what = "";
};
using OnFault = std::function<int(const FaultReport&)>;

struct VerifyReport {
  std::uint64_t entry_count = 0;
  std::uint64_t checked_size = 0;
  std::uint64_t fault_count = 0;
};
// kCorrupt with *out written when something was found.
Result<void> verify_store(const Store& store, const OnFault& on_fault, const Progress& progress, VerifyReport* out);

// A copy of the store's file up to its tail now, under a name that nothing has yet.
Result<void> backup_store(const Store& store, const std::string& out_path);

// All live entries of a store of any generation, oldest first, as a new file of today's.
Result<void> upgrade_file(FileSystem& files, const std::string& path, const std::string& out_path,
                          const OpenSettings& settings);

struct RepairReport {
  std::uint64_t kept_count = 0;
  std::uint64_t kept_size = 0;
  std::uint64_t lost_count = 0;
  std::uint64_t lost_size = 0;
};
// All intact entries of a file, wherever they lie, as a new file. The old one is only read.
Result<void> repair_file(FileSystem& files, const std::string& path, const std::string& out_path,
                         const OnFault& on_fault, RepairReport* out);

}  // namespace simdr::core
