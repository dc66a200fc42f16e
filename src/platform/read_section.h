// Readers without locks, and a writer that must know when it may free what they looked at.
//
// A read section is a stretch of code that looks at shared structures published through atomic pointers. Opening and
// closing one are two plain stores to a cache line that only this thread writes: no lock, no shared line, no
// barrier, so that the cache misses of one lookup overlap with the next. The cost lies with the rare writer, which
// unpublishes a structure, calls wait_for_readers(), and may free it: every section that could have seen it is over by then.
//
// It is sound because wait_for_readers() makes all threads of the process execute a barrier (Linux: membarrier) between the
// unpublishing and the look at their lines: a reader whose opening store is not visible after that barrier does its loads
// after it, and finds the structure unpublished. Where there is no membarrier, opening a section has a full barrier itself; where the system refuses
// one that it had promised, the writer waits until all stores of before must have become visible.
//
// A thread takes a line the first time it opens a section and keeps it; no destructor runs at thread exit (the library may
// have been unloaded by then): a line whose thread is gone is found out and taken over. With more threads alive than lines
// the rest share counters.
//
// In a child of fork() the system wipes the lines: nobody there is in a section, and the thread that forked goes on with its own. Whose that is
// no other thread of the child can tell, so the lines that anybody had before are left to him there.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/sanitizers.h"
#include "base/sole_writer.h"

namespace simdr::core {

inline constexpr std::uint32_t kReaderLineCount = 256;

struct alignas(64) ReaderLine {
  std::atomic<std::uint64_t> sequence{0};  // odd while the owner is in a section; written by the owner only
};

namespace detail {

// Initial-exec, since a call to find a variable of 8 bytes would cost as much as the section; the C library keeps room for such in
// dynamically loaded libraries, but little, so that there are two words.
struct ThisReader {
  ReaderLine* quick_line;  // its line, where a section on it needs no barrier of its own; else null
  // Its line; or a number up to kMostPasses: of sections to do without a line before one is sought (again).
  std::uintptr_t line_or_passes;
};
inline constexpr std::uintptr_t kMostPasses = 4095;  // no line lies in the first page
extern constinit thread_local ThisReader t_reader __attribute__((tls_model("initial-exec")));
extern ReaderLine g_lines[kReaderLineCount];
extern std::atomic<bool> g_readers_need_barrier;

// Null when there was none left the last time that one was sought.
ReaderLine* take_line() noexcept;
// What closing it takes: which process began it, in which phase.
std::uint64_t open_shared() noexcept;
void close_shared(std::uint64_t opened) noexcept;

}  // namespace detail

class ReadSection {
 public:
  ReadSection() noexcept {
    const std::uintptr_t line_or_passes = detail::t_reader.line_or_passes;
    line_ = reinterpret_cast<ReaderLine*>(line_or_passes);
    if (line_or_passes <= detail::kMostPasses) [[unlikely]] {
      line_ = detail::take_line();
      if (line_ == nullptr) {
        sequence_ = detail::open_shared();
        return;
      }
    }
    sequence_ = line_->sequence.load(std::memory_order_relaxed);
    // Within a section of the same thread there is nothing to do, now and at the end.
    if (sequence_ % 2 != 0) [[unlikely]]
      return;
    line_->sequence.store(sequence_ + 1, std::memory_order_relaxed);
    if (detail::g_readers_need_barrier.load(std::memory_order_relaxed)) [[unlikely]] {
      std::atomic_thread_fence(std::memory_order_seq_cst);
    } else {
      // The compiler must keep the order; membarrier does the rest.
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
  }

  ~ReadSection() {
    if (line_ == nullptr) [[unlikely]] {
      detail::close_shared(sequence_);
      return;
    }
    if (sequence_ % 2 != 0) [[unlikely]]
      return;
    // Release: the freeing writer, which reads this, must come after all that was read in the section.
    line_->sequence.store(sequence_ + 2, std::memory_order_release);
  }

  ReadSection(const ReadSection&) = delete;
  ReadSection& operator=(const ReadSection&) = delete;

  // A small number that no other thread in a section has now, but for kReaderLineCount, which the overflow shares.
  [[nodiscard]] std::size_t slot() const noexcept {
    return slot_is_shared() ? kReaderLineCount : static_cast<std::size_t>(line_ - detail::g_lines);
  }
  [[nodiscard]] bool slot_is_shared() const noexcept { return line_ == nullptr; }

 private:
  ReaderLine* line_;
  std::uint64_t sequence_ = 0;  // before this section; odd in a nested one. Without a line, what open_shared() said
};

// The same for functions that are to make no call, so that they save no registers. It opens only where that takes no more than a store; where it
// did not, another way with a ReadSection is needed. One that is open must be closed, on each way out by itself: then the compiler
// need not find out again, at the end, how it got there.
class QuickReadSection {
 public:
  QuickReadSection() noexcept : line_(detail::t_reader.quick_line) {
    if (line_ == nullptr) [[unlikely]]
      return;
    const std::uint64_t sequence = line_->sequence.load(std::memory_order_relaxed);
    if (sequence % 2 != 0) [[unlikely]] {  // a section of this thread is open
      line_ = nullptr;
      return;
    }
    line_->sequence.store(sequence + 1, std::memory_order_relaxed);
    if constexpr (SIMDR_TSAN) {
      std::atomic_thread_fence(std::memory_order_seq_cst);
    } else {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
  }
  QuickReadSection(const QuickReadSection&) = delete;
  QuickReadSection& operator=(const QuickReadSection&) = delete;

  [[nodiscard]] bool is_open() const noexcept { return line_ != nullptr; }
  // Only while it is open, and once.
  [[gnu::always_inline]] void close() const noexcept { add_alone_and_release(line_->sequence, 1); }
  // For PerReader: the thread's own, also after close(); null when the section did not open.
  [[nodiscard]] const ReaderLine* line() const noexcept { return line_; }

 private:
  ReaderLine* line_;
};

// Returns when every section that was open at the call has been closed. Must not be called inside a section.
void wait_for_readers() noexcept;

}  // namespace simdr::core
