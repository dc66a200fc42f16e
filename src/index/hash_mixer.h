// Spreads key hashes over the index. Users may put under hashes of their own choosing (1, 2, 3, ...), and a
// hostile file may choose them to collide, so they pass through a function that nobody outside this object can
// predict.
#pragma once

#include <cstdint>

namespace simdr::core {

class HashMixer {
 public:
  explicit HashMixer(std::uint64_t seed) noexcept : key_(next(&seed)), multiplier_(next(&seed) | 1) {}

  // Two hashes that share all 64 bits of the result are as unlikely as any, and harmless: a hit is confirmed by
  // the hash in the file. The secret multiplier makes differences unpredictable (xor alone would leave known
  // ones to the second step); the second step undoes the order that a multiplication keeps among neighbours.
  [[nodiscard]] std::uint64_t operator()(std::uint64_t key_hash) const noexcept {
    const Wide product = static_cast<Wide>(key_hash ^ key_) * multiplier_;
    std::uint64_t mixed = static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
    mixed ^= mixed >> 32;
    return mixed * 0xD6E8FEB86659FD93u;
  }

 private:
  __extension__ using Wide = unsigned __int128;

  // SplitMix64: turns one seed into two unrelated words.
  static std::uint64_t next(std::uint64_t* state) noexcept {
    std::uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  std::uint64_t key_;
  std::uint64_t multiplier_;
};

}  // namespace simdr::core
