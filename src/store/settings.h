// How a store is to be opened and how a write is to be made, in this library's own words (simdr.h has the same in C's).
#pragma once

#include <cstdint>
#include <optional>

#include "format/layout.h"
#include "mapping/mapped_file.h"
#include "writer/append_region.h"

namespace simdr::core {

enum class OpenAs : std::uint32_t { kCreate = 0, kExisting = 1, kReadOnly = 2, kCreateNew = 3 };

enum class Durability : std::uint32_t { kDefault = 0, kNone = 1, kCommit = 2, kStrict = 3 };

enum class LogLevel : std::int32_t { kError = 1, kWarning = 2, kInfo = 3 };

// Where words go that belong to no caller's error. There is no logging library inside.
class Log {
 public:
  using Function = void (*)(std::int32_t level, const char* message, void* user_data);

  Log() noexcept = default;
  Log(Function function, void* user_data) noexcept : function_(function), user_data_(user_data) {}

  void say(LogLevel level, const char* message) const noexcept {
    if (function_ != nullptr) function_(static_cast<std::int32_t>(level), message, user_data_);
  }

 private:
  Function function_ = nullptr;
  void* user_data_ = nullptr;
};

struct OpenSettings {
  OpenAs mode = OpenAs::kCreate;
  bool verify_reads = false;
  bool direct_writes = false;
  bool index_file = false;
  Durability durability = Durability::kNone;
  std::uint32_t lock_timeout_ms = 0;
  std::uint32_t permissions = 0666;
  std::optional<Layout> layout;  // detect it when absent
  std::uint64_t reserve_size = kDefaultReserveSize;
  AppendConfig append;  // but for mapped_writes and sync_growth, which follow from the above and from the file system
  Log log;
};

inline constexpr std::uint32_t kWaitForEver = 0xFFFF'FFFFu;

}  // namespace simdr::core
