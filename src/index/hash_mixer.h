// Spreads key hashes over the index. Users may put under hashes of their own choosing (1, 2, 3, ...), and a
// hostile file may choose them to collide, so they pass through a function that nobody outside this object can
// predict.
#pragma once

#include <cstdint>

namespace simdr::core {

class HashMixer {
 public:
  explicit HashMixer(std::uint64_t seed) noexcept
      : key_(next(&seed)), first_(next(&seed) | 1), second_(next(&seed) | 1) {}

  // Two hashes that share all 64 bits of the result are as unlikely as any, and harmless: a hit is confirmed by
  // the hash in the file. The secret multiplier makes differences unpredictable (xor alone would leave known
  // ones to the second step); the second step undoes the order that a multiplication keeps among neighbours. It is another
  // multiplication folded, since on what is in its register already that takes fewer instructions than anything weaker.
  [[nodiscard]] std::uint64_t operator()(std::uint64_t key_hash) const noexcept {
    return folded_product(folded_product(key_hash ^ key_, first_), second_);
  }

 private:
  __extension__ using Wide = unsigned __int128;

  static std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) noexcept {
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
  }

  // SplitMix64: turns one seed into unrelated words.
  static std::uint64_t next(std::uint64_t* state) noexcept {
    std::uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  std::uint64_t key_;
  std::uint64_t first_;
  std::uint64_t second_;
};

}  // namespace simdr::core
