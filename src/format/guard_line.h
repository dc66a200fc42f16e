// The standing guard: the 64 bytes at the end of a file that is open for writing (or whose writer died).
//
//   | magic 8 | durable_tail 8 | synced_tail 8 | writer_pid 4 | flags 4 | line 8 | key_hash 8 | prev_tail 8 | crc 4 |
//   0         8                16              24             28        32       40           48            56    60 = end of file
//
// `line` is the guard's own offset in the file: the guard of another file, kept here as a value, is none.
//
// To the crate this format comes from, the last 20 bytes are an ordinary trailer, so its own recovery finds a valid
// chain that starts with one phantom entry under kGuardKeyHash. To us, `prev_tail` is the committed tail, and
// everything between it and this line is nobody's yet. The line starts on a multiple of 64 and is one cache line
// and less than one disk sector, so its fields reach memory in program order and reach the disk together; each
// 8-byte field is 8-byte aligned and stored at once. Publishing an entry, or a whole batch, is one store to prev_tail.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "format/layout.h"

namespace simdr::core {

// No key can have this hash: puts under it are refused, readers skip it, compaction drops it.
inline constexpr std::uint64_t kGuardKeyHash = 0xF1D0'5EAF'00D5'1D3Dull;
inline constexpr std::uint64_t kGuardMagic = 0x0A1A'0D53'4944'52A7ull;  // not text, not zeros, not 0xFF
inline constexpr std::uint32_t kGuardCrc = 0x5D3A'96C1u;  // a constant: the phantom's CRC never matches its bytes

inline constexpr std::uint64_t kGuardSize = 60;  // from the start of the line to the end of the file
inline constexpr std::uint64_t kGuardLineSize = 64;  // what its place takes; the last 4 bytes are not in the file

inline constexpr std::size_t kGuardMagicAt = 0;
inline constexpr std::size_t kGuardDurableAt = 8;
inline constexpr std::size_t kGuardSyncedAt = 16;
inline constexpr std::size_t kGuardPidAt = 24;
inline constexpr std::size_t kGuardFlagsAt = 28;
inline constexpr std::size_t kGuardLineAt = 32;
inline constexpr std::size_t kGuardTrailerAt = 40;
inline constexpr std::size_t kGuardPrevTailAt = 48;

// Set while every write since durable_tail asked for COMMIT or STRICT: what a power cut tore then was acknowledged
// to nobody, so recovery takes whole batches only (docs/RELIABILITY.md).
inline constexpr std::uint32_t kGuardAllSynced = 1u << 0;
// Set while the chain below durable_tail has torn entries that recovery passed over, and what it showed in their place is not
// yet written anew and on the disk: the next recovery has to pass over them too, so it checks all of the chain.
inline constexpr std::uint32_t kGuardHoldsTorn = 1u << 1;

struct GuardLine {
  std::uint64_t durable_tail = 0;  // all bytes below are on the disk
  std::uint64_t synced_tail = 0;  // where the last sync that was begun ends; durable_tail follows when it is done
  std::uint32_t writer_pid = 0;
  std::uint32_t flags = 0;
  std::uint64_t committed_tail = 0;
};

// What other programs may make of a guard: its last 20 bytes read as a trailer, and so do, where a tail in the middle of a
// torn file is looked for, its first 20. Neither is anybody's entry.
[[nodiscard]] constexpr bool is_guards_key_hash(std::uint64_t key_hash) noexcept {
  return key_hash == kGuardKeyHash || key_hash == kGuardMagic;
}

// The guard that lies at `line_offset`.
void encode_guard(std::byte (&to)[kGuardSize], std::uint64_t line_offset, const GuardLine& guard) noexcept;

// True when the `kGuardSize` bytes at `from`, at `line_offset` in a file, are a guard whose numbers are possible:
// magic, hash and constant match, it names line_offset, a multiple of 64; durable <= synced <= committed <= line_offset.
[[nodiscard]] bool decode_guard(const std::byte* from, std::uint64_t line_offset, GuardLine* out) noexcept;

}  // namespace simdr::core
