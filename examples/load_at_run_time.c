/* A host that does not link the library: it loads it when it is wanted, looks up one symbol, and unloads it again.
 * usage: load_at_run_time [LIBRARY] */
#include <dlfcn.h>
#include <simdr_api.h>
#include <stdio.h>

/* What a host does with the library, here: one value in, one value out. */
static int use(const simdr_api *simdr) {
  simdr_store *store = NULL;
  simdr_entry *entry = NULL;
  simdr_error err = {0};
  int done = 0;
  if (simdr->store_open("loaded.simdr", NULL, &store, &err) == SIMDR_OK &&
      simdr->store_put(store, "greeting", 8, "hello, host", 11, SIMDR_DURABILITY_DEFAULT, NULL, &err) == SIMDR_OK &&
      simdr->store_get(store, "greeting", 8, &entry, &err) == SIMDR_OK) {
    printf("%.*s\n", (int)simdr->entry_size(entry), (const char *)simdr->entry_data(entry));
    done = 1;
  } else {
    fprintf(stderr, "%s\n", err.message);
  }
  simdr->entry_unref(entry); /* all that it handed out, before it is unloaded */
  simdr->store_close(store);
  return done;
}

int main(int argc, char **argv) {
  const char *path = argc > 1 ? argv[1] : "libsimdr.so.0"; /* the soname: never a later, incompatible ABI */
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  simdr_get_api_fn get_api;
  const simdr_api *simdr;
  int done = 0;
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  *(void **)&get_api = dlsym(library, "simdr_get_api"); /* as POSIX says: C has no cast from void * to a function */
  simdr = get_api != NULL ? get_api(SIMDR_API_TABLE_VERSION) : NULL;
  if (simdr == NULL) {
    fprintf(stderr, "%s: no simdr, or one that is too old\n", path);
  } else if (!SIMDR_API_HAS(simdr, store_transfer_hashed)) {
    fprintf(stderr, "%s: lacks a function that this host wants\n",
            path); /* only a table that has grown needs the question */
  } else {
    done = use(simdr);
  }
  dlclose(library);
  return done ? 0 : 1;
}
