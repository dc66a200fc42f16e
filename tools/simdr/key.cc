#include "key.h"

#include <bit>
#include <charconv>

#include "exit_codes.h"
#include "simdr.h"
#include "text.h"

namespace simdr::cli {
namespace {

constexpr std::size_t kHashDigits = 16;

// XXH3-64 of 8 bytes, seed 0, is a chain of steps each of which can be undone:
//   x ^= kFlip;  x ^= rotl(x, 49) ^ rotl(x, 24);  x *= kPrime;  x ^= (x >> 35) + 8;  x *= kPrime;  x ^= x >> 28
constexpr std::uint64_t kFlip = 0x1CAD21F72C81017C ^ 0xDB979083E96DD4DE;  // bytes 8 to 23 of the default secret
constexpr std::uint64_t kPrime = 0x9FB21C651E98DF25;

constexpr std::uint64_t inverse_of_odd(std::uint64_t number) {
  std::uint64_t inverse = number;  // right in its low 3 bits; each round doubles them
  for (int round = 0; round < 5; ++round) inverse *= 2 - number * inverse;
  return inverse;
}
static_assert(kPrime * inverse_of_odd(kPrime) == 1);

constexpr std::uint64_t undo_rotations(std::uint64_t x) {
  // Rotations add up like powers of a polynomial over bits, and (1 + r^49 + r^24)^64 = 1 + r^0 + r^0 = 1, because
  // r^64 = 1. So doing the step 63 times more undoes it.
  for (int round = 0; round < 63; ++round) x ^= std::rotl(x, 49) ^ std::rotl(x, 24);
  return x;
}

}  // namespace

std::array<unsigned char, 8> key_with_hash(std::uint64_t key_hash) noexcept {
  constexpr std::uint64_t kUndoPrime = inverse_of_odd(kPrime);
  std::uint64_t x = key_hash;
  x ^= (x >> 28) ^ (x >> 56);
  x *= kUndoPrime;
  x ^= (x >> 35) + 8;  // changes only bits below 31, and reads only bits above 34: its own inverse
  x *= kUndoPrime;
  x = undo_rotations(x);
  x ^= kFlip;
  // The hash reads the two halves as little-endian numbers, the first one as the upper.
  std::array<unsigned char, 8> key{};
  for (unsigned i = 0; i < 8; ++i) key[i] = static_cast<unsigned char>(x >> (i < 4 ? 32 + 8 * i : 8 * (i - 4)));
  return key;
}

Key parse_key(const std::string& argument, bool by_hash) {
  if (!by_hash) return {argument, "key " + in_quotes(argument), false};
  std::uint64_t key_hash = 0;
  const char* end = argument.data() + argument.size();
  const auto [stop, error] = std::from_chars(argument.data(), end, key_hash, 16);
  if (argument.size() != kHashDigits || stop != end || error != std::errc{}) {
    throw Failure(ExitCode::kUsage,
                  in_quotes(argument) + ": --hash takes a key as the 16 hexadecimal digits of its hash");
  }
  if (key_hash == SIMDR_RESERVED_KEY_HASH) {
    throw Failure(ExitCode::kUsage, in_quotes(argument) + ": this hash is the format's own and names no key");
  }
  const auto key = key_with_hash(key_hash);
  if (simdr_key_hash(key.data(), key.size()) != key_hash) {
    throw Failure(ExitCode::kIo, in_quotes(argument) + ": no key was found for this hash, which is a defect of simdr");
  }
  return {std::string(key.begin(), key.end()), "hash " + hash_digits(key_hash), true};
}

}  // namespace simdr::cli
