#include "signals.h"

#include <poll.h>
#include <signal.h>  // NOLINT: sigaction is not in <csignal>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "exit_codes.h"

namespace simdr::cli {
namespace {

constexpr std::array<int, 3> kStopSignals{SIGINT, SIGTERM, SIGHUP};

const char* g_file = "";
std::atomic<int> g_requested{0};
std::array<struct sigaction, kStopSignals.size()> g_before_scope{};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler writes it");

void write_words(const char* words) noexcept {
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, words, std::strlen(words));
}

// Async-signal-safe: write and _exit only.
void on_bus_error(int) {
  write_words("simdr: ");
  write_words(g_file);
  write_words(": ");
  write_words(kMappingFailed);
  write_words("\n");
  ::_exit(static_cast<int>(ExitCode::kIo));
}

void on_stop(int number) { g_requested.store(number, std::memory_order_relaxed); }

}  // namespace

void install_signal_handlers(const char* file) noexcept {
  g_file = file;
  struct sigaction action {};
  sigemptyset(&action.sa_mask);
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &action, nullptr);
  ::sigaction(SIGXFSZ, &action, nullptr);
  action.sa_handler = on_bus_error;
  ::sigaction(SIGBUS, &action, nullptr);
}

StopScope::StopScope() noexcept {
  struct sigaction action {};
  sigemptyset(&action.sa_mask);
  action.sa_handler = on_stop;  // without SA_RESTART: reading from a terminal must return
  for (std::size_t i = 0; i < kStopSignals.size(); ++i) {
    ::sigaction(kStopSignals[i], nullptr, &g_before_scope[i]);
    // Who runs us under nohup wants it ignored.
    if (g_before_scope[i].sa_handler != SIG_IGN) ::sigaction(kStopSignals[i], &action, nullptr);
  }
}

StopScope::~StopScope() {
  for (std::size_t i = 0; i < kStopSignals.size(); ++i) ::sigaction(kStopSignals[i], &g_before_scope[i], nullptr);
}

bool StopScope::requested() noexcept { return g_requested.load(std::memory_order_relaxed) != 0; }

bool StopScope::wait_for_input(int descriptor) noexcept {
  sigset_t stop_signals;
  sigset_t before;
  sigemptyset(&stop_signals);
  for (const int number : kStopSignals) sigaddset(&stop_signals, number);
  // Between the question and the wait none must slip in: they are let in by the wait itself.
  ::pthread_sigmask(SIG_BLOCK, &stop_signals, &before);
  pollfd input{descriptor, POLLIN, 0};
  while (!requested() && ::ppoll(&input, 1, nullptr, &before) < 0 && errno == EINTR) {
  }
  // Those that came when there was input already are handled here.
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return !requested();
}

void die_of_requested_signal() noexcept {
  const int number = g_requested.load(std::memory_order_relaxed);
  if (number == 0) return;
  ::signal(number, SIG_DFL);
  ::raise(number);
}

}  // namespace simdr::cli
