// Work that nobody waits for, on a thread of its own.
#pragma once

#include <functional>
#include <thread>

namespace simdr::core {

// One at a time. The thread takes no signals of the application but those that its own instructions raise, and is gone when this is: nothing is left to run when the
// library is unloaded.
class BackgroundTask {
 public:
  BackgroundTask() = default;
  ~BackgroundTask() { wait(); }
  BackgroundTask(const BackgroundTask&) = delete;
  BackgroundTask& operator=(const BackgroundTask&) = delete;

  // After the one before it has ended; at once, and here, where no thread can be had. `work` must not throw.
  void start(std::function<void()> work) noexcept;
  // The same, but false, with nothing done, where no thread can be had.
  [[nodiscard]] bool try_start(std::function<void()> work) noexcept;
  void wait() noexcept;

 private:
  [[nodiscard]] bool launch() noexcept;
  void run() noexcept;

  std::function<void()> work_;
  std::thread thread_;
};

}  // namespace simdr::core
