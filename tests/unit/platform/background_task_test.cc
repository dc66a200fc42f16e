#include <gtest/gtest.h>

#include <signal.h>

#include <atomic>
#include <memory>
#include <thread>

#include "platform/background_task.h"

namespace simdr::core {
namespace {

TEST(BackgroundTaskTest, RunsOnAnotherThreadThatTakesNoSignalsButItsOwn) {
  std::thread::id id;
  bool takes_signals = true;
  bool takes_its_own = false;
  {
    BackgroundTask task;
    task.start([&] {
      id = std::this_thread::get_id();
      sigset_t mask;
      takes_signals = ::pthread_sigmask(SIG_BLOCK, nullptr, &mask) != 0 || sigismember(&mask, SIGUSR1) != 1;
      // A handler that the application has for these is called: blocked, they would end the process without it.
      takes_its_own = sigismember(&mask, SIGBUS) == 0 && sigismember(&mask, SIGSEGV) == 0;
    });
  }
  EXPECT_NE(id, std::thread::id());
  EXPECT_NE(id, std::this_thread::get_id());
  EXPECT_FALSE(takes_signals);
  EXPECT_TRUE(takes_its_own);
  sigset_t mask;
  ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, nullptr, &mask), 0);
  EXPECT_EQ(sigismember(&mask, SIGUSR1), 0) << "the caller's mask is what it was";
}

TEST(BackgroundTaskTest, RunsOneAfterTheOtherAndLetsGoOfWhatEachHolds) {
  BackgroundTask task;
  task.wait();
  std::atomic<int> count{0};
  const auto held = std::make_shared<int>(0);
  for (int i = 0; i < 20; ++i) {
    task.start([&count, i, held] { count.store(count.load() == i ? i + 1 : -1000); });
  }
  task.wait();
  EXPECT_EQ(count.load(), 20);
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace simdr::core
