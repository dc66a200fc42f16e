/* One writer per file: within a process, across processes, through other names; how long the lock lasts. */
#include <pthread.h>

#include "child.h"
#include "store_fixture.h"

static void a_second_writer_in_this_process_is_locked_out(void) {
  struct fixture f;
  simdr_store *second = NULL;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  FAILS(simdr_store_open(f.path, NULL, &second, &err), SIMDR_ERR_LOCKED, "store.simdr");
  CHECK(second == NULL);
  CHECK_I64(simdr_store_open(f.path, NULL, &second, NULL), SIMDR_ERR_LOCKED);
  PUT(f.store, "key", "still the writer");
  HAS(f.store, "key", "still the writer");
  fixture_close_store(&f);
  REQUIRE_OK(simdr_store_open(f.path, NULL, &second, &err));
  HAS(second, "key", "still the writer");
  simdr_store_close(second);
  fixture_end(&f);
}

static void other_names_of_the_file_are_locked_too(void) {
  struct fixture f;
  char soft[1024], hard[1024];
  simdr_store *second = NULL;
  REQUIRE(fixture_open(&f));
  REQUIRE(symlink(f.path, temp_path(&f.dir, "soft", soft)) == 0 && link(f.path, temp_path(&f.dir, "hard", hard)) == 0);
  FAILS(simdr_store_open(soft, NULL, &second, &err), SIMDR_ERR_LOCKED, "soft");
  FAILS(simdr_store_open(hard, NULL, &second, &err), SIMDR_ERR_LOCKED, "hard");
  CHECK(second == NULL);
  fixture_end(&f);
}

static int expects_locked(void *path) {
  simdr_store *store = NULL;
  FAILS(simdr_store_open((const char *)path, NULL, &store, &err), SIMDR_ERR_LOCKED, "store.simdr");
  return store != NULL;
}
static int expects_free(void *path) {
  simdr_store *store = NULL;
  OK(simdr_store_open((const char *)path, NULL, &store, &err));
  simdr_store_close(store);
  return 0;
}
static int reads_beside_the_writer(void *path) {
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  simdr_store *store = NULL;
  options.mode = SIMDR_OPEN_READ_ONLY;
  if (!OK(simdr_store_open((const char *)path, &options, &store, &err))) return 1;
  HAS(store, "key", "value");
  simdr_store_close(store);
  return 0;
}

static void another_process_is_locked_out_but_may_read(void) {
  struct fixture f;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  CHILD_OK(expects_locked, f.path);
  CHILD_OK(reads_beside_the_writer, f.path);
  CHILD_OK(expects_locked, f.path);
  HAS(f.store, "key", "value");
  PUT(f.store, "more", "after the reader");
  fixture_close_store(&f);
  CHILD_OK(expects_free, f.path);
  fixture_end(&f);
}

/* Locks of the older POSIX kind vanish when any descriptor of the file is closed. */
static void closing_another_descriptor_keeps_the_lock(void) {
  struct fixture f;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  simdr_store *reader = NULL, *second = NULL;
  int fd;
  REQUIRE(fixture_open(&f));
  fd = open(f.path, O_RDWR | O_CLOEXEC);
  REQUIRE(fd >= 0 && close(fd) == 0);
  CHILD_OK(expects_locked, f.path);
  options.mode = SIMDR_OPEN_READ_ONLY;
  OK(simdr_store_open(f.path, &options, &reader, &err));
  simdr_store_close(reader);
  FAILS(simdr_store_open(f.path, NULL, &second, &err), SIMDR_ERR_LOCKED, "store.simdr");
  CHILD_OK(expects_locked, f.path);
  fixture_end(&f);
}

static int holds_the_lock(void *path, int to_parent, int from_parent) {
  simdr_store *store = NULL;
  if (!OK(simdr_store_open((const char *)path, NULL, &store, &err))) return 1;
  PUT(store, "from", "the child");
  side_child_ready_and_wait(to_parent, from_parent);
  simdr_store_close(store);
  return 0;
}

static void a_timeout_waits_and_then_says_locked(void) {
  struct fixture f;
  struct side_child child;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  struct timespec before, after;
  int64_t waited_ms;
  temp_dir_make(&f.dir);
  temp_path(&f.dir, "store.simdr", f.path);
  f.store = NULL;
  REQUIRE(side_child_start(&child, holds_the_lock, f.path));
  options.lock_timeout_ms = 150;
  clock_gettime(CLOCK_MONOTONIC, &before);
  FAILS(simdr_store_open(f.path, &options, &f.store, &err), SIMDR_ERR_LOCKED, "store.simdr");
  clock_gettime(CLOCK_MONOTONIC, &after);
  waited_ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
  CHECK(waited_ms >= 149 && waited_ms < 20000);
  CHECK_I64(side_child_end(&child), 0);
  REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
  HAS(f.store, "from", "the child");
  fixture_end(&f);
}

struct waiting_open {
  const char *path;
  simdr_store *store;
  simdr_status status;
};
static void *opens_and_waits(void *arg) {
  struct waiting_open *wait = (struct waiting_open *)arg;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  options.lock_timeout_ms = UINT32_MAX;
  wait->status = simdr_store_open(wait->path, &options, &wait->store, NULL);
  return NULL;
}

/* Whether the other thread comes before or after the close does not matter: it must get the store, and see the value. */
static void a_waiter_gets_the_store_when_it_is_closed(void) {
  struct fixture f;
  struct waiting_open wait = {NULL, NULL, SIMDR_ERR_INTERNAL};
  pthread_t thread;
  REQUIRE(fixture_open(&f));
  wait.path = f.path;
  REQUIRE(pthread_create(&thread, NULL, opens_and_waits, &wait) == 0);
  PUT(f.store, "key", "stale");
  PUT(f.store, "key", "value");
  OK(simdr_store_compact(f.store, NULL, &err)); /* another file now stands where the one was that it waits for */
  PUT(f.store, "late", "in the new file");
  fixture_close_store(&f);
  pthread_join(thread, NULL);
  CHECK_I64(wait.status, SIMDR_OK);
  REQUIRE(wait.store != NULL);
  HAS(wait.store, "key", "value");
  HAS(wait.store, "late", "in the new file");
  simdr_store_close(wait.store);
  fixture_end(&f);
}

static int waits_for_its_parent(void *arg, int to_parent, int from_parent) {
  (void)arg;
  side_child_ready_and_wait(to_parent, from_parent);
  return 0;
}
/* A forked child inherits the locked descriptor; the close must let go of the lock all the same. */
static void close_frees_the_lock_though_a_forked_child_lives(void) {
  struct fixture f;
  struct side_child child;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  REQUIRE(side_child_start(&child, waits_for_its_parent, NULL));
  fixture_close_store(&f);
  if (fixture_reopen(&f)) HAS(f.store, "key", "value");
  CHECK_I64(side_child_end(&child), 0);
  fixture_end(&f);
}

static void the_lock_survives_compaction(void) {
  struct fixture f;
  simdr_store *second = NULL;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "old");
  PUT(f.store, "key", "new");
  OK(simdr_store_compact(f.store, NULL, &err));
  FAILS(simdr_store_open(f.path, NULL, &second, &err), SIMDR_ERR_LOCKED, "store.simdr");
  CHILD_OK(expects_locked, f.path);
  fixture_close_store(&f);
  CHILD_OK(expects_free, f.path);
  fixture_end(&f);
}

static void a_failed_open_leaves_no_lock(void) {
  struct fixture f;
  simdr_store *store = NULL;
  temp_dir_make(&f.dir);
  f.store = NULL;
  REQUIRE(file_write(temp_path(&f.dir, "store.simdr", f.path), "not a store at all, but words", 29));
  FAILS(simdr_store_open(f.path, NULL, &store, &err), SIMDR_ERR_NOT_A_STORE, "store.simdr");
  REQUIRE(file_write(f.path, "", 0));
  OK(simdr_store_open(f.path, NULL, &f.store, &err));
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(a_second_writer_in_this_process_is_locked_out),
      CASE(other_names_of_the_file_are_locked_too),
      CASE(another_process_is_locked_out_but_may_read),
      CASE(closing_another_descriptor_keeps_the_lock),
      CASE(a_timeout_waits_and_then_says_locked),
      CASE(a_waiter_gets_the_store_when_it_is_closed),
      CASE(close_frees_the_lock_though_a_forked_child_lives),
      CASE(the_lock_survives_compaction),
      CASE(a_failed_open_leaves_no_lock),
  };
  return CHECK_RUN(cases);
}
