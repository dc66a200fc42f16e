/* Visiting all live entries on several threads: each once, with its own bytes, from a snapshot. */
#include <pthread.h>

#include "store_fixture.h"

enum { kCount = 20000 };

struct visits {
  pthread_mutex_t lock;
  unsigned char seen[kCount];
  simdr_view copies[kCount];
  size_t calls, bad;
  pthread_t threads[64];
  size_t thread_count;
  size_t stop_at_call;
  int answer;
  simdr_store *write_to; /* while visiting */
};
static struct visits visits;

/* The value is its own number, twice, then a pattern. */
static size_t make_value(uint64_t number, uint8_t *value) {
  size_t size = 16 + (size_t)(number % 100);
  memcpy(value, &number, 8);
  memcpy(value + 8, &number, 8);
  pattern_fill(value + 16, size - 16, number);
  return size;
}

static int visit(const simdr_view *view, void *user_data) {
  struct visits *all = (struct visits *)user_data;
  uint64_t number = 0;
  uint8_t expected[128];
  size_t i;
  int answer = 0;
  if (view->size >= 16) memcpy(&number, view->data, 8);
  pthread_mutex_lock(&all->lock);
  all->calls++;
  if (number >= kCount || make_value(number, expected) != view->size || memcmp(expected, view->data, view->size) != 0 ||
      view->key_hash != simdr_key_hash(&number, 8)) {
    all->bad++;
  } else {
    all->seen[number]++;
    all->copies[number] = *view;
  }
  for (i = 0; i < all->thread_count; i++) {
    if (pthread_equal(all->threads[i], pthread_self())) break;
  }
  if (i == all->thread_count && i < COUNT_OF(all->threads)) all->threads[all->thread_count++] = pthread_self();
  if (all->calls == all->stop_at_call) answer = all->answer;
  pthread_mutex_unlock(&all->lock);
  if (all->write_to != NULL && number % 16 == 0) {
    simdr_store_put(all->write_to, &number, 8, "overwritten", 11, 0, NULL, NULL);
  }
  return answer;
}
static void reset_visits(void) {
  memset(&visits, 0, sizeof(visits));
  pthread_mutex_init(&visits.lock, NULL);
}

static int fill(struct fixture *f) {
  uint64_t i;
  uint8_t value[128];
  if (!fixture_open(f)) return 0;
  for (i = 0; i < kCount; i++) {
    size_t size = make_value(i, value);
    if (i % 4 == 0) OK(simdr_store_put(f->store, &i, 8, "stale", 5, 0, NULL, &err));
    if (!OK(simdr_store_put(f->store, &i, 8, value, size, 0, NULL, &err))) return 0;
  }
  for (i = 0; i < kCount; i += 5) OK(simdr_store_remove(f->store, &i, 8, 0, NULL, &err));
  return 1;
}
static void every_live_entry_was_seen_once(void) {
  size_t i;
  CHECK_U64(visits.bad, 0);
  CHECK_U64(visits.calls, kCount - kCount / 5);
  for (i = 0; i < kCount; i++) {
    if (visits.seen[i] != (i % 5 == 0 ? 0 : 1)) break;
  }
  CHECK_U64(i, kCount);
}

static void every_live_entry_is_visited_once(void) {
  static const uint32_t thread_counts[] = {1, 2, 4, 0, 33};
  struct fixture f;
  size_t i;
  REQUIRE(fill(&f));
  for (i = 0; i < COUNT_OF(thread_counts); i++) {
    reset_visits();
    OK(simdr_store_for_each(f.store, thread_counts[i], i % 2 ? SIMDR_ITERATE_VERIFY : 0, visit, &visits, &err));
    every_live_entry_was_seen_once();
    if (thread_counts[i] > 0) CHECK(visits.thread_count <= thread_counts[i]);
    if (thread_counts[i] == 1) CHECK(pthread_equal(visits.threads[0], pthread_self()));
  }
  for (i = 1; i < kCount; i += 777) { /* a copied view goes on being valid, as one from simdr_store_view() */
    uint8_t expected[128];
    size_t size = make_value(i, expected);
    if (i % 5 != 0) CHECK_BYTES(visits.copies[i].data, expected, size);
  }
  fixture_end(&f);
}

static void writes_while_visiting_are_not_seen(void) {
  struct fixture f;
  REQUIRE(fill(&f));
  reset_visits();
  visits.write_to = f.store;
  OK(simdr_store_for_each(f.store, 2, 0, visit, &visits, &err));
  every_live_entry_was_seen_once();
  {
    uint64_t number = 16;
    simdr_view view;
    if (OK(simdr_store_view(f.store, &number, 8, &view, &err))) CHECK_BYTES(view.data, "overwritten", 11);
  }
  fixture_end(&f);
}

static void a_visitor_may_stop_the_walk(void) {
  static const uint32_t thread_counts[] = {1, 2, 4};
  struct fixture f;
  size_t i;
  REQUIRE(fill(&f));
  for (i = 0; i < COUNT_OF(thread_counts); i++) {
    reset_visits();
    visits.stop_at_call = 100;
    visits.answer = -12345;
    err.callback_result = 0;
    CHECK_I64(simdr_store_for_each(f.store, thread_counts[i], 0, visit, &visits, &err), SIMDR_STOPPED);
    CHECK_I64(err.callback_result, -12345);
    CHECK(visits.calls >= 100 && visits.calls < kCount - kCount / 5);
    CHECK_I64(simdr_store_for_each(f.store, thread_counts[i], 0, visit, &visits, NULL), SIMDR_OK);
  }
  fixture_end(&f);
}

static int fails_if_called(const simdr_view *view, void *user_data) {
  (void)view;
  (void)user_data;
  CHECK(0 && "called for an empty store");
  return 0;
}
static void an_empty_store_has_nobody_to_visit(void) {
  struct fixture f;
  REQUIRE(fixture_open(&f));
  OK(simdr_store_for_each(f.store, 0, 0, fails_if_called, NULL, &err));
  PUT(f.store, "key", "value");
  OK(simdr_store_remove(f.store, "key", 3, 0, NULL, &err));
  OK(simdr_store_for_each(f.store, 4, 0, fails_if_called, NULL, &err));
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(every_live_entry_is_visited_once),
      CASE(writes_while_visiting_are_not_seen),
      CASE(a_visitor_may_stop_the_walk),
      CASE(an_empty_store_has_nobody_to_visit),
  };
  return CHECK_RUN(cases);
}
