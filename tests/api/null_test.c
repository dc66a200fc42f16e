/* NULL in every place of every function where none is allowed: the status, words that name the argument, outputs untouched,
 * not one byte of the store changed; and the same with no error struct. */
#include <fcntl.h>

#include "store_fixture.h"

#define REFUSES(argument, function, ...)                                     \
  (FAILS(function(__VA_ARGS__, &err), SIMDR_ERR_INVALID_ARGUMENT, argument), \
   CHECK_I64(function(__VA_ARGS__, NULL), SIMDR_ERR_INVALID_ARGUMENT))

/* Every output a call could write, filled with a pattern that must still be there afterwards. */
static struct outputs {
  uint64_t tail;
  size_t count;
  simdr_entry *entry;
  simdr_entry *entries[2];
  simdr_view view;
  simdr_view views[2];
  simdr_stream *stream;
  simdr_reservation *reservation;
  simdr_iterator *iterator;
  simdr_store *store;
  void *room;
  const void *data;
  int exists;
  char buffer[8];
  uint64_t hashes[2];
} out;
static void arm_outputs(void) { memset(&out, 0x6B, sizeof(out)); }
static void outputs_are_untouched(void) {
  const unsigned char *bytes = (const unsigned char *)&out;
  size_t i;
  for (i = 0; i < sizeof(out) && bytes[i] == 0x6B; i++) {
  }
  CHECK_U64(i, sizeof(out));
}

static const simdr_bytes two_keys[2] = {{"a", 1}, {"b", 1}};
static const simdr_bytes null_key[2] = {{"a", 1}, {NULL, 1}};
static const uint64_t two_hashes[2] = {1, 2};

static struct fixture f;
static struct snapshot before;
static int start(void) {
  if (!fixture_open(&f)) return 0;
  PUT(f.store, "key", "value");
  snapshot_take(&before, &f);
  arm_outputs();
  return 1;
}
static void finish(void) {
  outputs_are_untouched();
  UNCHANGED(&before, &f);
  HAS(f.store, "key", "value");
  snapshot_free(&before);
  fixture_end(&f);
}

static void in_opening(void) {
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  REQUIRE(start());
  REFUSES("path", simdr_store_open, NULL, &options, &out.store);
  REFUSES("path", simdr_store_open, NULL, NULL, &out.store);
  REFUSES("out_store", simdr_store_open, "/tmp/never-created.simdr", NULL, NULL);
  CHECK(!file_is_there("/tmp/never-created.simdr"));
  REFUSES("path", simdr_upgrade, NULL, f.path, NULL);
  REFUSES("out_path", simdr_upgrade, f.path, NULL, NULL);
  finish();
}

static void in_single_writes(void) {
  simdr_entry *entry = NULL;
  REQUIRE(start());
  REFUSES("store", simdr_store_put, NULL, "k", 1, "v", 1, 0, &out.tail);
  REFUSES("key", simdr_store_put, f.store, NULL, 1, "v", 1, 0, &out.tail);
  REFUSES("value", simdr_store_put, f.store, "k", 1, NULL, 1, 0, &out.tail);
  REFUSES("store", simdr_store_put_hashed, NULL, 1, "v", 1, 0, &out.tail);
  REFUSES("value", simdr_store_put_hashed, f.store, 1, NULL, 1, 0, &out.tail);
  REFUSES("store", simdr_store_put_if_absent, NULL, "k", 1, "v", 1, 0, &out.tail);
  REFUSES("key", simdr_store_put_if_absent, f.store, NULL, 1, "v", 1, 0, &out.tail);
  REFUSES("value", simdr_store_put_if_absent, f.store, "k", 1, NULL, 1, 0, &out.tail);
  OK(simdr_store_get(f.store, "key", 3, &entry, &err));
  REFUSES("store", simdr_store_put_if_entry, NULL, entry, "v", 1, 0, &out.tail);
  REFUSES("expected", simdr_store_put_if_entry, f.store, NULL, "v", 1, 0, &out.tail);
  REFUSES("value", simdr_store_put_if_entry, f.store, entry, NULL, 1, 0, &out.tail);
  simdr_entry_unref(entry);
  REFUSES("store", simdr_store_remove, NULL, "k", 1, 0, &out.tail);
  REFUSES("key", simdr_store_remove, f.store, NULL, 1, 0, &out.tail);
  REFUSES("store", simdr_store_remove_hashed, NULL, 1, 0, &out.tail);
  REFUSES("store", simdr_store_rename, NULL, "key", 3, "k", 1, 0, &out.tail);
  REFUSES("old_key", simdr_store_rename, f.store, NULL, 3, "k", 1, 0, &out.tail);
  REFUSES("new_key", simdr_store_rename, f.store, "key", 3, NULL, 1, 0, &out.tail);
  REFUSES("store", simdr_store_rename_hashed, NULL, 1, 2, 0, &out.tail);
  REFUSES("store", simdr_store_sync, NULL, SIMDR_DURABILITY_COMMIT);
  finish();
}

static void in_batches(void) {
  REQUIRE(start());
  REFUSES("store", simdr_store_put_many, NULL, two_keys, 2, two_keys, 2, 0, &out.tail);
  REFUSES("keys", simdr_store_put_many, f.store, NULL, 2, two_keys, 2, 0, &out.tail);
  REFUSES("values", simdr_store_put_many, f.store, two_keys, 2, NULL, 2, 0, &out.tail);
  REFUSES("keys", simdr_store_put_many, f.store, null_key, 2, two_keys, 2, 0, &out.tail);
  REFUSES("values", simdr_store_put_many, f.store, two_keys, 2, null_key, 2, 0, &out.tail);
  REFUSES("store", simdr_store_put_many_hashed, NULL, two_hashes, 2, two_keys, 2, 0, &out.tail);
  REFUSES("key_hashes", simdr_store_put_many_hashed, f.store, NULL, 2, two_keys, 2, 0, &out.tail);
  REFUSES("values", simdr_store_put_many_hashed, f.store, two_hashes, 2, NULL, 2, 0, &out.tail);
  REFUSES("values", simdr_store_put_many_hashed, f.store, two_hashes, 2, null_key, 2, 0, &out.tail);
  REFUSES("store", simdr_store_remove_many, NULL, two_keys, 2, 0, &out.count, &out.tail);
  REFUSES("keys", simdr_store_remove_many, f.store, NULL, 2, 0, &out.count, &out.tail);
  REFUSES("keys", simdr_store_remove_many, f.store, null_key, 2, 0, &out.count, &out.tail);
  REFUSES("store", simdr_store_remove_many_hashed, NULL, two_hashes, 2, 0, &out.count, &out.tail);
  REFUSES("key_hashes", simdr_store_remove_many_hashed, f.store, NULL, 2, 0, &out.count, &out.tail);
  REFUSES("keys", simdr_key_hash_many, NULL, 2, out.hashes);
  REFUSES("out_hashes", simdr_key_hash_many, two_keys, 2, NULL);
  finish();
}

static void in_copies_between_stores(void) {
  char path[1024];
  simdr_store *target = NULL;
  REQUIRE(start());
  REQUIRE_OK(simdr_store_open(temp_path(&f.dir, "target", path), NULL, &target, &err));
  REFUSES("store", simdr_store_copy, NULL, "key", 3, target, 0, &out.tail);
  REFUSES("key", simdr_store_copy, f.store, NULL, 3, target, 0, &out.tail);
  REFUSES("target", simdr_store_copy, f.store, "key", 3, NULL, 0, &out.tail);
  REFUSES("store", simdr_store_transfer, NULL, "key", 3, target, 0, &out.tail);
  REFUSES("key", simdr_store_transfer, f.store, NULL, 3, target, 0, &out.tail);
  REFUSES("target", simdr_store_transfer, f.store, "key", 3, NULL, 0, &out.tail);
  REFUSES("store", simdr_store_copy_hashed, NULL, 1, target, 0, &out.tail);
  REFUSES("target", simdr_store_copy_hashed, f.store, 1, NULL, 0, &out.tail);
  REFUSES("store", simdr_store_transfer_hashed, NULL, 1, target, 0, &out.tail);
  REFUSES("target", simdr_store_transfer_hashed, f.store, 1, NULL, 0, &out.tail);
  CHECK_U64(simdr_store_file_size(target), 0);
  simdr_store_close(target);
  finish();
}

static int never_pulled(void *buffer, size_t capacity, size_t *out_size, void *user_data) {
  (void)buffer, (void)capacity, (void)out_size, (void)user_data;
  CHECK(0 && "the source was called");
  return 1;
}

static void in_streams_and_reservations(void) {
  simdr_stream *stream = NULL;
  int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
  REQUIRE(start());
  REFUSES("store", simdr_stream_open, NULL, "k", 1, 0, &out.stream);
  REFUSES("key", simdr_stream_open, f.store, NULL, 1, 0, &out.stream);
  REFUSES("out_stream", simdr_stream_open, f.store, "k", 1, 0, NULL);
  REFUSES("store", simdr_stream_open_hashed, NULL, 1, 0, &out.stream);
  REFUSES("out_stream", simdr_stream_open_hashed, f.store, 1, 0, NULL);
  REFUSES("stream", simdr_stream_write, NULL, "x", 1);
  REFUSES("stream", simdr_stream_commit, NULL, &out.tail);
  OK(simdr_stream_open(f.store, "k", 1, 0, &stream, &err));
  FAILS(simdr_stream_write(stream, NULL, 1, &err), SIMDR_ERR_INVALID_ARGUMENT, "data");
  simdr_stream_free(stream);
  REFUSES("store", simdr_store_put_from, NULL, "k", 1, never_pulled, NULL, 0, &out.tail);
  REFUSES("key", simdr_store_put_from, f.store, NULL, 1, never_pulled, NULL, 0, &out.tail);
  REFUSES("source", simdr_store_put_from, f.store, "k", 1, NULL, NULL, 0, &out.tail);
  REFUSES("store", simdr_store_put_fd, NULL, "k", 1, fd, 0, &out.tail);
  REFUSES("key", simdr_store_put_fd, f.store, NULL, 1, fd, 0, &out.tail);
  REFUSES("store", simdr_store_reserve, NULL, "k", 1, 8, 0, &out.reservation, &out.room);
  REFUSES("key", simdr_store_reserve, f.store, NULL, 1, 8, 0, &out.reservation, &out.room);
  REFUSES("out_reservation", simdr_store_reserve, f.store, "k", 1, 8, 0, NULL, &out.room);
  REFUSES("out_data", simdr_store_reserve, f.store, "k", 1, 8, 0, &out.reservation, NULL);
  REFUSES("reservation", simdr_reservation_commit, NULL, &out.tail);
  PUT(f.store, "key", "value"); /* nothing is still reserved */
  snapshot_free(&before);
  snapshot_take(&before, &f);
  close(fd);
  finish();
}

static void in_reads(void) {
  simdr_entry_info info = SIMDR_ENTRY_INFO_INIT;
  REQUIRE(start());
  REFUSES("store", simdr_store_get, NULL, "k", 1, &out.entry);
  REFUSES("key", simdr_store_get, f.store, NULL, 1, &out.entry);
  REFUSES("out_entry", simdr_store_get, f.store, "key", 3, NULL);
  REFUSES("store", simdr_store_get_hashed, NULL, 1, &out.entry);
  REFUSES("out_entry", simdr_store_get_hashed, f.store, 1, NULL);
  REFUSES("store", simdr_store_view, NULL, "k", 1, &out.view);
  REFUSES("key", simdr_store_view, f.store, NULL, 1, &out.view);
  REFUSES("out_view", simdr_store_view, f.store, "key", 3, NULL);
  REFUSES("store", simdr_store_view_hashed, NULL, 1, &out.view);
  REFUSES("out_view", simdr_store_view_hashed, f.store, 1, NULL);
  REFUSES("store", simdr_store_read, NULL, "key", 3, 0, out.buffer, 8, &out.count, &out.tail);
  REFUSES("key", simdr_store_read, f.store, NULL, 3, 0, out.buffer, 8, &out.count, &out.tail);
  REFUSES("buffer", simdr_store_read, f.store, "key", 3, 0, NULL, 8, &out.count, &out.tail);
  REFUSES("out_size", simdr_store_read, f.store, "key", 3, 0, out.buffer, 8, NULL, &out.tail);
  REFUSES("store", simdr_store_exists, NULL, "k", 1, &out.exists);
  REFUSES("key", simdr_store_exists, f.store, NULL, 1, &out.exists);
  REFUSES("out_exists", simdr_store_exists, f.store, "k", 1, NULL);
  REFUSES("store", simdr_store_exists_hashed, NULL, 1, &out.exists);
  REFUSES("out_exists", simdr_store_exists_hashed, f.store, 1, NULL);
  REFUSES("store", simdr_store_last_entry, NULL, &out.entry);
  REFUSES("out_entry", simdr_store_last_entry, f.store, NULL);
  REFUSES("store", simdr_store_metadata, NULL, "key", 3, &info);
  REFUSES("key", simdr_store_metadata, f.store, NULL, 3, &info);
  REFUSES("out_info", simdr_store_metadata, f.store, "key", 3, NULL);
  REFUSES("store", simdr_store_metadata_hashed, NULL, 1, &info);
  REFUSES("out_info", simdr_store_metadata_hashed, f.store, 1, NULL);
  CHECK_U64(info.tail_offset, 0);
  finish();
}

static void in_batched_reads(void) {
  REQUIRE(start());
  REFUSES("store", simdr_store_get_many, NULL, two_keys, 2, out.entries, &out.count);
  REFUSES("keys", simdr_store_get_many, f.store, NULL, 2, out.entries, &out.count);
  REFUSES("keys", simdr_store_get_many, f.store, null_key, 2, out.entries, &out.count);
  REFUSES("out_entries", simdr_store_get_many, f.store, two_keys, 2, NULL, &out.count);
  REFUSES("store", simdr_store_get_many_hashed, NULL, two_hashes, 2, NULL, 0, out.entries, &out.count);
  REFUSES("key_hashes", simdr_store_get_many_hashed, f.store, NULL, 2, NULL, 0, out.entries, &out.count);
  REFUSES("verify_keys", simdr_store_get_many_hashed, f.store, two_hashes, 2, NULL, 2, out.entries, &out.count);
  REFUSES("verify_keys", simdr_store_get_many_hashed, f.store, two_hashes, 2, null_key, 2, out.entries, &out.count);
  REFUSES("out_entries", simdr_store_get_many_hashed, f.store, two_hashes, 2, NULL, 0, NULL, &out.count);
  REFUSES("store", simdr_store_view_many, NULL, two_keys, 2, out.views, &out.count);
  REFUSES("keys", simdr_store_view_many, f.store, NULL, 2, out.views, &out.count);
  REFUSES("keys", simdr_store_view_many, f.store, null_key, 2, out.views, &out.count);
  REFUSES("out_views", simdr_store_view_many, f.store, two_keys, 2, NULL, &out.count);
  REFUSES("store", simdr_store_view_many_hashed, NULL, two_hashes, 2, NULL, 0, out.views, &out.count);
  REFUSES("key_hashes", simdr_store_view_many_hashed, f.store, NULL, 2, NULL, 0, out.views, &out.count);
  REFUSES("verify_keys", simdr_store_view_many_hashed, f.store, two_hashes, 2, NULL, 2, out.views, &out.count);
  REFUSES("out_views", simdr_store_view_many_hashed, f.store, two_hashes, 2, NULL, 0, NULL, &out.count);
  finish();
}

static int never_sunk(const void *data, size_t size, void *user_data) {
  (void)data, (void)size, (void)user_data;
  CHECK(0 && "the sink was called");
  return 1;
}

static void in_entries(void) {
  simdr_entry *entry = NULL;
  simdr_entry_info info = SIMDR_ENTRY_INFO_INIT;
  REQUIRE(start());
  REQUIRE_OK(simdr_store_get(f.store, "key", 3, &entry, &err));
  REFUSES("entry", simdr_entry_info_of, NULL, &info);
  REFUSES("out_info", simdr_entry_info_of, entry, NULL);
  REFUSES("entry", simdr_entry_typed_view, NULL, 1, 1, &out.data, &out.count);
  REFUSES("out_data", simdr_entry_typed_view, entry, 1, 1, NULL, &out.count);
  REFUSES("out_count", simdr_entry_typed_view, entry, 1, 1, &out.data, NULL);
  REFUSES("entry", simdr_entry_typed_view_or_copy, NULL, 1, 1, out.buffer, 8, &out.data, &out.count);
  REFUSES("buffer", simdr_entry_typed_view_or_copy, entry, 1, 1, NULL, 8, &out.data, &out.count);
  REFUSES("out_data", simdr_entry_typed_view_or_copy, entry, 1, 1, out.buffer, 8, NULL, &out.count);
  REFUSES("out_count", simdr_entry_typed_view_or_copy, entry, 1, 1, out.buffer, 8, &out.data, NULL);
  REFUSES("entry", simdr_entry_write_to, NULL, 0, never_sunk, NULL);
  REFUSES("sink", simdr_entry_write_to, entry, 0, NULL, NULL);
  REFUSES("entry", simdr_entry_write_fd, NULL, 1);
  simdr_entry_unref(entry);
  finish();
}

static int never_visited(const simdr_view *view, void *user_data) {
  (void)view, (void)user_data;
  CHECK(0 && "the visitor was called");
  return 1;
}

static void in_walks(void) {
  simdr_iterator *iterator = NULL;
  REQUIRE(start());
  REFUSES("store", simdr_iterator_open, NULL, 0, &out.iterator);
  REFUSES("out_iterator", simdr_iterator_open, f.store, 0, NULL);
  REFUSES("store", simdr_iterator_open_versions, NULL, "key", 3, &out.iterator);
  REFUSES("key", simdr_iterator_open_versions, f.store, NULL, 3, &out.iterator);
  REFUSES("out_iterator", simdr_iterator_open_versions, f.store, "key", 3, NULL);
  REFUSES("store", simdr_iterator_open_versions_hashed, NULL, 1, &out.iterator);
  REFUSES("out_iterator", simdr_iterator_open_versions_hashed, f.store, 1, NULL);
  REFUSES("iterator", simdr_iterator_next, NULL, &out.entry);
  REFUSES("iterator", simdr_iterator_next_views, NULL, out.views, 2, &out.count);
  REQUIRE_OK(simdr_iterator_open(f.store, 0, &iterator, &err));
  REFUSES("out_entry", simdr_iterator_next, iterator, NULL);
  REFUSES("out_views", simdr_iterator_next_views, iterator, NULL, 2, &out.count);
  REFUSES("out_count", simdr_iterator_next_views, iterator, out.views, 2, NULL);
  {
    simdr_entry *entry = NULL; /* a refused call has not moved it */
    OK(simdr_iterator_next(iterator, &entry, &err));
    simdr_entry_unref(entry);
  }
  simdr_iterator_free(iterator);
  REFUSES("store", simdr_store_for_each, NULL, 1, 0, never_visited, NULL);
  REFUSES("visit", simdr_store_for_each, f.store, 1, 0, NULL, NULL);
  finish();
}

static void in_whole_store_calls(void) {
  simdr_stats stats = SIMDR_STATS_INIT;
  simdr_verify_result verify = SIMDR_VERIFY_RESULT_INIT;
  simdr_import_result import = SIMDR_IMPORT_RESULT_INIT;
  simdr_repair_result repair = SIMDR_REPAIR_RESULT_INIT;
  simdr_import_options options = SIMDR_IMPORT_OPTIONS_INIT;
  char path[1024];
  REQUIRE(start());
  temp_path(&f.dir, "out", path);
  REFUSES("store", simdr_store_stats, NULL, &stats);
  REFUSES("out_stats", simdr_store_stats, f.store, NULL);
  REFUSES("store", simdr_store_compact, NULL, NULL);
  REFUSES("store", simdr_store_verify, NULL, NULL, &verify);
  REFUSES("out_result", simdr_store_verify, f.store, NULL, NULL);
  REFUSES("store", simdr_store_import_directory, NULL, "/tmp", NULL, &import);
  REFUSES("directory", simdr_store_import_directory, f.store, NULL, NULL, &import);
  REFUSES("out_result", simdr_store_import_directory, f.store, f.dir.path, NULL, NULL);
  options.ns_size = 3;
  REFUSES("ns", simdr_store_import_directory, f.store, f.dir.path, &options, &import);
  REFUSES("store", simdr_store_backup, NULL, path);
  REFUSES("path", simdr_store_backup, f.store, NULL);
  REFUSES("path", simdr_repair, NULL, path, NULL, NULL, &repair);
  REFUSES("out_path", simdr_repair, f.path, NULL, NULL, NULL, &repair);
  REFUSES("out_result", simdr_repair, f.path, path, NULL, NULL, NULL);
  CHECK(!file_is_there(path));
  CHECK_U64(stats.tail_offset + verify.entry_count + import.file_count + repair.kept_count, 0);
  finish();
}

static void null_is_allowed_where_it_says_so(void) {
  simdr_entry *entries[2] = {NULL, NULL};
  simdr_view views[2];
  simdr_store *store = NULL;
  char path[1024];
  REQUIRE(fixture_open(&f));
  OK(simdr_store_open(temp_path(&f.dir, "other", path), NULL, &store, NULL));
  CHECK_I64(simdr_store_close_checked(store, NULL), SIMDR_OK);
  OK(simdr_store_put(f.store, NULL, 0, "of the empty key", 16, 0, NULL, NULL));
  OK(simdr_store_put_many(f.store, two_keys, 2, two_keys, 2, 0, NULL, NULL));
  OK(simdr_store_get_many(f.store, two_keys, 2, entries, NULL, NULL));
  CHECK(entries[0] != NULL && entries[1] != NULL);
  simdr_entry_unref(entries[0]);
  simdr_entry_unref(entries[1]);
  OK(simdr_store_view_many(f.store, two_keys, 2, views, NULL, NULL));
  OK(simdr_store_remove_many(f.store, two_keys, 2, 0, NULL, NULL, NULL));
  OK(simdr_store_compact(f.store, NULL, NULL));
  HAS(f.store, "", "of the empty key");
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(in_opening),
      CASE(in_single_writes),
      CASE(in_batches),
      CASE(in_copies_between_stores),
      CASE(in_streams_and_reservations),
      CASE(in_reads),
      CASE(in_batched_reads),
      CASE(in_entries),
      CASE(in_walks),
      CASE(in_whole_store_calls),
      CASE(null_is_allowed_where_it_says_so),
  };
  return CHECK_RUN(cases);
}
