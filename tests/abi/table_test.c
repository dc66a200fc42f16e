/* The table of simdr_get_api(), place by place, against the names of the symbol map: no function is forgotten, and none stands where
 * another belongs. Loads the library, and so sees what a plugin host sees. Prints TAP.
 * usage: abi_table_test LIBRARY NAME... */
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "simdr_api.h"

enum { kFirst = offsetof(simdr_api, entry_address_range) }; /* behind the members that are no functions */
typedef void (*function)(void);
_Static_assert(sizeof(function) == sizeof(void *), "a pointer to a function is a pointer");

static int failed;
static void report(int number, const char *name, int good) {
  printf("%sok %d - %s\n", good ? "" : "not ", number, name);
  if (!good) failed = 1;
}

int main(int argc, char **argv) {
  void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  simdr_get_api_fn get_api = NULL;
  const simdr_api *api = NULL;
  const size_t count = argc > 2 ? (size_t)argc - 2 : 0;
  size_t i;
  int right = 1, own = 1;
  if (library != NULL) *(void **)&get_api = dlsym(library, "simdr_get_api");
  if (get_api != NULL) api = get_api(SIMDR_API_TABLE_VERSION);
  if (api == NULL || count == 0) {
    fprintf(stderr, "usage: abi_table_test LIBRARY NAME...\n");
    return 2;
  }
  for (i = 0; i < count && kFirst + (i + 1) * sizeof(void *) <= api->size; i++) {
    void *pointer, *symbol = dlsym(library, argv[2 + i]);
    Dl_info here, there;
    memcpy(&pointer, (const char *)api + kFirst + i * sizeof(void *), sizeof(pointer));
    if (pointer == NULL || pointer != symbol) {
      fprintf(stderr, "# place %zu is not %s\n", i, argv[2 + i]);
      right = 0;
    } else if (dladdr(pointer, &here) == 0 || dladdr(api, &there) == 0 || here.dli_fbase != there.dli_fbase) {
      fprintf(stderr, "# %s is another library's\n", argv[2 + i]);
      own = 0;
    }
  }
  puts("1..3");
  report(1, "the_table_has_a_place_for_each_exported_function", api->size == kFirst + count * sizeof(void *));
  report(2, "each_place_holds_the_function_of_the_map", right);
  report(3, "each_function_is_this_librarys_own", own);
  dlclose(library);
  return failed;
}
