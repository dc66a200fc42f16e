// The store room against a model, and what only a look behind the C ABI can show.
#include <atomic>
#include <cstring>
#include <filesystem>
#include <random>
#include <thread>
#include <vector>

#include "store/for_each.h"
#include "store/maintenance.h"
#include "store_fixture.h"

namespace simdr::core {
namespace {

TEST_F(StoreTest, AgreesWithAModelThroughRandomHistoriesReopensAndCompactions) {
  for (unsigned seed = 0; seed < 12; ++seed) {
    std::filesystem::remove(path_);
    OpenSettings settings;
    settings.append.max_window_size = kMinWindowSize;
    settings.direct_writes = seed % 4 == 3;
    open(settings);
    std::mt19937_64 random(seed);
    Model model;
    const auto key = [&] { return 1 + random() % 40; };
    const auto value = [&] {
      std::string made(1 + random() % (random() % 20 == 0 ? 300'000 : 300), static_cast<char>('a' + random() % 26));
      return made;
    };
    for (int step = 0; step < 400; ++step) {
      const std::uint64_t k = key();
      switch (random() % 12) {
        case 0: {
          const auto removed = store_->remove(k, Durability::kDefault);
          EXPECT_EQ(static_cast<bool>(removed), model.erase(k) == 1);
          break;
        }
        case 1: {
          std::vector<std::string> values;
          std::vector<std::uint64_t> keys;
          for (int i = 0; i < 10; ++i) keys.push_back(key()), values.push_back(value());
          std::vector<WriteOp> ops;
          for (std::size_t i = 0; i < keys.size(); ++i) ops.push_back({keys[i], view_of(values[i])});
          ASSERT_TRUE(store_->put_many(ops, Durability::kDefault));
          for (std::size_t i = 0; i < keys.size(); ++i) model[keys[i]] = values[i];
          break;
        }
        case 2: {
          const std::uint64_t other = key();
          const auto renamed = store_->rename(k, other, Durability::kDefault);
          if (k != other && model.count(k) != 0) {
            ASSERT_TRUE(renamed) << renamed.error().message;
            model[other] = model[k];
            model.erase(k);
          } else {
            EXPECT_FALSE(renamed);
          }
          break;
        }
        case 3: {
          const std::uint64_t keys[] = {k, key(), k, key()};
          std::size_t removed = 0;
          ASSERT_TRUE(store_->remove_many(keys, Durability::kDefault, &removed));
          std::size_t expected = 0;
          for (const std::uint64_t each : keys) expected += model.erase(each);
          EXPECT_EQ(removed, expected);
          break;
        }
        case 4: {
          if (random() % 4 == 0) {
            ASSERT_TRUE(store_->compact({}));
            EXPECT_EQ(store_->compaction_savings(), 0u);
          }
          break;
        }
        case 5: {
          if (random() % 4 == 0) {
            close();
            EXPECT_EQ(std::filesystem::exists(path_), true);
            open(settings);
          }
          break;
        }
        case 6: {
          const std::string made = value();
          const auto put = store_->put_if_absent(k, view_of(made), Durability::kDefault);
          EXPECT_EQ(static_cast<bool>(put), model.emplace(k, made).second);
          break;
        }
        default: {
          const std::string made = value();
          const auto tail = store_->put(k, view_of(made), Durability::kDefault);
          ASSERT_TRUE(tail) << tail.error().message;
          EXPECT_EQ(*tail, store_->tail());
          model[k] = made;
        }
      }
    }
    expect_is(model);
    close();
    EXPECT_EQ(std::filesystem::file_size(path_), [&] {
      open(read_only());
      return store_->tail();
    }());
    EXPECT_TRUE(store_->recovered_from().empty());
    expect_is(model);
    VerifyReport report;
    EXPECT_TRUE(verify_store(*store_, {}, {}, &report));
    store_.reset();
  }
}

// What opening counts is what the writer counted: of many versions, of values at and beyond what the build of the index
// keeps of a size, and of deleted keys.
TEST_F(StoreTest, CountsTheSameWhenItIsOpenedAnew) {
  open();
  std::mt19937_64 random(5);
  for (int step = 0; step < 30'000; ++step) {
    const std::uint64_t key = 1 + random() % 9'000;
    if (random() % 10 == 0) {
      (void)store_->remove(key, Durability::kDefault);
      continue;
    }
    const std::size_t size = random() % 500 != 0 ? 1 + random() % 40 : 65'530 + random() % 12;
    const std::string value(size, 'v');
    ASSERT_TRUE(store_->put(key, view_of(value), Durability::kDefault));
  }
  const auto before = store_->stats();
  const std::uint64_t savings = store_->compaction_savings();
  ASSERT_TRUE(before);
  EXPECT_GT(before->tombstone_count, 100u);
  EXPECT_GT(before->live_count, 5'000u);
  for (const OpenSettings& settings : {read_only(), OpenSettings{}}) {
    close();
    open(settings);
    const auto after = store_->stats();
    ASSERT_TRUE(after);
    EXPECT_EQ(after->live_count, before->live_count);
    EXPECT_EQ(after->live_size, before->live_size);
    EXPECT_EQ(after->dead_size, before->dead_size);
    EXPECT_EQ(after->entry_count, before->entry_count);
    EXPECT_EQ(after->tombstone_count, before->tombstone_count);
    EXPECT_EQ(store_->compaction_savings(), savings);
  }
}

TEST_F(StoreTest, GoesOnFromItsGuardWhenItWasNeverClosed) {
  open();
  Model model;
  for (std::uint64_t i = 1; i < 2000; ++i) {
    model[i] = std::string(1 + i % 200, static_cast<char>('a' + i % 26));
    ASSERT_TRUE(store_->put(i, view_of(model[i]), Durability::kDefault));
  }
  store_.reset();  // without close: as if killed
  EXPECT_GT(std::filesystem::file_size(path_), 2000u * 64);
  open();
  EXPECT_TRUE(store_->recovered_from().empty());
  expect_is(model);
  model[5] = "again";
  ASSERT_TRUE(store_->put(5, view_of(model[5]), Durability::kDefault));
  close();
  open();
  expect_is(model);
}

TEST_F(StoreTest, LetsReadersInBesideTheWriterAndShowsThemWhatWasCommitted) {
  open();
  ASSERT_TRUE(store_->put(1, view_of("one"), Durability::kDefault));
  auto reader = Store::open(system_file_system(), path_, read_only());
  ASSERT_TRUE(reader) << reader.error().message;
  ASSERT_TRUE(store_->put(2, view_of("two"), Durability::kDefault));
  EXPECT_EQ(contents(**reader), (Model{{1, "one"}}));
  close();
  EXPECT_EQ(contents(**reader), (Model{{1, "one"}}));
}

TEST_F(StoreTest, IteratesASnapshotThatWritesRemovesAndCompactionDoNotDisturb) {
  open();
  Model model;
  for (std::uint64_t i = 1; i <= 500; ++i) {
    model[i] = "v" + std::to_string(i);
    ASSERT_TRUE(store_->put(i, view_of(model[i]), Durability::kDefault));
  }
  ASSERT_TRUE(store_->put(7, view_of("seven"), Durability::kDefault));  // something is dead: the index must be asked
  model[7] = "seven";
  Iterator iterator(*store_, {});
  Model found;
  Error error;
  Found one;
  std::size_t count = 0;
  std::uint64_t step = 0;
  while (iterator.next(&one, 1, &count, &error) == Status::kOk) {
    EXPECT_TRUE(found.emplace(one.record.key_hash, text_of(one.payload())).second);
    ++step;
    const std::uint64_t victim = 1 + step * 7 % 500;
    if (step % 3 == 0) {
      ASSERT_TRUE(store_->put(victim, view_of("new"), Durability::kDefault));
      ASSERT_TRUE(store_->put(victim, view_of("newer"), Durability::kDefault));
    }
    if (step % 3 == 1) (void)store_->remove(victim, Durability::kDefault);
    if (step == 250) {
      ASSERT_TRUE(store_->compact({}));
    }
    ASSERT_TRUE(store_->put(10'000 + step, view_of("late"), Durability::kDefault));
  }
  EXPECT_EQ(found, model);
}

class LastEntryTest : public StoreTest {
 protected:
  std::optional<std::string> last_entry() const {
    Error error;
    Entry* entry = nullptr;
    if (store_->last_entry(&entry, &error) != Status::kOk) return std::nullopt;
    const std::string value = text_of(entry->payload());
    entry->drop_ref();
    return value;
  }

  // What a reader finds that comes when the index has moved and the tail is still at `tail`, as every write leaves them for a moment.
  std::optional<std::string> last_entry_within_write(std::uint64_t tail) {
    const std::shared_ptr<FileImage> image = store_->shared_image();
    const std::uint64_t tail_after = image->tail;
    std::optional<std::string> found;
    std::atomic<bool> is_done{false};
    std::thread reader;
    {
      const ReadSection of_the_writer;
      image->tail = tail;
      reader = std::thread([&] {
        found = last_entry();
        is_done = true;
      });
      while (!image->snapshots.active() && !is_done) std::this_thread::yield();
      image->tail = tail_after;
    }
    reader.join();
    return found;
  }
};

TEST_F(LastEntryTest, IsThereWhileTheOnlyKeyIsReplaced) {
  open();
  ASSERT_TRUE(store_->put(1, view_of("old"), Durability::kDefault));
  const std::uint64_t tail = store_->tail();
  ASSERT_TRUE(store_->put(1, view_of("new"), Durability::kDefault));
  EXPECT_EQ(last_entry_within_write(tail), "new");
}

TEST_F(LastEntryTest, IsNeverOneThatWasNotTheLast) {
  open();
  ASSERT_TRUE(store_->put(1, view_of("one"), Durability::kDefault));
  ASSERT_TRUE(store_->put(2, view_of("old"), Durability::kDefault));
  const std::uint64_t tail = store_->tail();
  ASSERT_TRUE(store_->rename(2, 3, Durability::kDefault));
  EXPECT_EQ(last_entry_within_write(tail), "old");
}

TEST_F(LastEntryTest, LiesBelowAnyNumberOfDeadOnes) {
  open();
  EXPECT_EQ(last_entry(), std::nullopt);
  ASSERT_TRUE(store_->put(1, view_of("one"), Durability::kDefault));
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(store_->put(2, view_of("two"), Durability::kDefault));
    EXPECT_EQ(last_entry(), "two");
    ASSERT_TRUE(store_->remove(2, Durability::kDefault));
    EXPECT_EQ(last_entry(), "one");
  }
  ASSERT_TRUE(store_->remove(1, Durability::kDefault));
  EXPECT_EQ(last_entry(), std::nullopt);
}

TEST_F(StoreTest, ShowsEveryVersionOfAKeyNewestFirst) {
  open();
  for (const char* value : {"a", "b", "c"}) {
    ASSERT_TRUE(store_->put(9, view_of(value), Durability::kDefault));
    ASSERT_TRUE(store_->put(8, view_of("other"), Durability::kDefault));
  }
  ASSERT_TRUE(store_->remove(9, Durability::kDefault));
  Iterator::Options options;
  options.only_key_hash = 9;
  Iterator iterator(*store_, options);
  std::string seen;
  Error error;
  Found one;
  std::size_t count = 0;
  while (iterator.next(&one, 1, &count, &error) == Status::kOk) seen += text_of(one.payload());
  EXPECT_EQ(seen, "cba");
}

TEST_F(StoreTest, KeepsEntriesReadableAfterCompactionAndClose) {
  open();
  ASSERT_TRUE(store_->put(1, view_of("kept"), Durability::kDefault));
  Entry* entry = nullptr;
  Error error;
  ASSERT_EQ(store_->get(1, &entry, &error), Status::kOk);
  ASSERT_TRUE(store_->put(1, view_of("newer"), Durability::kDefault));
  ASSERT_TRUE(store_->compact({}));
  EXPECT_EQ(store_->put_if_entry(*entry, view_of("x"), Durability::kDefault).error().status, Status::kChanged);
  close();
  std::filesystem::remove(path_);
  EXPECT_EQ(text_of(entry->payload()), "kept");
  EXPECT_TRUE(entry->checksum_matches());
  std::thread([entry] { entry->drop_ref(); }).join();
}

// The index and the sums of a compacted store are made from what was copied; a store that is opened makes them from the file.
TEST_F(StoreTest, IsAfterCompactionAsItIsAfterReopening) {
  open();
  Model model;
  std::mt19937 random(11);
  for (int round = 0; round < 3; ++round) {
    std::vector<std::string> values;
    std::vector<WriteOp> ops;
    for (std::uint64_t i = 0; i < 9'000; ++i) values.emplace_back(1 + random() % (i % 500 == 7 ? 60'000 : 300), 'a');
    for (std::uint64_t i = 0; i < values.size(); ++i) {
      const std::uint64_t key = 1 + random() % 12'000;
      ops.push_back({key, view_of(values[i])});
      model[key] = values[i];
    }
    ASSERT_TRUE(store_->put_many(ops, Durability::kDefault));
    std::vector<std::uint64_t> gone;
    for (std::uint64_t key = 1 + static_cast<std::uint64_t>(round); key < 12'000; key += 5) gone.push_back(key);
    for (const std::uint64_t key : gone) model.erase(key);
    std::size_t removed = 0;
    ASSERT_TRUE(store_->remove_many(gone, Durability::kDefault, &removed));
    ASSERT_TRUE(store_->compact({}));
    expect_is(model);
    EXPECT_EQ(store_->compaction_savings(), 0u);
    const auto before = store_->stats();
    close();
    open();
    expect_is(model);
    const auto after = store_->stats();
    ASSERT_TRUE(before && after);
    EXPECT_EQ(before->live_count, after->live_count);
    EXPECT_EQ(before->live_size, after->live_size);
    EXPECT_EQ(before->dead_size, after->dead_size);
    EXPECT_EQ(before->entry_count, after->entry_count);
    EXPECT_EQ(before->tombstone_count, after->tombstone_count);
    EXPECT_EQ(before->tail, after->tail);
  }
  // Of nothing at all.
  std::vector<std::uint64_t> all;
  for (const auto& [key, value] : model) all.push_back(key);
  std::size_t removed = 0;
  ASSERT_TRUE(store_->remove_many(all, Durability::kDefault, &removed));
  ASSERT_TRUE(store_->compact({}));
  expect_is({});
  ASSERT_TRUE(store_->put(5, view_of("first"), Durability::kDefault));
  expect_is({{5, "first"}});
}

TEST_F(StoreTest, OutgrowsItsReservationWithoutMovingWhatWasHandedOut) {
  OpenSettings settings;
  settings.reserve_size = 1;  // one page
  open(settings);
  Model model;
  std::vector<Entry*> entries;
  for (std::uint64_t i = 1; i <= 300; ++i) {
    model[i] = std::string(1000, static_cast<char>('a' + i % 26));
    ASSERT_TRUE(store_->put(i, view_of(model[i]), Durability::kDefault));
    Entry* entry = nullptr;
    Error error;
    ASSERT_EQ(store_->get(i, &entry, &error), Status::kOk);
    entries.push_back(entry);
  }
  expect_is(model);
  for (Entry* entry : entries) {
    EXPECT_EQ(text_of(entry->payload()), model[entry->record().key_hash]);
    entry->drop_ref();
  }
}

TEST_F(StoreTest, RefusesASecondWriterUntilTheFirstIsGone) {
  open();
  const auto second = Store::open(system_file_system(), path_, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().status, Status::kLocked);
  ASSERT_TRUE(store_->put(1, view_of("x"), Durability::kDefault));
  const auto third = Store::open(system_file_system(), path_, {});
  ASSERT_FALSE(third);
  EXPECT_NE(std::string(third.error().message).find(std::to_string(::getpid())), std::string::npos);
  std::thread closer([this] { close(); });
  OpenSettings patient;
  patient.lock_timeout_ms = kWaitForEver;
  const auto fourth = Store::open(system_file_system(), path_, patient);
  closer.join();
  EXPECT_TRUE(fourth);
}

TEST_F(StoreTest, DurableWritesMoveTheMarkAndStrictOnesToo) {
  for (const Durability durability : {Durability::kCommit, Durability::kStrict}) {
    std::filesystem::remove(path_);
    OpenSettings settings;
    settings.durability = durability;
    open(settings);
    for (std::uint64_t i = 1; i < 20; ++i) {
      const auto tail = store_->put(i, view_of("value"), Durability::kDefault);
      ASSERT_TRUE(tail);
      EXPECT_GE(store_->stats()->durable_tail, *tail);
    }
    close();
    open();
    EXPECT_EQ(store_->count(), 19u);
    store_.reset();
  }
}

TEST_F(StoreTest, SharesSyncsAmongThreads) {
  open();
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 8; ++t) {
    threads.emplace_back([this, t] {
      for (std::uint64_t i = 0; i < 50; ++i) {
        const auto durability = i % 2 == 0 ? Durability::kCommit : Durability::kStrict;
        ASSERT_TRUE(store_->put(1 + t * 1000 + i, view_of("v"), durability));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store_->count(), 400u);
  close();
  open();
  EXPECT_EQ(store_->count(), 400u);
}

TEST_F(StoreTest, VisitsEveryLiveEntryOnceOnSeveralThreads) {
  open();
  for (std::uint64_t i = 1; i <= 5000; ++i) ASSERT_TRUE(store_->put(i, view_of("abc"), Durability::kDefault));
  for (std::uint64_t i = 1; i <= 1000; ++i) ASSERT_TRUE(store_->put(i, view_of("new"), Durability::kDefault));
  for (const unsigned threads : {1u, 2u, 5u}) {
    std::vector<std::atomic<int>> seen(5001);
    int result = 0;
    Error error;
    ASSERT_EQ(for_each_live(
                  *store_, threads, true, [&](const Found& found) { return ++seen[found.record.key_hash], 0; }, &result,
                  &error),
              Status::kOk);
    for (std::uint64_t i = 1; i <= 5000; ++i) EXPECT_EQ(seen[i], 1);
    EXPECT_EQ(for_each_live(
                  *store_, threads, false, [](const Found&) { return 42; }, &result, &error),
              Status::kStopped);
    EXPECT_EQ(result, 42);
  }
}

// A first value whose checksum is 0, under the key hash 0: its trailer is nothing but zeros.
TEST_F(StoreTest, AnEntryWhoseTrailerIsAllZerosIsThereAfterReopening) {
  const std::string value = "\x9d\x0a\xd9\x6d";
  open();
  ASSERT_TRUE(store_->put(0, view_of(value), Durability::kNone));
  close();
  open();
  expect_is({{0, value}});
  ASSERT_TRUE(store_->put(7, view_of("more"), Durability::kNone));
  close();
  open();
  expect_is({{0, value}, {7, "more"}});
}

}  // namespace
}  // namespace simdr::core
