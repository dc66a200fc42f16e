// Workers without threads: what they are given they add some time later, so that a test is the same each time.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "index/build_worker.h"
#include "trailer_file.h"

namespace simdr::core {

class QueueCrew final : public BuildCrew {
 public:
  explicit QueueCrew(std::size_t size) : size_(size) {}

  std::size_t size() const noexcept override { return size_; }
  std::unique_ptr<BuildWorker> hire(BuildIntake& intake, ByteView file) override {
    ++asked_count_;
    if (asked_count_ > available_) return nullptr;
    given_.push_back(0);
    finished_.push_back(0);
    return std::make_unique<Worker>(*this, given_.size() - 1, intake, file);
  }

  // Only the first so many who are asked for come.
  void set_available(std::size_t count) { available_ = count; }
  // From the so-manieth item given to one of them on, there is no memory for any.
  void fail_at(std::size_t item_count) { failing_at_ = item_count; }

  std::size_t asked_count() const { return asked_count_; }
  std::size_t hired_count() const { return given_.size(); }
  // In the order in which they were hired. 0 for who was not.
  std::size_t given_to(std::size_t worker) const { return worker < given_.size() ? given_[worker] : 0; }
  std::size_t finish_count_of(std::size_t worker) const { return worker < finished_.size() ? finished_[worker] : 0; }
  std::size_t alive_count() const { return alive_count_; }

 private:
  class Worker final : public BuildWorker {
   public:
    Worker(QueueCrew& crew, std::size_t number, BuildIntake& intake, ByteView file)
        : crew_(crew), number_(number), intake_(intake), file_(file) {
      ++crew_.alive_count_;
    }
    ~Worker() override { --crew_.alive_count_; }
    BuildItem* room() noexcept override { return room_.data(); }
    void give(std::size_t count) override {
      EXPECT_LE(count, room_.size());
      queue_.insert(queue_.end(), room_.begin(), room_.begin() + static_cast<std::ptrdiff_t>(count));
      crew_.given_[number_] += count;
      add(static_cast<std::size_t>(crew_.random_.below(left() + 1)));
    }
    bool is_behind() const noexcept override { return left() > 2 * room_.size(); }
    bool finish() override {
      ++crew_.finished_[number_];
      add(left());
      return has_memory_ && crew_.given_[number_] < crew_.failing_at_;
    }

   private:
    void add(std::size_t count) {
      while (count != 0) {
        const std::size_t size = std::min(count, 1 + static_cast<std::size_t>(crew_.random_.below(room_.size())));
        has_memory_ = has_memory_ && intake_.add(file_, &queue_[done_], size);
        done_ += size;
        count -= size;
      }
      if (left() != 0) return;
      queue_.clear();
      done_ = 0;
    }
    std::size_t left() const noexcept { return queue_.size() - done_; }

    QueueCrew& crew_;
    const std::size_t number_;
    BuildIntake& intake_;
    const ByteView file_;
    std::array<BuildItem, KeyIndex::kMostItems> room_;
    std::vector<BuildItem> queue_;
    std::size_t done_ = 0;  // of the queue
    bool has_memory_ = true;
  };

  const std::size_t size_;
  std::size_t available_ = ~std::size_t{0};
  std::size_t failing_at_ = ~std::size_t{0};
  std::size_t asked_count_ = 0;
  std::vector<std::size_t> given_;
  std::vector<std::size_t> finished_;
  std::size_t alive_count_ = 0;
  Random random_{3};
};

}  // namespace simdr::core
