#include "format/key_hash.h"

#include "base/endian.h"
#include "format/short_key_hash.h"

namespace simdr::core {

namespace {

[[gnu::noinline]] std::uint64_t hash_of_long_key(ByteView key) noexcept { return XXH3_64bits(key.data(), key.size()); }

}  // namespace

// Short keys by themselves, so that they pay nothing for the registers that long ones need.
std::uint64_t key_hash(ByteView key) noexcept {
  return key.size() <= kMaxShortKeySize ? short_key_hash(key) : hash_of_long_key(key);
}

NamespacedKey namespaced_key(std::uint64_t namespace_hash, ByteView key) noexcept {
  NamespacedKey out;
  store_le64(out.data(), namespace_hash);
  store_le64(out.data() + 8, key_hash(key));
  return out;
}

}  // namespace simdr::core
