#include "format/key_hash.h"

// Inlined, so that a short key costs no call through the PLT and libsimdr.so needs no libxxhash.so at run time.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/endian.h"

namespace simdr::core {

std::uint64_t key_hash(ByteView key) noexcept { return XXH3_64bits(key.data(), key.size()); }

NamespacedKey namespaced_key(std::uint64_t namespace_hash, ByteView key) noexcept {
  NamespacedKey out;
  store_le64(out.data(), namespace_hash);
  store_le64(out.data() + 8, key_hash(key));
  return out;
}

}  // namespace simdr::core
