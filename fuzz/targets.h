// What is fuzzed. Each takes any bytes and returns; what must not be ends the process with words on stderr. fuzzer_main.cc
// makes a libFuzzer program of one of them, replay_main.cc a test of all of them and their corpora.
#pragma once

#include <cstddef>
#include <cstdint>

namespace simdr::core::test {

void fuzz_open(const std::uint8_t* data, std::size_t size);  // a file: opened read-only, iterated, verified, read
void fuzz_scan(const std::uint8_t* data, std::size_t size);  // a file: the scanner on exactly these bytes
void fuzz_salvage(const std::uint8_t* data,
                  std::size_t size);  // a file: salvaged, repaired, and the repaired one opened
void fuzz_index(const std::uint8_t* data,
                std::size_t size);  // changes to an index file and its store; then the store used
void fuzz_api(const std::uint8_t* data, std::size_t size);  // a history of calls, with a fault in it, against a model

using FuzzTarget = void (*)(const std::uint8_t* data, std::size_t size);

// Ends the process unless `holds`.
void require(bool holds, const char* what);

// Every one of some layouts and some searches may go over the file, each a few times; no number of times that grows with it.
inline constexpr std::uint64_t kMostWorkPerByte = 256;
void require_linear(std::uint64_t work, std::uint64_t file_size);

// Changes a file as a file: entries, links, checksums, guards. Returns the new size, at most `capacity`; 0 when the bytes
// do not read as a store.
std::size_t mutate_store(std::uint8_t* data, std::size_t size, std::size_t capacity, std::uint32_t seed);

}  // namespace simdr::core::test
