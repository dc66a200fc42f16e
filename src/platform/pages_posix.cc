#include <sys/mman.h>

#include <cstdint>

#include "base/checked.h"
#include "platform/pages.h"

namespace simdr::core {

void* map_huge_pages(std::size_t size) noexcept {
  // The system aligns to its small pages only: take more, and give back what sticks out.
  const std::size_t taken = size + kHugePageSize;
  if (taken < size) return nullptr;
  void* const memory = ::mmap(nullptr, taken, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  auto* const begin = static_cast<std::byte*>(memory);
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  const std::size_t front = static_cast<std::size_t>(align_up(address, kHugePageSize) - address);
  if (front != 0) (void)::munmap(begin, front);
  (void)::munmap(begin + front + size, taken - front - size);
  // Advice only: where the system has no huge pages, small ones do.
  (void)::madvise(begin + front, size, MADV_HUGEPAGE);
  return begin + front;
}

void unmap_huge_pages(void* pages, std::size_t size) noexcept { (void)::munmap(pages, size); }

}  // namespace simdr::core
