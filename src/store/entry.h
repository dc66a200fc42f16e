// A value that was read: where it is, and the reference that keeps it mapped. Never changes.
#pragma once

#include <cstdint>
#include <new>

#include "base/bytes.h"
#include "base/ref_count.h"
#include "format/trailer.h"
#include "mapping/mapped_file.h"
#include "platform/read_section.h"

namespace simdr::core {

class Entry {
 public:
  // In a read section in which `mapped` was found, or by someone who keeps its owner from letting go. nullptr: out of memory.
  [[nodiscard]] static Entry* create(const ReadSection& section, MappedFile* mapped, const EntryRecord& record,
                                     std::uint32_t trailer_size, std::uint64_t image_id) noexcept {
    HandlePool::Spare* const spare = mapped->spare_handles().take(section);
    if (spare == nullptr) return create_anew(section, mapped, record, trailer_size, image_id);
    return create_in(spare, mapped, record, trailer_size, image_id);
  }
  // The same without a call: nullptr where there is no spare memory.
  [[nodiscard]] static Entry* create_quickly(const QuickReadSection& section, MappedFile* mapped,
                                             const EntryRecord& record, std::uint32_t trailer_size,
                                             std::uint64_t image_id) noexcept {
    HandlePool::Spare* const spare = mapped->spare_handles().take(section);
    return spare == nullptr ? nullptr : create_in(spare, mapped, record, trailer_size, image_id);
  }

  void add_ref() noexcept { refs_.add(); }
  void drop_ref() noexcept {
    if (refs_.drop()) destroy();
  }

  [[nodiscard]] ByteView payload() const noexcept {
    return mapped_->bytes().subspan(static_cast<std::size_t>(record_.payload_offset),
                                    static_cast<std::size_t>(record_.payload_size()));
  }
  [[nodiscard]] const EntryRecord& record() const noexcept { return record_; }
  [[nodiscard]] std::uint32_t trailer_size() const noexcept { return trailer_size_; }
  [[nodiscard]] bool checksum_matches() const noexcept;
  [[nodiscard]] std::uint64_t mapping_id() const noexcept { return mapped_->id(); }
  [[nodiscard]] std::uint64_t image_id() const noexcept { return image_id_; }

 private:
  Entry(MappedFile* mapped, std::uint32_t stripe, const EntryRecord& record, std::uint32_t trailer_size,
        std::uint64_t image_id) noexcept
      : stripe_(stripe), mapped_(mapped), image_id_(image_id), record_(record), trailer_size_(trailer_size) {}
  ~Entry() = default;
  static Entry* create_in(HandlePool::Spare* spare, MappedFile* mapped, const EntryRecord& record,
                          std::uint32_t trailer_size, std::uint64_t image_id) noexcept {
    const std::uint32_t stripe = spare->stripe;
    return ::new (static_cast<void*>(spare)) Entry(mapped, stripe, record, trailer_size, image_id);
  }
  static Entry* create_anew(const ReadSection& section, MappedFile* mapped, const EntryRecord& record,
                            std::uint32_t trailer_size, std::uint64_t image_id) noexcept;
  void destroy() noexcept;

  RefCount refs_;
  std::uint32_t stripe_;
  MappedFile* mapped_;
  std::uint64_t image_id_;
  EntryRecord record_;
  std::uint32_t trailer_size_;
};

// Whether a payload matches the CRC that its trailer stores.
[[nodiscard]] bool checksum_matches(ByteView payload, std::uint32_t stored, std::uint32_t trailer_size) noexcept;

}  // namespace simdr::core
