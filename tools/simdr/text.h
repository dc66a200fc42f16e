// Turning bytes and numbers into words that are safe to print.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace simdr::cli {

// printf into a string.
[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...);

// `text` without line ends, other control characters and bytes that are no UTF-8: they become \xNN.
[[nodiscard]] std::string on_one_line(std::string_view text);

// The same in quotes.
[[nodiscard]] std::string in_quotes(std::string_view text);

// A file or directory as it is named in messages: as given, in quotes only if it needs them.
[[nodiscard]] std::string file_name(std::string_view path);

// "1234 bytes (1.21 KiB)".
[[nodiscard]] std::string human_size(std::uint64_t bytes);

// "1 entry", "2 entries".
[[nodiscard]] std::string counted(std::uint64_t count, const char* one, const char* many);

// The 16 digits in which a key's hash is written everywhere.
[[nodiscard]] std::string hash_digits(std::uint64_t key_hash);

}  // namespace simdr::cli
