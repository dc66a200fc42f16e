// Threads that build a large index beside the one that opens the store and finds its entries (index/build_worker.h). They take no signals of the
// application, and none is left when the opening is done.
#pragma once

#include <cstddef>
#include <memory>

#include "index/build_worker.h"

namespace simdr::core {

class ThreadCrew final : public BuildCrew {
 public:
  explicit ThreadCrew(std::size_t size) noexcept : size_(size) {}
  // One for each processor that the calling thread may run on, but for its own, and BuildFeed::kMostWorkers at most.
  [[nodiscard]] static std::size_t usual_size() noexcept;

  [[nodiscard]] std::size_t size() const noexcept override { return size_; }
  [[nodiscard]] std::unique_ptr<BuildWorker> hire(BuildIntake& intake, ByteView file) override;

 private:
  std::size_t size_;
};

}  // namespace simdr::core
