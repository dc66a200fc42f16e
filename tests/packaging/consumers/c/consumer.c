/* A program outside of this tree: it knows an installed simdr and nothing else. Stores in the file it is given, reads back. */
#include <simdr.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  simdr_store *store = NULL;
  simdr_entry *entry = NULL;
  simdr_error err = {0};
  int good;
  if (argc != 2 ||
      simdr_version() != SIMDR_VERSION_MAJOR * 1000000u + SIMDR_VERSION_MINOR * 1000u + SIMDR_VERSION_PATCH ||
      simdr_store_open(argv[1], NULL, &store, &err) != SIMDR_OK ||
      simdr_store_put(store, "key", 3, "value", 5, SIMDR_DURABILITY_DEFAULT, NULL, &err) != SIMDR_OK ||
      simdr_store_get(store, "key", 3, &entry, &err) != SIMDR_OK) {
    fprintf(stderr, "consumer: %s\n", err.message);
    return 1;
  }
  good = simdr_entry_size(entry) == 5 && memcmp(simdr_entry_data(entry), "value", 5) == 0;
  simdr_entry_unref(entry);
  simdr_store_close(store);
  printf("consumed %s\n", simdr_version_string());
  return good ? 0 : 1;
}
