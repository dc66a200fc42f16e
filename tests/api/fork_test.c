/* A child of fork() that goes on with its parent's handles: a writer refuses, nothing harms the parent. */
#include "child.h"
#include "store_fixture.h"

struct inherited {
  struct fixture f;
  simdr_entry *entry;
  simdr_stream *stream;
  simdr_store *other;
};

static int every_write_says_forked(void *arg) {
  struct inherited *in = (struct inherited *)arg;
  simdr_store *store = in->f.store;
  simdr_bytes one = {"key", 3};
  uint64_t hash = simdr_key_hash("key", 3), tail = 7;
  simdr_stream *stream = NULL;
  simdr_reservation *reservation = NULL;
  void *room = NULL;
  int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
  FAILS(simdr_store_put(store, "key", 3, "v", 1, 0, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_put_hashed(store, hash, "v", 1, 0, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_put_many(store, &one, 1, &one, 1, 0, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_put_many_hashed(store, &hash, 1, &one, 1, 0, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_put_if_absent(store, "new", 3, "v", 1, 0, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_put_if_entry(store, in->entry, "v", 1, 0, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_remove(store, "key", 3, 0, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_remove_hashed(store, hash, 0, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_remove_many(store, &one, 1, 0, NULL, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_remove_many_hashed(store, &hash, 1, 0, NULL, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_rename(store, "key", 3, "other", 5, 0, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_rename_hashed(store, hash, 1, 0, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_transfer_hashed(store, hash, in->other, 0, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_copy_hashed(store, hash, in->other, 0, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_transfer(store, "key", 3, in->other, 0, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_copy(store, "key", 3, in->other, 0, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_sync(store, SIMDR_DURABILITY_COMMIT, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_stream_open(store, "s", 1, 0, &stream, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_stream_commit(in->stream, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_put_fd(store, "fd", 2, fd, 0, &tail, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_reserve(store, "r", 1, 10, 0, &reservation, &room, &err), SIMDR_ERR_FORKED, "");
  FAILS(simdr_store_compact(store, NULL, &err), SIMDR_ERR_FORKED, "");
  CHECK(stream == NULL && reservation == NULL && room == NULL);
  CHECK_U64(tail, 7);
  close(fd);
  return 0;
}

static int entries_stay_readable(void *arg) {
  struct inherited *in = (struct inherited *)arg;
  CHECK_U64(simdr_entry_size(in->entry), 5);
  CHECK_BYTES(simdr_entry_data(in->entry), "value", 5);
  simdr_entry_unref(in->entry);
  return 0;
}

static int closes_what_it_inherited(void *arg) {
  struct inherited *in = (struct inherited *)arg;
  simdr_stream_free(in->stream);
  simdr_store_close(in->f.store);
  simdr_store_close(in->other);
  return 0;
}

static int finds_the_store_locked(void *arg) {
  struct inherited *in = (struct inherited *)arg;
  simdr_store *second = NULL;
  FAILS(simdr_store_open(in->f.path, NULL, &second, &err), SIMDR_ERR_LOCKED, "store.simdr");
  return 0;
}

static int uses_a_store_of_its_own(void *arg) {
  struct inherited *in = (struct inherited *)arg;
  char path[1024];
  simdr_store *own = NULL;
  if (!OK(simdr_store_open(temp_path(&in->f.dir, "own", path), NULL, &own, &err))) return 1;
  PUT(own, "a", "b");
  HAS(own, "a", "b");
  simdr_store_close(own);
  return 0;
}

static int a_read_only_store_goes_on(void *arg) {
  const simdr_store *reader = (const simdr_store *)arg;
  HAS(reader, "key", "value");
  return 0;
}

static int inherited_open(struct inherited *in) {
  char path[1024];
  in->entry = NULL;
  in->stream = NULL;
  in->other = NULL;
  if (!fixture_open(&in->f)) return 0;
  PUT(in->f.store, "key", "value");
  return OK(simdr_store_get(in->f.store, "key", 3, &in->entry, &err)) &&
         OK(simdr_stream_open(in->f.store, "stream", 6, 0, &in->stream, &err)) &&
         OK(simdr_stream_write(in->stream, "streamed", 8, &err)) &&
         OK(simdr_store_open(temp_path(&in->f.dir, "other", path), NULL, &in->other, &err));
}
static void inherited_end(struct inherited *in) {
  simdr_stream_free(in->stream);
  simdr_entry_unref(in->entry);
  simdr_store_close(in->other);
  fixture_end(&in->f);
}

static void a_child_cannot_write(void) {
  struct inherited in;
  struct snapshot before;
  uint64_t other_size;
  REQUIRE(inherited_open(&in));
  snapshot_take(&before, &in.f);
  other_size = simdr_store_file_size(in.other);
  CHILD_OK(every_write_says_forked, &in);
  UNCHANGED(&before, &in.f);
  CHECK_U64(simdr_store_file_size(in.other), other_size);
  OK(simdr_stream_commit(in.stream, NULL, &err));
  HAS(in.f.store, "stream", "streamed");
  snapshot_free(&before);
  inherited_end(&in);
}

static void entries_are_readable_in_the_child(void) {
  struct inherited in;
  REQUIRE(inherited_open(&in));
  CHILD_OK(entries_stay_readable, &in);
  CHECK_BYTES(simdr_entry_data(in.entry), "value", 5);
  inherited_end(&in);
}

static void a_childs_close_takes_nothing_from_the_parent(void) {
  struct inherited in;
  struct snapshot before;
  uint64_t physical;
  REQUIRE(inherited_open(&in));
  snapshot_take(&before, &in.f);
  physical = file_size_of(in.f.path);
  CHILD_OK(closes_what_it_inherited, &in);
  CHECK_U64(file_size_of(in.f.path), physical);
  UNCHANGED(&before, &in.f);
  CHILD_OK(finds_the_store_locked, &in); /* the parent's lock is still there */
  PUT(in.f.store, "after", "the child is gone");
  HAS(in.f.store, "after", "the child is gone");
  simdr_stream_free(in.stream);
  in.stream = NULL;
  fixture_close_store(&in.f);
  snapshot_free(&before);
  fixture_reopen(&in.f);
  HAS(in.f.store, "key", "value");
  HAS(in.f.store, "after", "the child is gone");
  inherited_end(&in);
}

static void a_child_may_open_stores_of_its_own(void) {
  struct inherited in;
  REQUIRE(inherited_open(&in));
  CHILD_OK(uses_a_store_of_its_own, &in);
  inherited_end(&in);
}

static void a_read_only_store_is_usable_in_the_child(void) {
  struct fixture f;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  fixture_close_store(&f);
  options.mode = SIMDR_OPEN_READ_ONLY;
  REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
  CHILD_OK(a_read_only_store_goes_on, f.store);
  HAS(f.store, "key", "value");
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(a_child_cannot_write),
      CASE(entries_are_readable_in_the_child),
      CASE(a_childs_close_takes_nothing_from_the_parent),
      CASE(a_child_may_open_stores_of_its_own),
      CASE(a_read_only_store_is_usable_in_the_child),
  };
  return CHECK_RUN(cases);
}
