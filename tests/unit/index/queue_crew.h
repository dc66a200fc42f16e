// Workers without threads: what they are given they add some time later, so that a test is the same each time.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "index/build_team.h"
#include "trailer_file.h"

namespace simdr::core {

class QueueCrew final : public BuildTeam::Crew {
 public:
  explicit QueueCrew(std::size_t size) : size_(size) {}

  std::size_t size() const noexcept override { return size_; }
  std::unique_ptr<BuildTeam::Worker> hire(BuildLane& lane, ByteView file) override {
    ++asked_count_;
    if (asked_count_ > available_) return nullptr;
    ++hired_count_;
    return std::make_unique<Worker>(*this, lane, file);
  }

  // Only the first so many who are asked for come.
  void set_available(std::size_t count) { available_ = count; }
  // From the so-manieth item given on, there is no memory for any.
  void fail_at(std::size_t item_count) { failing_at_ = item_count; }

  std::size_t asked_count() const { return asked_count_; }
  std::size_t hired_count() const { return hired_count_; }
  std::size_t given_count() const { return given_count_; }
  std::size_t finish_count() const { return finish_count_; }
  std::size_t alive_count() const { return alive_count_; }

 private:
  class Worker final : public BuildTeam::Worker {
   public:
    Worker(QueueCrew& crew, BuildLane& lane, ByteView file) : crew_(crew), lane_(lane), file_(file) {
      ++crew_.alive_count_;
    }
    ~Worker() override { --crew_.alive_count_; }
    void give(const BuildItem* items, std::size_t count) override {
      EXPECT_LE(count, BuildTeam::kMostGiven);
      queue_.insert(queue_.end(), items, items + count);
      crew_.given_count_ += count;
      add(static_cast<std::size_t>(crew_.random_.below(queue_.size() + 1)));
    }
    bool finish() override {
      ++crew_.finish_count_;
      add(queue_.size());
      return lane_.flush(file_) && crew_.given_count_ < crew_.failing_at_;
    }

   private:
    void add(std::size_t count) {
      for (std::size_t i = 0; i < count; i += BuildLane::kMaxBatch) {
        EXPECT_TRUE(lane_.add(file_, &queue_[i], std::min(BuildLane::kMaxBatch, count - i)));
      }
      queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
    }

    QueueCrew& crew_;
    BuildLane& lane_;
    const ByteView file_;
    std::vector<BuildItem> queue_;
  };

  const std::size_t size_;
  std::size_t available_ = ~std::size_t{0};
  std::size_t failing_at_ = ~std::size_t{0};
  std::size_t asked_count_ = 0;
  std::size_t hired_count_ = 0;
  std::size_t given_count_ = 0;
  std::size_t finish_count_ = 0;
  std::size_t alive_count_ = 0;
  Random random_{3};
};

}  // namespace simdr::core
