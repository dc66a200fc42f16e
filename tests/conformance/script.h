/* The text of tests/data/conformance/vectors.txt: lines into tokens, tokens into bytes, bytes into tokens. For C99. */
#ifndef SIMDR_TESTS_SCRIPT_H
#define SIMDR_TESTS_SCRIPT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simdr.h"

/* Text that grows at its end. */
struct text {
  char *data; /* NUL-terminated, or NULL when nothing was ever added */
  size_t size, room;
};
static inline void text_add(struct text *text, const char *data, size_t size) {
  if (text->size + size + 1 > text->room) {
    text->room = 2 * (text->size + size) + 64;
    text->data = (char *)realloc(text->data, text->room);
    if (text->data == NULL) abort();
  }
  memcpy(text->data + text->size, data, size);
  text->size += size;
  text->data[text->size] = '\0';
}
static inline void text_add_string(struct text *text, const char *string) { text_add(text, string, strlen(string)); }
static inline void text_clear(struct text *text) {
  text->size = 0;
  text_add(text, "", 0);
}

/* As a further token: behind a space. */
static inline void text_add_hex(struct text *text, const void *bytes, size_t size) {
  static const char digits[] = "0123456789abcdef";
  const uint8_t *at = (const uint8_t *)bytes, *end = at + size;
  text_add_string(text, size == 0 ? " -" : " ");
  for (; at != end; at++) {
    const char both[2] = {digits[*at >> 4], digits[*at & 15]};
    text_add(text, both, 2);
  }
}
static inline void text_add_number(struct text *text, uint64_t number) {
  char token[32];
  snprintf(token, sizeof(token), " %llu", (unsigned long long)number);
  text_add_string(text, token);
}
static inline void text_add_hash(struct text *text, uint64_t number, int digit_count) {
  char token[32];
  snprintf(token, sizeof(token), " %0*llx", digit_count, (unsigned long long)number);
  text_add_string(text, token);
}
/* HEX*COUNT is written out. */
static inline void text_add_expected(struct text *text, const char *token) {
  const char *star = strchr(token, '*');
  size_t unit = star == NULL ? strlen(token) : (size_t)(star - token);
  unsigned long count = star == NULL ? 1 : strtoul(star + 1, NULL, 10);
  while (count-- > 0) text_add(text, token, unit);
}

/* One step: `words` points into the line that it was cut from. */
struct step {
  char **words;
  size_t word_count;
  size_t arrow; /* the place of "=>" among them, word_count when there is none */
};
static inline void step_free(struct step *step) { free(step->words); }
/* Changes `line`: ends each word with a NUL. */
static inline struct step step_cut(char *line) {
  struct step step = {NULL, 0, 0};
  char *word = strtok(line, " \n");
  for (; word != NULL; word = strtok(NULL, " \n")) {
    step.words = (char **)realloc(step.words, (step.word_count + 1) * sizeof(*step.words));
    if (step.words == NULL) abort();
    step.words[step.word_count++] = word;
  }
  while (step.arrow < step.word_count && strcmp(step.words[step.arrow], "=>") != 0) step.arrow++;
  return step;
}

/* What a BYTES token means; never NULL data, to be released by bytes_free(). */
static inline simdr_bytes bytes_of(const char *token) {
  struct text hex = {NULL, 0, 0};
  simdr_bytes bytes;
  uint8_t *data;
  size_t i;
  if (strcmp(token, "-") != 0) text_add_expected(&hex, token);
  data = (uint8_t *)malloc(hex.size / 2 + 1);
  if (data == NULL) abort();
  for (i = 0; i < hex.size / 2; i++) {
    const char both[3] = {hex.data[2 * i], hex.data[2 * i + 1], '\0'};
    data[i] = (uint8_t)strtoul(both, NULL, 16);
  }
  bytes.data = data;
  bytes.size = hex.size / 2;
  free(hex.data);
  return bytes;
}
static inline void bytes_free(simdr_bytes bytes) { free((void *)bytes.data); }
static inline uint64_t hash_of(const char *token) { return strtoull(token, NULL, 16); }
static inline uint64_t number_of(const char *token) { return strtoull(token, NULL, 10); }

#endif /* SIMDR_TESTS_SCRIPT_H */
