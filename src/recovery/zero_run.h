// The zeros from some place on, looked at as far as somebody asks, once, and no further than is paid for: of a hostile file every place may claim
// a pad of a megabyte.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "recovery/entry_check.h"

namespace simdr::core {

class ZeroRun {
 public:
  // At most `allowance` bytes are read.
  ZeroRun(ByteView file, std::uint64_t begin, std::uint64_t allowance) noexcept
      : file_(file), end_(begin), allowance_(allowance) {}

  // Whether it goes on to `end`, which is in the file. False also where there was no allowance to find out.
  [[nodiscard]] bool reaches(std::uint64_t end) noexcept {
    while (end_ < end && !has_ended_) {
      const std::uint64_t size = std::min(end - end_, kStep);
      ran_out_ = allowance_ - size_read_ < size;
      if (ran_out_) return false;
      size_read_ += size;
      has_ended_ = !is_all_zero(file_.subspan(static_cast<std::size_t>(end_), static_cast<std::size_t>(size)));
      if (!has_ended_) end_ += size;
    }
    return end_ >= end;
  }
  [[nodiscard]] std::uint64_t size_read() const noexcept { return size_read_; }
  [[nodiscard]] bool ran_out() const noexcept { return ran_out_; }

 private:
  static constexpr std::uint64_t kStep = 256;

  ByteView file_;
  std::uint64_t end_;  // of the zeros that are known
  std::uint64_t allowance_;
  std::uint64_t size_read_ = 0;
  bool has_ended_ = false;
  bool ran_out_ = false;
};

}  // namespace simdr::core
