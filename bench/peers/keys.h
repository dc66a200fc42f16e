// The keys and values of the benchmark and the orders in which they are used: those of the Rust side (tests/oracle, `bench`).
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

namespace bench {

using Key = std::array<std::uint8_t, 16>;

class Xorshift64 {
 public:
  explicit Xorshift64(std::uint64_t seed) : x_(seed) {}
  std::uint64_t next() {
    x_ ^= x_ << 13;
    x_ ^= x_ >> 7;
    x_ ^= x_ << 17;
    return x_;
  }

 private:
  std::uint64_t x_;
};

// Key number i: i, then i * 0x9E3779B97F4A7C15, both as 8 little-endian bytes.
inline Key key_number(std::uint64_t i) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the benchmark runs on little-endian machines");
  const std::uint64_t parts[2] = {i, i * 0x9E3779B97F4A7C15u};
  Key key;
  std::memcpy(key.data(), parts, sizeof parts);
  return key;
}

inline std::vector<Key> keys_in_order(std::size_t count, std::size_t distinct) {
  std::vector<Key> keys(count);
  for (std::size_t i = 0; i < count; ++i) keys[i] = key_number(i % distinct);
  return keys;
}

// `count` draws out of `range`, from key number `first` on: some come up more than once, some never.
inline std::vector<Key> keys_at_random(std::size_t first, std::size_t range, std::size_t count) {
  Xorshift64 random(88172645463325252u);
  std::vector<Key> keys(count);
  for (Key& key : keys) key = key_number(first + random.next() % range);
  return keys;
}

inline std::vector<std::uint8_t> value_of_size(std::size_t size) {
  Xorshift64 random(1);
  std::vector<std::uint8_t> value(size + 8);
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t word = random.next();
    std::memcpy(&value[i], &word, sizeof word);
  }
  value.resize(size);
  return value;
}

}  // namespace bench
