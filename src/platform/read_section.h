// Readers without locks, and a writer that must know when it may free what they looked at.
//
// A read section is a stretch of code that looks at shared structures published through atomic pointers. Opening and
// closing one are two plain stores to a cache line that only this thread writes: no lock, no shared line, no
// barrier, so that the cache misses of one lookup overlap with the next. The cost lies with the rare writer, which
// unpublishes a structure, calls wait_for_readers(), and may free it: every section that could have seen it is over by then.
//
// It is sound because wait_for_readers() makes all threads of the process execute a barrier (Linux: membarrier) between the
// unpublishing and the look at their lines: a reader whose opening store is not visible after that barrier does its loads
// after it, and finds the structure unpublished. Where there is no membarrier, opening a section has a full barrier itself.
//
// A thread takes a line the first time it opens a section and keeps it; no destructor runs at thread exit (the library may
// have been unloaded by then): a line whose thread is gone is found out and taken over. With more threads alive than lines
// the rest share one counter.
#pragma once

#include <atomic>
#include <cstdint>

namespace simdr::core {

inline constexpr std::uint32_t kReaderLineCount = 256;

struct alignas(64) ReaderLine {
  std::atomic<std::uint64_t> sequence{0};  // odd while the owner is in a section; written by the owner only
  std::atomic<std::int32_t> owner{0};  // the owner's thread id, 0 when free
  std::uint32_t depth = 0;  // of nested sections; the owner's alone
};

namespace detail {

// The line of this thread plus one, 0 before the first section. Initial-exec, since a call to find a 4-byte variable would cost
// as much as the section; the C library keeps room for such in dynamically loaded libraries.
extern constinit thread_local std::uint32_t t_line __attribute__((tls_model("initial-exec")));
extern ReaderLine g_lines[kReaderLineCount];
extern std::atomic<bool> g_readers_need_barrier;

std::uint32_t take_line() noexcept;
void open_shared() noexcept;
void close_shared() noexcept;

}  // namespace detail

class ReadSection {
 public:
  ReadSection() noexcept {
    std::uint32_t line = detail::t_line;
    if (line == 0) [[unlikely]]
      line = detail::take_line();
    line_ = line;
    if (line > kReaderLineCount) [[unlikely]] {
      detail::open_shared();
      return;
    }
    ReaderLine& mine = detail::g_lines[line - 1];
    if (mine.depth++ == 0) {
      mine.sequence.store(mine.sequence.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      if (detail::g_readers_need_barrier.load(std::memory_order_relaxed)) [[unlikely]] {
        std::atomic_thread_fence(std::memory_order_seq_cst);
      } else {
        std::atomic_signal_fence(
            std::memory_order_seq_cst);  // the compiler must keep the order; membarrier does the rest
      }
    }
  }

  ~ReadSection() {
    if (line_ > kReaderLineCount) [[unlikely]] {
      detail::close_shared();
      return;
    }
    ReaderLine& mine = detail::g_lines[line_ - 1];
    if (--mine.depth == 0) {
      // Release: the freeing writer, which reads this, must come after all that was read in the section.
      mine.sequence.store(mine.sequence.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }
  }

  ReadSection(const ReadSection&) = delete;
  ReadSection& operator=(const ReadSection&) = delete;

  // A small number that no other thread in a section has now, but for kReaderLineCount, which the overflow shares.
  [[nodiscard]] std::uint32_t slot() const noexcept { return line_ - 1; }
  [[nodiscard]] bool slot_is_shared() const noexcept { return line_ > kReaderLineCount; }

 private:
  std::uint32_t line_;
};

// Returns when every section that was open at the call has been closed. Must not be called inside a section.
void wait_for_readers() noexcept;

}  // namespace simdr::core
