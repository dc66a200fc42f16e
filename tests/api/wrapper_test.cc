// simdr.hpp against the real library: that its types own, move, count and throw as they say. What the calls themselves do
// is tested through C.
#include "simdr.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <stdexcept>
#include <thread>

#include "temp_dir.hpp"

namespace {

static_assert(std::movable<simdr::Store> && !std::copyable<simdr::Store>);
static_assert(std::movable<simdr::Stream> && !std::copyable<simdr::Stream>);
static_assert(std::movable<simdr::Reservation> && !std::copyable<simdr::Reservation>);
static_assert(std::movable<simdr::Iterator> && !std::copyable<simdr::Iterator>);
static_assert(std::copyable<simdr::Entry> && std::copyable<simdr::View>);
static_assert(std::is_nothrow_copy_constructible_v<simdr::Entry> && std::is_nothrow_copy_constructible_v<simdr::Error>);
static_assert(std::ranges::input_range<simdr::EntryRange> && std::ranges::view<simdr::EntryRange>);
static_assert(std::ranges::input_range<simdr::ViewRange> && std::ranges::view<simdr::ViewRange>);
// clang before 16 cannot make anything of the adaptors in libstdc++'s <ranges>.
#if !defined(__clang__) || __clang_major__ >= 16
#define SIMDR_TEST_HAS_RANGE_ADAPTORS 1
#endif

#if defined(SIMDR_TEST_HAS_RANGE_ADAPTORS)
// A range of temporary strings would leave dangling keys behind.
template <typename Range>
concept CanRemove = requires(simdr::Store& store, Range range) { store.remove_many(range); };
using Temporaries = decltype(std::views::iota(0, 3) | std::views::transform([](int i) { return std::to_string(i); }));
static_assert(!CanRemove<Temporaries> && CanRemove<std::vector<std::string>>);
#endif

class WrapperTest : public testing::Test {
 protected:
  std::string file(const char* name) const { return dir_.file(name); }

  simdr::test::TempDir dir_;
};

template <typename Call>
simdr_status thrown_by(Call&& call) {
  try {
    call();
  } catch (const simdr::Error& error) {
    EXPECT_STRNE(error.what(), "");
    EXPECT_STREQ(error.name(), simdr_status_name(error.status()));
    return error.status();
  }
  return SIMDR_OK;
}

TEST_F(WrapperTest, BytesAreMadeFromStringsAndRanges) {
  const std::vector<std::uint32_t> numbers{1, 2, 3};
  const std::array<std::byte, 5> raw{};
  EXPECT_EQ(simdr::Bytes("four").size(), 4u);
  EXPECT_EQ(simdr::Bytes(std::string("a\0b", 3)).size(), 3u);
  EXPECT_EQ(simdr::Bytes(std::string_view("ab")).size(), 2u);
  EXPECT_EQ(simdr::Bytes(numbers).size(), 12u);
  EXPECT_EQ(simdr::Bytes(numbers).data(), numbers.data());
  EXPECT_EQ(simdr::Bytes(std::span(numbers).first(2)).size(), 8u);
  EXPECT_EQ(simdr::Bytes(raw).size(), 5u);
  EXPECT_EQ(simdr::Bytes().data(), nullptr);
}

TEST_F(WrapperTest, AValueComesBackAndOutlivesTheStore) {
  std::optional<simdr::Entry> entry;
  {
    simdr::Store store(file("a"));
    EXPECT_TRUE(store.empty());
    const std::uint64_t tail = store.put("key", "value");
    EXPECT_EQ(tail, store.file_size());
    store.put(simdr::key_hash("hashed"), std::vector<int>{1, 2});
    entry = store.get("key");
    EXPECT_EQ(store.get(simdr::key_hash("key"))->text(), "value");
    EXPECT_EQ(store.get("hashed")->as<int>()[1], 2);
    EXPECT_FALSE(store.get("absent"));
    EXPECT_TRUE(store.exists("key"));
    EXPECT_FALSE(store.exists(simdr::KeyHash{1}));
    EXPECT_EQ(store.last_entry()->size(), 8u);
    EXPECT_EQ(store.view("key")->text(), "value");
    EXPECT_FALSE(store.view(simdr::KeyHash{1}));
    EXPECT_EQ(store.count(), 2u);
    EXPECT_EQ(store.path(), file("a"));
    EXPECT_STREQ(store.generation(), "aligned-64");
    EXPECT_EQ(store.alignment(), 64u);
    EXPECT_EQ(store.recovered_from(), nullptr);
    EXPECT_EQ(store.stats().live_count, 2u);
    store.close();
  }
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->text(), "value");
  std::thread([copy = *entry, moved = std::move(*entry)] { EXPECT_EQ(copy.text(), moved.text()); }).join();
}

TEST_F(WrapperTest, EntriesAreCountedThroughCopiesAndMoves) {
  simdr::Store store(file("a"));
  store.put("a", "1");
  store.put("b", "22");
  simdr::Entry a = *store.get("a");
  simdr::Entry b = *store.get("b");
  simdr::Entry copy = a;
  a = b;
  EXPECT_EQ(a.text(), "22");
  EXPECT_EQ(copy.text(), "1");
  b = std::move(copy);
  EXPECT_EQ(b.text(), "1");
  simdr::Entry& self = b;
  b = self;
  EXPECT_EQ(b.text(), "1");
  copy = a;  // assigning to what was moved from
  EXPECT_EQ(copy.text(), "22");
}

TEST_F(WrapperTest, AnEntrySaysWhatItsFileSays) {
  simdr::Store store(file("a"));
  store.put("key", "payload");
  const simdr::Entry entry = *store.get("key");
  EXPECT_EQ(entry.size(), 7u);
  EXPECT_EQ(entry.size_with_metadata(), 27u);
  EXPECT_EQ(entry.key_hash(), simdr::key_hash("key"));
  EXPECT_TRUE(entry.checksum_ok());
  EXPECT_EQ(entry.checksum_bytes()[0], entry.checksum() & 0xFF);
  EXPECT_EQ(entry.start_offset(), 0u);
  EXPECT_EQ(entry.end_offset(), 7u);
  EXPECT_EQ(entry.address_range().first, entry.data());
  EXPECT_EQ(entry.info().tail_offset, 27u);
  EXPECT_EQ(store.metadata("key")->checksum, entry.checksum());
  EXPECT_FALSE(store.metadata("absent"));
  EXPECT_EQ(store.metadata(simdr::key_hash("key"))->checksum, entry.checksum());
  EXPECT_FALSE(store.metadata(simdr::KeyHash{1}));
  std::array<std::byte, 4> part{};
  EXPECT_EQ(entry.read(5, part), 2u);
  EXPECT_EQ(static_cast<char>(part[0]), 'a');
  EXPECT_EQ(store.read("key", 3, part)->read_size, 4u);
  EXPECT_EQ(store.read("key", 3, part)->value_size, 7u);
  EXPECT_FALSE(store.read("absent", 0, part));
}

TEST_F(WrapperTest, TypedSpansAreInPlaceOrCopiedOrRefused) {
  simdr::Store store(file("a"));
  std::vector<float> numbers(100);
  std::iota(numbers.begin(), numbers.end(), 0.5f);
  store.put("floats", numbers);
  store.put("odd", "12345");
  const simdr::Entry entry = *store.get("floats");
  EXPECT_TRUE(std::ranges::equal(entry.as<float>(), numbers));
  EXPECT_EQ(static_cast<const void*>(entry.as<float>().data()), entry.data());
  EXPECT_TRUE(std::ranges::equal(store.view("floats")->as<float>(), numbers));
  const simdr::Elements<float> elements = entry.as_or_copy<float>();
  EXPECT_FALSE(elements.copied());
  EXPECT_TRUE(std::ranges::equal(elements, numbers));
  EXPECT_EQ(elements.size(), 100u);
  EXPECT_EQ(elements[99], 99.5f);
  EXPECT_EQ(thrown_by([&] { (void)store.get("odd")->as<int>(); }), SIMDR_ERR_PARTIAL_ELEMENT);
  EXPECT_EQ(thrown_by([&] { (void)store.get("odd")->as_or_copy<int>(); }), SIMDR_ERR_PARTIAL_ELEMENT);
  EXPECT_EQ(thrown_by([&] { (void)store.view("odd")->as<int>(); }), SIMDR_ERR_PARTIAL_ELEMENT);
}

TEST_F(WrapperTest, BatchesAreMadeFromRangesOfPairs) {
  simdr::Store store(file("a"));
  const std::map<std::string, std::vector<int>> map{{"m1", {1}}, {"m2", {1, 2}}};
  store.put_many(map);
  store.put_many({{"i1", "one"}, {"i2", std::string("two")}});
  const std::vector<std::pair<simdr::KeyHash, std::string_view>> hashed{{simdr::key_hash("h1"), "three"}};
  store.put_many(hashed, simdr::Durability::kCommit);
  const std::vector<std::string> keys{"m1", "absent", "i2", "h1"};
  const auto entries = store.get_many(keys);
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries[0]->as<int>()[0], 1);
  EXPECT_FALSE(entries[1]);
  EXPECT_EQ(entries[2]->text(), "two");
  EXPECT_EQ(entries[3]->text(), "three");
#if defined(SIMDR_TEST_HAS_RANGE_ADAPTORS)
  const auto views = store.view_many(std::views::keys(map));
#else
  const auto views = store.view_many(std::vector<std::string>{"m1", "m2"});
#endif
  EXPECT_EQ(views[1]->size(), 8u);
  const std::vector<simdr::KeyHash> hashes = simdr::key_hashes(keys);
  EXPECT_EQ(store.get_many(hashes)[3]->text(), "three");
  EXPECT_EQ(store.view_many(hashes)[2]->text(), "two");
  const std::vector<std::string> verify{"m1", "absent", "i2", "not h1"};
  EXPECT_TRUE(store.get_many(hashes, verify)[2]);
  EXPECT_FALSE(store.get_many(hashes, verify)[3]);
  EXPECT_FALSE(store.view_many(hashes, verify)[3]);
  EXPECT_EQ(thrown_by([&] { (void)store.get_many(hashes, std::vector<std::string>{"m1"}); }),
            SIMDR_ERR_LENGTH_MISMATCH);
  EXPECT_EQ(store.remove_many(keys).removed_count, 3u);
  EXPECT_EQ(store.remove_many(hashes).removed_count, 0u);
  EXPECT_EQ(store.count(), 2u);
}

TEST_F(WrapperTest, OrdinaryOutcomesAreEmptyOptionals) {
  simdr::Store store(file("a"));
  EXPECT_TRUE(store.put_if_absent("key", "first"));
  EXPECT_FALSE(store.put_if_absent("key", "second"));
  const simdr::Entry first = *store.get("key");
  EXPECT_TRUE(store.put_if_entry(first, "third"));
  EXPECT_FALSE(store.put_if_entry(first, "fourth"));
  EXPECT_FALSE(store.rename("absent", "other"));
  EXPECT_TRUE(store.rename("key", "other"));
  EXPECT_FALSE(store.remove("key"));
  EXPECT_FALSE(store.remove(simdr::KeyHash{1}));
  simdr::Store target(file("b"));
  EXPECT_FALSE(store.copy_to(target, "key"));
  const auto copied = store.copy_to(target, "other");
  EXPECT_EQ(copied, target.file_size());
  EXPECT_TRUE(store.transfer_to(target, "other"));
  EXPECT_FALSE(store.exists("other"));
  store.put("by hash", "x");
  EXPECT_TRUE(store.rename(simdr::key_hash("by hash"), simdr::key_hash("renamed")));
  EXPECT_FALSE(store.rename(simdr::key_hash("by hash"), simdr::key_hash("renamed")));
  EXPECT_TRUE(store.copy_to(target, simdr::key_hash("renamed")));
  EXPECT_TRUE(store.transfer_to(target, simdr::key_hash("renamed")));
  EXPECT_FALSE(store.copy_to(target, simdr::key_hash("renamed")));
  EXPECT_EQ(target.get("renamed")->text(), "x");
  EXPECT_EQ(target.get("other")->text(), "third");
  store.sync();
}

TEST_F(WrapperTest, ErrorsCarryStatusNumberAndWords) {
  EXPECT_EQ(thrown_by([&] { simdr::Store(file("a"), {.mode = simdr::OpenMode::kExisting}); }), SIMDR_ERR_NO_SUCH_FILE);
  simdr::Store store(file("a"));
  EXPECT_EQ(thrown_by([&] { simdr::Store again(file("a")); }), SIMDR_ERR_LOCKED);
  EXPECT_EQ(thrown_by([&] { simdr::Store(file("a"), {.mode = simdr::OpenMode::kCreateNew}); }), SIMDR_EXISTS);
  EXPECT_EQ(thrown_by([&] { store.put("key", ""); }), SIMDR_ERR_EMPTY_PAYLOAD);
  EXPECT_EQ(thrown_by([&] { store.rename("a", "a"); }), SIMDR_ERR_SAME_KEY);
  EXPECT_EQ(thrown_by([&] { store.copy_to(store, "a"); }), SIMDR_ERR_SAME_STORE);
  EXPECT_EQ(thrown_by([&] { store.backup(file("a")); }), SIMDR_EXISTS);
  try {
    simdr::Store missing(file("no/such/folder"));
    FAIL();
  } catch (const std::exception& error) {
    const auto* ours = dynamic_cast<const simdr::Error*>(&error);
    ASSERT_NE(ours, nullptr);
    EXPECT_EQ(ours->os_error(), ENOENT);
    EXPECT_NE(std::string(error.what()).find("no/such/folder"), std::string::npos);
  }
}

TEST_F(WrapperTest, StoresMoveWithTheirHandleAndTheirLog) {
  auto lines = std::make_shared<int>(0);
  const auto log = [lines](simdr::LogLevel, std::string_view) { ++*lines, throw std::runtime_error("dropped"); };
  simdr::Store one(file("a"), {.log = log});
  one.put("key", "a");
  simdr::Store two = std::move(one);
  EXPECT_EQ(two.get("key")->text(), "a");
  two = simdr::Store(file("b"), {.log = log});
  EXPECT_FALSE(two.exists("key"));
  simdr::Store again(file("a"));  // the first was closed by the assignment, or this would be SIMDR_ERR_LOCKED
  EXPECT_TRUE(again.exists("key"));
  again.close();
  std::ofstream(file("a"), std::ios::app) << "a torn end";
  simdr::Store reader(file("a"), {.mode = simdr::OpenMode::kReadOnly, .log = log});
  EXPECT_NE(reader.recovered_from(), nullptr);
  EXPECT_TRUE(reader.is_read_only());
  EXPECT_GT(*lines, 0);
}

TEST_F(WrapperTest, IndexFileIsSavedByAWriterAndUsedByAReader) {
  constexpr int kCount = 300;
  simdr::Store writer(file("a"), {.index_file = true});
  for (int i = 0; i < kCount; ++i) writer.put("key " + std::to_string(i), "value " + std::to_string(i));
  EXPECT_FALSE(std::filesystem::exists(file("a.index")));
  writer.close();
  EXPECT_TRUE(std::filesystem::exists(file("a.index")));

  std::vector<std::pair<simdr::LogLevel, std::string>> told;
  const auto log = [&](simdr::LogLevel level, std::string_view message) { told.emplace_back(level, message); };
  simdr::Store reader(file("a"), {.mode = simdr::OpenMode::kReadOnly, .index_file = true, .log = log});
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].first, simdr::LogLevel::kInfo);
  EXPECT_TRUE(told[0].second.ends_with("/a.index: used, the store was not walked")) << told[0].second;
  EXPECT_EQ(reader.count(), std::uint64_t{kCount});
  for (int i = 0; i < kCount; ++i) {
    EXPECT_EQ(reader.get("key " + std::to_string(i)).value().text(), "value " + std::to_string(i));
  }
  EXPECT_FALSE(reader.exists("key " + std::to_string(kCount)));
}

TEST_F(WrapperTest, StreamsArePushedPulledAndDropped) {
  simdr::Store store(file("a"));
  {
    simdr::Stream dropped = store.stream("dropped");
    dropped.write("never seen");
  }
  simdr::Stream stream = store.stream("pushed", simdr::Durability::kCommit);
  stream.write("one ");
  stream.write("two");
  const std::uint64_t streamed = stream.commit();
  EXPECT_EQ(streamed, store.file_size());
  EXPECT_EQ(thrown_by([&] { stream.commit(); }), SIMDR_ERR_BAD_STATE);
  simdr::Stream by_hash = store.stream(simdr::key_hash("hashed"));
  by_hash.write("x");
  by_hash.commit();
  int left = 5;
  store.put_from("pulled", [&](std::span<std::byte> into) -> std::size_t {
    if (left == 0) return 0;
    into[0] = std::byte{'p'};
    return --left, 1;
  });
  EXPECT_FALSE(store.exists("dropped"));
  EXPECT_EQ(store.get("pushed")->text(), "one two");
  EXPECT_EQ(store.get("hashed")->text(), "x");
  EXPECT_EQ(store.get("pulled")->text(), "ppppp");
  EXPECT_THROW(store.put_from("pulled", [](std::span<std::byte>) -> std::size_t { throw std::out_of_range("source"); }),
               std::out_of_range);
  EXPECT_EQ(store.get("pulled")->text(), "ppppp");
}

TEST_F(WrapperTest, AReservationAbortsUnlessCommitted) {
  simdr::Store store(file("a"));
  { simdr::Reservation dropped = store.reserve("dropped", 100); }
  simdr::Reservation reservation = store.reserve("kept", 5);
  EXPECT_EQ(thrown_by([&] { store.put("other", "x"); }), SIMDR_ERR_BAD_STATE);
  simdr::Reservation moved = std::move(reservation);
  std::ranges::fill(moved.bytes(), std::byte{'r'});
  const std::uint64_t committed = moved.commit();
  EXPECT_EQ(committed, store.file_size());
  EXPECT_EQ(store.get("kept")->text(), "rrrrr");
  EXPECT_FALSE(store.exists("dropped"));
}

TEST_F(WrapperTest, RangesWalkNewestToOldest) {
  simdr::Store store(file("a"));
  for (int i = 0; i < 200; ++i) store.put(std::to_string(i), std::to_string(i));
  store.put("7", "again");
  EXPECT_EQ((*store.entries().begin()).text(), "again");
  std::vector<simdr::Entry> kept;
  for (const simdr::Entry& entry : store.entries()) {
    kept.push_back(entry);
    if (kept.size() == 3) store.compact();  // the walk goes on
  }
  ASSERT_EQ(kept.size(), 200u);
  EXPECT_EQ(kept[1].text(), "199");
  EXPECT_EQ(kept[199].text(), "0");
  std::size_t total = 0;
  for (const simdr::View& view : store.views({.verify = true})) total += view.size();
  EXPECT_EQ(total, std::size_t{10 + 90 * 2 + 100 * 3 - 1 + 5});
#if defined(SIMDR_TEST_HAS_RANGE_ADAPTORS)
  auto sizes = store.views() | std::views::transform([](const simdr::View& view) { return view.size(); }) |
               std::views::filter([](std::size_t size) { return size == 1; });
  EXPECT_EQ(std::ranges::distance(sizes), 9);
#endif
  EXPECT_EQ(std::ranges::distance(store.entries({.all_versions = true})), 200);  // compacted: one version each
  store.put("7", "third");
  EXPECT_EQ(std::ranges::distance(store.versions("7")), 2);
  EXPECT_EQ(std::ranges::distance(store.versions(simdr::key_hash("8"))), 1);
  simdr::Iterator iterator = store.iterate();
  EXPECT_EQ(iterator.next()->text(), "third");
  std::array<simdr_view, 500> views;
  std::size_t seen = 1;
  while (const std::size_t count = iterator.next_views(views)) seen += count;
  EXPECT_EQ(seen, 200u);
  EXPECT_FALSE(iterator.next());
}

TEST_F(WrapperTest, CallbacksStopWithFalseAndThrowThrough) {
  simdr::Store store(file("a"));
  for (int i = 0; i < 1000; ++i) store.put(std::to_string(i), std::to_string(i));
  std::atomic<int> visits = 0;
  EXPECT_TRUE(store.for_each([&](const simdr::View&) { ++visits; }, {.thread_count = 2}));
  EXPECT_EQ(visits, 1000);
  EXPECT_FALSE(store.for_each([](const simdr::View&) { return false; }));
  for (const std::uint32_t threads : {1u, 4u}) {
    EXPECT_THROW(store.for_each(
                     [](const simdr::View& view) {
                       if (view.size() == 3) throw std::domain_error("visit");
                     },
                     {.thread_count = threads, .verify = true}),
                 std::domain_error);
  }
  const simdr::Entry entry = *store.get("7");
  EXPECT_THROW(entry.write_to([](std::span<const std::byte>) { throw 42; }), int);
  EXPECT_FALSE(entry.write_to([](std::span<const std::byte>) { return false; }));
  std::string text;
  EXPECT_TRUE(entry.write_to(
      [&](std::span<const std::byte> part) { text.append(reinterpret_cast<const char*>(part.data()), part.size()); }));
  EXPECT_EQ(text, "7");
  EXPECT_FALSE(store.compact({.progress = [](std::uint64_t, std::uint64_t) { return false; }}));
  EXPECT_THROW(store.compact({.progress = [](std::uint64_t, std::uint64_t) { throw std::runtime_error("stop"); }}),
               std::runtime_error);
  EXPECT_TRUE(store.compact());
  EXPECT_EQ(store.count(), 1000u);
}

TEST_F(WrapperTest, WholeStoreCallsReturnTheirResults) {
  std::filesystem::create_directories(dir_.path() / "tree/sub");
  std::ofstream(dir_.path() / "tree/top") << "top";
  std::ofstream(dir_.path() / "tree/sub/two") << "second";
  std::ofstream(dir_.path() / "tree/empty");
  simdr::Store store(file("a"));
  std::vector<std::string> seen;
  const auto imported = store.import_directory(
      file("tree"), {.name_space = "ns", .on_file = [&](std::string_view key, std::uint64_t, simdr_status status) {
                       if (status == SIMDR_OK) seen.emplace_back(key);
                     }});
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->file_count, 2u);
  EXPECT_EQ(imported->skipped_count, 1u);
  EXPECT_EQ(seen.size(), 2u);
  EXPECT_EQ(store.get(simdr::namespaced_key("ns", "sub/two"))->text(), "second");
  EXPECT_THROW(
      store.import_directory(file("tree"), {.on_file = [](std::string_view, std::uint64_t,
                                                          simdr_status) { throw std::runtime_error("stop"); }}),
      std::runtime_error);
  EXPECT_EQ(store.verify()->fault_count, 0u);
  const std::uint64_t count = store.count();
  store.backup(file("backup"));
  store.close();
  simdr::upgrade(file("backup"), file("upgraded"));
  const auto repaired = simdr::repair(file("backup"), file("repaired"));
  ASSERT_TRUE(repaired);
  EXPECT_EQ(repaired->kept_count, count);
  EXPECT_EQ(repaired->lost_count, 0u);
  EXPECT_EQ(thrown_by([&] { (void)simdr::repair(file("backup"), file("repaired")); }), SIMDR_EXISTS);
  EXPECT_EQ(thrown_by([&] { simdr::upgrade(file("backup"), file("upgraded")); }), SIMDR_EXISTS);
  EXPECT_EQ(simdr::Store(file("repaired")).get(simdr::namespaced_key("ns", "top"))->text(), "top");
}

TEST_F(WrapperTest, FaultsAreAResultAndNotThrown) {
  {
    simdr::Store store(file("a"));
    for (int i = 0; i < 10; ++i) store.put(std::to_string(i), std::string(300, static_cast<char>('a' + i)));
  }
  std::fstream(file("a"), std::ios::in | std::ios::out | std::ios::binary).seekp(320 * 5 + 10).put('!');
  simdr::Store store(file("a"));
  int faults = 0;
  const auto result = store.verify({.on_fault = [&](const simdr_fault& fault) {
    ++faults;
    EXPECT_STRNE(fault.what, "");
  }});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->fault_count, 1u);
  EXPECT_EQ(faults, 1);
  EXPECT_FALSE(store.verify({.on_fault = [](const simdr_fault&) { return false; }}));
  EXPECT_THROW((void)store.verify({.on_fault = [](const simdr_fault&) { throw std::logic_error("seen"); }}),
               std::logic_error);
  simdr::EntryRange range = store.entries({.verify = true});
  std::size_t intact = 0;
  int thrown = 0;
  for (bool more = true; more;) {
    try {
      for (const simdr::Entry& entry : range) intact += entry.checksum_ok();
      more = false;
    } catch (const simdr::Error& error) {
      EXPECT_EQ(error.status(), SIMDR_ERR_CORRUPT);
      ASSERT_LT(++thrown, 3);
    }
  }
  EXPECT_EQ(intact, 9u);
  EXPECT_EQ(thrown, 1);
}

bool goes_nowhere(std::uint64_t, std::uint64_t) { return false; }

TEST_F(WrapperTest, AnEmptyFunctionAndANullPointerAreNoCallback) {
  simdr::Store store(file("a"));
  store.put("key", "value");
  const std::function<bool(std::uint64_t, std::uint64_t)> empty;
  void (*const null)(std::uint64_t, std::uint64_t) = nullptr;
  EXPECT_FALSE(simdr::CompactOptions{.progress = empty}.progress);
  EXPECT_FALSE(simdr::CompactOptions{.progress = null}.progress);
  EXPECT_TRUE(store.compact({.progress = empty}));
  EXPECT_TRUE(store.compact({.progress = null}));
  EXPECT_TRUE(store.verify({.on_fault = std::function<void(const simdr_fault&)>(), .progress = empty}));
  int calls = 0;
  const std::function<void(std::uint64_t, std::uint64_t)> counts = [&](std::uint64_t, std::uint64_t) { ++calls; };
  EXPECT_TRUE(store.compact({.progress = counts}));
  EXPECT_GT(calls, 0);
  EXPECT_FALSE(store.compact({.progress = +[](std::uint64_t, std::uint64_t) { return false; }}));
  EXPECT_FALSE(store.compact({.progress = goes_nowhere}));
}

TEST_F(WrapperTest, ARangeOfViewsGoesOnBehindAFaultAndYieldsNothingTwice) {
  {
    simdr::Store store(file("a"));
    for (int i = 0; i < 10; ++i) store.put(std::to_string(i), std::string(300, static_cast<char>('a' + i)));
  }
  std::fstream(file("a"), std::ios::in | std::ios::out | std::ios::binary).seekp(320 * 5 + 10).put('!');
  simdr::Store store(file("a"));
  simdr::ViewRange range = store.views({.verify = true});
  std::string yielded;
  int thrown = 0;
  for (bool more = true; more;) {
    try {
      for (const simdr::View& view : range) yielded += view.text().front();
      more = false;
    } catch (const simdr::Error& error) {
      EXPECT_EQ(error.status(), SIMDR_ERR_CORRUPT);
      ASSERT_LT(++thrown, 3);
    }
  }
  EXPECT_EQ(yielded, "jihgedcba");
  EXPECT_EQ(thrown, 1);
}

TEST_F(WrapperTest, TheLibrarySaysWhatItIs) {
  EXPECT_EQ(simdr::version(), SIMDR_VERSION_MAJOR * 1000000u + SIMDR_VERSION_MINOR * 1000u + SIMDR_VERSION_PATCH);
  EXPECT_STREQ(simdr::version_string(), SIMDR_VERSION_STRING);
  EXPECT_STRNE(simdr::kernel_name(), "");
}

}  // namespace
