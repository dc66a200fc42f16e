// Whether a walk along the chain passes entries of one size: then it is known where those to come will be.
#pragma once

#include <cstdint>

namespace simdr::core {

class StepRun {
 public:
  // The walk came `step` bytes down. Whether that goes on, and is worth to be reckoned with: steps are mostly multiples of 64, so that two
  // in a row say nothing; and of smaller entries nearly every line is looked at.
  bool follow(std::uint64_t step) noexcept {
    run_ = step == step_ ? run_ + 1 : 0;
    step_ = step;
    return run_ >= kRun && step > kSmallStep;
  }

 private:
  static constexpr std::uint64_t kSmallStep = 192;
  static constexpr std::uint32_t kRun = 4;

  std::uint64_t step_ = 0;
  std::uint32_t run_ = 0;  // how many steps in a row were like the one before
};

}  // namespace simdr::core
