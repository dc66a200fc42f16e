#include "recovery/chain.h"

#include "file_builder.h"

namespace simdr::core::test {
namespace {

TEST(ChainTest, DeliversEveryEntryNewestToOldestInBatches) {
  for (const Layout& layout : {kAligned64, kAligned16, kPacked20, kPacked19}) {
    FileBuilder builder = mixed_store(layout, 1000);
    const ExactCopy copy(builder.bytes());
    CollectingSink sink;
    const ChainWalk walk = walk_chain(copy.view(), builder.tail(), 0, layout, &sink);
    EXPECT_EQ(walk.end, ChainEnd::kArrived);
    EXPECT_EQ(walk.entry_count, 1000u);
    ASSERT_EQ(sink.records.size(), 1000u);
    for (std::size_t i = 0; i < 1000; ++i) expect_same(sink.records[i], builder.records()[999 - i]);
    expect_same(walk.oldest, builder.records()[0]);
  }
}

TEST(ChainTest, StopsExactlyAtTheStopOffset) {
  FileBuilder builder = mixed_store(kAligned64, 50);
  const ExactCopy copy(builder.bytes());
  const std::uint64_t stop = builder.records()[20].prev_tail;
  CollectingSink sink;
  const ChainWalk walk = walk_chain(copy.view(), builder.tail(), stop, kAligned64, &sink);
  EXPECT_EQ(walk.end, ChainEnd::kArrived);
  EXPECT_EQ(sink.records.size(), 30u);
}

TEST(ChainTest, ReportsAStopOffsetThatNoEntryEndsAt) {
  FileBuilder builder = mixed_store(kAligned64, 50);
  const ExactCopy copy(builder.bytes());
  const EntryRecord& across = builder.records()[20];
  const ChainWalk walk = walk_chain(copy.view(), builder.tail(), across.prev_tail + 1, kAligned64, nullptr);
  EXPECT_EQ(walk.end, ChainEnd::kMissedStop);
  EXPECT_EQ(walk.break_offset, across.trailer_offset + kTrailerSize);
  EXPECT_EQ(walk_chain(copy.view(), 10, 20, kAligned64, nullptr).end, ChainEnd::kMissedStop);
}

TEST(ChainTest, AnEmptyChainHasArrived) {
  const ExactCopy copy(Bytes(10));
  EXPECT_EQ(walk_chain(copy.view(), 0, 0, kAligned64, nullptr).end, ChainEnd::kArrived);
  EXPECT_EQ(walk_chain(copy.view(), 7, 7, kAligned64, nullptr).end, ChainEnd::kArrived);
}

TEST(ChainTest, ReportsWhereTheChainBreaks) {
  FileBuilder builder = mixed_store(kAligned64, 50);
  const EntryRecord broken = builder.records()[20];
  store_le64(builder.bytes().data() + broken.trailer_offset + kTrailerPrevTailAt, UINT64_MAX);
  const ExactCopy copy(builder.bytes());
  CollectingSink sink;
  const ChainWalk walk = walk_chain(copy.view(), builder.tail(), 0, kAligned64, &sink);
  EXPECT_EQ(walk.end, ChainEnd::kNoEntry);
  EXPECT_EQ(walk.break_offset, broken.trailer_offset + kTrailerSize);
  EXPECT_EQ(walk.entry_count, 29u);
}

TEST(ChainTest, StopsWhenTheSinkSaysSo) {
  struct OneBatch final : ChainSink {
    int batches = 0;
    bool on_batch(const EntryRecord*, std::size_t) override { return ++batches < 2; }
  } sink;
  FileBuilder builder = mixed_store(kPacked20, 2000);
  const ExactCopy copy(builder.bytes());
  EXPECT_EQ(walk_chain(copy.view(), builder.tail(), 0, kPacked20, &sink).end, ChainEnd::kStopped);
  EXPECT_EQ(sink.batches, 2);
}

TEST(ChainTest, CountsTombstonesAndPhantoms) {
  FileBuilder builder;
  builder.put_random(1, 100).put_tombstone(1).put_guard(0, 0, builder.tail(), 0, 50, true).put_random(2, 10);
  // put_guard took the tail before the chain of calls had run: set the link that was meant.
  const std::uint64_t guard_end = builder.records()[2].prev_tail;
  store_le64(builder.bytes().data() + guard_end - kTrailerSize + kTrailerPrevTailAt,
             builder.records()[1].trailer_offset + kTrailerSize);
  const ExactCopy copy(builder.bytes());
  const ChainWalk walk = walk_chain(copy.view(), builder.tail(), 0, kAligned64, nullptr);
  EXPECT_EQ(walk.end, ChainEnd::kArrived);
  EXPECT_EQ(walk.entry_count, 3u);
  EXPECT_EQ(walk.tombstone_count, 1u);
  EXPECT_EQ(walk.phantom_count, 1u);
}

TEST(ChainTest, ReadsNothingOutsideAFileOfAnySizeAndContent) {
  Random random(5);
  for (std::size_t size = 0; size < 200; ++size) {
    const ExactCopy copy(random.bytes(size));
    for (std::uint64_t tail = 0; tail <= size + 30; ++tail) {
      static_cast<void>(walk_chain(copy.view(), tail, 0, kAligned64, nullptr));
      static_cast<void>(walk_chain(copy.view(), tail, 0, kPacked19, nullptr));
    }
  }
}

}  // namespace
}  // namespace simdr::core::test
