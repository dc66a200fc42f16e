#include "store/thread_crew.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <new>

#include "index/build_feed.h"
#include "platform/background_task.h"
#include "platform/processors.h"

namespace simdr::core {
namespace {

// Blocks of items are filled by one thread and emptied by another, in order. Who has nothing to do sleeps until there is a good deal of it: waking
// somebody costs microseconds, and whoever waits awake may take half of the other's core.
class ThreadWorker final : public BuildWorker {
 public:
  ThreadWorker(BuildIntake& intake, ByteView file) noexcept : intake_(intake), file_(file) {}
  ThreadWorker(const ThreadWorker&) = delete;
  ThreadWorker& operator=(const ThreadWorker&) = delete;
  ~ThreadWorker() override {
    if (is_running_) put(Order::kStop, 0);
  }

  [[nodiscard]] bool start() noexcept {
    is_running_ = thread_.try_start([this] { work(); });
    return is_running_;
  }
  BuildItem* room() noexcept override { return next_block().items.data(); }
  void give(std::size_t count) override { put(Order::kAdd, count); }
  bool is_behind() const noexcept override {
    return given_.load(std::memory_order_relaxed) + 1 - done_.load(std::memory_order_acquire) >= kBlocks;
  }
  bool finish() override {
    put(Order::kReport, 0);
    emptied_.wait_until(
        [&] { return done_.load(std::memory_order_acquire) == given_.load(std::memory_order_relaxed); });
    return has_memory_;
  }

 private:
  enum class Order : std::uint8_t { kAdd, kReport, kStop };
  struct Block {
    Order order;
    std::size_t count;
    std::array<BuildItem, KeyIndex::kMostItems> items;
  };
  // 256 KiB of items; a quarter of that wakes the other.
  static constexpr std::uint32_t kBlocks = 64;
  static constexpr std::uint32_t kGoodDeal = kBlocks / 4;

  // Rung at some time after what somebody waits for.
  class Bell {
   public:
    void ring() noexcept {
      { const std::lock_guard lock(mutex_); }  // whoever found it not to be so yet is waiting by now
      rung_.notify_one();
    }
    template <typename Condition>
    void wait_until(Condition is_so) noexcept {
      std::unique_lock lock(mutex_);
      rung_.wait(lock, is_so);
    }

   private:
    std::mutex mutex_;
    std::condition_variable rung_;
  };

  Block& next_block() noexcept { return blocks_[given_.load(std::memory_order_relaxed) % kBlocks]; }

  // The next block, which is free, and returns when there is another one.
  void put(Order order, std::size_t count) noexcept {
    Block& block = next_block();
    block.order = order;
    block.count = count;
    const std::uint32_t given = given_.load(std::memory_order_relaxed) + 1;
    given_.store(given, std::memory_order_release);
    if (order != Order::kAdd || given % kGoodDeal == 0) filled_.ring();
    const auto is_free = [&] { return given - done_.load(std::memory_order_acquire) < kBlocks; };
    if (!is_free()) emptied_.wait_until(is_free);
  }

  void work() noexcept {
    for (std::uint32_t done = 0;; ++done) {
      if (given_.load(std::memory_order_acquire) == done) {
        filled_.wait_until([&] { return given_.load(std::memory_order_acquire) != done; });
      }
      const Block& block = blocks_[done % kBlocks];
      const Order order = block.order;
      if (order == Order::kStop) return;
      try {
        has_memory_ = has_memory_ && intake_.add(file_, block.items.data(), block.count);
      } catch (const std::bad_alloc&) {
        has_memory_ = false;
      }
      done_.store(done + 1, std::memory_order_release);
      if (order != Order::kAdd || (done + 1) % kGoodDeal == 0) emptied_.ring();
    }
  }

  BuildIntake& intake_;
  const ByteView file_;
  bool has_memory_ = true;  // the thread's, until finish()
  bool is_running_ = false;
  alignas(64) std::atomic<std::uint32_t> given_{0};
  Bell filled_;
  alignas(64) std::atomic<std::uint32_t> done_{0};
  Bell emptied_;
  std::array<Block, kBlocks> blocks_;
  BackgroundTask thread_;  // gone before what it works on
};

}  // namespace

std::size_t ThreadCrew::usual_size() noexcept {
  return std::min(BuildFeed::kMostWorkers, usable_processor_count() - 1);
}

std::unique_ptr<BuildWorker> ThreadCrew::hire(BuildIntake& intake, ByteView file) {
  std::unique_ptr<ThreadWorker> worker(new (std::nothrow) ThreadWorker(intake, file));
  if (worker == nullptr || !worker->start()) return nullptr;
  return worker;
}

}  // namespace simdr::core
