#include <signal.h>

#include <system_error>
#include <utility>

#include "platform/background_task.h"

namespace simdr::core {

void BackgroundTask::start(std::function<void()> work) noexcept {
  wait();
  work_ = std::move(work);
  if (!launch()) run();
}

bool BackgroundTask::try_start(std::function<void()> work) noexcept {
  wait();
  work_ = std::move(work);
  if (launch()) return true;
  work_ = nullptr;
  return false;
}

bool BackgroundTask::launch() noexcept {
  // A thread inherits its creator's mask. What the thread's own instructions raise cannot wait: blocked, it would end the process without the
  // application's handler.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  for (const int own : {SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP}) sigdelset(&all, own);
  const bool is_masked = ::pthread_sigmask(SIG_SETMASK, &all, &before) == 0;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (...) {  // std::system_error, std::bad_alloc
  }
  if (is_masked) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread_.joinable();
}

void BackgroundTask::run() noexcept {
  work_();
  work_ = nullptr;  // with all that it holds
}

void BackgroundTask::wait() noexcept {
  if (thread_.joinable()) thread_.join();
}

}  // namespace simdr::core
