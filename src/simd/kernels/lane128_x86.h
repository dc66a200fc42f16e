// One 128-bit lane on x86-64, as fold128.h wants it. Included by kernel files only; see entry_points.h for why
// everything here has internal linkage.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

namespace simdr::core::simd {
namespace {

#define SIMDR_INLINE [[gnu::always_inline]] inline

using Lane = __m128i;

SIMDR_INLINE Lane load(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }
SIMDR_INLINE void store(void* to, Lane lane) { _mm_storeu_si128(static_cast<__m128i*>(to), lane); }

// `to` is 16-byte aligned. Weakly ordered: store_fence() must follow before anybody else is told about the bytes.
SIMDR_INLINE void store_around_cache(void* to, Lane lane) { _mm_stream_si128(static_cast<__m128i*>(to), lane); }
SIMDR_INLINE void store_fence() { _mm_sfence(); }

SIMDR_INLINE Lane zero_lane() { return _mm_setzero_si128(); }
SIMDR_INLINE Lane lane_of(uint64_t first_word) { return _mm_cvtsi64_si128(static_cast<long long>(first_word)); }
SIMDR_INLINE uint32_t third_dword(Lane lane) { return static_cast<uint32_t>(_mm_extract_epi32(lane, 2)); }

SIMDR_INLINE Lane exclusive_or(Lane a, Lane b) { return _mm_xor_si128(a, b); }

// Carry-less products of the first words, and of the second words.
SIMDR_INLINE Lane multiply_first(Lane a, Lane b) { return _mm_clmulepi64_si128(a, b, 0x00); }
SIMDR_INLINE Lane multiply_second(Lane a, Lane b) { return _mm_clmulepi64_si128(a, b, 0x11); }
SIMDR_INLINE Lane multiply_first_by_second(Lane a, Lane b) { return _mm_clmulepi64_si128(a, b, 0x10); }

// Byte i of the result is lane[index[i]], or zero where index[i] has its top bit set.
SIMDR_INLINE Lane pick_bytes(Lane lane, Lane index) { return _mm_shuffle_epi8(lane, index); }
// Byte i of the result is b[i] where selector[i] has its top bit set, otherwise a[i].
SIMDR_INLINE Lane select_bytes(Lane a, Lane b, Lane selector) { return _mm_blendv_epi8(a, b, selector); }

}  // namespace
}  // namespace simdr::core::simd
