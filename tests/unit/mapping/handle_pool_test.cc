#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <thread>
#include <vector>

#include "base/sanitizers.h"
#include "closing_quick_section.h"
#include "mapping/handle_pool.h"

namespace simdr::core {
namespace {

class HandlePoolTest : public testing::Test {
 protected:
  void SetUp() override {
    if (SIMDR_ASAN) GTEST_SKIP() << "AddressSanitizer is to see every handle come and go";
  }
  HandlePool::Item* item(std::size_t number) { return &items_.at(number); }
  std::set<HandlePool::Item*> retire() {
    std::set<HandlePool::Item*> left;
    pool_.retire([&](HandlePool::Item* item) { EXPECT_TRUE(left.insert(item).second); });
    return left;
  }

  HandlePool pool_;

 private:
  // Of stripe 0, 1, 2, ...
  std::deque<HandlePool::Item> items_ = [] {
    std::deque<HandlePool::Item> items;
    for (std::uint32_t stripe = 0; stripe < 4096; ++stripe) items.emplace_back(stripe);
    return items;
  }();
};

TEST_F(HandlePoolTest, GivesBackWhatItWasGivenWithItsReference) {
  const ReadSection section;
  EXPECT_EQ(pool_.take(section), nullptr);
  ASSERT_TRUE(pool_.give(section, item(0)));
  ASSERT_TRUE(pool_.give(section, item(1)));
  HandlePool::Item* const second = pool_.take(section);
  ASSERT_EQ(second, item(1));
  EXPECT_EQ(second->stripe(), 1u);
  HandlePool::Item* const first = pool_.take(section);
  ASSERT_EQ(first, item(0));
  EXPECT_EQ(first->stripe(), 0u);
  EXPECT_EQ(pool_.take(section), nullptr);
}

TEST_F(HandlePoolTest, AQuickSectionHasTheSamePile) {
  {
    const ReadSection section;
    ASSERT_TRUE(pool_.give(section, item(0)));
  }
  {
    const test::ClosingQuickSection section;
    if (!section.is_open()) GTEST_SKIP() << "the system has no membarrier";
    ASSERT_TRUE(pool_.give(section, item(1)));
  }
  {
    const ReadSection section;
    EXPECT_EQ(pool_.take(section), item(1));
  }
  const test::ClosingQuickSection section;
  HandlePool::Item* const spare = pool_.take(section);
  ASSERT_EQ(spare, item(0));
  EXPECT_EQ(spare->stripe(), 0u);
  EXPECT_EQ(pool_.take(section), nullptr);
}

TEST_F(HandlePoolTest, KeepsAPileForEachThread) {
  {
    const ReadSection section;
    ASSERT_TRUE(pool_.give(section, item(0)));
  }
  std::thread([&] {
    const ReadSection section;
    EXPECT_EQ(pool_.take(section), nullptr);
    EXPECT_TRUE(pool_.give(section, item(1)));
  }).join();
  EXPECT_EQ(retire(), (std::set<HandlePool::Item*>{item(0), item(1)}));
}

TEST_F(HandlePoolTest, TakesNoMoreThanItsShare) {
  std::size_t taken = 0;
  {
    const ReadSection section;
    while (taken < 4096 && pool_.give(section, item(taken))) ++taken;
    EXPECT_EQ(taken, 1024u);
    ASSERT_NE(pool_.take(section), nullptr);
    EXPECT_TRUE(pool_.give(section, item(taken)));
    EXPECT_FALSE(pool_.give(section, item(taken + 1)));
  }
  EXPECT_EQ(retire().size(), taken);
}

TEST_F(HandlePoolTest, TakesNothingOnceItIsRetired) {
  {
    const ReadSection section;
    ASSERT_TRUE(pool_.give(section, item(0)));
  }
  EXPECT_EQ(retire(), std::set<HandlePool::Item*>{item(0)});
  const ReadSection section;
  EXPECT_FALSE(pool_.give(section, item(0)));
  EXPECT_EQ(pool_.take(section), nullptr);
}

TEST_F(HandlePoolTest, HandsThePileOfAThreadThatIsGoneToWhoeverTakesItsPlace) {
  std::size_t slot = kReaderLineCount;
  std::thread([&] {
    const ReadSection section;
    slot = section.slot();
    EXPECT_TRUE(pool_.give(section, item(0)));
  }).join();
  // As many threads alive as there are lines: one of them has that one's.
  std::atomic<std::uint32_t> inside{0};
  std::atomic<int> found{0};
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < kReaderLineCount; ++i) {
    threads.emplace_back([&] {
      const ReadSection section;
      HandlePool::Item* const spare = pool_.take(section);
      EXPECT_EQ(spare != nullptr, section.slot() == slot);
      if (spare != nullptr) {
        ++found;
        EXPECT_EQ(spare, item(0));
      }
      ++inside;
      inside.notify_all();
      for (std::uint32_t now = inside; now != kReaderLineCount; now = inside) inside.wait(now);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(found, 1);
}

TEST_F(HandlePoolTest, LosesNothingWhenItIsRetiredWhileThreadsGive) {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kEach = 1000;
  std::vector<std::size_t> refused(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t, &refused] {
      for (std::size_t i = 0; i < kEach; ++i) {
        HandlePool::Item* const mine = item(t * kEach + i);
        {
          const test::ClosingQuickSection section;
          if (section.is_open() && pool_.give(section, mine)) continue;
        }
        const ReadSection section;
        if (!pool_.give(section, mine)) ++refused[t];
      }
    });
  }
  std::size_t left = retire().size();
  for (std::thread& thread : threads) thread.join();
  for (const std::size_t count : refused) left += count;
  EXPECT_EQ(left, kThreads * kEach);
}

}  // namespace
}  // namespace simdr::core
