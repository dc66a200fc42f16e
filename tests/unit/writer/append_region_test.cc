// The end of the file, looked at from outside after every step: it is a guard or the end of the last entry, always.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "format/guard_line.h"
#include "recovery/chain.h"
#include "simd/kernels.h"
#include "temp_dir.hpp"
#include "writer/append_region.h"
#include "writer/appender.h"

namespace simdr::core {
namespace {

class AppendTest : public ::testing::Test {
 protected:
  std::vector<std::byte> bytes() const {
    std::vector<std::byte> all(file_->info()->size);
    EXPECT_TRUE(file_->read_at(0, all.data(), all.size()));
    return all;
  }
  // The guard at the end of the file, or nothing.
  bool guard(GuardLine* out) const {
    const auto all = bytes();
    if (all.size() < kGuardSize) return false;
    return decode_guard(all.data() + all.size() - kGuardSize, all.size() - kGuardSize, out);
  }
  Appender appender(const AppendRegion::Start& start = {}, AppendConfig config = {}) {
    return Appender(*file_, start, config);
  }

  test::TempDir folder_;
  const std::string path_ = folder_.file("file");
  std::unique_ptr<File> file_ = *system_file_system().open(path_, OpenMode::kCreateNew, 0600);
};

std::vector<std::byte> payload(std::size_t size, unsigned seed) {
  std::vector<std::byte> made(size);
  for (std::size_t i = 0; i < size; ++i) made[i] = static_cast<std::byte>(seed * 31 + i * 7 + 1);
  return made;
}

TEST_F(AppendTest, TouchesNothingUntilTheFirstWriteAndNothingIsLeftOfItUnpublished) {
  Appender writer = appender();
  EXPECT_EQ(file_->info()->size, 0u);
  ASSERT_TRUE(writer.append_value(1, payload(100, 1)));
  GuardLine line;
  ASSERT_TRUE(guard(&line));
  EXPECT_EQ(line.committed_tail, 0u);
  EXPECT_EQ(line.writer_pid, static_cast<std::uint32_t>(::getpid()));
  writer.rewind(0);
  ASSERT_TRUE(writer.region().finish(writer.tail()));
  EXPECT_EQ(file_->info()->size, 0u);
}

TEST_F(AppendTest, PublishesThroughTheGuardAndEndsAsAPlainChain) {
  Appender writer = appender();
  ASSERT_TRUE(writer.append_value(1, payload(100, 1)));
  ASSERT_TRUE(writer.publish());
  ASSERT_TRUE(writer.append_tombstone(1));
  ASSERT_TRUE(writer.publish());
  GuardLine line;
  ASSERT_TRUE(guard(&line));
  EXPECT_EQ(line.committed_tail, 141u);
  ASSERT_TRUE(writer.region().finish(writer.tail()));
  const auto all = bytes();
  ASSERT_EQ(all.size(), 141u);
  EntryRecord record;
  ASSERT_TRUE(read_entry_ending_at(all, 141, kAligned64, &record));
  EXPECT_TRUE(record.is_tombstone);
  ASSERT_TRUE(read_entry_ending_at(all, 120, kAligned64, &record));
  EXPECT_EQ(0, std::memcmp(all.data(), payload(100, 1).data(), 100));
  EXPECT_EQ(record.crc32, simd::kernels().crc32(0, all.data(), 100));
}

// Sizes around everything that has a bound: the window's least and largest size, the direct-write size.
TEST_F(AppendTest, KeepsAValidEndThroughEveryGrowth) {
  AppendConfig config;
  config.max_window_size = 256 << 10;
  Appender writer = appender({}, config);
  std::vector<std::pair<std::uint64_t, std::size_t>> written;
  const std::size_t sizes[] = {1,
                               100,
                               63,
                               64,
                               65,
                               60'000,
                               70'000,
                               AppendConfig().direct_size - 1,
                               AppendConfig().direct_size,
                               AppendConfig().direct_size + 1,
                               3 << 20,
                               5,
                               40'000,
                               40'000,
                               40'000,
                               1 << 20,
                               1 << 20,
                               8};
  unsigned seed = 0;
  for (int round = 0; round < 4; ++round) {
    for (const std::size_t size : sizes) {
      const auto trailer = writer.append_value(seed, payload(size, seed));
      ASSERT_TRUE(trailer) << trailer.error().message;
      GuardLine line;
      ASSERT_TRUE(guard(&line));
      EXPECT_EQ(line.committed_tail, written.empty() ? 0 : written.back().first + kTrailerSize);
      ASSERT_TRUE(writer.publish());
      written.emplace_back(*trailer, size);
      ASSERT_TRUE(guard(&line));
      EXPECT_EQ(line.committed_tail, writer.tail());
      ++seed;
    }
  }
  ASSERT_TRUE(writer.region().finish(writer.tail()));
  const auto all = bytes();
  EXPECT_EQ(all.size(), writer.tail());
  const ChainWalk walk = walk_chain(all, all.size(), 0, kAligned64, nullptr);
  EXPECT_EQ(walk.end, ChainEnd::kArrived);
  EXPECT_EQ(walk.entry_count, written.size());
  for (unsigned i = 0; i < written.size(); ++i) {
    EntryRecord record;
    ASSERT_TRUE(read_entry_record(all, written[i].first, kAligned64, &record));
    const auto expected = payload(written[i].second, i);
    ASSERT_EQ(record.payload_size(), expected.size());
    EXPECT_EQ(0, std::memcmp(all.data() + record.payload_offset, expected.data(), expected.size())) << i;
    for (std::uint64_t pad = record.prev_tail; pad < record.payload_offset; ++pad) EXPECT_EQ(all[pad], std::byte{0});
  }
}

// Which way things go: by a system call, which opens no window, or through one.
TEST_F(AppendTest, WhatIsLargerThanTheWindowMayBeIsWrittenDirectly) {
  const auto opens_a_window = [&](const AppendConfig& config, std::size_t size) {
    EXPECT_TRUE(file_->truncate(0));
    Appender writer = appender({}, config);
    EXPECT_TRUE(writer.append_value(1, payload(size, 1)));
    EXPECT_TRUE(writer.publish());
    const bool opened = writer.region().take_counts().windows != 0;
    EXPECT_TRUE(writer.region().finish(writer.tail()));
    return opened;
  };
  const auto writes_batch = [&](const AppendConfig& config, std::uint64_t size) {
    EXPECT_TRUE(file_->truncate(0));
    return AppendRegion(*file_, {}, config).prefers_writes(0, size);
  };
  const AppendConfig usual;
  EXPECT_TRUE(opens_a_window(usual, (128 << 10) - 1));
  EXPECT_FALSE(opens_a_window(usual, 128 << 10));
  EXPECT_FALSE(writes_batch(usual, (4 << 20) - 1));
  EXPECT_TRUE(writes_batch(usual, 4 << 20));

  AppendConfig small;
  small.max_window_size = kMinWindowSize;
  EXPECT_TRUE(opens_a_window(small, kMinWindowSize - 1));
  EXPECT_FALSE(opens_a_window(small, kMinWindowSize));
  EXPECT_FALSE(writes_batch(small, 2 * kMinWindowSize - 1));
  EXPECT_TRUE(writes_batch(small, 2 * kMinWindowSize));

  const AppendConfig synced = usual.with_synced_growth();
  EXPECT_TRUE(synced.sync_growth);
  EXPECT_TRUE(opens_a_window(synced, (64 << 10) - 1));
  EXPECT_FALSE(opens_a_window(synced, 64 << 10));
  EXPECT_FALSE(writes_batch(synced, (256 << 10) - 1));
  EXPECT_TRUE(writes_batch(synced, 256 << 10));
}

TEST_F(AppendTest, WritesTheSameBytesWithAndWithoutAMapping) {
  const auto fill = [](Appender& writer) {
    for (unsigned i = 0; i < 300; ++i) {
      ASSERT_TRUE(i % 7 == 3 ? writer.append_tombstone(i) : writer.append_value(i, payload(1 + i * 37 % 5000, i)));
      ASSERT_TRUE(writer.publish());
    }
    ASSERT_TRUE(writer.region().finish(writer.tail()));
  };
  Appender mapped = appender();
  fill(mapped);
  const auto first = bytes();
  ASSERT_TRUE(file_->truncate(0));
  AppendConfig config;
  config.mapped_writes = false;
  Appender direct = appender({}, config);
  fill(direct);
  EXPECT_EQ(bytes(), first);
}

TEST_F(AppendTest, PullsTheGuardBackFromFarBeyondATornEnd) {
  Appender first = appender();
  ASSERT_TRUE(first.append_value(1, payload(10, 1)));
  ASSERT_TRUE(first.publish());
  ASSERT_TRUE(first.region().finish(first.tail()));
  ASSERT_TRUE(file_->truncate(std::uint64_t{3} << 30));  // a torn end of 3 GiB, sparse
  Appender second = appender({30, 30, std::uint64_t{3} << 30, false});
  ASSERT_TRUE(second.append_value(2, payload(10, 2)));
  ASSERT_TRUE(second.publish());
  EXPECT_LT(file_->info()->size, 1u << 20);
  GuardLine line;
  ASSERT_TRUE(guard(&line));
  EXPECT_EQ(line.committed_tail, 94u);
  ASSERT_TRUE(second.region().finish(second.tail()));
  EXPECT_EQ(file_->info()->size, 94u);
}

TEST_F(AppendTest, TakesOverTheGuardOfAWriterThatDied) {
  std::uint64_t size = 0;
  {
    Appender first = appender();
    ASSERT_TRUE(first.append_value(1, payload(10, 1)));
    ASSERT_TRUE(first.publish());
    ASSERT_TRUE(first.append_value(2, payload(10, 2)));  // never published
    size = file_->info()->size;
  }
  Appender second = appender({30, 0, size, true});
  ASSERT_TRUE(second.append_value(3, payload(10, 3)));
  GuardLine line;
  ASSERT_TRUE(guard(&line));
  EXPECT_EQ(line.committed_tail, 30u);
  ASSERT_TRUE(second.publish());
  ASSERT_TRUE(second.region().finish(second.tail()));
  const auto all = bytes();
  EntryRecord record;
  ASSERT_TRUE(read_entry_ending_at(all, all.size(), kAligned64, &record));
  EXPECT_EQ(record.key_hash, 3u);
  EXPECT_EQ(record.prev_tail, 30u);
}

// Else a power cut that keeps the old bytes of one sector and the new ones of another makes entries of them.
TEST_F(AppendTest, NothingOfADeadWriterIsLeftAboveTheTailWhereTheFirstEntryIsWritten) {
  for (const bool has_guard : {true, false}) {
    for (const std::size_t size : {std::size_t{100}, std::size_t{3'000}, std::size_t{200'000}}) {
      std::filesystem::remove(path_);
      file_ = *system_file_system().open(path_, OpenMode::kCreateNew, 0600);
      std::uint64_t dead_size = 0;
      {
        Appender dead = appender();
        ASSERT_TRUE(dead.append_value(1, payload(10, 1)));
        ASSERT_TRUE(dead.publish());
        ASSERT_TRUE(dead.append_value(2, payload(size, 2)));
        ASSERT_TRUE(dead.append_value(2, payload(size, 2)));
        ASSERT_TRUE(dead.publish());
        if (!has_guard) {
          ASSERT_TRUE(dead.region().finish(dead.tail() - 1));
        }
        dead_size = file_->info()->size;
      }
      Appender next = appender({30, 30, dead_size, has_guard});
      ASSERT_TRUE(next.append_value(3, payload(10, 3)));
      EXPECT_EQ(next.region().take_counts().syncs, 2u);
      const auto all = bytes();
      const std::size_t line = all.size() - kGuardSize;
      GuardLine guard_line;
      ASSERT_TRUE(guard(&guard_line));
      EXPECT_EQ(guard_line.committed_tail, 30u);
      EXPECT_TRUE(std::all_of(all.begin() + 94, all.begin() + static_cast<std::ptrdiff_t>(line),
                              [](std::byte byte) { return byte == std::byte{0xFF} || byte == std::byte{0}; }))
          << size << (has_guard ? ", with a guard" : "");
    }
  }
}

TEST_F(AppendTest, MarksInTheGuardNeverGoBack) {
  Appender writer = appender();
  ASSERT_TRUE(writer.append_value(1, payload(10, 1)));
  ASSERT_TRUE(writer.publish());
  ASSERT_TRUE(writer.region().mark_synced(30));
  ASSERT_TRUE(writer.region().mark_durable(30));
  ASSERT_TRUE(writer.region().mark_synced(0));
  ASSERT_TRUE(writer.region().mark_durable(0));
  GuardLine line;
  ASSERT_TRUE(guard(&line));
  EXPECT_EQ(line.synced_tail, 30u);
  EXPECT_EQ(line.durable_tail, 30u);
}

TEST_F(AppendTest, RefusesWhatWouldPassTheFormatsLimitWithoutTouchingTheFile) {
  Appender writer = appender({kMaxStoreSize - 4096, kMaxStoreSize - 4096, 0, false});
  const auto too_large = writer.append_value(1, payload(5000, 1));
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().status, Status::kTooLarge);
  EXPECT_EQ(writer.build(kMaxStoreSize).error().status, Status::kTooLarge);
  EXPECT_EQ(file_->info()->size, 0u);
}

// In the memory file system: no disk's holds such files. The window is mapped there, far above what a process can map
// from the start of the file on.
TEST_F(AppendTest, WritesUpToTheFormatsLimitAndNotBeyond) {
  for (const bool mapped_writes : {true, false}) {
    const std::string path = "/dev/shm/simdr-append-" + std::to_string(::getpid());
    Result<std::unique_ptr<File>> file = system_file_system().open(path, OpenMode::kCreateNew, 0600);
    if (!file) GTEST_SKIP() << "there is no /dev/shm to write to";
    std::filesystem::remove(path);
    constexpr std::uint64_t kTail = kMaxStoreSize - 1000;
    if (!(*file)->truncate(kTail)) GTEST_SKIP() << "/dev/shm holds no file of 256 TiB";
    AppendConfig config;
    config.mapped_writes = mapped_writes;
    Appender writer(**file, {kTail, kTail, kTail, false}, config);
    ASSERT_TRUE(writer.append_value(1, payload(800, 1)));
    ASSERT_TRUE(writer.publish());
    EXPECT_EQ(writer.tail(), kMaxStoreSize - 140);
    // The next one would start at 128 below the limit.
    for (const std::size_t size : {108u, 109u, 4096u, 3u << 20}) {
      const auto refused = writer.append_value(2, payload(size, 2));
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().status, Status::kTooLarge);
      EXPECT_EQ(writer.tail(), kMaxStoreSize - 140);
    }
    ASSERT_TRUE(writer.append_value(2, payload(107, 2)));
    EXPECT_EQ(writer.tail(), kMaxStoreSize - 1);
    const auto refused = writer.append_tombstone(2);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status, Status::kTooLarge);
    ASSERT_TRUE(writer.publish());
    GuardLine line;
    std::byte bytes[kGuardSize];
    const std::uint64_t size = (*file)->info()->size;
    ASSERT_TRUE((*file)->read_at(size - kGuardSize, bytes, kGuardSize));
    ASSERT_TRUE(decode_guard(bytes, size - kGuardSize, &line));
    EXPECT_EQ(line.committed_tail, kMaxStoreSize - 1);
    ASSERT_TRUE(writer.region().finish(writer.tail()));
    EXPECT_EQ((*file)->info()->size, kMaxStoreSize - 1);
    std::byte last[107 + kTrailerSize];
    ASSERT_TRUE((*file)->read_at(kMaxStoreSize - 128, last, sizeof last));
    EXPECT_EQ(std::memcmp(last, payload(107, 2).data(), 107), 0);
    EXPECT_EQ(decode_trailer(last + 107).prev_tail, kMaxStoreSize - 140);
  }
}

TEST_F(AppendTest, BuildsAValueInPlace) {
  Appender writer = appender();
  ASSERT_TRUE(writer.append_value(1, payload(10, 1)));
  for (const std::size_t size : {std::size_t{1}, std::size_t{1000}, std::size_t{10} << 20}) {
    const auto made = payload(size, 9);
    const auto place = writer.build(size);
    ASSERT_TRUE(place) << place.error().message;
    std::memcpy(*place, made.data(), size);
    const auto trailer = writer.append_built(2, size);
    ASSERT_TRUE(trailer);
    ASSERT_TRUE(writer.publish());
    const auto all = bytes();
    EXPECT_EQ(0, std::memcmp(all.data() + *trailer - size, made.data(), size));
    EXPECT_EQ((*trailer - size) % 64, 0u);
  }
}

// A trailer that two sectors share, behind payload bytes that the room held before: only a sync tells it from a torn one.
TEST_F(AppendTest, SyncsBeforeItPublishesWhatATornSectorWouldPutUnderAnotherKey) {
  AppendConfig config;
  config.sync_growth = true;
  struct Case {
    bool mapped;
    std::byte filler;
    std::size_t size;
    bool syncs;
  };
  const std::size_t split = 512 - 8;  // the trailer starts 8 bytes before a boundary
  for (const Case& one : {Case{true, std::byte{0xFF}, split, true}, Case{true, std::byte{0}, split, false},
                          Case{true, std::byte{0xFF}, split - 12, false}, Case{true, std::byte{0xFF}, 511, true},
                          Case{false, std::byte{0}, split, true}, Case{false, std::byte{0x55}, split, false}}) {
    config.mapped_writes = one.mapped;
    std::filesystem::remove(path_);
    file_ = *system_file_system().open(path_, OpenMode::kCreateNew, 0600);
    Appender writer = appender({}, config);
    // Past what an empty file starts with: what the first window's growth costs is not counted.
    ASSERT_TRUE(writer.append_value(1, payload(1004, 7)));
    ASSERT_EQ(writer.tail(), 1024u);
    ASSERT_TRUE(writer.publish());
    (void)writer.region().take_counts();
    ASSERT_TRUE(writer.append_value(2, std::vector<std::byte>(one.size, one.filler)));
    EXPECT_EQ(writer.region().take_counts().syncs, 0u);
    ASSERT_TRUE(writer.publish());
    EXPECT_EQ(writer.region().take_counts().syncs, one.syncs ? 1u : 0u);
    // Once published it is done with.
    ASSERT_TRUE(writer.append_value(3, payload(10, 3)));
    ASSERT_TRUE(writer.publish());
    EXPECT_EQ(writer.region().take_counts().syncs, 0u);
  }
}

TEST_F(AppendTest, WhatWasGivenUpInTheRoomCountsAsAnything) {
  AppendConfig config;
  config.sync_growth = true;
  Appender writer = appender({}, config);
  ASSERT_TRUE(writer.append_value(1, payload(504, 7)));
  writer.rewind(0);
  ASSERT_TRUE(writer.append_value(2, payload(504, 7)));
  (void)writer.region().take_counts();
  ASSERT_TRUE(writer.publish());
  EXPECT_EQ(writer.region().take_counts().syncs, 1u);
}

}  // namespace
}  // namespace simdr::core
