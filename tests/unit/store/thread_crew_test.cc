// The threads that build an index: all is as one builds it, whoever is the slower, and they are gone afterwards.
#include "store/thread_crew.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <new>
#include <thread>
#include <unordered_map>
#include <vector>

#include "../index/trailer_file.h"
#include "index/build_feed.h"
#include "recovery/scanner.h"
#include "store/image_builder.h"
#include "store_fixture.h"

namespace simdr::core {
namespace {

// Of this process. ThreadSanitizer adds one of its own when the first is made.
std::size_t thread_count() {
  namespace fs = std::filesystem;
  std::thread([] {}).join();
  // A thread that was joined may be listed for a moment more: the fewest of many looks.
  std::size_t fewest = ~std::size_t{0};
  for (int look = 0; look < 50; ++look) {
    const auto count = std::distance(fs::directory_iterator("/proc/self/task"), {});
    fewest = std::min(fewest, static_cast<std::size_t>(count));
    std::this_thread::yield();
  }
  return fewest;
}

// Keeps what each lane inserted apart, as the threads do not wait for each other. Those of one kind dawdle.
class LaneSink final : public BuildLane::Sink {
 public:
  enum class Slow : std::uint8_t { kNobody, kBuilder, kWorkers };
  explicit LaneSink(Slow slow) : slow_(slow) {}

  void on_added(std::size_t lane, const BuildItem* items, std::size_t count, const KeyIndex::LeftOut& but) override {
    for (std::size_t i = 0; i < count; ++i) {
      if (!but.present.has(i) && !but.full.has(i)) inserted_[lane].push_back(items[i]);
    }
    if (slow_ == (lane == 0 ? Slow::kBuilder : Slow::kWorkers)) {
      for (int i = 0; i < 100'000; ++i) waste_[lane].store(i, std::memory_order_relaxed);
    }
  }
  const std::vector<BuildItem>& of_lane(std::size_t lane) const { return inserted_[lane]; }

 private:
  const Slow slow_;
  std::array<std::vector<BuildItem>, BuildTeam::kMostLanes> inserted_;
  std::array<std::atomic<int>, BuildTeam::kMostLanes> waste_{};
};

TEST(ThreadCrewTest, ThreadsBuildWhatOneBuilds) {
  constexpr std::size_t kCount = 200'000;
  Random random(6);
  TrailerFile file(kCount);
  std::vector<BuildItem> items;
  std::unordered_map<std::uint64_t, std::uint64_t> newest;
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::uint64_t hash = random.below(150'000);
    items.emplace_back(hash, file.append(hash), std::uint16_t{0});
    newest[hash] = items.back().trailer_offset();
  }
  // With room for all, and with growth on the way.
  const IndexBuilder::Guessing guessings[] = {
      {.begins_at = 2'000, .worth_sharing = 1'000},
      {.begins_at = 2'000, .cheap = 20'000, .most = 20'000, .worth_sharing = 1'000, .most_kept = 300}};
  const std::size_t threads_before = thread_count();
  for (const auto& guessing : guessings) {
    for (std::size_t size = 1; size <= BuildFeed::kMostWorkers; ++size) {
      for (const auto slow : {LaneSink::Slow::kNobody, LaneSink::Slow::kBuilder, LaneSink::Slow::kWorkers}) {
        KeyIndex index(5);
        LaneSink sink(slow);
        {
          ThreadCrew crew(size);
          BuildFeed feed(index, heap_slab_allocator(), sink, guessing, &crew);
          feed.begin(file.end());
          for (std::size_t left = kCount; left != 0; --left) {
            *feed.room() = items[left - 1];
            ASSERT_TRUE(feed.add(file.view(), 1));
          }
          ASSERT_TRUE(feed.flush(file.view()));
          EXPECT_EQ(thread_count(), threads_before + size);
          ASSERT_TRUE(feed.fit(file.view()));
        }
        EXPECT_EQ(thread_count(), threads_before);
        ASSERT_EQ(index.count(), newest.size());
        for (const auto& [hash, offset] : newest) ASSERT_EQ(index.find(file.view(), hash), offset);
        std::size_t inserted_count = 0;
        for (std::size_t lane = 0; lane < BuildTeam::kMostLanes; ++lane) {
          EXPECT_EQ(sink.of_lane(lane).empty(), lane >= size) << lane;
          inserted_count += sink.of_lane(lane).size();
          for (const BuildItem& item : sink.of_lane(lane)) ASSERT_EQ(newest.at(item.key_hash), item.trailer_offset());
        }
        EXPECT_EQ(inserted_count, newest.size());
      }
    }
  }
}

// Busy when it is given up: what they have is not waited for by anybody but the destructor.
TEST(ThreadCrewTest, EndsWithWorkOutstanding) {
  constexpr std::size_t kCount = 60'000;
  TrailerFile file(kCount);
  std::vector<BuildItem> items;
  for (std::size_t i = 0; i < kCount; ++i) items.emplace_back(i, file.append(i), std::uint16_t{0});
  const std::size_t threads_before = thread_count();
  for (int round = 0; round < 20; ++round) {
    KeyIndex index(5);
    LaneSink sink(LaneSink::Slow::kNobody);
    ThreadCrew crew(3);
    BuildFeed feed(index, heap_slab_allocator(), sink, {.begins_at = 2'000, .worth_sharing = 1'000}, &crew);
    feed.begin(file.end());
    for (std::size_t left = kCount; left != kCount / 20 * static_cast<std::size_t>(round); --left) {
      *feed.room() = items[left - 1];
      ASSERT_TRUE(feed.add(file.view(), 1));
    }
    feed.begin(file.end());
    EXPECT_EQ(thread_count(), threads_before);
  }
}

// What a thread cannot have, the builder says; the others go on to the end of what they have.
TEST(ThreadCrewTest, LackOfMemoryInAThreadIsTheBuilders) {
  constexpr std::size_t kCount = 60'000;
  TrailerFile file(kCount);
  std::vector<BuildItem> items;
  for (std::size_t i = 0; i < kCount; ++i) items.emplace_back(i, file.append(i), std::uint16_t{0});
  for (const std::size_t failing_lane : {0u, 2u}) {
    struct Full final : BuildLane::Sink {
      explicit Full(std::size_t lane) : failing_lane(lane) {}
      void on_added(std::size_t lane, const BuildItem* some, std::size_t count, const KeyIndex::LeftOut&) override {
        if (lane == failing_lane && count != 0 && some[count - 1].trailer_offset() < 100'000) throw std::bad_alloc();
      }
      const std::size_t failing_lane;
    } full(failing_lane);
    KeyIndex index(5);
    ThreadCrew crew(3);
    BuildFeed feed(index, heap_slab_allocator(), full, {.begins_at = 2'000, .worth_sharing = 1'000}, &crew);
    feed.begin(file.end());
    bool has_memory = true;
    for (std::size_t left = kCount; left != 0 && has_memory; --left) {
      *feed.room() = items[left - 1];
      has_memory = feed.add(file.view(), 1);
    }
    EXPECT_FALSE(has_memory && feed.flush(file.view())) << failing_lane;
  }
}

using ThreadCrewStoreTest = StoreTest;

// The figures that a build sums up, of a store with replaced values and deleted keys that is large enough for threads to be called.
TEST_F(ThreadCrewStoreTest, OpensALargeStoreAsItWas) {
  constexpr std::uint64_t kKeys = 400'000;
  const auto key = [](std::uint64_t i) { return i * 0x9E3779B97F4A7C15u; };
  const auto value = [](std::uint64_t i) { return std::string(1 + i % 90, static_cast<char>('a' + i % 26)); };
  Model model;
  open();
  for (std::uint64_t i = 1; i <= kKeys; ++i) {
    ASSERT_TRUE(store_->put(key(i), view_of(model[key(i)] = value(i)), Durability::kNone));
    if (i % 5 == 0) {
      ASSERT_TRUE(store_->put(key(i / 5), view_of(model[key(i / 5)] = value(i + 1)), Durability::kNone));
    }
    if (i % 9 == 0) {
      ASSERT_TRUE(store_->remove(key(i), Durability::kNone));
      model.erase(key(i));
    }
  }
  const Stats before = *store_->stats();
  close();
  const std::size_t threads_before = thread_count();
  open(read_only());
  EXPECT_EQ(thread_count(), threads_before);
  const Stats after = *store_->stats();
  EXPECT_EQ(after.live_count, before.live_count);
  EXPECT_EQ(after.live_size, before.live_size);
  EXPECT_EQ(after.dead_size, before.dead_size);
  EXPECT_EQ(after.entry_count, before.entry_count);
  EXPECT_EQ(after.tombstone_count, before.tombstone_count);
  expect_is(model);
}

// The newest entries are large, so that only half as many keys are expected as there are: segments fill up while others insert, and the keys that wait for
// room are replaced and deleted ones, too.
TEST_F(ThreadCrewStoreTest, AnyCrewMakesTheSameImage) {
  constexpr std::uint64_t kKeys = 600'000;
  const auto key = [](std::uint64_t i) { return i * 0x9E3779B97F4A7C15u; };
  const std::string small = "8 bytes.";
  const std::string middling(150, 'm');
  const std::string large(100'000, 'l');  // more than a note can say
  std::uint64_t live_count = 0;
  Sums expected{.entry_count = 20 + kKeys + kKeys / 4, .tombstone_count = kKeys / 5};
  const auto is_gone = [](std::uint64_t i) { return i % 5 == 0 && i % 10 != 0; };  // the others come back
  open();
  for (std::uint64_t i = 0; i < 20; ++i) ASSERT_TRUE(store_->put(key(i), view_of(large), Durability::kNone));
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    const std::string& last = i >= kKeys - 10'000 ? middling : small;
    if (i % 4 == 0) {
      ASSERT_TRUE(store_->put(key(i), view_of(middling), Durability::kNone));
    }
    ASSERT_TRUE(store_->put(key(i), view_of(last), Durability::kNone));
    if (i % 5 == 0) {
      ASSERT_TRUE(store_->remove(key(i), Durability::kNone));
      ++expected.entry_count;
    }
    if (is_gone(i)) continue;
    if (i % 5 == 0) {
      ASSERT_TRUE(store_->put(key(i), view_of(last), Durability::kNone));
      ++expected.entry_count;
    }
    expected.live_size += last.size() + kTrailerSize;
    expected.live_packed_size += align_up(last.size() + kTrailerSize, kPayloadAlignment);
    ++live_count;
  }
  close();

  for (std::size_t size = 0; size <= BuildFeed::kMostWorkers; ++size) {
    SCOPED_TRACE(testing::Message() << size << " threads");
    auto file = system_file_system().open(path_, OpenMode::kReadOnly, 0);
    ASSERT_TRUE(file);
    const std::uint64_t file_size = (*file)->info()->size;
    auto image = FileImage::map(*std::move(file), file_size, file_size);
    ASSERT_TRUE(image);
    ThreadCrew crew(size);
    ImageBuilder builder(**image, file_size, crew);
    const ByteView bytes = (*image)->mapped()->bytes().first(static_cast<std::size_t>(file_size));
    ASSERT_TRUE(scan(bytes, {}, &builder));
    ASSERT_TRUE(builder.finish());
    const Sums sums = (*image)->tally.sums();
    EXPECT_EQ(sums.entry_count, expected.entry_count);
    EXPECT_EQ(sums.tombstone_count, expected.tombstone_count);
    EXPECT_EQ(sums.live_size, expected.live_size);
    EXPECT_EQ(sums.live_packed_size, expected.live_packed_size);
    ASSERT_EQ((*image)->live_count(), live_count);
    for (std::uint64_t i = 0; i < kKeys; ++i) {
      EntryRecord record;
      MappedFile* mapped;
      const Status status = (*image)->find(key(i), &record, &mapped);
      ASSERT_EQ(status, is_gone(i) ? Status::kNotFound : Status::kOk) << i;
      if (is_gone(i)) continue;
      ASSERT_EQ(record.payload_size(), i >= kKeys - 10'000 ? middling.size() : small.size()) << i;
    }
  }
}

}  // namespace
}  // namespace simdr::core
