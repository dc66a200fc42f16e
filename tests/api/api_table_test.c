/* simdr_get_api(): the table of all functions, asked for and used. tests/abi compares it with the symbol map. */
#include "simdr_api.h"
#include "store_fixture.h"

static void only_known_versions_have_a_table(void) {
  CHECK(simdr_get_api(SIMDR_API_TABLE_VERSION) != NULL);
  CHECK(simdr_get_api(0) == NULL);
  CHECK(simdr_get_api(SIMDR_API_TABLE_VERSION + 1) == NULL);
  CHECK(simdr_get_api(UINT32_MAX) == NULL);
}

static void the_table_says_what_it_is(void) {
  const simdr_api *api = simdr_get_api(SIMDR_API_TABLE_VERSION);
  CHECK(simdr_get_api(SIMDR_API_TABLE_VERSION) == api);
  CHECK_U64(api->size, sizeof(simdr_api));
  CHECK_U64(api->table_version, SIMDR_API_TABLE_VERSION);
  CHECK_U64(api->library_version, simdr_version());
  CHECK(SIMDR_API_HAS(api, entry_address_range));
  CHECK(SIMDR_API_HAS(api, version_string));
}

/* As a program sees it that runs with a library older than its header. */
static void a_shorter_table_lacks_its_last_members(void) {
  simdr_api older = *simdr_get_api(SIMDR_API_TABLE_VERSION);
  older.size = offsetof(simdr_api, version_string);
  CHECK(!SIMDR_API_HAS(&older, version_string));
  CHECK(SIMDR_API_HAS(&older, version));
  older.size += sizeof(older.version_string) - 1;
  CHECK(!SIMDR_API_HAS(&older, version_string));
}

static void a_store_can_be_used_through_the_table_alone(void) {
  const simdr_api *api = simdr_get_api(SIMDR_API_TABLE_VERSION);
  struct fixture f;
  simdr_entry *entry = NULL;
  temp_dir_make(&f.dir);
  temp_path(&f.dir, "store.simdr", f.path);
  REQUIRE_OK(api->store_open(f.path, NULL, &f.store, &err));
  OK(api->store_put(f.store, "key", 3, "value", 5, 0, NULL, &err));
  OK(api->store_get(f.store, "key", 3, &entry, &err));
  CHECK_U64(api->entry_size(entry), 5);
  CHECK_BYTES(api->entry_data(entry), "value", 5);
  api->entry_unref(entry);
  FAILS(api->store_put(f.store, "key", 3, NULL, 0, 0, NULL, &err), SIMDR_ERR_EMPTY_PAYLOAD, "value");
  OUTCOME(api->store_remove(f.store, "other", 5, 0, NULL, &err), SIMDR_NOT_FOUND);
  OK(api->store_close_checked(f.store, &err));
  f.store = NULL;
  fixture_end(&f);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(only_known_versions_have_a_table),
      CASE(the_table_says_what_it_is),
      CASE(a_shorter_table_lacks_its_last_members),
      CASE(a_store_can_be_used_through_the_table_alone),
  };
  return CHECK_RUN(cases);
}
