// A file that ends in a guard, as a killed writer or a power cut leaves it.
#include "file_builder.h"

namespace simdr::core::test {
namespace {

std::uint64_t tail_at(const FileBuilder& builder, std::size_t count) {
  return count == 0 ? 0 : builder.records()[count - 1].trailer_offset + kTrailerSize;
}

struct Torn {
  FileBuilder builder = mixed_store(kAligned64, 100);
  Bytes with(std::size_t durable, std::size_t synced, std::size_t committed, std::uint32_t flags = 0,
             std::uint64_t gap = 500) {
    FileBuilder copy = builder;
    copy.put_guard(tail_at(builder, durable), tail_at(builder, synced), tail_at(builder, committed), flags, gap);
    return copy.bytes();
  }
  void damage(Bytes& bytes, std::size_t entry) const {
    bytes[builder.records()[entry].payload_offset] ^= std::byte{0x10};
  }
};

TEST(GuardTest, TheCommittedTailIsTaken) {
  Torn torn;
  for (const std::size_t durable : {0u, 40u, 100u}) {
    const Scanned scanned = scan_copy(torn.with(durable, durable, 100));
    expect_chain(scanned, torn.builder.records(), 100);
    EXPECT_EQ(scanned.result.reason, Reason::kGuarded);
    EXPECT_TRUE(scanned.result.has_guard);
    EXPECT_EQ(scanned.result.guard.writer_pid, 4711u);
    EXPECT_STREQ(scanned.result.message, "");
  }
}

TEST(GuardTest, WhatLiesAboveTheCommittedTailIsNobodys) {
  Torn torn;
  const Scanned scanned = scan_copy(torn.with(30, 50, 80));
  expect_chain(scanned, torn.builder.records(), 80);
  EXPECT_EQ(scanned.result.reason, Reason::kGuarded);
}

TEST(GuardTest, OnlyAGuardIsAnEmptyStore) {
  FileBuilder builder;
  builder.put_guard(0, 0, 0, 0, 0);
  ASSERT_EQ(builder.bytes().size(), kGuardSize);
  const Scanned scanned = scan_copy(builder.bytes());
  ASSERT_TRUE(scanned.ok) << scanned.error.message;
  EXPECT_EQ(scanned.result.tail, 0u);
  EXPECT_EQ(scanned.result.reason, Reason::kGuarded);

  Torn torn;  // entries were written and never published
  const Scanned unpublished = scan_copy(torn.with(0, 0, 0));
  ASSERT_TRUE(unpublished.ok);
  EXPECT_EQ(unpublished.result.tail, 0u);
}

TEST(GuardTest, ATornCommitGoesBackToTheSyncedTail) {
  Torn torn;
  Bytes bytes = torn.with(40, 70, 100);
  torn.damage(bytes, 85);
  const Scanned scanned = scan_copy(bytes);
  expect_chain(scanned, torn.builder.records(), 70);
  EXPECT_EQ(scanned.result.reason, Reason::kGuardedRolledBack);
  EXPECT_STRNE(scanned.result.message, "");
}

TEST(GuardTest, AnAtomicSessionGoesBackToADurableMarkAndNeverBetween) {
  Torn torn;
  for (std::size_t damaged = 40; damaged < 100; ++damaged) {
    Bytes bytes = torn.with(40, 70, 100, kGuardAllSynced);
    torn.damage(bytes, damaged);
    expect_chain(scan_copy(bytes), torn.builder.records(), damaged < 70 ? 40 : 70);
  }
}

TEST(GuardTest, AnAtomicSessionOfAFreshFileGoesBackToNothing) {
  Torn torn;
  Bytes bytes = torn.with(0, 0, 100, kGuardAllSynced);
  torn.damage(bytes, 3);
  const Scanned scanned = scan_copy(bytes);
  ASSERT_TRUE(scanned.ok) << scanned.error.message;
  EXPECT_EQ(scanned.result.tail, 0u);
  EXPECT_TRUE(scanned.records.empty());
  EXPECT_EQ(scanned.result.reason, Reason::kGuardedRolledBack);
}

TEST(GuardTest, ASessionWithoutPromisesKeepsWhatHangsTogether) {
  Torn torn;
  for (const std::size_t durable : {0u, 40u}) {
    for (std::size_t damaged = durable; damaged < 100; ++damaged) {
      Bytes bytes = torn.with(durable, durable, 100);
      torn.damage(bytes, damaged);
      const Scanned scanned = scan_copy(bytes);
      if (damaged == 0) {
        // The first entry: no chain is without it, and all others are right.
        ASSERT_TRUE(scanned.ok) << scanned.error.message;
        EXPECT_EQ(scanned.result.reason, Reason::kDamagedHead);
        EXPECT_EQ(scanned.records.size(), 100u);
        continue;
      }
      expect_chain(scanned, torn.builder.records(), damaged);
      EXPECT_EQ(scanned.result.reason, Reason::kGuardedRolledBack);
    }
  }
}

TEST(GuardTest, DamageBelowTheDurableMarkIsNoReasonToRollBack) {
  Torn torn;
  Bytes bytes = torn.with(60, 60, 100);
  torn.damage(bytes, 30);
  const Scanned scanned = scan_copy(bytes);
  expect_chain(scanned, torn.builder.records(), 100);
  EXPECT_EQ(scanned.result.reason, Reason::kGuarded);
}

TEST(GuardTest, ADamagedFirstEntryDoesNotHideAGuardedStore) {
  Torn torn;
  for (const std::uint32_t flags : {0u, kGuardAllSynced}) {
    Bytes bytes = torn.with(60, 60, 100, flags);
    torn.damage(bytes, 0);
    const Scanned scanned = scan_copy(bytes);
    expect_chain(scanned, torn.builder.records(), 100);
    EXPECT_EQ(scanned.result.reason, Reason::kDamagedHead);
    // And with a torn batch above the mark, not a part of it.
    torn.damage(bytes, 90);
    const Scanned rolled_back = scan_copy(bytes);
    expect_chain(rolled_back, torn.builder.records(), flags != 0 ? 60 : 90);
  }
}

TEST(GuardTest, TornSectorsNeverShowABatchInPart) {
  Torn torn;
  Random random(77);
  const std::size_t ends[] = {0, 10, 25, 60, 85, 100};  // of batches
  for (int round = 0; round < 2000; ++round) {
    std::size_t marks[3] = {ends[random.below(6)], ends[random.below(6)], ends[random.below(6)]};
    std::sort(marks, marks + 3);
    Bytes bytes = torn.with(marks[0], marks[1], marks[2], kGuardAllSynced);
    const std::uint64_t durable = tail_at(torn.builder, marks[0]);
    const std::uint64_t guard = bytes.size() - kGuardSize;
    for (std::uint64_t sector = align_up(durable, 512); sector + 512 <= guard; sector += 512) {
      const std::uint64_t fate = random.below(6);
      if (fate == 0) std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(sector), 512, std::byte{0});
      if (fate == 1) {
        const Bytes junk = random.bytes(512);
        std::copy(junk.begin(), junk.end(), bytes.begin() + static_cast<std::ptrdiff_t>(sector));
      }
    }
    const Scanned scanned = scan_copy(bytes);
    ASSERT_TRUE(scanned.ok) << scanned.error.message;
    ASSERT_TRUE(scanned.result.tail == tail_at(torn.builder, marks[0]) ||
                scanned.result.tail == tail_at(torn.builder, marks[1]) ||
                scanned.result.tail == tail_at(torn.builder, marks[2]))
        << scanned.result.tail;
  }
}

TEST(GuardTest, AGuardWhoseMarksLeadNowhereIsNoReasonToLoseTheStore) {
  Torn torn;
  Bytes bytes = torn.with(10, 20, 100, 0);
  const std::uint64_t line = bytes.size() - kGuardSize;
  store_le64(bytes.data() + line + kGuardDurableAt, 1001);
  store_le64(bytes.data() + line + kGuardSyncedAt, 2003);
  store_le64(bytes.data() + line + kGuardPrevTailAt, 3001);
  const Scanned scanned = scan_copy(bytes);
  expect_chain(scanned, torn.builder.records(), 100);
}

TEST(GuardTest, ADamagedGuardIsSearchedPast) {
  Torn torn;
  Bytes bytes = torn.with(40, 70, 100);
  bytes[bytes.size() - kGuardSize] ^= std::byte{1};
  expect_chain(scan_copy(bytes), torn.builder.records(), 100);
}

// The disk lost the newest guard; an older one of the session is still there, and says what was whole.
TEST(GuardTest, AnOlderGuardKeepsAnAtomicSessionWhole) {
  Torn torn;
  Bytes bytes = torn.with(60, 60, 80, kGuardAllSynced);
  bytes.resize(bytes.size() + 4096);
  expect_chain(scan_copy(bytes), torn.builder.records(), 80);
  Bytes loose = torn.with(60, 60, 80);
  loose.resize(loose.size() + 4096);
  expect_chain(scan_copy(loose), torn.builder.records(), 100);
}

TEST(GuardTest, EveryCutOfAGuardedFileKeepsWhatIsBelowIt) {
  Torn torn;
  const Bytes whole = torn.with(40, 40, 100, 0, 300);
  std::size_t below = 0;
  for (std::size_t cut = 1; cut < whole.size(); cut += 3) {
    while (below < 100 && tail_at(torn.builder, below + 1) <= cut) ++below;
    if (below == 0) continue;
    const Scanned scanned = scan_copy(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut)));
    ASSERT_TRUE(scanned.ok) << cut;
    ASSERT_EQ(scanned.records.size(), below) << cut;
  }
}

}  // namespace
}  // namespace simdr::core::test
