// simdr.hpp's ranges, against the real library: what its calls take as one, and what they give as one.
#include "simdr.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <ranges>

#include "wrapper_fixture.hpp"

namespace {

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

using WrapperRangesTest = simdr::test::WrapperFixture;
using simdr::test::thrown_by;

TEST_F(WrapperRangesTest, BatchesAreMadeFromRangesOfPairs) {
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

TEST_F(WrapperRangesTest, RangesWalkNewestToOldest) {
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

TEST_F(WrapperRangesTest, ARangeOfViewsGoesOnBehindAFaultAndYieldsNothingTwice) {
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

}  // namespace
