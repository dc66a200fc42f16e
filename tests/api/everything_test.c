/* One long history of every kind of write, against a plain table in memory; closed and reopened now and then, and after
 * each reopening every key compared. */
#include "store_fixture.h"

enum { kKeys = 200, kSteps = 6000, kLargest = 40000 };

/* What each key should hold: the seed and the size of its pattern, size 0 for nothing. */
struct slot {
  uint64_t seed;
  size_t size;
};
static struct slot table[kKeys], other_table[kKeys];

static uint64_t random_state = 88172645463325252u;
static uint64_t random_below(uint64_t bound) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state % bound;
}
static struct slot random_value(void) {
  struct slot value;
  uint64_t kind = random_below(20);
  value.seed = random_state;
  value.size = (size_t)(kind == 0  ? 1 + random_below(kLargest)
                        : kind < 5 ? 1 + random_below(3000)
                                   : 1 + random_below(150));
  return value;
}
static void key_of(size_t i, char *key) { snprintf(key, 32, "the key number %zu", i); }

static void compare(const simdr_store *store, const struct slot *with) {
  char key[32];
  uint8_t *value = (uint8_t *)malloc(kLargest);
  size_t i, live = 0;
  for (i = 0; i < kKeys; i++) {
    key_of(i, key);
    if (with[i].size == 0) {
      LACKS(store, key);
    } else {
      pattern_fill(value, with[i].size, with[i].seed);
      HAS_BYTES(store, key, value, with[i].size);
      live++;
    }
  }
  CHECK_U64(simdr_store_count(store), live);
  CHECK_I64(simdr_store_is_empty(store), live == 0);
  free(value);
}

struct half_source {
  const uint8_t *bytes;
  size_t size, at;
  int fails;
};
static int pull(void *buffer, size_t capacity, size_t *out_size, void *user_data) {
  struct half_source *from = (struct half_source *)user_data;
  size_t take = from->size - from->at;
  if (from->fails && from->at * 2 >= from->size) return 1;
  if (take > capacity) take = capacity;
  if (take > 1000) take = 1000;
  memcpy(buffer, from->bytes + from->at, take);
  from->at += take;
  *out_size = take;
  return 0;
}

static void put_batch(simdr_store *store) {
  char keys[16][32];
  simdr_bytes key_bytes[16], value_bytes[16];
  size_t count = (size_t)(1 + random_below(16)), i;
  for (i = 0; i < count; i++) {
    size_t at = (size_t)random_below(kKeys);
    struct slot value = random_value();
    key_of(at, keys[i]);
    key_bytes[i].data = keys[i];
    key_bytes[i].size = strlen(keys[i]);
    value_bytes[i].data = pattern_new(value.size, value.seed);
    value_bytes[i].size = value.size;
    table[at] = value;
  }
  OK(simdr_store_put_many(store, key_bytes, count, value_bytes, count, 0, NULL, &err));
  for (i = 0; i < count; i++) free((void *)(uintptr_t)value_bytes[i].data);
}

static void reserve_and_commit_or_abort(simdr_store *store, size_t at, const char *key, const struct slot *value) {
  simdr_reservation *reservation = NULL;
  void *room = NULL;
  if (!OK(simdr_store_reserve(store, key, strlen(key), value->size, 0, &reservation, &room, &err))) return;
  pattern_fill(room, value->size, value->seed);
  if (random_below(3) == 0) {
    simdr_reservation_abort(reservation);
  } else {
    OK(simdr_reservation_commit(reservation, NULL, &err));
    table[at] = *value;
  }
}

static void rename_or_move(simdr_store *store, simdr_store *other, size_t from, const char *key) {
  char new_key[32];
  size_t to = (size_t)random_below(kKeys);
  simdr_status expected = table[from].size == 0 ? SIMDR_NOT_FOUND : SIMDR_OK;
  switch (random_below(3)) {
    case 0:
      if (to == from) return;
      key_of(to, new_key);
      CHECK_I64(simdr_store_rename(store, key, strlen(key), new_key, strlen(new_key), 0, NULL, &err), expected);
      if (expected == SIMDR_OK) table[to] = table[from], table[from].size = 0;
      return;
    case 1:
      CHECK_I64(simdr_store_copy(store, key, strlen(key), other, 0, NULL, &err), expected);
      if (expected == SIMDR_OK) other_table[from] = table[from];
      return;
    default:
      CHECK_I64(simdr_store_transfer(store, key, strlen(key), other, 0, NULL, &err), expected);
      if (expected == SIMDR_OK) other_table[from] = table[from], table[from].size = 0;
      return;
  }
}

static void stream_one(simdr_store *store, size_t at, const char *key, const struct slot *value) {
  uint8_t *bytes = pattern_new(value->size, value->seed);
  struct half_source from = {NULL, 0, 0, 0};
  from.bytes = bytes;
  from.size = value->size;
  from.fails = random_below(4) == 0;
  if (from.fails) {
    FAILS(simdr_store_put_from(store, key, strlen(key), pull, &from, 0, NULL, &err), SIMDR_ERR_SOURCE, "");
  } else {
    OK(simdr_store_put_from(store, key, strlen(key), pull, &from, 0, NULL, &err));
    table[at] = *value;
  }
  free(bytes);
}

static void one_step(simdr_store *store, simdr_store *other) {
  char key[32];
  size_t at = (size_t)random_below(kKeys);
  struct slot value = random_value();
  uint8_t *bytes = pattern_new(value.size, value.seed);
  key_of(at, key);
  if (value.size == 1 && bytes[0] == 0) bytes[0] = 1;
  switch (random_below(12)) {
    default:
      OK(simdr_store_put(store, key, strlen(key), bytes, value.size, 0, NULL, &err));
      table[at] = value;
      break;
    case 0:
    case 1:
      CHECK_I64(simdr_store_remove(store, key, strlen(key), 0, NULL, &err),
                table[at].size == 0 ? SIMDR_NOT_FOUND : SIMDR_OK);
      table[at].size = 0;
      break;
    case 2:
      CHECK_I64(simdr_store_put_if_absent(store, key, strlen(key), bytes, value.size, 0, NULL, &err),
                table[at].size == 0 ? SIMDR_OK : SIMDR_EXISTS);
      if (table[at].size == 0) table[at] = value;
      break;
    case 3:
      put_batch(store);
      break;
    case 4:
      rename_or_move(store, other, at, key);
      break;
    case 5:
      stream_one(store, at, key, &value);
      break;
    case 6:
      reserve_and_commit_or_abort(store, at, key, &value);
      break;
    case 7:
      FAILS(simdr_store_put(store, key, strlen(key), bytes, 0, 0, NULL, &err), SIMDR_ERR_EMPTY_PAYLOAD, "value");
      break;
  }
  free(bytes);
}

static void a_long_history(void) {
  struct fixture f;
  char other_path[1024];
  simdr_store *other = NULL;
  simdr_verify_result verified = SIMDR_VERIFY_RESULT_INIT;
  int step;
  REQUIRE(fixture_open(&f));
  REQUIRE_OK(simdr_store_open(temp_path(&f.dir, "other", other_path), NULL, &other, &err));
  for (step = 1; step <= kSteps && !check_failures; step++) {
    one_step(f.store, other);
    if (step % 1500 == 700) OK(simdr_store_compact(f.store, NULL, &err));
    if (step % 1000 == 0) {
      compare(f.store, table);
      OK(simdr_store_verify(f.store, NULL, &verified, &err));
      fixture_close_store(&f);
      REQUIRE(fixture_reopen(&f));
      CHECK(simdr_store_recovered_from(f.store) == NULL);
      compare(f.store, table);
    }
  }
  OK(simdr_store_close_checked(other, &err));
  other = NULL;
  REQUIRE_OK(simdr_store_open(other_path, NULL, &other, &err));
  compare(other, other_table);
  simdr_store_close(other);
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {CASE(a_long_history)};
  return CHECK_RUN(cases);
}
