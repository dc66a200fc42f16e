#include "recovery/verify.h"

#include "file_builder.h"

namespace simdr::core::test {
namespace {

struct Faults final : VerifySink {
  std::vector<Fault> all;
  std::uint64_t last_done = 0;
  std::size_t limit = SIZE_MAX;
  bool on_fault(const Fault& fault) override {
    all.push_back(fault);
    return all.size() < limit;
  }
  bool on_progress(std::uint64_t done, std::uint64_t total) override {
    EXPECT_GE(done, last_done);
    EXPECT_LE(done, total);
    last_done = done;
    return true;
  }
};

TEST(VerifyTest, ASoundStoreHasNoFaults) {
  for (const Layout& layout : {kAligned64, kAligned16, kPacked20, kPacked19}) {
    FileBuilder builder = mixed_store(layout, 200);
    const ExactCopy copy(builder.bytes());
    Faults faults;
    const VerifySummary summary = verify(copy.view(), builder.tail(), layout, &faults);
    EXPECT_TRUE(summary.is_sound());
    EXPECT_EQ(summary.entry_count, 200u);
    EXPECT_EQ(summary.unread_size, 0u);
    EXPECT_TRUE(faults.all.empty());
    EXPECT_EQ(faults.last_done, builder.tail());
  }
}

TEST(VerifyTest, FindsEveryFlippedBitThatAnyChecksumCovers) {
  for (const Layout& layout : {kAligned64, kPacked20, kPacked19}) {
    FileBuilder builder = mixed_store(layout, 40);
    Bytes bytes = builder.bytes();
    for (const EntryRecord& record : builder.records()) {
      for (std::uint64_t at = record.prev_tail; at < record.trailer_offset + layout.trailer_size; ++at) {
        if (at >= record.trailer_offset && at < record.trailer_offset + 8) continue;  // the key hash: under no checksum
        for (unsigned bit = 0; bit < 8; ++bit) {
          bytes[at] ^= static_cast<std::byte>(1u << bit);
          const VerifySummary summary = verify(bytes, builder.tail(), layout, nullptr);
          bytes[at] ^= static_cast<std::byte>(1u << bit);
          ASSERT_FALSE(summary.is_sound()) << "byte " << at << " bit " << bit;
        }
      }
    }
  }
}

TEST(VerifyTest, SaysWhereAndWhat) {
  FileBuilder builder = mixed_store(kAligned64, 100);
  const EntryRecord payload = builder.records()[80];
  const EntryRecord padded = builder.records()[70];
  const EntryRecord unlinked = builder.records()[50];
  ASSERT_NE(padded.payload_offset, padded.prev_tail);
  builder.bytes()[payload.payload_offset] ^= std::byte{1};
  builder.bytes()[padded.payload_offset - 1] = std::byte{9};
  store_le64(builder.bytes().data() + unlinked.trailer_offset + kTrailerPrevTailAt, UINT64_MAX);
  Faults faults;
  const VerifySummary summary = verify(builder.bytes(), builder.tail(), kAligned64, &faults);
  ASSERT_EQ(faults.all.size(), 3u);
  EXPECT_EQ(faults.all[0].kind, FaultKind::kPayload);
  EXPECT_EQ(faults.all[0].offset, payload.payload_offset);
  EXPECT_EQ(faults.all[0].entry.trailer_offset, payload.trailer_offset);
  EXPECT_EQ(faults.all[1].kind, FaultKind::kPad);
  EXPECT_EQ(faults.all[1].offset, padded.payload_offset - 1);
  EXPECT_EQ(faults.all[2].kind, FaultKind::kLink);
  EXPECT_EQ(faults.all[2].offset, unlinked.trailer_offset + kTrailerSize);
  EXPECT_EQ(summary.unread_size, unlinked.trailer_offset + kTrailerSize);
  EXPECT_EQ(summary.fault_count(), 3u);
}

TEST(VerifyTest, StopsWhenTheSinkSaysSo) {
  FileBuilder builder = mixed_store(kAligned64, 100);
  for (const EntryRecord& record : builder.records()) builder.bytes()[record.payload_offset] ^= std::byte{1};
  Faults faults;
  faults.limit = 3;
  const VerifySummary summary = verify(builder.bytes(), builder.tail(), kAligned64, &faults);
  EXPECT_EQ(faults.all.size(), 3u);
  EXPECT_TRUE(summary.stopped);
  EXPECT_GT(summary.unread_size, 0u);
}

TEST(VerifyTest, APhantomAndWhatLiesBeforeItAreNoFault) {
  FileBuilder builder = mixed_store(kAligned64, 20);
  builder.put_guard(0, 0, builder.tail(), 0, 0, true).put_random(1, 100);
  const VerifySummary summary = verify(builder.bytes(), builder.tail(), kAligned64, nullptr);
  EXPECT_TRUE(summary.is_sound());
  EXPECT_EQ(summary.entry_count, 21u);
  EXPECT_EQ(summary.phantom_count, 1u);
}

}  // namespace
}  // namespace simdr::core::test
