/* Values of unknown length: pushed, pulled, from a descriptor; what a failing source leaves behind, which is nothing. */
#include <sys/wait.h>

#include "store_fixture.h"

enum { kBig = (9 << 20) + 77 }; /* beyond what a stream keeps in memory */

static void a_pushed_stream_is_there_after_the_commit(void) {
  static const size_t chunk_sizes[] = {1, 7, 4096, 1 << 20};
  struct fixture f;
  size_t round, at;
  uint8_t *value = pattern_new(kBig, 1);
  REQUIRE(fixture_open(&f));
  for (round = 0; round < COUNT_OF(chunk_sizes); round++) {
    size_t chunk = chunk_sizes[round], size = chunk < 100 ? 5000 : kBig;
    simdr_stream *stream = NULL;
    uint64_t tail = 0;
    char key[16];
    snprintf(key, sizeof(key), "by %zu", chunk);
    REQUIRE_OK(simdr_stream_open(f.store, key, strlen(key), 0, &stream, &err));
    for (at = 0; at < size; at += chunk) {
      OK(simdr_stream_write(stream, value + at, size - at < chunk ? size - at : chunk, &err));
    }
    OK(simdr_stream_write(stream, NULL, 0, &err));
    LACKS(f.store, key);
    PUT(f.store, "meanwhile", "others write");
    OK(simdr_stream_commit(stream, &tail, &err));
    CHECK_U64(tail, simdr_store_file_size(f.store));
    HAS_BYTES(f.store, key, value, size);
    FAILS(simdr_stream_commit(stream, &tail, &err), SIMDR_ERR_BAD_STATE, "stream");
    FAILS(simdr_stream_write(stream, "x", 1, &err), SIMDR_ERR_BAD_STATE, "stream");
    simdr_stream_free(stream);
  }
  CHECK_U64(simdr_store_count(f.store), COUNT_OF(chunk_sizes) + 1);
  fixture_close_store(&f);
  fixture_reopen(&f);
  HAS_BYTES(f.store, "by 1", value, 5000);
  HAS_BYTES(f.store, "by 4096", value, kBig);
  free(value);
  fixture_end(&f);
}

static void a_stream_by_hash_and_two_at_once(void) {
  struct fixture f;
  simdr_stream *one = NULL, *two = NULL;
  REQUIRE(fixture_open(&f));
  REQUIRE_OK(simdr_stream_open_hashed(f.store, simdr_key_hash("one", 3), SIMDR_DURABILITY_COMMIT, &one, &err));
  REQUIRE_OK(simdr_stream_open(f.store, "two", 3, 0, &two, &err));
  OK(simdr_stream_write(one, "fir", 3, &err));
  OK(simdr_stream_write(two, "second", 6, &err));
  OK(simdr_stream_write(one, "st", 2, &err));
  OK(simdr_stream_commit(two, NULL, &err));
  OK(simdr_stream_commit(one, NULL, &err));
  simdr_stream_free(one);
  simdr_stream_free(two);
  HAS(f.store, "one", "first");
  HAS(f.store, "two", "second");
  fixture_end(&f);
}

static void a_freed_stream_leaves_nothing(void) {
  struct fixture f;
  struct snapshot before;
  simdr_stream *stream = NULL;
  uint8_t *value = pattern_new(kBig, 2);
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "before");
  snapshot_take(&before, &f);
  REQUIRE_OK(simdr_stream_open(f.store, "key", 3, 0, &stream, &err));
  OK(simdr_stream_write(stream, value, kBig, &err));
  simdr_stream_free(stream);
  UNCHANGED(&before, &f);
  HAS(f.store, "key", "before");
  snapshot_free(&before);
  free(value);
  fixture_end(&f);
}

static void streams_refuse_what_puts_refuse(void) {
  static const uint8_t zero = 0;
  struct fixture f;
  struct snapshot before;
  simdr_stream *stream = NULL;
  uint64_t tail = 7;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "before");
  snapshot_take(&before, &f);
  REQUIRE_OK(simdr_stream_open(f.store, "key", 3, 0, &stream, &err));
  FAILS(simdr_stream_commit(stream, &tail, &err), SIMDR_ERR_EMPTY_PAYLOAD, "");
  simdr_stream_free(stream);
  REQUIRE_OK(simdr_stream_open(f.store, "key", 3, 0, &stream, &err));
  OK(simdr_stream_write(stream, &zero, 1, &err));
  FAILS(simdr_stream_commit(stream, &tail, &err), SIMDR_ERR_TOMBSTONE_PAYLOAD, "");
  simdr_stream_free(stream);
  stream = NULL;
  FAILS(simdr_stream_open_hashed(f.store, SIMDR_RESERVED_KEY_HASH, 0, &stream, &err), SIMDR_ERR_RESERVED_HASH, "hash");
  CHECK(stream == NULL);
  CHECK_U64(tail, 7);
  UNCHANGED(&before, &f);
  PUT(f.store, "next", "write");
  HAS(f.store, "key", "before");
  REQUIRE_OK(simdr_stream_open(f.store, "zeros", 5, 0, &stream, &err));
  OK(simdr_stream_write(stream, &zero, 1, &err));
  OK(simdr_stream_write(stream, &zero, 1, &err));
  OK(simdr_stream_commit(stream, &tail, &err));
  simdr_stream_free(stream);
  HAS_BYTES(f.store, "zeros", "\0\0", 2);
  snapshot_free(&before);
  fixture_end(&f);
}

struct source {
  const uint8_t *bytes;
  size_t size, at, chunk;
  int fail_at_end; /* what to return there instead of ending */
};
static int pull(void *buffer, size_t capacity, size_t *out_size, void *user_data) {
  struct source *from = (struct source *)user_data;
  size_t take = from->size - from->at;
  if (take == 0 && from->fail_at_end != 0) return from->fail_at_end;
  if (take > capacity) take = capacity;
  if (take > from->chunk) take = from->chunk;
  memcpy(buffer, from->bytes + from->at, take);
  from->at += take;
  *out_size = take;
  return 0;
}

static void a_pulled_value_is_stored_whole(void) {
  static const size_t value_sizes[] = {1, 100, 65536, kBig};
  struct fixture f;
  uint8_t *value = pattern_new(kBig, 3);
  size_t i;
  REQUIRE(fixture_open(&f));
  for (i = 0; i < COUNT_OF(value_sizes); i++) {
    struct source from = {NULL, 0, 0, 0, 0};
    uint64_t tail = 0;
    from.bytes = value;
    from.size = value_sizes[i];
    from.chunk = i == 1 ? 3 : SIZE_MAX;
    OK(simdr_store_put_from(f.store, &value_sizes[i], sizeof(size_t), pull, &from, 0, &tail, &err));
    CHECK_U64(tail, simdr_store_file_size(f.store));
  }
  for (i = 0; i < COUNT_OF(value_sizes); i++) {
    simdr_view view;
    REQUIRE_OK(simdr_store_view(f.store, &value_sizes[i], sizeof(size_t), &view, &err));
    CHECK_U64(view.size, value_sizes[i]);
    CHECK_BYTES(view.data, value, value_sizes[i]);
  }
  free(value);
  fixture_end(&f);
}

static void a_source_that_fails_half_way_leaves_nothing(void) {
  static const size_t value_sizes[] = {0, 10, 300000, kBig};
  struct fixture f;
  struct snapshot before;
  uint8_t *value = pattern_new(kBig, 4);
  uint64_t tail = 7;
  size_t i;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "before");
  snapshot_take(&before, &f);
  for (i = 0; i < COUNT_OF(value_sizes); i++) {
    struct source from = {NULL, 0, 0, SIZE_MAX, -77};
    from.bytes = value;
    from.size = value_sizes[i];
    FAILS(simdr_store_put_from(f.store, "key", 3, pull, &from, 0, &tail, &err), SIMDR_ERR_SOURCE, "source");
    CHECK_I64(err.callback_result, -77);
    UNCHANGED(&before, &f);
  }
  {
    struct source from = {NULL, 0, 0, SIZE_MAX, 0};
    from.bytes = value;
    FAILS(simdr_store_put_from(f.store, "key", 3, pull, &from, 0, &tail, &err), SIMDR_ERR_EMPTY_PAYLOAD, "");
  }
  CHECK_U64(tail, 7);
  UNCHANGED(&before, &f);
  PUT(f.store, "next", "write");
  fixture_close_store(&f);
  fixture_reopen(&f);
  CHECK(simdr_store_recovered_from(f.store) == NULL);
  HAS(f.store, "key", "before");
  HAS(f.store, "next", "write");
  snapshot_free(&before);
  free(value);
  fixture_end(&f);
}

static int claims_too_much(void *buffer, size_t capacity, size_t *out_size, void *user_data) {
  (void)buffer, (void)user_data;
  *out_size = capacity + 1;
  return 0;
}
static void a_source_that_claims_more_than_it_was_given_is_refused(void) {
  struct fixture f;
  struct snapshot before;
  uint64_t tail = 7;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "before");
  snapshot_take(&before, &f);
  FAILS(simdr_store_put_from(f.store, "key", 3, claims_too_much, NULL, 0, &tail, &err), SIMDR_ERR_SOURCE, "source");
  CHECK_U64(tail, 7);
  UNCHANGED(&before, &f);
  snapshot_free(&before);
  fixture_end(&f);
}

static int writes_while_pulled(void *buffer, size_t capacity, size_t *out_size, void *user_data) {
  struct fixture *f = (struct fixture *)user_data;
  static int calls;
  (void)capacity;
  *out_size = calls++ < 3 ? 1 : 0;
  *(char *)buffer = 'x';
  return simdr_store_put(f->store, "inside", 6, "the callback", 12, 0, NULL, NULL);
}
static void a_source_may_use_the_store(void) {
  struct fixture f;
  REQUIRE(fixture_open(&f));
  OK(simdr_store_put_from(f.store, "key", 3, writes_while_pulled, &f, 0, NULL, &err));
  HAS(f.store, "key", "xxx");
  HAS(f.store, "inside", "the callback");
  fixture_end(&f);
}

static void a_descriptor_is_read_from_its_position_to_its_end(void) {
  struct fixture f;
  uint8_t *value = pattern_new(kBig, 5);
  char path[1024];
  uint64_t tail = 0;
  int fd, ends[2];
  pid_t child;
  REQUIRE(fixture_open(&f));
  REQUIRE(file_write(temp_path(&f.dir, "input", path), value, kBig));
  fd = open(path, O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0 && lseek(fd, 1000, SEEK_SET) == 1000);
  OK(simdr_store_put_fd(f.store, "file", 4, fd, 0, &tail, &err));
  CHECK_U64(tail, simdr_store_file_size(f.store));
  HAS_BYTES(f.store, "file", value + 1000, kBig - 1000);
  FAILS(simdr_store_put_fd(f.store, "file", 4, fd, 0, &tail, &err), SIMDR_ERR_EMPTY_PAYLOAD, "");
  CHECK(fcntl(fd, F_GETFD) >= 0); /* still the caller's */
  close(fd);
  REQUIRE(pipe(ends) == 0);
  child = fork();
  if (child == 0) { /* a slow source that comes in pieces */
    size_t at = 0;
    close(ends[0]);
    while (at < kBig) {
      ssize_t done = write(ends[1], value + at, kBig - at < 1000003 ? kBig - at : 1000003);
      if (done <= 0) _exit(1);
      at += (size_t)done;
    }
    _exit(0);
  }
  close(ends[1]);
  OK(simdr_store_put_fd(f.store, "pipe", 4, ends[0], 0, &tail, &err));
  close(ends[0]);
  waitpid(child, NULL, 0);
  HAS_BYTES(f.store, "pipe", value, kBig);
  free(value);
  fixture_end(&f);
}

static void a_descriptor_that_cannot_be_read_is_a_source_error(void) {
  struct fixture f;
  struct snapshot before;
  uint64_t tail = 7;
  int fd;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "before");
  snapshot_take(&before, &f);
  FAILS(simdr_store_put_fd(f.store, "key", 3, 1000000, 0, &tail, &err), SIMDR_ERR_SOURCE, "fd");
  CHECK_I64(err.os_error, EBADF);
  fd = open(f.dir.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  FAILS(simdr_store_put_fd(f.store, "key", 3, fd, 0, &tail, &err), SIMDR_ERR_SOURCE, "fd");
  CHECK_I64(err.os_error, EISDIR);
  close(fd);
  CHECK_U64(tail, 7);
  UNCHANGED(&before, &f);
  snapshot_free(&before);
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(a_pushed_stream_is_there_after_the_commit),
      CASE(a_stream_by_hash_and_two_at_once),
      CASE(a_freed_stream_leaves_nothing),
      CASE(streams_refuse_what_puts_refuse),
      CASE(a_pulled_value_is_stored_whole),
      CASE(a_source_that_fails_half_way_leaves_nothing),
      CASE(a_source_that_claims_more_than_it_was_given_is_refused),
      CASE(a_source_may_use_the_store),
      CASE(a_descriptor_is_read_from_its_position_to_its_end),
      CASE(a_descriptor_that_cannot_be_read_is_a_source_error),
  };
  return CHECK_RUN(cases);
}
