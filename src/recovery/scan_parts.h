// What the scanner is made of besides its decisions: sinks that look at what passes through them, the census of a
// chain, and the words of a verdict.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "format/guard_line.h"
#include "recovery/chain.h"
#include "recovery/generation.h"
#include "recovery/scanner.h"

namespace simdr::core {

// Passes batches on to `next` (may be null) after checking every CRC; stops the walk at the first that fails.
class CheckingSink final : public ChainSink {
 public:
  CheckingSink(ByteView file, const Layout& layout, ChainSink* next) noexcept
      : file_(file), layout_(layout), next_(next) {}
  bool on_batch(const EntryRecord* records, std::size_t count) override;
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }

 private:
  ByteView file_;
  Layout layout_;
  ChainSink* next_;
  bool failed_ = false;
  std::uint64_t bytes_read_ = 0;
};

// Passes batches on to `next` (may be null) while no entry rules `layout` out. Once the vote is decided, or when none
// is given, it costs one comparison a batch.
class VotingSink final : public ChainSink {
 public:
  VotingSink(ByteView file, const Layout& layout, const std::optional<LayoutVote>& vote, ChainSink* next) noexcept
      : file_(file), layout_(layout), vote_(vote), next_(next) {}
  bool on_batch(const EntryRecord* records, std::size_t count) override;
  [[nodiscard]] bool ruled_out() const noexcept { return vote_ && !vote_->admits(layout_); }
  [[nodiscard]] const std::optional<LayoutVote>& vote() const noexcept { return vote_; }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }

 private:
  void ask(const EntryRecord* records, std::size_t count);

  ByteView file_;
  Layout layout_;
  std::optional<LayoutVote> vote_;
  ChainSink* next_;
  std::uint64_t bytes_read_ = 0;
};

struct Census {
  bool complete = true;  // false: the limit was reached, and the rest of the chain not looked at
  std::uint64_t intact_count = 0;
  std::uint64_t intact_size = 0;  // bytes of file, pads and trailers included
  std::uint64_t damaged_count = 0;
  std::array<std::uint64_t, ScanResult::kMaxDamaged> damaged{};
  bool stopped = false;  // by the sink
};

// Checks every CRC of a chain, newest first, until `limit` bytes of payload were read; what comes after counts as intact to
// `sink`. It may be null; else it is given what matches, and at the end what does not. Takes 8 bytes of memory for
// each damaged entry then, and may throw std::bad_alloc.
[[nodiscard]] Census take_census(ByteView file, std::uint64_t tail, const Layout& layout, std::uint64_t limit,
                                 std::uint64_t* work, ChainSink* sink = nullptr);

// The highest guard line in the part of the file above `tail`.
[[nodiscard]] bool find_stale_guard(ByteView file, std::uint64_t tail, GuardLine* out, std::uint64_t* work) noexcept;

// packed-19 keeps 24 bits of the CRC, and among the places of a large foreign file where 8 zero bytes follow 8 others
// one may match them. A lone entry found by search is believed when it is small and its key hash looks like a hash.
[[nodiscard]] bool is_plausible_packed19_root(ByteView file, std::uint64_t tail) noexcept;

void add_counts(ScanResult* result, const ChainWalk& walk) noexcept;
void write_message(ScanResult* result, std::uint64_t file_size) noexcept;

}  // namespace simdr::core
