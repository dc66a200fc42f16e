/* Writes that depend on what is there: put_if_absent, put_if_entry, remove, rename, copy, transfer. */
#include "store_fixture.h"

static void put_if_absent_writes_only_once(void) {
  struct fixture f;
  struct snapshot before;
  uint64_t tail = 0;
  REQUIRE(fixture_open(&f));
  REQUIRE_OK(simdr_store_put_if_absent(f.store, "key", 3, "first", 5, 0, &tail, &err));
  CHECK_U64(tail, 25);
  snapshot_take(&before, &f);
  tail = 7;
  OUTCOME(simdr_store_put_if_absent(f.store, "key", 3, "second", 6, 0, &tail, &err), SIMDR_EXISTS);
  CHECK_U64(tail, 7);
  UNCHANGED(&before, &f);
  HAS(f.store, "key", "first");
  OK(simdr_store_remove(f.store, "key", 3, 0, NULL, &err));
  OK(simdr_store_put_if_absent(f.store, "key", 3, "third", 5, 0, NULL, &err));
  HAS(f.store, "key", "third");
  snapshot_free(&before);
  fixture_end(&f);
}

static void put_if_entry_writes_only_over_what_was_read(void) {
  struct fixture f;
  struct snapshot before;
  simdr_entry *first = NULL, *second = NULL;
  uint64_t tail = 7;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "first");
  REQUIRE_OK(simdr_store_get(f.store, "key", 3, &first, &err));
  PUT(f.store, "other", "does not matter");
  OK(simdr_store_put_if_entry(f.store, first, "second", 6, 0, &tail, &err));
  CHECK_U64(tail, simdr_store_file_size(f.store));
  HAS(f.store, "key", "second");
  snapshot_take(&before, &f);
  tail = 7;
  OUTCOME(simdr_store_put_if_entry(f.store, first, "third", 5, 0, &tail, &err), SIMDR_CHANGED);
  CHECK_U64(tail, 7);
  UNCHANGED(&before, &f);
  REQUIRE_OK(simdr_store_get(f.store, "key", 3, &second, &err));
  OK(simdr_store_remove(f.store, "key", 3, 0, NULL, &err));
  OUTCOME(simdr_store_put_if_entry(f.store, second, "third", 5, 0, NULL, &err), SIMDR_CHANGED);
  LACKS(f.store, "key");
  simdr_entry_unref(first);
  simdr_entry_unref(second);
  snapshot_free(&before);
  fixture_end(&f);
}

static void an_entry_from_before_a_compaction_counts_as_changed(void) {
  struct fixture f;
  simdr_entry *entry = NULL;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  REQUIRE_OK(simdr_store_get(f.store, "key", 3, &entry, &err));
  OK(simdr_store_compact(f.store, NULL, &err));
  OUTCOME(simdr_store_put_if_entry(f.store, entry, "new", 3, 0, NULL, &err), SIMDR_CHANGED);
  HAS(f.store, "key", "value");
  simdr_entry_unref(entry);
  fixture_end(&f);
}

static void an_entry_of_another_store_counts_as_changed(void) {
  struct fixture f, g;
  simdr_entry *entry = NULL;
  REQUIRE(fixture_open(&f) && fixture_open(&g));
  PUT(f.store, "key", "value");
  PUT(g.store, "key", "value"); /* the same key at the same offset */
  REQUIRE_OK(simdr_store_get(g.store, "key", 3, &entry, &err));
  OUTCOME(simdr_store_put_if_entry(f.store, entry, "new", 3, 0, NULL, &err), SIMDR_CHANGED);
  HAS(f.store, "key", "value");
  simdr_entry_unref(entry);
  fixture_end(&f);
  fixture_end(&g);
}

static void removing_what_is_not_there_writes_nothing(void) {
  struct fixture f;
  struct snapshot before;
  uint64_t tail = 7;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  REQUIRE_OK(simdr_store_remove(f.store, "key", 3, 0, &tail, &err));
  CHECK_U64(tail, 25 + 21); /* a deletion mark has no pad */
  LACKS(f.store, "key");
  CHECK_U64(simdr_store_count(f.store), 0);
  CHECK_I64(simdr_store_is_empty(f.store), 1);
  snapshot_take(&before, &f);
  tail = 7;
  OUTCOME(simdr_store_remove(f.store, "key", 3, 0, &tail, &err), SIMDR_NOT_FOUND);
  OUTCOME(simdr_store_remove(f.store, "never", 5, 0, &tail, &err), SIMDR_NOT_FOUND);
  OUTCOME(simdr_store_remove_hashed(f.store, 12345, 0, &tail, &err), SIMDR_NOT_FOUND);
  CHECK_U64(tail, 7);
  UNCHANGED(&before, &f);
  PUT(f.store, "key", "again");
  HAS(f.store, "key", "again");
  fixture_close_store(&f);
  fixture_reopen(&f);
  CHECK_U64(simdr_store_count(f.store), 1);
  HAS(f.store, "key", "again");
  snapshot_free(&before);
  fixture_end(&f);
}

static void rename_moves_the_newest_value(void) {
  struct fixture f;
  struct snapshot before;
  uint64_t tail = 0;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "old", "stale");
  PUT(f.store, "old", "fresh");
  PUT(f.store, "new", "to be replaced");
  REQUIRE_OK(simdr_store_rename(f.store, "old", 3, "new", 3, 0, &tail, &err));
  CHECK_U64(tail, simdr_store_file_size(f.store));
  LACKS(f.store, "old");
  HAS(f.store, "new", "fresh");
  CHECK_U64(simdr_store_count(f.store), 1);
  snapshot_take(&before, &f);
  tail = 7;
  OUTCOME(simdr_store_rename(f.store, "old", 3, "newer", 5, 0, &tail, &err), SIMDR_NOT_FOUND);
  FAILS(simdr_store_rename(f.store, "new", 3, "new", 3, 0, &tail, &err), SIMDR_ERR_SAME_KEY, "new_key");
  FAILS(simdr_store_rename(f.store, "absent", 6, "absent", 6, 0, &tail, &err), SIMDR_ERR_SAME_KEY, "new_key");
  CHECK_U64(tail, 7);
  UNCHANGED(&before, &f);
  snapshot_free(&before);
  fixture_close_store(&f);
  fixture_reopen(&f);
  LACKS(f.store, "old");
  HAS(f.store, "new", "fresh");
  fixture_end(&f);
}

static void copy_and_transfer_between_stores(void) {
  struct fixture f, g;
  uint8_t *big = pattern_new(3 << 20, 9);
  uint64_t tail = 0;
  REQUIRE(fixture_open(&f) && fixture_open(&g));
  PUT(f.store, "a", "copied");
  PUT(f.store, "b", "moved");
  OK(simdr_store_put(f.store, "big", 3, big, 3 << 20, 0, NULL, &err));
  PUT(g.store, "a", "to be replaced");
  REQUIRE_OK(simdr_store_copy(f.store, "a", 1, g.store, 0, &tail, &err));
  CHECK_U64(tail, simdr_store_file_size(g.store));
  HAS(f.store, "a", "copied");
  HAS(g.store, "a", "copied");
  REQUIRE_OK(simdr_store_transfer(f.store, "b", 1, g.store, SIMDR_DURABILITY_COMMIT, &tail, &err));
  CHECK_U64(tail, simdr_store_file_size(f.store));
  LACKS(f.store, "b");
  HAS(g.store, "b", "moved");
  OK(simdr_store_transfer(f.store, "big", 3, g.store, 0, NULL, &err));
  LACKS(f.store, "big");
  HAS_BYTES(g.store, "big", big, 3 << 20);
  tail = 7;
  OUTCOME(simdr_store_copy(f.store, "absent", 6, g.store, 0, &tail, &err), SIMDR_NOT_FOUND);
  OUTCOME(simdr_store_transfer(f.store, "absent", 6, g.store, 0, &tail, &err), SIMDR_NOT_FOUND);
  CHECK_U64(tail, 7);
  fixture_close_store(&f);
  fixture_close_store(&g);
  fixture_reopen(&f);
  fixture_reopen(&g);
  CHECK_U64(simdr_store_count(f.store), 1);
  CHECK_U64(simdr_store_count(g.store), 3);
  HAS_BYTES(g.store, "big", big, 3 << 20);
  free(big);
  fixture_end(&f);
  fixture_end(&g);
}

/* A default of each store's own must not let a power cut take both the copy and what was copied. */
static void the_copy_of_a_transfer_is_as_durable_as_the_removal(void) {
  struct fixture f, g;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  simdr_stats stats = SIMDR_STATS_INIT;
  options.durability = SIMDR_DURABILITY_COMMIT;
  REQUIRE(fixture_open(&f) && fixture_open(&g));
  fixture_close_store(&f);
  REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
  PUT(f.store, "a", "moved");
  PUT(g.store, "b", "there");
  REQUIRE_OK(simdr_store_transfer(f.store, "a", 1, g.store, 0, NULL, &err));
  REQUIRE_OK(simdr_store_stats(g.store, &stats, &err));
  CHECK_U64(stats.durable_offset, stats.tail_offset);
  fixture_end(&f);
  fixture_end(&g);
}

static void the_same_by_hash(void) {
  struct fixture f, g;
  struct snapshot before;
  uint64_t a = simdr_key_hash("a", 1), b = simdr_key_hash("b", 1), tail = 0;
  REQUIRE(fixture_open(&f) && fixture_open(&g));
  PUT(f.store, "a", "value");
  REQUIRE_OK(simdr_store_rename_hashed(f.store, a, b, 0, &tail, &err));
  CHECK_U64(tail, simdr_store_file_size(f.store));
  LACKS(f.store, "a");
  HAS(f.store, "b", "value");
  REQUIRE_OK(simdr_store_copy_hashed(f.store, b, g.store, 0, &tail, &err));
  CHECK_U64(tail, simdr_store_file_size(g.store));
  HAS(g.store, "b", "value");
  PUT(f.store, "a", "moved");
  REQUIRE_OK(simdr_store_transfer_hashed(f.store, a, g.store, 0, &tail, &err));
  CHECK_U64(tail, simdr_store_file_size(f.store));
  LACKS(f.store, "a");
  HAS(g.store, "a", "moved");
  snapshot_take(&before, &f);
  tail = 7;
  OUTCOME(simdr_store_rename_hashed(f.store, a, 1, 0, &tail, &err), SIMDR_NOT_FOUND);
  OUTCOME(simdr_store_copy_hashed(f.store, a, g.store, 0, &tail, &err), SIMDR_NOT_FOUND);
  OUTCOME(simdr_store_transfer_hashed(f.store, a, g.store, 0, &tail, &err), SIMDR_NOT_FOUND);
  FAILS(simdr_store_rename_hashed(f.store, b, b, 0, &tail, &err), SIMDR_ERR_SAME_KEY, "new_key");
  FAILS(simdr_store_rename_hashed(f.store, b, SIMDR_RESERVED_KEY_HASH, 0, &tail, &err), SIMDR_ERR_RESERVED_HASH,
        "hash");
  FAILS(simdr_store_copy_hashed(f.store, b, f.store, 0, &tail, &err), SIMDR_ERR_SAME_STORE, "target");
  FAILS(simdr_store_transfer_hashed(f.store, b, f.store, 0, &tail, &err), SIMDR_ERR_SAME_STORE, "target");
  CHECK_U64(tail, 7);
  UNCHANGED(&before, &f);
  snapshot_free(&before);
  fixture_end(&f);
  fixture_end(&g);
}

static void a_copy_onto_the_same_file_is_refused(void) {
  struct fixture f;
  struct snapshot before;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  char soft[1024];
  simdr_store *reader = NULL;
  uint64_t tail = 7;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  REQUIRE(symlink(f.path, temp_path(&f.dir, "soft", soft)) == 0);
  options.mode = SIMDR_OPEN_READ_ONLY;
  REQUIRE_OK(simdr_store_open(soft, &options, &reader, &err)); /* a second writer on it would be locked out */
  snapshot_take(&before, &f);
  FAILS(simdr_store_copy(f.store, "key", 3, f.store, 0, &tail, &err), SIMDR_ERR_SAME_STORE, "target");
  FAILS(simdr_store_transfer(f.store, "key", 3, f.store, 0, &tail, &err), SIMDR_ERR_SAME_STORE, "target");
  FAILS(simdr_store_copy(reader, "key", 3, f.store, 0, &tail, &err), SIMDR_ERR_SAME_STORE, "target");
  CHECK_U64(tail, 7);
  UNCHANGED(&before, &f);
  snapshot_free(&before);
  simdr_store_close(reader);
  fixture_end(&f);
}

static void a_read_only_store_may_be_copied_from(void) {
  struct fixture f, g;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  REQUIRE(fixture_open(&f) && fixture_open(&g));
  PUT(f.store, "key", "value");
  fixture_close_store(&f);
  options.mode = SIMDR_OPEN_READ_ONLY;
  REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
  OK(simdr_store_copy(f.store, "key", 3, g.store, 0, NULL, &err));
  HAS(g.store, "key", "value");
  FAILS(simdr_store_transfer(f.store, "key", 3, g.store, 0, NULL, &err), SIMDR_ERR_READ_ONLY, "");
  FAILS(simdr_store_copy(g.store, "key", 3, f.store, 0, NULL, &err), SIMDR_ERR_READ_ONLY, f.path);
  HAS(g.store, "key", "value");
  fixture_end(&f);
  fixture_end(&g);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(put_if_absent_writes_only_once),
      CASE(put_if_entry_writes_only_over_what_was_read),
      CASE(an_entry_from_before_a_compaction_counts_as_changed),
      CASE(an_entry_of_another_store_counts_as_changed),
      CASE(removing_what_is_not_there_writes_nothing),
      CASE(rename_moves_the_newest_value),
      CASE(copy_and_transfer_between_stores),
      CASE(the_copy_of_a_transfer_is_as_durable_as_the_removal),
      CASE(the_same_by_hash),
      CASE(a_copy_onto_the_same_file_is_refused),
      CASE(a_read_only_store_may_be_copied_from),
  };
  return CHECK_RUN(cases);
}
