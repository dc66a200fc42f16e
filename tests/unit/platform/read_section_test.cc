#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "closing_quick_section.h"
#include "platform/per_reader.h"
#include "platform/read_section.h"

namespace simdr::core {
namespace {

using test::ClosingQuickSection;

TEST(ReadSectionTest, GivesEachThreadASlotOfItsOwnAndNests) {
  const ReadSection outer;
  {
    const ReadSection inner;
    EXPECT_EQ(outer.slot(), inner.slot());
  }
  std::size_t other = outer.slot();
  std::thread([&] { other = ReadSection().slot(); }).join();
  EXPECT_NE(other, outer.slot());
}

TEST(ReadSectionTest, WaitReturnsAtOnceWhenNobodyReads) {
  wait_for_readers();
  { const ReadSection section; }
  wait_for_readers();
}

template <typename Section>
void expect_that_waiting_lasts_until_it_is_closed() {
  std::atomic<int> stage{0};
  std::thread reader([&] {
    { const ReadSection takes_the_line; }
    const Section section;
    stage = 1;
    while (stage != 2) std::this_thread::yield();
    stage = 3;
  });
  while (stage != 1) std::this_thread::yield();
  std::thread writer([&] {
    wait_for_readers();
    EXPECT_EQ(stage, 3);
  });
  stage = 2;
  reader.join();
  writer.join();
}

TEST(ReadSectionTest, WaitLastsUntilAnOpenSectionIsClosed) {
  expect_that_waiting_lasts_until_it_is_closed<ReadSection>();
}

// On a thread that has had a section.
bool can_be_quick() {
  { const ReadSection section; }
  return ClosingQuickSection().is_open();
}

struct alignas(64) Counter {
  std::atomic<int> value{0};
};

TEST(PerReaderTest, IsOneForAllSectionsOfAThread) {
  if (!can_be_quick()) GTEST_SKIP() << "the system has no membarrier";
  const PerReader<Counter> counters;
  const auto count_twice = [&] {
    {
      const ReadSection section;
      ++counters[section].value;
      EXPECT_EQ(&counters[section], &counters.at(section.slot()));
    }
    const ClosingQuickSection section;
    ASSERT_TRUE(section.is_open());
    ++counters[section].value;
  };
  count_twice();
  const ReadSection mine;
  std::thread([&] {
    { const ReadSection takes_the_line; }
    count_twice();
  }).join();
  EXPECT_EQ(counters[mine].value, 2);
  int sum = 0;
  for (std::size_t slot = 0; slot < counters.kCount; ++slot) sum += counters.at(slot).value;
  EXPECT_EQ(sum, 4);
}

TEST(QuickReadSectionTest, OpensAgainAndAgain) {
  if (!can_be_quick()) GTEST_SKIP() << "the system has no membarrier";
  for (int i = 0; i < 3; ++i) {
    const ClosingQuickSection section;
    ASSERT_TRUE(section.is_open());
    EXPECT_FALSE(QuickReadSection().is_open());  // not inside of another
  }
}

TEST(QuickReadSectionTest, DoesNotOpenBeforeItsThreadHasALineNorInASection) {
  std::thread([] { EXPECT_FALSE(QuickReadSection().is_open()); }).join();
  std::atomic<int> stage{0};
  std::thread writer;
  {
    const ReadSection outer;
    EXPECT_FALSE(QuickReadSection().is_open());
    // The outer one is as open as before.
    writer = std::thread([&] {
      wait_for_readers();
      EXPECT_EQ(stage, 1);
    });
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    stage = 1;
  }
  writer.join();
}

TEST(QuickReadSectionTest, WaitLastsUntilItIsClosed) {
  if (!can_be_quick()) GTEST_SKIP() << "the system has no membarrier";
  expect_that_waiting_lasts_until_it_is_closed<ClosingQuickSection>();
}

// Before anybody has asked for membarrier, many threads' first sections at once.
TEST(QuickReadSectionTest, NoThreadIsLeftWithoutByOneThatAskedFirst) {
  if (!can_be_quick()) GTEST_SKIP() << "the system has no membarrier";
  detail::g_readers_need_barrier = true;
  std::atomic<int> quick{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { quick += can_be_quick() ? 1 : 0; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(quick, 8);
}

// What the whole thing is for: a structure that was unpublished and waited for is looked at by nobody.
template <typename Section>
void expect_that_nobody_sees_what_was_freed() {
  struct Box {
    std::atomic<int> alive{1};
  };
  // Boxes are marked, not freed, so that a mistake shows as a wrong value in every build.
  std::vector<std::unique_ptr<Box>> boxes;
  for (std::size_t i = 0; i <= 2000; ++i) boxes.push_back(std::make_unique<Box>());
  std::atomic<Box*> current{boxes[0].get()};
  std::atomic<bool> stop{false};
  std::atomic<int> seen_dead{0};
  std::atomic<int> started{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&, i] {
      { const ReadSection takes_the_line; }
      ++started;
      int dead_looks = 0;  // counted for all at once it would be a barrier
      for (unsigned sections = 1; !stop; ++sections) {
        {
          const Section section;
          const Box* box = current.load(std::memory_order_acquire);
          for (int look = 0; look < 10; ++look) {
            // The writer has its turn while a section is open, too, and not by chance alone.
            if (look == i && sections % 64 == 0) std::this_thread::yield();
            dead_looks += box->alive.load(std::memory_order_relaxed) == 0 ? 1 : 0;
          }
        }
      }
      seen_dead += dead_looks;
    });
  }
  while (started != 3) std::this_thread::yield();
  for (std::size_t i = 1; i < boxes.size(); ++i) {
    Box* old = current.exchange(boxes[i].get(), std::memory_order_seq_cst);
    wait_for_readers();
    old->alive.store(0, std::memory_order_relaxed);
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(seen_dead, 0);
}

TEST(ReadSectionTest, NobodySeesWhatWasFreedAfterTheWait) { expect_that_nobody_sees_what_was_freed<ReadSection>(); }

TEST(QuickReadSectionTest, NobodySeesWhatWasFreedAfterTheWait) {
  if (!can_be_quick()) GTEST_SKIP() << "the system has no membarrier";
  expect_that_nobody_sees_what_was_freed<ClosingQuickSection>();
}

// The same by this thread, whose stores are slow: that a section is open is seen when the lines of all that it stored before have come from
// memory, one after the other, and by then it has looked. A wait without a barrier frees one thing in ten or so under its eyes, on x86 too.
// Returns how often it saw that. By this thread, because in a child of fork() it has its line, and another may find none.
int sections_that_were_overlooked(std::size_t count) {
  constexpr std::size_t kFarAndWide = std::size_t{64} << 20;
  std::vector<std::atomic<int>> is_dead(count + 1);
  std::vector<char> far_and_wide(kFarAndWide);
  std::atomic<std::size_t> current{0};
  std::atomic<bool> has_started{false};
  std::atomic<bool> stop{false};
  int overlooked = 0;
  std::thread writer([&] {
    while (!has_started) std::this_thread::yield();
    for (std::size_t i = 1; i <= count; ++i) {
      current.store(i, std::memory_order_seq_cst);
      wait_for_readers();
      is_dead[i - 1].store(1, std::memory_order_relaxed);
    }
    stop = true;
  });
  { const ReadSection takes_the_line; }
  std::minstd_rand random;
  has_started = true;
  while (!stop) {
    for (int i = 0; i < 24; ++i) static_cast<volatile char&>(far_and_wide[random() % kFarAndWide]) = 1;
    const ClosingQuickSection section;
    const std::atomic<int>& mine = is_dead[current.load(std::memory_order_acquire)];
    int dead_looks = section.is_open() ? 0 : 1;
    for (int look = 0; look < 1000; ++look) dead_looks += mine.load(std::memory_order_relaxed);
    overlooked += dead_looks != 0 ? 1 : 0;
  }
  writer.join();
  return overlooked;
}

TEST(QuickReadSectionTest, NoSectionIsOverlookedBehindStoresThatAreSlow) {
  if (!can_be_quick()) GTEST_SKIP() << "the system has no membarrier";
  EXPECT_EQ(sections_that_were_overlooked(2000), 0);
}

TEST(ReadSectionTest, TakesOverTheLinesOfThreadsThatAreGone) {
  for (std::uint32_t i = 0; i < 3 * kReaderLineCount; ++i) {
    std::thread([] {
      const ReadSection section;
      EXPECT_FALSE(section.slot_is_shared());
    }).join();
  }
}

// Threads that have had a section each and live on: then no line is left.
class Crowd {
 public:
  Crowd() : slots_(kReaderLineCount) {
    for (std::size_t& slot : slots_) {
      threads_.emplace_back([&] {
        slot = ReadSection().slot();
        ++ready_;
        ready_.notify_all();
        leave_.wait(false);
      });
    }
    for (std::uint32_t now = ready_; now != kReaderLineCount; now = ready_) ready_.wait(now);
  }
  ~Crowd() {
    leave_ = true;
    leave_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  [[nodiscard]] bool has(std::size_t slot) const { return std::count(slots_.begin(), slots_.end(), slot) != 0; }

 private:
  std::vector<std::size_t> slots_;
  std::atomic<std::uint32_t> ready_{0};
  std::atomic<bool> leave_{false};
  std::vector<std::thread> threads_;
};

TEST(ReadSectionTest, SeeksALineNowAndThenWhereNoneWasLeft) {
  { const ReadSection takes_the_line; }
  auto crowd = std::make_unique<Crowd>();
  std::thread([&] {
    EXPECT_TRUE(ReadSection().slot_is_shared());
    crowd.reset();
    EXPECT_TRUE(ReadSection().slot_is_shared());  // not at once: seeking takes longer than a lookup
    int sections = 0;
    while (sections < 10'000 && ReadSection().slot_is_shared()) ++sections;
    EXPECT_LT(sections, 10'000);
  }).join();
}

TEST(ReadSectionTest, WaitEndsWhileThreadsWithoutALineGoOnReading) {
  { const ReadSection takes_the_line; }
  const Crowd crowd;
  std::thread([] {
    auto one = std::make_unique<ReadSection>();
    EXPECT_TRUE(one->slot_is_shared());
    std::atomic<bool> is_over{false};
    std::thread writer([&] {
      wait_for_readers();
      is_over = true;
    });
    // The next is open before the last is closed.
    for (int i = 0; i < 3'000'000 && !is_over; ++i) {
      one = std::make_unique<ReadSection>();
      std::this_thread::yield();
    }
    EXPECT_TRUE(is_over);
    one.reset();
    writer.join();
  }).join();
}

// Whether `body` holds in a child of fork(), which is ended if it hangs.
bool holds_in_child(const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    ::_exit(body() ? 0 : 1);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// As a sandbox does it, from now on and for this process alone. False where there are no such filters.
bool refuse_membarrier() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{std::size(program), program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0 &&
         ::syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0) == -1;
}

TEST(QuickReadSectionTest, NoSectionIsOverlookedWhereABarrierIsRefused) {
  if (!can_be_quick()) GTEST_SKIP() << "the system has no membarrier";
  if (!holds_in_child(refuse_membarrier)) GTEST_SKIP() << "the system has no filters of system calls";
  EXPECT_TRUE(
      holds_in_child([] { return refuse_membarrier() && can_be_quick() && sections_that_were_overlooked(100) == 0; }));
}

TEST(ReadSectionForkTest, AChildWaitsForNoThreadThatItDoesNotHave) {
  std::atomic<int> inside{0};
  std::atomic<bool> leave{false};
  std::thread with_a_line([&] {
    const ReadSection section;
    EXPECT_FALSE(section.slot_is_shared());
    ++inside;
    while (!leave) std::this_thread::yield();
  });
  while (inside != 1) std::this_thread::yield();
  const Crowd crowd;
  const auto read = [&] {
    const ReadSection section;
    EXPECT_TRUE(section.slot_is_shared());
    ++inside;
    while (!leave) std::this_thread::yield();
  };
  std::thread reader(read);
  std::thread another(read);
  while (inside != 3) std::this_thread::yield();
  const auto nobody_reads = [] {
    wait_for_readers();
    return true;
  };
  EXPECT_TRUE(holds_in_child(nobody_reads));
  leave = true;
  reader.join();
  another.join();
  with_a_line.join();
}

TEST(ReadSectionForkTest, AChildsThreadKeepsItsLineForItself) {
  { const ReadSection takes_the_line; }
  EXPECT_TRUE(holds_in_child([] {
    const ReadSection section;
    const Crowd crowd;
    return !section.slot_is_shared() && !crowd.has(section.slot());
  }));
}

TEST(ReadSectionForkTest, WaitInAChildLastsUntilASectionOfItsOwnIsClosed) {
  { const ReadSection takes_the_line; }
  EXPECT_TRUE(holds_in_child([] {
    std::atomic<bool> is_closed{false};
    std::atomic<bool> has_waited_in_vain{false};
    std::thread writer;
    {
      const ReadSection section;
      writer = std::thread([&] {
        wait_for_readers();
        has_waited_in_vain = !is_closed;
      });
      for (int i = 0; i < 10'000 && !has_waited_in_vain; ++i) std::this_thread::yield();
      is_closed = true;
    }
    writer.join();
    return !has_waited_in_vain;
  }));
}

// As a signal handler may do it.
TEST(ReadSectionForkTest, AChildGoesOnInTheSectionThatForked) {
  const ReadSection quick;
  EXPECT_TRUE(holds_in_child([&] { return ReadSection().slot() == quick.slot(); }));
  const Crowd crowd;
  std::thread([] {
    pid_t child = 0;
    {
      const ReadSection shared;
      EXPECT_TRUE(shared.slot_is_shared());
      child = ::fork();
      if (child == 0) ::alarm(60);
    }
    if (child == 0) {
      wait_for_readers();
      ::_exit(0);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }).join();
}

TEST(ReadSectionTest, ServesMoreThreadsThanItHasLines) {
  std::atomic<std::uint32_t> inside{0};
  std::atomic<bool> leave{false};
  std::atomic<int> shared{0};
  std::vector<std::thread> threads;
  const std::uint32_t count = kReaderLineCount + 20;
  for (std::uint32_t i = 0; i < count; ++i) {
    threads.emplace_back([&] {
      const ReadSection section;
      shared += section.slot_is_shared();
      ++inside;
      inside.notify_all();
      leave.wait(false);
    });
  }
  for (std::uint32_t now = inside; now != count; now = inside) inside.wait(now);
  EXPECT_GE(shared, 20);
  std::thread writer([&] {
    wait_for_readers();
    EXPECT_TRUE(leave);
  });
  leave = true;
  leave.notify_all();
  for (std::thread& thread : threads) thread.join();
  writer.join();
}

}  // namespace
}  // namespace simdr::core
