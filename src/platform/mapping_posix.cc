// Boost.Interprocess does the mapping; the kernel is then told what it does not know.
#include <sys/mman.h>

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <cerrno>
#include <new>

#include "platform/mapping.h"

namespace simdr::core {
namespace {

namespace ipc = boost::interprocess;

// What mapped_region asks of a "mapping": a descriptor. (file_mapping would open the path again, which by then may be
// another file.)
class DescriptorMapping {
 public:
  explicit DescriptorMapping(int descriptor) noexcept : handle_{descriptor, false} {}
  [[nodiscard]] ipc::mapping_handle_t get_mapping_handle() const noexcept { return handle_; }

 private:
  ipc::mapping_handle_t handle_;
};

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

class PosixMapping final : public Mapping {
 public:
  PosixMapping(std::byte* data, std::uint64_t size, Access access, ipc::mapped_region region) noexcept
      : Mapping(data, size),
        populate_advice_(access == Access::kRead ? MADV_POPULATE_READ : MADV_POPULATE_WRITE),
        region_(std::move(region)) {}

  void populate(std::uint64_t offset, std::uint64_t size) noexcept override {
    (void)::madvise(data() + offset, static_cast<std::size_t>(size), populate_advice_);
  }

 private:
  int populate_advice_;
  ipc::mapped_region region_;
};

}  // namespace

Result<std::unique_ptr<Mapping>> map_descriptor(int descriptor, std::uint64_t offset, std::uint64_t size,
                                                Access access) {
  try {
    const bool writable = access == Access::kReadWrite;
    ipc::mapped_region region(DescriptorMapping(descriptor), writable ? ipc::read_write : ipc::read_only,
                              static_cast<ipc::offset_t>(offset), static_cast<std::size_t>(size), nullptr,
                              MAP_NORESERVE);
    auto* data = static_cast<std::byte*>(region.get_address());
    return std::unique_ptr<Mapping>(new PosixMapping(data, size, access, std::move(region)));
  } catch (const ipc::interprocess_exception& failure) {
    return make_os_error(static_cast<int>(failure.get_native_error()), "cannot map %llu bytes at offset %llu",
                         static_cast<unsigned long long>(size), static_cast<unsigned long long>(offset));
  } catch (const std::bad_alloc&) {
    return make_error(Status::kNoMemory, "out of memory while mapping a file");
  }
}

Error mapping_error(const std::string& path, std::uint64_t size, const Error& cause) noexcept {
  if (cause.os_error == 0) return cause;
  return make_os_error(cause.os_error,
                       cause.os_error == ENOMEM ? "%s: no address space for a file of %llu bytes"
                                                : "%s: its %llu bytes cannot be mapped",
                       path.c_str(), static_cast<unsigned long long>(size));
}

}  // namespace simdr::core
