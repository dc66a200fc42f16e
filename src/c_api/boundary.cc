#include "c_api/boundary.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>

namespace simdr::c_api {
namespace {

// Structs grow by whole members; nothing this library or a later one passes is as large as this.
constexpr std::size_t kLargestStruct = 4096;

simdr_status fail(simdr_error* err, const Error& error) noexcept { return report(error, err); }

}  // namespace

simdr_status report(const Error& error, simdr_error* err) noexcept {
  const auto status = static_cast<simdr_status>(error.status);
  const bool ordinary = status > SIMDR_ERR_INVALID_ARGUMENT;
  if (err == nullptr || (ordinary && status != SIMDR_STOPPED)) return status;
  err->status = status;
  err->os_error = error.os_error;
  err->callback_result = error.callback_result;
  err->reserved = 0;
  static_assert(sizeof err->message == sizeof error.message);
  std::memcpy(err->message, error.message, sizeof error.message);
  // One line, whatever a path has in it.
  for (char* at = err->message; *at != '\0'; ++at) {
    if (static_cast<unsigned char>(*at) < 0x20) *at = '?';
  }
  return status;
}

simdr_status report_exception(simdr_error* err) noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return report(core::make_error(Status::kNoMemory, "out of memory"), err);
  } catch (const std::exception& unexpected) {
    return report(core::make_error(Status::kInternal, "unexpected: %s", unexpected.what()), err);
  } catch (...) {
    return report(core::make_error(Status::kInternal, "unexpected exception"), err);
  }
}

simdr_status refuse_null(const char* argument, simdr_error* err) noexcept {
  return fail(err, core::make_error(Status::kInvalidArgument, "%s: is NULL", argument));
}

simdr_status refuse_flags(const char* argument, std::uint32_t unknown, simdr_error* err) noexcept {
  return fail(err, core::make_error(Status::kUnknownFlags, "%s: unknown bits 0x%x", argument, unknown));
}

simdr_status refuse_bytes(const char* argument, std::size_t size, simdr_error* err) noexcept {
  return fail(err, core::make_error(Status::kInvalidArgument, "%s: is NULL, with a size of %zu", argument, size));
}

simdr_status refuse_key_size(const char* argument, std::size_t size, simdr_error* err) noexcept {
  return fail(err, core::make_error(Status::kTooLarge, "%s: %zu bytes, more than a key may have (%u)", argument, size,
                                    SIMDR_MAX_KEY_SIZE));
}

simdr_status check_count(const char* argument, const void* array, std::size_t count, simdr_error* err) noexcept {
  if (count > SIMDR_MAX_BATCH_COUNT) {
    return fail(err, core::make_error(Status::kTooLarge, "%s: %zu of them, more than a batch may have (%u)", argument,
                                      count, SIMDR_MAX_BATCH_COUNT));
  }
  return check_bytes(argument, array, count, err);
}

simdr_status check_keys(const char* argument, const simdr_bytes* keys, std::size_t count, simdr_error* err) noexcept {
  if (const simdr_status refused = check_count(argument, keys, count, err); refused != SIMDR_OK) return refused;
  for (std::size_t i = 0; i < count; ++i) {
    if (is_key(keys[i])) continue;
    char place[64];
    std::snprintf(place, sizeof place, "%s[%zu]", argument, i);
    return check_key(place, keys[i].data, keys[i].size, err);
  }
  return SIMDR_OK;
}

simdr_status check_reserved(const char* member, std::uint32_t value, simdr_error* err) noexcept {
  if (value == 0) return SIMDR_OK;
  return fail(err, core::make_error(Status::kInvalidArgument, "%s: is %u, and must be 0", member, value));
}

simdr_status read_struct(const char* name, const void* given, void* to, std::size_t known_size,
                         simdr_error* err) noexcept {
  std::size_t size;
  std::memcpy(&size, given, sizeof size);
  if (size < sizeof(std::size_t) || size > kLargestStruct) {
    return fail(err, core::make_error(Status::kOptionsSize,
                                      "%s: a size of %zu is no size of this struct; use its _INIT macro", name, size));
  }
  const auto* bytes = static_cast<const unsigned char*>(given);
  if (std::any_of(bytes + std::min(size, known_size), bytes + size, [](unsigned char byte) { return byte != 0; })) {
    return fail(err, core::make_error(Status::kOptionsSize,
                                      "%s: sets members that this version of the library does not know", name));
  }
  std::memcpy(to, given, std::min(size, known_size));
  return SIMDR_OK;
}

simdr_status check_result_size(const char* name, std::size_t given, simdr_error* err) noexcept {
  if (given >= sizeof(std::size_t) && given <= kLargestStruct) return SIMDR_OK;
  return fail(err, core::make_error(Status::kOptionsSize,
                                    "%s: a size of %zu is no size of this struct; use its _INIT macro", name, given));
}

void write_struct(void* to, const void* from, std::size_t known_size) noexcept {
  std::size_t size;
  std::memcpy(&size, to, sizeof size);
  std::memcpy(to, from, std::min(size, known_size));
  if (size > known_size) std::memset(static_cast<unsigned char*>(to) + known_size, 0, size - known_size);
  std::memcpy(to, &size, sizeof size);
}

std::vector<std::uint64_t> hashes_of(const simdr_bytes* keys, std::size_t count) {
  std::vector<std::uint64_t> hashes(count);
  for (std::size_t i = 0; i < count; ++i) hashes[i] = hash_of(keys[i].data, keys[i].size);
  return hashes;
}

simdr_entry_info to_info(const core::EntryRecord& record, std::uint32_t trailer_size) noexcept {
  simdr_entry_info info = SIMDR_ENTRY_INFO_INIT;
  info.key_hash = record.key_hash;
  info.payload_offset = record.payload_offset;
  info.payload_size = record.payload_size();
  info.trailer_offset = record.trailer_offset;
  info.prev_tail = record.prev_tail;
  info.tail_offset = record.trailer_offset + trailer_size;
  info.checksum = record.crc32;
  return info;
}

}  // namespace simdr::c_api
