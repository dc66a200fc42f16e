#include "text.h"

#include <array>
#include <cinttypes>
#include <cstdarg>
#include <cstdio>

#include "base/utf8.h"

namespace simdr::cli {
namespace {

// Everything that could move the cursor, split the line or hide what follows, kept out of messages.
bool is_control(std::string_view character) noexcept {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  return character.size() == 2 && first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;  // U+0080..9F
}

// `also` are characters that get a backslash.
std::string escaped(std::string_view text, std::string_view also) {
  std::string result;
  while (!text.empty()) {
    const std::size_t size = core::utf8_length(text);
    const std::string_view character = text.substr(0, size == 0 ? 1 : size);
    if (size == 0 || is_control(character)) {
      for (const char byte : character) result += format("\\x%02x", static_cast<unsigned char>(byte));
    } else if (also.find(character) != std::string_view::npos) {
      result.append("\\").append(character);
    } else {
      result.append(character);
    }
    text.remove_prefix(character.size());
  }
  return result;
}

}  // namespace

std::string format(const char* pattern, ...) {
  std::va_list arguments;
  va_start(arguments, pattern);
  std::va_list again;
  va_copy(again, arguments);
  const int size = std::vsnprintf(nullptr, 0, pattern, arguments);
  va_end(arguments);
  std::string result(static_cast<std::size_t>(size < 0 ? 0 : size), '\0');
  std::vsnprintf(result.data(), result.size() + 1, pattern, again);
  va_end(again);
  return result;
}

std::string on_one_line(std::string_view text) { return escaped(text, ""); }

std::string in_quotes(std::string_view text) {
  std::string words = "'";
  words += escaped(text, "\\'");
  words += '\'';
  return words;
}

std::string file_name(std::string_view path) {
  const std::string words = in_quotes(path);
  const bool is_plain = !path.empty() && words.size() == path.size() + 2 && path.find(' ') == std::string_view::npos;
  return is_plain ? std::string(path) : words;
}

std::string human_size(std::uint64_t bytes) {
  static constexpr std::array<const char*, 4> kUnits{"KiB", "MiB", "GiB", "TiB"};
  const std::string exact = counted(bytes, "byte", "bytes");
  if (bytes < 1024) return exact;
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return exact + format(" (%.2f %s)", value, kUnits[unit]);
}

std::string counted(std::uint64_t count, const char* one, const char* many) {
  return format("%" PRIu64 " %s", count, count == 1 ? one : many);
}

std::string hash_digits(std::uint64_t key_hash) { return format("%016" PRIx64, key_hash); }

}  // namespace simdr::cli
