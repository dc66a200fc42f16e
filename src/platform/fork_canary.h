// Tells a process from its children: a writer that a child inherited by fork() must not write. Costs one load to ask.
#pragma once

#include <cstdint>

namespace simdr::core {

class ForkCanary {
 public:
  ForkCanary() noexcept;
  ~ForkCanary();
  ForkCanary(const ForkCanary&) = delete;
  ForkCanary& operator=(const ForkCanary&) = delete;

  // True in a child of the process that made this object.
  [[nodiscard]] bool in_child() const noexcept { return page_ != nullptr ? *page_ == 0 : pid_differs(); }

 private:
  [[nodiscard]] bool pid_differs() const noexcept;

  const volatile unsigned char* page_ = nullptr;  // the kernel wipes it in a child (MADV_WIPEONFORK)
  std::int64_t pid_ = 0;                          // where it cannot
};

[[nodiscard]] std::uint32_t process_id() noexcept;

}  // namespace simdr::core
