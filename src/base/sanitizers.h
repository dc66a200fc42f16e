// Which sanitizers this is built with, whichever compiler: SIMDR_ASAN and SIMDR_TSAN, 0 or 1.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define SIMDR_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SIMDR_ASAN 1
#endif
#endif
#ifndef SIMDR_ASAN
#define SIMDR_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__)
#define SIMDR_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SIMDR_TSAN 1
#endif
#endif
#ifndef SIMDR_TSAN
#define SIMDR_TSAN 0
#endif
