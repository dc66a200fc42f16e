// A payload as a short text that stands for any number of bytes, as in the oracle's histories:
//   hex:DIGITS   xs:SEED:LEN (xorshift64)   fill:BYTE:LEN   numbers in decimal
// and, which the oracle does not know, A+B for one after the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace simdr::interop {

using Bytes = std::string;  // of any values; a string because its literals and its comparisons are at hand

class Payload {
 public:
  Payload() = default;
  static Payload hex(Bytes bytes);
  static Payload xorshift(std::uint64_t seed, std::size_t size);
  static Payload fill(std::uint8_t byte, std::size_t size);
  static Payload joined(const Payload& one, const Payload& other);
  // Empty when the text is none of the forms.
  static std::optional<Payload> parse(std::string_view text);

  [[nodiscard]] Bytes bytes() const;
  [[nodiscard]] const std::string& text() const { return text_; }
  // What the format cannot hold as a value: nothing at all, or one 0x00 byte.
  [[nodiscard]] bool is_storable() const;
  // Zeros from end to end, which the crate writes but can neither move nor take from a stream.
  [[nodiscard]] bool is_zeros() const;

 private:
  explicit Payload(std::string text) : text_(std::move(text)) {}
  std::string text_ = "hex:";
};

std::string to_hex(std::string_view bytes);
std::optional<Bytes> from_hex(std::string_view digits);
std::string hash_text(std::uint64_t hash);  // 16 hexadecimal digits
std::optional<std::uint64_t> number(std::string_view text, int base = 10);

std::uint32_t crc32_of(std::string_view bytes);  // zlib's

}  // namespace simdr::interop
