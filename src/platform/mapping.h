// A stretch of a file in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"

namespace simdr::core {

enum class Access { kRead, kReadWrite };

class Mapping {
 public:
  virtual ~Mapping() = default;  // unmaps

  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  // Gives [offset, offset + size) its page table entries at once; `offset` is a multiple of the page size. Advice: what is
  // not done here, page faults do. In a writable mapping the file must have its blocks there, or they are allocated now.
  virtual void populate(std::uint64_t offset, std::uint64_t size) noexcept {
    static_cast<void>(offset);
    static_cast<void>(size);
  }

 protected:
  Mapping(std::byte* data, std::uint64_t size) noexcept : data_(data), size_(size) {}

 private:
  std::byte* data_;
  std::uint64_t size_;
};

// Maps [offset, offset + size) of `descriptor`, shared.
Result<std::unique_ptr<Mapping>> map_descriptor(int descriptor, std::uint64_t offset, std::uint64_t size,
                                                Access access);
// What to say of a file of `size` bytes that could not be mapped as a whole: where the system refused, its path, and whether address space is what
// was lacking; else `cause` as it is.
Error mapping_error(const std::string& path, std::uint64_t size, const Error& cause) noexcept;

}  // namespace simdr::core
