#include "format/guard_line.h"

#include "base/endian.h"
#include "format/trailer.h"

namespace simdr::core {

static_assert(kGuardTrailerAt + kTrailerSize == kGuardSize);
static_assert(kGuardTrailerAt + kTrailerPrevTailAt == kGuardPrevTailAt);
static_assert(kGuardPrevTailAt % 8 == 0 && kGuardDurableAt % 8 == 0 && kGuardSyncedAt % 8 == 0);

void encode_guard(std::byte (&to)[kGuardSize], std::uint64_t line_offset, const GuardLine& guard) noexcept {
  store_le64(to + kGuardMagicAt, kGuardMagic);
  store_le64(to + kGuardDurableAt, guard.durable_tail);
  store_le64(to + kGuardSyncedAt, guard.synced_tail);
  store_le32(to + kGuardPidAt, guard.writer_pid);
  store_le32(to + kGuardFlagsAt, guard.flags);
  store_le64(to + kGuardLineAt, line_offset);
  encode_trailer(to + kGuardTrailerAt, {kGuardKeyHash, guard.committed_tail, kGuardCrc});
}

bool decode_guard(const std::byte* from, std::uint64_t line_offset, GuardLine* out) noexcept {
  const Trailer trailer = decode_trailer(from + kGuardTrailerAt);
  if (load_le64(from + kGuardMagicAt) != kGuardMagic || trailer.key_hash != kGuardKeyHash ||
      trailer.crc32 != kGuardCrc || line_offset % kGuardLineSize != 0 ||
      load_le64(from + kGuardLineAt) != line_offset) {
    return false;
  }
  GuardLine guard;
  guard.durable_tail = load_le64(from + kGuardDurableAt);
  guard.synced_tail = load_le64(from + kGuardSyncedAt);
  guard.writer_pid = load_le32(from + kGuardPidAt);
  guard.flags = load_le32(from + kGuardFlagsAt);
  guard.committed_tail = trailer.prev_tail;
  if (guard.durable_tail > guard.synced_tail || guard.synced_tail > guard.committed_tail ||
      guard.committed_tail > line_offset) {
    return false;
  }
  *out = guard;
  return true;
}

}  // namespace simdr::core
