// Whether a walk along the chain passes entries of one size: then it is known where those to come will be.
#pragma once

#include <cstdint>

namespace simdr::core {

class StepRun {
 public:
  // The walk came `step` bytes down. True when so many steps in a row were like it that it may go on: steps are mostly multiples of 64, so
  // that two say nothing.
  bool follow(std::uint64_t step) noexcept {
    run_ = step == step_ ? run_ + 1 : 0;
    step_ = step;
    return run_ >= kRun;
  }

 private:
  static constexpr std::uint32_t kRun = 4;

  std::uint64_t step_ = 0;
  std::uint32_t run_ = 0;  // how many steps in a row were like the one before
};

}  // namespace simdr::core
