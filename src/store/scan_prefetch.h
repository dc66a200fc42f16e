// Asks for what a scan will look at. Trailers lie one entry apart and each names the next, so the walk itself cannot run ahead.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "format/trailer.h"
#include "store/step_run.h"

namespace simdr::core {

class ScanPrefetch {
 public:
  // The walk passed `record` and came `step` bytes down to `cursor`. `reads_all`: whole payloads are read.
  void follow(ByteView file, std::uint64_t cursor, std::uint64_t step, const EntryRecord& record,
              bool reads_all) noexcept {
    if (!run_.follow(step) || step <= kLineSize) {
      trailer_ahead_ = 0;
      if (cursor > kDistance) __builtin_prefetch(file.data() + (cursor - kDistance));
      return;
    }
    if (trailer_ahead_ == 0) [[unlikely]]
      look_ahead(step, reads_all);
    if (cursor <= trailer_ahead_ + step) return;
    const std::byte* const trailer = file.data() + record.trailer_offset - trailer_ahead_;
    const std::byte* const payload = file.data() + record.payload_offset - payload_ahead_;
    if (reads_all) {
      const std::uint64_t size = std::min(record.payload_size(), kReadDistance);
      for (std::uint64_t at = 0; at < size; at += kLineSize) __builtin_prefetch(payload + at);
    }
    __builtin_prefetch(trailer);
    if (reads_all) return;
    if (step > kSmallStep) __builtin_prefetch(trailer + kTrailerSize - 1);
    __builtin_prefetch(payload);
  }

 private:
  static constexpr std::uint64_t kLineSize = 64;
  // What lies this far below brings the lines of small entries to come, of whatever sizes.
  static constexpr std::uint64_t kDistance = 6 * 1024;
  // Entries of one size are taken to be at the same places further down, in bytes and at least so many of them. The first line that the
  // walk comes to, the trailer's, is asked for first and the payload's later: both at once take a third longer.
  static constexpr std::uint64_t kRunDistance = 3 * 1024;
  static constexpr std::uint64_t kPayloadLater = 512;
  static constexpr std::uint64_t kStepsAhead = 12;
  // Where whole payloads are read, and how much of one is asked for: for the rest the processor reads ahead itself.
  static constexpr std::uint64_t kReadDistance = 4 * 1024;
  // In larger entries a trailer on two lines is worth two requests.
  static constexpr std::uint64_t kSmallStep = 192;

  // Once a run: it takes divisions.
  void look_ahead(std::uint64_t step, bool reads_all) noexcept {
    const std::uint64_t distance = step > kSmallStep && reads_all ? kReadDistance : kRunDistance;
    const std::uint64_t least = reads_all ? 1 : kStepsAhead;
    const std::uint64_t steps = distance / step + 1;
    trailer_ahead_ = std::max(steps, least) * step;
    payload_ahead_ = std::max(steps - (reads_all ? 0 : kPayloadLater / step), least) * step;
  }

  StepRun run_;
  std::uint64_t trailer_ahead_ = 0;  // in bytes, a multiple of the step; 0: there is no run
  std::uint64_t payload_ahead_ = 0;
};

}  // namespace simdr::core
