/* Compaction: what is live stays, what was handed out stays readable, the handle goes on, the new file is the format. */
#include "child.h"
#include "format_model.h"
#include "store_fixture.h"

enum { kCount = 300 };

static size_t make_value(int number, int version, uint8_t *value) {
  size_t size = (size_t)(2 + (number * 31 + version * 7) % 900);
  pattern_fill(value, size, (uint64_t)(number * 1000 + version));
  return size;
}
/* Three versions of each key; every third key is deleted in the end. */
static int fill(struct fixture *f) {
  uint8_t value[1000];
  int number, version;
  if (!fixture_open(f)) return 0;
  for (version = 0; version < 3; version++) {
    for (number = 0; number < kCount; number++) {
      size_t size = make_value(number, version, value);
      if (!OK(simdr_store_put(f->store, &number, sizeof(number), value, size, 0, NULL, &err))) return 0;
    }
  }
  for (number = 0; number < kCount; number += 3) {
    OK(simdr_store_remove(f->store, &number, sizeof(number), 0, NULL, &err));
  }
  return 1;
}
static void has_what_is_live(const simdr_store *store) {
  uint8_t value[1000];
  int number;
  for (number = 0; number < kCount; number++) {
    size_t size = make_value(number, 2, value);
    simdr_view view;
    if (number % 3 == 0) {
      OUTCOME(simdr_store_view(store, &number, sizeof(number), &view, &err), SIMDR_NOT_FOUND);
    } else if (OK(simdr_store_view(store, &number, sizeof(number), &view, &err))) {
      CHECK_U64(view.size, size);
      CHECK_BYTES(view.data, value, size);
    }
  }
}

static void the_live_entries_stay_and_the_savings_become_small(void) {
  struct fixture f;
  uint64_t before, savings, after;
  REQUIRE(fill(&f));
  before = simdr_store_file_size(f.store);
  savings = simdr_store_compaction_savings(f.store);
  CHECK(savings > before / 2 && savings < before);
  REQUIRE_OK(simdr_store_compact(f.store, NULL, &err));
  after = simdr_store_file_size(f.store);
  CHECK(after <= before - savings + 64 * kCount && after + 64 * kCount >= before - savings);
  CHECK(simdr_store_compaction_savings(f.store) <= 64 * kCount);
  CHECK_U64(simdr_store_count(f.store), kCount - kCount / 3);
  has_what_is_live(f.store);
  PUT(f.store, "after", "the same handle goes on");
  HAS(f.store, "after", "the same handle goes on");
  CHECK_U64(simdr_store_count(f.store), kCount - kCount / 3 + 1);
  fixture_close_store(&f);
  CHECK(file_size_of(f.path) < before);
  fixture_reopen(&f);
  CHECK(simdr_store_recovered_from(f.store) == NULL);
  CHECK_U64(simdr_store_count(f.store), kCount - kCount / 3 + 1);
  has_what_is_live(f.store);
  HAS(f.store, "after", "the same handle goes on");
  fixture_end(&f);
}

static void the_new_file_is_the_live_entries_newest_first(void) {
  struct fixture f;
  struct model_file model;
  uint8_t value[1000], *file;
  size_t size = 0;
  int number;
  REQUIRE(fill(&f));
  model_init(&model, 64, 20);
  for (number = kCount - 1; number >= 0; number--) {
    if (number % 3 != 0) {
      size_t value_size = make_value(number, 2, value);
      model_append(&model, simdr_key_hash(&number, sizeof(number)), value, value_size, 0);
    }
  }
  REQUIRE_OK(simdr_store_compact(f.store, NULL, &err));
  CHECK_U64(simdr_store_file_size(f.store), model.size);
  fixture_close_store(&f);
  file = file_read(f.path, SIZE_MAX, &size);
  CHECK_U64(size, model.size);
  if (size == model.size) CHECK_BYTES(file, model.bytes, size);
  free(file);
  model_free(&model);
  fixture_end(&f);
}

static void what_was_handed_out_stays_readable(void) {
  struct fixture f;
  simdr_entry *old[kCount] = {NULL};
  simdr_iterator *iterator = NULL;
  simdr_entry *entry = NULL;
  uint8_t value[1000];
  int number, seen = 0;
  REQUIRE(fill(&f));
  for (number = 1; number < kCount; number += 3) {
    OK(simdr_store_get(f.store, &number, sizeof(number), &old[number], &err));
  }
  REQUIRE_OK(simdr_iterator_open(f.store, 0, &iterator, &err));
  OK(simdr_iterator_next(iterator, &entry, &err));
  simdr_entry_unref(entry);
  seen++;
  OK(simdr_store_compact(f.store, NULL, &err));
  OK(simdr_store_compact(f.store, NULL, &err));
  while (simdr_iterator_next(iterator, &entry, &err) == SIMDR_OK) {
    CHECK_I64(simdr_entry_checksum_ok(entry), 1);
    simdr_entry_unref(entry);
    seen++;
  }
  CHECK_I64(seen, kCount - kCount / 3);
  simdr_iterator_free(iterator);
  fixture_close_store(&f);
  for (number = 1; number < kCount; number += 3) {
    size_t size = make_value(number, 2, value);
    REQUIRE(old[number] != NULL);
    CHECK_U64(simdr_entry_size(old[number]), size);
    CHECK_BYTES(simdr_entry_data(old[number]), value, size);
    simdr_entry_unref(old[number]);
  }
  fixture_end(&f);
}

static void mode_bits_are_kept_and_the_file_is_a_new_one(void) {
  struct fixture f;
  struct stat before, after;
  REQUIRE(fill(&f));
  CHECK(chmod(f.path, 0640) == 0 && stat(f.path, &before) == 0);
  OK(simdr_store_compact(f.store, NULL, &err));
  CHECK(stat(f.path, &after) == 0);
  CHECK_U64(after.st_mode & 07777, 0640);
  CHECK_U64(after.st_uid, before.st_uid);
  CHECK_U64(after.st_gid, before.st_gid);
  fixture_end(&f);
}

static void an_empty_store_and_one_of_deletions_compact(void) {
  struct fixture f;
  REQUIRE(fixture_open(&f));
  OK(simdr_store_compact(f.store, NULL, &err));
  CHECK_U64(simdr_store_file_size(f.store), 0);
  PUT(f.store, "key", "value");
  OK(simdr_store_remove(f.store, "key", 3, 0, NULL, &err));
  OK(simdr_store_compact(f.store, NULL, &err));
  CHECK_U64(simdr_store_file_size(f.store), 0);
  CHECK_U64(simdr_store_compaction_savings(f.store), 0);
  PUT(f.store, "key", "again");
  fixture_close_store(&f);
  fixture_reopen(&f);
  CHECK_U64(simdr_store_count(f.store), 1);
  HAS(f.store, "key", "again");
  fixture_end(&f);
}

static void a_link_to_the_store_stays_a_link(void) {
  struct fixture f;
  struct stat info;
  char link_path[1024];
  simdr_store *store = NULL;
  REQUIRE(fill(&f));
  fixture_close_store(&f);
  REQUIRE(symlink("store.simdr", temp_path(&f.dir, "link", link_path)) == 0);
  REQUIRE_OK(simdr_store_open(link_path, NULL, &store, &err));
  OK(simdr_store_compact(store, NULL, &err));
  simdr_store_close(store);
  CHECK(lstat(link_path, &info) == 0 && S_ISLNK(info.st_mode));
  fixture_reopen(&f);
  has_what_is_live(f.store);
  CHECK(simdr_store_compaction_savings(f.store) <= 64 * kCount); /* it was this file that was compacted */
  fixture_end(&f);
}

struct progress {
  uint64_t last_done, total;
  int calls, stop_at_call, went_back;
};
static int tell_progress(uint64_t done, uint64_t total, void *user_data) {
  struct progress *to = (struct progress *)user_data;
  if (done < to->last_done || done > total) to->went_back = 1;
  to->last_done = done;
  to->total = total;
  return ++to->calls == to->stop_at_call ? 9 : 0;
}

static void progress_is_told_and_may_stop_it(void) {
  struct fixture f;
  struct snapshot before;
  struct stat was, is;
  struct progress to = {0, 0, 0, 1, 0};
  simdr_compact_options options = SIMDR_COMPACT_OPTIONS_INIT;
  DIR *listing;
  struct dirent *item;
  REQUIRE(fill(&f));
  snapshot_take(&before, &f);
  CHECK(stat(f.path, &was) == 0);
  options.progress = tell_progress;
  options.progress_user_data = &to;
  CHECK_I64(simdr_store_compact(f.store, &options, &err), SIMDR_STOPPED);
  CHECK_I64(err.callback_result, 9);
  CHECK(stat(f.path, &is) == 0 && is.st_ino == was.st_ino);
  UNCHANGED(&before, &f);
  has_what_is_live(f.store);
  listing = opendir(f.dir.path); /* nothing is left beside it */
  while (listing != NULL && (item = readdir(listing)) != NULL) {
    CHECK(item->d_name[0] == '.' || strcmp(item->d_name, "store.simdr") == 0);
  }
  closedir(listing);
  memset(&to, 0, sizeof(to));
  OK(simdr_store_compact(f.store, &options, &err));
  CHECK(to.calls > 0 && !to.went_back);
  CHECK_U64(to.last_done, to.total);
  snapshot_free(&before);
  fixture_end(&f);
}

/* Writing from the progress callback is forbidden; every kind of reading must go on. */
static int read_while_compacting(uint64_t done, uint64_t total, void *user_data) {
  simdr_store *store = (simdr_store *)user_data;
  simdr_stats stats = SIMDR_STATS_INIT;
  simdr_iterator *iterator = NULL;
  simdr_entry *entry = NULL;
  uint8_t buffer[16];
  size_t size = 0;
  int number = 1, exists = 0;
  (void)done, (void)total;
  OK(simdr_store_get(store, &number, sizeof(number), &entry, &err));
  simdr_entry_unref(entry);
  entry = NULL;
  OK(simdr_store_exists(store, &number, sizeof(number), &exists, &err));
  OK(simdr_store_read(store, &number, sizeof(number), 0, buffer, sizeof(buffer), &size, NULL, &err));
  OK(simdr_store_last_entry(store, &entry, &err));
  simdr_entry_unref(entry);
  entry = NULL;
  if (OK(simdr_iterator_open(store, 0, &iterator, &err)) && OK(simdr_iterator_next(iterator, &entry, &err))) {
    simdr_entry_unref(entry);
  }
  simdr_iterator_free(iterator);
  CHECK_U64(simdr_store_count(store), kCount - kCount / 3);
  CHECK(simdr_store_compaction_savings(store) > 0);
  OK(simdr_store_stats(store, &stats, &err));
  return 0;
}
/* In a child, because a library that waits for itself here would wait for ever. */
static int reads_from_the_progress_callback(void *arg) {
  struct fixture f;
  simdr_compact_options options = SIMDR_COMPACT_OPTIONS_INIT;
  (void)arg;
  if (!fill(&f)) return 1;
  options.progress = read_while_compacting;
  options.progress_user_data = f.store;
  OK(simdr_store_compact(f.store, &options, &err));
  has_what_is_live(f.store);
  fixture_end(&f);
  return 0;
}
static void reading_goes_on_during_compaction(void) { CHILD_OK(reads_from_the_progress_callback, NULL); }

/* Another handle, as another process would have it, that was opened before. */
static void a_reader_keeps_the_file_it_opened(void) {
  struct fixture f;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  simdr_store *reader = NULL;
  REQUIRE(fill(&f));
  options.mode = SIMDR_OPEN_READ_ONLY;
  REQUIRE_OK(simdr_store_open(f.path, &options, &reader, &err));
  PUT(f.store, "after", "the reader opened");
  OK(simdr_store_compact(f.store, NULL, &err));
  has_what_is_live(reader);
  LACKS(reader, "after");
  fixture_close_store(&f);
  has_what_is_live(reader);
  simdr_store_close(reader);
  REQUIRE_OK(simdr_store_open(f.path, &options, &reader, &err));
  has_what_is_live(reader);
  HAS(reader, "after", "the reader opened");
  simdr_store_close(reader);
  fixture_end(&f);
}

/* A store opened by a relative path, and a program that has gone elsewhere since. */
static int compacts_after_a_change_of_directory(void *arg) {
  struct fixture f;
  (void)arg;
  if (!fill(&f)) return 1;
  fixture_close_store(&f);
  if (chdir(f.dir.path) != 0 || !OK(simdr_store_open("store.simdr", NULL, &f.store, &err)) || chdir("/") != 0) return 1;
  OK(simdr_store_compact(f.store, NULL, &err));
  CHECK(!file_is_there("/store.simdr"));
  fixture_close_store(&f);
  fixture_reopen(&f);
  CHECK(simdr_store_compaction_savings(f.store) <= 64 * kCount);
  has_what_is_live(f.store);
  fixture_end(&f);
  return 0;
}
static void a_change_of_directory_does_not_matter(void) { CHILD_OK(compacts_after_a_change_of_directory, NULL); }

static void a_file_that_took_the_stores_place_is_not_replaced(void) {
  struct fixture f;
  char moved[1024];
  uint8_t *after;
  size_t size = 0;
  REQUIRE(fill(&f));
  REQUIRE(rename(f.path, temp_path(&f.dir, "moved", moved)) == 0 && file_write(f.path, "somebody else's", 15));
  FAILS(simdr_store_compact(f.store, NULL, &err), SIMDR_ERR_BAD_STATE, f.path);
  after = file_read(f.path, SIZE_MAX, &size);
  CHECK_U64(size, 15);
  CHECK_BYTES(after, "somebody else's", size);
  has_what_is_live(f.store);
  PUT(f.store, "after", "in the moved file");
  fixture_close_store(&f);
  REQUIRE(rename(moved, f.path) == 0 && fixture_reopen(&f));
  has_what_is_live(f.store);
  HAS(f.store, "after", "in the moved file");
  free(after);
  fixture_end(&f);
}

/* Nothing can be created beside the store: compaction fails and the store goes on. */
static int works_in_a_closed_directory(void *arg) {
  struct fixture f;
  struct snapshot before;
  uint8_t *value = pattern_new(20 << 20, 1);
  simdr_status status;
  f.dir = *(const struct temp_dir *)arg;
  temp_path(&f.dir, "store.simdr", f.path);
  if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) return CHILD_SKIPS;
  if (!fixture_reopen(&f)) return 1;
  PUT(f.store, "key", "stale");
  PUT(f.store, "key", "value");
  snapshot_take(&before, &f);
  FAILS(simdr_store_compact(f.store, NULL, &err), SIMDR_ERR_ACCESS, f.dir.path);
  UNCHANGED(&before, &f);
  {
    simdr_stream *stream = NULL; /* too large for memory: it wants a temporary file, there or elsewhere */
    OK(simdr_stream_open(f.store, "large", 5, 0, &stream, &err));
    status = simdr_stream_write(stream, value, 20 << 20, &err);
    CHECK(status == SIMDR_OK || status == SIMDR_ERR_ACCESS);
    if (status == SIMDR_OK) OK(simdr_stream_commit(stream, NULL, &err));
    simdr_stream_free(stream);
  }
  PUT(f.store, "more", "goes on");
  fixture_close_store(&f);
  if (fixture_reopen(&f)) HAS(f.store, "more", "goes on");
  simdr_store_close(f.store);
  snapshot_free(&before);
  free(value);
  return 0;
}
static void a_closed_directory_is_a_status(void) {
  struct fixture f;
  int code;
  REQUIRE(fixture_open(&f));
  fixture_close_store(&f);
  REQUIRE(chmod(f.path, 0666) == 0 && chmod(f.dir.path, 0555) == 0);
  code = in_child(works_in_a_closed_directory, &f.dir);
  chmod(f.dir.path, 0755);
  fixture_end(&f);
  if (code == CHILD_SKIPS) SKIP("cannot become an ordinary user");
  CHECK_I64(code, 0);
}

/* A file of the name that an older program would have used must not be merged in or followed. */
static void planted_files_are_not_followed(void) {
  struct fixture f;
  char victim[1024], planted[1024];
  uint8_t *after;
  size_t size = 0;
  REQUIRE(fill(&f));
  REQUIRE(file_write(temp_path(&f.dir, "victim", victim), "precious", 8));
  REQUIRE(symlink(victim, temp_path(&f.dir, "store.simdr.bk", planted)) == 0);
  REQUIRE(symlink(victim, temp_path(&f.dir, "store.simdr.tmp", planted)) == 0);
  REQUIRE(symlink(victim, temp_path(&f.dir, "store.simdr.compact", planted)) == 0);
  OK(simdr_store_compact(f.store, NULL, &err));
  has_what_is_live(f.store);
  after = file_read(victim, SIZE_MAX, &size);
  CHECK_U64(size, 8);
  CHECK_BYTES(after, "precious", size);
  free(after);
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(the_live_entries_stay_and_the_savings_become_small),
      CASE(the_new_file_is_the_live_entries_newest_first),
      CASE(what_was_handed_out_stays_readable),
      CASE(mode_bits_are_kept_and_the_file_is_a_new_one),
      CASE(an_empty_store_and_one_of_deletions_compact),
      CASE(a_link_to_the_store_stays_a_link),
      CASE(progress_is_told_and_may_stop_it),
      CASE(reading_goes_on_during_compaction),
      CASE(a_reader_keeps_the_file_it_opened),
      CASE(a_change_of_directory_does_not_matter),
      CASE(a_file_that_took_the_stores_place_is_not_replaced),
      CASE(a_closed_directory_is_a_status),
      CASE(planted_files_are_not_followed),
  };
  return CHECK_RUN(cases);
}
