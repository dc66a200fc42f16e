// Asks for what a scan will look at. Trailers lie one entry apart and each names the next, so the walk itself cannot run ahead.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "format/step_run.h"
#include "format/trailer.h"

namespace simdr::core {

class ScanPrefetch {
 public:
  // The walk passed `record` and came `step` bytes down to `cursor`. `reads_all`: whole payloads are read.
  void follow(ByteView file, std::uint64_t cursor, std::uint64_t step, const EntryRecord& record,
              bool reads_all) noexcept {
    if (!run_.follow(step)) {
      if (cursor > kDistance) __builtin_prefetch(file.data() + (cursor - kDistance));
      return;
    }
    const std::uint64_t steps = !reads_all ? kStepsAhead : step < kReadDistance ? kReadDistance / step + 1 : 1;
    if (cursor / steps <= step) return;
    const std::byte* const guess = file.data() + record.payload_offset - steps * step;
    const std::uint64_t size = record.payload_size();
    for (std::uint64_t at = 0; reads_all && at < std::min(size, kReadDistance); at += 64)
      __builtin_prefetch(guess + at);
    __builtin_prefetch(guess);
    __builtin_prefetch(guess + size);
  }

 private:
  // What lies this far below brings the lines of small entries to come, of whatever sizes.
  static constexpr std::uint64_t kDistance = 6 * 1024;
  // Of larger ones only two lines each are looked at; those of one size are taken to be at the same places further down.
  static constexpr std::uint64_t kStepsAhead = 12;
  // The same where whole payloads are read, and how much of one is asked for: for the rest the processor reads ahead itself.
  static constexpr std::uint64_t kReadDistance = 4 * 1024;

  StepRun run_;
};

}  // namespace simdr::core
