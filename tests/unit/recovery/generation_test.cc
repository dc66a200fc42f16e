#include "recovery/generation.h"

#include "file_builder.h"

namespace simdr::core::test {
namespace {

TEST(GenerationTest, KnowsEveryAlignmentFromContent) {
  for (unsigned log2 = 0; log2 <= kMaxAlignmentLog2; ++log2) {
    const Layout layout{kTrailerSize, 1u << log2, true};
    const Scanned scanned = scan_copy(mixed_store(layout, log2 > 14 ? 12 : 60).bytes());
    ASSERT_TRUE(scanned.ok) << log2 << ": " << scanned.error.message;
    EXPECT_EQ(scanned.result.layout, layout) << log2;
    EXPECT_FALSE(scanned.result.layout_ambiguous) << log2;
  }
}

TEST(GenerationTest, KnowsPacked19) {
  FileBuilder builder = mixed_store(kPacked19, 60);
  const Scanned scanned = scan_copy(builder.bytes());
  expect_chain(scanned, builder.records(), 60);
  EXPECT_EQ(scanned.result.layout, kPacked19);
}

TEST(GenerationTest, PrefersTheCurrentOneWhenAFileFitsSeveralAndSaysSo) {
  FileBuilder builder(kPacked20);
  builder.put_random(1, 33);
  const Scanned scanned = scan_copy(builder.bytes());
  ASSERT_TRUE(scanned.ok);
  EXPECT_EQ(scanned.result.layout, kAligned64);
  EXPECT_TRUE(scanned.result.layout_ambiguous);
}

TEST(GenerationTest, AnExplicitLayoutOverrides) {
  FileBuilder builder(kPacked20);
  builder.put_random(1, 33);
  const Scanned scanned = scan_copy(builder.bytes(), {.layout = kPacked20});
  ASSERT_TRUE(scanned.ok);
  EXPECT_EQ(scanned.result.layout, kPacked20);
  EXPECT_FALSE(scanned.result.layout_ambiguous);
  const Scanned empty = scan_copy({}, {.layout = kAligned16});
  ASSERT_TRUE(empty.ok);
  EXPECT_EQ(empty.result.layout, kAligned16);
}

// 44 + 20 bytes: every payload starts on a multiple of 64 by itself, and only the oldest entries tell.
TEST(GenerationTest, FindsOutFromOneEntryAtTheVeryStartOfALongChain) {
  for (const Layout& layout : {kPacked20, kAligned16, Layout{kTrailerSize, 32, true}}) {
    FileBuilder builder(layout);
    builder.put_random(1, 7).put_random(2, 50);
    // Bring the tail to a multiple of 64; then every further entry fits all alignments up to 64.
    std::size_t size = 1;
    while ((align_up(builder.tail(), layout.alignment) + size + kTrailerSize) % 64 != 0) ++size;
    builder.put_random(3, size);
    for (std::uint64_t i = 0; i < 3000; ++i) builder.put_random(10 + i, 44);
    const ExactCopy copy(builder.bytes());
    CollectingSink sink;
    const auto result = scan(copy.view(), {}, &sink);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->layout, layout);
    EXPECT_EQ(sink.begun_with, layout);
    EXPECT_GT(sink.begin_count, 1);  // it began with aligned-64 and began anew
    ASSERT_EQ(sink.records.size(), 3003u);
    for (std::size_t i = 0; i < 3003; ++i) expect_same(sink.records[i], builder.records()[3002 - i]);
  }
}

TEST(GenerationTest, ADamagedEntryDoesNotMisleadTheVote) {
  for (const Layout& layout : {kAligned64, kAligned16, kPacked20}) {
    FileBuilder builder = mixed_store(layout, 60);
    for (std::size_t i = 10; i < 50; i += 3) builder.bytes()[builder.records()[i].payload_offset] ^= std::byte{1};
    const Scanned scanned = scan_copy(builder.bytes());
    ASSERT_TRUE(scanned.ok);
    EXPECT_EQ(scanned.result.layout, layout);
  }
}

TEST(GenerationTest, ADamagedPadDoesNotMisleadTheVote) {
  FileBuilder builder = mixed_store(kAligned64, 60);
  for (const EntryRecord& record : builder.records()) {
    if (record.payload_offset != record.prev_tail) builder.bytes()[record.prev_tail] = std::byte{0x55};
  }
  const Scanned scanned = scan_copy(builder.bytes());
  ASSERT_TRUE(scanned.ok);
  EXPECT_EQ(scanned.result.layout, kAligned64);
}

// The last entry's link, moved within its pad to a multiple of 16: now its payload lies where a store of alignment 32
// would have it, and where its own would not.
TEST(GenerationTest, OneEntryWithADamagedLinkDoesNotDecideForTheOthers) {
  FileBuilder builder = mixed_store(kAligned16, 40);
  for (int i = 0; i < 3 && builder.tail() % 32 != 17; ++i) builder.put_random(builder.tail(), 13);
  ASSERT_EQ(builder.tail() % 32, 17u);
  const std::size_t count = builder.records().size();
  builder.put_random(5, 100);
  store_le64(builder.bytes().data() + builder.tail() - kTrailerSize + kTrailerPrevTailAt,
             builder.records().back().prev_tail - 1);
  const Scanned scanned = scan_copy(builder.bytes());
  expect_chain(scanned, builder.records(), count);
  EXPECT_EQ(scanned.result.layout, kAligned16);
}

}  // namespace
}  // namespace simdr::core::test
