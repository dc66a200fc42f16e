/* A directory of a test's own, and files in it: made, read whole, written whole. For C99 and POSIX. */
#ifndef SIMDR_TESTS_TEMP_DIR_H
#define SIMDR_TESTS_TEMP_DIR_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct temp_dir {
  char path[512];
};

/* Made under $TMPDIR or /tmp, open to other users too: some cases read it as another one. Ends the process on failure. */
static inline void temp_dir_make(struct temp_dir *dir) {
  const char *base = getenv("TMPDIR");
  snprintf(dir->path, sizeof(dir->path), "%s/simdr-test-XXXXXX", base != NULL && base[0] != '\0' ? base : "/tmp");
  if (mkdtemp(dir->path) == NULL || chmod(dir->path, 0755) != 0) {
    perror(dir->path);
    exit(99);
  }
}

/* Everything below it, links not followed. */
static inline void temp_dir_remove_path(const char *path) {
  struct stat info;
  if (lstat(path, &info) != 0) return;
  if (S_ISDIR(info.st_mode)) {
    DIR *listing = opendir(path);
    struct dirent *item;
    while (listing != NULL && (item = readdir(listing)) != NULL) {
      char below[4096];
      if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0) continue;
      if (snprintf(below, sizeof(below), "%s/%s", path, item->d_name) < (int)sizeof(below)) temp_dir_remove_path(below);
    }
    if (listing != NULL) closedir(listing);
    rmdir(path);
  } else {
    unlink(path);
  }
}
static inline void temp_dir_remove(struct temp_dir *dir) { temp_dir_remove_path(dir->path); }

/* `out` has room for 1024 bytes. Returns it. */
static inline const char *temp_path(const struct temp_dir *dir, const char *name, char *out) {
  snprintf(out, 1024, "%s/%s", dir->path, name);
  return out;
}

static inline int file_is_there(const char *path) {
  struct stat info;
  return lstat(path, &info) == 0;
}
static inline uint64_t file_size_of(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 ? (uint64_t)info.st_size : UINT64_MAX;
}

/* The first `limit` bytes of a file, or all of it; to be freed. NULL when it cannot be read. */
static inline uint8_t *file_read(const char *path, size_t limit, size_t *out_size) {
  uint8_t *bytes = NULL;
  size_t size = 0;
  FILE *file = fopen(path, "rb");
  if (file == NULL) return NULL;
  for (;;) {
    size_t want = limit - size < 65536 ? limit - size : 65536;
    size_t got;
    bytes = (uint8_t *)realloc(bytes, size + want + 1);
    got = bytes == NULL ? 0 : fread(bytes + size, 1, want, file);
    size += got;
    if (got == 0) break;
  }
  fclose(file);
  *out_size = size;
  return bytes;
}
static inline int file_write(const char *path, const void *bytes, size_t size) {
  FILE *file = fopen(path, "wb");
  int good = file != NULL && (size == 0 || fwrite(bytes, 1, size, file) == size);
  if (file != NULL && fclose(file) != 0) good = 0;
  return good;
}
/* Flips the bits of `mask` in one byte. */
static inline int file_flip(const char *path, uint64_t offset, uint8_t mask) {
  uint8_t byte = 0;
  int fd = open(path, O_RDWR | O_CLOEXEC);
  int good = fd >= 0 && pread(fd, &byte, 1, (off_t)offset) == 1;
  byte ^= mask;
  good = good && pwrite(fd, &byte, 1, (off_t)offset) == 1;
  if (fd >= 0) close(fd);
  return good;
}

#endif /* SIMDR_TESTS_TEMP_DIR_H */
