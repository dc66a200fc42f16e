/* Store files of many gigabytes that take some kilobytes of disk: values of zeros are holes, and their CRC is computed
 * and not read. docs/FORMAT.md is what it follows; it shares no code with the library but the key hash.
 *
 * What opening, recovery and checks read of a hole they do read, at the speed of page faults: gigabytes take ten
 * seconds. So the tests put a small value first, since the first one's checksum is always read, and give other values
 * a size by which the next one needs no pad: a search takes a CRC before a pad for a link to somewhere far away. */
#ifndef SIMDR_TESTS_SPARSE_FILE_H
#define SIMDR_TESTS_SPARSE_FILE_H

#include <sys/types.h>

#include "format_model.h"
#include "store_fixture.h"

#define GIB ((uint64_t)1 << 30)
#define TIB ((uint64_t)1 << 40)

/* A value of this size, behind a tail that is a multiple of 64, leaves the next tail one. */
#define NO_PAD_SIZE 44u

/* a * b modulo the polynomial of the CRC, both reflected. */
static inline uint32_t crc_multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0, bit;
  for (bit = UINT32_C(1) << 31; bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = (b >> 1) ^ (0xEDB88320u & (0u - (b & 1u)));
  }
  return product;
}
/* CRC-32 of `size` zeros, in as many steps as `size` has bits. */
static inline uint32_t crc_of_zeros(uint64_t size) {
  uint32_t crc = 0xFFFFFFFFu, step = UINT32_C(1) << 23; /* x^8: what one more zero byte does */
  for (; size != 0; size >>= 1) {
    if (size & 1) crc = crc_multiply(step, crc);
    step = crc_multiply(step, step);
  }
  return ~crc;
}

struct sparse_file {
  int fd;
  uint64_t tail;
  size_t alignment, trailer_size;
  int good;
};

static inline void sparse_open(struct sparse_file *file, const char *path, size_t alignment, size_t trailer_size) {
  file->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  file->tail = 0;
  file->alignment = alignment;
  file->trailer_size = trailer_size;
  file->good = file->fd >= 0;
}
/* Returns the offset of the payload, which is to be there already. */
static inline uint64_t sparse_end_entry(struct sparse_file *file, const char *key, uint64_t size, uint32_t crc) {
  uint64_t start = (file->tail + file->alignment - 1) / file->alignment * file->alignment;
  uint64_t hash = simdr_key_hash(key, strlen(key));
  uint8_t trailer[20];
  int i;
  for (i = 0; i < 8; i++) trailer[i] = (uint8_t)(hash >> (8 * i));
  for (i = 0; i < 8; i++) trailer[8 + i] = (uint8_t)(file->tail >> (8 * i));
  for (i = 0; i < 4; i++) trailer[16 + i] = (uint8_t)(crc >> (8 * i));
  file->good =
      file->good && pwrite(file->fd, trailer, file->trailer_size, (off_t)(start + size)) == (ssize_t)file->trailer_size;
  file->tail = start + size + file->trailer_size;
  return start;
}
static inline uint64_t sparse_put(struct sparse_file *file, const char *key, const void *value, size_t size) {
  uint64_t start = (file->tail + file->alignment - 1) / file->alignment * file->alignment;
  file->good = file->good && pwrite(file->fd, value, size, (off_t)start) == (ssize_t)size;
  return sparse_end_entry(file, key, size, model_crc32(value, size));
}
static inline uint64_t sparse_put_hole(struct sparse_file *file, const char *key, uint64_t size) {
  return sparse_end_entry(file, key, size, crc_of_zeros(size));
}
/* NULL, or why this file system cannot hold such a file. */
static inline const char *sparse_close(struct sparse_file *file) {
  struct stat info;
  int good = file->good && fstat(file->fd, &info) == 0;
  if (file->fd >= 0) close(file->fd);
  if (!good) return "the file system cannot hold a file that large";
  return (uint64_t)info.st_blocks * 512 > GIB / 8 ? "the file system keeps no holes" : NULL;
}

enum { kAboveCount = 100 };
/* The small values: text, which no reader takes for links. Those of other generations than aligned-64 end elsewhere,
 * so that the pads tell which one it is. */
static inline void above_key(int i, char key[16]) { snprintf(key, 16, "above %d", i); }
static inline size_t small_value(int i, size_t alignment, char value[64]) {
  snprintf(value, 64, "value %03d, of just forty-four bytes of text, or more", i);
  return alignment == 64 ? NO_PAD_SIZE : strlen(value);
}

/* "first", a small value; "hole", hole_size + NO_PAD_SIZE zeros; "above 0" to "above 99". NULL, or why not. */
static inline const char *large_file_make(struct fixture *f, uint64_t hole_size, size_t alignment,
                                          size_t trailer_size) {
  struct sparse_file file;
  char key[16], value[64];
  size_t size = small_value(0, alignment, value);
  int i;
  temp_dir_make(&f->dir);
  temp_path(&f->dir, "large.simdr", f->path);
  f->store = NULL;
  sparse_open(&file, f->path, alignment, trailer_size);
  sparse_put(&file, "first", value, size);
  sparse_put_hole(&file, "hole", hole_size + NO_PAD_SIZE);
  for (i = 0; i < kAboveCount; i++) {
    above_key(i, key);
    size = small_value(i, alignment, value);
    sparse_put(&file, key, value, size);
  }
  return sparse_close(&file);
}
#define LARGE_FILE_OR_SKIP(f, hole_size, alignment, trailer_size)                 \
  do {                                                                            \
    const char *why_not = large_file_make(f, hole_size, alignment, trailer_size); \
    if (why_not != NULL) temp_dir_remove(&(f)->dir);                              \
    if (why_not != NULL) SKIP(why_not);                                           \
  } while (0)

/* All but the hole, with their checksums. */
static inline void has_the_first_small_values(const simdr_store *store, int above_count) {
  const size_t alignment = simdr_store_alignment(store);
  char key[16], value[64];
  size_t size = small_value(0, alignment, value);
  int i;
  HAS_BYTES(store, "first", value, size);
  for (i = 0; i < above_count; i++) {
    above_key(i, key);
    size = small_value(i, alignment, value);
    HAS_BYTES(store, key, value, size);
  }
}
static inline void has_the_small_values(const simdr_store *store) { has_the_first_small_values(store, kAboveCount); }

#endif /* SIMDR_TESTS_SPARSE_FILE_H */
