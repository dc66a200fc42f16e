#include <sys/mman.h>
#include <unistd.h>

#include "platform/file.h"
#include "platform/fork_canary.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

namespace simdr::core {

ForkCanary::ForkCanary() noexcept : pid_(::getpid()) {
  void* page = ::mmap(nullptr, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return;
  if (::madvise(page, page_size(), MADV_WIPEONFORK) != 0) {
    ::munmap(page, page_size());
    return;
  }
  *static_cast<unsigned char*>(page) = 1;
  page_ = static_cast<const volatile unsigned char*>(page);
}

ForkCanary::~ForkCanary() {
  if (page_ != nullptr) ::munmap(const_cast<unsigned char*>(page_), page_size());
}

bool ForkCanary::pid_differs() const noexcept { return ::getpid() != pid_; }

std::uint32_t process_id() noexcept { return static_cast<std::uint32_t>(::getpid()); }

}  // namespace simdr::core
