/* Files of older generations, made here by the format written a second time: read, verified, upgraded, never written. */
#include "format_model.h"
#include "store_fixture.h"

struct generation {
  const char *name;
  size_t alignment, trailer_size;
  int declared; /* opened with layout_alignment and layout_trailer, not detected */
};
static const struct generation generations[] = {
    {"packed-20", 1, 20, 0}, {"aligned-16", 16, 20, 0},   {"aligned-64", 64, 20, 0}, {"packed-19", 1, 19, 1},
    {"packed-19", 1, 19, 0}, {"aligned-256", 256, 20, 1}, {"aligned-16", 16, 20, 1},
};

/* Keys "0".."29"; "3" is written twice, "4" is deleted where the generation can say so. */
static size_t make_value(int i, uint8_t *value) {
  size_t size = (size_t)(3 + i * 17 % 200);
  pattern_fill(value, size, (uint64_t)i);
  return size;
}
static int write_old_file(const struct generation *g, const char *path, size_t *out_size) {
  struct model_file model;
  uint8_t value[256];
  char key[8];
  int i, good;
  model_init(&model, g->alignment, g->trailer_size);
  model_append(&model, simdr_key_hash("3", 1), "stale", 5, 0);
  for (i = 0; i < 30; i++) {
    size_t size = make_value(i, value);
    snprintf(key, sizeof(key), "%d", i);
    model_append(&model, simdr_key_hash(key, strlen(key)), value, size, 0);
    if (i == 10 && g->trailer_size == 20) model_append(&model, simdr_key_hash("4", 1), "\0", 1, 1);
  }
  good = file_write(path, model.bytes, model.size);
  *out_size = model.size;
  model_free(&model);
  return good;
}
static void has_the_values(const simdr_store *store, const struct generation *g) {
  uint8_t value[256];
  char key[8];
  int i;
  for (i = 0; i < 30; i++) {
    size_t size = make_value(i, value);
    snprintf(key, sizeof(key), "%d", i);
    if (i == 4 && g->trailer_size == 20) {
      LACKS(store, key);
    } else {
      HAS_BYTES(store, key, value, size);
    }
  }
  CHECK_U64(simdr_store_count(store), g->trailer_size == 20 ? 29 : 30);
}
static void set_layout(const struct generation *g, simdr_open_options *options) {
  if (g->declared) {
    options->layout_alignment = (uint32_t)g->alignment;
    options->layout_trailer = (uint32_t)g->trailer_size;
  }
}

static void every_generation_is_read_and_verified(void) {
  size_t i;
  for (i = 0; i < COUNT_OF(generations); i++) {
    const struct generation *g = &generations[i];
    struct fixture f;
    simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
    simdr_verify_result result = SIMDR_VERIFY_RESULT_INIT;
    simdr_iterator *iterator = NULL;
    simdr_entry *entry = NULL;
    simdr_view view;
    size_t size = 0, count = 0, walked = 0;
    uint8_t *after;
    temp_dir_make(&f.dir);
    f.store = NULL;
    REQUIRE(write_old_file(g, temp_path(&f.dir, "old", f.path), &size));
    options.mode = SIMDR_OPEN_READ_ONLY;
    set_layout(g, &options);
    REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
    CHECK_TEXT(simdr_store_generation(f.store), g->name);
    CHECK_U64(simdr_store_alignment(f.store), g->alignment);
    CHECK(simdr_store_recovered_from(f.store) == NULL);
    CHECK_U64(simdr_store_file_size(f.store), size);
    has_the_values(f.store, g);
    REQUIRE_OK(simdr_store_get(f.store, "0", 1, &entry, &err));
    CHECK_U64(simdr_entry_size_with_metadata(entry), simdr_entry_size(entry) + g->trailer_size);
    simdr_entry_unref(entry);
    OK(simdr_store_verify(f.store, NULL, &result, &err));
    CHECK_U64(result.entry_count, g->trailer_size == 20 ? 32 : 31);
    REQUIRE_OK(simdr_iterator_open(f.store, 0, &iterator, &err));
    while (simdr_iterator_next_views(iterator, &view, 1, &count, &err) == SIMDR_OK) walked += count;
    CHECK_U64(walked, simdr_store_count(f.store));
    simdr_iterator_free(iterator);
    fixture_close_store(&f);
    after = file_read(f.path, SIZE_MAX, &count);
    CHECK_U64(count, size);
    free(after);
    fixture_end(&f);
  }
}

static void an_old_generation_is_not_written(void) {
  static const uint32_t modes[] = {SIMDR_OPEN_CREATE, SIMDR_OPEN_EXISTING};
  struct fixture f;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  simdr_store *store = NULL;
  uint8_t *before, *after;
  size_t size = 0, before_size = 0, after_size = 0, i;
  temp_dir_make(&f.dir);
  f.store = NULL;
  REQUIRE(write_old_file(&generations[0], temp_path(&f.dir, "old", f.path), &size));
  before = file_read(f.path, SIZE_MAX, &before_size);
  for (i = 0; i < COUNT_OF(modes); i++) {
    options.mode = modes[i];
    FAILS(simdr_store_open(f.path, &options, &store, &err), SIMDR_ERR_OLD_GENERATION, "old");
    CHECK(store == NULL);
  }
  after = file_read(f.path, SIZE_MAX, &after_size);
  CHECK_U64(after_size, before_size);
  CHECK_BYTES(after, before, before_size);
  free(before);
  free(after);
  fixture_end(&f);
}

static void upgrade_rewrites_every_generation(void) {
  size_t i;
  for (i = 0; i < COUNT_OF(generations); i++) {
    const struct generation *g = &generations[i];
    struct fixture f;
    simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
    char old[1024];
    simdr_entry *last = NULL;
    uint8_t value[256], *before, *after;
    size_t size = 0, before_size = 0, after_size = 0;
    temp_dir_make(&f.dir);
    f.store = NULL;
    REQUIRE(write_old_file(g, temp_path(&f.dir, "old", old), &size));
    before = file_read(old, SIZE_MAX, &before_size);
    set_layout(g, &options);
    temp_path(&f.dir, "new", f.path);
    REQUIRE_OK(simdr_upgrade(old, f.path, g->declared ? &options : NULL, &err));
    after = file_read(old, SIZE_MAX, &after_size);
    CHECK_U64(after_size, before_size);
    CHECK_BYTES(after, before, before_size);
    OUTCOME(simdr_upgrade(old, f.path, &options, &err), SIMDR_EXISTS);
    OUTCOME(simdr_upgrade(old, old, &options, &err), SIMDR_EXISTS);
    REQUIRE(fixture_reopen(&f));
    CHECK_TEXT(simdr_store_generation(f.store), "aligned-64");
    has_the_values(f.store, g);
    size = make_value(29, value);
    if (OK(simdr_store_last_entry(f.store, &last, &err)))
      CHECK_BYTES(simdr_entry_data(last), value, size); /* order kept */
    simdr_entry_unref(last);
    CHECK(simdr_store_compaction_savings(f.store) < 64 * 31);
    PUT(f.store, "new", "can be written");
    free(before);
    free(after);
    fixture_end(&f);
  }
}

static void upgrade_of_bad_paths_fails(void) {
  struct fixture f;
  char path[1024], out[1024];
  REQUIRE(fixture_open(&f));
  temp_path(&f.dir, "out", out);
  FAILS(simdr_upgrade(temp_path(&f.dir, "missing", path), out, NULL, &err), SIMDR_ERR_NO_SUCH_FILE, "missing");
  FAILS(simdr_upgrade(f.dir.path, out, NULL, &err), SIMDR_ERR_IS_DIRECTORY, f.dir.path);
  REQUIRE(file_write(temp_path(&f.dir, "words", path), "these are words, and no store is in them", 40));
  FAILS(simdr_upgrade(path, out, NULL, &err), SIMDR_ERR_NOT_A_STORE, "words");
  CHECK(!file_is_there(out));
  fixture_end(&f);
}

/* In packed files payloads start anywhere: a typed view is refused, or copied where a buffer is given. */
static void a_misaligned_payload_is_copied_or_refused(void) {
  struct fixture f;
  struct model_file model;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  uint64_t numbers[10], buffer[10], small[3];
  simdr_entry *entry = NULL;
  const void *data = &f;
  size_t count = 7;
  pattern_fill(numbers, sizeof(numbers), 1);
  temp_dir_make(&f.dir);
  f.store = NULL;
  model_init(&model, 1, 20);
  model_append(&model, simdr_key_hash("first", 5), "123", 3, 0); /* the next payload starts at 23 */
  model_append(&model, simdr_key_hash("numbers", 7), numbers, sizeof(numbers), 0);
  REQUIRE(file_write(temp_path(&f.dir, "old", f.path), model.bytes, model.size));
  model_free(&model);
  options.mode = SIMDR_OPEN_READ_ONLY;
  REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
  REQUIRE_OK(simdr_store_get(f.store, "numbers", 7, &entry, &err));
  FAILS(simdr_entry_typed_view(entry, 8, 8, &data, &count, &err), SIMDR_ERR_MISALIGNED, "");
  FAILS(simdr_entry_typed_view(entry, 8, 0, &data, &count, &err), SIMDR_ERR_MISALIGNED, "");
  FAILS(simdr_entry_typed_view_or_copy(entry, 8, 8, small, sizeof(small), &data, &count, &err), SIMDR_ERR_TOO_LARGE,
        "buffer");
  CHECK(data == &f);
  CHECK_U64(count, 7);
  OK(simdr_entry_typed_view_or_copy(entry, 8, 8, buffer, sizeof(buffer), &data, &count, &err));
  CHECK(data == buffer);
  CHECK_U64(count, 10);
  CHECK_BYTES(data, numbers, sizeof(numbers));
  OK(simdr_entry_typed_view(entry, 8, 1, &data, &count, &err));
  CHECK(data == simdr_entry_data(entry));
  simdr_entry_unref(entry);
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(every_generation_is_read_and_verified),     CASE(an_old_generation_is_not_written),
      CASE(upgrade_rewrites_every_generation),         CASE(upgrade_of_bad_paths_fails),
      CASE(a_misaligned_payload_is_copied_or_refused),
  };
  return CHECK_RUN(cases);
}
