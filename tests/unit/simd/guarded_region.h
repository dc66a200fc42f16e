// Memory between two pages that must not be touched: reading or writing one byte too far is a crash, not luck.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace simdr::core::simd::test {

class GuardedRegion {
 public:
  // Rounds the size up to whole pages.
  explicit GuardedRegion(std::size_t minimum_size) {
    page_size_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    size_ = (minimum_size + page_size_ - 1) / page_size_ * page_size_;
    void* const mapped = mmap(nullptr, size_ + 2 * page_size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) std::abort();
    base_ = static_cast<std::uint8_t*>(mapped);
    if (mprotect(begin(), size_, PROT_READ | PROT_WRITE) != 0) std::abort();
  }
  ~GuardedRegion() { munmap(base_, size_ + 2 * page_size_); }
  GuardedRegion(const GuardedRegion&) = delete;
  GuardedRegion& operator=(const GuardedRegion&) = delete;

  std::uint8_t* begin() const { return base_ + page_size_; }
  std::uint8_t* end() const { return begin() + size_; }
  std::size_t size() const { return size_; }

 private:
  std::uint8_t* base_ = nullptr;
  std::size_t page_size_ = 0;
  std::size_t size_ = 0;
};

}  // namespace simdr::core::simd::test
