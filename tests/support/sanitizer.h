/* Whether this test runs under a sanitizer that needs most of the address space for itself. */
#ifndef SIMDR_TESTS_SANITIZER_H
#define SIMDR_TESTS_SANITIZER_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_A_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNDER_A_SANITIZER 1
#endif
#endif
#ifndef UNDER_A_SANITIZER
#define UNDER_A_SANITIZER 0
#endif

#endif /* SIMDR_TESTS_SANITIZER_H */
