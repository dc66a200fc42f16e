/* Paths that cannot be opened as a store: each its own status, words that name the path, and nothing changed. */
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "child.h"
#include "store_fixture.h"

static const uint32_t every_mode[] = {SIMDR_OPEN_CREATE, SIMDR_OPEN_EXISTING, SIMDR_OPEN_READ_ONLY};

static simdr_status open_mode(const char *path, uint32_t mode, simdr_store **out_store) {
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  options.mode = mode;
  return simdr_store_open(path, &options, out_store, &err);
}
/* The path fails with `status` in every mode that takes what is there. */
static void fails_in_every_mode(const char *path, simdr_status status, const char *word) {
  size_t i;
  for (i = 0; i < COUNT_OF(every_mode); i++) {
    simdr_store *store = NULL;
    FAILS(open_mode(path, every_mode[i], &store), status, word);
    CHECK(store == NULL);
  }
}

static void a_directory_is_refused(void) {
  struct temp_dir dir;
  temp_dir_make(&dir);
  fails_in_every_mode(dir.path, SIMDR_ERR_IS_DIRECTORY, dir.path);
  temp_dir_remove(&dir);
}

static void a_fifo_is_refused_and_does_not_block(void) {
  struct temp_dir dir;
  char path[1024];
  temp_dir_make(&dir);
  REQUIRE(mkfifo(temp_path(&dir, "fifo", path), 0600) == 0);
  alarm(30);
  fails_in_every_mode(path, SIMDR_ERR_NOT_REGULAR_FILE, "fifo");
  alarm(0);
  temp_dir_remove(&dir);
}

static void a_socket_and_a_device_are_refused(void) {
  struct temp_dir dir;
  struct sockaddr_un address;
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  temp_dir_make(&dir);
  memset(&address, 0, sizeof(address));
  address.sun_family = AF_UNIX;
  REQUIRE(snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", dir.path) < (int)sizeof(address.sun_path));
  REQUIRE(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
  fails_in_every_mode(address.sun_path, SIMDR_ERR_NOT_REGULAR_FILE, "/s");
  fails_in_every_mode("/dev/null", SIMDR_ERR_NOT_REGULAR_FILE, "/dev/null");
  close(fd);
  temp_dir_remove(&dir);
}

static void a_missing_folder_is_no_such_file(void) {
  struct temp_dir dir;
  char path[1024];
  temp_dir_make(&dir);
  fails_in_every_mode(temp_path(&dir, "missing/store", path), SIMDR_ERR_NO_SUCH_FILE, "missing/store");
  temp_dir_remove(&dir);
}

static void odd_paths_fail_with_words(void) {
  struct temp_dir dir;
  char path[1024], long_name[300];
  simdr_store *store = NULL;
  temp_dir_make(&dir);
  FAILS(open_mode("", SIMDR_OPEN_CREATE, &store), SIMDR_ERR_INVALID_ARGUMENT, "path");
  REQUIRE(file_write(temp_path(&dir, "file", path), "x", 1));
  temp_path(&dir, "file/below", path);
  CHECK(open_mode(path, SIMDR_OPEN_CREATE, &store) <= SIMDR_ERR_INVALID_ARGUMENT && err.os_error == ENOTDIR);
  CHECK(strstr(err.message, "file/below") != NULL);
  memset(long_name, 'n', sizeof(long_name) - 1);
  long_name[sizeof(long_name) - 1] = '\0';
  temp_path(&dir, long_name, path);
  CHECK(open_mode(path, SIMDR_OPEN_CREATE, &store) <= SIMDR_ERR_INVALID_ARGUMENT && err.os_error == ENAMETOOLONG);
  CHECK(store == NULL);
  temp_dir_remove(&dir);
}

/* Files that are no store. Each stays as it is, to the byte. */
static void what_is_no_store_is_refused_and_kept(void) {
  static const char words[] = "Once upon a time there was a file of text, and nobody had meant it to be a store.\n";
  struct temp_dir dir;
  char path[1024];
  size_t round;
  temp_dir_make(&dir);
  for (round = 0; round < 6; round++) {
    size_t size = round == 0 ? 1 : round == 1 ? 19 : round == 2 ? 21 : 5000 * round;
    uint8_t *bytes = pattern_new(size, round);
    uint8_t *after;
    size_t after_size = 0;
    if (round == 3) memset(bytes, 0, size);
    if (round == 4) memset(bytes, 0xFF, size);
    if (round == 5) {
      memcpy(bytes, words, sizeof(words) - 1);
      size = sizeof(words) - 1;
    }
    REQUIRE(file_write(temp_path(&dir, "not-a-store", path), bytes, size));
    fails_in_every_mode(path, SIMDR_ERR_NOT_A_STORE, "not-a-store");
    after = file_read(path, SIZE_MAX, &after_size);
    CHECK_U64(after_size, size);
    CHECK_BYTES(after, bytes, size);
    free(after);
    free(bytes);
  }
  temp_dir_remove(&dir);
}

/* A regular file by its kind, with bytes to read, that the system maps for nobody. */
static void a_file_that_cannot_be_mapped_is_told_from_a_lack_of_memory(void) {
  static const char path[] = "/proc/version";
  struct temp_dir dir;
  char out_path[1024];
  simdr_store *store = NULL;
  simdr_repair_result result = SIMDR_REPAIR_RESULT_INIT;
  if (!file_is_there(path)) SKIP("there is no /proc");
  temp_dir_make(&dir);
  FAILS(open_mode(path, SIMDR_OPEN_READ_ONLY, &store), SIMDR_ERR_IO, "/proc/version: its 0 bytes cannot be mapped");
  CHECK(store == NULL);
  temp_path(&dir, "repaired", out_path);
  FAILS(simdr_repair(path, out_path, NULL, NULL, &result, &err), SIMDR_ERR_IO,
        "/proc/version: its 0 bytes cannot be mapped");
  CHECK(!file_is_there(out_path));
  temp_dir_remove(&dir);
}

static void a_dangling_symlink_creates_nothing_elsewhere(void) {
  struct temp_dir dir;
  char link_path[1024], target[1024];
  simdr_store *store = NULL;
  temp_dir_make(&dir);
  REQUIRE(symlink(temp_path(&dir, "target", target), temp_path(&dir, "dangling", link_path)) == 0);
  FAILS(open_mode(link_path, SIMDR_OPEN_EXISTING, &store), SIMDR_ERR_NO_SUCH_FILE, "dangling");
  FAILS(open_mode(link_path, SIMDR_OPEN_READ_ONLY, &store), SIMDR_ERR_NO_SUCH_FILE, "dangling");
  FAILS(open_mode(link_path, SIMDR_OPEN_CREATE, &store), SIMDR_ERR_NO_SUCH_FILE, "dangling");
  OUTCOME(open_mode(link_path, SIMDR_OPEN_CREATE_NEW, &store), SIMDR_EXISTS);
  CHECK(store == NULL);
  CHECK(!file_is_there(target));
  CHECK(file_is_there(link_path));
  temp_dir_remove(&dir);
}

static int become_nobody(void) { return geteuid() != 0 || (setgid(65534) == 0 && setuid(65534) == 0); }

static int opens_as_an_ordinary_user(void *arg) {
  const struct temp_dir *dir = (const struct temp_dir *)arg;
  char path[1024];
  simdr_store *store = NULL;
  if (!become_nobody()) return CHILD_SKIPS;
  fails_in_every_mode(temp_path(dir, "unreadable", path), SIMDR_ERR_ACCESS, "unreadable");
  temp_path(dir, "unwritable", path);
  FAILS(open_mode(path, SIMDR_OPEN_CREATE, &store), SIMDR_ERR_ACCESS, "unwritable");
  FAILS(open_mode(path, SIMDR_OPEN_EXISTING, &store), SIMDR_ERR_ACCESS, "unwritable");
  CHECK_I64(err.os_error, EACCES);
  if (OK(open_mode(path, SIMDR_OPEN_READ_ONLY, &store))) {
    HAS(store, "key", "value");
    simdr_store_close(store);
  }
  store = NULL;
  FAILS(open_mode(temp_path(dir, "closed/new", path), SIMDR_OPEN_CREATE, &store), SIMDR_ERR_ACCESS, "closed/new");
  CHECK(store == NULL);
  return 0;
}

static void permissions_are_told_apart(void) {
  struct temp_dir dir;
  char path[1024];
  simdr_store *store = NULL;
  int code;
  temp_dir_make(&dir);
  REQUIRE_OK(simdr_store_open(temp_path(&dir, "unwritable", path), NULL, &store, &err));
  PUT(store, "key", "value");
  simdr_store_close(store);
  CHECK(chmod(path, 0444) == 0);
  REQUIRE(file_write(temp_path(&dir, "unreadable", path), "", 0) && chmod(path, 0) == 0);
  REQUIRE(mkdir(temp_path(&dir, "closed", path), 0755) == 0 && chmod(path, 0555) == 0);
  code = in_child(opens_as_an_ordinary_user, &dir);
  chmod(path, 0755);
  temp_dir_remove(&dir);
  if (code == CHILD_SKIPS) SKIP("cannot become an ordinary user");
  CHECK_I64(code, 0);
}

/* A small tmpfs in a mount namespace of the child's own: only root may have one. */
static int mount_private_tmpfs(const char *at, const char *options) {
  return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
         mount("tmpfs", at, "tmpfs", 0, options) == 0;
}

static int opens_on_a_read_only_medium(void *arg) {
  const struct temp_dir *dir = (const struct temp_dir *)arg;
  char path[1024], fresh[1024];
  simdr_store *store = NULL;
  if (!mount_private_tmpfs(dir->path, "size=16m")) return CHILD_SKIPS;
  if (!OK(simdr_store_open(temp_path(dir, "store", path), NULL, &store, &err))) return 1;
  PUT(store, "key", "value");
  simdr_store_close(store);
  store = NULL;
  if (mount("tmpfs", dir->path, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=16m") != 0) return CHILD_SKIPS;
  FAILS(open_mode(path, SIMDR_OPEN_CREATE, &store), SIMDR_ERR_READ_ONLY_MEDIUM, path);
  FAILS(open_mode(path, SIMDR_OPEN_EXISTING, &store), SIMDR_ERR_READ_ONLY_MEDIUM, path);
  CHECK_I64(err.os_error, EROFS);
  FAILS(open_mode(temp_path(dir, "new", fresh), SIMDR_OPEN_CREATE, &store), SIMDR_ERR_READ_ONLY_MEDIUM, fresh);
  FAILS(open_mode(fresh, SIMDR_OPEN_CREATE_NEW, &store), SIMDR_ERR_READ_ONLY_MEDIUM, fresh);
  CHECK(store == NULL);
  if (OK(open_mode(path, SIMDR_OPEN_READ_ONLY, &store))) {
    HAS(store, "key", "value");
    FAILS(simdr_store_backup(store, fresh, &err), SIMDR_ERR_READ_ONLY_MEDIUM, dir->path);
    simdr_store_close(store);
  }
  return 0;
}

static void a_read_only_medium_is_told_apart(void) {
  struct temp_dir dir;
  int code;
  temp_dir_make(&dir);
  code = in_child(opens_on_a_read_only_medium, &dir);
  temp_dir_remove(&dir);
  if (code == CHILD_SKIPS) SKIP("mounting needs root");
  CHECK_I64(code, 0);
}

static int fills_a_small_disk(void *arg) {
  struct fixture f;
  simdr_reservation *reservation = NULL;
  simdr_status status = SIMDR_OK;
  void *room = NULL;
  uint8_t *value = pattern_new(100000, 1);
  struct snapshot full;
  int stored = 0, i;
  char key[16];
  f.dir = *(const struct temp_dir *)arg;
  if (!mount_private_tmpfs(f.dir.path, "size=1m")) return CHILD_SKIPS;
  if (!OK(simdr_store_open(temp_path(&f.dir, "store", f.path), NULL, &f.store, &err))) return 1;
  for (i = 0; i < 20 && status == SIMDR_OK; i++) {
    snprintf(key, sizeof(key), "%d", i);
    status = simdr_store_put(f.store, key, strlen(key), value, 100000, 0, NULL, &err);
    if (status == SIMDR_OK) stored++;
  }
  CHECK_I64(status, SIMDR_ERR_NO_SPACE);
  CHECK(err.message[0] != '\0' && (err.os_error == ENOSPC || err.os_error == EDQUOT));
  CHECK(stored > 0 && stored < 11);
  snapshot_take(&full, &f);
  FAILS(simdr_store_put(f.store, "big", 3, value, 100000, 0, NULL, &err), SIMDR_ERR_NO_SPACE, "");
  FAILS(simdr_store_reserve(f.store, "big", 3, 500000, 0, &reservation, &room, &err), SIMDR_ERR_NO_SPACE, "");
  UNCHANGED(&full, &f);
  snapshot_free(&full);
  for (i = 0; i < 2; i++) { /* before and after reopening */
    int k;
    CHECK_U64(simdr_store_count(f.store), stored);
    for (k = 0; k < stored; k++) {
      snprintf(key, sizeof(key), "%d", k);
      HAS_BYTES(f.store, key, value, 100000);
    }
    LACKS(f.store, "big");
    fixture_close_store(&f);
    fixture_reopen(&f);
    CHECK(simdr_store_recovered_from(f.store) == NULL);
  }
  simdr_store_close(f.store);
  free(value);
  return 0;
}

static void a_full_disk_is_a_status_and_loses_nothing(void) {
  struct temp_dir dir;
  int code;
  temp_dir_make(&dir);
  code = in_child(fills_a_small_disk, &dir);
  temp_dir_remove(&dir);
  if (code == CHILD_SKIPS) SKIP("mounting needs root");
  CHECK_I64(code, 0);
}

int main(void) {
  static const struct check_case cases[] = {
      CASE(a_directory_is_refused),
      CASE(a_fifo_is_refused_and_does_not_block),
      CASE(a_socket_and_a_device_are_refused),
      CASE(a_missing_folder_is_no_such_file),
      CASE(odd_paths_fail_with_words),
      CASE(what_is_no_store_is_refused_and_kept),
      CASE(a_file_that_cannot_be_mapped_is_told_from_a_lack_of_memory),
      CASE(a_dangling_symlink_creates_nothing_elsewhere),
      CASE(permissions_are_told_apart),
      CASE(a_read_only_medium_is_told_apart),
      CASE(a_full_disk_is_a_status_and_loses_nothing),
  };
  return CHECK_RUN(cases);
}
