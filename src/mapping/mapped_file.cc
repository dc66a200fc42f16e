#include "mapping/mapped_file.h"

#include <algorithm>
#include <atomic>

#include "base/checked.h"

namespace simdr::core {

Result<MappedFile*> MappedFile::create(File& file, std::uint64_t needed_size, std::uint64_t wanted_size) {
  static constinit std::atomic<std::uint64_t> next_id{1};
  const std::uint64_t least = align_up(std::max<std::uint64_t>(needed_size, 1), page_size());
  std::uint64_t size = align_up(std::max(least, wanted_size), page_size());
  for (;;) {
    Result<std::unique_ptr<Mapping>> mapping = file.map(0, size, Access::kRead);
    if (mapping) {
      return new MappedFile(std::move(*mapping), next_id.fetch_add(1, std::memory_order_relaxed));
    }
    // Address space may be limited (ulimit -v, 32-bit or 39-bit machines): less will do.
    if (size == least) return mapping.error();
    size = std::max(least, align_down(size / 4, page_size()));
  }
}

void MappedFile::release_owner() noexcept {
  spare_handles_.retire([this](HandlePool::Item* spare) {
    const std::uint32_t stripe = spare->stripe();
    ::operator delete(spare);
    drop_ref(stripe);  // not the last one: the owner has one on every stripe
  });
  if (refs_.drop_owner()) delete this;
}

}  // namespace simdr::core
