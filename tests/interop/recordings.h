// Stores that version 0.16.3-alpha of the crate wrote: what was done, the file it left, and what it found in it on opening it
// again.
//   tests/data/history/NAME.txt, files.txt            the histories, and size and checksum of each file
//   tests/data/generations/v0.16.3-alpha/NAME.bin     the files, but for the largest; expected.txt: the state of each
// The full recordings, where they are at hand: NAME.json and NAME.bin in the folder v0.16.3-alpha of $SIMDR_FIXTURES, or beside
// the source tree.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "state.h"

namespace simdr::interop {

struct Recording {
  std::string name;
  std::uint64_t file_size = 0;
  std::uint32_t file_crc = 0;
  [[nodiscard]] History history() const;
  // Empty for the largest.
  [[nodiscard]] std::optional<std::string> file() const;
};
std::vector<Recording> recordings();

// What the crate finds when it opens the file again, and whether the checksums match; by name.
struct RecordedState {
  std::string name;
  std::uint64_t file_size = 0;
  std::vector<LiveEntry> entries;
};
std::vector<RecordedState> recorded_states();

// Where the crate's file is not what it should be, and why. What ours does instead is what the model says.
struct KnownDefect {
  const char* name;
  const char* why;
};
const KnownDefect* known_defect(const std::string& name);

// The checksum of the files is written byte by byte, in the order of the file.
std::uint32_t crc_in_file_order(const std::string& digits);

}  // namespace simdr::interop
