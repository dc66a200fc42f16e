// A key as it came from the command line: text, or with --hash the 16 digits of its hash.
#pragma once

#include <cstdint>
#include <string>

namespace simdr::cli {

struct Key {
  std::string text;   // as it was given; empty when is_hash
  std::uint64_t hash = 0;
  std::string name;   // what messages call it
  bool is_hash = false;
};

// Failure (usage) when `by_hash` and `argument` is not 16 hexadecimal digits, or is the format's reserved hash.
[[nodiscard]] Key parse_key(const std::string& argument, bool by_hash);

}  // namespace simdr::cli
