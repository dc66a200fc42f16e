/* A program that was compiled against an older header (older/simdr.h), whose structs are shorter, and runs with the library of today: options that
 * it does not know have their defaults, and nothing is written behind the end of what it does know. */
#include "../support/check.h"
#include "../support/temp_dir.h"
#include "simdr.h"

static simdr_error err;
static struct temp_dir dir;
static char path[1024];

/* A result struct with something behind it that must stay. */
#define GUARDED(type)          \
  struct {                     \
    type result;               \
    unsigned char behind[256]; \
  }
#define GUARD(guarded) memset((guarded).behind, 0x77, sizeof((guarded).behind))
static int is_untouched(const unsigned char *bytes) {
  size_t i;
  for (i = 0; i < 256; i++) {
    if (bytes[i] != 0x77) return 0;
  }
  return 1;
}
#define CHECK_GUARD(guarded) CHECK(is_untouched((guarded).behind))
#define OK(call) check_i64((call), SIMDR_OK, __FILE__, __LINE__, #call)

static simdr_store *open_as(uint32_t mode) {
  /* What lies behind the struct must not be taken for options. */
  GUARDED(simdr_open_options) guarded = {SIMDR_OPEN_OPTIONS_INIT, {0}};
  simdr_store *store = NULL;
  GUARD(guarded);
  guarded.result.mode = mode;
  return OK(simdr_store_open(path, &guarded.result, &store, &err)) ? store : NULL;
}

static void shorter_options_open_a_store(void) {
  simdr_store *store = open_as(SIMDR_OPEN_CREATE);
  REQUIRE(store != NULL);
  OK(simdr_store_put(store, "key", 3, "value", 5, 0, NULL, &err));
  CHECK_U64(simdr_store_count(store), 1);
  OK(simdr_store_close_checked(store, &err));
}

static void shorter_options_are_heeded(void) {
  simdr_store *store = open_as(SIMDR_OPEN_READ_ONLY);
  REQUIRE(store != NULL);
  CHECK_I64(simdr_store_put(store, "key", 3, "value", 5, 0, NULL, &err), SIMDR_ERR_READ_ONLY);
  OK(simdr_store_close_checked(store, &err));
}

static void shorter_results_are_filled_to_their_end(void) {
  simdr_store *store = open_as(SIMDR_OPEN_READ_ONLY);
  GUARDED(simdr_entry_info) info = {SIMDR_ENTRY_INFO_INIT, {0}};
  GUARDED(simdr_stats) stats = {SIMDR_STATS_INIT, {0}};
  REQUIRE(store != NULL);
  GUARD(info);
  OK(simdr_store_metadata(store, "key", 3, &info.result, &err));
  CHECK_U64(info.result.size, sizeof(info.result));
  CHECK_U64(info.result.key_hash, simdr_key_hash("key", 3));
  CHECK_GUARD(info);
  GUARD(stats);
  OK(simdr_store_stats(store, &stats.result, &err));
  CHECK_U64(stats.result.live_count, 1);
  CHECK_U64(stats.result.live_size, 25);
  CHECK_GUARD(stats);
  OK(simdr_store_close_checked(store, &err));
}

/* Callbacks are members that this program does not have. */
static void shorter_options_and_results_of_whole_store_calls(void) {
  simdr_store *store = open_as(SIMDR_OPEN_CREATE);
  GUARDED(simdr_compact_options) compact = {SIMDR_COMPACT_OPTIONS_INIT, {0}};
  GUARDED(simdr_verify_options) verify = {SIMDR_VERIFY_OPTIONS_INIT, {0}};
  GUARDED(simdr_verify_result) verified = {SIMDR_VERIFY_RESULT_INIT, {0}};
  GUARDED(simdr_import_options) import = {SIMDR_IMPORT_OPTIONS_INIT, {0}};
  GUARDED(simdr_import_result) imported = {SIMDR_IMPORT_RESULT_INIT, {0}};
  char folder[1024], file[1040];
  REQUIRE(store != NULL);
  GUARD(compact);
  OK(simdr_store_compact(store, &compact.result, &err));
  temp_path(&dir, "tree", folder);
  snprintf(file, sizeof(file), "%s/file", folder);
  REQUIRE(mkdir(folder, 0777) == 0 && file_write(file, "content", 7));
  GUARD(import);
  GUARD(imported);
  OK(simdr_store_import_directory(store, folder, &import.result, &imported.result, &err));
  CHECK_U64(imported.result.file_count, 1);
  CHECK_GUARD(imported);
  GUARD(verify);
  GUARD(verified);
  OK(simdr_store_verify(store, &verify.result, &verified.result, &err));
  CHECK_U64(verified.result.entry_count, 2);
  CHECK_GUARD(verified);
  OK(simdr_store_close_checked(store, &err));
}

static void a_shorter_repair_result(void) {
  GUARDED(simdr_repair_result) repaired = {SIMDR_REPAIR_RESULT_INIT, {0}};
  char out[1024];
  GUARD(repaired);
  OK(simdr_repair(path, temp_path(&dir, "repaired.simdr", out), NULL, NULL, &repaired.result, &err));
  CHECK_U64(repaired.result.kept_count, 2);
  CHECK_GUARD(repaired);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(shorter_options_open_a_store),
      CASE(shorter_options_are_heeded),
      CASE(shorter_results_are_filled_to_their_end),
      CASE(shorter_options_and_results_of_whole_store_calls),
      CASE(a_shorter_repair_result),
  };
  int failed;
  temp_dir_make(&dir);
  temp_path(&dir, "store.simdr", path);
  failed = CHECK_RUN(cases);
  temp_dir_remove(&dir);
  return failed;
}
