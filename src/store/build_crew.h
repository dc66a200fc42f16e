// Threads that build a large index together with the one that opens the store (index/build_team.h). They take no signals of the
// application, and none is left when the opening is done.
#pragma once

#include <cstddef>
#include <memory>

#include "index/build_team.h"

namespace simdr::core {

class BuildCrew final : public BuildTeam::Crew {
 public:
  explicit BuildCrew(std::size_t size) noexcept : size_(size) {}
  // One for each processor that the calling thread may run on, but for its own, and BuildTeam::kMostWorkers at most.
  [[nodiscard]] static std::size_t usual_size() noexcept;

  [[nodiscard]] std::size_t size() const noexcept override { return size_; }
  [[nodiscard]] std::unique_ptr<BuildTeam::Worker> hire(BuildLane& lane, ByteView file) override;

 private:
  std::size_t size_;
};

}  // namespace simdr::core
