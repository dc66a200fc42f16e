/* Walking a store: the live entries newest to oldest, all versions, one key's versions; nothing that happens later shows. */
#include "store_fixture.h"

static simdr_iterator *open_iterator(const simdr_store *store, uint32_t flags) {
  simdr_iterator *iterator = NULL;
  OK(simdr_iterator_open(store, flags, &iterator, &err));
  return iterator;
}
/* The next entry holds `value`. */
static int next_is_at(simdr_iterator *iterator, const char *value, int line) {
  simdr_entry *entry = NULL;
  int good;
  err_arm();
  if (!check_outcome(simdr_iterator_next(iterator, &entry, &err), SIMDR_OK, __FILE__, line, value)) return 0;
  good = check_u64(simdr_entry_size(entry), strlen(value), __FILE__, line, value) &&
         check_bytes(simdr_entry_data(entry), value, strlen(value), __FILE__, line, value);
  simdr_entry_unref(entry);
  return good;
}
#define NEXT_IS(iterator, value) next_is_at(iterator, value, __LINE__)
static void is_at_its_end(simdr_iterator *iterator) {
  simdr_entry *entry = NULL;
  simdr_view view;
  size_t count = 7;
  OUTCOME(simdr_iterator_next(iterator, &entry, &err), SIMDR_NOT_FOUND);
  OUTCOME(simdr_iterator_next(iterator, &entry, &err), SIMDR_NOT_FOUND);
  OUTCOME(simdr_iterator_next_views(iterator, &view, 1, &count, &err), SIMDR_NOT_FOUND);
  CHECK_U64(count, 0);
  CHECK(entry == NULL);
}

static void an_empty_store_has_nothing_to_walk(void) {
  struct fixture f;
  simdr_iterator *iterator;
  REQUIRE(fixture_open(&f));
  REQUIRE((iterator = open_iterator(f.store, 0)) != NULL);
  is_at_its_end(iterator);
  simdr_iterator_free(iterator);
  REQUIRE((iterator = open_iterator(f.store, SIMDR_ITERATE_ALL_VERSIONS)) != NULL);
  is_at_its_end(iterator);
  simdr_iterator_free(iterator);
  iterator = NULL;
  if (OK(simdr_iterator_open_versions(f.store, "key", 3, &iterator, &err))) is_at_its_end(iterator);
  simdr_iterator_free(iterator);
  fixture_end(&f);
}

static void fill(simdr_store *store) {
  PUT(store, "a", "a1");
  PUT(store, "b", "b1");
  PUT(store, "a", "a2");
  PUT(store, "c", "c1");
  OK(simdr_store_remove(store, "b", 1, 0, NULL, &err));
  PUT(store, "d", "d1");
  OK(simdr_store_remove(store, "d", 1, 0, NULL, &err));
  PUT(store, "d", "d2");
  PUT(store, "a", "a3");
}

static void live_entries_come_newest_first_once_per_key(void) {
  struct fixture f;
  int reopened;
  REQUIRE(fixture_open(&f));
  fill(f.store);
  for (reopened = 0; reopened < 2; reopened++) {
    simdr_iterator *iterator = open_iterator(f.store, 0);
    REQUIRE(iterator != NULL);
    NEXT_IS(iterator, "a3");
    NEXT_IS(iterator, "d2");
    NEXT_IS(iterator, "c1");
    is_at_its_end(iterator);
    simdr_iterator_free(iterator);
    fixture_close_store(&f);
    fixture_reopen(&f);
  }
  fixture_end(&f);
}

static void all_versions_come_without_deletions(void) {
  static const char *const expected[] = {"a3", "d2", "d1", "c1", "a2", "b1", "a1"};
  struct fixture f;
  simdr_iterator *iterator;
  size_t i;
  REQUIRE(fixture_open(&f));
  fill(f.store);
  REQUIRE((iterator = open_iterator(f.store, SIMDR_ITERATE_ALL_VERSIONS)) != NULL);
  for (i = 0; i < COUNT_OF(expected); i++) NEXT_IS(iterator, expected[i]);
  is_at_its_end(iterator);
  simdr_iterator_free(iterator);
  iterator = NULL;
  REQUIRE_OK(simdr_iterator_open_versions(f.store, "a", 1, &iterator, &err));
  NEXT_IS(iterator, "a3");
  NEXT_IS(iterator, "a2");
  NEXT_IS(iterator, "a1");
  is_at_its_end(iterator);
  simdr_iterator_free(iterator);
  iterator = NULL;
  REQUIRE_OK(simdr_iterator_open_versions_hashed(f.store, simdr_key_hash("d", 1), &iterator, &err));
  NEXT_IS(iterator, "d2");
  NEXT_IS(iterator, "d1");
  is_at_its_end(iterator);
  simdr_iterator_free(iterator);
  iterator = NULL;
  REQUIRE_OK(
      simdr_iterator_open_versions(f.store, "b", 1, &iterator, &err)); /* deleted, but its value is still there */
  NEXT_IS(iterator, "b1");
  is_at_its_end(iterator);
  simdr_iterator_free(iterator);
  fixture_end(&f);
}

enum { kMany = 3000 };
static void put_numbers(simdr_store *store, int from, int to, int seed) {
  int i;
  for (i = from; i < to; i++) {
    uint8_t value[200];
    size_t size = 20 + (size_t)(i % 150);
    pattern_fill(value, size, (uint64_t)(i + seed));
    OK(simdr_store_put(store, &i, sizeof(i), value, size, 0, NULL, &err));
  }
}
static int is_number(const void *data, size_t size, int i, int seed) {
  uint8_t value[200];
  size_t want = 20 + (size_t)(i % 150);
  pattern_fill(value, want, (uint64_t)(i + seed));
  return CHECK_U64(size, want) && CHECK_BYTES(data, value, want);
}
/* Everything that could disturb a walk, in the same store. */
static void disturb(simdr_store *store, int round) {
  int i;
  put_numbers(store, kMany, kMany + 500, round); /* new keys */
  put_numbers(store, 0, 700, 100000 + round); /* overwritten */
  for (i = 700; i < 1000; i++) {
    simdr_status status = simdr_store_remove(store, &i, sizeof(i), 0, NULL, &err);
    CHECK(status == SIMDR_OK || status == SIMDR_NOT_FOUND);
  }
  OK(simdr_store_compact(store, NULL, &err));
}

static void a_walk_sees_the_store_as_it_was(void) {
  static const uint32_t flags[] = {0, SIMDR_ITERATE_VERIFY, SIMDR_ITERATE_ALL_VERSIONS};
  size_t round;
  for (round = 0; round < COUNT_OF(flags); round++) {
    struct fixture f;
    simdr_iterator *iterator;
    simdr_entry *kept[3] = {NULL, NULL, NULL};
    int i;
    REQUIRE(fixture_open(&f));
    put_numbers(f.store, 0, kMany, 0);
    REQUIRE((iterator = open_iterator(f.store, flags[round])) != NULL);
    for (i = kMany - 1; i >= 0; i--) {
      simdr_entry *entry = NULL;
      if (i == kMany - 10 || i == kMany / 2) disturb(f.store, i);
      REQUIRE_OK(simdr_iterator_next(iterator, &entry, &err));
      REQUIRE(is_number(simdr_entry_data(entry), simdr_entry_size(entry), i, 0));
      if (i % 1000 == 0) kept[i / 1000] = simdr_entry_ref(entry);
      simdr_entry_unref(entry);
    }
    is_at_its_end(iterator);
    simdr_iterator_free(iterator);
    fixture_close_store(&f);
    for (i = 0; i < 3; i++) { /* what the walk handed out outlives it and the store */
      is_number(simdr_entry_data(kept[i]), simdr_entry_size(kept[i]), i * 1000, 0);
      simdr_entry_unref(kept[i]);
    }
    fixture_end(&f);
  }
}

static void views_come_many_at_once_and_survive_compaction(void) {
  static simdr_view views[kMany];
  struct fixture f;
  simdr_iterator *iterator;
  size_t total = 0, count = 0, capacity = 1;
  int i;
  REQUIRE(fixture_open(&f));
  put_numbers(f.store, 0, kMany, 0);
  REQUIRE((iterator = open_iterator(f.store, 0)) != NULL);
  while (total < kMany) {
    if (capacity > kMany - total) capacity = kMany - total;
    REQUIRE_OK(simdr_iterator_next_views(iterator, views + total, capacity, &count, &err));
    REQUIRE(count > 0 && count <= capacity);
    total += count;
    capacity = capacity * 2;
    if (total > 100 && total < 1000) disturb(f.store, (int)total);
  }
  is_at_its_end(iterator);
  for (i = 0; i < kMany; i++) {
    int number = kMany - 1 - i;
    REQUIRE(is_number(views[i].data, views[i].size, number, 0));
    CHECK_U64(views[i].key_hash, simdr_key_hash(&number, sizeof(number)));
    CHECK_U64((uintptr_t)views[i].data % 64, 0);
  }
  simdr_iterator_free(iterator);
  fixture_end(&f);
}

static void many_keys_may_be_dead(void) {
  struct fixture f;
  simdr_iterator *iterator;
  int i;
  REQUIRE(fixture_open(&f));
  for (i = 0; i < 5; i++) put_numbers(f.store, 0, kMany, i * 10000);
  for (i = 0; i < kMany; i++) {
    if (i % 3 != 0) OK(simdr_store_remove(f.store, &i, sizeof(i), 0, NULL, &err));
  }
  CHECK_U64(simdr_store_count(f.store), kMany / 3);
  REQUIRE((iterator = open_iterator(f.store, 0)) != NULL);
  for (i = kMany - 3; i >= 0; i -= 3) {
    simdr_entry *entry = NULL;
    REQUIRE_OK(simdr_iterator_next(iterator, &entry, &err));
    REQUIRE(is_number(simdr_entry_data(entry), simdr_entry_size(entry), i, 40000));
    simdr_entry_unref(entry);
  }
  is_at_its_end(iterator);
  simdr_iterator_free(iterator);
  fixture_end(&f);
}

static void two_walks_do_not_disturb_each_other(void) {
  struct fixture f;
  simdr_iterator *one, *two;
  REQUIRE(fixture_open(&f));
  fill(f.store);
  REQUIRE((one = open_iterator(f.store, 0)) != NULL);
  NEXT_IS(one, "a3");
  PUT(f.store, "e", "e1");
  REQUIRE((two = open_iterator(f.store, 0)) != NULL);
  NEXT_IS(two, "e1");
  NEXT_IS(one, "d2");
  NEXT_IS(two, "a3");
  simdr_iterator_free(one);
  NEXT_IS(two, "d2");
  simdr_iterator_free(two);
  fixture_end(&f);
}

static void a_read_only_store_is_walked_too(void) {
  struct fixture f;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  simdr_store *reader = NULL;
  simdr_iterator *iterator;
  REQUIRE(fixture_open(&f));
  fill(f.store);
  options.mode = SIMDR_OPEN_READ_ONLY;
  REQUIRE_OK(simdr_store_open(f.path, &options, &reader, &err));
  PUT(f.store, "e", "later");
  REQUIRE((iterator = open_iterator(reader, 0)) != NULL);
  NEXT_IS(iterator, "a3");
  NEXT_IS(iterator, "d2");
  NEXT_IS(iterator, "c1");
  is_at_its_end(iterator);
  simdr_iterator_free(iterator);
  simdr_store_close(reader);
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(an_empty_store_has_nothing_to_walk),
      CASE(live_entries_come_newest_first_once_per_key),
      CASE(all_versions_come_without_deletions),
      CASE(a_walk_sees_the_store_as_it_was),
      CASE(views_come_many_at_once_and_survive_compaction),
      CASE(many_keys_may_be_dead),
      CASE(two_walks_do_not_disturb_each_other),
      CASE(a_read_only_store_is_walked_too),
  };
  return CHECK_RUN(cases);
}
