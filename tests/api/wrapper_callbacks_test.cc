// What simdr.hpp makes of a caller's functions, against the real library: what they return, and what they throw.
#include "simdr.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <stdexcept>

#include "wrapper_fixture.hpp"

namespace {

using WrapperCallbacksTest = simdr::test::WrapperFixture;

TEST_F(WrapperCallbacksTest, CallbacksStopWithFalseAndThrowThrough) {
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

TEST_F(WrapperCallbacksTest, FaultsAreAResultAndNotThrown) {
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

TEST_F(WrapperCallbacksTest, AnEmptyFunctionAndANullPointerAreNoCallback) {
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

}  // namespace
