/* A value built in place: commit, abort, who waits meanwhile, what is refused. */
#include <pthread.h>

#include "store_fixture.h"

static void a_value_built_in_place_is_there_after_the_commit(void) {
  static const size_t value_sizes[] = {1, 2, 64, 1000, 65536, 1 << 20, 6 << 20};
  struct fixture f;
  size_t i;
  int reopened;
  REQUIRE(fixture_open(&f));
  for (i = 0; i < COUNT_OF(value_sizes); i++) {
    simdr_reservation *reservation = NULL;
    void *room = NULL;
    uint64_t tail = 0;
    REQUIRE_OK(
        simdr_store_reserve(f.store, &value_sizes[i], sizeof(size_t), value_sizes[i], 0, &reservation, &room, &err));
    REQUIRE(room != NULL);
    CHECK_U64((uintptr_t)room % 64, 0);
    pattern_fill(room, value_sizes[i], i);
    CHECK_U64(simdr_store_count(f.store), i); /* readers go on, and do not see it */
    OK(simdr_reservation_commit(reservation, &tail, &err));
    CHECK_U64(tail, simdr_store_file_size(f.store));
  }
  for (reopened = 0; reopened < 2; reopened++) {
    for (i = 0; i < COUNT_OF(value_sizes); i++) {
      uint8_t *value = pattern_new(value_sizes[i], i);
      simdr_entry *entry = NULL;
      REQUIRE_OK(simdr_store_get(f.store, &value_sizes[i], sizeof(size_t), &entry, &err));
      CHECK_U64(simdr_entry_size(entry), value_sizes[i]);
      CHECK_BYTES(simdr_entry_data(entry), value, value_sizes[i]);
      CHECK_I64(simdr_entry_checksum_ok(entry), 1);
      simdr_entry_unref(entry);
      free(value);
    }
    fixture_close_store(&f);
    fixture_reopen(&f);
  }
  fixture_end(&f);
}

static void a_store_without_a_mapping_for_writing_says_unsupported(void) {
  struct fixture f;
  struct snapshot before;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  simdr_reservation *reservation = NULL;
  void *room = NULL;
  options.flags = SIMDR_OPEN_DIRECT_WRITES;
  temp_dir_make(&f.dir);
  temp_path(&f.dir, "store", f.path);
  REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
  PUT(f.store, "key", "before");
  snapshot_take(&before, &f);
  FAILS(simdr_store_reserve(f.store, "key", 3, 100, 0, &reservation, &room, &err), SIMDR_ERR_UNSUPPORTED, "mapping");
  CHECK(reservation == NULL && room == NULL);
  UNCHANGED(&before, &f);
  PUT(f.store, "next", "no writer is kept waiting");
  snapshot_free(&before);
  fixture_end(&f);
}

static void an_abort_leaves_nothing(void) {
  struct fixture f;
  struct snapshot before;
  size_t size;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "before");
  snapshot_take(&before, &f);
  for (size = 1; size < (8 << 20); size *= 13) {
    simdr_reservation *reservation = NULL;
    void *room = NULL;
    REQUIRE_OK(simdr_store_reserve(f.store, "key", 3, size, 0, &reservation, &room, &err));
    memset(room, 0x55, size);
    simdr_reservation_abort(reservation);
    UNCHANGED(&before, &f);
    HAS(f.store, "key", "before");
  }
  PUT(f.store, "next", "write");
  fixture_close_store(&f);
  fixture_reopen(&f);
  CHECK(simdr_store_recovered_from(f.store) == NULL);
  HAS(f.store, "key", "before");
  HAS(f.store, "next", "write");
  CHECK_U64(simdr_store_count(f.store), 2);
  snapshot_free(&before);
  fixture_end(&f);
}

static void the_same_thread_cannot_write_meanwhile(void) {
  struct fixture f;
  struct snapshot before;
  simdr_reservation *reservation = NULL, *second = NULL;
  simdr_stream *stream = NULL;
  simdr_bytes one = {"k", 1};
  void *room = NULL, *more = NULL;
  uint64_t tail = 7;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "before");
  OK(simdr_stream_open(f.store, "stream", 6, 0, &stream, &err));
  OK(simdr_stream_write(stream, "text", 4, &err));
  snapshot_take(&before, &f);
  REQUIRE_OK(simdr_store_reserve(f.store, "new", 3, 3, 0, &reservation, &room, &err));
  FAILS(simdr_store_put(f.store, "k", 1, "v", 1, 0, &tail, &err), SIMDR_ERR_BAD_STATE, "reservation");
  FAILS(simdr_store_put_many(f.store, &one, 1, &one, 1, 0, &tail, &err), SIMDR_ERR_BAD_STATE, "reservation");
  FAILS(simdr_store_remove(f.store, "key", 3, 0, &tail, &err), SIMDR_ERR_BAD_STATE, "reservation");
  FAILS(simdr_store_rename(f.store, "key", 3, "k", 1, 0, &tail, &err), SIMDR_ERR_BAD_STATE, "reservation");
  FAILS(simdr_store_compact(f.store, NULL, &err), SIMDR_ERR_BAD_STATE, "reservation");
  FAILS(simdr_stream_commit(stream, &tail, &err), SIMDR_ERR_BAD_STATE, "reservation");
  FAILS(simdr_store_reserve(f.store, "b", 1, 3, 0, &second, &more, &err), SIMDR_ERR_BAD_STATE, "reservation");
  CHECK(second == NULL && more == NULL);
  CHECK_U64(tail, 7);
  UNCHANGED(&before, &f);
  HAS(f.store, "key", "before");
  memcpy(room, "abc", 3);
  OK(simdr_reservation_commit(reservation, &tail, &err));
  HAS(f.store, "new", "abc");
  simdr_stream_free(stream);
  snapshot_free(&before);
  fixture_end(&f);
}

static void *puts_one(void *arg) {
  static int good;
  good = simdr_store_put((simdr_store *)arg, "other thread", 12, "waited", 6, 0, NULL, NULL) == SIMDR_OK;
  return &good;
}
static void another_threads_write_waits_for_the_commit(void) {
  struct fixture f;
  simdr_reservation *reservation = NULL;
  simdr_view first, second;
  pthread_t thread;
  void *room = NULL, *good = NULL;
  REQUIRE(fixture_open(&f));
  REQUIRE_OK(simdr_store_reserve(f.store, "key", 3, 5, 0, &reservation, &room, &err));
  REQUIRE(pthread_create(&thread, NULL, puts_one, f.store) == 0);
  memcpy(room, "value", 5);
  LACKS(f.store, "other thread");
  OK(simdr_reservation_commit(reservation, NULL, &err));
  pthread_join(thread, &good);
  CHECK(good != NULL && *(int *)good);
  HAS(f.store, "other thread", "waited");
  OK(simdr_store_view(f.store, "key", 3, &first, &err));
  OK(simdr_store_view(f.store, "other thread", 12, &second, &err));
  CHECK(first.payload_offset < second.payload_offset);
  fixture_end(&f);
}

static void a_commit_refuses_what_a_put_refuses(void) {
  struct fixture f;
  struct snapshot before;
  simdr_reservation *reservation = NULL;
  void *room = NULL;
  uint64_t tail = 7;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "before");
  snapshot_take(&before, &f);
  FAILS(simdr_store_reserve(f.store, "key", 3, 0, 0, &reservation, &room, &err), SIMDR_ERR_EMPTY_PAYLOAD, "value_size");
  FAILS(simdr_store_reserve(f.store, "key", 3, (size_t)1 << 49, 0, &reservation, &room, &err), SIMDR_ERR_TOO_LARGE, "");
  CHECK(reservation == NULL && room == NULL);
  REQUIRE_OK(simdr_store_reserve(f.store, "key", 3, 1, 0, &reservation, &room, &err));
  *(char *)room = 0;
  FAILS(simdr_reservation_commit(reservation, &tail, &err), SIMDR_ERR_TOMBSTONE_PAYLOAD, "");
  CHECK_U64(tail, 7);
  UNCHANGED(&before, &f);
  PUT(f.store, "next", "write: the failed commit has let go"); /* or this would be SIMDR_ERR_BAD_STATE */
  HAS(f.store, "key", "before");
  snapshot_free(&before);
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(a_value_built_in_place_is_there_after_the_commit),
      CASE(a_store_without_a_mapping_for_writing_says_unsupported),
      CASE(an_abort_leaves_nothing),
      CASE(the_same_thread_cannot_write_meanwhile),
      CASE(another_threads_write_waits_for_the_commit),
      CASE(a_commit_refuses_what_a_put_refuses),
  };
  return CHECK_RUN(cases);
}
