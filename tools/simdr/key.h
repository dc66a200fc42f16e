// A key as it came from the command line: text, or with --hash the 16 digits of its hash.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace simdr::cli {

struct Key {
  std::string bytes;  // what the library is given
  std::string name;   // what messages call it
  bool is_hash = false;

  [[nodiscard]] const void* data() const noexcept { return bytes.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return bytes.size(); }
};

// Failure (usage) when `by_hash` and `argument` is not 16 hexadecimal digits, or is the format's reserved hash.
[[nodiscard]] Key parse_key(const std::string& argument, bool by_hash);

// A key of 8 bytes that has this hash. A key's hash is its identity in the file, so this key stands for whatever key
// the hash was taken of, and every command works on it: also rename, copy and move, which exist for keys only.
[[nodiscard]] std::array<unsigned char, 8> key_with_hash(std::uint64_t key_hash) noexcept;

}  // namespace simdr::cli
