// What needs no store: versions, kernels, keys.
#include "c_api/boundary.h"
#include "simd/kernels.h"

using namespace simdr::c_api;
namespace core = simdr::core;

std::uint32_t simdr_version() noexcept {
  return SIMDR_VERSION_MAJOR * 1'000'000u + SIMDR_VERSION_MINOR * 1'000u + SIMDR_VERSION_PATCH;
}

const char* simdr_version_string() noexcept { return SIMDR_VERSION_STRING; }

const char* simdr_kernel_name() noexcept { return core::simd::kernels().name; }

std::uint64_t simdr_key_hash(const void* key, std::size_t key_size) noexcept { return hash_of(key, key_size); }

simdr_status simdr_key_hash_many(const simdr_bytes* keys, std::size_t key_count, std::uint64_t* out_hashes,
                                 simdr_error* err) noexcept {
  SIMDR_REFUSE(check_keys("keys", keys, key_count, err));
  SIMDR_REFUSE(check_count("out_hashes", out_hashes, key_count, err));
  for (std::size_t i = 0; i < key_count; ++i) out_hashes[i] = hash_of(keys[i].data, keys[i].size);
  return SIMDR_OK;
}

void simdr_namespaced_key(const void* ns, std::size_t ns_size, const void* key, std::size_t key_size,
                          std::uint8_t out_key[16]) noexcept {
  const core::NamespacedKey made = core::namespaced_key(hash_of(ns, ns_size), core::as_bytes(key, key_size));
  std::memcpy(out_key, made.data(), made.size());
}
