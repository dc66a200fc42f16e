/* Opening and closing: modes, options, what the handle says of itself, the log. */
#include "store_fixture.h"

static simdr_status open_with(const struct fixture *f, uint32_t mode, simdr_store **out_store) {
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  options.mode = mode;
  return simdr_store_open(f->path, &options, out_store, &err);
}

static void a_new_store_is_empty_and_says_what_it_is(void) {
  struct fixture f;
  REQUIRE(fixture_open(&f));
  CHECK_TEXT(simdr_store_path(f.store), f.path);
  CHECK_TEXT(simdr_store_generation(f.store), "aligned-64");
  CHECK_U64(simdr_store_alignment(f.store), 64);
  CHECK_I64(simdr_store_is_read_only(f.store), 0);
  CHECK(simdr_store_recovered_from(f.store) == NULL);
  CHECK_U64(simdr_store_count(f.store), 0);
  CHECK_I64(simdr_store_is_empty(f.store), 1);
  CHECK_U64(simdr_store_file_size(f.store), 0);
  CHECK_U64(simdr_store_compaction_savings(f.store), 0);
  fixture_close_store(&f);
  CHECK_U64(file_size_of(f.path), 0);
  fixture_end(&f);
}

static void every_mode_treats_an_absent_file_as_it_says(void) {
  struct fixture f;
  simdr_store *store = NULL;
  temp_dir_make(&f.dir);
  f.store = NULL;
  temp_path(&f.dir, "absent.simdr", f.path);
  FAILS(open_with(&f, SIMDR_OPEN_EXISTING, &store), SIMDR_ERR_NO_SUCH_FILE, "absent.simdr");
  FAILS(open_with(&f, SIMDR_OPEN_READ_ONLY, &store), SIMDR_ERR_NO_SUCH_FILE, "absent.simdr");
  CHECK(store == NULL);
  CHECK(!file_is_there(f.path));
  OK(open_with(&f, SIMDR_OPEN_CREATE, &store));
  simdr_store_close(store);
  CHECK(unlink(f.path) == 0);
  OK(open_with(&f, SIMDR_OPEN_CREATE_NEW, &store));
  simdr_store_close(store);
  CHECK(file_is_there(f.path));
  fixture_end(&f);
}

static void every_mode_treats_a_store_that_is_there_as_it_says(void) {
  static const uint32_t modes[] = {SIMDR_OPEN_CREATE, SIMDR_OPEN_EXISTING, SIMDR_OPEN_READ_ONLY};
  struct fixture f;
  simdr_store *store = NULL;
  size_t i;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  fixture_close_store(&f);
  for (i = 0; i < COUNT_OF(modes); i++) {
    REQUIRE(OK(open_with(&f, modes[i], &store)));
    HAS(store, "key", "value");
    CHECK_I64(simdr_store_is_read_only(store), modes[i] == SIMDR_OPEN_READ_ONLY);
    OK(simdr_store_close_checked(store, &err));
  }
  store = NULL;
  OUTCOME(open_with(&f, SIMDR_OPEN_CREATE_NEW, &store), SIMDR_EXISTS);
  CHECK(store == NULL);
  fixture_end(&f);
}

static void opening_and_closing_changes_not_one_byte(void) {
  static const uint32_t modes[] = {SIMDR_OPEN_CREATE, SIMDR_OPEN_EXISTING, SIMDR_OPEN_READ_ONLY};
  struct fixture f;
  struct stat before, after;
  uint8_t *was, *is;
  size_t was_size = 0, is_size = 0, i;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "one", "1");
  PUT(f.store, "two", "22");
  fixture_close_store(&f);
  was = file_read(f.path, SIZE_MAX, &was_size);
  CHECK(stat(f.path, &before) == 0);
  for (i = 0; i < COUNT_OF(modes); i++) {
    simdr_store *store = NULL;
    OK(open_with(&f, modes[i], &store));
    simdr_store_close(store);
    is = file_read(f.path, SIZE_MAX, &is_size);
    CHECK_U64(is_size, was_size);
    CHECK_BYTES(is, was, was_size);
    free(is);
  }
  CHECK(stat(f.path, &after) == 0);
  CHECK_U64(after.st_ino, before.st_ino);
  CHECK_U64(after.st_mode, before.st_mode);
  free(was);
  fixture_end(&f);
}

static void a_created_file_gets_the_asked_mode_less_the_umask(void) {
  struct fixture f;
  struct stat info;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  mode_t old_mask = umask(027);
  temp_dir_make(&f.dir);
  temp_path(&f.dir, "plain", f.path);
  OK(simdr_store_open(f.path, NULL, &f.store, &err));
  CHECK(stat(f.path, &info) == 0 && (info.st_mode & 07777) == 0640);
  fixture_close_store(&f);
  temp_path(&f.dir, "private", f.path);
  options.file_mode = 0606;
  OK(simdr_store_open(f.path, &options, &f.store, &err));
  CHECK(stat(f.path, &info) == 0 && (info.st_mode & 07777) == 0600);
  umask(old_mask);
  fixture_end(&f);
}

static void a_reader_sees_what_was_committed_when_it_opened(void) {
  struct fixture f;
  simdr_store *reader = NULL;
  int exists = -1;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "before", "1");
  REQUIRE(OK(open_with(&f, SIMDR_OPEN_READ_ONLY, &reader)));
  PUT(f.store, "after", "2");
  PUT(f.store, "before", "changed");
  HAS(reader, "before", "1");
  LACKS(reader, "after");
  CHECK_U64(simdr_store_count(reader), 1);
  OK(simdr_store_exists(reader, "after", 5, &exists, &err));
  CHECK_I64(exists, 0);
  simdr_store_close(reader);
  HAS(f.store, "after", "2");
  HAS(f.store, "before", "changed");
  REQUIRE(OK(open_with(&f, SIMDR_OPEN_READ_ONLY, &reader)));
  HAS(reader, "before", "changed");
  fixture_close_store(&f); /* the writer goes first and cuts the file */
  HAS(reader, "after", "2");
  CHECK(simdr_store_recovered_from(reader) == NULL);
  simdr_store_close(reader);
  fixture_end(&f);
}

static void small_windows_and_reservations_hold_as_much(void) {
  enum { kCount = 400 };
  static const uint32_t flags[] = {0, SIMDR_OPEN_DIRECT_WRITES, SIMDR_OPEN_VERIFY_READS};
  size_t round;
  for (round = 0; round < COUNT_OF(flags); round++) {
    struct fixture f;
    simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
    char key[16];
    int i;
    options.flags = flags[round];
    options.window_size = 65536;
    options.reserve_size = UINT64_C(1) << 30;
    temp_dir_make(&f.dir);
    temp_path(&f.dir, "store", f.path);
    REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
    for (i = 0; i < kCount; i++) {
      size_t size = (size_t)(1 + i * 7 % 3000);
      uint8_t *value = pattern_new(size, (uint64_t)i);
      snprintf(key, sizeof(key), "key %d", i);
      OK(simdr_store_put(f.store, key, strlen(key), value, size, 0, NULL, &err));
      free(value);
    }
    for (i = 0; i < kCount; i++) {
      size_t size = (size_t)(1 + i * 7 % 3000);
      uint8_t *value = pattern_new(size, (uint64_t)i);
      snprintf(key, sizeof(key), "key %d", i);
      HAS_BYTES(f.store, key, value, size);
      free(value);
    }
    fixture_close_store(&f);
    fixture_end(&f);
  }
}

struct log_lines {
  int count;
  int32_t last_level;
  char last[512];
};
static void remember_line(int32_t level, const char *message, void *user_data) {
  struct log_lines *lines = (struct log_lines *)user_data;
  lines->count++;
  lines->last_level = level;
  snprintf(lines->last, sizeof(lines->last), "%s", message);
}

static void a_damaged_end_is_told_to_the_log_and_the_caller(void) {
  static const uint8_t torn[37] = {'t', 'o', 'r', 'n'};
  struct fixture f;
  struct log_lines lines = {0, 0, ""};
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  FILE *file;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  fixture_close_store(&f);
  file = fopen(f.path, "ab");
  REQUIRE(file != NULL);
  CHECK(fwrite(torn, 1, sizeof(torn), file) == sizeof(torn));
  fclose(file);
  options.log = remember_line;
  options.log_user_data = &lines;
  options.mode = SIMDR_OPEN_READ_ONLY;
  REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
  REQUIRE(simdr_store_recovered_from(f.store) != NULL);
  CHECK(simdr_store_recovered_from(f.store)[0] != '\0');
  CHECK(strchr(simdr_store_recovered_from(f.store), '\n') == NULL);
  HAS(f.store, "key", "value");
  CHECK(lines.count >= 1);
  CHECK(lines.last_level >= SIMDR_LOG_ERROR && lines.last_level <= SIMDR_LOG_INFO);
  CHECK(lines.last[0] != '\0');
  fixture_close_store(&f);
  CHECK_U64(file_size_of(f.path), 64 * 0 + 5 + 20 + sizeof(torn)); /* reading has repaired nothing */
  fixture_reopen(&f);
  HAS(f.store, "key", "value");
  PUT(f.store, "next", "written over the torn end");
  fixture_close_store(&f);
  fixture_reopen(&f);
  CHECK(simdr_store_recovered_from(f.store) == NULL);
  HAS(f.store, "next", "written over the torn end");
  fixture_end(&f);
}

static void closing_null_is_allowed(void) {
  simdr_store_close(NULL);
  simdr_entry_unref(NULL);
  simdr_iterator_free(NULL);
  simdr_stream_free(NULL);
  simdr_reservation_abort(NULL);
}

static void descriptors_are_not_inherited_over_exec(void) {
  struct fixture f;
  int fd, found = 0;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  for (fd = 3; fd < 256; fd++) {
    struct stat opened, file;
    if (fstat(fd, &opened) != 0 || stat(f.path, &file) != 0 || opened.st_ino != file.st_ino) continue;
    found++;
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  }
  CHECK(found > 0);
  fixture_end(&f);
}

static void nothing_is_left_beside_the_store(void) {
  struct fixture f;
  DIR *listing;
  struct dirent *item;
  int count = 0;
  simdr_stream *stream = NULL;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  OK(simdr_stream_open(f.store, "s", 1, 0, &stream, &err));
  OK(simdr_stream_write(stream, "abc", 3, &err));
  simdr_stream_free(stream);
  OK(simdr_store_compact(f.store, NULL, &err));
  fixture_close_store(&f);
  listing = opendir(f.dir.path);
  REQUIRE(listing != NULL);
  while ((item = readdir(listing)) != NULL) {
    if (item->d_name[0] != '.' || strlen(item->d_name) > 2) {
      count++;
      CHECK_TEXT(item->d_name, "store.simdr");
    }
  }
  closedir(listing);
  CHECK_I64(count, 1);
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(a_new_store_is_empty_and_says_what_it_is),
      CASE(every_mode_treats_an_absent_file_as_it_says),
      CASE(every_mode_treats_a_store_that_is_there_as_it_says),
      CASE(opening_and_closing_changes_not_one_byte),
      CASE(a_created_file_gets_the_asked_mode_less_the_umask),
      CASE(a_reader_sees_what_was_committed_when_it_opened),
      CASE(small_windows_and_reservations_hold_as_much),
      CASE(a_damaged_end_is_told_to_the_log_and_the_caller),
      CASE(closing_null_is_allowed),
      CASE(descriptors_are_not_inherited_over_exec),
      CASE(nothing_is_left_beside_the_store),
  };
  return CHECK_RUN(cases);
}
