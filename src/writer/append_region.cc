#include "writer/append_region.h"

#include <algorithm>
#include <cstring>

#include "base/checked.h"
#include "platform/fork_canary.h"

namespace simdr::core {
namespace {

// 0xFF: neither a link, nor an end of a chain, nor a tombstone, whatever reads it.
constexpr std::byte kFiller{0xFF};
constexpr std::size_t kFillBlock = std::size_t{64} << 10;
// 4 MiB a write. Where one fills whole multiples of 2 MiB, the kernel takes huge pages (platform/file_posix.cc): mapped by one entry of
// the page table each.
constexpr std::size_t kFillParts = 64;
// How many windows the guard may stand ahead of the tail.
constexpr std::uint64_t kWindowsAhead = 32;

struct FillBlock {
  std::byte bytes[kFillBlock];
};

const FillBlock& fill_block() noexcept {
  // Constant-initialised: pages of the library's read-only data, shared by all.
  static constexpr auto make = [] {
    FillBlock block{};
    for (std::byte& byte : block.bytes) byte = kFiller;
    return block;
  };
  static constexpr FillBlock block = make();
  return block;
}

}  // namespace

AppendRegion::AppendRegion(File& file, const Start& start, const AppendConfig& config) noexcept
    : file_(file), config_(config), file_size_(start.file_size), filled_end_(start.tail) {
  guard_.committed_tail = start.tail;
  guard_.durable_tail = std::min(start.durable_tail, start.tail);
  guard_.synced_tail = guard_.durable_tail;
  guard_.writer_pid = process_id();
  if (start.holds_torn) guard_.flags |= kGuardHoldsTorn;
  config_.max_window_size = std::max(config_.max_window_size, kMinWindowSize);
  config_.gather_from = std::min(config_.gather_from, 2 * config_.max_window_size);
  if (start.has_guard) guard_line_ = start.file_size - kGuardSize;
  holds_remains_ = start.file_size > start.tail;
}

void AppendRegion::set_all_synced(bool all_synced) noexcept {
  guard_.flags = all_synced ? guard_.flags | kGuardAllSynced : guard_.flags & ~kGuardAllSynced;
}

Result<void> AppendRegion::open_window(std::uint64_t tail, std::uint64_t end) {
  if (Result<void> cleared = clear_remains(); !cleared) return cleared;
  Result<void> taken = take_window(tail, end, choose_window_size(tail));
  if (!taken && (taken.error().status == Status::kNoSpace || taken.error().status == Status::kTooLarge)) {
    // A nearly full disk, or a limit on the size of files, may still leave room for the entry, if not for the stretch ahead of it.
    next_window_size_ = kMinWindowSize;
    taken = take_window(tail, end, 0);
  }
  return taken;
}

// A window of `size` bytes, or of as many as reach to `end`. 0: no more than that, and no guard further out either.
Result<void> AppendRegion::take_window(std::uint64_t tail, std::uint64_t end, std::uint64_t size) {
  const std::uint64_t wanted = std::max(end, tail + size);
  const Growth growth{guard_line_, file_size_};
  // More room than this is what a failed large write left behind; or there is no space to fill what is there.
  const std::uint64_t too_far =
      size == 0 ? line_behind(wanted)
                : std::max(wanted, tail + 2 * kWindowsAhead * std::max(size, config_.max_window_size));
  if (!has_guard() || end > guard_line_ || guard_line_ > too_far) {
    const std::uint64_t ahead = size >= config_.fill_step ? distance_ahead(tail, size) : 0;
    if (Result<void> placed = place_guard(line_behind(wanted + ahead)); !placed) return placed;
  }
  const bool moved_up = guard_line_ != growth.old_line && file_size_ > growth.old_size;
  const std::uint64_t fill_end = std::min(guard_line_, align_up(wanted, config_.fill_step));
  if (Result<void> filled = fill_room(tail, fill_end, moved_up ? growth.old_line : kNoGuard); !filled) {
    if (moved_up) undo_growth(growth);
    return filled;
  }
  if (Result<void> synced = sync_growth(); !synced) return synced;

  if (window_base_ == nullptr || window_start_ > tail) {
    // Stores to the guard need all blocks of its page, too.
    const std::uint64_t guard_page = align_down(guard_line_, page_size());
    if (Result<void> filled = fill(std::max(guard_page, fill_end), guard_line_); !filled) {
      if (moved_up) undo_growth(growth);
      return filled;
    }
    // Where large pages begin: of one that is mapped in part, each small page is a fault of its own.
    const std::uint64_t start = align_down(align_down(tail, config_.fill_step), page_size());
    Result<std::unique_ptr<Mapping>> mapping =
        file_.map(start, guard_line_ + kGuardLineSize - start, Access::kReadWrite);
    if (!mapping) return mapping.error();  // the guard stands further out than it need; that is all
    window_ = std::move(*mapping);
    window_base_ = window_->data();
    window_start_ = start;
    window_end_ = start;
  }
  // A value built in place is touched by its builder, and may be larger than what should be mapped in one go.
  const std::uint64_t populate_begin = std::max(window_end_, align_down(tail, page_size()));
  if (fill_end - populate_begin <= kMostWindowsAtOnce * std::max(config_.max_window_size, config_.fill_step)) {
    window_->populate(populate_begin - window_start_, align_up(fill_end, page_size()) - populate_begin);
  }
  window_end_ = fill_end;
  window_tail_ = tail;
  had_window_ = true;
  ++counts_.windows;
  return {};
}

// How far beyond what is asked for the guard is put, so that it moves seldom: many of the steps in which the file grows, but a
// share at most of what the file already is.
std::uint64_t AppendRegion::distance_ahead(std::uint64_t tail, std::uint64_t step) const noexcept {
  return std::min(tail / 4, (kWindowsAhead - 1) * std::clamp(step, next_window_size_, config_.max_window_size));
}

Result<void> AppendRegion::place_guard(std::uint64_t new_line) {
  return file_size_ > new_line + kGuardSize ? pull_guard(new_line) : move_guard(new_line);
}

// Moves the guard towards the tail: it is written at its new place, which is nobody's, and the file is then cut behind it.
// Until the cut, the last bytes of the file are the old guard.
Result<void> AppendRegion::pull_guard(std::uint64_t new_line) {
  drop_window();
  if (Result<void> written = write_guard(new_line); !written) return written;
  if (Result<void> synced = sync_growth(); !synced) return synced;
  if (Result<void> cut = file_.truncate(new_line + kGuardSize); !cut) return cut;
  guard_line_ = new_line;
  file_size_ = new_line + kGuardSize;
  filled_end_ = std::min(filled_end_, new_line);
  filler_end_ = std::min(filler_end_, new_line);
  return {};
}

// Windows double while they are used up, and shrink when direct writes end them before they are.
std::uint64_t AppendRegion::choose_window_size(std::uint64_t tail) noexcept {
  const std::uint64_t used = window_base_ != nullptr ? std::min(tail, window_end_) - window_tail_ : window_used_;
  if (had_window_ && used >= next_window_size_ / 2) {
    next_window_size_ = std::min(next_window_size_ * 2, config_.max_window_size);
  } else if (had_window_ && used < next_window_size_ / 8) {
    next_window_size_ = std::max(next_window_size_ / 2, kMinWindowSize);
  }
  return next_window_size_;
}

Result<void> AppendRegion::write_direct(std::uint64_t tail, std::span<const ByteView> parts, std::uint64_t size) {
  const Result<Growth> growth = make_room(tail, tail + size);
  if (!growth) return growth.error();
  if (Result<void> written = file_.write_at(tail, parts); !written) {
    give_back(*growth, tail + size);
    return written;
  }
  filled_end_ = std::max(filled_end_, tail + size);
  return {};
}

Result<void> AppendRegion::write_and_fill(std::uint64_t tail, std::vector<ByteView>* parts, std::uint64_t size) {
  const std::uint64_t end = tail + size;
  const std::uint64_t fill_end = std::min(guard_line_, align_up(end, config_.fill_step));
  // Filler that is not synced may be there or not after a power cut, and hides_a_tear() must know.
  if (!config_.mapped_writes || config_.sync_growth || end <= filled_end_ || end > guard_line_) {
    return write_direct(tail, *parts, size);
  }
  const std::size_t count = parts->size();
  for (std::uint64_t at = end; at < fill_end; at += parts->back().size()) {
    parts->push_back(
        {fill_block().bytes, static_cast<std::size_t>(std::min<std::uint64_t>(kFillBlock, fill_end - at))});
  }
  if (!file_.write_at(tail, *parts)) {
    // Space that is short may still do for the entries alone.
    parts->resize(count);
    return write_direct(tail, *parts, size);
  }
  if (fill_end > end) note_filler(end, fill_end);
  filled_end_ = fill_end;
  return {};
}

Result<AppendRegion::Growth> AppendRegion::make_room(std::uint64_t tail, std::uint64_t end) {
  const Growth growth{guard_line_, file_size_};
  if (Result<void> cleared = clear_remains(); !cleared) return cleared.error();
  if (has_guard() && end <= guard_line_) return growth;
  if (window_base_ != nullptr) window_used_ = std::min(tail, window_end_) - window_tail_;
  // A stretch ahead of time spares moving the guard for each.
  const std::uint64_t ahead =
      std::max(distance_ahead(tail, end - tail), config_.mapped_writes ? std::uint64_t{0} : kMinWindowSize);
  Result<void> moved = move_guard(align_up(std::max(end, file_size_) + ahead, kGuardLineSize));
  if (!moved && moved.error().status == Status::kTooLarge) {
    moved = move_guard(align_up(std::max(end, file_size_), kGuardLineSize));  // at a limit on the size of files
  }
  if (moved) moved = sync_growth();
  if (!moved) return moved.error();
  return growth;
}

Result<void> AppendRegion::sync_growth() { return config_.sync_growth ? sync() : Result<void>{}; }

Result<void> AppendRegion::sync() {
  ++counts_.syncs;
  if (Result<void> synced = file_.sync_data(); !synced) {
    Error failure = synced.error();
    failure.status = Status::kWriterFailed;
    return failure;
  }
  return {};
}

// Moves the guard away from the tail, beyond the end of the file.
Result<void> AppendRegion::move_guard(std::uint64_t new_line) {
  if (new_line == guard_line_) return {};
  if (Result<void> written = write_guard(new_line); !written) {
    // A write that failed may have extended the file all the same; nothing but the old end may stay.
    (void)file_.truncate(file_size_);
    return written;
  }
  drop_window();
  guard_line_ = new_line;
  file_size_ = new_line + kGuardSize;
  return {};
}

Result<void> AppendRegion::write_guard(std::uint64_t line) noexcept {
  std::byte bytes[kGuardSize];
  encode_guard(bytes, line, guard_);
  const ByteView part(bytes, kGuardSize);
  return file_.write_at(line, {&part, 1});
}

// The old guard may have been overwritten by what failed: it is written again, where its block is still its own, before
// the file is cut back to it. Where that cannot be done the new guard stands, and is as good.
void AppendRegion::undo_growth(const Growth& growth) noexcept {
  if (growth.old_line == guard_line_) return;
  if (growth.old_line != kNoGuard && (!write_guard(growth.old_line) || !sync_growth())) return;
  if (!file_.truncate(growth.old_size)) return;
  drop_window();
  guard_line_ = growth.old_line;
  file_size_ = growth.old_size;
  filled_end_ = guard_.committed_tail;
  forget_filler();
}

// The room up to `end` gets blocks of its own. The old guard has one and is left alone, so that on the disk it is there until the
// new one is.
Result<void> AppendRegion::fill_room(std::uint64_t tail, std::uint64_t end, std::uint64_t old_line) {
  const std::uint64_t room_begin = std::max(filled_end_, tail);
  std::uint64_t begin = room_begin;
  if (old_line != kNoGuard) {
    if (Result<void> filled = fill(begin, old_line); !filled) return filled;
    begin = std::max(begin, old_line + kGuardLineSize);
  }
  // Writing a large value twice would cost more than its page faults do.
  if (begin < end && end - begin > kMostWindowsAtOnce * config_.max_window_size) {
    const Result<void> allocated = file_.allocate(begin, end - begin);
    if (!allocated && allocated.error().status != Status::kUnsupported) return allocated;
    if (allocated) begin = end;
  }
  const bool is_filler = begin < end;
  if (Result<void> filled = fill(begin, end); !filled) return filled;
  if (is_filler) note_filler(room_begin, end);
  filled_end_ = std::max(filled_end_, end);
  return {};
}

void AppendRegion::note_filler(std::uint64_t begin, std::uint64_t end) noexcept {
  if (begin > filler_end_ + kGuardLineSize || begin < filler_begin_) filler_begin_ = begin;
  filler_end_ = end;
}

bool AppendRegion::is_like_room(std::uint64_t trailer_offset, ByteView payload_end) const noexcept {
  const ByteView last = payload_end.last(std::min<std::size_t>(payload_end.size(), trailer_offset % kSectorSize));
  const auto is_all = [&](std::byte byte) {
    return std::all_of(last.begin(), last.end(), [byte](std::byte one) { return one == byte; });
  };
  if (is_all(kFiller)) return true;
  if (trailer_offset >= filler_begin_ && trailer_offset < filler_end_) return false;
  return trailer_offset < soiled_end_ || is_all(std::byte{0});
}

Result<void> AppendRegion::fill(std::uint64_t begin, std::uint64_t end) {
  const FillBlock& block = fill_block();
  while (begin < end) {
    ByteView parts[kFillParts];
    std::size_t count = 0;
    std::uint64_t size = 0;
    while (count < kFillParts && begin + size < end) {
      const std::uint64_t part = std::min<std::uint64_t>(kFillBlock, end - begin - size);
      parts[count++] = {block.bytes, static_cast<std::size_t>(part)};
      size += part;
    }
    if (Result<void> written = file_.write_at(begin, {parts, count}); !written) return written;
    begin += size;
  }
  return {};
}

Result<void> AppendRegion::publish(std::uint64_t tail) noexcept {
  const std::uint64_t before = guard_.committed_tail;
  guard_.committed_tail = tail;
  Result<void> stored = store_field(kGuardPrevTailAt, tail);
  if (!stored) guard_.committed_tail = before;
  return stored;
}

Result<void> AppendRegion::mark_synced(std::uint64_t tail) noexcept {
  if (tail <= guard_.synced_tail) return {};
  guard_.synced_tail = tail;
  return store_field(kGuardSyncedAt, tail);
}

Result<void> AppendRegion::mark_durable(std::uint64_t tail) noexcept {
  if (tail <= guard_.durable_tail) return {};
  guard_.durable_tail = tail;
  return store_field(kGuardDurableAt, tail);
}

// One store, with the process number that shares its 8 bytes.
Result<void> AppendRegion::forget_torn() noexcept {
  static_assert(kGuardPidAt % 8 == 0 && kGuardFlagsAt == kGuardPidAt + 4);
  guard_.flags &= ~kGuardHoldsTorn;
  return store_field(kGuardPidAt, guard_.writer_pid | std::uint64_t{guard_.flags} << 32);
}

Result<void> AppendRegion::store_field(std::size_t at, std::uint64_t value) noexcept {
  if (!has_guard()) return {};
  if (window_base_ != nullptr) {
    store_in_window(at, value);
    return {};
  }
  const ByteView part(reinterpret_cast<const std::byte*>(&value), sizeof value);
  return file_.write_at(guard_line_ + at, {&part, 1});
}

Result<void> AppendRegion::finish(std::uint64_t tail) {
  drop_window();
  if (!has_guard()) return {};
  if (Result<void> cut = file_.truncate(tail); !cut) return cut;
  guard_line_ = kNoGuard;
  file_size_ = tail;
  filled_end_ = tail;
  forget_filler();
  return {};
}

void AppendRegion::abandon() noexcept { drop_window(); }

void AppendRegion::drop_window() noexcept {
  window_.reset();
  window_base_ = nullptr;
  window_start_ = 0;
  window_end_ = 0;
}

}  // namespace simdr::core
