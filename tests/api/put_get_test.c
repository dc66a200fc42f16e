/* Putting and getting single values, and that the file left behind is the format, to the byte. */
#include <pthread.h>

#include "child.h"
#include "format_model.h"
#include "store_fixture.h"

static void a_value_comes_back_by_every_way_of_reading(void) {
  struct fixture f;
  simdr_entry *entry = NULL;
  simdr_view view;
  uint64_t hash = simdr_key_hash("key", 3), tail = 0;
  int exists = 0;
  REQUIRE(fixture_open(&f));
  REQUIRE_OK(simdr_store_put(f.store, "key", 3, "value", 5, 0, &tail, &err));
  CHECK_U64(tail, 25);
  CHECK_U64(simdr_store_file_size(f.store), 25);
  HAS(f.store, "key", "value");
  if (OK(simdr_store_get_hashed(f.store, hash, &entry, &err))) CHECK_BYTES(simdr_entry_data(entry), "value", 5);
  simdr_entry_unref(entry);
  REQUIRE_OK(simdr_store_view(f.store, "key", 3, &view, &err));
  CHECK_U64(view.size, 5);
  CHECK_BYTES(view.data, "value", 5);
  CHECK_U64(view.key_hash, hash);
  CHECK_U64(view.payload_offset, 0);
  CHECK_U64(view.checksum, model_crc32("value", 5));
  CHECK_U64(view.reserved, 0);
  memset(&view, 0, sizeof(view));
  REQUIRE_OK(simdr_store_view_hashed(f.store, hash, &view, &err));
  CHECK_BYTES(view.data, "value", 5);
  OK(simdr_store_exists(f.store, "key", 3, &exists, &err));
  CHECK_I64(exists, 1);
  exists = 0;
  OK(simdr_store_exists_hashed(f.store, hash, &exists, &err));
  CHECK_I64(exists, 1);
  CHECK_U64(simdr_store_count(f.store), 1);
  CHECK_I64(simdr_store_is_empty(f.store), 0);
  fixture_end(&f);
}

static void an_absent_key_is_an_ordinary_outcome(void) {
  struct fixture f;
  simdr_entry *entry = (simdr_entry *)&f;
  simdr_view view, untouched;
  int exists = 5;
  REQUIRE(fixture_open(&f));
  memset(&view, 0x33, sizeof(view));
  untouched = view;
  OUTCOME(simdr_store_get(f.store, "no", 2, &entry, &err), SIMDR_NOT_FOUND);
  OUTCOME(simdr_store_get_hashed(f.store, 1, &entry, &err), SIMDR_NOT_FOUND);
  OUTCOME(simdr_store_last_entry(f.store, &entry, &err), SIMDR_NOT_FOUND);
  OUTCOME(simdr_store_view(f.store, "no", 2, &view, &err), SIMDR_NOT_FOUND);
  OUTCOME(simdr_store_view_hashed(f.store, 1, &view, &err), SIMDR_NOT_FOUND);
  CHECK(entry == (simdr_entry *)&f);
  CHECK_BYTES(&view, &untouched, sizeof(view));
  OK(simdr_store_exists(f.store, "no", 2, &exists, &err));
  CHECK_I64(exists, 0);
  CHECK_I64(simdr_store_get(f.store, "no", 2, &entry, NULL), SIMDR_NOT_FOUND);
  fixture_end(&f);
}

static void the_newest_value_wins_and_the_old_entry_stays(void) {
  struct fixture f;
  simdr_entry *old = NULL, *last = NULL;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "first");
  REQUIRE_OK(simdr_store_get(f.store, "key", 3, &old, &err));
  PUT(f.store, "key", "second value");
  HAS(f.store, "key", "second value");
  CHECK_U64(simdr_store_count(f.store), 1);
  CHECK_BYTES(simdr_entry_data(old), "first", 5);
  REQUIRE_OK(simdr_store_last_entry(f.store, &last, &err));
  CHECK_BYTES(simdr_entry_data(last), "second value", 12);
  simdr_entry_unref(last);
  PUT(f.store, "gone", "x");
  OK(simdr_store_remove(f.store, "gone", 4, 0, NULL, &err));
  REQUIRE_OK(simdr_store_last_entry(f.store, &last, &err)); /* not the deletion mark, not what it deleted */
  CHECK_BYTES(simdr_entry_data(last), "second value", 12);
  simdr_entry_unref(last);
  simdr_entry_unref(old);
  fixture_end(&f);
}

static void hashed_writes_and_plain_reads_meet(void) {
  struct fixture f;
  uint64_t hash = simdr_key_hash("key", 3), tail = 0;
  REQUIRE(fixture_open(&f));
  REQUIRE_OK(simdr_store_put_hashed(f.store, hash, "by hash", 7, 0, &tail, &err));
  CHECK_U64(tail, 27);
  HAS(f.store, "key", "by hash");
  OK(simdr_store_put_hashed(f.store, 0, "hash zero", 9, 0, NULL, &err));
  OK(simdr_store_put_hashed(f.store, UINT64_MAX, "hash max", 8, 0, NULL, &err));
  {
    simdr_view view;
    if (OK(simdr_store_view_hashed(f.store, 0, &view, &err))) CHECK_BYTES(view.data, "hash zero", 9);
    if (OK(simdr_store_view_hashed(f.store, UINT64_MAX, &view, &err))) CHECK_BYTES(view.data, "hash max", 8);
  }
  CHECK_U64(simdr_store_count(f.store), 3);
  OK(simdr_store_remove_hashed(f.store, hash, 0, NULL, &err));
  LACKS(f.store, "key");
  fixture_end(&f);
}

static void keys_are_bytes_of_any_length(void) {
  struct fixture f;
  uint8_t key[1000];
  size_t size;
  REQUIRE(fixture_open(&f));
  pattern_fill(key, sizeof(key), 3);
  for (size = 0; size <= sizeof(key); size += 1 + size / 4) {
    char value[32];
    snprintf(value, sizeof(value), "of %zu", size);
    OK(simdr_store_put(f.store, size == 0 ? NULL : key, size, value, strlen(value), 0, NULL, &err));
  }
  for (size = 0; size <= sizeof(key); size += 1 + size / 4) {
    char value[32];
    simdr_view view;
    snprintf(value, sizeof(value), "of %zu", size);
    if (OK(simdr_store_view(f.store, key, size, &view, &err))) {
      CHECK_U64(view.size, strlen(value));
      CHECK_BYTES(view.data, value, strlen(value));
    }
  }
  OK(simdr_store_put(f.store, "a\0b", 3, "with a zero", 11, 0, NULL, &err));
  LACKS(f.store, "a");
  fixture_end(&f);
}

/* Sizes on both sides of every boundary a value can meet, up to several append windows. */
static const size_t sizes[] = {1,       2,
                               3,       7,
                               8,       15,
                               16,      31,
                               32,      43,
                               44,      45,
                               63,      64,
                               65,      100,
                               127,     128,
                               129,     1000,
                               4095,    4096,
                               4097,    65535,
                               65536,   65537,
                               1 << 20, (1 << 20) + 1,
                               5 << 20, (5 << 20) + 13};

static void values_of_every_size_are_aligned_and_checksummed(void) {
  struct fixture f;
  size_t i;
  int reopened;
  REQUIRE(fixture_open(&f));
  for (i = 0; i < COUNT_OF(sizes); i++) {
    uint8_t *value = pattern_new(sizes[i], i);
    OK(simdr_store_put(f.store, &sizes[i], sizeof(sizes[i]), value, sizes[i], 0, NULL, &err));
    free(value);
  }
  for (reopened = 0; reopened < 2; reopened++) {
    CHECK_U64(simdr_store_count(f.store), COUNT_OF(sizes));
    for (i = 0; i < COUNT_OF(sizes); i++) {
      uint8_t *value = pattern_new(sizes[i], i);
      simdr_entry *entry = NULL;
      REQUIRE_OK(simdr_store_get(f.store, &sizes[i], sizeof(sizes[i]), &entry, &err));
      CHECK_U64(simdr_entry_size(entry), sizes[i]);
      CHECK_BYTES(simdr_entry_data(entry), value, sizes[i]);
      CHECK_U64((uintptr_t)simdr_entry_data(entry) % 64, 0);
      CHECK_U64(simdr_entry_start_offset(entry) % 64, 0);
      CHECK_I64(simdr_entry_checksum_ok(entry), 1);
      simdr_entry_unref(entry);
      free(value);
    }
    fixture_close_store(&f);
    fixture_reopen(&f);
  }
  fixture_end(&f);
}

/* The closed file against the format written a second time, by the test itself. */
static void the_closed_file_is_the_format_to_the_byte(void) {
  static const uint32_t flags[] = {0, SIMDR_OPEN_DIRECT_WRITES};
  size_t round, i;
  for (round = 0; round < COUNT_OF(flags); round++) {
    struct fixture f;
    struct model_file model;
    simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
    uint8_t *file;
    size_t file_size = 0;
    const uint8_t zero = 0;
    options.flags = flags[round];
    model_init(&model, 64, 20);
    temp_dir_make(&f.dir);
    temp_path(&f.dir, "store", f.path);
    REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
    for (i = 0; i < 200; i++) {
      uint64_t key = i % 60, tail = 0, hash = simdr_key_hash(&key, sizeof(key));
      size_t size = i == 150 ? 3 << 20 : 1 + (i * i * 37) % 700;
      uint8_t *value = pattern_new(size, i);
      if (i % 7 == 6) {
        simdr_status status = simdr_store_remove(f.store, &key, sizeof(key), 0, &tail, &err);
        if (status == SIMDR_OK) model_append(&model, hash, &zero, 1, 1);
        CHECK(status == SIMDR_OK || status == SIMDR_NOT_FOUND);
      } else {
        OK(simdr_store_put(f.store, &key, sizeof(key), value, size, 0, &tail, &err));
        model_append(&model, hash, value, size, 0);
        CHECK_U64(tail, model.size);
      }
      free(value);
    }
    CHECK_U64(simdr_store_file_size(f.store), model.size);
    fixture_close_store(&f);
    file = file_read(f.path, SIZE_MAX, &file_size);
    CHECK_U64(file_size, model.size);
    if (file_size == model.size) CHECK_BYTES(file, model.bytes, model.size);
    free(file);
    model_free(&model);
    fixture_end(&f);
  }
}

static void an_all_zero_value_of_two_bytes_or_more_is_a_value(void) {
  static const uint8_t zeros[5000];
  static const size_t zero_sizes[] = {2, 3, 64, 100, 5000};
  struct fixture f;
  size_t i;
  REQUIRE(fixture_open(&f));
  for (i = 0; i < COUNT_OF(zero_sizes); i++) {
    OK(simdr_store_put(f.store, &zero_sizes[i], sizeof(size_t), zeros, zero_sizes[i], 0, NULL, &err));
  }
  OK(simdr_store_rename(f.store, &zero_sizes[0], sizeof(size_t), "renamed", 7, 0, NULL, &err));
  OK(simdr_store_compact(f.store, NULL, &err));
  fixture_close_store(&f);
  fixture_reopen(&f);
  CHECK(simdr_store_recovered_from(f.store) == NULL);
  HAS_BYTES(f.store, "renamed", zeros, 2);
  for (i = 1; i < COUNT_OF(zero_sizes); i++) {
    simdr_view view;
    if (OK(simdr_store_view(f.store, &zero_sizes[i], sizeof(size_t), &view, &err))) CHECK_U64(view.size, zero_sizes[i]);
  }
  fixture_end(&f);
}

static void *reads_and_releases(void *arg) {
  simdr_entry *entry = (simdr_entry *)arg;
  void *good = memcmp(simdr_entry_data(entry), "value", 5) == 0 && simdr_entry_checksum_ok(entry) ? arg : NULL;
  simdr_entry_unref(entry);
  return good;
}
static void an_entry_outlives_its_store_and_goes_to_another_thread(void) {
  struct fixture f;
  simdr_entry *entry = NULL;
  pthread_t thread;
  void *good = NULL;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  REQUIRE_OK(simdr_store_get(f.store, "key", 3, &entry, &err));
  CHECK(simdr_entry_ref(entry) == entry);
  fixture_close_store(&f);
  CHECK(unlink(f.path) == 0);
  REQUIRE(pthread_create(&thread, NULL, reads_and_releases, entry) == 0);
  pthread_join(thread, &good);
  CHECK(good != NULL);
  CHECK_BYTES(simdr_entry_data(entry), "value", 5);
  simdr_entry_unref(entry);
  fixture_end(&f);
}

/* The address space that was reserved is too small for what comes. In a child, which dies if a view went with it. */
static int reads_views_after_growth(void *arg) {
  struct fixture f;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  uint8_t *value = pattern_new(1 << 20, 1);
  simdr_view first, later;
  uint64_t i;
  (void)arg;
  options.reserve_size = 1 << 20;
  temp_dir_make(&f.dir);
  temp_path(&f.dir, "store", f.path);
  if (!OK(simdr_store_open(f.path, &options, &f.store, &err))) return 1;
  PUT(f.store, "first", "still here");
  if (!OK(simdr_store_view(f.store, "first", 5, &first, &err))) return 1;
  for (i = 0; i < 20; i++) {
    if (!OK(simdr_store_put(f.store, &i, sizeof(i), value, 1 << 20, 0, NULL, &err))) return 1;
    if (i == 5 && !OK(simdr_store_view(f.store, &i, sizeof(i), &later, &err))) return 1;
  }
  CHECK_BYTES(first.data, "still here", 10);
  CHECK_BYTES(later.data, value, 1 << 20);
  for (i = 0; i < 20; i++) {
    simdr_view view;
    if (OK(simdr_store_view(f.store, &i, sizeof(i), &view, &err))) CHECK_BYTES(view.data, value, 1 << 20);
  }
  free(value);
  fixture_end(&f);
  return 0;
}
static void borrowed_views_survive_growth_beyond_the_reservation(void) { CHILD_OK(reads_views_after_growth, NULL); }

static void every_durability_stores_the_same(void) {
  static const uint32_t levels[] = {SIMDR_DURABILITY_DEFAULT, SIMDR_DURABILITY_NONE, SIMDR_DURABILITY_COMMIT,
                                    SIMDR_DURABILITY_STRICT};
  size_t of_store, of_call;
  for (of_store = 0; of_store < COUNT_OF(levels); of_store++) {
    struct fixture f;
    simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
    simdr_stats stats = SIMDR_STATS_INIT;
    options.durability = levels[of_store];
    temp_dir_make(&f.dir);
    temp_path(&f.dir, "store", f.path);
    REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
    for (of_call = 0; of_call < COUNT_OF(levels); of_call++) {
      uint64_t tail = 0, level = levels[of_call] == 0 ? levels[of_store] : levels[of_call];
      OK(simdr_store_put(f.store, &of_call, sizeof(of_call), "value", 5, levels[of_call], &tail, &err));
      OK(simdr_store_stats(f.store, &stats, &err));
      if (level >= SIMDR_DURABILITY_COMMIT) {
        CHECK(stats.durable_offset >= tail);
        CHECK(stats.sync_count > 0);
      }
    }
    OK(simdr_store_put(f.store, "last", 4, "x", 1, SIMDR_DURABILITY_NONE, NULL, &err));
    OK(simdr_store_sync(f.store, SIMDR_DURABILITY_COMMIT, &err));
    OK(simdr_store_sync(f.store, SIMDR_DURABILITY_STRICT, &err));
    OK(simdr_store_stats(f.store, &stats, &err));
    CHECK_U64(stats.durable_offset, simdr_store_file_size(f.store));
    CHECK_U64(simdr_store_count(f.store), COUNT_OF(levels) + 1);
    fixture_end(&f);
  }
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(a_value_comes_back_by_every_way_of_reading),
      CASE(an_absent_key_is_an_ordinary_outcome),
      CASE(the_newest_value_wins_and_the_old_entry_stays),
      CASE(hashed_writes_and_plain_reads_meet),
      CASE(keys_are_bytes_of_any_length),
      CASE(values_of_every_size_are_aligned_and_checksummed),
      CASE(the_closed_file_is_the_format_to_the_byte),
      CASE(an_all_zero_value_of_two_bytes_or_more_is_a_value),
      CASE(an_entry_outlives_its_store_and_goes_to_another_thread),
      CASE(borrowed_views_survive_growth_beyond_the_reservation),
      CASE(every_durability_stores_the_same),
  };
  return CHECK_RUN(cases);
}
