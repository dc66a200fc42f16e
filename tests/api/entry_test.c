/* What an entry says of itself, typed views of it, reading it in pieces, and the copying read of the store. */
#include "child.h"
#include "format_model.h"
#include "store_fixture.h"

static void an_entry_says_what_the_file_says(void) {
  struct fixture f;
  simdr_entry *entry = NULL;
  simdr_entry_info info = SIMDR_ENTRY_INFO_INIT, same = SIMDR_ENTRY_INFO_INIT;
  uint32_t crc = model_crc32("payload", 7);
  uint8_t raw[4];
  const void *begin = NULL, *end = NULL;
  size_t i;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "before", "12345"); /* ends at 25 */
  PUT(f.store, "key", "payload");
  REQUIRE_OK(simdr_store_get(f.store, "key", 3, &entry, &err));
  CHECK_U64(simdr_entry_size(entry), 7);
  CHECK_U64(simdr_entry_size_with_metadata(entry), 27);
  CHECK_U64(simdr_entry_key_hash(entry), simdr_key_hash("key", 3));
  CHECK_U64(simdr_entry_checksum(entry), crc);
  simdr_entry_checksum_bytes(entry, raw);
  for (i = 0; i < 4; i++) CHECK_U64(raw[i], (uint8_t)(crc >> (8 * i)));
  CHECK_I64(simdr_entry_checksum_ok(entry), 1);
  CHECK_U64(simdr_entry_start_offset(entry), 64);
  CHECK_U64(simdr_entry_end_offset(entry), 71);
  simdr_entry_address_range(entry, &begin, &end);
  CHECK(begin == simdr_entry_data(entry));
  CHECK((const char *)end - (const char *)begin == 7);
  REQUIRE_OK(simdr_entry_info_of(entry, &info, &err));
  CHECK_U64(info.size, sizeof(info));
  CHECK_U64(info.key_hash, simdr_key_hash("key", 3));
  CHECK_U64(info.payload_offset, 64);
  CHECK_U64(info.payload_size, 7);
  CHECK_U64(info.trailer_offset, 71);
  CHECK_U64(info.prev_tail, 25);
  CHECK_U64(info.tail_offset, 91);
  CHECK_U64(info.checksum, crc);
  CHECK_U64(info.reserved, 0);
  REQUIRE_OK(simdr_store_metadata(f.store, "key", 3, &same, &err));
  CHECK_BYTES(&same, &info, sizeof(info));
  memset(&same, 0, sizeof(same));
  same.size = sizeof(same);
  REQUIRE_OK(simdr_store_metadata_hashed(f.store, simdr_key_hash("key", 3), &same, &err));
  CHECK_BYTES(&same, &info, sizeof(info));
  OUTCOME(simdr_store_metadata(f.store, "absent", 6, &same, &err), SIMDR_NOT_FOUND);
  OUTCOME(simdr_store_metadata_hashed(f.store, 1, &same, &err), SIMDR_NOT_FOUND);
  CHECK_BYTES(&same, &info, sizeof(info));
  simdr_entry_unref(entry);
  fixture_end(&f);
}

static void a_mapping_id_tells_one_mapping_from_another(void) {
  struct fixture f, g;
  simdr_entry *a = NULL, *b = NULL, *elsewhere = NULL, *later = NULL;
  REQUIRE(fixture_open(&f) && fixture_open(&g));
  PUT(f.store, "a", "1");
  PUT(f.store, "b", "2");
  PUT(g.store, "a", "1");
  REQUIRE_OK(simdr_store_get(f.store, "a", 1, &a, &err));
  REQUIRE_OK(simdr_store_get(f.store, "b", 1, &b, &err));
  REQUIRE_OK(simdr_store_get(g.store, "a", 1, &elsewhere, &err));
  CHECK_U64(simdr_entry_mapping_id(a), simdr_entry_mapping_id(b));
  CHECK(simdr_entry_mapping_id(a) != simdr_entry_mapping_id(elsewhere));
  OK(simdr_store_compact(f.store, NULL, &err));
  REQUIRE_OK(simdr_store_get(f.store, "a", 1, &later, &err));
  CHECK(simdr_entry_mapping_id(a) != simdr_entry_mapping_id(later));
  simdr_entry_unref(a);
  simdr_entry_unref(b);
  simdr_entry_unref(elsewhere);
  simdr_entry_unref(later);
  fixture_end(&f);
  fixture_end(&g);
}

static void a_typed_view_is_in_place(void) {
  struct fixture f;
  simdr_entry *entry = NULL;
  float numbers[100], buffer[100];
  const void *data = NULL;
  size_t count = 0, i;
  for (i = 0; i < 100; i++) numbers[i] = (float)i * 0.5f;
  REQUIRE(fixture_open(&f));
  OK(simdr_store_put(f.store, "floats", 6, numbers, sizeof(numbers), 0, NULL, &err));
  REQUIRE_OK(simdr_store_get(f.store, "floats", 6, &entry, &err));
  REQUIRE_OK(simdr_entry_typed_view(entry, sizeof(float), 0, &data, &count, &err));
  CHECK(data == simdr_entry_data(entry));
  CHECK_U64(count, 100);
  CHECK_BYTES(data, numbers, sizeof(numbers));
  OK(simdr_entry_typed_view(entry, 16, 64, &data, &count, &err));
  CHECK_U64(count, 25);
  OK(simdr_entry_typed_view(entry, 100, 0, &data, &count, &err)); /* the alignment that fits 100 is 64 */
  CHECK_U64(count, 4);
  data = NULL;
  OK(simdr_entry_typed_view_or_copy(entry, sizeof(float), sizeof(float), buffer, sizeof(buffer), &data, &count, &err));
  CHECK(data == simdr_entry_data(entry)); /* no need to copy */
  OK(simdr_entry_typed_view_or_copy(entry, sizeof(float), 0, NULL, 0, &data, &count, &err));
  CHECK(data == simdr_entry_data(entry));
  simdr_entry_unref(entry);
  fixture_end(&f);
}

static void a_typed_view_that_cannot_be_is_an_error(void) {
  struct fixture f;
  simdr_entry *entry = NULL;
  const void *data = &f;
  size_t count = 7;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "1234567");
  REQUIRE_OK(simdr_store_get(f.store, "key", 3, &entry, &err));
  FAILS(simdr_entry_typed_view(entry, 4, 0, &data, &count, &err), SIMDR_ERR_PARTIAL_ELEMENT, "elements of");
  FAILS(simdr_entry_typed_view(entry, 8, 8, &data, &count, &err), SIMDR_ERR_PARTIAL_ELEMENT, "elements of");
  FAILS(simdr_entry_typed_view(entry, 0, 1, &data, &count, &err), SIMDR_ERR_INVALID_ARGUMENT, "element_size");
  FAILS(simdr_entry_typed_view(entry, 1, 3, &data, &count, &err), SIMDR_ERR_INVALID_ARGUMENT, "alignment");
  FAILS(simdr_entry_typed_view_or_copy(entry, 2, 0, NULL, 0, &data, &count, &err), SIMDR_ERR_PARTIAL_ELEMENT,
        "elements of");
  CHECK(data == &f);
  CHECK_U64(count, 7);
  simdr_entry_unref(entry);
  fixture_end(&f);
}

static void an_entry_is_read_in_pieces(void) {
  struct fixture f;
  uint8_t *value = pattern_new(10000, 1), buffer[777];
  simdr_entry *entry = NULL;
  uint64_t at = 0;
  size_t got;
  REQUIRE(fixture_open(&f));
  OK(simdr_store_put(f.store, "key", 3, value, 10000, 0, NULL, &err));
  REQUIRE_OK(simdr_store_get(f.store, "key", 3, &entry, &err));
  while ((got = simdr_entry_read(entry, at, buffer, sizeof(buffer))) > 0) {
    CHECK(got == sizeof(buffer) || at + got == 10000);
    CHECK_BYTES(buffer, value + at, got);
    at += got;
  }
  CHECK_U64(at, 10000);
  CHECK_U64(simdr_entry_read(entry, 9999, buffer, 2), 1);
  CHECK_U64(simdr_entry_read(entry, 10000, buffer, 1), 0);
  CHECK_U64(simdr_entry_read(entry, UINT64_MAX, buffer, sizeof(buffer)), 0);
  CHECK_U64(simdr_entry_read(entry, 0, NULL, 0), 0);
  simdr_entry_unref(entry);
  free(value);
  fixture_end(&f);
}

struct sink {
  uint8_t bytes[200000];
  size_t size, largest;
  int calls, stop_at_call;
};
static int take(const void *data, size_t size, void *user_data) {
  struct sink *to = (struct sink *)user_data;
  if (++to->calls == to->stop_at_call) return 42;
  if (to->size + size > sizeof(to->bytes)) return -1;
  memcpy(to->bytes + to->size, data, size);
  to->size += size;
  if (size > to->largest) to->largest = size;
  return 0;
}

static void an_entry_is_written_out_in_chunks(void) {
  static struct sink to;
  static const size_t chunk_sizes[] = {0, 1000, 65536, 200000, SIZE_MAX};
  struct fixture f;
  uint8_t *value = pattern_new(200000, 2);
  simdr_entry *entry = NULL;
  size_t i;
  REQUIRE(fixture_open(&f));
  OK(simdr_store_put(f.store, "key", 3, value, 200000, 0, NULL, &err));
  REQUIRE_OK(simdr_store_get(f.store, "key", 3, &entry, &err));
  for (i = 0; i < COUNT_OF(chunk_sizes); i++) {
    memset(&to, 0, sizeof(to));
    OK(simdr_entry_write_to(entry, chunk_sizes[i], take, &to, &err));
    CHECK_U64(to.size, 200000);
    CHECK(to.largest <= (chunk_sizes[i] == 0 ? 65536 : chunk_sizes[i]));
    CHECK_BYTES(to.bytes, value, 200000);
  }
  memset(&to, 0, sizeof(to));
  to.stop_at_call = 3;
  CHECK_I64(simdr_entry_write_to(entry, 1000, take, &to, &err), SIMDR_STOPPED);
  CHECK_I64(err.callback_result, 42);
  CHECK_I64(to.calls, 3);
  simdr_entry_unref(entry);
  free(value);
  fixture_end(&f);
}

static void an_entry_is_written_to_a_descriptor(void) {
  struct fixture f;
  uint8_t *value = pattern_new(300000, 3), *read_back;
  simdr_entry *entry = NULL;
  char path[1024];
  size_t size = 0;
  int fd;
  REQUIRE(fixture_open(&f));
  OK(simdr_store_put(f.store, "key", 3, value, 300000, 0, NULL, &err));
  REQUIRE_OK(simdr_store_get(f.store, "key", 3, &entry, &err));
  fd = open(temp_path(&f.dir, "out", path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  OK(simdr_entry_write_fd(entry, fd, &err));
  close(fd);
  read_back = file_read(path, SIZE_MAX, &size);
  CHECK_U64(size, 300000);
  CHECK_BYTES(read_back, value, size);
  fd = open(path, O_RDONLY | O_CLOEXEC);
  FAILS(simdr_entry_write_fd(entry, fd, &err), SIMDR_ERR_SINK, "fd");
  CHECK_I64(err.os_error, EBADF);
  close(fd);
  fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
  if (fd >= 0) {
    FAILS(simdr_entry_write_fd(entry, fd, &err), SIMDR_ERR_SINK, "fd");
    CHECK_I64(err.os_error, ENOSPC);
    close(fd);
  }
  simdr_entry_unref(entry);
  free(read_back);
  free(value);
  fixture_end(&f);
}

static void the_copying_read_reads_any_part(void) {
  struct fixture f;
  uint8_t *value = pattern_new(100000, 4), *buffer = (uint8_t *)malloc(100001);
  size_t size = 0;
  uint64_t whole = 0;
  int reopened;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "small", "0123456789");
  OK(simdr_store_put(f.store, "large", 5, value, 100000, 0, NULL, &err));
  for (reopened = 0; reopened < 2; reopened++) {
    memset(buffer, 0, 100001);
    OK(simdr_store_read(f.store, "large", 5, 0, buffer, 100001, &size, &whole, &err));
    CHECK_U64(size, 100000);
    CHECK_U64(whole, 100000);
    CHECK_BYTES(buffer, value, 100000);
    OK(simdr_store_read(f.store, "small", 5, 3, buffer, 4, &size, &whole, &err));
    CHECK_U64(size, 4);
    CHECK_U64(whole, 10);
    CHECK_BYTES(buffer, "3456", 4);
    OK(simdr_store_read(f.store, "small", 5, 8, buffer, 100, &size, NULL, &err));
    CHECK_U64(size, 2);
    OK(simdr_store_read(f.store, "small", 5, 10, buffer, 100, &size, NULL, &err));
    CHECK_U64(size, 0);
    OK(simdr_store_read(f.store, "small", 5, UINT64_MAX, buffer, 100, &size, NULL, &err));
    CHECK_U64(size, 0);
    size = 9;
    OK(simdr_store_read(f.store, "small", 5, 0, NULL, 0, &size, &whole, &err)); /* only asks for the size */
    CHECK_U64(size, 0);
    CHECK_U64(whole, 10);
    size = 9;
    OUTCOME(simdr_store_read(f.store, "absent", 6, 0, buffer, 100, &size, &whole, &err), SIMDR_NOT_FOUND);
    CHECK_U64(size, 9);
    fixture_close_store(&f);
    fixture_reopen(&f);
  }
  free(buffer);
  free(value);
  fixture_end(&f);
}

/* Another program cuts the file: the copying read says so and no signal comes, or the child would die of it. */
static int reads_a_file_cut_short(void *arg) {
  struct fixture f;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  uint8_t *value = pattern_new(1 << 20, 5), *buffer = (uint8_t *)malloc(1 << 20);
  size_t size = 9;
  (void)arg;
  if (!fixture_open(&f)) return 1;
  PUT(f.store, "first", "stays");
  OK(simdr_store_put(f.store, "large", 5, value, 1 << 20, 0, NULL, &err));
  fixture_close_store(&f);
  options.mode = SIMDR_OPEN_READ_ONLY;
  if (!OK(simdr_store_open(f.path, &options, &f.store, &err))) return 1;
  CHECK(truncate(f.path, 500000) == 0);
  FAILS(simdr_store_read(f.store, "large", 5, 0, buffer, 1 << 20, &size, NULL, &err), SIMDR_ERR_IO, "");
  CHECK_U64(size, 9);
  free(buffer);
  free(value);
  fixture_end(&f);
  return 0;
}
static void the_copying_read_survives_a_file_cut_short(void) { CHILD_OK(reads_a_file_cut_short, NULL); }

/* How many mappings of the file this process has. */
static int mappings_of(const char *path) {
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[4096];
  int count = 0;
  if (maps == NULL) return -1;
  while (fgets(line, sizeof(line), maps) != NULL) count += strstr(line, path) != NULL;
  fclose(maps);
  return count;
}

/* Handles are used again after they were given back, and keep the file mapped no longer than the last of them. */
static void the_last_entry_lets_the_mapping_go(void) {
  enum { COUNT = 3000 };
  struct fixture f;
  simdr_entry *entries[COUNT] = {NULL};
  char path[sizeof(f.path)];
  int round, i;
  REQUIRE(fixture_open(&f));
  memcpy(path, f.path, sizeof(path));
  PUT(f.store, "a", "one");
  PUT(f.store, "b", "three");
  for (round = 0; round < 3; round++) {
    for (i = 0; i < COUNT; i++) REQUIRE_OK(simdr_store_get(f.store, i % 2 ? "a" : "b", 1, &entries[i], &err));
    for (i = 0; i < COUNT; i++) CHECK_BYTES(simdr_entry_data(entries[i]), i % 2 ? "one" : "three", i % 2 ? 3 : 5);
    for (i = 1; i < COUNT; i++) CHECK(entries[i] != entries[i - 1]);
    for (i = 0; i < COUNT - 2; i++) simdr_entry_unref(entries[i]);
    if (round < 2) {
      simdr_entry_unref(entries[COUNT - 2]);
      simdr_entry_unref(entries[COUNT - 1]);
    }
  }
  CHECK(mappings_of(path) > 0);
  fixture_close_store(&f);
  CHECK_I64(mappings_of(path), 1);
  CHECK_BYTES(simdr_entry_data(entries[COUNT - 2]), "three", 5);
  simdr_entry_unref(entries[COUNT - 2]);
  CHECK_BYTES(simdr_entry_data(entries[COUNT - 1]), "one", 3);
  simdr_entry_unref(entries[COUNT - 1]);
  CHECK_I64(mappings_of(path), 0);
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(an_entry_says_what_the_file_says),
      CASE(a_mapping_id_tells_one_mapping_from_another),
      CASE(a_typed_view_is_in_place),
      CASE(a_typed_view_that_cannot_be_is_an_error),
      CASE(an_entry_is_read_in_pieces),
      CASE(an_entry_is_written_out_in_chunks),
      CASE(an_entry_is_written_to_a_descriptor),
      CASE(the_last_entry_lets_the_mapping_go),
      CASE(the_copying_read_reads_any_part),
      CASE(the_copying_read_survives_a_file_cut_short),
  };
  return CHECK_RUN(cases);
}
