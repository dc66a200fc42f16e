#include <signal.h>

#include <system_error>
#include <utility>

#include "platform/background_task.h"

namespace simdr::core {

void BackgroundTask::start(std::function<void()> work) noexcept {
  wait();
  work_ = std::move(work);
  // A thread inherits its creator's mask.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  const bool is_masked = ::pthread_sigmask(SIG_SETMASK, &all, &before) == 0;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (...) {  // std::system_error, std::bad_alloc
  }
  if (is_masked) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!thread_.joinable()) run();
}

void BackgroundTask::run() noexcept {
  work_();
  work_ = nullptr;  // with all that it holds
}

void BackgroundTask::wait() noexcept {
  if (thread_.joinable()) thread_.join();
}

}  // namespace simdr::core
