/* What cannot be stored: empty payloads, the one byte 0x00, the reserved hash, keys, batches and values over their limits.
 * And what a store opened read-only refuses. */
#include "store_fixture.h"

static const uint8_t zero = 0;

static int pull_nothing(void *buffer, size_t capacity, size_t *out_size, void *user_data) {
  (void)buffer, (void)capacity, (void)user_data;
  *out_size = 0;
  return 0;
}

/* Every way in for the payload of `size` bytes. */
static void every_put_refuses(struct fixture *f, const void *value, size_t size, simdr_status status) {
  simdr_bytes key = {"key", 3}, payload;
  uint64_t hash = simdr_key_hash("key", 3), tail = 7;
  simdr_entry *entry = NULL;
  payload.data = value;
  payload.size = size;
  FAILS(simdr_store_put(f->store, "key", 3, value, size, 0, &tail, &err), status, "value");
  FAILS(simdr_store_put_hashed(f->store, hash, value, size, 0, &tail, &err), status, "value");
  FAILS(simdr_store_put_many(f->store, &key, 1, &payload, 1, 0, &tail, &err), status, "entry 0: value");
  FAILS(simdr_store_put_many_hashed(f->store, &hash, 1, &payload, 1, 0, &tail, &err), status, "entry 0: value");
  FAILS(simdr_store_put_if_absent(f->store, "new", 3, value, size, 0, &tail, &err), status, "value");
  OK(simdr_store_get(f->store, "key", 3, &entry, &err));
  FAILS(simdr_store_put_if_entry(f->store, entry, value, size, 0, &tail, &err), status, "value");
  simdr_entry_unref(entry);
  CHECK_U64(tail, 7);
}

static void an_empty_payload_is_refused(void) {
  struct fixture f;
  struct snapshot before;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  snapshot_take(&before, &f);
  every_put_refuses(&f, "", 0, SIMDR_ERR_EMPTY_PAYLOAD);
  every_put_refuses(&f, NULL, 0, SIMDR_ERR_EMPTY_PAYLOAD);
  FAILS(simdr_store_put_from(f.store, "key", 3, pull_nothing, NULL, 0, NULL, &err), SIMDR_ERR_EMPTY_PAYLOAD, "");
  UNCHANGED(&before, &f);
  HAS(f.store, "key", "value");
  snapshot_free(&before);
  fixture_end(&f);
}

static void the_one_zero_byte_is_refused(void) {
  struct fixture f;
  struct snapshot before;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  snapshot_take(&before, &f);
  every_put_refuses(&f, &zero, 1, SIMDR_ERR_TOMBSTONE_PAYLOAD);
  UNCHANGED(&before, &f);
  HAS(f.store, "key", "value");
  PUT(f.store, "key", "\x01"); /* any other byte is a value */
  HAS(f.store, "key", "\x01");
  snapshot_free(&before);
  fixture_end(&f);
}

static void hash_is_refused(uint64_t hash) {
  struct fixture f;
  struct snapshot before;
  uint64_t tail = 7;
  simdr_bytes value = {"v", 1};
  simdr_stream *stream = NULL;
  simdr_entry *entry = NULL;
  int exists = 7;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  snapshot_take(&before, &f);
  FAILS(simdr_store_put_hashed(f.store, hash, "v", 1, 0, &tail, &err), SIMDR_ERR_RESERVED_HASH, "hash");
  FAILS(simdr_store_put_many_hashed(f.store, &hash, 1, &value, 1, 0, &tail, &err), SIMDR_ERR_RESERVED_HASH,
        "entry 0: key");
  FAILS(simdr_stream_open_hashed(f.store, hash, 0, &stream, &err), SIMDR_ERR_RESERVED_HASH, "hash");
  CHECK(stream == NULL);
  CHECK_U64(tail, 7);
  OUTCOME(simdr_store_get_hashed(f.store, hash, &entry, &err), SIMDR_NOT_FOUND);
  OK(simdr_store_exists_hashed(f.store, hash, &exists, &err));
  CHECK_I64(exists, 0);
  UNCHANGED(&before, &f);
  snapshot_free(&before);
  fixture_end(&f);
}

static void the_reserved_hashes_are_refused(void) {
  hash_is_refused(SIMDR_RESERVED_KEY_HASH);
  hash_is_refused(SIMDR_RESERVED_KEY_HASH_2);
}

/* None of these bytes exist: a call that looked at them before it looked at the sizes would crash. */
static void keys_and_values_over_their_limit_are_refused(void) {
  struct fixture f;
  struct snapshot before;
  const size_t large = (size_t)SIMDR_MAX_KEY_SIZE + 1, huge = (size_t)1 << 48;
  simdr_bytes large_key = {"k", 0}, huge_value = {"v", 0}, one = {"k", 1};
  uint64_t tail = 7, hash = 1;
  simdr_stream *stream = NULL;
  simdr_entry *entry = NULL;
  if (sizeof(size_t) < 8) SKIP("sizes of this machine end below the limit");
  large_key.size = large;
  huge_value.size = huge;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  snapshot_take(&before, &f);
  FAILS(simdr_store_put(f.store, "k", large, "v", 1, 0, &tail, &err), SIMDR_ERR_TOO_LARGE, "key");
  FAILS(simdr_store_put_many(f.store, &large_key, 1, &one, 1, 0, &tail, &err), SIMDR_ERR_TOO_LARGE, "keys");
  FAILS(simdr_store_put_if_absent(f.store, "k", large, "v", 1, 0, &tail, &err), SIMDR_ERR_TOO_LARGE, "key");
  FAILS(simdr_store_remove(f.store, "k", large, 0, &tail, &err), SIMDR_ERR_TOO_LARGE, "key");
  FAILS(simdr_store_rename(f.store, "k", large, "l", 1, 0, &tail, &err), SIMDR_ERR_TOO_LARGE, "old_key");
  FAILS(simdr_store_rename(f.store, "key", 3, "k", large, 0, &tail, &err), SIMDR_ERR_TOO_LARGE, "new_key");
  FAILS(simdr_stream_open(f.store, "k", large, 0, &stream, &err), SIMDR_ERR_TOO_LARGE, "key");
  FAILS(simdr_store_get(f.store, "k", large, &entry, &err), SIMDR_ERR_TOO_LARGE, "key");
  FAILS(simdr_store_put(f.store, "k", 1, "v", huge, 0, &tail, &err), SIMDR_ERR_TOO_LARGE, "value");
  FAILS(simdr_store_put(f.store, "k", 1, "v", SIZE_MAX, 0, &tail, &err), SIMDR_ERR_TOO_LARGE, "value");
  FAILS(simdr_store_put_hashed(f.store, 1, "v", huge, 0, &tail, &err), SIMDR_ERR_TOO_LARGE, "value");
  FAILS(simdr_store_put_many(f.store, &one, 1, &huge_value, 1, 0, &tail, &err), SIMDR_ERR_TOO_LARGE, "batch");
  FAILS(simdr_store_put_many_hashed(f.store, &hash, 1, &huge_value, 1, 0, &tail, &err), SIMDR_ERR_TOO_LARGE, "batch");
  CHECK(stream == NULL && entry == NULL);
  CHECK_U64(tail, 7);
  UNCHANGED(&before, &f);
  snapshot_free(&before);
  fixture_end(&f);
}

static void batches_over_their_limit_are_refused(void) {
  struct fixture f;
  struct snapshot before;
  const size_t over = (size_t)SIMDR_MAX_BATCH_COUNT + 1;
  simdr_bytes one = {"k", 1};
  uint64_t hash = 1, tail = 7;
  size_t removed = 7;
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  snapshot_take(&before, &f);
  FAILS(simdr_store_put_many(f.store, &one, over, &one, over, 0, &tail, &err), SIMDR_ERR_TOO_LARGE, "keys");
  FAILS(simdr_store_put_many_hashed(f.store, &hash, over, &one, over, 0, &tail, &err), SIMDR_ERR_TOO_LARGE,
        "key_hashes");
  FAILS(simdr_store_remove_many(f.store, &one, over, 0, &removed, &tail, &err), SIMDR_ERR_TOO_LARGE, "keys");
  FAILS(simdr_store_remove_many_hashed(f.store, &hash, over, 0, &removed, &tail, &err), SIMDR_ERR_TOO_LARGE,
        "key_hashes");
  CHECK_U64(removed, 7);
  CHECK_U64(tail, 7);
  UNCHANGED(&before, &f);
  snapshot_free(&before);
  fixture_end(&f);
}

static void a_read_only_store_refuses_every_write(void) {
  struct fixture f;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  simdr_bytes one = {"key", 3};
  simdr_import_result imported = SIMDR_IMPORT_RESULT_INIT;
  uint64_t hash = simdr_key_hash("key", 3), tail = 7;
  size_t removed = 7, before_size = 0, after_size = 0;
  simdr_stream *stream = NULL;
  simdr_reservation *reservation = NULL;
  simdr_entry *entry = NULL;
  simdr_store *other = NULL;
  uint8_t *before, *after;
  void *room = NULL;
  char path[1024];
  int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
  REQUIRE(fixture_open(&f));
  PUT(f.store, "key", "value");
  fixture_close_store(&f);
  before = file_read(f.path, SIZE_MAX, &before_size);
  options.mode = SIMDR_OPEN_READ_ONLY;
  REQUIRE_OK(simdr_store_open(f.path, &options, &f.store, &err));
  REQUIRE_OK(simdr_store_open(temp_path(&f.dir, "other", path), NULL, &other, &err));
  PUT(other, "key", "value");
  REQUIRE_OK(simdr_store_get(f.store, "key", 3, &entry, &err));
  FAILS(simdr_store_put(f.store, "k", 1, "v", 1, 0, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_put_hashed(f.store, hash, "v", 1, 0, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_put_many(f.store, &one, 1, &one, 1, 0, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_put_many_hashed(f.store, &hash, 1, &one, 1, 0, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_put_if_absent(f.store, "new", 3, "v", 1, 0, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_put_if_entry(f.store, entry, "v", 1, 0, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_remove(f.store, "key", 3, 0, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_remove_hashed(f.store, hash, 0, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_remove_many(f.store, &one, 1, 0, &removed, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_remove_many_hashed(f.store, &hash, 1, 0, &removed, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_rename(f.store, "key", 3, "k", 1, 0, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_rename_hashed(f.store, hash, 1, 0, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_copy_hashed(other, hash, f.store, 0, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_transfer_hashed(f.store, hash, other, 0, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_copy(other, "key", 3, f.store, 0, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_transfer(f.store, "key", 3, other, 0, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_transfer(other, "key", 3, f.store, 0, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_sync(f.store, SIMDR_DURABILITY_COMMIT, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_stream_open(f.store, "k", 1, 0, &stream, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_stream_open_hashed(f.store, 1, 0, &stream, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_put_from(f.store, "k", 1, pull_nothing, NULL, 0, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_put_fd(f.store, "k", 1, fd, 0, &tail, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_reserve(f.store, "k", 1, 8, 0, &reservation, &room, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_compact(f.store, NULL, &err), SIMDR_ERR_READ_ONLY, f.path);
  FAILS(simdr_store_import_directory(f.store, f.dir.path, NULL, &imported, &err), SIMDR_ERR_READ_ONLY, f.path);
  CHECK(stream == NULL && reservation == NULL && room == NULL);
  CHECK_U64(tail, 7);
  CHECK_U64(removed, 7);
  HAS(f.store, "key", "value");
  HAS(other, "key", "value");
  simdr_entry_unref(entry);
  simdr_store_close(other);
  fixture_close_store(&f);
  after = file_read(f.path, SIZE_MAX, &after_size);
  CHECK_U64(after_size, before_size);
  CHECK_BYTES(after, before, before_size);
  free(before);
  free(after);
  close(fd);
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(an_empty_payload_is_refused),          CASE(the_one_zero_byte_is_refused),
      CASE(the_reserved_hashes_are_refused),      CASE(keys_and_values_over_their_limit_are_refused),
      CASE(batches_over_their_limit_are_refused), CASE(a_read_only_store_refuses_every_write),
  };
  return CHECK_RUN(cases);
}
