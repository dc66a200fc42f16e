#include "store.h"

#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "output.h"
#include "text.h"

namespace simdr::cli {

bool parse_generation(const std::string& name, Settings& settings) {
  if (name == "packed-19" || name == "packed-20") {
    settings.layout_alignment = 1;
    settings.layout_trailer = name == "packed-19" ? 19 : 20;
    return true;
  }
  constexpr std::string_view kAligned = "aligned-";
  if (!name.starts_with(kAligned)) return false;
  std::uint32_t alignment = 0;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + kAligned.size(), end, alignment);
  // Which powers of two the library takes is its to say.
  if (stop != end || error != std::errc{} || alignment < 2 || (alignment & (alignment - 1)) != 0) return false;
  settings.layout_alignment = alignment;
  settings.layout_trailer = 20;
  return true;
}

simdr_open_options open_options(const Settings& settings) {
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  options.lock_timeout_ms = settings.lock_timeout_ms;
  options.layout_alignment = settings.layout_alignment;
  options.layout_trailer = settings.layout_trailer;
  return options;
}

Store::Store(const std::string& path, std::uint32_t mode, const Settings& settings, std::uint32_t flags)
    : path_(path), name_(file_name(path)) {
  simdr_open_options options = open_options(settings);
  options.mode = mode;
  options.flags = flags;
  options.log = [](std::int32_t level, const char* message, void* warning) noexcept {
    if (level <= SIMDR_LOG_WARNING) *static_cast<std::string*>(warning) = message;
  };
  options.log_user_data = &warning_;
  simdr_error error;
  check(simdr_store_open(path.c_str(), &options, &store_, &error), error);
  const char* damage = simdr_store_recovered_from(store_);
  if (damage != nullptr) print_words("warning: " + name_ + ": " + on_one_line(damage));
}

void Store::check(simdr_status status, const simdr_error& error) const { cli::check(status, error, name_, {path_}); }

void Store::check(simdr_status status, const simdr_error& error, const Key& key) const {
  if (status == SIMDR_OK) return;
  cli::check(status, error, name_ + ": " + key.name, {path_});
}

std::string Store::close() {
  warning_.clear();
  simdr_error error;
  check(simdr_store_close_checked(std::exchange(store_, nullptr), &error), error);
  return std::exchange(warning_, {});
}

Entry get_entry(const Store& store, const Key& key) {
  simdr_entry* entry = nullptr;
  simdr_error error;
  store.check(simdr_store_get_hashed(store.get(), key.hash, &entry, &error), error, key);
  return Entry(entry);
}

simdr_entry_info info_of(const Store& store, const Entry& entry) {
  simdr_entry_info info = SIMDR_ENTRY_INFO_INIT;
  simdr_error error;
  store.check(simdr_entry_info_of(entry.get(), &info, &error), error);
  return info;
}

simdr_stats stats_of(const Store& store) {
  simdr_stats stats = SIMDR_STATS_INIT;
  simdr_error error;
  store.check(simdr_store_stats(store.get(), &stats, &error), error);
  return stats;
}

bool is_same_file(const std::string& a, const std::string& b) noexcept {
  std::error_code ignored;
  return std::filesystem::equivalent(a, b, ignored);
}

bool file_exists(const std::string& path) noexcept {
  std::error_code ignored;
  // A dangling link counts as there: what becomes of it is the library's to say.
  return std::filesystem::symlink_status(path, ignored).type() != std::filesystem::file_type::not_found;
}

}  // namespace simdr::cli
