/* Calls about the whole store: statistics, directory import, backup. */
#include "store_fixture.h"

static void the_statistics_add_up(void) {
  struct fixture f;
  simdr_stats stats = SIMDR_STATS_INIT;
  simdr_entry *entry = NULL;
  uint64_t put_before, written_before;
  int i;
  REQUIRE(fixture_open(&f));
  REQUIRE_OK(simdr_store_stats(f.store, &stats, &err));
  CHECK_U64(stats.size, sizeof(stats));
  CHECK_U64(stats.live_count, 0);
  CHECK_U64(stats.total_count, 0);
  CHECK_U64(stats.tail_offset, 0);
  CHECK_U64(stats.put_count, 0);
  for (i = 0; i < 1000; i++) OK(simdr_store_put(f.store, &i, sizeof(i), "0123456789", 10, 0, NULL, &err));
  for (i = 0; i < 300; i++) OK(simdr_store_put(f.store, &i, sizeof(i), "replaced", 8, 0, NULL, &err));
  for (i = 900; i < 1000; i++) OK(simdr_store_remove(f.store, &i, sizeof(i), 0, NULL, &err));
  for (i = 0; i < 50; i++) {
    if (OK(simdr_store_get(f.store, &i, sizeof(i), &entry, &err))) simdr_entry_unref(entry);
  }
  for (i = 5000; i < 5020; i++) OUTCOME(simdr_store_get(f.store, &i, sizeof(i), &entry, &err), SIMDR_NOT_FOUND);
  REQUIRE_OK(simdr_store_stats(f.store, &stats, &err));
  CHECK_U64(stats.live_count, 900);
  CHECK_U64(stats.live_size, 300 * 28 + 600 * 30);
  CHECK_U64(stats.total_count, 1400);
  CHECK_U64(stats.tombstone_count, 100);
  CHECK_U64(stats.tail_offset, simdr_store_file_size(f.store));
  CHECK_U64(stats.live_size + stats.dead_size, stats.tail_offset);
  CHECK(stats.physical_size >= stats.tail_offset);
  CHECK_U64(stats.get_hits, 50);
  CHECK_U64(stats.get_misses, 20);
  CHECK_U64(stats.put_count, 1400);
  CHECK_U64(stats.written_size, stats.tail_offset);
  CHECK(stats.durable_offset <= stats.tail_offset);
  CHECK(stats.index_memory_size >= 900 * 8);
  CHECK(stats.index_load > 0.0 && stats.index_load <= 1.0);
  CHECK(stats.window_count >= 1);
  put_before = stats.put_count;
  written_before = stats.written_size;
  OK(simdr_store_sync(f.store, SIMDR_DURABILITY_COMMIT, &err));
  i = 1;
  OK(simdr_store_put(f.store, &i, sizeof(i), "one more", 8, 0, NULL, &err));
  REQUIRE_OK(simdr_store_stats(f.store, &stats, &err));
  CHECK_U64(stats.put_count, put_before + 1);
  CHECK(stats.written_size > written_before);
  CHECK(stats.sync_count >= 1);
  fixture_close_store(&f);
  fixture_reopen(&f);
  REQUIRE_OK(simdr_store_stats(f.store, &stats, &err));
  CHECK_U64(stats.live_count, 900);
  CHECK_U64(stats.total_count, 1401);
  CHECK_U64(stats.tombstone_count, 100);
  CHECK_U64(stats.live_size + stats.dead_size, stats.tail_offset);
  CHECK_U64(stats.put_count, 0);
  CHECK_U64(stats.get_hits, 0);
  fixture_end(&f);
}

/* --- import */

struct imported {
  int files, skipped, stop_after, stop_at_skipped, is_stopped;
  uint64_t bytes;
  char paths[64][64];
};
static int remember_file(const char *key, uint64_t file_size, simdr_status status, void *user_data) {
  struct imported *to = (struct imported *)user_data;
  CHECK_I64(to->is_stopped, 0); /* who stopped is not called again */
  if (status == SIMDR_OK) {
    snprintf(to->paths[to->files++ % 64], 64, "%s", key);
    to->bytes += file_size;
  } else {
    to->skipped++;
    CHECK(simdr_status_name(status)[0] != 'U');
  }
  to->is_stopped = (to->stop_after > 0 && to->files == to->stop_after) ||
                   (to->stop_at_skipped > 0 && to->skipped == to->stop_at_skipped);
  return to->is_stopped ? 5 : 0;
}

/* A tree of 4 files worth storing and 5 things that are not. */
static int make_tree(const struct fixture *f, char *tree) {
  char path[1024], other[1024];
  uint8_t *large = pattern_new(1 << 20, 1);
  int good = mkdir(temp_path(&f->dir, "tree", tree), 0755) == 0 &&
             mkdir(temp_path(&f->dir, "tree/sub", path), 0755) == 0 &&
             mkdir(temp_path(&f->dir, "tree/sub/deep er", path), 0755) == 0 &&
             mkdir(temp_path(&f->dir, "tree/empty", path), 0755) == 0 &&
             file_write(temp_path(&f->dir, "tree/top.txt", path), "top", 3) &&
             file_write(temp_path(&f->dir, "tree/sub/two", path), "second", 6) &&
             file_write(temp_path(&f->dir, "tree/sub/deep er/\xC3\xA4.bin", path), large, 1 << 20) &&
             file_write(temp_path(&f->dir, "tree/.hidden", path), "hidden", 6) &&
             file_write(temp_path(&f->dir, "tree/nothing", path), "", 0) &&
             file_write(temp_path(&f->dir, "tree/zero", path), "\0", 1) &&
             symlink(temp_path(&f->dir, "tree/top.txt", other), temp_path(&f->dir, "tree/link", path)) == 0 &&
             symlink(temp_path(&f->dir, "tree", other), temp_path(&f->dir, "tree/sub/loop", path)) == 0 &&
             mkfifo(temp_path(&f->dir, "tree/fifo", path), 0600) == 0;
  free(large);
  return good;
}

static void a_directory_is_imported_under_relative_paths(void) {
  struct fixture f;
  struct imported to;
  simdr_import_options options = SIMDR_IMPORT_OPTIONS_INIT;
  simdr_import_result result = SIMDR_IMPORT_RESULT_INIT;
  char tree[1024], slashed[1100];
  uint8_t *large = pattern_new(1 << 20, 1), key[16];
  simdr_view view;
  REQUIRE(fixture_open(&f) && make_tree(&f, tree));
  memset(&to, 0, sizeof(to));
  options.on_file = remember_file;
  options.on_file_user_data = &to;
  alarm(60); /* the fifo must not be opened */
  REQUIRE_OK(simdr_store_import_directory(f.store, tree, &options, &result, &err));
  alarm(0);
  CHECK_U64(result.size, sizeof(result));
  CHECK_U64(result.file_count, 4);
  CHECK_U64(result.stored_size, 3 + 6 + 6 + (1 << 20));
  CHECK_U64(result.skipped_count, 5);
  CHECK_I64(to.files, 4);
  CHECK_I64(to.skipped, 5);
  CHECK_U64(to.bytes, result.stored_size);
  CHECK_U64(simdr_store_count(f.store), 4);
  HAS(f.store, "top.txt", "top");
  HAS(f.store, "sub/two", "second");
  HAS(f.store, ".hidden", "hidden");
  HAS_BYTES(f.store, "sub/deep er/\xC3\xA4.bin", large, 1 << 20);
  options.ns = "photos";
  options.ns_size = 6;
  options.flags = SIMDR_DURABILITY_COMMIT;
  options.on_file = NULL;
  snprintf(slashed, sizeof(slashed), "%s/", tree);
  REQUIRE_OK(simdr_store_import_directory(f.store, slashed, &options, &result, &err));
  CHECK_U64(simdr_store_count(f.store), 8);
  simdr_namespaced_key("photos", 6, "sub/two", 7, key);
  if (OK(simdr_store_view(f.store, key, 16, &view, &err))) CHECK_BYTES(view.data, "second", 6);
  REQUIRE_OK(simdr_store_import_directory(f.store, tree, NULL, &result, &err));
  CHECK_U64(simdr_store_count(f.store), 8);
  free(large);
  fixture_end(&f);
}

static void an_import_can_be_stopped_and_keeps_what_it_stored(void) {
  struct fixture f;
  struct imported to;
  simdr_import_options options = SIMDR_IMPORT_OPTIONS_INIT;
  simdr_import_result result = SIMDR_IMPORT_RESULT_INIT;
  char tree[1024];
  int i;
  REQUIRE(fixture_open(&f) && make_tree(&f, tree));
  memset(&to, 0, sizeof(to));
  to.stop_after = 2;
  options.on_file = remember_file;
  options.on_file_user_data = &to;
  CHECK_I64(simdr_store_import_directory(f.store, tree, &options, &result, &err), SIMDR_STOPPED);
  CHECK_I64(err.callback_result, 5);
  CHECK_I64(to.files, 2);
  CHECK(simdr_store_count(f.store) >= 2); /* small files are stored many at a time, and told of one by one */
  for (i = 0; i < 2; i++) {
    int exists = 0;
    OK(simdr_store_exists(f.store, to.paths[i], strlen(to.paths[i]), &exists, &err));
    CHECK_I64(exists, 1);
  }
  /* Also when it stops at what is left out, with others read and not stored yet. */
  memset(&to, 0, sizeof(to));
  to.stop_at_skipped = 2;
  CHECK_I64(simdr_store_import_directory(f.store, tree, &options, &result, &err), SIMDR_STOPPED);
  CHECK_I64(to.skipped, 2);
  fixture_end(&f);
}

static void an_import_of_no_directory_fails(void) {
  struct fixture f;
  struct snapshot before;
  simdr_import_result result = SIMDR_IMPORT_RESULT_INIT;
  char tree[1024], path[1024];
  REQUIRE(fixture_open(&f) && make_tree(&f, tree));
  PUT(f.store, "key", "before");
  snapshot_take(&before, &f);
  FAILS(simdr_store_import_directory(f.store, temp_path(&f.dir, "missing", path), NULL, &result, &err),
        SIMDR_ERR_NO_SUCH_FILE, "missing");
  CHECK(simdr_store_import_directory(f.store, temp_path(&f.dir, "tree/top.txt", path), NULL, &result, &err) <=
        SIMDR_ERR_INVALID_ARGUMENT);
  CHECK(strstr(err.message, "top.txt") != NULL);
  CHECK_U64(result.file_count, 0);
  UNCHANGED(&before, &f);
  snapshot_free(&before);
  fixture_end(&f);
}

/* --- backup */

static void a_backup_is_the_store_as_it_was(void) {
  struct fixture f;
  char path[1024];
  simdr_store *copy = NULL;
  uint8_t *large = pattern_new(5 << 20, 2), *original, *backed_up;
  size_t original_size = 0, backup_size = 0;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "stale");
  PUT(f.store, "key", "value");
  OK(simdr_store_put(f.store, "large", 5, large, 5 << 20, 0, NULL, &err));
  REQUIRE_OK(simdr_store_backup(f.store, temp_path(&f.dir, "backup", path), &err));
  PUT(f.store, "later", "not in it");
  backed_up = file_read(path, SIZE_MAX, &backup_size);
  original = file_read(f.path, backup_size, &original_size);
  CHECK_U64(backup_size, 64 + 5 + 20 + (128 - 89) + (5 << 20) + 20);
  CHECK_U64(original_size, backup_size);
  if (original_size == backup_size) CHECK_BYTES(backed_up, original, backup_size);
  REQUIRE_OK(simdr_store_open(path, NULL, &copy, &err));
  CHECK(simdr_store_recovered_from(copy) == NULL);
  CHECK_U64(simdr_store_count(copy), 2);
  HAS(copy, "key", "value");
  HAS_BYTES(copy, "large", large, 5 << 20);
  LACKS(copy, "later");
  simdr_store_close(copy);
  free(backed_up);
  free(original);
  free(large);
  fixture_end(&f);
}

static void a_backup_overwrites_nothing(void) {
  struct fixture f;
  char path[1024];
  size_t size = 0;
  uint8_t *kept;
  struct snapshot before;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  snapshot_take(&before, &f);
  REQUIRE(file_write(temp_path(&f.dir, "there", path), "already", 7));
  OUTCOME(simdr_store_backup(f.store, path, &err), SIMDR_EXISTS);
  kept = file_read(path, SIZE_MAX, &size);
  CHECK_U64(size, 7);
  CHECK_BYTES(kept, "already", size);
  OUTCOME(simdr_store_backup(f.store, f.path, &err), SIMDR_EXISTS);
  FAILS(simdr_store_backup(f.store, temp_path(&f.dir, "missing/backup", path), &err), SIMDR_ERR_NO_SUCH_FILE,
        "missing");
  UNCHANGED(&before, &f);
  snapshot_free(&before);
  free(kept);
  fixture_end(&f);
}

static void a_read_only_store_can_be_backed_up(void) {
  struct fixture f;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  char path[1024];
  simdr_store *copy = NULL;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  fixture_close_store(&f);
  options.mode = SIMDR_OPEN_READ_ONLY;
  REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
  OK(simdr_store_backup(f.store, temp_path(&f.dir, "backup", path), &err));
  REQUIRE_OK(simdr_store_open(path, NULL, &copy, &err));
  HAS(copy, "key", "value");
  simdr_store_close(copy);
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(the_statistics_add_up),
      CASE(a_directory_is_imported_under_relative_paths),
      CASE(an_import_can_be_stopped_and_keeps_what_it_stored),
      CASE(an_import_of_no_directory_fails),
      CASE(a_backup_is_the_store_as_it_was),
      CASE(a_backup_overwrites_nothing),
      CASE(a_read_only_store_can_be_backed_up),
  };
  return CHECK_RUN(cases);
}
