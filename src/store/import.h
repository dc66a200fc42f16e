// Takes a tree of files into a store.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "store/store.h"

namespace simdr::core {

struct ImportReport {
  std::uint64_t file_count = 0;
  std::uint64_t stored_size = 0;
  std::uint64_t skipped_count = 0;
};

struct ImportSettings {
  std::optional<std::uint64_t> namespace_hash;  // keys are namespaced_key(it, path); else the path itself
  Durability durability = Durability::kDefault;
  // After each file; non-zero stops.
  std::function<int(const std::string& key, std::uint64_t size, Status status)> on_file;
};

// Every regular file under `directory`, in the order of their paths, under its path relative to it, '/' between the parts. Links are not
// followed. What was stored before an error stays.
Result<void> import_directory(Store& store, const std::string& directory, const ImportSettings& settings,
                              ImportReport* out);

}  // namespace simdr::core
