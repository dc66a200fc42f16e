#include "index/build_feed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "queue_crew.h"
#include "trailer_file.h"

namespace simdr::core {
namespace {

// What was inserted, by what the builder said: each key once, with its newest offset.
class Collector final : public BuildLane::Sink {
 public:
  void on_added(std::size_t lane, const BuildItem* items, std::size_t count, const KeyIndex::LeftOut& but) override {
    EXPECT_LT(lane, BuildTeam::kMostLanes);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(items[i].note(), static_cast<std::uint16_t>(items[i].key_hash * 3));
      EXPECT_FALSE(but.present.has(i) && but.full.has(i));
      if (but.present.has(i)) ++present_count_;
      if (but.present.has(i) || but.full.has(i)) continue;
      EXPECT_TRUE(inserted_.emplace(items[i].key_hash, items[i].trailer_offset()).second);
    }
  }
  const std::unordered_map<std::uint64_t, std::uint64_t>& inserted() const { return inserted_; }
  std::size_t present_count() const { return present_count_; }

 private:
  std::unordered_map<std::uint64_t, std::uint64_t> inserted_;
  std::size_t present_count_ = 0;
};

// A file of `count` entries, the key of each as `key_at` says, oldest first.
class Entries {
 public:
  Entries(std::size_t count, const std::function<std::uint64_t(std::size_t)>& key_at) : file_(count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t hash = key_at(i);
      const std::uint64_t offset = file_.append(hash);
      newest_[hash] = offset;
      items_.emplace_back(hash, offset, static_cast<std::uint16_t>(hash * 3));
    }
  }
  ByteView view() const { return file_.view(); }
  std::uint64_t end() const { return file_.end(); }
  const std::unordered_map<std::uint64_t, std::uint64_t>& newest() const { return newest_; }

  // All of them, newest first, in batches of uneven size. Also checks that the index is never larger than guessing may
  // make it.
  bool build(KeyIndex& index, BuildFeed& feed, const IndexBuilder::Guessing& guessing,
             const Collector& collector) const {
    Random random(9);
    for (std::size_t left = items_.size(); left != 0;) {
      const std::size_t size = std::min<std::size_t>(left, random.below(BuildFeed::kMaxBatch + 1));
      if (!add(feed, items_.size() - left, size)) return false;
      left -= size;
      const std::uint64_t there = collector.inserted().size();
      const std::uint64_t keys = std::max({std::min(there * 8, guessing.most), guessing.cheap, there});
      EXPECT_LE(index.memory_size(), 22 * keys + 2 * kSegmentSize);
    }
    return feed.flush(file_.view()) && feed.fit(file_.view());
  }

  // So many, of which so many newer ones are there.
  bool add(BuildFeed& feed, std::size_t newer_count, std::size_t count) const {
    std::copy_n(items_.rbegin() + static_cast<std::ptrdiff_t>(newer_count), count, feed.room());
    return feed.add(file_.view(), count);
  }
  std::size_t count() const { return items_.size(); }

 private:
  TrailerFile file_;
  std::vector<BuildItem> items_;
  std::unordered_map<std::uint64_t, std::uint64_t> newest_;
};

const IndexBuilder::Guessing kGuessings[] = {
    {},
    {.begins_at = 1, .cheap = 1, .most = ~std::uint64_t{0}},
    {.begins_at = 100, .cheap = 5'000, .most = 40'000},
    {.begins_at = ~std::uint64_t{0}},
};

void expect_exact(const Entries& entries, const KeyIndex& index, const Collector& collector) {
  ASSERT_EQ(index.count(), entries.newest().size());
  ASSERT_EQ(collector.inserted(), entries.newest());
  ASSERT_EQ(collector.present_count(), entries.count() - entries.newest().size());
  for (const auto& [hash, offset] : entries.newest()) ASSERT_EQ(index.find(entries.view(), hash), offset);
  const std::uint64_t keys = std::max<std::uint64_t>(index.count(), 10'000);
  EXPECT_LE(index.memory_size(), 22 * keys);
}

// With these workers, or alone when there are none.
void build_exactly(const Entries& entries, const IndexBuilder::Guessing& guessing, QueueCrew* crew) {
  ScriptedAllocator allocator;
  KeyIndex index(7, allocator);
  Collector collector;
  {
    BuildFeed feed(index, allocator, collector, guessing, crew);
    feed.begin(entries.end());
    ASSERT_TRUE(entries.build(index, feed, guessing, collector));
  }
  expect_exact(entries, index, collector);
  EXPECT_EQ(allocator.out_size() + sizeof index, index.memory_size());  // nothing transient is left
}

void build_with_each_guessing(std::size_t count, const std::function<std::uint64_t(std::size_t)>& key_at) {
  const Entries entries(count, key_at);
  for (IndexBuilder::Guessing guessing : kGuessings) {
    build_exactly(entries, guessing, nullptr);
    guessing.worth_sharing = 500;
    guessing.most_kept = 50;
    for (const std::size_t crew_size : {1u, 3u}) {
      QueueCrew crew(crew_size);
      build_exactly(entries, guessing, &crew);
    }
  }
}

TEST(BuildFeedTest, NoEntries) {
  build_with_each_guessing(0, [](std::size_t) { return 0u; });
}
TEST(BuildFeedTest, OneEntry) {
  build_with_each_guessing(1, [](std::size_t) { return 5u; });
}
TEST(BuildFeedTest, AllKeysDiffer) {
  for (const std::size_t count : {63u, 64u, 65u, 4'000u, 30'000u, 400'000u}) {
    build_with_each_guessing(count, [](std::size_t i) { return i; });
  }
}
TEST(BuildFeedTest, AllVersionsOfOneKey) {
  build_with_each_guessing(100'000, [](std::size_t) { return 77u; });
}
TEST(BuildFeedTest, VersionsAtRandom) {
  Random random(1);
  build_with_each_guessing(300'000, [&](std::size_t) { return random.below(100'000); });
}
TEST(BuildFeedTest, VersionsInTurn) {
  build_with_each_guessing(400'000, [](std::size_t i) { return i % 20'000; });
}
TEST(BuildFeedTest, OneKeyBesideAllOthers) {
  build_with_each_guessing(200'000, [](std::size_t i) { return i % 2 == 0 ? 0 : i; });
}

// The newest part promises a hundred times as many keys as there are.
TEST(BuildFeedTest, GuessesFarTooManyKeys) {
  build_with_each_guessing(1'200'000, [](std::size_t i) { return i % 12'000; });
}
// And here a hundredth.
TEST(BuildFeedTest, GuessesFarTooFewKeys) {
  build_with_each_guessing(400'000, [](std::size_t i) { return i < 370'000 ? i : i % 2 == 0 ? 1'000'000 + i : 7; });
  build_with_each_guessing(400'000, [](std::size_t i) { return i < 300'000 || i > 399'000 ? i : i % 2; });
}

// Stretches of new keys, of versions of many keys and of versions of few, one after the other, under any guessing and with any crew.
TEST(BuildFeedTest, StoresMadeAtRandom) {
  Random random(12);
  const auto power = [&](std::uint64_t least, std::uint64_t most) {
    return std::min(most, least << random.below(static_cast<std::uint64_t>(std::bit_width(most / least))));
  };
  std::size_t shared = 0;
  std::size_t with_growth = 0;
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE(testing::Message() << "round " << round);
    std::vector<std::uint64_t> keys;
    for (std::uint64_t stretch = random.below(5) + 1; stretch != 0; --stretch) {
      const std::uint64_t distinct = random.below(3) == 0 ? power(1, 1u << 16) : 1u << 20;
      const std::uint64_t first = random.below(400'000);
      const bool is_in_turn = random.below(2) == 0;
      for (std::uint64_t count = power(8'000, 256'000), i = 0; i < count; ++i) {
        keys.push_back(first + (is_in_turn ? i % distinct : random.below(distinct)));
      }
    }
    const Entries entries(keys.size(), [&](std::size_t i) { return keys[i]; });
    IndexBuilder::Guessing guessing{
        .begins_at = power(64, 16'384), .cheap = power(1'000, 256'000), .most = power(16'000, 1'000'000)};
    guessing.worth_sharing = power(16, 8'192);
    guessing.most_kept = power(1, 512);
    QueueCrew crew(1 + random.below(4));
    crew.set_available(random.below(3) == 0 ? random.below(4) : 4);
    build_exactly(entries, guessing, &crew);
    shared += crew.hired_count() != 0 ? 1u : 0u;
    with_growth += crew.finish_count_of(1) > 2 ? 1u : 0u;
  }
  EXPECT_GT(shared, 3u);
  EXPECT_GT(with_growth, 3u);
}

TEST(BuildFeedTest, AnIndexOfKnownSizeIsLeftAlone) {
  const Entries entries(200'000, [](std::size_t i) { return i; });
  ScriptedAllocator allocator;
  KeyIndex index(7, allocator);
  Collector collector;
  BuildFeed feed(index, allocator, collector, {}, nullptr);
  feed.begin(entries.end());
  ASSERT_TRUE(index.expect(200'000));
  const std::uint64_t before = allocator.request_count();
  ASSERT_TRUE(entries.build(index, feed, {}, collector));
  expect_exact(entries, index, collector);
  EXPECT_EQ(allocator.request_count(), before);
}

TEST(BuildFeedTest, BeginningAnewForgetsWhatWasHeldBack) {
  const Entries entries(20'000, [](std::size_t i) { return i % 15'000; });
  KeyIndex index(7);
  Collector collector;
  BuildFeed feed(index, heap_slab_allocator(), collector, {}, nullptr);
  feed.begin(entries.end());
  *feed.room() = BuildItem(1'000'000, 1, 0);
  ASSERT_TRUE(feed.add(entries.view(), 1));
  index.clear();
  feed.begin(entries.end());
  ASSERT_TRUE(entries.build(index, feed, {}, collector));
  expect_exact(entries, index, collector);
}

// The first of a crew gets nearly all of the items, and passes on what falls to the others; who finds nobody does all by itself.
TEST(BuildFeedTest, ManyWorkersBuildWhatOneBuilds) {
  constexpr std::size_t kCount = 300'000;
  const Entries entries(kCount, [](std::size_t i) { return i % 200'000 * 7; });
  IndexBuilder::Guessing guessing;
  guessing.worth_sharing = 10'000;
  constexpr std::size_t kMost = kCount / 10 * 9;
  const struct {
    std::size_t size, available;
    std::size_t least_given[BuildFeed::kMostWorkers];
  } crews[] = {{0, 9, {0, 0, 0}},
               {1, 9, {kMost, 0, 0}},
               {2, 9, {kMost, kCount / 2, 0}},
               {3, 9, {kMost, kCount / 3, kCount / 3}},
               {9, 9, {kMost, kCount / 3, kCount / 3}},
               {3, 0, {0, 0, 0}},
               {3, 1, {kMost, 0, 0}},
               {3, 2, {kMost, kCount / 2, 0}}};
  for (const auto& [size, available, least_given] : crews) {
    SCOPED_TRACE(testing::Message() << size << " workers, of whom " << available << " come");
    QueueCrew crew(size);
    crew.set_available(available);
    build_exactly(entries, guessing, &crew);
    EXPECT_EQ(crew.hired_count(), std::min({size, available, BuildFeed::kMostWorkers}));
    for (std::size_t worker = 0; worker < BuildFeed::kMostWorkers; ++worker) {
      EXPECT_GE(crew.given_to(worker), least_given[worker]) << worker;
      EXPECT_EQ(crew.given_to(worker) == 0, least_given[worker] == 0) << worker;
    }
    EXPECT_LE(crew.asked_count(), BuildFeed::kMostWorkers);
    EXPECT_EQ(crew.alive_count(), 0u);
  }
}

// While the worker has much to do, and there is nothing else that waits.
TEST(BuildFeedTest, IsHeldUpWhenTheWorkerIsBehind) {
  const Entries entries(100'000, [](std::size_t i) { return i; });
  IndexBuilder::Guessing guessing;
  guessing.worth_sharing = 1'000;
  KeyIndex index(7);
  Collector collector;
  struct Busy final : BuildCrew {
    struct Worker final : BuildWorker {
      explicit Worker(const bool& is_behind) : is_behind_(is_behind) {}
      BuildItem* room() noexcept override { return room_.data(); }
      void give(std::size_t) override {}
      bool is_behind() const noexcept override { return is_behind_; }
      bool finish() override { return true; }
      const bool& is_behind_;
      std::array<BuildItem, KeyIndex::kMostItems> room_;
    };
    std::size_t size() const noexcept override { return 1; }
    std::unique_ptr<BuildWorker> hire(BuildIntake&, ByteView) override {
      is_hired_ = true;
      return std::make_unique<Worker>(is_behind_);
    }
    bool is_behind_ = true;
    bool is_hired_ = false;
  } crew;
  BuildFeed feed(index, heap_slab_allocator(), collector, guessing, &crew);
  feed.begin(entries.end());
  std::size_t added = 0;
  const auto add_one = [&] { return entries.add(feed, added++, 1); };
  while (!crew.is_hired_) {
    ASSERT_FALSE(feed.is_held_up());
    ASSERT_TRUE(add_one());
  }
  EXPECT_TRUE(feed.is_held_up());
  crew.is_behind_ = false;
  EXPECT_FALSE(feed.is_held_up());
  crew.is_behind_ = true;
  ASSERT_TRUE(add_one());
  EXPECT_FALSE(feed.is_held_up());  // there is room for more
}

TEST(BuildFeedTest, NobodyIsCalledForFewKeys) {
  const Entries few(100'000, [](std::size_t i) { return i; });
  Random random(4);
  const Entries versions(600'000, [&](std::size_t) { return random.below(8'500); });
  for (const Entries* entries : {&few, &versions}) {
    QueueCrew crew(3);
    build_exactly(*entries, {}, &crew);
    EXPECT_EQ(crew.asked_count(), 0u);
  }
}

// However many the last of all let expect.
TEST(BuildFeedTest, NobodyIsCalledInTheEnd) {
  constexpr std::size_t kCount = KeyIndex::kMostItems - BuildFeed::kMaxBatch;
  const Entries entries(10'000, [](std::size_t i) { return i; });
  IndexBuilder::Guessing guessing{.begins_at = 1};
  guessing.worth_sharing = 1;
  for (const bool is_last : {true, false}) {
    KeyIndex index(7);
    Collector collector;
    QueueCrew crew(3);
    BuildFeed feed(index, heap_slab_allocator(), collector, guessing, &crew);
    feed.begin(entries.end());
    for (std::size_t i = 0; i < kCount; ++i) ASSERT_TRUE(entries.add(feed, i, 1));
    if (!is_last) {
      ASSERT_TRUE(entries.add(feed, kCount, 1));
    }
    ASSERT_TRUE(feed.flush(entries.view()));
    EXPECT_EQ(crew.asked_count(), is_last ? 0u : 1u);
    EXPECT_EQ(index.count(), is_last ? kCount : kCount + 1);
  }
}

// Growth waits until much is kept, and then all stop: so seldom, and yet not only in the end.
TEST(BuildFeedTest, WorkersStopForGrowthNowAndThen) {
  const Entries entries(400'000, [](std::size_t i) { return i < 390'000 ? i : i % 2 == 0 ? 1'000'000 + i : 7; });
  IndexBuilder::Guessing guessing{.cheap = 100'000, .most = 100'000};
  guessing.worth_sharing = 1'000;
  QueueCrew crew(2);
  build_exactly(entries, guessing, &crew);
  EXPECT_EQ(crew.finish_count_of(0), 1u);  // who has the index alone but for the second, grows it
  EXPECT_GT(crew.finish_count_of(1), 3u);
  EXPECT_LT(crew.finish_count_of(1), 60u);
}

// Guessing again does not wait until growth makes all stop.
TEST(BuildFeedTest, WorkersStopForTheNextGuess) {
  const Entries entries(100'000, [](std::size_t i) { return i; });
  IndexBuilder::Guessing guessing{.begins_at = 2'000, .cheap = 50'000};
  guessing.worth_sharing = 1'000;
  guessing.most_kept = ~std::size_t{0};
  QueueCrew crew(3);
  build_exactly(entries, guessing, &crew);
  for (const std::size_t worker : {1u, 2u}) EXPECT_EQ(crew.finish_count_of(worker), 2u) << worker;  // and in the end
}

// None of what they were given, of what waits to be given, and of what is kept for growth.
TEST(BuildFeedTest, BeginningAnewWhileWorkersAreBusyForgetsWhatTheyHave) {
  const Entries entries(100'000, [](std::size_t i) { return i; });
  const Entries others(100'000, [](std::size_t i) { return 1'000'000 + i; });
  IndexBuilder::Guessing guessing{.begins_at = 20'000, .cheap = 50'000, .most = 50'000};
  guessing.worth_sharing = 1'000;
  guessing.most_kept = 100'000;
  for (const std::size_t count : {std::size_t{40'003}, std::size_t{70'003}, std::size_t{99'990}}) {
    KeyIndex index(7);
    QueueCrew crew(3);
    auto collector = std::make_unique<Collector>();
    struct Changing final : BuildLane::Sink {
      explicit Changing(std::unique_ptr<Collector>& to) : to_(to) {}
      void on_added(std::size_t lane, const BuildItem* items, std::size_t item_count,
                    const KeyIndex::LeftOut& but) override {
        to_->on_added(lane, items, item_count, but);
      }
      std::unique_ptr<Collector>& to_;
    } sink(collector);
    BuildFeed feed(index, heap_slab_allocator(), sink, guessing, &crew);
    feed.begin(others.end());
    for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(others.add(feed, i, 1));
    EXPECT_GT(crew.given_to(2), 0u);
    EXPECT_EQ(crew.alive_count(), 3u);

    feed.begin(entries.end());
    EXPECT_EQ(crew.alive_count(), 0u);
    index.clear();
    collector = std::make_unique<Collector>();
    ASSERT_TRUE(entries.build(index, feed, guessing, *collector));
    expect_exact(entries, index, *collector);
  }
}

TEST(BuildFeedTest, AWorkersLackOfMemoryIsTheBuilders) {
  const Entries entries(100'000, [](std::size_t i) { return i; });
  IndexBuilder::Guessing guessing;
  guessing.worth_sharing = 1'000;
  for (const std::size_t failing_at : {1u, 30'000u, 90'000u}) {  // the last: of the first one alone
    KeyIndex index(7);
    Collector collector;
    QueueCrew crew(3);
    crew.fail_at(failing_at);
    BuildFeed feed(index, heap_slab_allocator(), collector, guessing, &crew);
    feed.begin(entries.end());
    EXPECT_FALSE(entries.build(index, feed, guessing, collector));
    EXPECT_GE(crew.given_to(0), failing_at);
  }
}

// Fails for lack of memory, or manages without it; nothing in between, and nothing is lost.
void build_without_memory_at_each_allocation(const Entries& entries, const IndexBuilder::Guessing& guessing,
                                             std::size_t worker_count) {
  for (const std::uint64_t failing_count : {std::uint64_t{1}, ~std::uint64_t{0}}) {
    std::uint64_t failures = 0;
    for (std::uint64_t first = 0;; ++first) {
      ScriptedAllocator allocator;
      allocator.fail(first, failing_count);
      {
        KeyIndex index(7, allocator);
        Collector collector;
        QueueCrew crew(worker_count);
        BuildFeed feed(index, allocator, collector, guessing, &crew);
        feed.begin(entries.end());
        if (entries.build(index, feed, guessing, collector)) {
          ASSERT_EQ(index.count(), entries.newest().size());
          ASSERT_EQ(collector.inserted(), entries.newest());
        } else {
          ++failures;
        }
        ASSERT_EQ(allocator.out_size() + sizeof index, index.memory_size());
      }
      ASSERT_EQ(allocator.out_size(), 0u);
      if (allocator.request_count() <= first) break;
    }
    EXPECT_GT(failures, 0u);
  }
}

TEST(BuildFeedTest, WithoutMemoryAtEachAllocation) {
  const Entries rising(60'000, [](std::size_t i) { return i; });
  const Entries shrinking(60'000, [](std::size_t i) { return i % 8'000; });
  for (const Entries* entries : {&rising, &shrinking}) {
    for (IndexBuilder::Guessing guessing : kGuessings) {
      guessing.worth_sharing = 500;
      guessing.most_kept = 50;
      for (const std::size_t worker_count : {0u, 1u, 3u}) {
        build_without_memory_at_each_allocation(*entries, guessing, worker_count);
      }
    }
  }
}

}  // namespace
}  // namespace simdr::core
