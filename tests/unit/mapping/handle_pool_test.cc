#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <set>
#include <thread>
#include <vector>

#include "base/sanitizers.h"
#include "closing_quick_section.h"
#include "mapping/handle_pool.h"

namespace simdr::core {
namespace {

// Pieces of memory as handles have them.
class HandlePoolTest : public testing::Test {
 protected:
  void SetUp() override {
    if (SIMDR_ASAN) GTEST_SKIP() << "AddressSanitizer is to see every handle come and go";
  }
  void* piece(std::size_t number) {
    if (pieces_.size() <= number) pieces_.resize(number + 1);
    return pieces_[number].bytes;
  }
  std::set<void*> retire() {
    std::set<void*> left;
    pool_.retire([&](HandlePool::Spare* spare) { EXPECT_TRUE(left.insert(spare).second); });
    return left;
  }

  HandlePool pool_;

 private:
  struct Piece {
    alignas(HandlePool::Spare) std::byte bytes[sizeof(HandlePool::Spare)];
  };
  std::vector<Piece> pieces_ = std::vector<Piece>(4096);
};

TEST_F(HandlePoolTest, GivesBackWhatItWasGivenWithItsReference) {
  const ReadSection section;
  EXPECT_EQ(pool_.take(section), nullptr);
  ASSERT_TRUE(pool_.give(section, piece(0), 7));
  ASSERT_TRUE(pool_.give(section, piece(1), 9));
  HandlePool::Spare* const second = pool_.take(section);
  ASSERT_EQ(second, piece(1));
  EXPECT_EQ(second->stripe, 9u);
  HandlePool::Spare* const first = pool_.take(section);
  ASSERT_EQ(first, piece(0));
  EXPECT_EQ(first->stripe, 7u);
  EXPECT_EQ(pool_.take(section), nullptr);
}

TEST_F(HandlePoolTest, AQuickSectionTakesFromTheSamePile) {
  {
    const ReadSection section;
    ASSERT_TRUE(pool_.give(section, piece(0), 7));
  }
  const test::ClosingQuickSection section;
  if (!section.is_open()) GTEST_SKIP() << "the system has no membarrier";
  HandlePool::Spare* const spare = pool_.take(section);
  ASSERT_EQ(spare, piece(0));
  EXPECT_EQ(spare->stripe, 7u);
  EXPECT_EQ(pool_.take(section), nullptr);
}

TEST_F(HandlePoolTest, KeepsAPileForEachThread) {
  {
    const ReadSection section;
    ASSERT_TRUE(pool_.give(section, piece(0), 1));
  }
  std::thread([&] {
    const ReadSection section;
    EXPECT_EQ(pool_.take(section), nullptr);
    EXPECT_TRUE(pool_.give(section, piece(1), 2));
  }).join();
  EXPECT_EQ(retire(), (std::set<void*>{piece(0), piece(1)}));
}

TEST_F(HandlePoolTest, TakesNoMoreThanItsShare) {
  std::size_t taken = 0;
  {
    const ReadSection section;
    while (taken < 4096 && pool_.give(section, piece(taken), 0)) ++taken;
    EXPECT_EQ(taken, 1024u);
    ASSERT_NE(pool_.take(section), nullptr);
    EXPECT_TRUE(pool_.give(section, piece(taken), 0));
    EXPECT_FALSE(pool_.give(section, piece(taken + 1), 0));
  }
  EXPECT_EQ(retire().size(), taken);
}

TEST_F(HandlePoolTest, TakesNothingOnceItIsRetired) {
  {
    const ReadSection section;
    ASSERT_TRUE(pool_.give(section, piece(0), 1));
  }
  EXPECT_EQ(retire(), std::set<void*>{piece(0)});
  const ReadSection section;
  EXPECT_FALSE(pool_.give(section, piece(0), 1));
  EXPECT_EQ(pool_.take(section), nullptr);
}

TEST_F(HandlePoolTest, HandsThePileOfAThreadThatIsGoneToWhoeverTakesItsPlace) {
  std::size_t slot = kReaderLineCount;
  std::thread([&] {
    const ReadSection section;
    slot = section.slot();
    EXPECT_TRUE(pool_.give(section, piece(0), 3));
  }).join();
  // As many threads alive as there are lines: one of them has that one's.
  std::atomic<std::uint32_t> inside{0};
  std::atomic<int> found{0};
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < kReaderLineCount; ++i) {
    threads.emplace_back([&] {
      const ReadSection section;
      HandlePool::Spare* const spare = pool_.take(section);
      EXPECT_EQ(spare != nullptr, section.slot() == slot);
      if (spare != nullptr) {
        ++found;
        EXPECT_EQ(spare, piece(0));
        EXPECT_EQ(spare->stripe, 3u);
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
  (void)piece(kThreads * kEach);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t, &refused] {
      for (std::size_t i = 0; i < kEach; ++i) {
        const ReadSection section;
        if (!pool_.give(section, piece(t * kEach + i), 0)) ++refused[t];
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
