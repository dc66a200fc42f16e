/* A store of more than 5 GiB: values and offsets beyond 2^32, read and written. The large value is a hole. */
#include "sparse_file.h"

static const uint64_t hole_size = 5 * GIB + NO_PAD_SIZE;
static const uint64_t two_to_32 = (uint64_t)1 << 32;

#define LARGE_STORE_OR_SKIP(f)                                 \
  do {                                                         \
    LARGE_FILE_OR_SKIP(f, 5 * GIB, 64, 20);                    \
    if (!CHECK(file_size_of((f)->path) > two_to_32)) return;   \
    if (!fixture_reopen(f)) return;                            \
    CHECK(simdr_store_recovered_from((f)->store) == NULL);     \
    CHECK_U64(simdr_store_count((f)->store), kAboveCount + 2); \
  } while (0)

static void has_zeros_at(const uint8_t *data, uint64_t offset) {
  static const uint8_t zeros[64];
  CHECK_BYTES(data + offset, zeros, sizeof(zeros));
}

static int count_bytes(const void *data, size_t size, void *user_data) {
  uint64_t *counts = (uint64_t *)user_data;
  (void)data;
  counts[0]++;
  counts[1] += size;
  return 0;
}

static void a_value_of_5_gib_is_read_in_place(void) {
  struct fixture f;
  simdr_entry *entry = NULL, *many[2];
  simdr_view view, views[2];
  simdr_bytes keys[2] = {{"hole", 4}, {"above 99", 8}};
  const void *elements = NULL, *begin, *end;
  uint64_t counts[2] = {0, 0};
  size_t count = 0, found = 0;
  const uint8_t *data;
  int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
  LARGE_STORE_OR_SKIP(&f);
  REQUIRE_OK(simdr_store_get(f.store, "hole", 4, &entry, &err));
  CHECK_U64(simdr_entry_size(entry), hole_size);
  CHECK_U64(simdr_entry_size_with_metadata(entry), hole_size + 20);
  CHECK_U64(simdr_entry_start_offset(entry), 64);
  CHECK_U64(simdr_entry_end_offset(entry), 64 + hole_size);
  CHECK_U64(simdr_entry_checksum(entry), crc_of_zeros(hole_size));
  data = (const uint8_t *)simdr_entry_data(entry);
  CHECK_U64((uintptr_t)data % 64, 0);
  simdr_entry_address_range(entry, &begin, &end);
  CHECK(begin == data && end == data + hole_size);
  has_zeros_at(data, 0);
  has_zeros_at(data, hole_size / 2);
  has_zeros_at(data, two_to_32 - 32);
  has_zeros_at(data, hole_size - 64);
  CHECK_U64(data[hole_size], simdr_key_hash("hole", 4) & 0xFF); /* the trailer */
  OK(simdr_entry_typed_view(entry, 4, 64, &elements, &count, &err));
  CHECK(elements == data);
  CHECK_U64(count, hole_size / 4);
  FAILS(simdr_entry_typed_view(entry, 8192, 64, &elements, &count, &err), SIMDR_ERR_PARTIAL_ELEMENT, "");
  /* None of the bytes are looked at. */
  OK(simdr_entry_write_to(entry, GIB, count_bytes, counts, &err));
  CHECK_U64(counts[0], 6);
  CHECK_U64(counts[1], hole_size);
  OK(simdr_entry_write_to(entry, SIZE_MAX, count_bytes, counts, &err));
  CHECK_U64(counts[0], 7);
  OK(simdr_entry_write_fd(entry, fd, &err));

  OK(simdr_store_view(f.store, "hole", 4, &view, &err));
  CHECK(view.data == data);
  CHECK_U64(view.size, hole_size);
  OK(simdr_store_view_many(f.store, keys, 2, views, &found, &err));
  CHECK_U64(found, 2);
  CHECK_U64(views[0].size, hole_size);
  CHECK(views[1].payload_offset > two_to_32);
  CHECK((const uint8_t *)views[1].data == data - 64 + views[1].payload_offset);
  OK(simdr_store_get_many(f.store, keys, 2, many, &found, &err));
  CHECK_U64(simdr_entry_size(many[0]), hole_size);
  CHECK(simdr_entry_start_offset(many[1]) > two_to_32);
  CHECK_I64(simdr_entry_checksum_ok(many[1]), 1);
  simdr_entry_unref(many[0]);
  simdr_entry_unref(many[1]);
  simdr_entry_unref(entry);
  close(fd);
  fixture_end(&f);
}

static void parts_of_a_value_of_5_gib_are_copied(void) {
  static const uint8_t zeros[100];
  const uint64_t positions[] = {0, two_to_32 - 50, two_to_32, hole_size - 100};
  struct fixture f;
  simdr_entry *entry = NULL;
  uint8_t buffer[100];
  uint64_t value_size = 0;
  size_t size = 7, i;
  LARGE_STORE_OR_SKIP(&f);
  REQUIRE_OK(simdr_store_get(f.store, "hole", 4, &entry, &err));
  for (i = 0; i < COUNT_OF(positions); i++) {
    memset(buffer, 0x55, sizeof(buffer));
    CHECK_U64(simdr_entry_read(entry, positions[i], buffer, sizeof(buffer)), sizeof(buffer));
    CHECK_BYTES(buffer, zeros, sizeof(buffer));
    memset(buffer, 0x55, sizeof(buffer));
    OK(simdr_store_read(f.store, "hole", 4, positions[i], buffer, sizeof(buffer), &size, &value_size, &err));
    CHECK_U64(size, sizeof(buffer));
    CHECK_U64(value_size, hole_size);
    CHECK_BYTES(buffer, zeros, sizeof(buffer));
  }
  CHECK_U64(simdr_entry_read(entry, hole_size - 3, buffer, SIZE_MAX), 3);
  CHECK_U64(simdr_entry_read(entry, hole_size, buffer, SIZE_MAX), 0);
  CHECK_U64(simdr_entry_read(entry, UINT64_MAX, buffer, SIZE_MAX), 0);
  OK(simdr_store_read(f.store, "hole", 4, hole_size - 3, buffer, SIZE_MAX, &size, NULL, &err));
  CHECK_U64(size, 3);
  OK(simdr_store_read(f.store, "hole", 4, UINT64_MAX, buffer, SIZE_MAX, &size, NULL, &err));
  CHECK_U64(size, 0);
  simdr_entry_unref(entry);
  fixture_end(&f);
}

static int add_sizes(const simdr_view *view, void *user_data) {
  __atomic_fetch_add((uint64_t *)user_data, view->size, __ATOMIC_RELAXED);
  return 0;
}

static void it_is_iterated_scanned_and_described(void) {
  const uint64_t all_sizes = hole_size + (kAboveCount + 1) * NO_PAD_SIZE;
  struct fixture f;
  simdr_entry_info info = SIMDR_ENTRY_INFO_INIT;
  simdr_stats stats = SIMDR_STATS_INIT;
  simdr_iterator *iterator = NULL;
  simdr_entry *last = NULL;
  simdr_view views[16];
  uint64_t sizes = 0, newer = UINT64_MAX, size;
  size_t count = 0, walked = 0, i;
  LARGE_STORE_OR_SKIP(&f);
  size = file_size_of(f.path);
  has_the_small_values(f.store);
  REQUIRE_OK(simdr_iterator_open(f.store, 0, &iterator, &err));
  while (simdr_iterator_next_views(iterator, views, COUNT_OF(views), &count, &err) == SIMDR_OK) {
    for (i = 0; i < count; i++) {
      CHECK(views[i].payload_offset < newer);
      newer = views[i].payload_offset;
      sizes += views[i].size;
    }
    walked += count;
  }
  CHECK_U64(walked, kAboveCount + 2);
  CHECK_U64(sizes, all_sizes);
  simdr_iterator_free(iterator);
  sizes = 0;
  OK(simdr_store_for_each(f.store, 2, 0, add_sizes, &sizes, &err));
  CHECK_U64(sizes, all_sizes);

  OK(simdr_store_metadata(f.store, "hole", 4, &info, &err));
  CHECK_U64(info.payload_size, hole_size);
  CHECK_U64(info.trailer_offset, 64 + hole_size);
  CHECK_U64(info.prev_tail, 64);
  CHECK_U64(info.tail_offset, 64 + hole_size + 20);
  OK(simdr_store_metadata(f.store, "above 99", 8, &info, &err));
  CHECK_U64(info.tail_offset, size);
  CHECK_U64(info.prev_tail, size - 64);
  OK(simdr_store_last_entry(f.store, &last, &err));
  CHECK_U64(simdr_entry_key_hash(last), simdr_key_hash("above 99", 8));
  simdr_entry_unref(last);
  OK(simdr_store_stats(f.store, &stats, &err));
  CHECK_U64(stats.live_size, all_sizes + (kAboveCount + 2) * 20);
  CHECK_U64(stats.tail_offset, size);
  CHECK_U64(stats.physical_size, size);
  CHECK_U64(simdr_store_compaction_savings(f.store), 0);
  fixture_end(&f);
}

/* What the writes below leave. */
static void has_what_was_written(const simdr_store *store, const uint8_t *big, size_t big_size) {
  LACKS(store, "above 0");
  LACKS(store, "above 1");
  LACKS(store, "above 2");
  LACKS(store, "first");
  HAS(store, "above 3", "replaced");
  HAS(store, "above 4", "replaced as it was expected");
  HAS(store, "moved", "value 005, of just forty-four bytes of text,");
  HAS(store, "new", "put if absent");
  HAS(store, "batch 1", "one");
  HAS(store, "batch 2", "two");
  HAS_BYTES(store, "big", big, big_size);
  HAS_BYTES(store, "streamed", big, big_size);
  CHECK_U64(simdr_store_count(store), kAboveCount + 2 - 5 + 6);
}

static void writes_everything(struct fixture *f, const uint8_t *big, size_t big_size) {
  simdr_bytes keys[2] = {{"batch 1", 7}, {"batch 2", 7}}, values[2] = {{"one", 3}, {"two", 3}};
  simdr_bytes gone[3] = {{"above 1", 7}, {"above 2", 7}, {"first", 5}};
  simdr_entry *entry = NULL;
  simdr_stream *stream = NULL;
  uint64_t tail = 0;
  size_t removed = 0;
  OK(simdr_store_remove(f->store, "above 0", 7, 0, &tail, &err));
  CHECK_U64(tail, file_size_of(f->path) > tail ? tail : 0);
  CHECK(tail > 5 * GIB);
  OK(simdr_store_remove_many(f->store, gone, 3, 0, &removed, &tail, &err));
  CHECK_U64(removed, 3);
  PUT(f->store, "above 3", "replaced");
  REQUIRE_OK(simdr_store_get(f->store, "above 4", 7, &entry, &err));
  OK(simdr_store_put_if_entry(f->store, entry, "replaced as it was expected", 27, 0, &tail, &err));
  OUTCOME(simdr_store_put_if_entry(f->store, entry, "not twice", 9, 0, &tail, &err), SIMDR_CHANGED);
  simdr_entry_unref(entry);
  OK(simdr_store_rename(f->store, "above 5", 7, "moved", 5, 0, &tail, &err));
  OK(simdr_store_put_if_absent(f->store, "new", 3, "put if absent", 13, 0, &tail, &err));
  OUTCOME(simdr_store_put_if_absent(f->store, "above 6", 7, "x", 1, 0, &tail, &err), SIMDR_EXISTS);
  OK(simdr_store_put_many(f->store, keys, 2, values, 2, 0, &tail, &err));
  OK(simdr_store_put(f->store, "big", 3, big, big_size, 0, &tail, &err));
  REQUIRE_OK(simdr_stream_open(f->store, "streamed", 8, 0, &stream, &err));
  OK(simdr_stream_write(stream, big, big_size, &err));
  OK(simdr_stream_commit(stream, &tail, &err));
  simdr_stream_free(stream);
  CHECK_U64(tail, simdr_store_file_size(f->store));
}

static void writes_beyond_it_are_there_after_reopening(void) {
  enum { kBigSize = (3 << 20) + 5 }; /* goes by a system call, and through a stream's file */
  static const struct {
    uint32_t flags, durability;
  } ways[] = {{0, SIMDR_DURABILITY_NONE}, {0, SIMDR_DURABILITY_STRICT}, {SIMDR_OPEN_DIRECT_WRITES, 0}};
  uint8_t *big = pattern_new(kBigSize, 1);
  size_t i;
  for (i = 0; i < COUNT_OF(ways); i++) {
    struct fixture f;
    simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
    simdr_store *reader = NULL;
    uint64_t tail;
    options.flags = ways[i].flags;
    options.durability = ways[i].durability;
    LARGE_STORE_OR_SKIP(&f);
    fixture_close_store(&f);
    REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
    writes_everything(&f, big, kBigSize);
    has_what_was_written(f.store, big, kBigSize);
    options.flags = 0;
    options.mode = SIMDR_OPEN_READ_ONLY;
    REQUIRE_OK(simdr_store_open(f.path, &options, &reader, &err)); /* beside the writer, by its guard */
    has_what_was_written(reader, big, kBigSize);
    simdr_store_close(reader);
    tail = simdr_store_file_size(f.store);
    fixture_close_store(&f);
    CHECK_U64(file_size_of(f.path), tail);
    fixture_reopen(&f);
    CHECK(simdr_store_recovered_from(f.store) == NULL);
    has_what_was_written(f.store, big, kBigSize);
    fixture_end(&f);
  }
  free(big);
}

static void compaction_leaves_a_removed_value_behind(void) {
  struct fixture f;
  simdr_entry *entry = NULL;
  LARGE_STORE_OR_SKIP(&f);
  REQUIRE_OK(simdr_store_get(f.store, "hole", 4, &entry, &err));
  OK(simdr_store_remove(f.store, "hole", 4, 0, NULL, &err));
  CHECK(simdr_store_compaction_savings(f.store) >= hole_size);
  OK(simdr_store_compact(f.store, NULL, &err));
  CHECK_U64(simdr_store_file_size(f.store), (kAboveCount + 1) * 64);
  has_the_small_values(f.store);
  has_zeros_at((const uint8_t *)simdr_entry_data(entry), hole_size - 64); /* of the old file */
  PUT(f.store, "new", "behind it");
  fixture_close_store(&f);
  CHECK(file_size_of(f.path) < 64 << 10);
  simdr_entry_unref(entry);
  fixture_reopen(&f);
  has_the_small_values(f.store);
  HAS(f.store, "new", "behind it");
  LACKS(f.store, "hole");
  fixture_end(&f);
}

static void older_generations_are_read(void) {
  static const struct {
    const char *name;
    uint32_t alignment, trailer_size;
  } generations[] = {{"packed-19", 1, 19}, {"packed-20", 1, 20}, {"aligned-16", 16, 20}, {"aligned-256", 256, 20}};
  size_t i;
  for (i = 0; i < COUNT_OF(generations); i++) {
    struct fixture f;
    simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
    simdr_view view;
    LARGE_FILE_OR_SKIP(&f, 5 * GIB, generations[i].alignment, generations[i].trailer_size);
    FAILS(simdr_store_open(f.path, NULL, &f.store, &err), SIMDR_ERR_OLD_GENERATION, generations[i].name);
    options.mode = SIMDR_OPEN_READ_ONLY;
    REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
    CHECK_TEXT(simdr_store_generation(f.store), generations[i].name);
    CHECK_U64(simdr_store_file_size(f.store), file_size_of(f.path));
    CHECK_U64(simdr_store_count(f.store), kAboveCount + 2);
    OK(simdr_store_view(f.store, "hole", 4, &view, &err));
    CHECK_U64(view.size, hole_size);
    CHECK_U64(view.payload_offset % generations[i].alignment, 0);
    has_zeros_at((const uint8_t *)view.data, hole_size - 64);
    has_the_small_values(f.store);
    fixture_end(&f);
  }
}

/* What `command` prints; NULL when it fails. */
static const char *output_of(const char *command, char out[16384]) {
  FILE *pipe = popen(command, "r");
  size_t size;
  if (pipe == NULL) return NULL;
  size = fread(out, 1, 16383, pipe);
  out[size] = '\0';
  return pclose(pipe) == 0 ? out : NULL;
}

static void the_command_tells_of_it(void) {
  const char *tool = getenv("SIMDR_COMMAND"), *words;
  struct fixture f;
  char command[4096], out[16384], size[32];
  if (tool == NULL) SKIP("the command is not built: SIMDR_COMMAND does not name it");
  LARGE_STORE_OR_SKIP(&f);
  snprintf(size, sizeof(size), " %" PRIu64 " ", file_size_of(f.path));
  snprintf(command, sizeof(command), "'%s' '%s' info", tool, f.path);
  words = output_of(command, out);
  CHECK(words != NULL && strstr(words, size) != NULL && strstr(words, "5.00 GiB") != NULL);
  snprintf(command, sizeof(command), "'%s' '%s' metadata 'above 99'", tool, f.path);
  words = output_of(command, out);
  CHECK(words != NULL && strstr(words, "5368715") != NULL);
  snprintf(size, sizeof(size), "%" PRIu64, hole_size);
  snprintf(command, sizeof(command), "'%s' '%s' ls", tool, f.path);
  words = output_of(command, out);
  CHECK(words != NULL && strstr(words, size) != NULL);
  snprintf(command, sizeof(command), "'%s' '%s' read 'above 99'", tool, f.path);
  words = output_of(command, out);
  CHECK(words != NULL && strstr(words, "value 099, of just forty-four bytes of text,") != NULL);
  fixture_end(&f);
}

/* The checksum of the first value is read at opening: ten seconds of page faults, and 5 GiB of page cache. */
static void a_first_value_of_5_gib_is_opened_and_verified(void) {
  struct fixture f;
  struct sparse_file file;
  simdr_verify_result result = SIMDR_VERIFY_RESULT_INIT;
  const char *why_not;
  if (getenv("SIMDR_LONG_TESTS") == NULL) SKIP("reads through 5 GiB: set SIMDR_LONG_TESTS to run it");
  temp_dir_make(&f.dir);
  temp_path(&f.dir, "store", f.path);
  sparse_open(&file, f.path, 64, 20);
  sparse_put_hole(&file, "hole", hole_size);
  sparse_put(&file, "small", "small", 5);
  why_not = sparse_close(&file);
  if (why_not != NULL) temp_dir_remove(&f.dir);
  if (why_not != NULL) SKIP(why_not);
  REQUIRE(fixture_reopen(&f));
  CHECK(simdr_store_recovered_from(f.store) == NULL);
  HAS(f.store, "small", "small");
  OK(simdr_store_verify(f.store, NULL, &result, &err));
  CHECK_U64(result.checked_size, file.tail);
  PUT(f.store, "new", "behind it");
  fixture_close_store(&f);
  fixture_reopen(&f);
  HAS(f.store, "new", "behind it");
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(a_value_of_5_gib_is_read_in_place),
      CASE(parts_of_a_value_of_5_gib_are_copied),
      CASE(it_is_iterated_scanned_and_described),
      CASE(writes_beyond_it_are_there_after_reopening),
      CASE(compaction_leaves_a_removed_value_behind),
      CASE(older_generations_are_read),
      CASE(the_command_tells_of_it),
      CASE(a_first_value_of_5_gib_is_opened_and_verified),
  };
  return CHECK_RUN(cases);
}
