#include "store/build_crew.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <new>

#include "platform/background_task.h"
#include "platform/processors.h"

namespace simdr::core {
namespace {

// Blocks of items are filled by one thread and emptied by another, in order. Who has nothing to do sleeps until there is a good deal of it: waking
// somebody costs microseconds, and whoever waits awake may take half of the other's core.
class BuildWorker final : public BuildTeam::Worker {
 public:
  BuildWorker(BuildLane& lane, ByteView file) noexcept : lane_(lane), file_(file) {}
  BuildWorker(const BuildWorker&) = delete;
  BuildWorker& operator=(const BuildWorker&) = delete;
  ~BuildWorker() override {
    if (is_running_) put(Order::kStop, nullptr, 0);
  }

  [[nodiscard]] bool start() noexcept {
    is_running_ = thread_.try_start([this] { work(); });
    return is_running_;
  }
  void give(const BuildItem* items, std::size_t count) override { put(Order::kAdd, items, count); }
  bool finish() override {
    put(Order::kFlush, nullptr, 0);
    emptied_.wait_until(
        [&] { return done_.load(std::memory_order_acquire) == given_.load(std::memory_order_relaxed); });
    return has_memory_;
  }

 private:
  enum class Order : std::uint8_t { kAdd, kFlush, kStop };
  struct Block {
    Order order;
    std::size_t count;
    std::array<BuildItem, BuildTeam::kMostGiven> items;
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

  void put(Order order, const BuildItem* items, std::size_t count) noexcept {
    const std::uint32_t given = given_.load(std::memory_order_relaxed);
    if (given - done_.load(std::memory_order_acquire) == kBlocks) {
      emptied_.wait_until([&] { return given - done_.load(std::memory_order_acquire) != kBlocks; });
    }
    Block& block = blocks_[given % kBlocks];
    block.order = order;
    block.count = count;
    std::copy_n(items, count, block.items.begin());
    given_.store(given + 1, std::memory_order_release);
    if (order != Order::kAdd || (given + 1) % kGoodDeal == 0) filled_.ring();
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
        has_memory_ = has_memory_ && obey(block);
      } catch (const std::bad_alloc&) {
        has_memory_ = false;
      }
      done_.store(done + 1, std::memory_order_release);
      if (order != Order::kAdd || (done + 1) % kGoodDeal == 0) emptied_.ring();
    }
  }

  [[nodiscard]] bool obey(const Block& block) {
    if (block.order == Order::kFlush) return lane_.flush(file_);
    for (std::size_t i = 0; i < block.count; i += BuildLane::kMaxBatch) {
      if (!lane_.add(file_, &block.items[i], std::min(BuildLane::kMaxBatch, block.count - i))) return false;
    }
    return true;
  }

  BuildLane& lane_;
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

std::size_t BuildCrew::usual_size() noexcept { return std::min(BuildTeam::kMostWorkers, usable_processor_count() - 1); }

std::unique_ptr<BuildTeam::Worker> BuildCrew::hire(BuildLane& lane, ByteView file) {
  std::unique_ptr<BuildWorker> worker(new (std::nothrow) BuildWorker(lane, file));
  if (worker == nullptr || !worker->start()) return nullptr;
  return worker;
}

}  // namespace simdr::core
