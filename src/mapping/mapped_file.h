// A file's bytes in memory, read-only, refcounted, at one address for life. The address space is reserved far beyond the end
// of the file, so that growing the file moves nothing: what lies below the file's end is readable, the rest is not yet.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/ref_count.h"
#include "base/status.h"
#include "mapping/handle_pool.h"
#include "platform/file.h"

namespace simdr::core {

class MappedFile {
 public:
  // Reserves `wanted_size` bytes of address space, or as much as can be had but at least `needed_size`.
  // The caller is the owner and ends its part with release_owner().
  static Result<MappedFile*> create(File& file, std::uint64_t needed_size, std::uint64_t wanted_size);

  // The whole reservation, from offset 0 of the file. Only what is below the end of the file may be read.
  [[nodiscard]] ByteView bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  // See Mapping::populate.
  void populate(std::uint64_t offset, std::uint64_t size) noexcept { mapping_->populate(offset, size); }

  // See StripedRefCount for who may add.
  void add_ref(std::uint32_t stripe) noexcept { refs_.add(stripe); }
  void drop_ref(std::uint32_t stripe) noexcept {
    if (refs_.drop(stripe)) delete this;
  }
  // Not in a read section.
  void release_owner() noexcept;

  // Handles of this mapping that were given back, with their references.
  [[nodiscard]] HandlePool& spare_handles() noexcept { return spare_handles_; }

 private:
  MappedFile(std::unique_ptr<Mapping> mapping, std::uint64_t id)
      : mapping_(std::move(mapping)), bytes_(mapping_->data(), static_cast<std::size_t>(mapping_->size())), id_(id) {}
  ~MappedFile() = default;

  StripedRefCount refs_;
  HandlePool spare_handles_;
  std::unique_ptr<Mapping> mapping_;
  ByteView bytes_;
  std::uint64_t id_;
};

inline constexpr std::uint64_t kDefaultReserveSize = std::uint64_t{1} << 40;  // 1 TiB: 20 us and no memory

}  // namespace simdr::core
