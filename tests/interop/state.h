// What a library finds in a file: the live entries from newest to oldest.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model.h"
#include "simdr.h"

namespace simdr::interop {

struct LiveEntry {
  std::uint64_t hash = 0;
  std::uint64_t start = 0;  // of the payload, in the file
  std::uint64_t end = 0;
  std::uint32_t crc = 0;    // as stored
  bool crc_ok = false;
  std::string sha256;  // of the payload; only in what the crate tells

  [[nodiscard]] std::string text() const;
};

struct State {
  std::uint64_t file_size = 0;
  std::uint64_t count = 0;  // the crate's counts tombstones
  std::vector<LiveEntry> entries;

  [[nodiscard]] const LiveEntry* find(std::uint64_t hash) const;
};

// By iterating.
State state_of(const simdr_store* store);
// Of the oracle's `dump`. Fails the running test when the answer is an error.
State state_in_dump(const std::vector<std::string>& lines);

// The same entries at the same places in the same order. The crate's sha256 is not compared.
testing::AssertionResult same_entries(const State& a, const State& b);
// The model's entries in its order, each with a matching checksum.
testing::AssertionResult holds(const State& state, const Model& model);
// What the C API says of the store in every other way than by iterating: count, get, exists, views, last entry, verify.
testing::AssertionResult agrees(const simdr_store* store, const Model& model, const std::vector<Bytes>& keys);
// verify finds nothing.
testing::AssertionResult is_sound(const simdr_store* store);

}  // namespace simdr::interop
