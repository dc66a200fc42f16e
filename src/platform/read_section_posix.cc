#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "platform/read_section.h"

namespace simdr::core {
namespace detail {

constinit thread_local ThisReader t_reader{};
ReaderLine g_lines[kReaderLineCount];
// True until the kernel has agreed to membarrier; ThreadSanitizer cannot see such barriers, so it keeps true.
std::atomic<bool> g_readers_need_barrier{true};

namespace {

// Sections without a line, by the phase that they began in. Whoever waits changes the phase: then a count goes down to zero however many begin.
std::atomic<std::uint64_t> g_shared_readers[2];
std::atomic<std::uint32_t> g_phase{0};
std::atomic_flag g_phase_is_taken;
std::atomic<bool> g_membarrier_is_refused{false};

// To find that no line is left takes a system call for each of them.
constexpr std::uint32_t kPassesBetweenSearches = 4096;

constexpr bool kUseMembarrier = !SIMDR_TSAN;

std::int32_t thread_id() noexcept { return static_cast<std::int32_t>(::syscall(SYS_gettid)); }

bool is_gone(std::int32_t thread) noexcept {
  return ::syscall(SYS_tgkill, ::getpid(), thread, 0) != 0 && errno == ESRCH;
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

void barrier_everywhere() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!g_readers_need_barrier.load(std::memory_order_seq_cst)) {
    ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
  }
}

void wait_for_line(ReaderLine& line) noexcept {
  const std::uint64_t seen = line.sequence.load(std::memory_order_acquire);
  if (seen % 2 == 0) return;
  for (unsigned spins = 0; line.sequence.load(std::memory_order_acquire) == seen; ++spins) {
    if (spins < 64) continue;
    // A thread that was ended inside a section will never close it.
    if (spins % 1024 == 0 && is_gone(line.owner.load(std::memory_order_relaxed))) return;
    ::sched_yield();
  }
}

bool claim(ReaderLine& line, std::int32_t from, std::int32_t me) noexcept {
  if (!line.owner.compare_exchange_strong(from, me, std::memory_order_acq_rel)) return false;
  const std::uint64_t sequence = line.sequence.load(std::memory_order_relaxed);
  line.sequence.store(sequence + sequence % 2, std::memory_order_release);
  return true;
}

ReaderLine* keep(ReaderLine& line) noexcept {
  if (SIMDR_TSAN || !g_readers_need_barrier.load(std::memory_order_relaxed)) t_reader.quick_line = &line;
  return t_reader.line = &line;
}

// A child of fork() has one thread, with what its parent's thread had: its line, under another number, and what it has open. The others' lines
// are free, and nobody is to wait for what they had open. Calls only what a signal handler may.
void begin_anew_in_child() noexcept {
  const std::int32_t me = thread_id();
  for (ReaderLine& line : g_lines) {
    if (&line == t_reader.line) {
      line.owner.store(me, std::memory_order_relaxed);
      continue;
    }
    if (line.owner.load(std::memory_order_relaxed) == 0) continue;  // nobody ever had it: its page stays the parent's
    const std::uint64_t sequence = line.sequence.load(std::memory_order_relaxed);
    line.sequence.store(sequence + sequence % 2, std::memory_order_relaxed);
    line.owner.store(0, std::memory_order_relaxed);
  }
  for (const std::uint32_t phase : {0, 1}) {
    g_shared_readers[phase].store(t_reader.shared_counts[phase], std::memory_order_relaxed);
  }
  g_phase_is_taken.clear(std::memory_order_relaxed);
  t_reader.passes = 0;
}

// When the library is loaded, so that no fork() is too early; the C library forgets it when the library is unloaded. Where there is no memory
// for it, children of processes with several threads do without.
[[maybe_unused]] const int g_fork_handler = ::pthread_atfork(nullptr, nullptr, begin_anew_in_child);

ReaderLine* find_line() noexcept {
  const std::int32_t me = thread_id();
  // Our own number first: it was another thread's before us if it is there at all, and that one is gone.
  for (ReaderLine& line : g_lines) {
    if (line.owner.load(std::memory_order_relaxed) == me && claim(line, me, me)) return keep(line);
  }
  for (ReaderLine& line : g_lines) {
    if (line.owner.load(std::memory_order_relaxed) == 0 && claim(line, 0, me)) return keep(line);
  }
  for (ReaderLine& line : g_lines) {
    const std::int32_t other = line.owner.load(std::memory_order_relaxed);
    if (is_gone(other) && claim(line, other, me)) return keep(line);
  }
  return nullptr;
}

}  // namespace

ReaderLine* take_line() noexcept {
  if (t_reader.passes != 0) {
    --t_reader.passes;
    return nullptr;
  }
  ask_for_membarrier();
  ReaderLine* const line = find_line();
  if (line == nullptr) t_reader.passes = kPassesBetweenSearches;
  return line;
}

std::uint32_t open_shared() noexcept {
  const std::uint32_t phase = g_phase.load(std::memory_order_relaxed);
  ++t_reader.shared_counts[phase];
  g_shared_readers[phase].fetch_add(1, std::memory_order_seq_cst);
  return phase;
}

void close_shared(std::uint32_t phase) noexcept {
  g_shared_readers[phase].fetch_sub(1, std::memory_order_release);
  --t_reader.shared_counts[phase];
}

namespace {

bool is_phase_over(std::uint32_t phase) noexcept {
  return g_shared_readers[phase].load(std::memory_order_acquire) == 0;
}

// After the barrier, each count must be seen at zero once. That is enough, whatever the phase: a section that is open holds up its count, and one
// that a count does not show yet began behind the barrier. The phase only sees to it that this comes to pass.
void wait_for_shared() noexcept {
  if (is_phase_over(0) && is_phase_over(1)) return;
  // One waiter at a time, or they would change the phase back and forth.
  while (g_phase_is_taken.test_and_set(std::memory_order_acquire)) ::sched_yield();
  const std::uint32_t before = g_phase.load(std::memory_order_relaxed);
  // The other one got no more since the last change but by threads that had looked at the phase before it: one section each.
  while (!is_phase_over(1 - before)) ::sched_yield();
  g_phase.store(1 - before, std::memory_order_relaxed);
  while (!is_phase_over(before)) ::sched_yield();
  g_phase_is_taken.clear(std::memory_order_release);
}

}  // namespace
}  // namespace detail

void wait_for_readers() noexcept {
  detail::barrier_everywhere();
  for (ReaderLine& line : detail::g_lines) detail::wait_for_line(line);
  detail::wait_for_shared();
}

}  // namespace simdr::core
