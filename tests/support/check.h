/* A tiny check harness for C99: one executable per topic, one TAP line per case.
 *
 *   static void values_come_back(void) { CHECK(1 + 1 == 2); }
 *   int main(void) { static const struct check_case cases[] = {CASE(values_come_back)}; return CHECK_RUN(cases); }
 *
 * A CHECK that fails is told on stderr and the case goes on; REQUIRE also leaves the function it stands in. SKIP ends the
 * case visibly. Cases run in order, in one process, on one thread; CHECK itself may be used on any thread. */
#ifndef SIMDR_TESTS_CHECK_H
#define SIMDR_TESTS_CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check_case {
  const char *name;
  void (*run)(void);
};
#define CASE(function) \
  { #function, function }
#define CHECK_RUN(cases) check_run(cases, sizeof(cases) / sizeof((cases)[0]))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static volatile int check_failures; /* of the case that runs; more than one thread may raise it, none lowers it */
static const char *check_skipped;

static inline int check_that(int holds, const char *file, int line, const char *what) {
  if (!holds) {
    check_failures = 1;
    fprintf(stderr, "# %s:%d: %s\n", file, line, what);
  }
  return holds;
}
static inline int check_u64(uint64_t got, uint64_t want, const char *file, int line, const char *what) {
  if (got == want) return 1;
  fprintf(stderr, "# got %" PRIu64 ", want %" PRIu64 "\n", got, want);
  return check_that(0, file, line, what);
}
static inline int check_i64(int64_t got, int64_t want, const char *file, int line, const char *what) {
  if (got == want) return 1;
  fprintf(stderr, "# got %" PRId64 ", want %" PRId64 "\n", got, want);
  return check_that(0, file, line, what);
}
static inline int check_text(const char *got, const char *want, const char *file, int line, const char *what) {
  if (got != NULL && strcmp(got, want) == 0) return 1;
  fprintf(stderr, "# got \"%s\", want \"%s\"\n", got == NULL ? "(null)" : got, want);
  return check_that(0, file, line, what);
}
static inline int check_bytes(const void *got, const void *want, size_t size, const char *file, int line,
                              const char *what) {
  size_t i = 0;
  if (got == NULL) return check_that(size == 0, file, line, what);
  while (i < size && ((const uint8_t *)got)[i] == ((const uint8_t *)want)[i]) i++;
  if (i == size) return 1;
  fprintf(stderr, "# differs at byte %zu of %zu\n", i, size);
  return check_that(0, file, line, what);
}

#define CHECK(holds) check_that((holds) ? 1 : 0, __FILE__, __LINE__, #holds)
#define CHECK_U64(got, want) check_u64((uint64_t)(got), (uint64_t)(want), __FILE__, __LINE__, #got " == " #want)
#define CHECK_I64(got, want) check_i64((int64_t)(got), (int64_t)(want), __FILE__, __LINE__, #got " == " #want)
#define CHECK_TEXT(got, want) check_text(got, want, __FILE__, __LINE__, #got " == " #want)
#define CHECK_BYTES(got, want, size) check_bytes(got, want, size, __FILE__, __LINE__, #got " == " #want)
#define REQUIRE(holds)         \
  do {                         \
    if (!CHECK(holds)) return; \
  } while (0)
#define SKIP(reason)        \
  do {                      \
    check_skipped = reason; \
    return;                 \
  } while (0)

static inline int check_run(const struct check_case *cases, size_t count) {
  int failed = 0;
  size_t i;
  setvbuf(stdout, NULL, _IOLBF, 0); /* or a forked child would print what its parent had not yet */
  printf("1..%zu\n", count);
  for (i = 0; i < count; i++) {
    check_failures = 0;
    check_skipped = NULL;
    cases[i].run();
    if (check_failures) failed = 1;
    printf("%sok %zu - %s%s%s\n", check_failures ? "not " : "", i + 1, cases[i].name,
           check_skipped != NULL ? " # SKIP " : "", check_skipped != NULL ? check_skipped : "");
  }
  return failed;
}

#endif /* SIMDR_TESTS_CHECK_H */
