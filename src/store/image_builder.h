// Builds an image's index and tallies from the walk that proves its chain.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "index/build_feed.h"
#include "recovery/chain.h"
#include "store/file_image.h"

namespace simdr::core {

class ImageBuilder final : public ChainSink, private BuildLane::Sink {
 public:
  // `size` is that of the file as far as it is walked. Both references outlive the builder.
  ImageBuilder(FileImage& image, std::uint64_t size, BuildCrew& crew) noexcept;

  bool on_begin(const Layout& layout) override;
  bool on_batch(const EntryRecord* records, std::size_t count) override;
  bool on_damaged(const EntryRecord* records, std::size_t count) override;
  // After a walk that succeeded: completes the index and the tallies. Deleted keys leave the index; they had to be there
  // so that older versions were not taken in. False is out of memory.
  [[nodiscard]] bool finish() noexcept;

  [[nodiscard]] bool out_of_memory() const noexcept { return out_of_memory_; }
  // In a file with a torn end, the keys whose newest entry is damaged, each once: their state is that of an older one that is intact, or
  // they are absent.
  [[nodiscard]] std::vector<std::uint64_t> take_veiled() noexcept;

 private:
  void on_added(std::size_t lane, const BuildItem* items, std::size_t count, const KeyIndex::LeftOut& but) override;
  [[nodiscard]] std::uint64_t payload_size(const BuildItem& item) const noexcept;
  void map_ahead(std::uint64_t tail, std::size_t entry_count) noexcept;
  [[nodiscard]] bool map_further() noexcept;
  [[nodiscard]] bool complete() noexcept;
  bool in_memory(bool done) noexcept {
    out_of_memory_ |= !done;
    return done;
  }

  FileImage& image_;
  ByteView file_;
  std::uint64_t size_;
  bool out_of_memory_ = false;

  std::uint64_t stretch_ = 0;  // where the walk is, and how many entries it found there
  std::uint64_t stretch_entry_count_ = 0;
  bool is_dense_ = false;  // the one before it
  std::uint64_t mapped_from_ = 0;  // the lowest that was mapped before the walk was there
  Sums sums_;  // what finish() puts into the tally
  // What came by one lane, on lines of its own.
  struct alignas(64) Arrived {
    std::uint64_t old_size = 0;  // of values that are not their keys' newest, as Sums counts it
    std::uint64_t old_packed_size = 0;
    std::vector<std::uint64_t> deleted;
  };
  std::array<Arrived, BuildTeam::kMostLanes> arrived_;
  std::vector<std::uint64_t> veiled_;
  BuildFeed index_;  // its threads are gone before what they write to
};

}  // namespace simdr::core
