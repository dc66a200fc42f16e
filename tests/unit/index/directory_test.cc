#include "index/directory.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace simdr::core {
namespace {

TEST(DirectoryTest, DoublingKeepsEverySegmentForTheSameHashes) {
  IndexMemory memory(heap_slab_allocator());
  SegmentPool pool(memory);
  Directory directory(memory);
  ASSERT_TRUE(pool.add_slab(4));
  const DirectoryView small = directory.create(2);
  for (std::uint64_t i = 0; i < 4; ++i) small.publish(i, 1, Segment(pool.take(), kFullLog2Groups, 2, 0), SegmentUse{});
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
  for (const std::uint32_t generation : {0u, 1u, 0xFFFFu, 0x10000u, 0x3FFFFu}) {
    for (std::uint32_t depth = 0; depth <= kMaxDepth; ++depth) {
      const Segment segment(block, kFullLog2Groups, depth, generation);
      EXPECT_EQ(segment.block(), block);
      EXPECT_EQ(segment.depth(), depth);
      EXPECT_EQ(segment.window(), depth / 8 * 8);
      EXPECT_EQ(segment.generation(), generation);
      EXPECT_EQ(segment.log2_groups(), kFullLog2Groups);
    }
  }
}

// for_each_offset() relies on it.
TEST(DirectoryTest, WhoSeesTheFirstEntryReplacedSeesAllOfThem) {
  IndexMemory memory(heap_slab_allocator());
  SegmentPool pool(memory);
  Directory directory(memory);
  ASSERT_TRUE(pool.prepare(1));
  Slot* block = pool.take();
  const DirectoryView view = directory.create(12);
  view.publish(0, view.size(), Segment(block, kFullLog2Groups, 0, 0), SegmentUse{});
  std::atomic<bool> has_begun{false};
  std::atomic<bool> is_done{false};
  std::thread reader([&] {
    while (!is_done.load(std::memory_order_acquire)) {
      const Segment first(view.entry(0).load(std::memory_order_acquire));
      const Segment last(view.entry(view.size() - 1).load(std::memory_order_acquire));
      ASSERT_GE(last.generation(), first.generation());
      has_begun.store(true, std::memory_order_release);
    }
  });
  while (!has_begun.load(std::memory_order_acquire)) std::this_thread::yield();
  for (std::uint32_t generation = 1; generation < 3000; ++generation) {
    view.publish(0, view.size(), Segment(block, kFullLog2Groups, 0, generation), SegmentUse{});
  }
  is_done.store(true, std::memory_order_release);
  reader.join();
}

}  // namespace
}  // namespace simdr::core
