// simdr.hpp against the real library: that its types own, move, count and throw as they say. What the calls themselves do
// is tested through C.
#include "simdr.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <thread>

#include "wrapper_fixture.hpp"

namespace {

static_assert(std::movable<simdr::Store> && !std::copyable<simdr::Store>);
static_assert(std::movable<simdr::Stream> && !std::copyable<simdr::Stream>);
static_assert(std::movable<simdr::Reservation> && !std::copyable<simdr::Reservation>);
static_assert(std::movable<simdr::Iterator> && !std::copyable<simdr::Iterator>);
static_assert(std::copyable<simdr::Entry> && std::copyable<simdr::View>);
static_assert(std::is_nothrow_copy_constructible_v<simdr::Entry> && std::is_nothrow_copy_constructible_v<simdr::Error>);

using WrapperTest = simdr::test::WrapperFixture;
using simdr::test::thrown_by;

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

TEST_F(WrapperTest, TheLibrarySaysWhatItIs) {
  EXPECT_EQ(simdr::version(), SIMDR_VERSION_MAJOR * 1000000u + SIMDR_VERSION_MINOR * 1000u + SIMDR_VERSION_PATCH);
  EXPECT_STREQ(simdr::version_string(), SIMDR_VERSION_STRING);
  EXPECT_STRNE(simdr::kernel_name(), "");
}

}  // namespace
