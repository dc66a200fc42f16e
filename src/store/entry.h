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

class Entry : public HandlePool::Item {
 public:
  // In a read section in which `mapped` was found, or by someone who keeps its owner from letting go. Trailer size and image are those
  // of the mapping, the same for all of its entries. nullptr: out of memory.
  [[nodiscard]] static Entry* create(const ReadSection& section, MappedFile* mapped, const EntryRecord& record,
                                     std::uint32_t trailer_size, std::uint64_t image_id) noexcept {
    HandlePool::Item* const spare = mapped->spare_handles().take(section);
    if (spare == nullptr) return create_anew(section, mapped, record, trailer_size, image_id);
    return static_cast<Entry*>(spare)->begin_anew(record);
  }
  // The same without a call: nullptr where there is no spare one.
  [[nodiscard]] static Entry* create_quickly(const QuickReadSection& section, MappedFile* mapped,
                                             const EntryRecord& record) noexcept {
    HandlePool::Item* const spare = mapped->spare_handles().take(section);
    return spare == nullptr ? nullptr : static_cast<Entry*>(spare)->begin_anew(record);
  }

  void add_ref() noexcept { refs_.add(); }
  [[gnu::always_inline]] void drop_ref() noexcept {
    if (refs_.drop() && !give_back_quickly()) give_back();
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
      : Item(stripe), trailer_size_(trailer_size), mapped_(mapped), image_id_(image_id), record_(record) {}
  static Entry* create_anew(const ReadSection& section, MappedFile* mapped, const EntryRecord& record,
                            std::uint32_t trailer_size, std::uint64_t image_id) noexcept;
  // Of a spare.
  Entry* begin_anew(const EntryRecord& record) noexcept {
    refs_.set_to_one();
    record_ = record;
    return this;
  }
  // Nobody has a reference any more. Without a call: false where one is needed.
  [[nodiscard, gnu::always_inline]] bool give_back_quickly() noexcept {
    const QuickReadSection section;
    if (!section.is_open()) [[unlikely]]
      return false;
    const bool is_given = mapped_->spare_handles().give(section, this);
    section.close();
    return is_given;
  }
  void give_back() noexcept;

  RefCount refs_;
  std::uint32_t trailer_size_;
  MappedFile* mapped_;
  std::uint64_t image_id_;
  EntryRecord record_;
};

// Whether a payload matches the CRC that its trailer stores.
[[nodiscard]] bool checksum_matches(ByteView payload, std::uint32_t stored, std::uint32_t trailer_size) noexcept;

}  // namespace simdr::core
