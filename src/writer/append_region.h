// The end of a file that is open for writing: the standing guard, and the room before it.
//
//   committed entries | room: nobody's yet ................................ | guard |
//   0            tail                                             guard_line   end of file
//
// The room can be written to in two ways. Small entries are stored through the append window, a writable mapping from the
// tail to the guard whose blocks are really there, so that a store cannot fail. Large ones are written by a system call
// straight from the caller's memory. Nothing in the room counts until publish() stores the new tail into the guard.
//
// To grow, the new guard is written beyond the end first, in one write that extends the file; the gap is filled; only then is
// the old guard's place used. So at every instant the last bytes of the file are a whole guard, or, before the first
// growth and after finish(), the end of the last entry (format/guard_line.h, docs/DESIGN.md).
//
// One thread at a time; the store's write lock sees to that.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "base/status.h"
#include "format/guard_line.h"
#include "platform/file.h"

namespace simdr::core {

struct AppendConfig {
  std::uint64_t max_window_size = std::uint64_t{4} << 20;  // bytes
  bool mapped_writes = true;  // false: every entry goes by a system call
  bool sync_growth = false;  // COMMIT and STRICT: a new guard is on the disk before the old one's place is used
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
  };
  // Writes nothing.
  AppendRegion(File& file, const Start& start, const AppendConfig& config) noexcept;

  // Bytes [tail, end) in memory, writable, when they lie in the append window; nullptr when open_window() is needed.
  [[nodiscard]] std::byte* writable(std::uint64_t tail, std::uint64_t end) const noexcept {
    return end <= window_end_ ? window_base_ + (tail - window_start_) : nullptr;
  }
  // Takes a window that reaches from `tail` to at least `end`. After an error everything is as before, but for
  // kWriterFailed: then what is on the disk is unknown, and nothing more may be written.
  Result<void> open_window(std::uint64_t tail, std::uint64_t end);

  // Moves the guard so that [tail, end) is room, for pieces of one large value that write_direct() then puts there.
  Result<void> make_room(std::uint64_t tail, std::uint64_t end);
  // Writes the parts, `size` bytes together, at `tail` by a system call.
  Result<void> write_direct(std::uint64_t tail, std::span<const ByteView> parts, std::uint64_t size);

  [[nodiscard]] bool uses_window() const noexcept { return config_.mapped_writes; }

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
  void soil(std::uint64_t end) noexcept { soiled_end_ = std::max(soiled_end_, end); }
  // Puts all that was written on the disk before what follows: what a session of whole batches does before it
  // publishes an entry that hides a tear.
  Result<void> sync_before_publishing() { return sync_growth(); }

  // Makes everything below `tail` count, for every process, in one step.
  Result<void> publish(std::uint64_t tail) noexcept;

  // Around a sync: everything below `tail` is about to be on the disk; everything below `tail` is.
  Result<void> mark_synced(std::uint64_t tail) noexcept;
  Result<void> mark_durable(std::uint64_t tail) noexcept;

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

  struct Growth {
    std::uint64_t old_line;
    std::uint64_t old_size;
  };

  Result<void> adopt_guard();
  Result<void> take_window(std::uint64_t tail, std::uint64_t page_end);
  Result<void> pull_guard(std::uint64_t new_line);
  Result<void> move_guard(std::uint64_t new_line);
  Result<void> write_guard(std::uint64_t line) noexcept;
  Result<void> store_field(std::size_t at, std::uint64_t value) noexcept;
  Result<void> fill_room(std::uint64_t tail, std::uint64_t old_line);
  Result<void> fill(std::uint64_t begin, std::uint64_t end);
  [[nodiscard]] bool is_like_room(std::uint64_t trailer_offset, ByteView payload_end) const noexcept;
  Result<void> sync_growth();
  void undo_growth(const Growth& growth) noexcept;
  void drop_window() noexcept;
  [[nodiscard]] std::uint64_t choose_window_size(std::uint64_t tail) noexcept;

  File& file_;
  AppendConfig config_;
  GuardLine guard_;
  std::uint64_t guard_line_ = kNoGuard;  // offset of the standing guard
  std::uint64_t file_size_;
  std::uint64_t filled_end_;  // [tail, filled_end_) has blocks of its own
  std::uint64_t hole_end_ = 0;  // room below may read as zeros; above, it is filler
  std::uint64_t soiled_end_ = 0;  // room below may hold anything
  bool guard_is_foreign_ = false;  // the standing guard is a dead writer's: to be rewritten before the first use

  std::unique_ptr<Mapping> window_;
  std::byte* window_base_ = nullptr;
  std::uint64_t window_start_ = 0;  // offset of window_base_
  std::uint64_t window_end_ = 0;  // = guard_line_ while there is a window, else 0
  std::uint64_t window_tail_ = 0;  // the tail when it was opened
  std::uint64_t window_used_ = 0;  // bytes of the last window that were used when a direct write ended it
  std::uint64_t next_window_size_ = kMinWindowSize;
  bool had_window_ = false;
  Counts counts_;
};

}  // namespace simdr::core
