/* Files beyond what is reserved at opening, beyond what can be mapped, beyond 2^48; sizes that no store can hold. */
#include "sanitizer.h"
#include "sparse_file.h"

static const uint64_t store_limit = (uint64_t)1 << 48;

/* "first", a hole, "last"; in the memory file system for sizes that no disk's can have. NULL, or why there is none. */
static const char *make_file(struct fixture *f, const char *folder, uint64_t hole_size) {
  struct sparse_file file;
  if (folder == NULL) {
    temp_dir_make(&f->dir);
  } else {
    snprintf(f->dir.path, sizeof(f->dir.path), "%s/simdr-test-XXXXXX", folder);
    if (mkdtemp(f->dir.path) == NULL) return "there is no /dev/shm to write to";
  }
  temp_path(&f->dir, "store", f->path);
  f->store = NULL;
  sparse_open(&file, f->path, 64, 20);
  sparse_put(&file, "first", "a value before the hole", 23);
  sparse_put_hole(&file, "hole", hole_size);
  sparse_put(&file, "last", "a value behind the hole", 23);
  return sparse_close(&file);
}
#define FILE_OR_SKIP(f, folder, hole_size)                                            \
  do {                                                                                \
    const char *why_not;                                                              \
    if (sizeof(size_t) < 8) SKIP("the address space of this machine is far smaller"); \
    why_not = make_file(f, folder, hole_size);                                        \
    if (why_not != NULL) temp_dir_remove(&(f)->dir);                                  \
    if (why_not != NULL) SKIP(why_not);                                               \
  } while (0)

static void has_both_ends(const simdr_store *store) {
  HAS(store, "first", "a value before the hole");
  HAS(store, "last", "a value behind the hole");
}

/* Opens, writes, reads and closes it. False when so much address space is not to be had. */
static int is_written_and_read(struct fixture *f, uint64_t hole_size) {
  enum { kBigSize = 5 << 20 };
  uint8_t *big = pattern_new(kBigSize, 3);
  simdr_view view;
  uint64_t size = file_size_of(f->path), tail = 0;
  int i;
  simdr_status status = simdr_store_open(f->path, NULL, &f->store, &err);
  if (status == SIMDR_ERR_NO_MEMORY) free(big);
  if (status == SIMDR_ERR_NO_MEMORY) return 0;
  if (!CHECK_I64(status, SIMDR_OK)) return 1;
  CHECK(simdr_store_recovered_from(f->store) == NULL);
  CHECK_U64(simdr_store_file_size(f->store), size);
  has_both_ends(f->store);
  OK(simdr_store_view(f->store, "hole", 4, &view, &err));
  CHECK_U64(view.size, hole_size);
  CHECK_I64(((const uint8_t *)view.data)[hole_size - 1], 0);
  /* Past the end of the mapping, if it ends where the file did. */
  for (i = 0; i < 10; i++) OK(simdr_store_put(f->store, &i, sizeof(i), big, kBigSize, 0, &tail, &err));
  PUT(f->store, "new", "and a small one");
  CHECK(tail > size);
  OK(simdr_store_remove(f->store, "first", 5, 0, NULL, &err));
  fixture_close_store(f);
  if (!fixture_reopen(f)) return 1;
  CHECK(simdr_store_recovered_from(f->store) == NULL);
  for (i = 0; i < 10; i++) {
    OK(simdr_store_view(f->store, &i, sizeof(i), &view, &err));
    CHECK(view.size == kBigSize && memcmp(view.data, big, kBigSize) == 0);
  }
  HAS(f->store, "last", "a value behind the hole");
  HAS(f->store, "new", "and a small one");
  LACKS(f->store, "first");
  free(big);
  return 1;
}

static void a_file_beyond_the_reserved_terabyte_is_written(void) {
  const uint64_t hole_size = TIB + TIB / 2;
  struct fixture f;
  int had_space;
  if (UNDER_A_SANITIZER) SKIP("a sanitizer needs the address space for itself");
  FILE_OR_SKIP(&f, NULL, hole_size);
  had_space = is_written_and_read(&f, hole_size);
  fixture_end(&f);
  if (!had_space) SKIP("no address space for a file of 1.5 TiB");
}

/* There is no room for a second mapping of it beside the first: the first must reach beyond the end of the file. */
static void a_file_of_half_the_address_space_is_written(void) {
  const uint64_t hole_size = 64 * TIB;
  struct fixture f;
  int had_space;
  if (UNDER_A_SANITIZER) SKIP("a sanitizer needs the address space for itself");
  FILE_OR_SKIP(&f, "/dev/shm", hole_size);
  had_space = is_written_and_read(&f, hole_size);
  fixture_end(&f);
  if (!had_space) SKIP("no address space for a file of 64 TiB");
}

/* None of these bytes exist: a call that looked at them before it looked at the sizes would crash. */
static void refuses_what_ends_past_the_limit(struct fixture *f) {
  const uint64_t tail = simdr_store_file_size(f->store);
  const uint64_t start = (tail + 63) / 64 * 64;
  /* The least size that ends too far, and others up to the largest there are. */
  const uint64_t sizes[] = {store_limit - start - 20,
                            store_limit - tail - 1,
                            store_limit - tail,
                            store_limit - 1,
                            store_limit,
                            UINT64_C(1) << 63,
                            (UINT64_C(1) << 63) + 64,
                            UINT64_MAX - start - 20,
                            UINT64_MAX - 63,
                            UINT64_MAX - 20,
                            UINT64_MAX - 19,
                            UINT64_MAX - 1,
                            UINT64_MAX};
  const uint64_t count = simdr_store_count(f->store), file_size = file_size_of(f->path), hash = 1;
  uint64_t out_tail = 7;
  size_t i;
  for (i = 0; i < COUNT_OF(sizes); i++) {
    const size_t size = (size_t)sizes[i];
    simdr_bytes keys[3] = {{"a", 1}, {"b", 1}, {"c", 1}}, values[3] = {{"v", 1}, {"v", 1}, {"v", 1}};
    simdr_stream *stream = NULL;
    simdr_reservation *reservation = NULL;
    simdr_entry *entry = NULL;
    void *room = NULL;
    FAILS(simdr_store_put(f->store, "k", 1, "v", size, 0, &out_tail, &err), SIMDR_ERR_TOO_LARGE, "2^48");
    FAILS(simdr_store_put_hashed(f->store, 1, "v", size, SIMDR_DURABILITY_COMMIT, &out_tail, &err), SIMDR_ERR_TOO_LARGE,
          "2^48");
    FAILS(simdr_store_put_if_absent(f->store, "k", 1, "v", size, 0, &out_tail, &err), SIMDR_ERR_TOO_LARGE, "2^48");
    REQUIRE_OK(simdr_store_get(f->store, "last", 4, &entry, &err));
    FAILS(simdr_store_put_if_entry(f->store, entry, "v", size, 0, &out_tail, &err), SIMDR_ERR_TOO_LARGE, "2^48");
    simdr_entry_unref(entry);
    values[0].size = size;
    FAILS(simdr_store_put_many(f->store, keys, 1, values, 1, 0, &out_tail, &err), SIMDR_ERR_TOO_LARGE, "2^48");
    FAILS(simdr_store_put_many_hashed(f->store, &hash, 1, values, 1, 0, &out_tail, &err), SIMDR_ERR_TOO_LARGE, "2^48");
    /* The sum of two may wrap, and what comes behind one that ends too far must not hide it. */
    values[1].size = size;
    FAILS(simdr_store_put_many(f->store, keys, 2, values, 2, 0, &out_tail, &err), SIMDR_ERR_TOO_LARGE, "2^48");
    FAILS(simdr_store_put_many(f->store, keys, 3, values, 3, 0, &out_tail, &err), SIMDR_ERR_TOO_LARGE, "2^48");
    values[0].size = 1;
    FAILS(simdr_store_put_many(f->store, keys, 3, values, 3, 0, &out_tail, &err), SIMDR_ERR_TOO_LARGE, "2^48");
    FAILS(simdr_store_reserve(f->store, "k", 1, size, 0, &reservation, &room, &err), SIMDR_ERR_TOO_LARGE, "2^48");
    CHECK(reservation == NULL && room == NULL);
    if (size >= store_limit) {
      REQUIRE_OK(simdr_stream_open(f->store, "k", 1, 0, &stream, &err));
      OK(simdr_stream_write(stream, "some bytes", 10, &err));
      FAILS(simdr_stream_write(stream, "v", size, &err), SIMDR_ERR_TOO_LARGE, "2^48");
      FAILS(simdr_stream_commit(stream, &out_tail, &err), SIMDR_ERR_BAD_STATE, "stream");
      simdr_stream_free(stream);
    }
  }
  CHECK_U64(out_tail, 7);
  CHECK_U64(simdr_store_file_size(f->store), tail);
  CHECK_U64(simdr_store_count(f->store), count);
  CHECK_U64(file_size_of(f->path), file_size);
  has_both_ends(f->store);
}

static void sizes_past_the_limit_are_refused(void) {
  static const uint64_t hole_sizes[] = {100, 6 * GIB, 64 * TIB};
  int skipped = 0;
  size_t i;
  for (i = 0; i < COUNT_OF(hole_sizes); i++) {
    struct fixture f;
    simdr_status status;
    if (hole_sizes[i] > GIB && UNDER_A_SANITIZER) break;
    FILE_OR_SKIP(&f, hole_sizes[i] > TIB ? "/dev/shm" : NULL, hole_sizes[i]);
    status = simdr_store_open(f.path, NULL, &f.store, &err);
    if (status == SIMDR_ERR_NO_MEMORY) skipped = 1;
    if (status == SIMDR_OK) {
      refuses_what_ends_past_the_limit(&f);
      PUT(f.store, "last but one", "writing goes on");
      refuses_what_ends_past_the_limit(&f); /* with a window open */
      fixture_close_store(&f);
      if (fixture_reopen(&f)) HAS(f.store, "last but one", "writing goes on");
    }
    fixture_end(&f);
  }
  if (skipped) SKIP("no address space for a file of 64 TiB; the smaller ones are as they should be");
}

/* Below the limit, but more than any file system that holds such values: an error, and nothing has changed. */
static void sizes_that_fit_the_format_but_no_disk_are_refused(void) {
  static const uint64_t sizes[] = {16 * TIB, 127 * TIB, 200 * TIB};
  struct fixture f;
  size_t i;
  if (UNDER_A_SANITIZER) SKIP("a sanitizer needs the address space for itself");
  FILE_OR_SKIP(&f, NULL, 100);
  REQUIRE(fixture_reopen(&f));
  for (i = 0; i < COUNT_OF(sizes); i++) {
    const uint64_t tail = simdr_store_file_size(f.store);
    simdr_reservation *reservation = NULL;
    void *room = NULL;
    simdr_status status;
    memset(&err, 0, sizeof(err));
    status = simdr_store_reserve(f.store, "k", 1, (size_t)sizes[i], 0, &reservation, &room, &err);
    CHECK(status == SIMDR_ERR_TOO_LARGE || status == SIMDR_ERR_NO_SPACE || status == SIMDR_ERR_NO_MEMORY);
    CHECK(err.message[0] != '\0' && reservation == NULL && room == NULL);
    CHECK_U64(simdr_store_file_size(f.store), tail);
    CHECK(file_size_of(f.path) < GIB);
    PUT(f.store, "new", "writing goes on");
    has_both_ends(f.store);
  }
  fixture_close_store(&f);
  CHECK(file_size_of(f.path) < GIB);
  REQUIRE(fixture_reopen(&f));
  HAS(f.store, "new", "writing goes on");
  has_both_ends(f.store);
  fixture_end(&f);
}

static void a_file_beyond_the_limit_is_refused(void) {
  static const uint64_t hole_sizes[] = {(UINT64_C(1) << 48) - 127, UINT64_C(1) << 48, UINT64_C(1) << 55,
                                        (UINT64_C(1) << 63) - (1 << 20)};
  static const uint32_t modes[] = {SIMDR_OPEN_CREATE, SIMDR_OPEN_EXISTING, SIMDR_OPEN_READ_ONLY};
  size_t i, mode;
  for (i = 0; i < COUNT_OF(hole_sizes); i++) {
    struct fixture f;
    simdr_repair_result result = SIMDR_REPAIR_RESULT_INIT;
    char size[32], out[1024];
    FILE_OR_SKIP(&f, "/dev/shm", hole_sizes[i]);
    temp_path(&f.dir, "out", out);
    snprintf(size, sizeof(size), " %" PRIu64 " bytes", file_size_of(f.path));
    for (mode = 0; mode < COUNT_OF(modes); mode++) {
      simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
      options.mode = modes[mode];
      FAILS(simdr_store_open(f.path, &options, &f.store, &err), SIMDR_ERR_TOO_LARGE, size);
      CHECK(strstr(err.message, f.path) != NULL && strstr(err.message, "2^48") != NULL);
      CHECK(f.store == NULL);
    }
    FAILS(simdr_upgrade(f.path, out, NULL, &err), SIMDR_ERR_TOO_LARGE, size);
    FAILS(simdr_repair(f.path, out, NULL, NULL, &result, &err), SIMDR_ERR_TOO_LARGE, size);
    CHECK(!file_is_there(out));
    fixture_end(&f);
  }
}

/* x86 has 128 TiB for a process, others up to 256: a file may be longer than that and below the limit. */
static void a_file_beyond_the_address_space_is_refused(void) {
  static const uint32_t modes[] = {SIMDR_OPEN_EXISTING, SIMDR_OPEN_READ_ONLY};
  struct fixture f;
  simdr_repair_result result = SIMDR_REPAIR_RESULT_INIT;
  char size[32], out[1024];
  size_t mode;
  int was_mapped = 0;
  FILE_OR_SKIP(&f, "/dev/shm", 250 * TIB);
  temp_path(&f.dir, "out", out);
  snprintf(size, sizeof(size), " %" PRIu64 " bytes", file_size_of(f.path));
  for (mode = 0; mode < COUNT_OF(modes); mode++) {
    simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
    simdr_status status;
    options.mode = modes[mode];
    status = simdr_store_open(f.path, &options, &f.store, &err);
    if (status == SIMDR_OK) was_mapped = 1;
    if (was_mapped) break;
    if (!CHECK_I64(status, SIMDR_ERR_NO_MEMORY)) break;
    CHECK(strstr(err.message, f.path) != NULL && strstr(err.message, size) != NULL);
  }
  if (!was_mapped) {
    FAILS(simdr_upgrade(f.path, out, NULL, &err), SIMDR_ERR_NO_MEMORY, size);
    FAILS(simdr_repair(f.path, out, NULL, NULL, &result, &err), SIMDR_ERR_NO_MEMORY, size);
    CHECK(!file_is_there(out));
  }
  fixture_end(&f);
  if (was_mapped) SKIP("this machine can map 250 TiB");
}

static void options_at_the_limit_are_as_good_as_others(void) {
  struct fixture f;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  int i;
  if (UNDER_A_SANITIZER) SKIP("a sanitizer needs the address space for itself");
  options.reserve_size = options.window_size = store_limit - 1;
  FILE_OR_SKIP(&f, NULL, 6 * GIB);
  REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
  for (i = 0; i < 100; i++) PUT(f.store, "new", "one of many");
  has_both_ends(f.store);
  fixture_close_store(&f);
  REQUIRE(fixture_reopen(&f));
  HAS(f.store, "new", "one of many");
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(a_file_beyond_the_reserved_terabyte_is_written),
      CASE(a_file_of_half_the_address_space_is_written),
      CASE(sizes_past_the_limit_are_refused),
      CASE(sizes_that_fit_the_format_but_no_disk_are_refused),
      CASE(a_file_beyond_the_limit_is_refused),
      CASE(a_file_beyond_the_address_space_is_refused),
      CASE(options_at_the_limit_are_as_good_as_others),
  };
  return CHECK_RUN(cases);
}
