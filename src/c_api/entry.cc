// Entry handles. Nothing here can fail but what says so.
#include <algorithm>
#include <bit>

#include "c_api/boundary.h"

using namespace simdr::c_api;
namespace core = simdr::core;

namespace {

simdr_status read_elements(const simdr_entry* entry, std::size_t element_size, std::size_t* alignment,
                           simdr_error* err) noexcept {
  if (element_size == 0) return report(core::make_error(Status::kInvalidArgument, "element_size: is 0"), err);
  if (*alignment == 0) *alignment = std::bit_floor(element_size);
  if (!core::is_power_of_two(*alignment)) {
    return report(core::make_error(Status::kInvalidArgument, "alignment: %zu is no power of two", *alignment), err);
  }
  const std::size_t size = to_core(entry)->payload().size();
  if (size % element_size == 0) return SIMDR_OK;
  return report(core::make_error(Status::kPartialElement, "entry: its %zu bytes are no whole number of elements of %zu",
                                 size, element_size),
                err);
}

bool is_aligned(const void* data, std::size_t alignment) noexcept {
  return reinterpret_cast<std::uintptr_t>(data) % alignment == 0;
}

}  // namespace

simdr_entry* simdr_entry_ref(simdr_entry* entry) noexcept {
  to_core(entry)->add_ref();
  return entry;
}

void simdr_entry_unref(simdr_entry* entry) noexcept {
  if (entry != nullptr) to_core(entry)->drop_ref();
}

const void* simdr_entry_data(const simdr_entry* entry) noexcept { return to_core(entry)->payload().data(); }

std::size_t simdr_entry_size(const simdr_entry* entry) noexcept { return to_core(entry)->payload().size(); }

std::uint64_t simdr_entry_size_with_metadata(const simdr_entry* entry) noexcept {
  return to_core(entry)->record().payload_size() + to_core(entry)->trailer_size();
}

std::uint64_t simdr_entry_key_hash(const simdr_entry* entry) noexcept { return to_core(entry)->record().key_hash; }

std::uint32_t simdr_entry_checksum(const simdr_entry* entry) noexcept { return to_core(entry)->record().crc32; }

void simdr_entry_checksum_bytes(const simdr_entry* entry, std::uint8_t out_bytes[4]) noexcept {
  core::store_le32(out_bytes, to_core(entry)->record().crc32);
}

int simdr_entry_checksum_ok(const simdr_entry* entry) noexcept { return to_core(entry)->checksum_matches(); }

std::uint64_t simdr_entry_start_offset(const simdr_entry* entry) noexcept {
  return to_core(entry)->record().payload_offset;
}

std::uint64_t simdr_entry_end_offset(const simdr_entry* entry) noexcept {
  return to_core(entry)->record().trailer_offset;
}

simdr_status simdr_entry_info_of(const simdr_entry* entry, simdr_entry_info* out_info, simdr_error* err) noexcept {
  SIMDR_NOT_NULL(entry);
  SIMDR_NOT_NULL(out_info);
  SIMDR_REFUSE(check_result_size("out_info", out_info->size, err));
  write_result(out_info, to_info(to_core(entry)->record(), to_core(entry)->trailer_size()));
  return SIMDR_OK;
}

void simdr_entry_address_range(const simdr_entry* entry, const void** out_begin, const void** out_end) noexcept {
  const ByteView payload = to_core(entry)->payload();
  *out_begin = payload.data();
  *out_end = payload.data() + payload.size();
}

std::uint64_t simdr_entry_mapping_id(const simdr_entry* entry) noexcept { return to_core(entry)->mapping_id(); }

simdr_status simdr_entry_typed_view(const simdr_entry* entry, std::size_t element_size, std::size_t alignment,
                                    const void** out_data, std::size_t* out_count, simdr_error* err) noexcept {
  SIMDR_NOT_NULL(entry);
  SIMDR_NOT_NULL(out_data);
  SIMDR_NOT_NULL(out_count);
  SIMDR_REFUSE(read_elements(entry, element_size, &alignment, err));
  const ByteView payload = to_core(entry)->payload();
  if (!is_aligned(payload.data(), alignment)) {
    return report(
        core::make_error(Status::kMisaligned, "entry: its payload at offset %llu does not start on a multiple of %zu",
                         static_cast<unsigned long long>(to_core(entry)->record().payload_offset), alignment),
        err);
  }
  *out_data = payload.data();
  *out_count = payload.size() / element_size;
  return SIMDR_OK;
}

simdr_status simdr_entry_typed_view_or_copy(const simdr_entry* entry, std::size_t element_size, std::size_t alignment,
                                            void* buffer, std::size_t buffer_size, const void** out_data,
                                            std::size_t* out_count, simdr_error* err) noexcept {
  SIMDR_NOT_NULL(entry);
  SIMDR_NOT_NULL(out_data);
  SIMDR_NOT_NULL(out_count);
  SIMDR_REFUSE(check_bytes("buffer", buffer, buffer_size, err));
  SIMDR_REFUSE(read_elements(entry, element_size, &alignment, err));
  const ByteView payload = to_core(entry)->payload();
  if (is_aligned(payload.data(), alignment)) {
    *out_data = payload.data();
    *out_count = payload.size() / element_size;
    return SIMDR_OK;
  }
  if (buffer_size < payload.size()) {
    return report(
        core::make_error(Status::kTooLarge, "buffer: %zu bytes do not hold a copy of %zu", buffer_size, payload.size()),
        err);
  }
  if (!is_aligned(buffer, alignment)) {
    return report(
        core::make_error(Status::kMisaligned, "buffer: does not start on a multiple of %zu itself", alignment), err);
  }
  std::memcpy(buffer, payload.data(), payload.size());
  *out_data = buffer;
  *out_count = payload.size() / element_size;
  return SIMDR_OK;
}

std::size_t simdr_entry_read(const simdr_entry* entry, std::uint64_t position, void* buffer,
                             std::size_t capacity) noexcept {
  const ByteView payload = to_core(entry)->payload();
  if (position >= payload.size()) return 0;
  const ByteView rest = payload.subspan(static_cast<std::size_t>(position));
  const std::size_t count = std::min(capacity, rest.size());
  if (count != 0) std::memcpy(buffer, rest.data(), count);
  return count;
}

simdr_status simdr_entry_write_to(const simdr_entry* entry, std::size_t chunk_size, simdr_sink_fn sink, void* user_data,
                                  simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(entry);
    SIMDR_NOT_NULL(sink);
    const Result<void> written = core::write_entry(
        *to_core(entry), chunk_size, [&](ByteView chunk) { return sink(chunk.data(), chunk.size(), user_data); });
    return written ? SIMDR_OK : report(written.error(), err);
  });
}

simdr_status simdr_entry_write_fd(const simdr_entry* entry, int fd, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(entry);
    if (fd < 0) return report(core::make_error(Status::kInvalidArgument, "fd: %d is no descriptor", fd), err);
    const Result<void> written = core::write_entry_to_descriptor(*to_core(entry), fd);
    return written ? SIMDR_OK : report(written.error(), err);
  });
}
