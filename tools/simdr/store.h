// Owners of what the C ABI hands out, and opening a store as the command line says.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "exit_codes.h"
#include "key.h"
#include "simdr.h"

namespace simdr::cli {

// The options that every command takes.
struct Settings {
  std::uint32_t lock_timeout_ms = 0;
  std::uint32_t layout_alignment = 0;  // 0: detect the generation
  std::uint32_t layout_trailer = 0;
  bool quiet = false;
};

// Reads "aligned-64", "packed-19" and the like into `settings`; false when `name` is none.
[[nodiscard]] bool parse_generation(const std::string& name, Settings& settings);

// What simdr_store_open and simdr_upgrade take.
[[nodiscard]] simdr_open_options open_options(const Settings& settings);

class Store {
 public:
  // Prints a warning when a damaged end was left out. `flags` are SIMDR_OPEN_VERIFY_READS and the like.
  Store(const std::string& path, std::uint32_t mode, const Settings& settings, std::uint32_t flags = 0);
  ~Store() { simdr_store_close(store_); }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  [[nodiscard]] simdr_store* get() const noexcept { return store_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }  // for messages

  // Throws what check() throws, with the store's name and, if given, the key's.
  void check(simdr_status status, const simdr_error& error) const;
  void check(simdr_status status, const simdr_error& error, const Key& key) const;

  // Ends a command that wrote: a write counts as done only when this returns. Returns what went wrong while closing that was no error
  // of the store, or nothing.
  std::string close();

 private:
  std::string path_;
  std::string name_;
  std::string warning_;  // the library's last
  simdr_store* store_ = nullptr;
};

struct EntryRelease {
  void operator()(simdr_entry* entry) const noexcept { simdr_entry_unref(entry); }
};
using Entry = std::unique_ptr<simdr_entry, EntryRelease>;

struct StreamRelease {
  void operator()(simdr_stream* stream) const noexcept { simdr_stream_free(stream); }
};
using Stream = std::unique_ptr<simdr_stream, StreamRelease>;

struct IteratorRelease {
  void operator()(simdr_iterator* iterator) const noexcept { simdr_iterator_free(iterator); }
};
using Iterator = std::unique_ptr<simdr_iterator, IteratorRelease>;

// The newest entry under `key`; Failure when there is none.
[[nodiscard]] Entry get_entry(const Store& store, const Key& key);

[[nodiscard]] simdr_entry_info info_of(const Store& store, const Entry& entry);
[[nodiscard]] simdr_stats stats_of(const Store& store);

// True when both paths name one existing file.
[[nodiscard]] bool is_same_file(const std::string& a, const std::string& b) noexcept;
[[nodiscard]] bool file_exists(const std::string& path) noexcept;

}  // namespace simdr::cli
