/* Executes tests/data/conformance/vectors.txt through the C interface; its README.md says what the verbs are. Prints TAP.
 * usage: conformance_c VECTORS */
#include "../support/temp_dir.h"
#include "script.h"

/* The vector that runs. */
struct run {
  struct temp_dir dir;
  simdr_store *store;
};
/* The arguments of a step, of the number that the verb takes. */
struct arguments {
  char **words;
  size_t count;
};

static const char *path_of(const struct run *run, const char *name) {
  static char path[1024];
  return temp_path(&run->dir, name, path);
}

/* ---- a store */

static simdr_status open_as(struct run *run, const struct arguments *in, uint32_t flags) {
  static const char *const modes[] = {"create", "existing", "read_only", "create_new"}; /* by number */
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  while (options.mode < 4 && strcmp(modes[options.mode], in->words[1]) != 0) options.mode++;
  options.flags = flags;
  if (run->store != NULL) return SIMDR_ERR_BAD_STATE;
  return simdr_store_open(path_of(run, in->words[0]), &options, &run->store, NULL);
}
static simdr_status do_open(struct run *run, const struct arguments *in, struct text *out) {
  (void)out;
  return open_as(run, in, 0);
}
static simdr_status do_open_verifying(struct run *run, const struct arguments *in, struct text *out) {
  (void)out;
  return open_as(run, in, SIMDR_OPEN_VERIFY_READS);
}
static simdr_status do_close(struct run *run, const struct arguments *in, struct text *out) {
  simdr_store *store = run->store;
  (void)in, (void)out;
  run->store = NULL;
  return simdr_store_close_checked(store, NULL);
}

/* ---- one key */

typedef simdr_status (*write_fn)(simdr_store *, const void *, size_t, const void *, size_t, uint32_t, uint64_t *,
                                 simdr_error *) SIMDR_NOEXCEPT;
static simdr_status write_pair(struct run *run, const struct arguments *in, write_fn write) {
  simdr_bytes first = bytes_of(in->words[0]), second = bytes_of(in->words[1]);
  simdr_status status = write(run->store, first.data, first.size, second.data, second.size, 0, NULL, NULL);
  bytes_free(first);
  bytes_free(second);
  return status;
}
static simdr_status do_put(struct run *run, const struct arguments *in, struct text *out) {
  (void)out;
  return write_pair(run, in, simdr_store_put);
}
static simdr_status do_put_if_absent(struct run *run, const struct arguments *in, struct text *out) {
  (void)out;
  return write_pair(run, in, simdr_store_put_if_absent);
}
static simdr_status do_rename(struct run *run, const struct arguments *in, struct text *out) {
  (void)out;
  return write_pair(run, in, simdr_store_rename);
}
static simdr_status do_put_hashed(struct run *run, const struct arguments *in, struct text *out) {
  simdr_bytes value = bytes_of(in->words[1]);
  simdr_status status =
      simdr_store_put_hashed(run->store, hash_of(in->words[0]), value.data, value.size, 0, NULL, NULL);
  (void)out;
  bytes_free(value);
  return status;
}
static simdr_status do_put_stream(struct run *run, const struct arguments *in, struct text *out) {
  simdr_stream *stream = NULL;
  simdr_bytes key = bytes_of(in->words[0]);
  simdr_status status = simdr_stream_open(run->store, key.data, key.size, 0, &stream, NULL);
  size_t i;
  (void)out;
  for (i = 1; i < in->count && status == SIMDR_OK; i++) {
    simdr_bytes piece = bytes_of(in->words[i]);
    status = simdr_stream_write(stream, piece.data, piece.size, NULL);
    bytes_free(piece);
  }
  if (status == SIMDR_OK) status = simdr_stream_commit(stream, NULL, NULL);
  simdr_stream_free(stream);
  bytes_free(key);
  return status;
}
static simdr_status do_remove(struct run *run, const struct arguments *in, struct text *out) {
  simdr_bytes key = bytes_of(in->words[0]);
  simdr_status status = simdr_store_remove(run->store, key.data, key.size, 0, NULL, NULL);
  (void)out;
  bytes_free(key);
  return status;
}
static simdr_status do_exists(struct run *run, const struct arguments *in, struct text *out) {
  simdr_bytes key = bytes_of(in->words[0]);
  int exists = -1;
  simdr_status status = simdr_store_exists(run->store, key.data, key.size, &exists, NULL);
  if (status == SIMDR_OK) text_add_number(out, (uint64_t)exists);
  bytes_free(key);
  return status;
}

/* The entry that the first argument names, to be released. */
static simdr_status entry_of(struct run *run, const struct arguments *in, simdr_entry **out_entry) {
  simdr_bytes key = bytes_of(in->words[0]);
  simdr_status status = simdr_store_get(run->store, key.data, key.size, out_entry, NULL);
  bytes_free(key);
  return status;
}
static void add_value(struct text *out, const simdr_entry *entry) {
  text_add_hex(out, simdr_entry_data(entry), simdr_entry_size(entry));
}
static simdr_status do_get(struct run *run, const struct arguments *in, struct text *out) {
  simdr_entry *entry = NULL;
  simdr_status status = entry_of(run, in, &entry);
  if (status == SIMDR_OK) add_value(out, entry);
  simdr_entry_unref(entry);
  return status;
}
static simdr_status do_get_hashed(struct run *run, const struct arguments *in, struct text *out) {
  simdr_entry *entry = NULL;
  simdr_status status = simdr_store_get_hashed(run->store, hash_of(in->words[0]), &entry, NULL);
  if (status == SIMDR_OK) add_value(out, entry);
  simdr_entry_unref(entry);
  return status;
}
static simdr_status do_checksum(struct run *run, const struct arguments *in, struct text *out) {
  simdr_entry *entry = NULL;
  simdr_status status = entry_of(run, in, &entry);
  if (status == SIMDR_OK) text_add_hash(out, simdr_entry_checksum(entry), 8);
  simdr_entry_unref(entry);
  return status;
}
static simdr_status do_start_offset(struct run *run, const struct arguments *in, struct text *out) {
  simdr_entry *entry = NULL;
  simdr_status status = entry_of(run, in, &entry);
  if (status == SIMDR_OK) text_add_number(out, simdr_entry_start_offset(entry));
  simdr_entry_unref(entry);
  return status;
}
static simdr_status do_aligned(struct run *run, const struct arguments *in, struct text *out) {
  simdr_entry *entry = NULL;
  simdr_status status = entry_of(run, in, &entry);
  if (status == SIMDR_OK) text_add_number(out, (uintptr_t)simdr_entry_data(entry) % number_of(in->words[1]) == 0);
  simdr_entry_unref(entry);
  return status;
}

/* ---- many keys */

/* The arguments `first`, `first + step`, ... as bytes, to be released by free_all(). */
static simdr_bytes *all_bytes(const struct arguments *in, size_t first, size_t step) {
  simdr_bytes *all = (simdr_bytes *)calloc(in->count / step + 1, sizeof(*all));
  size_t i;
  if (all == NULL) abort();
  for (i = 0; first + i * step < in->count; i++) all[i] = bytes_of(in->words[first + i * step]);
  return all;
}
static void free_all(simdr_bytes *all, size_t count) {
  while (count-- > 0) bytes_free(all[count]);
  free(all);
}
static simdr_status do_put_batch(struct run *run, const struct arguments *in, struct text *out) {
  const size_t count = in->count / 2;
  simdr_bytes *keys = all_bytes(in, 0, 2), *values = all_bytes(in, 1, 2);
  simdr_status status = simdr_store_put_many(run->store, keys, count, values, count, 0, NULL, NULL);
  (void)out;
  free_all(keys, count);
  free_all(values, count);
  return status;
}
static simdr_status do_get_batch(struct run *run, const struct arguments *in, struct text *out) {
  simdr_bytes *keys = all_bytes(in, 0, 1);
  simdr_entry **entries = (simdr_entry **)calloc(in->count + 1, sizeof(*entries));
  simdr_status status;
  size_t i;
  if (entries == NULL) abort();
  status = simdr_store_get_many(run->store, keys, in->count, entries, NULL, NULL);
  for (i = 0; status == SIMDR_OK && i < in->count; i++) {
    if (entries[i] == NULL) {
      text_add_string(out, " absent");
    } else {
      add_value(out, entries[i]);
    }
    simdr_entry_unref(entries[i]);
  }
  free(entries);
  free_all(keys, in->count);
  return status;
}
static simdr_status do_remove_batch(struct run *run, const struct arguments *in, struct text *out) {
  simdr_bytes *keys = all_bytes(in, 0, 1);
  size_t removed = 0;
  simdr_status status = simdr_store_remove_many(run->store, keys, in->count, 0, &removed, NULL, NULL);
  if (status == SIMDR_OK) text_add_number(out, removed);
  free_all(keys, in->count);
  return status;
}

/* All of an iterator's values; releases it. */
static simdr_status add_values(struct text *out, simdr_iterator *iterator) {
  simdr_entry *entry = NULL;
  simdr_status status;
  while ((status = simdr_iterator_next(iterator, &entry, NULL)) == SIMDR_OK) {
    add_value(out, entry);
    simdr_entry_unref(entry);
  }
  simdr_iterator_free(iterator);
  return status == SIMDR_NOT_FOUND ? SIMDR_OK : status;
}
static simdr_status do_iterate(struct run *run, const struct arguments *in, struct text *out) {
  simdr_iterator *iterator = NULL;
  simdr_status status = simdr_iterator_open(run->store, 0, &iterator, NULL);
  (void)in;
  return status == SIMDR_OK ? add_values(out, iterator) : status;
}
static simdr_status do_versions(struct run *run, const struct arguments *in, struct text *out) {
  simdr_bytes key = bytes_of(in->words[0]);
  simdr_iterator *iterator = NULL;
  simdr_status status = simdr_iterator_open_versions(run->store, key.data, key.size, &iterator, NULL);
  bytes_free(key);
  return status == SIMDR_OK ? add_values(out, iterator) : status;
}

/* ---- the whole store */

static simdr_status do_count(struct run *run, const struct arguments *in, struct text *out) {
  (void)in;
  text_add_number(out, simdr_store_count(run->store));
  return SIMDR_OK;
}
static simdr_status do_file_size(struct run *run, const struct arguments *in, struct text *out) {
  (void)in;
  text_add_number(out, simdr_store_file_size(run->store));
  return SIMDR_OK;
}
static simdr_status do_recovered(struct run *run, const struct arguments *in, struct text *out) {
  (void)in;
  text_add_number(out, simdr_store_recovered_from(run->store) != NULL);
  return SIMDR_OK;
}
static simdr_status do_generation(struct run *run, const struct arguments *in, struct text *out) {
  (void)in;
  text_add_string(out, " ");
  text_add_string(out, simdr_store_generation(run->store));
  return SIMDR_OK;
}
static simdr_status do_alignment(struct run *run, const struct arguments *in, struct text *out) {
  (void)in;
  text_add_number(out, simdr_store_alignment(run->store));
  return SIMDR_OK;
}
static simdr_status do_compact(struct run *run, const struct arguments *in, struct text *out) {
  (void)in, (void)out;
  return simdr_store_compact(run->store, NULL, NULL);
}
static simdr_status do_verify(struct run *run, const struct arguments *in, struct text *out) {
  simdr_verify_result result = SIMDR_VERIFY_RESULT_INIT;
  (void)in, (void)out;
  return simdr_store_verify(run->store, NULL, &result, NULL);
}

/* ---- no store */

static simdr_status do_key_hash(struct run *run, const struct arguments *in, struct text *out) {
  simdr_bytes key = bytes_of(in->words[0]);
  (void)run;
  text_add_hash(out, simdr_key_hash(key.data, key.size), 16);
  bytes_free(key);
  return SIMDR_OK;
}
static simdr_status do_namespaced_key(struct run *run, const struct arguments *in, struct text *out) {
  simdr_bytes ns = bytes_of(in->words[0]), key = bytes_of(in->words[1]);
  uint8_t both[16];
  (void)run;
  simdr_namespaced_key(ns.data, ns.size, key.data, key.size, both);
  text_add_hex(out, both, sizeof(both));
  bytes_free(ns);
  bytes_free(key);
  return SIMDR_OK;
}

/* ---- files */

static simdr_status to_file(struct run *run, const struct arguments *in, const char *mode) {
  simdr_bytes bytes = bytes_of(in->words[1]);
  FILE *file = fopen(path_of(run, in->words[0]), mode);
  int good = file != NULL && fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
  if (file != NULL && fclose(file) != 0) good = 0;
  bytes_free(bytes);
  return good ? SIMDR_OK : SIMDR_ERR_IO;
}
static simdr_status do_write_file(struct run *run, const struct arguments *in, struct text *out) {
  (void)out;
  return to_file(run, in, "wb");
}
static simdr_status do_append_file(struct run *run, const struct arguments *in, struct text *out) {
  (void)out;
  return to_file(run, in, "ab");
}
static simdr_status do_cut_file(struct run *run, const struct arguments *in, struct text *out) {
  (void)out;
  return truncate(path_of(run, in->words[0]), (off_t)number_of(in->words[1])) == 0 ? SIMDR_OK : SIMDR_ERR_IO;
}
static simdr_status do_flip_byte(struct run *run, const struct arguments *in, struct text *out) {
  (void)out;
  return file_flip(path_of(run, in->words[0]), number_of(in->words[1]), 0xFF) ? SIMDR_OK : SIMDR_ERR_IO;
}
static simdr_status do_read_file(struct run *run, const struct arguments *in, struct text *out) {
  size_t size = 0;
  uint8_t *bytes = file_read(path_of(run, in->words[0]), SIZE_MAX, &size);
  if (bytes == NULL) return SIMDR_ERR_IO;
  text_add_hex(out, bytes, size);
  free(bytes);
  return SIMDR_OK;
}
static simdr_status do_file_hash(struct run *run, const struct arguments *in, struct text *out) {
  size_t size = 0;
  uint8_t *bytes = file_read(path_of(run, in->words[0]), SIZE_MAX, &size);
  if (bytes == NULL) return SIMDR_ERR_IO;
  text_add_hash(out, simdr_key_hash(bytes, size), 16);
  free(bytes);
  return SIMDR_OK;
}

/* ---- running */

enum { kAny = 99999 };
static const struct verb {
  const char *name;
  simdr_status (*run)(struct run *, const struct arguments *, struct text *);
  size_t least, most; /* arguments */
  int store; /* whether it wants one: 1 open, 0 none or any */
} verbs[] = {
    {"open", do_open, 2, 2, 0},
    {"open_verifying", do_open_verifying, 2, 2, 0},
    {"close", do_close, 0, 0, 1},
    {"put", do_put, 2, 2, 1},
    {"put_hashed", do_put_hashed, 2, 2, 1},
    {"put_if_absent", do_put_if_absent, 2, 2, 1},
    {"put_batch", do_put_batch, 0, kAny, 1},
    {"put_stream", do_put_stream, 1, kAny, 1},
    {"get", do_get, 1, 1, 1},
    {"get_hashed", do_get_hashed, 1, 1, 1},
    {"get_batch", do_get_batch, 0, kAny, 1},
    {"exists", do_exists, 1, 1, 1},
    {"remove", do_remove, 1, 1, 1},
    {"remove_batch", do_remove_batch, 0, kAny, 1},
    {"rename", do_rename, 2, 2, 1},
    {"count", do_count, 0, 0, 1},
    {"iterate", do_iterate, 0, 0, 1},
    {"versions", do_versions, 1, 1, 1},
    {"checksum", do_checksum, 1, 1, 1},
    {"start_offset", do_start_offset, 1, 1, 1},
    {"aligned", do_aligned, 2, 2, 1},
    {"file_size", do_file_size, 0, 0, 1},
    {"compact", do_compact, 0, 0, 1},
    {"verify", do_verify, 0, 0, 1},
    {"recovered", do_recovered, 0, 0, 1},
    {"generation", do_generation, 0, 0, 1},
    {"alignment", do_alignment, 0, 0, 1},
    {"key_hash", do_key_hash, 1, 1, 0},
    {"namespaced_key", do_namespaced_key, 2, 2, 0},
    {"write_file", do_write_file, 2, 2, 0},
    {"append_file", do_append_file, 2, 2, 0},
    {"cut_file", do_cut_file, 2, 2, 0},
    {"flip_byte", do_flip_byte, 2, 2, 0},
    {"read_file", do_read_file, 1, 1, 0},
    {"file_hash", do_file_hash, 1, 1, 0},
};

/* Runs a step and writes its outcome; 0 when it cannot be run. */
static int run_step(struct run *run, const struct step *step, struct text *out) {
  const struct arguments in = {step->words + 1, step->arrow - 1};
  struct text results = {NULL, 0, 0};
  simdr_status status;
  size_t i = 0;
  while (i < sizeof(verbs) / sizeof(verbs[0]) && strcmp(verbs[i].name, step->words[0]) != 0) i++;
  if (i == sizeof(verbs) / sizeof(verbs[0]) || in.count < verbs[i].least || in.count > verbs[i].most) return 0;
  if (verbs[i].store && run->store == NULL) return 0;
  text_clear(&results);
  status = verbs[i].run(run, &in, &results);
  text_clear(out);
  if (status == SIMDR_OK) {
    text_add_string(out, "ok");
    text_add(out, results.data, results.size);
  } else {
    const char *name = simdr_status_name(status);
    text_add_string(out, strncmp(name, "ERR_", 4) == 0 ? name + 4 : name);
  }
  free(results.data);
  return 1;
}

/* Whether the step's outcome is what it says; tells on stderr when not. */
static int step_holds(struct run *run, char *line, int line_number) {
  struct text outcome = {NULL, 0, 0}, expected = {NULL, 0, 0};
  struct step step = step_cut(line);
  int holds = 0;
  size_t i;
  text_clear(&expected);
  for (i = step.arrow + 1; i < step.word_count; i++) {
    if (i > step.arrow + 1) text_add_string(&expected, " ");
    text_add_expected(&expected, step.words[i]);
  }
  if (expected.size == 0 || step.arrow == 0 || !run_step(run, &step, &outcome)) {
    fprintf(stderr, "# line %d: cannot be run\n", line_number);
  } else if (strcmp(outcome.data, expected.data) != 0) {
    fprintf(stderr, "# line %d: got  %.200s\n# line %d: want %.200s\n", line_number, outcome.data, line_number,
            expected.data);
  } else {
    holds = 1;
  }
  step_free(&step);
  free(outcome.data);
  free(expected.data);
  return holds;
}

int main(int argc, char **argv) {
  FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
  struct run run = {{{0}}, NULL};
  char *line = NULL, name[100] = "";
  size_t room = 0;
  int number = 0, vector_count = 0, good = 1, all_good = 1;
  if (file == NULL) {
    fprintf(stderr, "usage: conformance_c VECTORS\n");
    return 2;
  }
  while (getline(&line, &room, file) >= 0) {
    number++;
    if (line[0] == '\n' || line[0] == '#') continue;
    if (sscanf(line, "vector %99s", name) == 1) {
      temp_dir_make(&run.dir);
      good = 1;
    } else if (strcmp(line, "end\n") == 0) {
      if (run.store != NULL) good = 0;
      simdr_store_close(run.store);
      run.store = NULL;
      temp_dir_remove(&run.dir);
      printf("%sok %d - conformance/%s\n", good ? "" : "not ", ++vector_count, name);
      all_good = all_good && good;
    } else if (good) {
      good = step_holds(&run, line, number);
    }
  }
  free(line);
  fclose(file);
  printf("1..%d\n", vector_count);
  return all_good && vector_count > 0 ? 0 : 1;
}
