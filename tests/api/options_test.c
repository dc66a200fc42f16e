/* Options structs of older and newer programs, unknown flags and modes, values out of their range. */
#include "store_fixture.h"

/* A struct of a newer program: the same members, and some that this library does not know. */
#define NEWER(type)   \
  struct {            \
    type known;       \
    uint8_t tail[24]; \
  }
#define INIT_NEWER(newer, init)         \
  do {                                  \
    memset(&(newer), 0, sizeof(newer)); \
    (newer).known = init;               \
    (newer).known.size = sizeof(newer); \
  } while (0)

static void open_options_of_every_size(void) {
  struct fixture f;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  NEWER(simdr_open_options) newer;
  simdr_store *store = NULL;
  REQUIRE(fixture_open(&f));
  fixture_close_store(&f);
  options.mode = SIMDR_OPEN_READ_ONLY;
  options.flags = 0x80000000u; /* beyond the size that is given: not looked at */
  options.size = offsetof(simdr_open_options, flags);
  if (OK(simdr_store_open(f.path, &options, &store, &err))) CHECK_I64(simdr_store_is_read_only(store), 1);
  simdr_store_close(store);
  store = NULL;
  options.flags = 0;
  options.size = 0;
  FAILS(simdr_store_open(f.path, &options, &store, &err), SIMDR_ERR_OPTIONS_SIZE, "options");
  options.size = sizeof(size_t) - 1;
  FAILS(simdr_store_open(f.path, &options, &store, &err), SIMDR_ERR_OPTIONS_SIZE, "options");
  options.size = SIZE_MAX;
  FAILS(simdr_store_open(f.path, &options, &store, &err), SIMDR_ERR_OPTIONS_SIZE, "options");
  {
    const simdr_open_options defaults = SIMDR_OPEN_OPTIONS_INIT;
    INIT_NEWER(newer, defaults);
  }
  if (OK(simdr_store_open(f.path, &newer.known, &store, &err))) simdr_store_close(store);
  store = NULL;
  newer.tail[23] = 1;
  FAILS(simdr_store_open(f.path, &newer.known, &store, &err), SIMDR_ERR_OPTIONS_SIZE, "options");
  CHECK(store == NULL);
  CHECK_U64(file_size_of(f.path), 0);
  fixture_end(&f);
}

static int accept_progress(uint64_t done, uint64_t total, void *user_data) {
  (void)done, (void)total;
  ++*(int *)user_data;
  return 0;
}

static void options_of_the_other_calls_of_every_size(void) {
  struct fixture f;
  NEWER(simdr_compact_options) compact;
  NEWER(simdr_verify_options) verify;
  NEWER(simdr_import_options) import;
  simdr_compact_options old_compact = SIMDR_COMPACT_OPTIONS_INIT;
  const simdr_compact_options compact_init = SIMDR_COMPACT_OPTIONS_INIT;
  const simdr_verify_options verify_init = SIMDR_VERIFY_OPTIONS_INIT;
  const simdr_import_options import_init = SIMDR_IMPORT_OPTIONS_INIT;
  simdr_verify_result verified = SIMDR_VERIFY_RESULT_INIT;
  simdr_import_result imported = SIMDR_IMPORT_RESULT_INIT;
  char empty[1024];
  int calls = 0;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  REQUIRE(mkdir(temp_path(&f.dir, "empty", empty), 0755) == 0);
  INIT_NEWER(compact, compact_init);
  INIT_NEWER(verify, verify_init);
  INIT_NEWER(import, import_init);
  OK(simdr_store_compact(f.store, &compact.known, &err));
  OK(simdr_store_verify(f.store, &verify.known, &verified, &err));
  OK(simdr_store_import_directory(f.store, empty, &import.known, &imported, &err));
  compact.tail[0] = verify.tail[0] = import.tail[0] = 1;
  FAILS(simdr_store_compact(f.store, &compact.known, &err), SIMDR_ERR_OPTIONS_SIZE, "options");
  FAILS(simdr_store_verify(f.store, &verify.known, &verified, &err), SIMDR_ERR_OPTIONS_SIZE, "options");
  FAILS(simdr_store_import_directory(f.store, empty, &import.known, &imported, &err), SIMDR_ERR_OPTIONS_SIZE,
        "options");
  compact.known.size = verify.known.size = import.known.size = 0;
  FAILS(simdr_store_compact(f.store, &compact.known, &err), SIMDR_ERR_OPTIONS_SIZE, "options");
  FAILS(simdr_store_verify(f.store, &verify.known, &verified, &err), SIMDR_ERR_OPTIONS_SIZE, "options");
  FAILS(simdr_store_import_directory(f.store, empty, &import.known, &imported, &err), SIMDR_ERR_OPTIONS_SIZE,
        "options");
  old_compact.progress = accept_progress;
  old_compact.progress_user_data = &calls;
  old_compact.size = offsetof(simdr_compact_options, progress);
  OK(simdr_store_compact(f.store, &old_compact, &err));
  CHECK_I64(calls, 0);
  HAS(f.store, "key", "value");
  fixture_end(&f);
}

static void result_structs_of_every_size(void) {
  struct fixture f;
  NEWER(simdr_stats) stats;
  NEWER(simdr_entry_info) info;
  simdr_stats old_stats, sentinel;
  const simdr_stats stats_init = SIMDR_STATS_INIT;
  const simdr_entry_info info_init = SIMDR_ENTRY_INFO_INIT;
  simdr_verify_result verified;
  simdr_repair_result repaired;
  char out[1024];
  size_t i;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  INIT_NEWER(stats, stats_init);
  INIT_NEWER(info, info_init);
  OK(simdr_store_stats(f.store, &stats.known, &err));
  OK(simdr_store_metadata(f.store, "key", 3, &info.known, &err));
  CHECK_U64(stats.known.size, sizeof(stats)); /* the caller's number stays */
  CHECK_U64(stats.known.live_count, 1);
  CHECK_U64(info.known.payload_size, 5);
  for (i = 0; i < sizeof(stats.tail); i++) CHECK_U64(stats.tail[i] | info.tail[i], 0);
  memset(&old_stats, 0x44, sizeof(old_stats));
  sentinel = old_stats;
  old_stats.size = offsetof(simdr_stats, live_size);
  OK(simdr_store_stats(f.store, &old_stats, &err));
  CHECK_U64(old_stats.live_count, 1);
  CHECK_BYTES(&old_stats.live_size, &sentinel.live_size, sizeof(old_stats) - offsetof(simdr_stats, live_size));
  old_stats = sentinel;
  old_stats.size = 0;
  FAILS(simdr_store_stats(f.store, &old_stats, &err), SIMDR_ERR_OPTIONS_SIZE, "out_stats");
  CHECK_U64(old_stats.live_count, sentinel.live_count);
  info.known.size = 3;
  FAILS(simdr_store_metadata(f.store, "key", 3, &info.known, &err), SIMDR_ERR_OPTIONS_SIZE, "out_info");
  memset(&verified, 0, sizeof(verified));
  memset(&repaired, 0, sizeof(repaired));
  FAILS(simdr_store_verify(f.store, NULL, &verified, &err), SIMDR_ERR_OPTIONS_SIZE, "out_result");
  temp_path(&f.dir, "out", out);
  FAILS(simdr_repair(f.path, out, NULL, NULL, &repaired, &err), SIMDR_ERR_OPTIONS_SIZE, "out_result");
  CHECK(!file_is_there(out));
  fixture_end(&f);
}

static void unknown_flags_and_modes_are_refused(void) {
  static const uint32_t bad_durabilities[] = {4, 0x10, 0x80000000u};
  struct fixture f;
  struct snapshot before;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  simdr_store *store = NULL;
  simdr_iterator *iterator = NULL;
  simdr_stream *stream = NULL;
  simdr_reservation *reservation = NULL;
  simdr_compact_options compact = SIMDR_COMPACT_OPTIONS_INIT;
  simdr_verify_options verify = SIMDR_VERIFY_OPTIONS_INIT;
  simdr_verify_result verified = SIMDR_VERIFY_RESULT_INIT;
  void *room = NULL;
  char other[1024];
  uint64_t tail = 7;
  size_t i;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  snapshot_take(&before, &f);
  temp_path(&f.dir, "other", other);
  options.flags = 0x8;
  FAILS(simdr_store_open(other, &options, &store, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
  options.flags = 0;
  options.mode = 4;
  FAILS(simdr_store_open(other, &options, &store, &err), SIMDR_ERR_INVALID_ARGUMENT, "mode");
  options.mode = 0;
  CHECK(!file_is_there(other));
  for (i = 0; i < COUNT_OF(bad_durabilities); i++) {
    uint32_t bad = bad_durabilities[i];
    simdr_bytes one = {"k", 1};
    uint64_t hash = 1;
    simdr_entry *entry = NULL;
    options.durability = bad;
    FAILS(simdr_store_open(other, &options, &store, &err), SIMDR_ERR_INVALID_ARGUMENT, "durability");
    FAILS(simdr_store_put(f.store, "k", 1, "v", 1, bad, &tail, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
    FAILS(simdr_store_put_hashed(f.store, 1, "v", 1, bad, &tail, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
    FAILS(simdr_store_put_many(f.store, &one, 1, &one, 1, bad, &tail, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
    FAILS(simdr_store_put_many_hashed(f.store, &hash, 1, &one, 1, bad, &tail, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
    FAILS(simdr_store_put_if_absent(f.store, "k", 1, "v", 1, bad, &tail, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
    OK(simdr_store_get(f.store, "key", 3, &entry, &err));
    FAILS(simdr_store_put_if_entry(f.store, entry, "v", 1, bad, &tail, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
    simdr_entry_unref(entry);
    FAILS(simdr_store_remove(f.store, "key", 3, bad, &tail, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
    FAILS(simdr_store_remove_hashed(f.store, 1, bad, &tail, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
    FAILS(simdr_store_remove_many(f.store, &one, 1, bad, NULL, &tail, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
    FAILS(simdr_store_remove_many_hashed(f.store, &hash, 1, bad, NULL, &tail, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
    FAILS(simdr_store_rename(f.store, "key", 3, "k", 1, bad, &tail, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
    FAILS(simdr_store_rename_hashed(f.store, 1, 2, bad, &tail, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
    FAILS(simdr_stream_open(f.store, "k", 1, bad, &stream, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
    FAILS(simdr_stream_open_hashed(f.store, 1, bad, &stream, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
    FAILS(simdr_store_put_fd(f.store, "k", 1, 0, bad, &tail, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
    FAILS(simdr_store_reserve(f.store, "k", 1, 1, bad, &reservation, &room, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
    FAILS(simdr_store_sync(f.store, bad, &err), SIMDR_ERR_INVALID_ARGUMENT, "durability");
  }
  FAILS(simdr_store_sync(f.store, SIMDR_DURABILITY_NONE, &err), SIMDR_ERR_INVALID_ARGUMENT, "durability");
  FAILS(simdr_iterator_open(f.store, 0x4, &iterator, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
  compact.flags = 1;
  FAILS(simdr_store_compact(f.store, &compact, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
  verify.flags = 1;
  FAILS(simdr_store_verify(f.store, &verify, &verified, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
  CHECK(store == NULL && iterator == NULL && stream == NULL && reservation == NULL && room == NULL);
  CHECK_U64(tail, 7);
  UNCHANGED(&before, &f);
  snapshot_free(&before);
  fixture_end(&f);
}

static int accept_view(const simdr_view *view, void *user_data) {
  (void)view, (void)user_data;
  return 0;
}
static void for_each_takes_only_the_verify_flag(void) {
  struct fixture f;
  REQUIRE(fixture_open(&f));
  FAILS(simdr_store_for_each(f.store, 1, SIMDR_ITERATE_ALL_VERSIONS, accept_view, NULL, &err), SIMDR_ERR_UNKNOWN_FLAGS,
        "flags");
  FAILS(simdr_store_for_each(f.store, 1, 0x8, accept_view, NULL, &err), SIMDR_ERR_UNKNOWN_FLAGS, "flags");
  fixture_end(&f);
}

static void values_out_of_their_range_are_refused(void) {
  struct fixture f;
  simdr_open_options good = SIMDR_OPEN_OPTIONS_INIT, bad;
  simdr_store *store = NULL;
  temp_dir_make(&f.dir);
  f.store = NULL;
  temp_path(&f.dir, "store", f.path);
  bad = good, bad.layout_alignment = 3;
  FAILS(simdr_store_open(f.path, &bad, &store, &err), SIMDR_ERR_INVALID_ARGUMENT, "layout_alignment");
  bad = good, bad.layout_alignment = 131072;
  FAILS(simdr_store_open(f.path, &bad, &store, &err), SIMDR_ERR_INVALID_ARGUMENT, "layout_alignment");
  bad = good, bad.layout_alignment = 1, bad.layout_trailer = 18;
  FAILS(simdr_store_open(f.path, &bad, &store, &err), SIMDR_ERR_INVALID_ARGUMENT, "layout_trailer");
  bad = good, bad.layout_trailer = 19;
  FAILS(simdr_store_open(f.path, &bad, &store, &err), SIMDR_ERR_INVALID_ARGUMENT, "layout_trailer");
  bad = good, bad.window_size = 4096;
  FAILS(simdr_store_open(f.path, &bad, &store, &err), SIMDR_ERR_INVALID_ARGUMENT, "window_size");
  bad = good, bad.file_mode = 010000;
  FAILS(simdr_store_open(f.path, &bad, &store, &err), SIMDR_ERR_INVALID_ARGUMENT, "file_mode");
  bad = good, bad.reserved0 = 1;
  FAILS(simdr_store_open(f.path, &bad, &store, &err), SIMDR_ERR_INVALID_ARGUMENT, "reserved0");
  CHECK(store == NULL);
  CHECK(!file_is_there(f.path));
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(open_options_of_every_size),          CASE(options_of_the_other_calls_of_every_size),
      CASE(result_structs_of_every_size),        CASE(unknown_flags_and_modes_are_refused),
      CASE(for_each_takes_only_the_verify_flag), CASE(values_out_of_their_range_are_refused),
  };
  return CHECK_RUN(cases);
}
