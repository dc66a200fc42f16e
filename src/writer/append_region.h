// The end of a file that is open for writing: the standing guard, and the room before it.
//
//   committed entries | room: nobody's yet ................................ | guard |
//   0            tail | filled, up to ... | not there on the disk yet ..... |        end of file
//                              filled_end                            guard_line
//
// The room can be written to in two ways. Small entries are stored through the append window, a writable mapping from the
// tail to the guard; only that part of it is used whose blocks are really there, so that a store cannot fail. Large ones are
// written by a system call straight from the caller's memory. Nothing in the room counts until publish() stores the new tail
// into the guard.
//
// To grow, the new guard is written beyond the end first, in one write that extends the file; only then is the old guard's
// place used. So at every instant the last bytes of the file are a whole guard, or, before the first growth and after
// finish(), the end of the last entry (format/guard_line.h, docs/DESIGN.md). In a large file the guard stands far ahead,
// and the room before it is filled as it is needed, in whole huge pages: a page that holds a guard is a small one.
//
// One thread at a time; the store's write lock sees to that.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/status.h"
#include "format/guard_line.h"
#include "platform/file.h"

namespace simdr::core {

struct AppendConfig {
  std::uint64_t max_window_size = std::uint64_t{2} << 20;  // bytes
  bool mapped_writes = true;  // false: every entry goes by a system call
  // Room is filled up to the guard or to a multiple of this, and a guard stands far ahead of windows of this size only. Not
  // less than what the system caches in one piece: a store to such a piece takes blocks for all of it.
  std::uint64_t fill_step = std::uint64_t{2} << 20;
  // From this size on a payload goes to the file by system calls straight from the caller's memory: one pass over memory less.
  // Up to about here the window is as fast or faster, and leaves huge pages to those who read. What is larger than a window goes this way, too.
  std::uint64_t direct_size = std::uint64_t{128} << 10;
  // A batch of this size that does not fit into the window is assembled in memory and written by system calls, in pieces that
  // end at multiples of fill_step: what is filled first goes through the page cache twice. But the last piece is filled up, which for a
  // batch of 1 MiB is as much again, so smaller ones are stored through a window; those of two windows and more are not.
  std::uint64_t gather_from = std::uint64_t{4} << 20;
  bool sync_growth = false;  // COMMIT and STRICT: a new guard is on the disk before the old one's place is used

  // With sync_growth. What fills a window goes to the disk before what is stored there, so less goes through one.
  [[nodiscard]] AppendConfig with_synced_growth() const noexcept {
    AppendConfig config = *this;
    config.sync_growth = true;
    config.direct_size = std::min(direct_size, std::uint64_t{64} << 10);
    config.gather_from = std::min(gather_from, std::uint64_t{256} << 10);
    return config;
  }
};

// What a disk writes whole or not at all, at the least.
inline constexpr std::uint64_t kSectorSize = 512;

inline constexpr std::uint64_t kMinWindowSize = std::uint64_t{64} << 10;

class AppendRegion {
 public:
  struct Start {
    std::uint64_t tail = 0;  // the end of the last entry
    std::uint64_t durable_tail = 0;  // all below is on the disk
    std::uint64_t file_size = 0;
    bool has_guard = false;  // the file ends in a guard that a writer left behind
    bool holds_torn = false;  // kGuardHoldsTorn
  };
  // Writes nothing.
  AppendRegion(File& file, const Start& start, const AppendConfig& config) noexcept;

  // Bytes [tail, end) in memory, writable, when they lie in the append window; nullptr when open_window() is needed.
  [[nodiscard]] std::byte* writable(std::uint64_t tail, std::uint64_t end) const noexcept {
    return end <= window_end_ ? window_base_ + (tail - window_start_) : nullptr;
  }
  // Takes a window that can be written to from `tail` to at least `end`. After an error everything is as before, but for
  // kWriterFailed: then what is on the disk is unknown, and nothing more may be written.
  Result<void> open_window(std::uint64_t tail, std::uint64_t end);

  // Where the guard stood, and how long the file was.
  struct Growth {
    std::uint64_t old_line;
    std::uint64_t old_size;
  };
  // Moves the guard so that [tail, end) is room, for pieces of one large value, or of a batch, that write_direct() then puts
  // there. When not all of them could be, give_back() takes the move back, with what was written up to `end`.
  Result<Growth> make_room(std::uint64_t tail, std::uint64_t end);
  void give_back(const Growth& growth, std::uint64_t end) noexcept {
    soil(end);
    undo_growth(growth);
  }
  // Writes the parts, `size` bytes together, at `tail` by a system call.
  Result<void> write_direct(std::uint64_t tail, std::span<const ByteView> parts, std::uint64_t size);
  // The same for the last piece of a batch, for which there is room: what follows it is filled in the same call, so that it too
  // becomes one large page of the page cache. The filler is added to `parts`.
  Result<void> write_and_fill(std::uint64_t tail, std::vector<ByteView>* parts, std::uint64_t size);

  [[nodiscard]] bool uses_window() const noexcept { return config_.mapped_writes; }
  // Whether a batch that is to fill [tail, end) is better written than stored through the window.
  [[nodiscard]] bool prefers_writes(std::uint64_t tail, std::uint64_t end) const noexcept {
    return !config_.mapped_writes || (end > window_end_ && end - tail >= config_.gather_from);
  }

  // An entry whose trailer begins in one sector and ends in the next is told whole from torn by its CRC, which ends in the
  // second and covers what of the payload lies in the first. The key hash is under no checksum: where those bytes are what
  // the room held before, a lost first sector leaves an intact payload under a wrong key. True when that may be, for an entry
  // whose trailer starts at `trailer_offset` and whose payload ends with `payload_end`, its last bytes or all of it.
  [[nodiscard]] bool hides_a_tear(std::uint64_t trailer_offset, ByteView payload_end) const noexcept {
    if (trailer_offset % kSectorSize <= kSectorSize - kTrailerSize) [[likely]]
      return false;
    return config_.sync_growth && is_like_room(trailer_offset, payload_end);
  }
  // [tail, end) is room again, with bytes in it that were to be an entry.
  void soil(std::uint64_t end) noexcept {
    soiled_end_ = std::max(soiled_end_, end);
    filler_begin_ = std::max(filler_begin_, end);
  }
  // Puts all that was written on the disk before what follows: what a session of whole batches does before it
  // publishes an entry that hides a tear.
  Result<void> sync_before_publishing() { return sync_growth(); }

  // Makes everything below `tail` count, for every process, in one step.
  Result<void> publish(std::uint64_t tail) noexcept;
  // The same while there is a window: then nothing can fail.
  [[nodiscard]] bool publish_in_window(std::uint64_t tail) noexcept {
    if (window_base_ == nullptr) return false;
    guard_.committed_tail = tail;
    store_in_window(kGuardPrevTailAt, tail);
    return true;
  }

  // Around a sync: everything below `tail` is about to be on the disk; everything below `tail` is.
  Result<void> mark_synced(std::uint64_t tail) noexcept;
  Result<void> mark_durable(std::uint64_t tail) noexcept;

  // What recovery passed over is hidden by newer entries that are on the disk: the guard no longer tells of it.
  Result<void> forget_torn() noexcept;

  // Ends with the file cut to `tail`, byte for byte what the entries are. Nothing may be written afterwards.
  Result<void> finish(std::uint64_t tail);
  // Lets go of the window without touching the file: for a child of fork(), and when the file is damaged goods.
  void abandon() noexcept;

  [[nodiscard]] bool has_guard() const noexcept { return guard_line_ != kNoGuard; }
  [[nodiscard]] std::uint64_t published_tail() const noexcept { return guard_.committed_tail; }
  [[nodiscard]] std::uint64_t durable_tail() const noexcept { return guard_.durable_tail; }
  [[nodiscard]] std::uint64_t file_size() const noexcept { return file_size_; }
  // Windows opened and syncs made since the last call.
  struct Counts {
    std::uint64_t windows = 0;
    std::uint64_t syncs = 0;
  };
  Counts take_counts() noexcept { return std::exchange(counts_, {}); }
  // What the guard says of the writes since durable_tail; takes effect with the guard's next move.
  void set_all_synced(bool all_synced) noexcept;

 private:
  static constexpr std::uint64_t kNoGuard = ~std::uint64_t{0};
  // What is more than so many windows at once is for one value built in place: nothing else that is so large goes through a window.
  static constexpr std::uint64_t kMostWindowsAtOnce = 8;

  // The guard takes the last line of a page, so that the window is whole pages; the file ends 4 bytes before the page does.
  [[nodiscard]] static std::uint64_t line_behind(std::uint64_t room_end) noexcept {
    return align_up(room_end + kGuardLineSize, page_size()) - kGuardLineSize;
  }

  // append_region_remains.cc
  Result<void> clear_remains();
  Result<void> fill_remains();
  Result<void> cut_remains();
  Result<void> stand_guard(std::uint64_t line);

  Result<void> take_window(std::uint64_t tail, std::uint64_t end, std::uint64_t size);
  Result<void> place_guard(std::uint64_t new_line);
  Result<void> pull_guard(std::uint64_t new_line);
  Result<void> move_guard(std::uint64_t new_line);
  Result<void> write_guard(std::uint64_t line) noexcept;
  Result<void> store_field(std::size_t at, std::uint64_t value) noexcept;
  void store_in_window(std::size_t at, std::uint64_t value) noexcept {
    auto* field = reinterpret_cast<std::uint64_t*>(window_base_ + (guard_line_ - window_start_) + at);
    // Release: whoever sees the new tail sees all that lies below it, also when this process is killed right after.
    std::atomic_ref<std::uint64_t>(*field).store(value, std::memory_order_release);
  }
  Result<void> fill_room(std::uint64_t tail, std::uint64_t end, std::uint64_t old_line);
  void note_filler(std::uint64_t begin, std::uint64_t end) noexcept;
  Result<void> fill(std::uint64_t begin, std::uint64_t end);
  [[nodiscard]] bool is_like_room(std::uint64_t trailer_offset, ByteView payload_end) const noexcept;
  Result<void> sync_growth();
  Result<void> sync();
  void undo_growth(const Growth& growth) noexcept;
  void drop_window() noexcept;
  void forget_filler() noexcept { filler_begin_ = filler_end_ = 0; }
  [[nodiscard]] std::uint64_t choose_window_size(std::uint64_t tail) noexcept;
  [[nodiscard]] std::uint64_t distance_ahead(std::uint64_t tail, std::uint64_t step) const noexcept;

  File& file_;
  AppendConfig config_;
  GuardLine guard_;
  std::uint64_t guard_line_ = kNoGuard;  // offset of the standing guard
  std::uint64_t file_size_;
  std::uint64_t filled_end_;  // [tail, filled_end_) has blocks of its own
  // What the room holds where nothing was written since: filler in [filler_begin_, filler_end_), anything below soiled_end_,
  // zeros elsewhere. Of several that hold the first counts.
  std::uint64_t filler_begin_ = 0;
  std::uint64_t filler_end_ = 0;
  std::uint64_t soiled_end_ = 0;
  bool holds_remains_ = false;  // of a dead writer, above the tail

  std::unique_ptr<Mapping> window_;
  std::byte* window_base_ = nullptr;
  std::uint64_t window_start_ = 0;  // offset of window_base_
  std::uint64_t window_end_ = 0;  // stores may go up to here; 0 without a window
  std::uint64_t window_tail_ = 0;  // the tail when it was opened
  std::uint64_t window_used_ = 0;  // bytes of the last window that were used when a direct write ended it
  std::uint64_t next_window_size_ = kMinWindowSize;
  bool had_window_ = false;
  Counts counts_;
};

}  // namespace simdr::core
