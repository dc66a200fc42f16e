#include <linux/membarrier.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "platform/file.h"
#include "platform/read_section.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

namespace simdr::core {
namespace detail {
namespace {

// Where pages are larger, nothing is wiped.
constexpr std::size_t kWipedPageSize = 4096;

}  // namespace

constinit thread_local ThisReader t_reader{};
// Whole pages: see begin_in_process().
alignas(kWipedPageSize) ReaderLine g_lines[kReaderLineCount];
// True until the kernel has agreed to membarrier; ThreadSanitizer cannot see such barriers, so it keeps true.
std::atomic<bool> g_readers_need_barrier{true};

namespace {

// A page of its own, which is wiped, too.
struct alignas(kWipedPageSize) SharedCounts {
  // Sections without a line, by the phase that they began in. Whoever waits changes the phase: then a count goes down to zero however many begin.
  std::atomic<std::uint64_t> sections[2];
  std::atomic<std::uint32_t> phase;
  std::atomic_flag phase_is_taken;
  std::atomic<std::int32_t> process;  // whose they are; 0 before the first, and in a child that has none yet
};
SharedCounts g_shared;
static_assert(sizeof g_lines % kWipedPageSize == 0 && sizeof g_shared % kWipedPageSize == 0);

// Of each line, the process and thread that took it, 0 when nobody did. These are not wiped.
std::atomic<std::uint64_t> g_owners[kReaderLineCount];
std::atomic<bool> g_children_are_wiped{false};
std::atomic<bool> g_membarrier_is_refused{false};

constexpr bool kUseMembarrier = !SIMDR_TSAN;

std::uint64_t this_thread() noexcept {
  return static_cast<std::uint64_t>(::getpid()) << 32 | static_cast<std::uint32_t>(::syscall(SYS_gettid));
}

// A thread of a process that forked may be ours, if it was that one; but it has no section open that its line does not show.
bool is_gone(std::uint64_t owner) noexcept {
  const auto process = static_cast<std::int32_t>(owner >> 32);
  if (process != ::getpid()) return !g_children_are_wiped.load(std::memory_order_relaxed);
  return ::syscall(SYS_tgkill, process, static_cast<std::int32_t>(owner), 0) != 0 && errno == ESRCH;
}

// Before the first section of a process. In a child of fork() all that is so far is wiped already, and what it forks will be.
void begin_in_process() noexcept {
  const std::int32_t process = ::getpid();
  if (g_shared.process.load(std::memory_order_relaxed) == process) return;
  if (page_size() == kWipedPageSize && ::madvise(g_lines, sizeof g_lines, MADV_WIPEONFORK) == 0 &&
      ::madvise(&g_shared, sizeof g_shared, MADV_WIPEONFORK) == 0) {
    g_children_are_wiped.store(true, std::memory_order_relaxed);
  }
  g_shared.process.store(process, std::memory_order_relaxed);
}

// The registration must be complete before the first section without a barrier, and it is: the flag changes last. Every thread that comes
// before that asks, which does no harm: one that went on instead would have no quick line for good.
void ask_for_membarrier() noexcept {
  if (!kUseMembarrier || !g_readers_need_barrier.load(std::memory_order_acquire)) return;
  if (g_membarrier_is_refused.load(std::memory_order_relaxed)) return;
  if (::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0) {
    g_readers_need_barrier.store(false, std::memory_order_seq_cst);
  } else {
    g_membarrier_is_refused.store(true, std::memory_order_relaxed);
  }
}

// For want of a barrier on another processor. What that has stored before it looks at what we unpublished leaves its store buffer within microseconds,
// and at the next interrupt at the latest: no manual gives a bound, so this is a thousand times as long.
void wait_for_store_buffers() noexcept {
  constexpr std::chrono::milliseconds kLongEnough{10};
  const auto end = std::chrono::steady_clock::now() + kLongEnough;
  while (std::chrono::steady_clock::now() < end) ::sched_yield();
}

// A kernel that agreed to membarrier may be out of memory for it, or be kept from it by a filter of system calls that was set since.
void barrier_everywhere() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (g_readers_need_barrier.load(std::memory_order_seq_cst)) return;
  if (::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0) wait_for_store_buffers();
}

void wait_for_line(std::size_t number) noexcept {
  ReaderLine& line = g_lines[number];
  const std::uint64_t seen = line.sequence.load(std::memory_order_acquire);
  if (seen % 2 == 0) return;
  for (unsigned spins = 0; line.sequence.load(std::memory_order_acquire) == seen; ++spins) {
    if (spins < 64) continue;
    // A thread that was ended inside a section will never close it.
    if (spins % 1024 == 0 && is_gone(g_owners[number].load(std::memory_order_relaxed))) return;
    ::sched_yield();
  }
}

bool claim(std::size_t number, std::uint64_t from, std::uint64_t me) noexcept {
  if (!g_owners[number].compare_exchange_strong(from, me, std::memory_order_acq_rel)) return false;
  ReaderLine& line = g_lines[number];
  const std::uint64_t sequence = line.sequence.load(std::memory_order_relaxed);
  line.sequence.store(sequence + sequence % 2, std::memory_order_release);
  if (SIMDR_TSAN || !g_readers_need_barrier.load(std::memory_order_relaxed)) t_reader.quick_line = &line;
  return true;
}

ReaderLine* find_line() noexcept {
  const std::uint64_t me = this_thread();
  // Our own number first: it was another thread's before us if it is there at all, and that one is gone.
  for (std::size_t i = 0; i < kReaderLineCount; ++i) {
    if (g_owners[i].load(std::memory_order_relaxed) == me && claim(i, me, me)) return &g_lines[i];
  }
  for (std::size_t i = 0; i < kReaderLineCount; ++i) {
    if (g_owners[i].load(std::memory_order_relaxed) == 0 && claim(i, 0, me)) return &g_lines[i];
  }
  for (std::size_t i = 0; i < kReaderLineCount; ++i) {
    const std::uint64_t other = g_owners[i].load(std::memory_order_relaxed);
    if (is_gone(other) && claim(i, other, me)) return &g_lines[i];
  }
  return nullptr;
}

}  // namespace

ReaderLine* take_line() noexcept {
  begin_in_process();
  if (t_reader.line_or_passes != 0) {
    --t_reader.line_or_passes;
    return nullptr;
  }
  ask_for_membarrier();
  ReaderLine* const line = find_line();
  // To find that no line is left takes a system call for each of them.
  t_reader.line_or_passes = line != nullptr ? reinterpret_cast<std::uintptr_t>(line) : kMostPasses;
  return line;
}

std::uint64_t open_shared() noexcept {
  const std::uint32_t phase = g_shared.phase.load(std::memory_order_relaxed);
  g_shared.sections[phase].fetch_add(1, std::memory_order_seq_cst);
  return static_cast<std::uint64_t>(g_shared.process.load(std::memory_order_relaxed)) << 1 | phase;
}

// A section that was open when its thread forked does not count in the child.
void close_shared(std::uint64_t opened) noexcept {
  if (opened >> 1 != static_cast<std::uint64_t>(g_shared.process.load(std::memory_order_relaxed))) return;
  g_shared.sections[opened & 1].fetch_sub(1, std::memory_order_release);
}

namespace {

bool is_phase_over(std::uint32_t phase) noexcept {
  return g_shared.sections[phase].load(std::memory_order_acquire) == 0;
}

// After the barrier, each count must be seen at zero once. That is enough, whatever the phase: a section that is open holds up its count, and one
// that a count does not show yet began behind the barrier. The phase only sees to it that this comes to pass.
void wait_for_shared() noexcept {
  if (is_phase_over(0) && is_phase_over(1)) return;
  // One waiter at a time, or they would change the phase back and forth.
  while (g_shared.phase_is_taken.test_and_set(std::memory_order_acquire)) ::sched_yield();
  const std::uint32_t before = g_shared.phase.load(std::memory_order_relaxed);
  // The other one got no more since the last change but by threads that had looked at the phase before it: one section each.
  while (!is_phase_over(1 - before)) ::sched_yield();
  g_shared.phase.store(1 - before, std::memory_order_relaxed);
  while (!is_phase_over(before)) ::sched_yield();
  g_shared.phase_is_taken.clear(std::memory_order_release);
}

}  // namespace
}  // namespace detail

void wait_for_readers() noexcept {
  detail::barrier_everywhere();
  for (std::size_t i = 0; i < kReaderLineCount; ++i) detail::wait_for_line(i);
  detail::wait_for_shared();
}

}  // namespace simdr::core
