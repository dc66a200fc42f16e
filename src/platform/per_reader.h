// Something for each reader slot (platform/read_section.h), so that what readers write is on lines of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "platform/read_section.h"

namespace simdr::core {

// A T is as large as a reader's line, so that it lies as far from the first T as the line from the first line: finding it takes one addition.
template <typename T>
class PerReader {
  static_assert(sizeof(T) == sizeof(ReaderLine) && alignof(T) == alignof(ReaderLine));

 public:
  static constexpr std::size_t kCount = kReaderLineCount + 1;  // the last is shared: ReadSection::slot_is_shared()

  // May throw std::bad_alloc.
  PerReader()
      : items_(std::make_unique<T[]>(kCount)),
        offset_from_lines_(address_of(items_.get()) - address_of(detail::g_lines)) {}

  [[nodiscard]] T& operator[](const ReadSection& section) const noexcept { return items_[section.slot()]; }
  // Of one that was opened; also when it is closed again, since the slot stays the thread's.
  [[nodiscard]] T& operator[](const QuickReadSection& section) const noexcept {
    return *reinterpret_cast<T*>(address_of(section.line()) + offset_from_lines_);
  }
  [[nodiscard]] T& at(std::size_t slot) const noexcept { return items_[slot]; }

 private:
  static std::uintptr_t address_of(const void* what) noexcept { return reinterpret_cast<std::uintptr_t>(what); }

  std::unique_ptr<T[]> items_;
  std::uintptr_t offset_from_lines_;
};

}  // namespace simdr::core
