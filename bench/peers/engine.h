// What the benchmark asks of a store, whoever made it. One file of this folder per engine, each with the settings that its own
// people would choose for the workload at hand.
//
// A concept and not an abstract class: a virtual call would cost an eighth of what the fastest of them needs for a put.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>

#include "keys.h"

namespace bench {

using Bytes = std::span<const std::uint8_t>;

enum class Durability : std::uint8_t {
  kNone,  // survives the death of the process, as far as the engine promises that
  kCommit,  // on the disk when the call returns
  kStrict,  // simdr only: with the order of writes that the Rust crate's recovery needs
};

struct Setup {
  std::filesystem::path dir;  // the engine's own; it is there and, for create(), empty
  std::size_t value_size = 0;  // of every entry, bytes
  std::size_t entry_count = 0;  // how many entries the store will hold: hash tables are tuned to it
  Durability durability = Durability::kNone;

  [[nodiscard]] std::size_t expected_size() const { return entry_count * (value_size + 64); }
};

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// Thrown where an engine has no such thing at all: its place in the row stays empty.
struct NotOffered : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What a user of a value does at the least: looks at every cache line of it.
[[nodiscard]] inline std::uint64_t touch(const void* data, std::size_t size) {
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < size; i += 64) sum += bytes[i];
  return sum;
}

// What a scan does with an entry, as the crate's side of the benchmark does: its first byte.
[[nodiscard]] inline std::uint64_t first_byte(const void* data) { return *static_cast<const std::uint8_t*>(data); }

struct ScanResult {
  std::uint64_t entry_count = 0;
  std::uint64_t sum = 0;  // keeps the compiler from leaving the work out
};

// Everything throws Failure when it does not do what was asked. An engine may also have settle(): what its people would do, untimed, before
// a store that was loaded is read from.
template <typename E>
concept Engine =
    std::constructible_from<typename E::Reader, E&> &&  // one reader per thread
    requires(E engine, const Setup& setup, const Key& key, std::span<const Key> keys, Bytes value,
             typename E::Reader& reader, std::uint64_t& sum, bool check) {
      { E::settings(setup) } -> std::same_as<std::string>;  // one line
      engine.create(setup);  // a new store
      engine.open(setup);  // the one that is there; ready for the first get
      engine.close();
      engine.put(key, value);  // from any number of threads at once
      engine.put_batch(keys, value);  // the same value under all keys, the way the engine does many at once
      engine.end_of_writing();  // timed with the writes: what must happen before they can be read
      { reader.get(key, sum) } -> std::same_as<bool>;  // touches the value; false: absent
      { reader.get_many(keys, sum) } -> std::same_as<std::size_t>;  // how many were there
      { reader.scan(check) } -> std::same_as<ScanResult>;  // with checksums checked, or NotOffered
      engine.compact();  // or NotOffered
    };

}  // namespace bench
