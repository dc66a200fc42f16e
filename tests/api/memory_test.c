/* Running out of address space and memory is a status, and what was stored before is still there. */
#include <sys/resource.h>

#include "child.h"
#include "sanitizer.h"
#include "store_fixture.h"

/* Leaves this process `more` bytes of address space beyond what it has. */
static int limit_address_space(size_t more) {
  struct rlimit limit;
  unsigned long pages = 0;
  FILE *statm = fopen("/proc/self/statm", "r");
  int good = statm != NULL && fscanf(statm, "%lu", &pages) == 1;
  if (statm != NULL) fclose(statm);
  limit.rlim_cur = limit.rlim_max = (rlim_t)pages * 4096 + more;
  return good && setrlimit(RLIMIT_AS, &limit) == 0;
}

static int works_in_little_address_space(void *arg) {
  struct fixture f;
  int i;
  f.dir = *(const struct temp_dir *)arg;
  if (!limit_address_space((size_t)256 << 20)) return CHILD_SKIPS;
  temp_path(&f.dir, "store", f.path);
  if (!fixture_reopen(&f)) return 1; /* the terabyte it would like to reserve is not to be had */
  for (i = 0; i < 1000; i++) OK(simdr_store_put(f.store, &i, sizeof(i), "a value of some bytes", 21, 0, NULL, &err));
  CHECK_U64(simdr_store_count(f.store), 1000);
  fixture_close_store(&f);
  if (!fixture_reopen(&f)) return 1;
  CHECK_U64(simdr_store_count(f.store), 1000);
  simdr_store_close(f.store);
  return 0;
}

/* A store that outgrows what can be mapped. */
static int runs_out_of_address_space(void *arg) {
  struct fixture f;
  enum { kSize = 8 << 20 };
  uint8_t *value = pattern_new(kSize, 1);
  simdr_status status = SIMDR_OK;
  uint64_t tail;
  int i, stored = 0;
  f.dir = *(const struct temp_dir *)arg;
  if (!limit_address_space((size_t)128 << 20)) return CHILD_SKIPS;
  temp_path(&f.dir, "store", f.path);
  if (!fixture_reopen(&f)) return 1;
  while (stored < 100 && status == SIMDR_OK) {
    status = simdr_store_put(f.store, &stored, sizeof(stored), value, kSize, 0, NULL, &err);
    if (status == SIMDR_OK) stored++;
  }
  CHECK(status == SIMDR_ERR_NO_MEMORY || status == SIMDR_ERR_TOO_LARGE);
  CHECK(err.message[0] != '\0');
  CHECK(stored >= 2);
  tail = simdr_store_file_size(f.store);
  CHECK(simdr_store_put(f.store, "k", 1, value, kSize, 0, NULL, &err) == status);
  CHECK_U64(simdr_store_file_size(f.store), tail);
  CHECK_U64(simdr_store_count(f.store), stored);
  for (i = 0; i < stored; i++) {
    simdr_view view;
    if (OK(simdr_store_view(f.store, &i, sizeof(i), &view, &err))) CHECK_BYTES(view.data, value, kSize);
  }
  OK(simdr_store_close_checked(f.store, &err));
  free(value);
  return 0;
}

/* Larger than all the address space there is, but not for the format. */
static int opens_what_cannot_be_mapped(void *arg) {
  const struct temp_dir *dir = (const struct temp_dir *)arg;
  const off_t size = (off_t)8 << 30;
  char path[1024];
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  simdr_store *store = NULL;
  struct stat now;
  if (!CHECK(file_write(temp_path(dir, "huge", path), "x", 1) && truncate(path, size) == 0)) return 1;
  if (!limit_address_space((size_t)128 << 20)) return CHILD_SKIPS;
  FAILS(simdr_store_open(path, NULL, &store, &err), SIMDR_ERR_NO_MEMORY,
        "huge: no address space for a file of 8589934592 bytes");
  options.mode = SIMDR_OPEN_READ_ONLY;
  FAILS(simdr_store_open(path, &options, &store, &err), SIMDR_ERR_NO_MEMORY,
        "huge: no address space for a file of 8589934592 bytes");
  CHECK(store == NULL);
  CHECK(stat(path, &now) == 0 && now.st_size == size);
  return 0;
}

static void in_a_child(int (*body)(void *)) {
  struct temp_dir dir;
  int code;
  if (UNDER_A_SANITIZER) SKIP("a sanitizer needs the address space for itself");
  temp_dir_make(&dir);
  code = in_child(body, &dir);
  temp_dir_remove(&dir);
  if (code == CHILD_SKIPS) SKIP("the address space cannot be limited here");
  CHECK_I64(code, 0);
}
static void little_address_space_is_enough(void) { in_a_child(works_in_little_address_space); }
static void no_more_address_space_is_a_status(void) { in_a_child(runs_out_of_address_space); }
static void too_little_address_space_for_a_file_is_a_status(void) { in_a_child(opens_what_cannot_be_mapped); }

int main(void) {
  static const struct check_case cases[] = {
      CASE(little_address_space_is_enough),
      CASE(no_more_address_space_is_a_status),
      CASE(too_little_address_space_for_a_file_is_a_status),
  };
  return CHECK_RUN(cases);
}
