// One 128-bit lane on 64-bit ARM, as fold128.h wants it. Included by kernel files only; see entry_points.h for why
// everything here has internal linkage.
#pragma once

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>

namespace simdr::core::simd {
namespace {

#define SIMDR_INLINE [[gnu::always_inline]] inline

using Lane = uint8x16_t;

SIMDR_INLINE Lane load(const void* from) { return vld1q_u8(static_cast<const uint8_t*>(from)); }
SIMDR_INLINE void store(void* to, Lane lane) { vst1q_u8(static_cast<uint8_t*>(to), lane); }

// There is no non-temporal store intrinsic here; cores detect streaming by themselves.
SIMDR_INLINE void store_around_cache(void* to, Lane lane) { store(to, lane); }
SIMDR_INLINE void store_fence() {}

SIMDR_INLINE Lane zero_lane() { return vdupq_n_u8(0); }
SIMDR_INLINE Lane lane_of(uint64_t first_word) {
  return vreinterpretq_u8_u64(vsetq_lane_u64(first_word, vdupq_n_u64(0), 0));
}
SIMDR_INLINE uint32_t third_dword(Lane lane) { return vgetq_lane_u32(vreinterpretq_u32_u8(lane), 2); }

SIMDR_INLINE Lane exclusive_or(Lane a, Lane b) { return veorq_u8(a, b); }

// Carry-less products of the first words, and of the second words.
SIMDR_INLINE Lane multiply_first(Lane a, Lane b) {
  return vreinterpretq_u8_p128(
      vmull_p64(vgetq_lane_p64(vreinterpretq_p64_u8(a), 0), vgetq_lane_p64(vreinterpretq_p64_u8(b), 0)));
}
SIMDR_INLINE Lane multiply_second(Lane a, Lane b) {
  return vreinterpretq_u8_p128(vmull_high_p64(vreinterpretq_p64_u8(a), vreinterpretq_p64_u8(b)));
}
SIMDR_INLINE Lane multiply_first_by_second(Lane a, Lane b) {
  return vreinterpretq_u8_p128(
      vmull_p64(vgetq_lane_p64(vreinterpretq_p64_u8(a), 0), vgetq_lane_p64(vreinterpretq_p64_u8(b), 1)));
}

// Byte i of the result is lane[index[i]], or zero where index[i] has its top bit set.
SIMDR_INLINE Lane pick_bytes(Lane lane, Lane index) { return vqtbl1q_u8(lane, index); }
// Byte i of the result is b[i] where selector[i] has its top bit set, otherwise a[i].
SIMDR_INLINE Lane select_bytes(Lane a, Lane b, Lane selector) {
  return vbslq_u8(vcltzq_s8(vreinterpretq_s8_u8(selector)), b, a);
}

}  // namespace
}  // namespace simdr::core::simd
