/* simdr_api.h compiles alone, twice, and its table is what simdr_get_api() hands out. Compiled as C99, C11 and C++17; never run. */
#include "simdr_api.h"

uint64_t use(void *symbol, const simdr_api *table);
uint64_t use(void *symbol, const simdr_api *table) {
  simdr_get_api_fn get_api = simdr_get_api;
  const struct simdr_api *api = symbol != NULL ? get_api(SIMDR_API_TABLE_VERSION) : table;
  return SIMDR_API_HAS(api, key_hash) ? api->key_hash("a", 1) : 0;
}

#include "simdr_api.h" /* the second time */
