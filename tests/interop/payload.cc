#include "payload.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace simdr::interop {
namespace {

// x ^= x << 13; x ^= x >> 7; x ^= x << 17, each x as 8 little-endian bytes.
Bytes xorshift_bytes(std::uint64_t x, std::size_t size) {
  Bytes out(size, '\0');
  for (std::size_t at = 0; at < size; at += 8) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    const std::size_t count = std::min<std::size_t>(8, size - at);
    for (std::size_t i = 0; i < count; ++i) out[at + i] = static_cast<char>(x >> (8 * i));
  }
  return out;
}

// The bytes of one form without a '+'; nothing when it is none.
std::optional<Bytes> expand(std::string_view text) {
  if (text.starts_with("hex:")) return from_hex(text.substr(4));
  const std::size_t first = text.find(':');
  const std::size_t second = text.find(':', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  const std::string_view form = text.substr(0, first);
  const auto value = number(text.substr(first + 1, second - first - 1));
  const auto size = number(text.substr(second + 1));
  if (!value || !size) return std::nullopt;
  if (form == "xs") return xorshift_bytes(*value, *size);
  if (form == "fill" && *value < 256) return Bytes(*size, static_cast<char>(*value));
  return std::nullopt;
}

std::optional<Bytes> expand_all(std::string_view text) {
  Bytes all;
  for (;;) {
    const std::size_t plus = text.find('+');
    const std::optional<Bytes> part = expand(text.substr(0, plus));
    if (!part) return std::nullopt;
    all += *part;
    if (plus == std::string_view::npos) return all;
    text.remove_prefix(plus + 1);
  }
}

}  // namespace

Payload Payload::hex(Bytes bytes) { return Payload("hex:" + to_hex(bytes)); }
Payload Payload::xorshift(std::uint64_t seed, std::size_t size) {
  return Payload("xs:" + std::to_string(seed) + ":" + std::to_string(size));
}
Payload Payload::fill(std::uint8_t byte, std::size_t size) {
  return Payload("fill:" + std::to_string(byte) + ":" + std::to_string(size));
}
Payload Payload::joined(const Payload& one, const Payload& other) { return Payload(one.text_ + "+" + other.text_); }

std::optional<Payload> Payload::parse(std::string_view text) {
  if (!expand_all(text)) return std::nullopt;
  return Payload(std::string(text));
}

Bytes Payload::bytes() const { return expand_all(text_).value_or(Bytes{}); }

bool Payload::is_storable() const {
  const Bytes all = bytes();
  return !all.empty() && all != Bytes(1, '\0');
}

bool Payload::is_zeros() const {
  const Bytes all = bytes();
  return std::all_of(all.begin(), all.end(), [](char byte) { return byte == '\0'; });
}

std::string to_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char byte : bytes) {
    out += kDigits[static_cast<unsigned char>(byte) >> 4];
    out += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return out;
}

std::optional<Bytes> from_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  Bytes out;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const auto byte = number(digits.substr(i, 2), 16);
    if (!byte) return std::nullopt;
    out += static_cast<char>(*byte);
  }
  return out;
}

std::string hash_text(std::uint64_t hash) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

std::optional<std::uint64_t> number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::uint32_t crc32_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace simdr::interop
