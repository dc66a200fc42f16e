/* Damage: what verify finds, what reads with a check say, what repair keeps; the damaged file is never touched. */
#include <fcntl.h>

#include "store_fixture.h"

enum { kCount = 50, kSize = 300 };

/* Entries "0".."49" of 300 bytes, so that each takes 320 bytes and payload i starts at 320 * i. */
static int fill(struct fixture *f) {
  uint8_t value[kSize];
  char key[12];
  int i;
  if (!fixture_open(f)) return 0;
  for (i = 0; i < kCount; i++) {
    snprintf(key, sizeof(key), "%d", i);
    pattern_fill(value, sizeof(value), (uint64_t)i);
    if (!OK(simdr_store_put(f->store, key, strlen(key), value, sizeof(value), 0, NULL, &err))) return 0;
  }
  return fixture_close_store(f);
}
static void has_number(const simdr_store *store, int i) {
  uint8_t value[kSize];
  char key[12];
  snprintf(key, sizeof(key), "%d", i);
  pattern_fill(value, sizeof(value), (uint64_t)i);
  HAS_BYTES(store, key, value, sizeof(value));
}

struct faults {
  int count, stop_at_call;
  simdr_fault last;
  char what[256];
};
static int remember_fault(const simdr_fault *fault, void *user_data) {
  struct faults *to = (struct faults *)user_data;
  to->last = *fault;
  snprintf(to->what, sizeof(to->what), "%s", fault->what);
  return ++to->count == to->stop_at_call ? 3 : 0;
}
static int count_progress(uint64_t done, uint64_t total, void *user_data) {
  CHECK(done <= total);
  ++*(int *)user_data;
  return 0;
}

static void a_whole_store_verifies(void) {
  struct fixture f;
  struct faults faults = {0, 0, {0, 0, 0, NULL}, ""};
  int calls = 0;
  simdr_verify_options options = SIMDR_VERIFY_OPTIONS_INIT;
  simdr_verify_result result = SIMDR_VERIFY_RESULT_INIT;
  REQUIRE(fill(&f) && fixture_reopen(&f));
  PUT(f.store, "0", "again");
  OK(simdr_store_remove(f.store, "1", 1, 0, NULL, &err));
  options.on_fault = remember_fault;
  options.on_fault_user_data = &faults;
  options.progress = count_progress;
  options.progress_user_data = &calls;
  OK(simdr_store_verify(f.store, &options, &result, &err));
  CHECK_U64(result.size, sizeof(result));
  CHECK_U64(result.entry_count, kCount + 2);
  CHECK_U64(result.checked_size, simdr_store_file_size(f.store));
  CHECK_U64(result.fault_count, 0);
  CHECK_I64(faults.count, 0);
  CHECK(calls > 0);
  OK(simdr_store_verify(f.store, NULL, &result, &err));
  fixture_end(&f);
}

/* Payload of entry 20: in the middle, so that opening does not notice. */
static int damage_one(struct fixture *f) { return fill(f) && file_flip(f->path, 320 * 20 + 100, 0x10); }

static void verify_finds_a_flipped_bit(void) {
  struct fixture f;
  struct faults faults = {0, 0, {0, 0, 0, NULL}, ""};
  simdr_verify_options options = SIMDR_VERIFY_OPTIONS_INIT;
  simdr_verify_result result = SIMDR_VERIFY_RESULT_INIT;
  struct snapshot before;
  REQUIRE(damage_one(&f) && fixture_reopen(&f));
  snapshot_take(&before, &f);
  options.on_fault = remember_fault;
  options.on_fault_user_data = &faults;
  FAILS(simdr_store_verify(f.store, &options, &result, &err), SIMDR_ERR_CORRUPT, "");
  CHECK_U64(result.fault_count, 1);
  CHECK_U64(result.entry_count, kCount);
  CHECK_I64(faults.count, 1);
  CHECK_U64(faults.last.key_hash, simdr_key_hash("20", 2));
  CHECK(faults.last.offset >= 320 * 20 && faults.last.offset < 320 * 21);
  CHECK(faults.last.offset + faults.last.size > 320 * 20 + 100);
  CHECK(faults.what[0] != '\0' && strchr(faults.what, '\n') == NULL);
  faults.count = 0;
  faults.stop_at_call = 1;
  CHECK_I64(simdr_store_verify(f.store, &options, &result, &err), SIMDR_STOPPED);
  CHECK_I64(err.callback_result, 3);
  UNCHANGED(&before, &f);
  snapshot_free(&before);
  fixture_end(&f);
}

static void a_pad_that_is_not_zero_is_a_fault(void) {
  struct fixture f;
  struct faults faults = {0, 0, {0, 0, 0, NULL}, ""};
  simdr_verify_options options = SIMDR_VERIFY_OPTIONS_INIT;
  simdr_verify_result result = SIMDR_VERIFY_RESULT_INIT;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "a", "12345"); /* ends at 25; the pad is 25..63 */
  PUT(f.store, "b", "12345");
  PUT(f.store, "c", "12345");
  fixture_close_store(&f);
  REQUIRE(file_flip(f.path, 40, 0x01) && fixture_reopen(&f));
  options.on_fault = remember_fault;
  options.on_fault_user_data = &faults;
  FAILS(simdr_store_verify(f.store, &options, &result, &err), SIMDR_ERR_CORRUPT, "");
  CHECK_U64(result.fault_count, 1);
  CHECK(faults.last.offset <= 40 && faults.last.offset + faults.last.size > 40);
  HAS(f.store, "b", "12345");
  fixture_end(&f);
}

static void reads_that_verify_say_corrupt(void) {
  struct fixture f;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  simdr_entry *entry = NULL, *entries[2] = {NULL, NULL};
  simdr_view view, views[2];
  simdr_bytes keys[2] = {{"19", 2}, {"20", 2}};
  size_t found = 7;
  REQUIRE(damage_one(&f));
  options.flags = SIMDR_OPEN_VERIFY_READS;
  REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
  FAILS(simdr_store_get(f.store, "20", 2, &entry, &err), SIMDR_ERR_CORRUPT, "");
  FAILS(simdr_store_get_hashed(f.store, simdr_key_hash("20", 2), &entry, &err), SIMDR_ERR_CORRUPT, "");
  FAILS(simdr_store_view(f.store, "20", 2, &view, &err), SIMDR_ERR_CORRUPT, "");
  FAILS(simdr_store_view_hashed(f.store, simdr_key_hash("20", 2), &view, &err), SIMDR_ERR_CORRUPT, "");
  FAILS(simdr_store_get_many(f.store, keys, 2, entries, &found, &err), SIMDR_ERR_CORRUPT, "");
  FAILS(simdr_store_view_many(f.store, keys, 2, views, &found, &err), SIMDR_ERR_CORRUPT, "");
  CHECK(entry == NULL);
  CHECK(entries[0] == NULL && entries[1] == NULL); /* on an error nothing is handed out */
  CHECK_U64(found, 7);
  has_number(f.store, 19);
  has_number(f.store, 21);
  fixture_close_store(&f);
  fixture_reopen(&f); /* without the flag the bytes come as they are, and the entry tells */
  REQUIRE_OK(simdr_store_get(f.store, "20", 2, &entry, &err));
  CHECK_I64(simdr_entry_checksum_ok(entry), 0);
  simdr_entry_unref(entry);
  fixture_end(&f);
}

static void a_verifying_walk_goes_on_after_the_bad_entry(void) {
  struct fixture f;
  simdr_iterator *iterator = NULL;
  simdr_view views[7];
  size_t seen = 0, corrupt = 0, count = 0;
  int by_views;
  REQUIRE(damage_one(&f) && fixture_reopen(&f));
  for (by_views = 0; by_views < 2; by_views++) {
    seen = corrupt = 0;
    REQUIRE_OK(simdr_iterator_open(f.store, SIMDR_ITERATE_VERIFY, &iterator, &err));
    for (;;) {
      simdr_entry *entry = NULL;
      simdr_status status = by_views ? simdr_iterator_next_views(iterator, views, COUNT_OF(views), &count, &err)
                                     : simdr_iterator_next(iterator, &entry, &err);
      if (status == SIMDR_NOT_FOUND) break;
      if (status == SIMDR_ERR_CORRUPT) {
        CHECK(err.message[0] != '\0');
        REQUIRE(++corrupt < 5);
      } else {
        REQUIRE(CHECK_I64(status, SIMDR_OK));
        seen += by_views ? count : 1;
        simdr_entry_unref(entry);
      }
    }
    CHECK_U64(seen, kCount - 1);
    CHECK_U64(corrupt, 1);
    simdr_iterator_free(iterator);
    iterator = NULL;
  }
  fixture_end(&f);
}

/* The bad one comes so late that a library working in blocks has done some of them by then. */
static void a_batch_that_fails_late_hands_out_nothing(void) {
  enum { kMany = 1000 };
  static simdr_view views[kMany], untouched_views[kMany];
  static simdr_entry *entries[kMany], *untouched_entries[kMany];
  static simdr_bytes keys[kMany];
  struct fixture f;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  size_t found = 7, i;
  REQUIRE(damage_one(&f));
  options.flags = SIMDR_OPEN_VERIFY_READS;
  REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
  for (i = 0; i < kMany; i++) {
    keys[i].data = i == kMany - 1 ? "20" : "19";
    keys[i].size = 2;
  }
  memset(views, 0x21, sizeof(views));
  memset(entries, 0x21, sizeof(entries));
  memcpy(untouched_views, views, sizeof(views));
  memcpy(untouched_entries, entries, sizeof(entries));
  FAILS(simdr_store_view_many(f.store, keys, kMany, views, &found, &err), SIMDR_ERR_CORRUPT, "");
  FAILS(simdr_store_get_many(f.store, keys, kMany, entries, &found, &err), SIMDR_ERR_CORRUPT, "");
  CHECK_BYTES(views, untouched_views, sizeof(views));
  CHECK_BYTES(entries, untouched_entries, sizeof(entries));
  CHECK_U64(found, 7);
  fixture_end(&f);
}

static int accept_all(const simdr_view *view, void *user_data) {
  (void)view;
  (void)user_data;
  return 0;
}

/* Somebody overwrites a link while the store is open: what is newer is handed out, then the error comes, once. */
static void an_iteration_tells_where_the_chain_was_broken(void) {
  int some_dead, one_by_one;
  for (some_dead = 0; some_dead < 2; some_dead++) {
    for (one_by_one = 0; one_by_one < 2; one_by_one++) {
      struct fixture f;
      simdr_iterator *iterator = NULL;
      simdr_entry_info info = SIMDR_ENTRY_INFO_INIT;
      simdr_view views[16];
      simdr_entry *entry = NULL;
      size_t count = 99;
      uint64_t link = UINT64_MAX;
      int i, fd;
      REQUIRE(fixture_open(&f));
      for (i = 0; i < 10; i++) {
        char key[2] = {(char)('0' + i), 0};
        PUT(f.store, key, "a value");
      }
      if (some_dead) PUT(f.store, "9", "another");
      REQUIRE_OK(simdr_store_metadata(f.store, "5", 1, &info, &err));
      fd = open(f.path, O_WRONLY | O_CLOEXEC);
      REQUIRE(fd >= 0 && pwrite(fd, &link, 8, (off_t)info.trailer_offset + 8) == 8);
      close(fd);
      REQUIRE_OK(simdr_iterator_open(f.store, 0, &iterator, &err));
      if (one_by_one) {
        for (i = 9; i > 5; i--) {
          REQUIRE_OK(simdr_iterator_next(iterator, &entry, &err));
          CHECK_U64(simdr_entry_size(entry), 7);
          simdr_entry_unref(entry);
        }
        FAILS(simdr_iterator_next(iterator, &entry, &err), SIMDR_ERR_CORRUPT, "no entry ends at offset");
        OUTCOME(simdr_iterator_next(iterator, &entry, &err), SIMDR_NOT_FOUND);
      } else {
        REQUIRE_OK(simdr_iterator_next_views(iterator, views, COUNT_OF(views), &count, &err));
        CHECK_U64(count, 4);
        CHECK_U64(views[3].key_hash, simdr_key_hash("6", 1));
        FAILS(simdr_iterator_next_views(iterator, views, COUNT_OF(views), &count, &err), SIMDR_ERR_CORRUPT,
              "no entry ends at offset");
        CHECK_U64(count, 4);
        OUTCOME(simdr_iterator_next_views(iterator, views, COUNT_OF(views), &count, &err), SIMDR_NOT_FOUND);
        CHECK_U64(count, 0);
      }
      simdr_iterator_free(iterator);
      fixture_end(&f);
    }
  }
}

static void whole_store_calls_refuse_a_corrupt_entry(void) {
  struct fixture f;
  struct snapshot before;
  REQUIRE(damage_one(&f) && fixture_reopen(&f));
  snapshot_take(&before, &f);
  FAILS(simdr_store_compact(f.store, NULL, &err), SIMDR_ERR_CORRUPT, "");
  FAILS(simdr_store_for_each(f.store, 2, SIMDR_ITERATE_VERIFY, accept_all, NULL, &err), SIMDR_ERR_CORRUPT, "");
  OK(simdr_store_for_each(f.store, 2, 0, accept_all, NULL, &err));
  UNCHANGED(&before, &f);
  CHECK_U64(simdr_store_count(f.store), kCount);
  has_number(f.store, 49);
  PUT(f.store, "20", "replaced"); /* the damaged value is dead now */
  OK(simdr_store_compact(f.store, NULL, &err));
  HAS(f.store, "20", "replaced");
  has_number(f.store, 21);
  snapshot_free(&before);
  fixture_end(&f);
}

static void repair_keeps_what_is_intact_and_says_what_is_lost(void) {
  struct fixture f;
  struct faults faults = {0, 0, {0, 0, 0, NULL}, ""};
  simdr_repair_result result = SIMDR_REPAIR_RESULT_INIT;
  char out[1024];
  uint8_t *before, *after;
  size_t before_size = 0, after_size = 0;
  simdr_store *repaired = NULL;
  int i;
  REQUIRE(damage_one(&f));
  REQUIRE(file_flip(f.path, 320 * 30 + kSize + 9, 0x40)); /* and entry 30's link: the chain is broken there */
  before = file_read(f.path, SIZE_MAX, &before_size);
  temp_path(&f.dir, "repaired", out);
  REQUIRE_OK(simdr_repair(f.path, out, remember_fault, &faults, &result, &err));
  after = file_read(f.path, SIZE_MAX, &after_size);
  CHECK_U64(after_size, before_size);
  CHECK_BYTES(after, before, before_size);
  CHECK_U64(result.size, sizeof(result));
  CHECK_U64(result.kept_count, kCount - 2);
  CHECK_U64(result.kept_size, (kCount - 2) * kSize);
  CHECK(result.lost_count >= 1 && result.lost_count <= 4);
  CHECK(result.lost_size >= 2 * kSize && result.lost_size <= 3 * 320);
  CHECK(faults.count >= (int)result.lost_count); /* doubts about what was kept are told too */
  REQUIRE_OK(simdr_store_open(out, NULL, &repaired, &err));
  CHECK(simdr_store_recovered_from(repaired) == NULL);
  for (i = 0; i < kCount; i++) {
    if (i != 20 && i != 30) has_number(repaired, i);
  }
  simdr_store_close(repaired);
  OUTCOME(simdr_repair(f.path, out, NULL, NULL, &result, &err), SIMDR_EXISTS);
  free(before);
  free(after);
  fixture_end(&f);
}

static void repair_of_bad_paths_fails(void) {
  struct fixture f;
  simdr_repair_result result = SIMDR_REPAIR_RESULT_INIT;
  char out[1024], path[1024];
  REQUIRE(fill(&f));
  temp_path(&f.dir, "repaired", out);
  FAILS(simdr_repair(temp_path(&f.dir, "missing", path), out, NULL, NULL, &result, &err), SIMDR_ERR_NO_SUCH_FILE,
        "missing");
  FAILS(simdr_repair(f.dir.path, out, NULL, NULL, &result, &err), SIMDR_ERR_IS_DIRECTORY, f.dir.path);
  CHECK(!file_is_there(out));
  OUTCOME(simdr_repair(f.path, f.path, NULL, NULL, &result, &err), SIMDR_EXISTS);
  CHECK_U64(result.kept_count, 0);
  CHECK_U64(file_size_of(f.path), kCount * 320);
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(a_whole_store_verifies),
      CASE(verify_finds_a_flipped_bit),
      CASE(a_pad_that_is_not_zero_is_a_fault),
      CASE(reads_that_verify_say_corrupt),
      CASE(a_batch_that_fails_late_hands_out_nothing),
      CASE(a_verifying_walk_goes_on_after_the_bad_entry),
      CASE(an_iteration_tells_where_the_chain_was_broken),
      CASE(whole_store_calls_refuse_a_corrupt_entry),
      CASE(repair_keeps_what_is_intact_and_says_what_is_lost),
      CASE(repair_of_bad_paths_fails),
  };
  return CHECK_RUN(cases);
}
