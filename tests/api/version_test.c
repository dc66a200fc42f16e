/* What needs no store: versions, status names and texts, key hashes, namespaced keys. */
#include "store_fixture.h"

static const simdr_status all_statuses[] = {
    SIMDR_OK,
    SIMDR_NOT_FOUND,
    SIMDR_EXISTS,
    SIMDR_CHANGED,
    SIMDR_STOPPED,
    SIMDR_ERR_INVALID_ARGUMENT,
    SIMDR_ERR_EMPTY_PAYLOAD,
    SIMDR_ERR_TOMBSTONE_PAYLOAD,
    SIMDR_ERR_RESERVED_HASH,
    SIMDR_ERR_TOO_LARGE,
    SIMDR_ERR_OPTIONS_SIZE,
    SIMDR_ERR_UNKNOWN_FLAGS,
    SIMDR_ERR_LENGTH_MISMATCH,
    SIMDR_ERR_SAME_STORE,
    SIMDR_ERR_SAME_KEY,
    SIMDR_ERR_MISALIGNED,
    SIMDR_ERR_PARTIAL_ELEMENT,
    SIMDR_ERR_BAD_STATE,
    SIMDR_ERR_NO_SUCH_FILE,
    SIMDR_ERR_ACCESS,
    SIMDR_ERR_IS_DIRECTORY,
    SIMDR_ERR_NOT_REGULAR_FILE,
    SIMDR_ERR_NOT_A_STORE,
    SIMDR_ERR_OLD_GENERATION,
    SIMDR_ERR_READ_ONLY,
    SIMDR_ERR_READ_ONLY_MEDIUM,
    SIMDR_ERR_LOCKED,
    SIMDR_ERR_CORRUPT,
    SIMDR_ERR_IO,
    SIMDR_ERR_NO_SPACE,
    SIMDR_ERR_NO_MEMORY,
    SIMDR_ERR_SOURCE,
    SIMDR_ERR_SINK,
    SIMDR_ERR_FORKED,
    SIMDR_ERR_WRITER_FAILED,
    SIMDR_ERR_UNSUPPORTED,
    SIMDR_ERR_INTERNAL,
};

static void the_library_has_the_headers_version(void) {
  char text[32];
  CHECK_U64(simdr_version(), SIMDR_VERSION_MAJOR * 1000000u + SIMDR_VERSION_MINOR * 1000u + SIMDR_VERSION_PATCH);
  snprintf(text, sizeof(text), "%d.%d.%d", SIMDR_VERSION_MAJOR, SIMDR_VERSION_MINOR, SIMDR_VERSION_PATCH);
  CHECK_TEXT(SIMDR_VERSION_STRING, text);
  CHECK_TEXT(simdr_version_string(), text);
}

static void the_kernel_has_a_known_name(void) {
  const char *name = simdr_kernel_name();
  REQUIRE(name != NULL);
  CHECK(strcmp(name, "scalar") == 0 || strcmp(name, "avx2") == 0 || strcmp(name, "vpclmul") == 0 ||
        strcmp(name, "avx512") == 0 || strcmp(name, "neon") == 0 || strcmp(name, "armcrc") == 0);
  CHECK(simdr_kernel_name() == name);
}

static void every_status_has_its_own_number_name_and_text(void) {
  size_t i, j;
  for (i = 0; i < COUNT_OF(all_statuses); i++) {
    const char *name = simdr_status_name(all_statuses[i]);
    const char *text = simdr_status_text(all_statuses[i]);
    REQUIRE(name != NULL && text != NULL);
    CHECK(name[0] != '\0' && strcmp(name, "UNKNOWN") != 0);
    CHECK(strncmp(name, "SIMDR", 5) != 0);
    CHECK(strlen(text) > 3 && strchr(text, '\n') == NULL);
    for (j = 0; j < i; j++) {
      CHECK(all_statuses[i] != all_statuses[j]);
      CHECK(strcmp(name, simdr_status_name(all_statuses[j])) != 0);
      CHECK(strcmp(text, simdr_status_text(all_statuses[j])) != 0);
    }
  }
  CHECK_TEXT(simdr_status_name(SIMDR_OK), "OK");
  CHECK_TEXT(simdr_status_name(SIMDR_NOT_FOUND), "NOT_FOUND");
}

static void a_number_that_is_no_status_is_unknown(void) {
  static const simdr_status strays[] = {1, -5, -9, -23, -29, -49, INT32_MAX, INT32_MIN};
  size_t i;
  for (i = 0; i < COUNT_OF(strays); i++) {
    CHECK_TEXT(simdr_status_name(strays[i]), "UNKNOWN");
    CHECK(simdr_status_text(strays[i]) != NULL && simdr_status_text(strays[i])[0] != '\0');
  }
}

/* Known answers of XXH3-64, no seed. */
static void a_key_hash_is_xxh3(void) {
  uint8_t bytes[2];
  CHECK_U64(simdr_key_hash(NULL, 0), UINT64_C(0x2D06800538D394C2));
  CHECK_U64(simdr_key_hash("", 0), UINT64_C(0x2D06800538D394C2));
  bytes[0] = 1 * 17 + 7;
  CHECK_U64(simdr_key_hash(bytes, 1), UINT64_C(0x83E4E2CA690D8FCF));
  bytes[0] = 2 * 17 + 7;
  bytes[1] = 131 + 2 * 17 + 7;
  CHECK_U64(simdr_key_hash(bytes, 2), UINT64_C(0x30E1A62BB98503FD));
}

static void many_hashes_are_the_hashes(void) {
  enum { kCount = 300 };
  static uint8_t key[kCount];
  static simdr_bytes keys[kCount];
  static uint64_t hashes[kCount];
  size_t i;
  pattern_fill(key, sizeof(key), 1);
  for (i = 0; i < kCount; i++) {
    keys[i].data = i == 0 ? NULL : key;
    keys[i].size = i;
  }
  REQUIRE_OK(simdr_key_hash_many(keys, kCount, hashes, &err));
  for (i = 0; i < kCount; i++) CHECK_U64(hashes[i], simdr_key_hash(keys[i].data, keys[i].size));
  OK(simdr_key_hash_many(NULL, 0, NULL, &err));
}

static void many_hashes_refuse_null(void) {
  simdr_bytes keys[2] = {{"a", 1}, {NULL, 3}};
  uint64_t hashes[2] = {7, 7};
  FAILS(simdr_key_hash_many(NULL, 2, hashes, &err), SIMDR_ERR_INVALID_ARGUMENT, "keys");
  FAILS(simdr_key_hash_many(keys, 1, NULL, &err), SIMDR_ERR_INVALID_ARGUMENT, "out_hashes");
  FAILS(simdr_key_hash_many(keys, 2, hashes, &err), SIMDR_ERR_INVALID_ARGUMENT, "keys");
  CHECK_U64(hashes[0], 7);
  CHECK_U64(hashes[1], 7);
  CHECK_I64(simdr_key_hash_many(NULL, 2, hashes, NULL), SIMDR_ERR_INVALID_ARGUMENT);
}

static void a_namespaced_key_is_two_hashes(void) {
  static const uint8_t expected[16] = {0xC2, 0x94, 0xD3, 0x38, 0x05, 0x80, 0x06, 0x2D,
                                       0xE2, 0x29, 0xD8, 0xD5, 0x0C, 0x07, 0x4D, 0x38}; /* namespace "", key "key1" */
  uint8_t got[16], other[16];
  uint64_t hash = simdr_key_hash("photos", 6);
  size_t i;
  simdr_namespaced_key(NULL, 0, "key1", 4, got);
  CHECK_BYTES(got, expected, 16);
  simdr_namespaced_key("photos", 6, "key1", 4, got);
  for (i = 0; i < 8; i++) CHECK_U64(got[i], (uint8_t)(hash >> (8 * i)));
  CHECK_BYTES(got + 8, expected + 8, 8);
  simdr_namespaced_key("photo", 5, "skey1", 5, other);
  CHECK(memcmp(got, other, 16) != 0);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(the_library_has_the_headers_version),
      CASE(the_kernel_has_a_known_name),
      CASE(every_status_has_its_own_number_name_and_text),
      CASE(a_number_that_is_no_status_is_unknown),
      CASE(a_key_hash_is_xxh3),
      CASE(many_hashes_are_the_hashes),
      CASE(many_hashes_refuse_null),
      CASE(a_namespaced_key_is_two_hashes),
  };
  return CHECK_RUN(cases);
}
