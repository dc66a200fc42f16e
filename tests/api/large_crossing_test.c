/* Entries that lie across 2^32: written in every way, at every distance at which some part of an entry does. */
#include "sparse_file.h"

static const uint64_t two_to_32 = (uint64_t)1 << 32;

/* "first", a hole, and "last": the newest checksum is read at opening too. The tail is then `before` bytes below
 * 2^32. */
static const char *make_file_ending(struct fixture *f, uint64_t before) {
  struct sparse_file file;
  temp_dir_make(&f->dir);
  temp_path(&f->dir, "store", f->path);
  f->store = NULL;
  sparse_open(&file, f->path, 64, 20);
  sparse_put(&file, "first", "a small value before it", 23);
  /* "last" ends where it is to, so the hole ends at the multiple of 64 before its payload. */
  sparse_put_hole(&file, "hole", (two_to_32 - before - 20 - 64) / 64 * 64 - 64 - 20);
  sparse_put(&file, "last",
             "as many bytes of this text as it takes for the tail to be where it is to be, at most 128 of them in"
             " all, whatever it says there.",
             (size_t)(two_to_32 - before - 20 - file.tail));
  CHECK_U64(file.tail, two_to_32 - before);
  return sparse_close(&file);
}
#define FILE_ENDING_OR_SKIP(f, before)                 \
  do {                                                 \
    const char *why_not = make_file_ending(f, before); \
    if (why_not != NULL) temp_dir_remove(&(f)->dir);   \
    if (why_not != NULL) SKIP(why_not);                \
  } while (0)

static void reopens_with(struct fixture *f, const char *key, const uint8_t *value, size_t size) {
  simdr_entry_info info = SIMDR_ENTRY_INFO_INIT;
  HAS_BYTES(f->store, key, value, size);
  fixture_close_store(f);
  fixture_reopen(f);
  CHECK(simdr_store_recovered_from(f->store) == NULL);
  HAS(f->store, "first", "a small value before it");
  HAS_BYTES(f->store, key, value, size);
  OK(simdr_store_metadata(f->store, key, strlen(key), &info, &err));
  CHECK(info.prev_tail < two_to_32 && info.tail_offset > two_to_32);
}

/* The pad, the payload, the trailer, its halves; and a deletion, which has no pad, then lies across or behind. */
static void entries_at_every_distance_are_there_after_reopening(void) {
  static const uint32_t flags[] = {0, SIMDR_OPEN_DIRECT_WRITES};
  uint64_t before;
  for (before = 1; before < 128; before++) {
    struct fixture f;
    simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
    simdr_iterator *iterator = NULL;
    simdr_view view;
    uint64_t tail = 0;
    size_t count, walked = 0;
    options.flags = flags[before % 2];
    FILE_ENDING_OR_SKIP(&f, before);
    REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
    if (before % 3 == 0) {
      OK(simdr_store_remove(f.store, "first", 5, 0, &tail, &err));
      CHECK_U64(tail, two_to_32 - before + 21);
    }
    PUT(f.store, "across", "a value of thirty-five bytes, or so");
    PUT(f.store, "behind", "another one");
    fixture_close_store(&f);
    fixture_reopen(&f);
    CHECK(simdr_store_recovered_from(f.store) == NULL);
    HAS(f.store, "across", "a value of thirty-five bytes, or so");
    HAS(f.store, "behind", "another one");
    if (before % 3 == 0) {
      LACKS(f.store, "first");
    } else {
      HAS(f.store, "first", "a small value before it");
    }
    REQUIRE_OK(simdr_iterator_open(f.store, 0, &iterator, &err));
    while (simdr_iterator_next_views(iterator, &view, 1, &count, &err) == SIMDR_OK) walked += count;
    CHECK_U64(walked, before % 3 == 0 ? 4 : 5);
    simdr_iterator_free(iterator);
    fixture_end(&f);
  }
}

static void a_value_built_in_place_across_it(void) {
  enum { kSize = 1 << 20 };
  uint8_t *value = pattern_new(kSize, 1);
  struct fixture f;
  simdr_reservation *reservation = NULL;
  void *room = NULL;
  uint64_t tail = 0;
  FILE_ENDING_OR_SKIP(&f, 100000);
  REQUIRE(fixture_reopen(&f));
  REQUIRE_OK(simdr_store_reserve(f.store, "built", 5, kSize, 0, &reservation, &room, &err));
  CHECK_U64((uintptr_t)room % 64, 0);
  memset(room, 0x55, kSize);
  simdr_reservation_abort(reservation);
  LACKS(f.store, "built");
  REQUIRE_OK(simdr_store_reserve(f.store, "built", 5, kSize, 0, &reservation, &room, &err));
  memcpy(room, value, kSize);
  OK(simdr_reservation_commit(reservation, &tail, &err));
  CHECK(tail > two_to_32);
  reopens_with(&f, "built", value, kSize);
  free(value);
  fixture_end(&f);
}

static void values_larger_than_a_window_across_it(void) {
  enum { kSize = (9 << 20) + 77 };
  static const char *const keys[] = {"put", "pushed", "from a descriptor"};
  uint8_t *value = pattern_new(kSize, 2);
  size_t i;
  for (i = 0; i < COUNT_OF(keys); i++) {
    struct fixture f;
    simdr_stream *stream = NULL;
    char path[1024];
    int fd;
    FILE_ENDING_OR_SKIP(&f, 3 << 20);
    REQUIRE(fixture_reopen(&f));
    switch (i) {
      case 0:
        OK(simdr_store_put(f.store, keys[i], strlen(keys[i]), value, kSize, SIMDR_DURABILITY_COMMIT, NULL, &err));
        break;
      case 1:
        REQUIRE_OK(simdr_stream_open(f.store, keys[i], strlen(keys[i]), 0, &stream, &err));
        OK(simdr_stream_write(stream, value, 5 << 20, &err));
        OK(simdr_stream_write(stream, value + (5 << 20), kSize - (5 << 20), &err));
        OK(simdr_stream_commit(stream, NULL, &err));
        simdr_stream_free(stream);
        break;
      default:
        REQUIRE(file_write(temp_path(&f.dir, "source", path), value, kSize));
        fd = open(path, O_RDONLY | O_CLOEXEC);
        OK(simdr_store_put_fd(f.store, keys[i], strlen(keys[i]), fd, 0, NULL, &err));
        close(fd);
    }
    reopens_with(&f, keys[i], value, kSize);
    fixture_end(&f);
  }
  free(value);
}

static void a_batch_across_it(void) {
  enum { kCount = 1000, kSize = 1021 };
  static uint8_t values[kCount][kSize];
  static int names[kCount];
  static simdr_bytes keys[kCount], bytes[kCount];
  static simdr_entry *entries[kCount];
  struct fixture f;
  uint64_t tail = 0;
  size_t found = 0;
  int i, reopened;
  for (i = 0; i < kCount; i++) {
    names[i] = i;
    pattern_fill(values[i], kSize, (uint64_t)i);
    keys[i].data = &names[i];
    keys[i].size = sizeof(int);
    bytes[i].data = values[i];
    bytes[i].size = kSize;
  }
  FILE_ENDING_OR_SKIP(&f, 500000);
  REQUIRE(fixture_reopen(&f));
  OK(simdr_store_put_many(f.store, keys, kCount, bytes, kCount, SIMDR_DURABILITY_COMMIT, &tail, &err));
  CHECK(tail > two_to_32);
  for (reopened = 0; reopened < 2; reopened++) {
    REQUIRE_OK(simdr_store_get_many(f.store, keys, kCount, entries, &found, &err));
    CHECK_U64(found, kCount);
    for (i = 0; i < kCount; i++) {
      CHECK_U64(simdr_entry_size(entries[i]), kSize);
      CHECK_BYTES(simdr_entry_data(entries[i]), values[i], kSize);
      simdr_entry_unref(entries[i]);
    }
    HAS(f.store, "first", "a small value before it");
    fixture_close_store(&f);
    fixture_reopen(&f);
  }
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(entries_at_every_distance_are_there_after_reopening),
      CASE(a_value_built_in_place_across_it),
      CASE(values_larger_than_a_window_across_it),
      CASE(a_batch_across_it),
  };
  return CHECK_RUN(cases);
}
