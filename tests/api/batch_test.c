/* Many keys in one call: put_many, remove_many, get_many, view_many, by key and by hash. */
#include "store_fixture.h"

enum { kCount = 500 };
static char names[kCount][12];
static simdr_bytes keys[kCount], values[kCount];
static uint64_t hashes[kCount];

/* Value i has i % 90 + 1 bytes. */
static void make_batch(uint64_t seed) {
  static uint8_t bytes[kCount][90];
  size_t i;
  for (i = 0; i < kCount; i++) {
    snprintf(names[i], sizeof(names[i]), "key %zu", i);
    keys[i].data = names[i];
    keys[i].size = strlen(names[i]);
    hashes[i] = simdr_key_hash(keys[i].data, keys[i].size);
    pattern_fill(bytes[i], sizeof(bytes[i]), seed * 1000 + i);
    values[i].data = bytes[i];
    values[i].size = i % 90 + 1;
  }
}
static void has_the_batch(const simdr_store *store) {
  size_t i;
  for (i = 0; i < kCount; i++) HAS_BYTES(store, names[i], values[i].data, values[i].size);
}

static void a_batch_is_stored_by_key_and_by_hash(void) {
  struct fixture f;
  uint64_t tail = 0;
  int hashed;
  REQUIRE(fixture_open(&f));
  for (hashed = 0; hashed < 2; hashed++) {
    make_batch((uint64_t)hashed);
    if (hashed) {
      OK(simdr_store_put_many_hashed(f.store, hashes, kCount, values, kCount, 0, &tail, &err));
    } else {
      OK(simdr_store_put_many(f.store, keys, kCount, values, kCount, 0, &tail, &err));
    }
    CHECK_U64(tail, simdr_store_file_size(f.store));
    CHECK_U64(simdr_store_count(f.store), kCount);
    has_the_batch(f.store);
    fixture_close_store(&f);
    fixture_reopen(&f);
    CHECK_U64(simdr_store_count(f.store), kCount);
    has_the_batch(f.store);
  }
  fixture_end(&f);
}

static void a_batch_writes_the_bytes_that_single_puts_write(void) {
  struct fixture f, g;
  uint8_t *a, *b;
  size_t i, a_size = 0, b_size = 0;
  make_batch(3);
  REQUIRE(fixture_open(&f) && fixture_open(&g));
  OK(simdr_store_put_many(f.store, keys, kCount, values, kCount, 0, NULL, &err));
  for (i = 0; i < kCount; i++) {
    OK(simdr_store_put(g.store, keys[i].data, keys[i].size, values[i].data, values[i].size, 0, NULL, &err));
  }
  fixture_close_store(&f);
  fixture_close_store(&g);
  a = file_read(f.path, SIZE_MAX, &a_size);
  b = file_read(g.path, SIZE_MAX, &b_size);
  CHECK_U64(a_size, b_size);
  if (a_size == b_size) CHECK_BYTES(a, b, a_size);
  free(a);
  free(b);
  fixture_end(&f);
  fixture_end(&g);
}

static void a_key_given_twice_keeps_its_last_value(void) {
  struct fixture f;
  simdr_bytes twice[3] = {{"k", 1}, {"other", 5}, {"k", 1}};
  simdr_bytes of_twice[3] = {{"first", 5}, {"between", 7}, {"last", 4}};
  REQUIRE(fixture_open(&f));
  OK(simdr_store_put_many(f.store, twice, 3, of_twice, 3, 0, NULL, &err));
  HAS(f.store, "k", "last");
  HAS(f.store, "other", "between");
  CHECK_U64(simdr_store_count(f.store), 2);
  fixture_close_store(&f);
  fixture_reopen(&f);
  HAS(f.store, "k", "last");
  CHECK_U64(simdr_store_count(f.store), 2);
  fixture_end(&f);
}

static void a_large_batch_spans_windows(void) {
  enum { kLarge = 12 };
  struct fixture f;
  simdr_bytes large_keys[kLarge], large_values[kLarge];
  uint8_t *bytes = pattern_new(1 << 20, 5);
  size_t i;
  make_batch(0);
  REQUIRE(fixture_open(&f));
  PUT(f.store, "before", "it");
  for (i = 0; i < kLarge; i++) {
    large_keys[i] = keys[i];
    large_values[i].data = bytes + i;
    large_values[i].size = i % 3 == 0 ? 1 + i : (size_t)(1 << 20) - i;
  }
  OK(simdr_store_put_many(f.store, large_keys, kLarge, large_values, kLarge, 0, NULL, &err));
  for (i = 0; i < kLarge; i++) HAS_BYTES(f.store, names[i], large_values[i].data, large_values[i].size);
  fixture_close_store(&f);
  fixture_reopen(&f);
  for (i = 0; i < kLarge; i++) HAS_BYTES(f.store, names[i], large_values[i].data, large_values[i].size);
  HAS(f.store, "before", "it");
  free(bytes);
  fixture_end(&f);
}

static void one_bad_value_stores_nothing(void) {
  static const uint8_t zero = 0;
  struct fixture f;
  struct snapshot before;
  uint64_t tail = 7, bad_hashes[3] = {1, SIMDR_RESERVED_KEY_HASH, 3};
  simdr_bytes three[3] = {{"a", 1}, {"b", 1}, {"c", 1}}, bad[3] = {{"1", 1}, {"2", 1}, {"3", 1}};
  REQUIRE(fixture_open(&f));
  PUT(f.store, "a", "before");
  snapshot_take(&before, &f);
  bad[2].size = 0;
  FAILS(simdr_store_put_many(f.store, three, 3, bad, 3, 0, &tail, &err), SIMDR_ERR_EMPTY_PAYLOAD, "entry 2: value");
  bad[2].data = &zero;
  bad[2].size = 1;
  FAILS(simdr_store_put_many(f.store, three, 3, bad, 3, 0, &tail, &err), SIMDR_ERR_TOMBSTONE_PAYLOAD, "entry 2: value");
  bad[2].data = NULL;
  FAILS(simdr_store_put_many(f.store, three, 3, bad, 3, 0, &tail, &err), SIMDR_ERR_INVALID_ARGUMENT, "values[2]");
  bad[2].data = "3";
  FAILS(simdr_store_put_many_hashed(f.store, bad_hashes, 3, bad, 3, 0, &tail, &err), SIMDR_ERR_RESERVED_HASH,
        "entry 1: key");
  three[1].data = NULL;
  FAILS(simdr_store_put_many(f.store, three, 3, bad, 3, 0, &tail, &err), SIMDR_ERR_INVALID_ARGUMENT, "keys[1]");
  CHECK_U64(tail, 7);
  UNCHANGED(&before, &f);
  HAS(f.store, "a", "before");
  LACKS(f.store, "b");
  snapshot_free(&before);
  fixture_end(&f);
}

static void lengths_that_differ_are_an_error(void) {
  struct fixture f;
  struct snapshot before;
  simdr_entry *entries[4] = {NULL, NULL, NULL, NULL};
  simdr_view views[4];
  uint64_t tail = 7;
  size_t found = 7;
  make_batch(1);
  REQUIRE(fixture_open(&f));
  PUT(f.store, "a", "before");
  snapshot_take(&before, &f);
  FAILS(simdr_store_put_many(f.store, keys, 3, values, 2, 0, &tail, &err), SIMDR_ERR_LENGTH_MISMATCH, "value_count");
  FAILS(simdr_store_put_many(f.store, keys, 0, values, 2, 0, &tail, &err), SIMDR_ERR_LENGTH_MISMATCH, "value_count");
  FAILS(simdr_store_put_many_hashed(f.store, hashes, 1, values, 2, 0, &tail, &err), SIMDR_ERR_LENGTH_MISMATCH,
        "value_count");
  FAILS(simdr_store_get_many_hashed(f.store, hashes, 4, keys, 3, entries, &found, &err), SIMDR_ERR_LENGTH_MISMATCH,
        "verify_key_count");
  FAILS(simdr_store_view_many_hashed(f.store, hashes, 4, keys, 5, views, &found, &err), SIMDR_ERR_LENGTH_MISMATCH,
        "verify_key_count");
  CHECK_U64(tail, 7);
  CHECK_U64(found, 7);
  UNCHANGED(&before, &f);
  snapshot_free(&before);
  fixture_end(&f);
}

static void an_empty_batch_does_nothing(void) {
  struct fixture f;
  struct snapshot before;
  uint64_t tail = 7;
  size_t n = 7;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "a", "before");
  snapshot_take(&before, &f);
  OK(simdr_store_put_many(f.store, NULL, 0, NULL, 0, 0, &tail, &err));
  CHECK_U64(tail, before.tail);
  OK(simdr_store_put_many_hashed(f.store, NULL, 0, NULL, 0, 0, &tail, &err));
  OK(simdr_store_remove_many(f.store, NULL, 0, 0, &n, &tail, &err));
  CHECK_U64(n, 0);
  OK(simdr_store_remove_many_hashed(f.store, NULL, 0, 0, &n, &tail, &err));
  n = 7;
  OK(simdr_store_get_many(f.store, NULL, 0, NULL, &n, &err));
  CHECK_U64(n, 0);
  OK(simdr_store_view_many(f.store, NULL, 0, NULL, NULL, &err));
  UNCHANGED(&before, &f);
  snapshot_free(&before);
  fixture_end(&f);
}

static void many_are_read_in_order_with_gaps(void) {
  struct fixture f;
  static simdr_entry *entries[kCount];
  static simdr_view views[kCount];
  size_t i, found = 0;
  int hashed;
  make_batch(2);
  REQUIRE(fixture_open(&f));
  for (i = 0; i < kCount; i++) {
    if (i % 3 != 0) OK(simdr_store_put_hashed(f.store, hashes[i], values[i].data, values[i].size, 0, NULL, &err));
  }
  for (hashed = 0; hashed < 3; hashed++) { /* 2: with keys to verify, of which every fifth is a wrong one */
    simdr_bytes verify[kCount];
    size_t want = 0;
    memset(entries, 0x11, sizeof(entries));
    memset(views, 0x11, sizeof(views));
    memcpy(verify, keys, sizeof(verify));
    for (i = 0; i < kCount; i += 5) verify[i].size--;
    if (hashed == 0) {
      REQUIRE_OK(simdr_store_get_many(f.store, keys, kCount, entries, &found, &err));
      REQUIRE_OK(simdr_store_view_many(f.store, keys, kCount, views, NULL, &err));
    } else {
      const simdr_bytes *to_verify = hashed == 2 ? verify : NULL;
      size_t verify_count = hashed == 2 ? kCount : 0;
      REQUIRE_OK(simdr_store_get_many_hashed(f.store, hashes, kCount, to_verify, verify_count, entries, NULL, &err));
      REQUIRE_OK(simdr_store_view_many_hashed(f.store, hashes, kCount, to_verify, verify_count, views, &found, &err));
    }
    for (i = 0; i < kCount; i++) {
      if (i % 3 == 0 || (hashed == 2 && i % 5 == 0)) {
        CHECK(entries[i] == NULL && views[i].data == NULL && views[i].size == 0);
        continue;
      }
      want++;
      REQUIRE(entries[i] != NULL);
      CHECK_U64(simdr_entry_size(entries[i]), values[i].size);
      CHECK_BYTES(simdr_entry_data(entries[i]), values[i].data, values[i].size);
      CHECK_U64(views[i].size, values[i].size);
      CHECK_BYTES(views[i].data, values[i].data, values[i].size);
      CHECK_U64(views[i].key_hash, hashes[i]);
      simdr_entry_unref(entries[i]);
    }
    CHECK_U64(found, want);
  }
  fixture_end(&f);
}

static void many_are_removed_and_absent_ones_passed_over(void) {
  struct fixture f;
  simdr_bytes some[5] = {{"key 1", 5}, {"absent", 6}, {"key 2", 5}, {"key 1", 5}, {"key 3", 5}};
  uint64_t some_hashes[3], tail = 0, total;
  size_t removed = 0;
  make_batch(4);
  REQUIRE(fixture_open(&f));
  OK(simdr_store_put_many(f.store, keys, kCount, values, kCount, 0, NULL, &err));
  total = simdr_store_file_size(f.store);
  REQUIRE_OK(simdr_store_remove_many(f.store, some, 5, 0, &removed, &tail, &err));
  CHECK_U64(removed, 3);
  CHECK_U64(tail, total + UINT64_C(3) * 21);
  CHECK_U64(simdr_store_count(f.store), kCount - 3);
  LACKS(f.store, "key 1");
  LACKS(f.store, "key 2");
  LACKS(f.store, "key 3");
  some_hashes[0] = hashes[3];
  some_hashes[1] = hashes[4];
  some_hashes[2] = hashes[5];
  REQUIRE_OK(simdr_store_remove_many_hashed(f.store, some_hashes, 3, 0, &removed, &tail, &err));
  CHECK_U64(removed, 2);
  total = tail;
  OK(simdr_store_remove_many(f.store, some, 5, 0, NULL, &tail, &err));
  CHECK_U64(tail, total);
  fixture_close_store(&f);
  fixture_reopen(&f);
  CHECK_U64(simdr_store_count(f.store), kCount - 5);
  LACKS(f.store, "key 5");
  HAS_BYTES(f.store, "key 6", values[6].data, values[6].size);
  fixture_end(&f);
}

/* Batches of every size between writes of every other kind: what each left in the file is where the next one goes on. */
static void batches_alternate_with_other_writes(void) {
  enum { kMany = 3000, kRounds = 6 };
  static char many_keys[kMany][12];
  static simdr_bytes given[kMany], contents[kMany];
  static unsigned char content[20000];
  static const size_t sizes[kRounds] = {1, 7, 200, kMany, 40, kMany};
  struct fixture f;
  char key[24];
  int round;
  size_t i;
  for (i = 0; i < sizeof content; i++) content[i] = (unsigned char)(i * 7 + i / 251);
  REQUIRE(fixture_open(&f));
  for (round = 0; round < kRounds; round++) {
    simdr_reservation *reservation;
    void *place;
    for (i = 0; i < kMany; i++) {
      given[i].data = many_keys[i];
      given[i].size = (size_t)snprintf(many_keys[i], sizeof many_keys[i], "m%u", (unsigned)i);
      contents[i].data = content + i % 100;
      contents[i].size = i % 50 == 3 ? 19000 : 2 + (i * 13 + (size_t)round) % 1500;
    }
    REQUIRE_OK(simdr_store_put_many(f.store, given, sizes[round], contents, sizes[round], 0, NULL, &err));
    snprintf(key, sizeof key, "single %d", round);
    REQUIRE_OK(simdr_store_put(f.store, key, strlen(key), content, 333, 0, NULL, &err));
    REQUIRE_OK(simdr_store_remove(f.store, given[0].data, given[0].size, 0, NULL, &err));
    snprintf(key, sizeof key, "built %d", round);
    REQUIRE_OK(simdr_store_reserve(f.store, key, strlen(key), 5000, 0, &reservation, &place, &err));
    memcpy(place, content, 5000);
    REQUIRE_OK(simdr_reservation_commit(reservation, NULL, &err));
  }
  CHECK_U64(simdr_store_count(f.store), kMany - 1 + 2 * kRounds);
  for (round = 0; round < 2; round++) {
    HAS_BYTES(f.store, "single 2", content, 333);
    HAS_BYTES(f.store, "built 5", content, 5000);
    LACKS(f.store, "m0");
    for (i = 1; i < kMany; i++) {
      simdr_view view;
      REQUIRE_OK(simdr_store_view(f.store, given[i].data, given[i].size, &view, &err));
      CHECK_U64(view.size, contents[i].size);
      CHECK_BYTES(view.data, contents[i].data, contents[i].size);
    }
    fixture_close_store(&f);
    fixture_reopen(&f);
  }
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(a_batch_is_stored_by_key_and_by_hash),   CASE(a_batch_writes_the_bytes_that_single_puts_write),
      CASE(a_key_given_twice_keeps_its_last_value), CASE(a_large_batch_spans_windows),
      CASE(batches_alternate_with_other_writes),    CASE(one_bad_value_stores_nothing),
      CASE(lengths_that_differ_are_an_error),       CASE(an_empty_batch_does_nothing),
      CASE(many_are_read_in_order_with_gaps),       CASE(many_are_removed_and_absent_ones_passed_over),
  };
  return CHECK_RUN(cases);
}
