#include "index/directory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace simdr::core {
namespace {

TEST(DirectoryTest, DoublingKeepsEverySegmentForTheSameHashes) {
  IndexMemory memory(heap_slab_allocator());
  SegmentPool pool(memory);
  Directory directory(memory);
  ASSERT_TRUE(pool.add_slab(4));
  const DirectoryView small = directory.create(2);
  for (std::uint64_t i = 0; i < 4; ++i) small.publish(i, 1, Segment(pool.take(), kFullLog2Groups, 2), SegmentUse{});
  const DirectoryView large = directory.create_doubled(small);
  EXPECT_EQ(large.depth(), 3u);
  for (std::uint64_t top = 0; top < 16; ++top) {
    const std::uint64_t mixed = top << 60;
    EXPECT_EQ(large.segment(large.index_of(mixed)).entry(), small.segment(small.index_of(mixed)).entry());
    EXPECT_EQ(large.span_of(large.index_of(mixed)), 2u);
    EXPECT_EQ(large.first_of(large.index_of(mixed)), 2 * small.index_of(mixed));
  }
}

TEST(DirectoryTest, AnEntryTakenApartIsWhatItWasMadeOf) {
  IndexMemory memory(heap_slab_allocator());
  SegmentPool pool(memory);
  ASSERT_TRUE(pool.prepare(1));
  Slot* block = pool.take();
  for (std::uint32_t log2_groups = 0; log2_groups <= kFullLog2Groups; ++log2_groups) {
    for (std::uint32_t depth = 0; depth <= kMaxDepth; ++depth) {
      const Segment segment(block, log2_groups, depth);
      EXPECT_EQ(segment.block(), block);
      EXPECT_EQ(segment.depth(), depth);
      EXPECT_EQ(segment.window(), depth / 8 * 8);
      EXPECT_EQ(segment.log2_groups(), log2_groups);
      EXPECT_EQ(segment.group_count(), 1u << log2_groups);
      EXPECT_EQ(segment.is_full_size(), log2_groups == kFullLog2Groups);
    }
  }
}

TEST(DirectoryTest, TheHomeGroupIsTheGroupOfTheSegmentThatTheHashSays) {
  IndexMemory memory(heap_slab_allocator());
  SegmentPool pool(memory);
  ASSERT_TRUE(pool.prepare(1));
  Slot* block = pool.take();
  for (std::uint32_t log2_groups = 0; log2_groups <= kFullLog2Groups; ++log2_groups) {
    const Segment segment(block, log2_groups, 0);
    for (std::uint32_t group = 0; group < 2 * kFullGroups; ++group) {
      const std::uint64_t mixed = std::uint64_t{group} << kGroupBitsAt | 0xABCD'0000'0000'FFFF;
      ASSERT_EQ(segment.home(mixed), group % segment.group_count());
      Slot* const first = &segment.home_group(mixed).slot(0);
      ASSERT_EQ(first, &segment.group(segment.home(mixed)).slot(0));
      ASSERT_GE(first, block);
      ASSERT_LE(first + kGroupSlots, block + kSegmentSlots);
    }
  }
}

// A small segment and the one that takes its place lie side by side in one block.
TEST(DirectoryTest, SegmentsOfSmallSizesDoNotOverlap) {
  IndexMemory memory(heap_slab_allocator());
  SegmentPool pool(memory);
  ASSERT_TRUE(pool.prepare(1));
  Slot* block = pool.take();
  const Slot* end = block;
  for (std::uint32_t log2_groups = 0; log2_groups < kFullLog2Groups; ++log2_groups) {
    const Segment segment(block, log2_groups, 0);
    EXPECT_GE(segment.slots(), end);
    end = segment.slots() + segment.group_count() * kGroupSlots;
  }
  EXPECT_EQ(end, block + kSegmentSlots);
}

// for_each_offset() relies on it.
TEST(DirectoryTest, WhoSeesTheFirstEntryReplacedSeesAllOfThem) {
  IndexMemory memory(heap_slab_allocator());
  SegmentPool pool(memory);
  Directory directory(memory);
  constexpr std::uint64_t kVersions = 3000;
  ASSERT_TRUE(pool.add_slab(kVersions));
  std::vector<Slot*> blocks(kVersions);
  for (Slot*& block : blocks) block = pool.take();
  std::sort(blocks.begin(), blocks.end());
  const DirectoryView view = directory.create(12);
  const auto publish = [&](Slot* block) {
    view.publish(0, view.size(), Segment(block, kFullLog2Groups, 0), SegmentUse{});
  };
  publish(blocks[0]);
  std::atomic<bool> has_begun{false};
  std::atomic<bool> is_done{false};
  std::thread reader([&] {
    while (!is_done.load(std::memory_order_acquire)) {
      const Segment first(view.entry(0).load(std::memory_order_acquire));
      const Segment last(view.entry(view.size() - 1).load(std::memory_order_acquire));
      ASSERT_GE(last.block(), first.block());
      has_begun.store(true, std::memory_order_release);
    }
  });
  while (!has_begun.load(std::memory_order_acquire)) std::this_thread::yield();
  for (std::size_t i = 1; i < blocks.size(); ++i) publish(blocks[i]);
  is_done.store(true, std::memory_order_release);
  reader.join();
}

}  // namespace
}  // namespace simdr::core
