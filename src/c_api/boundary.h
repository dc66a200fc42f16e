// The wall between C and C++: no exception leaves, every error is told, every argument is looked at before it is used.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "format/key_hash.h"
#include "simdr.h"
#include "store/iterator.h"
#include "store/settings.h"
#include "store/stream.h"

// What the handles are. An entry and an iterator need nothing beside the core's objects.
struct simdr_store {
  std::unique_ptr<simdr::core::Store> core;
};
struct simdr_stream {
  std::unique_ptr<simdr::core::Stream> core;
};
struct simdr_iterator {
  simdr::core::Iterator core;
};
struct simdr_reservation {
  simdr::core::Store* store;
  std::uint64_t key_hash;
  std::uint64_t size;
  simdr::core::Durability durability;
};

namespace simdr::c_api {

using core::ByteView;
using core::Durability;
using core::Error;
using core::Result;
using core::Status;

// Copies an Error out. Ordinary outcomes leave `err` alone, but for a stopped callback's number.
simdr_status report(const Error& error, simdr_error* err) noexcept;

// In a catch block: tells what was thrown.
[[gnu::cold]] simdr_status report_exception(simdr_error* err) noexcept;

// In line, so that a short call is one function.
template <typename Function>
[[gnu::always_inline]] inline simdr_status guarded(simdr_error* err, Function&& function) noexcept {
  try {
    return function();
  } catch (...) {
    return report_exception(err);
  }
}

// Refusals. Each names the argument.
simdr_status refuse_null(const char* argument, simdr_error* err) noexcept;
simdr_status refuse_flags(const char* argument, std::uint32_t unknown, simdr_error* err) noexcept;

// Each returns SIMDR_OK or what was wrong.
simdr_status refuse_bytes(const char* argument, std::size_t size, simdr_error* err) noexcept;
inline simdr_status check_bytes(const char* argument, const void* data, std::size_t size, simdr_error* err) noexcept {
  if (data != nullptr || size == 0) [[likely]]
    return SIMDR_OK;
  return refuse_bytes(argument, size, err);
}
simdr_status refuse_key_size(const char* argument, std::size_t size, simdr_error* err) noexcept;
inline simdr_status check_key(const char* argument, const void* key, std::size_t size, simdr_error* err) noexcept {
  if (size > SIMDR_MAX_KEY_SIZE) [[unlikely]]
    return refuse_key_size(argument, size, err);
  return check_bytes(argument, key, size, err);
}
// The same of one among many, without words.
[[nodiscard]] inline bool are_bytes(const simdr_bytes& bytes) noexcept {
  return bytes.data != nullptr || bytes.size == 0;
}
[[nodiscard]] inline bool is_key(const simdr_bytes& bytes) noexcept {
  return bytes.size <= SIMDR_MAX_KEY_SIZE && are_bytes(bytes);
}
simdr_status check_count(const char* argument, const void* array, std::size_t count, simdr_error* err) noexcept;
simdr_status check_keys(const char* argument, const simdr_bytes* keys, std::size_t count, simdr_error* err) noexcept;
simdr_status check_reserved(const char* member, std::uint32_t value, simdr_error* err) noexcept;
inline simdr_status read_durability(std::uint32_t flags, Durability* out, simdr_error* err) noexcept {
  if (flags > SIMDR_DURABILITY_STRICT) [[unlikely]]
    return refuse_flags("flags", flags & ~std::uint32_t{3}, err);
  *out = static_cast<Durability>(flags);
  return SIMDR_OK;
}

// An options struct of any age: what the caller's has and we know, defaults for the rest. `name` names the argument.
simdr_status read_struct(const char* name, const void* given, void* to, std::size_t known_size,
                         simdr_error* err) noexcept;
template <typename Options>
simdr_status read_options(const char* name, const Options* given, Options* out, simdr_error* err) noexcept {
  if (given == nullptr) return SIMDR_OK;
  return read_struct(name, given, out, sizeof(Options), err);
}
// A result struct of any age: as much as the caller has room for.
simdr_status check_result_size(const char* name, std::size_t given, simdr_error* err) noexcept;
void write_struct(void* to, const void* from, std::size_t known_size) noexcept;
template <typename Struct>
void write_result(Struct* to, const Struct& from) noexcept {
  write_struct(to, &from, sizeof(Struct));
}

inline core::Entry* to_core(simdr_entry* entry) noexcept { return reinterpret_cast<core::Entry*>(entry); }
inline const core::Entry* to_core(const simdr_entry* entry) noexcept {
  return reinterpret_cast<const core::Entry*>(entry);
}
inline simdr_entry* to_c(core::Entry* entry) noexcept { return reinterpret_cast<simdr_entry*>(entry); }

inline std::uint64_t hash_of(const void* key, std::size_t key_size) noexcept {
  return core::key_hash(core::as_bytes(key, key_size));
}
// Needs check_keys() before.
std::vector<std::uint64_t> hashes_of(const simdr_bytes* keys, std::size_t count);

simdr_status read_open_options(const simdr_open_options* options, core::OpenSettings* out, simdr_error* err) noexcept;

inline simdr_view to_view(const core::Found& found) noexcept {
  if (found.data == nullptr) return {};
  return {found.data,
          static_cast<std::size_t>(found.record.payload_size()),
          found.record.key_hash,
          found.record.payload_offset,
          found.record.crc32,
          0};
}
simdr_entry_info to_info(const core::EntryRecord& record, std::uint32_t trailer_size) noexcept;

// The last line of a writing call.
inline simdr_status finish_write(const Result<std::uint64_t>& tail, std::uint64_t* out_tail,
                                 simdr_error* err) noexcept {
  if (!tail) return report(tail.error(), err);
  if (out_tail != nullptr) *out_tail = *tail;
  return SIMDR_OK;
}

}  // namespace simdr::c_api

// Checks that return early: `SIMDR_REFUSE(check_key("key", key, key_size, err));`
#define SIMDR_REFUSE(check)                                          \
  do {                                                               \
    if (const simdr_status refused = (check); refused != SIMDR_OK) { \
      return refused;                                                \
    }                                                                \
  } while (false)
#define SIMDR_NOT_NULL(argument)                                   \
  do {                                                             \
    if ((argument) == nullptr) return refuse_null(#argument, err); \
  } while (false)
