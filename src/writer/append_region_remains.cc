// What a dead writer left above the tail, and how it goes before anything is written there.
#include "writer/append_region.h"

namespace simdr::core {

// What a dead writer left above the tail is no more before anything is written there: neither in the file nor, if the power goes,
// on the disk. Entries among it that hang on the tail, or on the end of what is written next, would be taken for ours.
Result<void> AppendRegion::clear_remains() {
  if (!holds_remains_) return {};
  const bool is_short = file_size_ - guard_.committed_tail <= kMostWindowsAtOnce * config_.max_window_size;
  Result<void> cleared = is_short ? fill_remains() : cut_remains();
  if (!cleared && is_short && cleared.error().status == Status::kNoSpace) cleared = cut_remains();
  if (cleared) holds_remains_ = false;
  return cleared;
}

// The guard first: what is torn might be like the filler where it is torn.
Result<void> AppendRegion::fill_remains() {
  const std::uint64_t tail = guard_.committed_tail;
  Result<void> done = stand_guard(line_behind(file_size_));
  if (done) done = fill(tail, guard_line_);
  if (done) done = sync();
  if (!done) return done;
  filled_end_ = guard_line_;
  note_filler(tail, guard_line_);
  return {};
}

// The same for what is too much to fill. Until the cut is on the disk there are two guards, which say the same.
Result<void> AppendRegion::cut_remains() {
  const std::uint64_t tail = guard_.committed_tail;
  const std::uint64_t line = line_behind(tail);
  Result<void> done = stand_guard(align_up(file_size_, kGuardLineSize));
  if (!done) return done;
  if (guard_line_ <= line) return fill_remains();
  done = fill(tail, line);
  if (done) done = write_guard(line);
  if (done) done = sync();
  if (done) done = file_.truncate(line + kGuardSize);
  if (done) done = sync();
  if (!done) return done;
  guard_line_ = line;
  file_size_ = line + kGuardSize;
  filled_end_ = line;
  note_filler(tail, line);
  return {};
}

// A guard of ours, on the disk: where the dead writer's stands, or, without one, at `line`, which lies beyond the end.
Result<void> AppendRegion::stand_guard(std::uint64_t line) {
  if (Result<void> stands = has_guard() ? write_guard(guard_line_) : move_guard(line); !stands) return stands;
  return sync();
}

}  // namespace simdr::core
