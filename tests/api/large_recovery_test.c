/* What a kill, a cut and damage beyond 2^32 leave. The large value is a hole in the file. */
#include "child.h"
#include "sparse_file.h"

static const uint64_t two_to_32 = (uint64_t)1 << 32;

static uint64_t le64_at(const char *path, uint64_t offset) {
  uint8_t bytes[8] = {0};
  uint64_t number = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC), i;
  CHECK(pread(fd, bytes, sizeof(bytes), (off_t)offset) == (ssize_t)sizeof(bytes));
  for (i = 7; i >= 0; i--) number = number << 8 | bytes[i];
  close(fd);
  return number;
}

enum { kWritten = 50 };
static int writes_and_is_killed(void *arg) {
  struct fixture *f = (struct fixture *)arg;
  char key[16];
  int i;
  if (!fixture_reopen(f)) return 1;
  OK(simdr_store_remove(f->store, "above 0", 7, SIMDR_DURABILITY_COMMIT, NULL, &err));
  for (i = 0; i < kWritten; i++) {
    snprintf(key, sizeof(key), "written %d", i);
    OK(simdr_store_put(f->store, key, strlen(key), key, strlen(key), 0, NULL, &err));
  }
  if (check_failures) return 1;
  kill(getpid(), SIGKILL);
  return 1;
}

static void has_what_the_dead_wrote(const simdr_store *store, int count) {
  char key[16];
  int i;
  LACKS(store, "above 0");
  for (i = 0; i < count; i++) {
    snprintf(key, sizeof(key), "written %d", i);
    HAS(store, key, key);
  }
  CHECK_U64(simdr_store_count(store), kAboveCount + 1 + count);
}

#define KILLED_STORE_OR_SKIP(f)                                    \
  do {                                                             \
    LARGE_FILE_OR_SKIP(f, 5 * GIB, 64, 20);                        \
    if (!CHECK_I64(in_child(writes_and_is_killed, f), -1)) return; \
  } while (0)

static void a_killed_writer_leaves_its_guard_and_all_it_wrote(void) {
  struct fixture f;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  uint64_t line, tail;
  KILLED_STORE_OR_SKIP(&f);
  line = file_size_of(f.path) - 60;
  CHECK(line > two_to_32);
  CHECK_U64(le64_at(f.path, line), UINT64_C(0x0A1A0D53494452A7));
  CHECK_U64(le64_at(f.path, line + 32), line);
  tail = le64_at(f.path, line + 48);
  CHECK(tail > two_to_32 && tail < line);
  options.mode = SIMDR_OPEN_READ_ONLY;
  REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
  CHECK(simdr_store_recovered_from(f.store) == NULL);
  CHECK_U64(simdr_store_file_size(f.store), tail);
  has_what_the_dead_wrote(f.store, kWritten);
  fixture_close_store(&f);
  REQUIRE(fixture_reopen(&f));
  has_what_the_dead_wrote(f.store, kWritten);
  PUT(f.store, "above 0", "again");
  fixture_close_store(&f);
  CHECK_U64(file_size_of(f.path), tail + (64 - tail % 64) % 64 + 5 + 20);
  REQUIRE(fixture_reopen(&f));
  HAS(f.store, "above 0", "again");
  HAS(f.store, "written 49", "written 49");
  has_the_first_small_values(f.store, 0);
  fixture_end(&f);
}

static void what_was_torn_above_the_mark_is_rolled_back(void) {
  struct fixture f;
  uint64_t tail;
  KILLED_STORE_OR_SKIP(&f);
  tail = le64_at(f.path, file_size_of(f.path) - 60 + 48);
  REQUIRE(file_flip(f.path, tail - 21, 0x10)); /* the last payload byte */
  REQUIRE(fixture_reopen(&f));
  CHECK(simdr_store_recovered_from(f.store) != NULL);
  CHECK(simdr_store_file_size(f.store) > two_to_32);
  has_what_the_dead_wrote(f.store, kWritten - 1);
  LACKS(f.store, "written 49");
  PUT(f.store, "written 49", "written 49");
  fixture_close_store(&f);
  fixture_reopen(&f);
  CHECK(simdr_store_recovered_from(f.store) == NULL);
  has_what_the_dead_wrote(f.store, kWritten);
  fixture_end(&f);
}

/* 9 GiB: a search of a torn end checks the payloads below it too, up to 8 GiB of them, and would read the hole. */
static void an_end_torn_beyond_it_is_left_out(void) {
  static const uint64_t cut_sizes[] = {1, 10, 20, 30, 63};
  size_t i;
  for (i = 0; i < COUNT_OF(cut_sizes); i++) {
    struct fixture f;
    uint64_t size;
    LARGE_FILE_OR_SKIP(&f, 9 * GIB, 64, 20);
    size = file_size_of(f.path);
    REQUIRE(truncate(f.path, (off_t)(size - cut_sizes[i])) == 0);
    REQUIRE(fixture_reopen(&f));
    CHECK(simdr_store_recovered_from(f.store) != NULL);
    CHECK_U64(simdr_store_file_size(f.store), size - 64);
    CHECK_U64(simdr_store_count(f.store), kAboveCount + 1);
    has_the_first_small_values(f.store, kAboveCount - 1);
    LACKS(f.store, "above 99");
    PUT(f.store, "above 99", "written anew");
    fixture_close_store(&f);
    CHECK_U64(file_size_of(f.path), size - 64 + 12 + 20);
    fixture_reopen(&f);
    CHECK(simdr_store_recovered_from(f.store) == NULL);
    HAS(f.store, "above 99", "written anew");
    has_the_first_small_values(f.store, kAboveCount - 1);
    fixture_end(&f);
  }
}

static void a_damaged_link_beyond_it_hides_nothing_from_a_reader(void) {
  static const int bytes[] = {3, 4, 5, 6, 7}; /* of the link: what is flipped leads beyond the file */
  size_t i;
  for (i = 0; i < COUNT_OF(bytes); i++) {
    struct fixture f;
    simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
    uint64_t size;
    LARGE_FILE_OR_SKIP(&f, 9 * GIB, 64, 20);
    size = file_size_of(f.path);
    /* The trailer of "above 49", of which fifty entries follow. */
    REQUIRE(file_flip(f.path, size - 50 * 64 - 20 + 8 + (uint64_t)bytes[i], 0x84));
    FAILS(simdr_store_open(f.path, NULL, &f.store, &err), SIMDR_ERR_CORRUPT, "repair");
    options.mode = SIMDR_OPEN_READ_ONLY;
    REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
    CHECK(strstr(simdr_store_recovered_from(f.store), "broken chain") != NULL);
    CHECK_U64(simdr_store_file_size(f.store), size - 51 * 64);
    CHECK_U64(simdr_store_count(f.store), 49 + 2);
    has_the_first_small_values(f.store, 49);
    LACKS(f.store, "above 49");
    CHECK_U64(file_size_of(f.path), size);
    fixture_end(&f);
  }
}

static void a_damaged_value_beyond_it_is_told(void) {
  struct fixture f;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  simdr_entry *entry = NULL;
  simdr_view view;
  LARGE_FILE_OR_SKIP(&f, 5 * GIB, 64, 20);
  REQUIRE(file_flip(f.path, file_size_of(f.path) - 10 * 64 - 30, 1));
  options.flags = SIMDR_OPEN_VERIFY_READS;
  REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
  CHECK(simdr_store_recovered_from(f.store) == NULL);
  has_the_first_small_values(f.store, 89);
  FAILS(simdr_store_view(f.store, "above 89", 8, &view, &err), SIMDR_ERR_CORRUPT, "at offset 5368714944 (44 bytes)");
  fixture_close_store(&f);
  REQUIRE(fixture_reopen(&f));
  REQUIRE_OK(simdr_store_get(f.store, "above 89", 8, &entry, &err));
  CHECK_I64(simdr_entry_checksum_ok(entry), 0);
  simdr_entry_unref(entry);
  REQUIRE_OK(simdr_store_get(f.store, "above 90", 8, &entry, &err));
  CHECK_I64(simdr_entry_checksum_ok(entry), 1);
  simdr_entry_unref(entry);
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(a_killed_writer_leaves_its_guard_and_all_it_wrote),
      CASE(what_was_torn_above_the_mark_is_rolled_back),
      CASE(an_end_torn_beyond_it_is_left_out),
      CASE(a_damaged_link_beyond_it_hides_nothing_from_a_reader),
      CASE(a_damaged_value_beyond_it_is_told),
  };
  return CHECK_RUN(cases);
}
