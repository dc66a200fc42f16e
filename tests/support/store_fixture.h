/* A store in a directory of its own, and checks that say what they saw. For the C tests of simdr.h.
 *
 *   OK(call)                   SIMDR_OK, and the error struct not touched
 *   OUTCOME(call, status)      an ordinary outcome, and the error struct not touched
 *   FAILS(call, status, word)  an error: the struct filled as promised, its message holding `word`
 * All three want the call's last argument to be &err, the error struct of this header; they are for one thread. */
#ifndef SIMDR_TESTS_STORE_FIXTURE_H
#define SIMDR_TESTS_STORE_FIXTURE_H

#include "check.h"
#include "simdr.h"
#include "temp_dir.h"

static simdr_error err;

static inline void err_arm(void) { memset(&err, 0x5A, sizeof(err)); }
static inline int err_is_armed(void) {
  const unsigned char *bytes = (const unsigned char *)&err;
  size_t i;
  for (i = 0; i < sizeof(err); i++) {
    if (bytes[i] != 0x5A) return 0;
  }
  return 1;
}
static inline int check_outcome(simdr_status got, simdr_status want, const char *file, int line, const char *what) {
  if (got != want) {
    err.message[sizeof(err.message) - 1] = '\0';
    fprintf(stderr, "# got %s (%d), want %s: %s\n", simdr_status_name(got), (int)got, simdr_status_name(want),
            got <= -10 ? err.message : "");
    return check_that(0, file, line, what);
  }
  return check_that(err_is_armed(), file, line, "the error struct was touched though nothing failed");
}
static inline int check_failure(simdr_status got, simdr_status want, const char *word, const char *file, int line,
                                const char *what) {
  size_t length;
  if (got != want) {
    fprintf(stderr, "# got %s (%d), want %s\n", simdr_status_name(got), (int)got, simdr_status_name(want));
    if (got <= -10) fprintf(stderr, "# %.*s\n", (int)sizeof(err.message), err.message);
    return check_that(0, file, line, what);
  }
  if (!check_that(memchr(err.message, '\0', sizeof(err.message)) != NULL, file, line, "message not terminated"))
    return 0;
  length = strlen(err.message);
  if (err.status == want && length > 0 && strchr(err.message, '\n') == NULL && err.message[length - 1] != '.' &&
      strstr(err.message, word) != NULL) {
    return 1;
  }
  fprintf(stderr, "# err.status %d, message \"%s\", which should hold \"%s\"\n", (int)err.status, err.message, word);
  return check_that(0, file, line, what);
}
#define OK(call) (err_arm(), check_outcome((call), SIMDR_OK, __FILE__, __LINE__, #call))
#define OUTCOME(call, status) (err_arm(), check_outcome((call), (status), __FILE__, __LINE__, #call))
#define FAILS(call, status, word) (err_arm(), check_failure((call), (status), (word), __FILE__, __LINE__, #call))
#define REQUIRE_OK(call)   \
  do {                     \
    if (!OK(call)) return; \
  } while (0)

struct fixture {
  struct temp_dir dir;
  char path[1024];
  simdr_store *store;
};

static inline int fixture_reopen(struct fixture *f) { return OK(simdr_store_open(f->path, NULL, &f->store, &err)); }
/* An empty store, open for writing with default options. */
static inline int fixture_open(struct fixture *f) {
  temp_dir_make(&f->dir);
  temp_path(&f->dir, "store.simdr", f->path);
  f->store = NULL;
  return fixture_reopen(f);
}
static inline int fixture_close_store(struct fixture *f) {
  simdr_store *store = f->store;
  f->store = NULL;
  return OK(simdr_store_close_checked(store, &err));
}
static inline void fixture_end(struct fixture *f) {
  simdr_store_close(f->store);
  temp_dir_remove(&f->dir);
}

/* Bytes that differ with `seed` and never are all zero. */
static inline void pattern_fill(void *to, size_t size, uint64_t seed) {
  uint8_t *bytes = (uint8_t *)to;
  uint64_t x = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
  size_t i;
  for (i = 0; i < size; i++) {
    if (i % 8 == 0) x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    bytes[i] = (uint8_t)(x >> (8 * (i % 8)));
  }
  if (size > 0) bytes[0] |= 1;
}
static inline uint8_t *pattern_new(size_t size, uint64_t seed) {
  uint8_t *bytes = (uint8_t *)malloc(size + 1);
  if (bytes == NULL) abort();
  pattern_fill(bytes, size, seed);
  return bytes;
}

static inline int put_text_at(simdr_store *store, const char *key, const char *value, const char *file, int line) {
  err_arm();
  return check_outcome(simdr_store_put(store, key, strlen(key), value, strlen(value), 0, NULL, &err), SIMDR_OK, file,
                       line, key);
}
/* The value under a key through get, with its checksum. */
static inline int has_bytes_at(const simdr_store *store, const char *key, const void *value, size_t size,
                               const char *file, int line) {
  simdr_entry *entry = NULL;
  int good;
  err_arm();
  if (!check_outcome(simdr_store_get(store, key, strlen(key), &entry, &err), SIMDR_OK, file, line, key)) return 0;
  good = check_u64(simdr_entry_size(entry), size, file, line, key) &&
         check_bytes(simdr_entry_data(entry), value, size, file, line, key) &&
         check_that(simdr_entry_checksum_ok(entry), file, line, "checksum_ok");
  simdr_entry_unref(entry);
  return good;
}
static inline int lacks_at(const simdr_store *store, const char *key, const char *file, int line) {
  simdr_entry *entry = NULL;
  err_arm();
  return check_outcome(simdr_store_get(store, key, strlen(key), &entry, &err), SIMDR_NOT_FOUND, file, line, key) &&
         check_that(entry == NULL, file, line, "out_entry was touched");
}
#define PUT(store, key, value) put_text_at(store, key, value, __FILE__, __LINE__)
#define HAS(store, key, value) has_bytes_at(store, key, value, strlen(value), __FILE__, __LINE__)
#define HAS_BYTES(store, key, value, size) has_bytes_at(store, key, value, size, __FILE__, __LINE__)
#define LACKS(store, key) lacks_at(store, key, __FILE__, __LINE__)

/* What must not change: the file's bytes up to the tail, the tail, the count. */
struct snapshot {
  uint8_t *bytes;
  size_t size;
  uint64_t tail;
  uint64_t count;
};
static inline void snapshot_take(struct snapshot *shot, const struct fixture *f) {
  shot->tail = simdr_store_file_size(f->store);
  shot->count = simdr_store_count(f->store);
  shot->size = 0;
  shot->bytes = file_read(f->path, (size_t)shot->tail, &shot->size);
}
static inline int snapshot_holds_at(const struct snapshot *shot, const struct fixture *f, const char *file, int line) {
  size_t size = 0;
  uint8_t *now = file_read(f->path, (size_t)shot->tail, &size);
  int good = check_u64(simdr_store_file_size(f->store), shot->tail, file, line, "the tail moved") &&
             check_u64(simdr_store_count(f->store), shot->count, file, line, "the count changed") &&
             check_u64(size, shot->size, file, line, "the file shrank") &&
             check_bytes(now, shot->bytes, shot->size, file, line, "the file changed");
  free(now);
  return good;
}
#define UNCHANGED(shot, f) snapshot_holds_at(shot, f, __FILE__, __LINE__)
static inline void snapshot_free(struct snapshot *shot) { free(shot->bytes); }

#endif /* SIMDR_TESTS_STORE_FIXTURE_H */
