// One writer, several readers, and everything at once: every value that a reader is handed is one that was written whole
// under its key, a key that is always there is always found, and no reader ever sees a key go back to an older value.
// Meant to run under ThreadSanitizer too: it does counted work, and nothing depends on time.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "simdr.hpp"
#include "temp_dir.hpp"
#include "whole_value.h"

namespace {

using simdr::test::make_whole_value;
using simdr::test::read_whole_value;
using simdr::test::TempDir;
using simdr::test::WholeValue;

constexpr std::uint32_t kStable = 128;  // keys [0, 128) are always there, and overwritten
constexpr std::uint32_t kChurn = 256;  // keys [128, 256) come and go
constexpr std::uint32_t kBatched = 272;  // keys [256, 272) are written together, always in one version
constexpr int kReaders = 3;

std::span<const std::byte> key_bytes(const std::uint32_t& key) { return std::as_bytes(std::span(&key, 1)); }

// A value that goes from one thread to another to be checked and released there.
class Exchange {
 public:
  void leave(simdr::Entry entry) {
    std::optional<simdr::Entry> old;  // released on this thread, though another one got it
    {
      const std::lock_guard lock(mutex_);
      if (entries_.size() < 64) return entries_.push_back(std::move(entry));
      old = std::exchange(entries_[next_++ % 64], std::move(entry));
    }
    check(*old);
  }
  static void check(const simdr::Entry& entry) {
    EXPECT_NE(read_whole_value(entry.bytes()).key, UINT32_MAX);
    EXPECT_TRUE(entry.checksum_ok());
  }
  void check_all() {
    for (const simdr::Entry& entry : entries_) check(entry);
  }

 private:
  std::mutex mutex_;
  std::vector<simdr::Entry> entries_;
  std::size_t next_ = 0;
};

class ThreadsTest : public testing::Test {
 protected:
  ThreadsTest() : store_(dir_.file("store"), {.window_size = 65536}) {
    for (std::uint32_t key = 0; key < kStable; ++key) put(key, 0, 100);
    put_batch(0);
  }

  void put(std::uint32_t key, std::uint32_t version, std::size_t size) {
    store_.put(key_bytes(key), make_whole_value({key, version}, size));
  }
  void put_batch(std::uint32_t version) {
    std::vector<std::pair<std::uint32_t, std::vector<std::byte>>> values;
    for (std::uint32_t key = kChurn; key < kBatched; ++key) {
      values.emplace_back(key, make_whole_value({key, version}, 24 + key % 7 * 300));
    }
    std::vector<std::pair<simdr::Bytes, simdr::Bytes>> pairs;
    for (const auto& [key, value] : values) pairs.emplace_back(key_bytes(key), value);
    store_.put_many(pairs);
  }

  // Overwrites, removes, batches, large values, streams and reservations, over many append windows.
  void write(int steps, int compact_every) {
    std::mt19937 random(1);
    for (int step = 1; step <= steps; ++step) {
      const auto version = static_cast<std::uint32_t>(step);
      const std::uint32_t stable = random() % kStable;
      const std::uint32_t churn = kStable + random() % (kChurn - kStable);
      switch (step % 8) {
        case 0:
          put_batch(version);
          break;
        case 1:
          store_.remove(key_bytes(churn));
          break;
        case 2:
          put(churn, version, 24 + random() % 2000);
          break;
        case 3:
          build_in_place(stable, version, 24 + random() % 5000);
          break;
        case 4:
          stream(stable, version, 24 + random() % 9000);
          break;
        default:
          put(stable, version, step % 200 == 5 ? 300000 : 24 + random() % 3000);
          break;
      }
      if (step % 64 == 10) remove_half_of_the_churn();
      if (compact_every > 0 && step % compact_every == 0) store_.compact();
    }
    done_ = true;
  }
  void build_in_place(std::uint32_t key, std::uint32_t version, std::size_t size) {
    simdr::Reservation room = store_.reserve(key_bytes(key), size);
    std::ranges::copy(make_whole_value({key, version}, size), room.bytes().begin());
    if (version % 5 != 0) room.commit();
  }
  void stream(std::uint32_t key, std::uint32_t version, std::size_t size) {
    const std::vector<std::byte> value = make_whole_value({key, version}, size);
    simdr::Stream stream = store_.stream(key_bytes(key));
    stream.write(std::span(value).first(10));
    stream.write(std::span(value).subspan(10));
    stream.commit();
  }
  void remove_half_of_the_churn() {
    std::vector<std::uint32_t> keys;
    for (std::uint32_t key = kStable; key < kChurn; key += 2) keys.push_back(key);
    std::vector<simdr::Bytes> bytes;
    for (const std::uint32_t& key : keys) bytes.emplace_back(key_bytes(key));
    store_.remove_many(bytes);
  }

  // What one reader has seen of each stable key so far.
  struct Seen {
    std::array<std::uint32_t, kBatched> version{};
  };
  // A value that was asked for under `key` just now.
  static void check_newest(std::span<const std::byte> bytes, std::uint32_t key, Seen& seen) {
    const WholeValue value = read_whole_value(bytes);
    ASSERT_EQ(value.key, key);
    if (key >= kStable && key < kChurn) return;
    ASSERT_GE(value.version, seen.version[key]);
    seen.version[key] = value.version;
  }

  void read_one(std::uint32_t key, Seen& seen) {
    const std::optional<simdr::Entry> entry = store_.get(key_bytes(key));
    ASSERT_TRUE(entry) << "key " << key << " was missed";
    check_newest(entry->bytes(), key, seen);
    exchange_.leave(*entry);
  }
  void read_many(Seen& seen) {
    std::vector<std::uint32_t> keys(kStable);
    std::vector<simdr::Bytes> bytes;
    for (std::uint32_t key = 0; key < kStable; ++key) bytes.emplace_back(key_bytes(keys[key] = key));
    const auto entries = store_.get_many(bytes);
    for (std::uint32_t key = 0; key < kStable; ++key) {
      ASSERT_TRUE(entries[key]) << "key " << key << " was missed in a batch";
      check_newest(entries[key]->bytes(), key, seen);
    }
  }
  void read_copy(std::uint32_t key, Seen& seen) {
    std::vector<std::byte> into(400000);
    const auto result = store_.read(key_bytes(key), 0, into);
    ASSERT_TRUE(result) << "key " << key << " was missed by the copying read";
    ASSERT_EQ(result->read_size, result->value_size);
    check_newest(std::span(into).first(result->read_size), key, seen);
  }
  // A walk sees every stable key once, and the batch in one version: it is a snapshot.
  void check_walk(const std::vector<WholeValue>& walked) {
    std::array<int, kBatched> times{};
    std::uint32_t batch_version = UINT32_MAX;
    for (const WholeValue& value : walked) {
      ASSERT_LT(value.key, kBatched) << "a walk handed out a value that was never written";
      ++times[value.key];
      if (value.key < kChurn) continue;
      if (batch_version == UINT32_MAX) batch_version = value.version;
      ASSERT_EQ(value.version, batch_version) << "a batch was seen half";
    }
    for (std::uint32_t key = 0; key < kBatched; ++key) {
      const bool always_there = key < kStable || key >= kChurn;
      ASSERT_TRUE(times[key] == 1 || (times[key] == 0 && !always_there)) << "key " << key << ": " << times[key];
    }
  }
  void walk_entries() {
    std::vector<WholeValue> walked;
    for (const simdr::Entry& entry : store_.entries()) walked.push_back(read_whole_value(entry.bytes()));
    check_walk(walked);
  }
  void walk_views() {
    std::vector<WholeValue> walked;
    for (const simdr::View& view : store_.views({.verify = true})) walked.push_back(read_whole_value(view.bytes()));
    check_walk(walked);
  }
  void walk_in_parallel() {
    std::mutex mutex;
    std::vector<WholeValue> walked;
    const auto visit = [&](const simdr::View& view) {
      const WholeValue value = read_whole_value(view.bytes());
      const std::lock_guard lock(mutex);
      walked.push_back(value);
    };
    EXPECT_TRUE(store_.for_each(visit, {.thread_count = 2}));
    check_walk(walked);
  }

  // `views`: also borrow bytes, which nobody may do while the store may be compacted.
  void read(unsigned seed, bool views) {
    std::mt19937 random(seed);
    Seen seen;
    for (int round = 0; (!done_ || round < 50) && !HasFatalFailure(); ++round) {
      const std::uint32_t stable = random() % kStable;
      switch (random() % 12) {
        default:
          read_one(stable, seen);
          break;
        case 0:
          read_many(seen);
          break;
        case 1:
          read_copy(stable, seen);
          break;
        case 2:
          EXPECT_TRUE(store_.exists(key_bytes(stable)));
          break;
        case 3:
          walk_entries();
          break;
        case 4:
          walk_views();
          break;
        case 5:
          walk_in_parallel();
          break;
        case 6:
          read_one(kChurn + random() % (kBatched - kChurn), seen);
          break;
        case 7:
          read_churn(kStable + random() % (kChurn - kStable));
          break;
        case 8:
          if (views) borrow(stable, seen);
          break;
      }
    }
  }
  void read_churn(std::uint32_t key) {
    if (const auto entry = store_.get(key_bytes(key))) {
      EXPECT_EQ(read_whole_value(entry->bytes()).key, key);
    }
    EXPECT_TRUE(store_.last_entry());
    EXPECT_GE(store_.count(), kStable);
    EXPECT_GT(store_.stats().live_size, 0u);
  }
  void borrow(std::uint32_t key, Seen& seen) {
    const std::optional<simdr::View> view = store_.view(key_bytes(key));
    ASSERT_TRUE(view);
    check_newest(view->bytes(), key, seen);
    std::vector<simdr::Bytes> keys(8, simdr::Bytes(key_bytes(key)));
    for (const auto& one : store_.view_many(keys)) {
      ASSERT_TRUE(one);
      check_newest(one->bytes(), key, seen);
    }
  }

  void run(int steps, int compact_every) {
    std::vector<std::thread> readers;
    for (unsigned i = 0; i < kReaders; ++i)
      readers.emplace_back([this, i, compact_every] { read(i, compact_every == 0); });
    write(steps, compact_every);
    for (std::thread& reader : readers) reader.join();
    walk_entries();
    store_.close();
    exchange_.check_all();  // what was handed around outlives the store
    const simdr::Store again(dir_.file("store"));
    EXPECT_EQ(again.recovered_from(), nullptr);
    EXPECT_EQ(again.verify()->fault_count, 0u);
  }

  TempDir dir_;
  simdr::Store store_;
  Exchange exchange_;
  std::atomic<bool> done_ = false;
};

TEST_F(ThreadsTest, ReadersSeeOnlyWholeValuesWhileOneWrites) { run(6000, 0); }

TEST_F(ThreadsTest, ReadersGoOnThroughCompactions) { run(3000, 300); }

TEST_F(ThreadsTest, AFileThatGrowsIsNeverTakenForOneThatWasCut) {
  constexpr std::uint32_t key = 0, other = 1;
  std::atomic<bool> done = false;
  std::atomic<int> started = 0;
  std::vector<std::thread> readers;
  for (int reader = 0; reader < kReaders; ++reader) {
    readers.emplace_back([&, reader] {
      std::array<std::byte, 100> value;
      ++started;
      while (!done) {
        if (reader == 0) {
          const simdr::Stats stats = store_.stats();
          EXPECT_LE(stats.tail_offset, stats.physical_size);
        } else {
          const auto got = store_.read(key_bytes(key), 0, value);
          ASSERT_TRUE(got && got->read_size == value.size());
          EXPECT_EQ(read_whole_value(value).key, key);
        }
      }
    });
  }
  while (started != kReaders) std::this_thread::yield();
  for (std::uint32_t version = 1; version <= 300; ++version)
    put(other, version, 140000);  // each of them lengthens the file
  done = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_F(ThreadsTest, WritersFromManyThreadsLoseNothing) {
  constexpr std::uint32_t kWriters = 4, kEach = 400;
  std::atomic<std::uint32_t> first_times = 0;
  std::vector<std::thread> writers;
  for (std::uint32_t writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (std::uint32_t i = 0; i < kEach; ++i) {
        const std::uint32_t key = 1000 + writer * kEach + i;
        const auto durability = i % 40 == 0 ? simdr::Durability::kCommit : simdr::Durability::kDefault;
        store_.put(key_bytes(key), make_whole_value({key, 1}, 24 + i), durability);
        const std::uint32_t contended = 100000 + i;
        if (store_.put_if_absent(key_bytes(contended), make_whole_value({contended, writer}, 50))) ++first_times;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(first_times, kEach);
  for (std::uint32_t i = 0; i < kWriters * kEach; ++i) {
    const std::uint32_t key = 1000 + i;
    const auto entry = store_.get(key_bytes(key));
    ASSERT_TRUE(entry);
    EXPECT_EQ(read_whole_value(entry->bytes()).key, key);
  }
}

TEST_F(ThreadsTest, ACounterKeptByCompareAndPutCountsEveryStep) {
  constexpr int kWriters = 4, kEach = 200;
  const std::uint32_t key = 5000;
  const std::uint32_t start = 1;
  store_.put(key_bytes(key), key_bytes(start));
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&] {
      for (int i = 0; i < kEach;) {
        const simdr::Entry entry = *store_.get(key_bytes(key));
        const std::uint32_t next = entry.as<std::uint32_t>()[0] + 1;
        if (store_.put_if_entry(entry, key_bytes(next))) ++i;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(store_.get(key_bytes(key))->as<std::uint32_t>()[0], 1u + kWriters * kEach);
}

TEST_F(ThreadsTest, BackupsTakenWhileWritingAreConsistent) {
  std::thread writer([this] { write(3000, 500); });
  for (int i = 0; i < 5; ++i) {
    const std::string path = dir_.file(("backup " + std::to_string(i)).c_str());
    store_.backup(path);
    EXPECT_EQ(store_.verify()->fault_count, 0u);
    const simdr::Store backup(path, {.mode = simdr::OpenMode::kReadOnly});
    EXPECT_EQ(backup.recovered_from(), nullptr);
    std::vector<WholeValue> walked;
    for (const simdr::Entry& entry : backup.entries()) walked.push_back(read_whole_value(entry.bytes()));
    check_walk(walked);
  }
  writer.join();
}

TEST_F(ThreadsTest, ATransferLosesNoNewerValue) {
  simdr::Store target(dir_.file("target"));
  const std::uint32_t key = 6000;
  const std::vector<std::byte> large = make_whole_value({key, 0}, 1 << 20);  // takes a while to copy
  for (std::uint32_t version = 1; version <= 300; ++version) {
    store_.put(key_bytes(key), large);
    std::atomic<bool> started = false;
    std::thread mover([&] {
      started = true;
      store_.transfer_to(target, key_bytes(key));
    });
    while (!started) std::this_thread::yield();
    for (std::uint32_t i = 0; i < version % 60; ++i)
      (void)store_.exists(key_bytes(key + i));  // a little later each time
    store_.put(key_bytes(key), make_whole_value({key, version}, 30));
    mover.join();
    const auto here = store_.get(key_bytes(key));
    const auto there = target.get(key_bytes(key));
    const bool found_here = here && read_whole_value(here->bytes()).version == version;
    const bool found_there = there && read_whole_value(there->bytes()).version == version;
    ASSERT_TRUE(found_here || found_there) << "version " << version << " was acknowledged and is gone";
  }
}

TEST_F(ThreadsTest, TransfersInBothDirectionsDoNotBlockEachOther) {
  simdr::Store other(dir_.file("other"));
  const auto move_all = [](simdr::Store& from, simdr::Store& to) {
    for (int round = 0; round < 20; ++round) {
      for (std::uint32_t key = 0; key < kStable; ++key) from.transfer_to(to, key_bytes(key));
    }
  };
  std::thread there([&] { move_all(store_, other); });
  move_all(other, store_);
  there.join();
  for (std::uint32_t key = 0; key < kStable; ++key) {
    const auto entry = store_.get(key_bytes(key));
    const auto elsewhere = other.get(key_bytes(key));
    ASSERT_TRUE(entry || elsewhere) << "key " << key << " is in neither";
    EXPECT_EQ(read_whole_value((entry ? *entry : *elsewhere).bytes()).key, key);
  }
}

TEST_F(ThreadsTest, AReservationMayBeCommittedByAnotherThread) {
  const std::uint32_t key = 1;
  simdr::Reservation room = store_.reserve(key_bytes(key), 100);
  std::ranges::copy(make_whole_value({key, 9}, 100), room.bytes().begin());
  std::thread([&room] { room.commit(); }).join();
  EXPECT_EQ(read_whole_value(store_.get(key_bytes(key))->bytes()).version, 9u);
  put(key, 10, 100);  // this thread holds nothing any more
  std::thread([this] { put(2, 1, 100); }).join();
}

}  // namespace
