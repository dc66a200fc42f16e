#include "store/entry.h"

#include <new>
#include <type_traits>

#include "simd/kernels.h"

namespace simdr::core {

// What a pool of handles asks of them.
static_assert(std::is_trivially_destructible_v<Entry>);

Entry* Entry::create_anew(const ReadSection& section, MappedFile* mapped, const EntryRecord& record,
                          std::uint32_t trailer_size, std::uint64_t image_id) noexcept {
  void* place = ::operator new(sizeof(Entry), std::nothrow);
  if (place == nullptr) return nullptr;
  // The owner has a reference on every stripe, and does not let go meanwhile.
  const auto stripe = static_cast<std::uint32_t>(section.slot() % StripedRefCount::kStripeCount);
  mapped->add_ref(stripe);
  return ::new (place) Entry(mapped, stripe, record, trailer_size, image_id);
}

void Entry::give_back() noexcept {
  {
    const ReadSection section;
    if (mapped_->spare_handles().give(section, this)) return;
  }
  MappedFile* const mapped = mapped_;
  const std::uint32_t its_stripe = stripe();
  ::operator delete(this);
  mapped->drop_ref(its_stripe);
}

bool Entry::checksum_matches() const noexcept {
  return core::checksum_matches(payload(), record_.crc32, trailer_size_);
}

bool checksum_matches(ByteView payload, std::uint32_t stored, std::uint32_t trailer_size) noexcept {
  return stored_crc(simd::kernels().crc32(0, payload.data(), payload.size()), trailer_size) == stored;
}

}  // namespace simdr::core
