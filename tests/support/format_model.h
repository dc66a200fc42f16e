/* The file format written a second time, as plainly as can be, to compare files with: any alignment, any generation.
 * docs/FORMAT.md is what it follows; it shares no code with the library but the key hash. */
#ifndef SIMDR_TESTS_FORMAT_MODEL_H
#define SIMDR_TESTS_FORMAT_MODEL_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct model_file {
  uint8_t *bytes;
  size_t size;         /* the tail */
  size_t alignment;    /* 1 in packed generations */
  size_t trailer_size; /* 20, or 19 */
};

/* CRC-32/ISO-HDLC, bit by bit. */
static inline uint32_t model_crc32(const void *data, size_t size) {
  const uint8_t *bytes = (const uint8_t *)data;
  uint32_t crc = 0xFFFFFFFFu;
  size_t i;
  int bit;
  for (i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
  }
  return ~crc;
}

static inline void model_init(struct model_file *file, size_t alignment, size_t trailer_size) {
  file->bytes = NULL;
  file->size = 0;
  file->alignment = alignment;
  file->trailer_size = trailer_size;
}
static inline void model_free(struct model_file *file) { free(file->bytes); }

/* Appends an entry; returns the offset of its payload. The tombstone is the payload 0x00 without a pad. */
static inline size_t model_append(struct model_file *file, uint64_t key_hash, const void *payload, size_t payload_size,
                                  int is_tombstone) {
  size_t prev_tail = file->size;
  size_t pad = is_tombstone ? 0 : (file->alignment - prev_tail % file->alignment) % file->alignment;
  size_t start = prev_tail + pad;
  uint32_t crc = model_crc32(payload, payload_size);
  uint8_t *trailer;
  size_t i;
  file->size = start + payload_size + file->trailer_size;
  file->bytes = (uint8_t *)realloc(file->bytes, file->size);
  if (file->bytes == NULL) abort();
  memset(file->bytes + prev_tail, 0, pad);
  memcpy(file->bytes + start, payload, payload_size);
  trailer = file->bytes + start + payload_size;
  for (i = 0; i < 8; i++) trailer[i] = (uint8_t)(key_hash >> (8 * i));
  for (i = 0; i < 8; i++) trailer[8 + i] = (uint8_t)((uint64_t)prev_tail >> (8 * i));
  for (i = 16; i < file->trailer_size; i++) trailer[i] = (uint8_t)(crc >> (8 * (i - 16)));
  return start;
}

#endif /* SIMDR_TESTS_FORMAT_MODEL_H */
