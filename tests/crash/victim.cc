#include "victim.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <new>

#include "system_calls.h"

namespace simdr::core::test {
namespace {

// What outlives the child: it is shared with its parent, and memory is not undone by a kill.
struct Report {
  std::atomic<std::uint64_t> started{0};
  std::atomic<std::uint64_t> acknowledged{0};
  std::atomic<std::uint64_t> call_count{0};
  std::atomic<bool> is_working{false};
  std::atomic<std::uint64_t> microseconds{0};
  char failure[400] = {};
};

// Dies at one call. Syncs are not carried out: a kill loses nothing of the page cache.
class Killer final : public CallHook {
 public:
  Killer(const KillPlan& plan, Report* report) noexcept : plan_(plan), report_(report) {}

  Verdict on_call(const SystemCall& call) noexcept override {
    Verdict verdict;
    verdict.pretend = call.kind == CallKind::kSync;
    const std::uint64_t number = report_->call_count.fetch_add(1, std::memory_order_relaxed) + 1;
    if (plan_.where != KillPlan::Where::kSystemCall || number != plan_.call_number) return verdict;
    if (plan_.how == KillPlan::How::kBefore) die_now();
    verdict.die_after = true;
    if (plan_.how == KillPlan::How::kTorn && call.kind == CallKind::kWrite) verdict.most = tear(call);
    return verdict;
  }

 private:
  // The kernel looks for a kill between pages (folios), so what lies within one is written whole or not at all.
  [[nodiscard]] std::uint64_t tear(const SystemCall& call) const noexcept {
    Random random(plan_.tear_seed);
    const std::uint64_t page = page_size();
    const std::uint64_t to_next_page = page - call.offset % page;
    if (call.size <= to_next_page) return random.below(2) * call.size;
    if (random.below(2) == 0) return 1 + random.below(call.size - 1);
    return to_next_page + random.below((call.size - to_next_page) / page + 1) * page;
  }

  KillPlan plan_;
  Report* report_;
};

std::uint64_t g_steps_left = 0;

[[maybe_unused]] void on_step(int) {
  if (--g_steps_left == 0) die_now();
}

// From here on the processor stops after every instruction, on_step() counts them, and the last one is the child's.
void begin_stepping(std::uint64_t count) noexcept {
  g_steps_left = count;
#if defined(__x86_64__)
  struct sigaction action {};
  action.sa_handler = on_step;
  ::sigaction(SIGTRAP, &action, nullptr);
  __asm__ volatile(
      "lea -128(%%rsp), %%rsp\n\t"  // past the red zone
      "pushfq\n\t"
      "orq $0x100, (%%rsp)\n\t"
      "popfq\n\t"
      "lea 128(%%rsp), %%rsp" ::
          : "memory", "cc");
#endif
}

[[noreturn]] void fail(Report* report, const char* what, const Error& error) {
  std::snprintf(report->failure, sizeof report->failure, "%s: %s", what, error.message);
  ::_exit(3);
}

[[noreturn]] void work(const std::string& path, const OpenSettings& settings, const std::vector<Operation>& operations,
                       const KillPlan& plan, Report* report) {
  Killer killer(plan, report);
  set_call_hook(&killer);
  report->is_working.store(true, std::memory_order_release);
  const auto began = std::chrono::steady_clock::now();
  Session session(system_file_system(), path, settings);
  if (Result<void> opened = session.open(); !opened) fail(report, "open", opened.error());
  for (std::size_t i = 0; i < operations.size(); ++i) {
    report->started.store(i + 1, std::memory_order_relaxed);
    if (plan.where == KillPlan::Where::kInstruction && i == plan.operation) begin_stepping(plan.instruction_count);
    if (Result<void> done = session.apply(operations[i]); !done)
      fail(report, act_name(operations[i].act), done.error());
    report->acknowledged.store(i + 1, std::memory_order_release);
  }
  if (Result<void> closed = session.close(); !closed) fail(report, "close", closed.error());
  const auto took = std::chrono::steady_clock::now() - began;
  report->microseconds =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  ::_exit(0);
}

void kill_after(pid_t child, const Report& report, std::uint64_t microseconds) {
  while (!report.is_working.load(std::memory_order_acquire)) ::sched_yield();  // no clock runs before the work does
  const timespec pause{static_cast<time_t>(microseconds / 1'000'000),
                       static_cast<long>(microseconds % 1'000'000 * 1000)};
  ::nanosleep(&pause, nullptr);
  ::kill(child, SIGKILL);
}

}  // namespace

bool can_step_instructions() noexcept {
#if defined(__x86_64__)
  return true;
#else
  return false;
#endif
}

Death run_victim(const std::string& path, const OpenSettings& settings, const std::vector<Operation>& operations,
                 const KillPlan& plan) {
  void* shared = ::mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto* report = new (shared) Report;
  const pid_t child = ::fork();
  if (child == 0) work(path, settings, operations, plan, report);
  if (plan.where == KillPlan::Where::kInstant) kill_after(child, *report, plan.microseconds);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  Death death;
  death.was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  death.started = report->started;
  death.acknowledged = report->acknowledged;
  death.call_count = report->call_count;
  death.microseconds = report->microseconds;
  if (WIFSIGNALED(status) && !death.was_killed) death.failure = std::string("died by ") + ::strsignal(WTERMSIG(status));
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
    death.failure = report->failure[0] != '\0' ? report->failure : "exited with " + std::to_string(WEXITSTATUS(status));
  }
  ::munmap(shared, sizeof(Report));
  return death;
}

}  // namespace simdr::core::test
