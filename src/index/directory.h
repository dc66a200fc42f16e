// The directory: which segment serves which top bits of a mixed hash. One block of memory per depth:
//
//   | entry 8 x 2^depth (readers and writer) | use 8 x 2^depth (writer) |
//
// Readers get the block's address and its depth in one atomic word, so they never see one without the other. The depth is 1
// at least, and where there is no key there is an EmptyDirectory, so that a lookup takes no step for what it seldom meets.
// Replaced blocks stay until clear(): each is half of the next, so all of them together are as large as the newest.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "index/segment.h"
#include "index/segment_pool.h"

namespace simdr::core {

using DirectoryEntry = std::atomic<std::uint64_t>;

// What the writer knows of a segment. The counts are kept at the first of the segment's entries only; `pending`,
// the puts a reservation under way has counted, where the key hash points.
struct SegmentUse {
  std::uint32_t pending = 0;
  std::uint16_t used = 0;  // slots that are not vacant, and `worn`: what a segment's limit is about
  std::uint16_t worn = 0;  // keys erased, since the segment was filled, from groups with an overflow bit set
};

inline constexpr std::uint32_t kMinDepth = 1;  // of a directory; its segments may be shallower

// The block as its address and depth. The word is address | 64 - depth, which saves readers a subtraction; 0 means that there was no
// memory for it.
class DirectoryView {
 public:
  explicit DirectoryView(std::uint64_t word) noexcept : word_(word) {}
  DirectoryView(void* block, std::uint32_t depth) noexcept
      : word_(reinterpret_cast<std::uintptr_t>(block) | (64 - depth)) {}

  [[nodiscard]] std::uint64_t word() const noexcept { return word_; }
  [[nodiscard]] bool exists() const noexcept { return word_ != 0; }
  [[nodiscard]] std::uint32_t depth() const noexcept { return 64 - static_cast<std::uint32_t>(word_ & 63); }
  [[nodiscard]] std::uint64_t size() const noexcept { return std::uint64_t{1} << depth(); }
  [[nodiscard]] std::uint64_t index_of(std::uint64_t mixed) const noexcept { return mixed >> (word_ & 63); }
  [[nodiscard]] DirectoryEntry& entry(std::uint64_t index) const noexcept {
    return reinterpret_cast<DirectoryEntry*>(word_ & ~std::uint64_t{63})[index];
  }
  [[nodiscard]] SegmentUse& use(std::uint64_t index) const noexcept {
    return reinterpret_cast<SegmentUse*>(&entry(size()))[index];
  }

  // Writer. The entries of one segment are [first_of(i), first_of(i) + span_of(i)).
  [[nodiscard]] std::uint64_t span_of(std::uint64_t index) const noexcept {
    return std::uint64_t{1} << (depth() - segment(index).depth());
  }
  [[nodiscard]] std::uint64_t first_of(std::uint64_t index) const noexcept { return index & ~(span_of(index) - 1); }
  [[nodiscard]] Segment segment(std::uint64_t index) const noexcept {
    return Segment(entry(index).load(std::memory_order_relaxed));
  }
  [[nodiscard]] Segment segment_of(const SegmentUse& known) const noexcept {
    return segment(static_cast<std::uint64_t>(&known - &use(0)));
  }
  // Puts `segment` at [first, first + span), the last entry first (for_each_offset relies on it). `pending` stays.
  void publish(std::uint64_t first, std::uint64_t span, Segment segment, SegmentUse known) const noexcept;

 private:
  std::uint64_t word_;
};

// The directory of an index without memory: its only segment is one group of empty slots, so that every key is absent, and
// has no slot that may be used, so that the writer makes room first.
class EmptyDirectory {
 public:
  EmptyDirectory() noexcept;
  EmptyDirectory(const EmptyDirectory&) = delete;
  EmptyDirectory& operator=(const EmptyDirectory&) = delete;

  [[nodiscard]] DirectoryView view() noexcept { return {memory_, kMinDepth}; }
  [[nodiscard]] bool is(DirectoryView directory) const noexcept {
    return &directory.entry(0) == reinterpret_cast<const DirectoryEntry*>(memory_);
  }

 private:
  // The directory's block, then the group: where a segment of one has it.
  alignas(64) std::byte memory_[2 * kGroupSlots * sizeof(Slot)];
};

// Owns the blocks. Readers load word() of their own accord; all else is the writer's.
class Directory {
 public:
  explicit Directory(IndexMemory& memory) noexcept : memory_(memory) {}
  ~Directory() { clear(); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  // Memory for 2^depth entries, depth being kMinDepth at least, or a view that does not exist. The writer fills it and makes it visible.
  [[nodiscard]] DirectoryView create(std::uint32_t depth) noexcept;
  // Twice `current`, with the same segments; nothing is pending in it.
  [[nodiscard]] DirectoryView create_doubled(DirectoryView current) noexcept;
  void clear() noexcept;

 private:
  IndexMemory& memory_;
  std::array<void*, kMaxDepth + 1> blocks_{};  // by depth
};

}  // namespace simdr::core
