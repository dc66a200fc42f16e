// One writer, several readers. Meaningful above all under ThreadSanitizer.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "index/key_index.h"
#include "trailer_file.h"

namespace simdr::core {
namespace {

// Keys are numbers; three kinds by their remainder. Kept keys are put once and replaced now and then, gone ones put and
// erased for good, churning ones put and erased again and again.
constexpr std::uint64_t kKeptCount = 30'000;
constexpr std::uint64_t kChurningCount = 3'000;
constexpr std::uint64_t kRounds = 4;

constexpr std::uint64_t kept(std::uint64_t i) { return i * 4; }
constexpr std::uint64_t gone(std::uint64_t i) { return i * 4 + 1; }
constexpr std::uint64_t churning(std::uint64_t i) { return i * 4 + 2; }
constexpr std::uint64_t never_put(std::uint64_t i) { return i * 4 + 3; }

struct Shared {
  KeyIndex index{123};
  TrailerFile file{8 * kKeptCount * kRounds};
  std::vector<std::atomic<std::uint64_t>> newest = std::vector<std::atomic<std::uint64_t>>(kKeptCount);  // of kept(i)
  std::atomic<std::uint64_t> kept_count{0};
  std::atomic<std::uint64_t> gone_count{0};
  std::atomic<bool> is_done{false};
};

void put_kept(Shared& shared, std::uint64_t i) {
  std::uint64_t offset = 0;
  put_new(shared.index, shared.file, kept(i), &offset);
  shared.newest[i].store(offset, std::memory_order_release);
}

void write(Shared& shared) {
  Random random(9);
  for (std::uint64_t i = 0; i < kKeptCount * kRounds; ++i) {
    const std::uint64_t present = std::min(i, kKeptCount);
    if (i < kKeptCount) {
      put_kept(shared, i);
      shared.kept_count.store(i + 1, std::memory_order_release);
    }
    if (present != 0) put_kept(shared, random.below(present));
    put_new(shared.index, shared.file, gone(i));
    if (i >= 1000) {
      shared.index.erase(shared.file.view(), gone(i - 1000));
      shared.gone_count.store(i - 1000 + 1, std::memory_order_release);
    }
    const std::uint64_t churn = churning(random.below(kChurningCount));
    if (shared.index.erase(shared.file.view(), churn) == KeyIndex::kAbsent) put_new(shared.index, shared.file, churn);
  }
  shared.is_done.store(true, std::memory_order_release);
}

// Offsets only grow, so an answer older than what was known before the question is wrong.
void check_kept(const Shared& shared, std::uint64_t i, std::uint64_t known, std::uint64_t found) {
  ASSERT_GE(found, known) << "key " << i;
  ASSERT_EQ(shared.file.hash_at(found), kept(i));
}

void read_one_by_one(const Shared& shared) {
  Random random(10);
  while (!shared.is_done.load(std::memory_order_acquire)) {
    const std::uint64_t count = shared.kept_count.load(std::memory_order_acquire);
    if (count == 0) continue;
    const std::uint64_t i = random.below(4) == 0 ? count - 1 : random.below(count);
    const std::uint64_t known = shared.newest[i].load(std::memory_order_acquire);
    check_kept(shared, i, known, shared.index.find(shared.file.view(), kept(i)));

    const std::uint64_t erased = shared.gone_count.load(std::memory_order_acquire);
    if (erased != 0) {
      const std::uint64_t hash = gone(random.below(2) == 0 ? erased - 1 : random.below(erased));
      ASSERT_EQ(shared.index.find(shared.file.view(), hash), KeyIndex::kAbsent);
    }
    ASSERT_EQ(shared.index.find(shared.file.view(), never_put(i)), KeyIndex::kAbsent);
    const std::uint64_t churn = churning(random.below(kChurningCount));
    const std::uint64_t found = shared.index.find(shared.file.view(), churn);
    if (found != KeyIndex::kAbsent) {
      ASSERT_EQ(shared.file.hash_at(found), churn);
    }
    ASSERT_LE(shared.index.load(), 0.9);
  }
}

void read_in_batches(const Shared& shared) {
  Random random(11);
  std::array<std::uint64_t, 100> numbers;
  std::array<std::uint64_t, 100> hashes;
  std::array<std::uint64_t, 100> known;
  std::array<std::uint64_t, 100> found;
  while (!shared.is_done.load(std::memory_order_acquire)) {
    const std::uint64_t count = shared.kept_count.load(std::memory_order_acquire);
    if (count == 0) continue;
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      numbers[i] = random.below(count);
      known[i] = shared.newest[numbers[i]].load(std::memory_order_acquire);
      hashes[i] = i % 8 == 7 ? never_put(numbers[i]) : kept(numbers[i]);
    }
    shared.index.find_many(shared.file.view(), hashes.data(), hashes.size(), found.data());
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      if (i % 8 == 7) {
        ASSERT_EQ(found[i], KeyIndex::kAbsent);
      } else {
        check_kept(shared, numbers[i], known[i], found[i]);
      }
    }
  }
}

// Every kept key that was there before is visited once.
void read_all(const Shared& shared) {
  std::vector<std::uint8_t> visits(kKeptCount);
  while (!shared.is_done.load(std::memory_order_acquire)) {
    const std::uint64_t count = shared.kept_count.load(std::memory_order_acquire);
    std::fill(visits.begin(), visits.end(), std::uint8_t{0});
    shared.index.for_each_offset([&](std::uint64_t offset) {
      const std::uint64_t hash = shared.file.hash_at(offset);
      if (hash % 4 == 0) ++visits[hash / 4];
    });
    for (std::uint64_t i = 0; i < count; ++i) ASSERT_EQ(visits[i], 1) << "key " << i << " of " << count;
    for (std::uint64_t i = count; i < kKeptCount; ++i) ASSERT_LE(visits[i], 1);
  }
}

TEST(KeyIndexConcurrentTest, ReadersAreRightWhileTheWriterGrowsReplacesAndErases) {
  Shared shared;
  std::thread readers[] = {
      std::thread([&] { read_one_by_one(shared); }),
      std::thread([&] { read_in_batches(shared); }),
      std::thread([&] { read_all(shared); }),
  };
  write(shared);
  for (std::thread& reader : readers) reader.join();
}

// A large reservation divides segments back to back, so that memory is recycled while readers still look at it.
// In every other round the directory doubles on the way; in the others keys equal in many bits made it deep
// beforehand, so that a division replaces thousands of entries.
TEST(KeyIndexConcurrentTest, ReadersAreRightWhileManySegmentsDivideAtOnce) {
  constexpr std::uint64_t kSeed = 7;
  const auto equal_ones = hashes_that_mix_to(kSeed, ~std::uint64_t{0} << 52, 0, 3'700);
  const std::uint64_t not_present = equal_ones.back() + 1;
  std::vector<std::uint64_t> many(150'000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = not_present + i;

  for (int round = 0; round < 24; ++round) {
    std::vector<std::uint64_t> present;
    if (round % 2 == 0) present = equal_ones;
    for (std::uint64_t i = 0; i < 20'000; ++i) present.push_back(~i);
    KeyIndex index(kSeed);
    TrailerFile file(present.size());
    for (const std::uint64_t hash : present) put_new(index, file, hash);
    std::atomic<int> started{0};
    std::atomic<bool> is_done{false};
    std::thread scanning([&] {
      std::vector<std::uint8_t> visits(present.size());
      started.fetch_add(1);
      while (!is_done.load(std::memory_order_acquire)) {
        std::fill(visits.begin(), visits.end(), std::uint8_t{0});
        index.for_each_offset(
            [&](std::uint64_t offset) { ++visits[(offset - TrailerFile::kFirst) / TrailerFile::kStride]; });
        for (std::size_t i = 0; i < visits.size(); ++i) ASSERT_EQ(visits[i], 1) << "key " << i;
      }
    });
    std::thread finding([&] {
      Random random(static_cast<std::uint64_t>(round));
      started.fetch_add(1);
      while (!is_done.load(std::memory_order_acquire)) {
        const std::uint64_t hash = present[random.below(present.size())];
        const std::uint64_t found = index.find(file.view(), hash);
        ASSERT_NE(found, KeyIndex::kAbsent);
        ASSERT_EQ(file.hash_at(found), hash);
        ASSERT_EQ(index.find(file.view(), not_present + random.below(many.size())), KeyIndex::kAbsent);
      }
    });
    while (started.load() != 2) std::this_thread::yield();
    EXPECT_TRUE(reserve_hashes(index, file, many.data(), many.size()));
    is_done.store(true, std::memory_order_release);
    scanning.join();
    finding.join();
  }
}

}  // namespace
}  // namespace simdr::core
