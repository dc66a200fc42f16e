#include "store/entry.h"

#include <new>

#include "simd/kernels.h"

namespace simdr::core {

Entry* Entry::create(MappedFile* mapped, std::uint32_t stripe, const EntryRecord& record, std::uint32_t trailer_size,
                     std::uint64_t image_id) noexcept {
  void* place = ::operator new(sizeof(Entry), std::nothrow);
  if (place == nullptr) return nullptr;
  mapped->add_ref(stripe);
  return new (place) Entry(mapped, stripe, record, trailer_size, image_id);
}

void Entry::destroy() noexcept {
  mapped_->drop_ref(stripe_);
  this->~Entry();
  ::operator delete(this);
}

bool Entry::checksum_matches() const noexcept {
  return core::checksum_matches(payload(), record_.crc32, trailer_size_);
}

bool checksum_matches(ByteView payload, std::uint32_t stored, std::uint32_t trailer_size) noexcept {
  return stored_crc(simd::kernels().crc32(0, payload.data(), payload.size()), trailer_size) == stored;
}

}  // namespace simdr::core
