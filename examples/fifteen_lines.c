/* Store a value, read it back as a pointer into the mapped file. */
#include <simdr.h>
#include <stdio.h>

int main(void) {
  simdr_store *store = NULL;
  simdr_entry *entry = NULL;
  simdr_error err = {0};
  if (simdr_store_open("hello.simdr", NULL, &store, &err) != SIMDR_OK ||
      simdr_store_put(store, "greeting", 8, "hello, world", 12, SIMDR_DURABILITY_COMMIT, NULL, &err) != SIMDR_OK ||
      simdr_store_get(store, "greeting", 8, &entry, &err) != SIMDR_OK) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  simdr_store_close(store); /* the entry stays readable */
  printf("%.*s\n", (int)simdr_entry_size(entry), (const char *)simdr_entry_data(entry));
  simdr_entry_unref(entry);
  return 0;
}
