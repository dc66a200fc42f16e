/* Loading the library, using it on several threads, and unloading it, many times over. This program does not link it.
 * usage: dlopen_reload_test LIBRARY [LOADS] */
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <sys/wait.h>

#include "../support/check.h"
#include "../support/temp_dir.h"
#include "simdr_api.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

enum { kThreadCount = 4 };

static const char *library_path;
static int load_count = IS_SANITIZED ? 300 : 10000; /* sanitizers keep a record of everything that was ever loaded */

static const simdr_api *api_of(void *library) {
  simdr_get_api_fn get_api;
  *(void **)&get_api = dlsym(library, "simdr_get_api");
  return get_api == NULL ? NULL : get_api(SIMDR_API_TABLE_VERSION);
}
static void *load(const simdr_api **out_api) {
  void *library = dlopen(library_path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "# %s\n", dlerror());
    return NULL;
  }
  *out_api = api_of(library);
  if (*out_api == NULL) dlclose(library);
  return *out_api == NULL ? NULL : library;
}
static int is_loaded(void) {
  void *library = dlopen(library_path, RTLD_NOW | RTLD_NOLOAD);
  if (library != NULL) dlclose(library);
  return library != NULL;
}

/* ---- what the process holds */

struct footprint {
  unsigned long long virtual_size, resident_size; /* bytes */
  int map_count, descriptor_count;
};
static struct footprint measure(void) {
  struct footprint now = {0, 0, 0, 0};
  FILE *file = fopen("/proc/self/statm", "r");
  const unsigned long long page = (unsigned long long)sysconf(_SC_PAGESIZE);
  DIR *descriptors = opendir("/proc/self/fd");
  int c;
  if (file != NULL && fscanf(file, "%llu %llu", &now.virtual_size, &now.resident_size) == 2) {
    now.virtual_size *= page;
    now.resident_size *= page;
  }
  if (file != NULL) fclose(file);
  file = fopen("/proc/self/maps", "r");
  while (file != NULL && (c = getc(file)) != EOF) now.map_count += c == '\n';
  if (file != NULL) fclose(file);
  while (descriptors != NULL && readdir(descriptors) != NULL) now.descriptor_count++;
  if (descriptors != NULL) closedir(descriptors);
  return now;
}

/* ---- threads that live on while the library comes and goes */

/* The number that the library keeps for each thread, 0 before the thread's first read: its only thread-local variable. */
struct tls_index {
  unsigned long module, offset;
};
extern void *__tls_get_addr(struct tls_index *index);
static uint32_t thread_number(size_t module) {
  struct tls_index index = {module, 0};
  uint32_t number;
  memcpy(&number, __tls_get_addr(&index), sizeof(number));
  return number;
}

struct team {
  pthread_t threads[kThreadCount];
  pthread_barrier_t start, end; /* of a turn; main is one of those who wait */
  const simdr_api *api; /* of this turn; NULL ends the threads */
  simdr_store *store;
  size_t tls_module;
  int writes; /* whether the store was opened for writing */
  uint32_t numbers[kThreadCount]; /* after the turn */
  int stale_numbers, bad_results; /* of all turns */
};
struct member {
  struct team *team;
  unsigned int place;
};

static void use(struct team *team, unsigned int place) {
  const simdr_api *api = team->api;
  char key = (char)('a' + place);
  simdr_entry *entry = NULL;
  int good = 1;
  if (team->tls_module != 0 && thread_number(team->tls_module) != 0) __sync_fetch_and_add(&team->stale_numbers, 1);
  if (team->writes) good = api->store_put(team->store, &key, 1, &key, 1, 0, NULL, NULL) == SIMDR_OK;
  good = good && api->store_get(team->store, &key, 1, &entry, NULL) == SIMDR_OK && api->entry_size(entry) == 1 &&
         *(const char *)api->entry_data(entry) == key && api->entry_checksum_ok(entry);
  api->entry_unref(entry);
  if (!good) __sync_fetch_and_add(&team->bad_results, 1);
  if (team->tls_module != 0) team->numbers[place] = thread_number(team->tls_module);
}
static void *work(void *data) {
  const struct member self = *(struct member *)data;
  free(data);
  for (;;) {
    pthread_barrier_wait(&self.team->start);
    if (self.team->api == NULL) return NULL;
    use(self.team, self.place);
    pthread_barrier_wait(&self.team->end);
  }
}
static int team_start(struct team *team) {
  unsigned int i;
  memset(team, 0, sizeof(*team));
  pthread_barrier_init(&team->start, NULL, kThreadCount + 1);
  pthread_barrier_init(&team->end, NULL, kThreadCount + 1);
  for (i = 0; i < kThreadCount; i++) {
    struct member *member = (struct member *)malloc(sizeof(*member));
    member->team = team;
    member->place = i;
    if (pthread_create(&team->threads[i], NULL, work, member) != 0) return 0;
  }
  return 1;
}
static void team_turn(struct team *team) {
  pthread_barrier_wait(&team->start);
  pthread_barrier_wait(&team->end);
}
static void team_end(struct team *team) {
  unsigned int i;
  team->api = NULL;
  pthread_barrier_wait(&team->start);
  for (i = 0; i < kThreadCount; i++) pthread_join(team->threads[i], NULL);
  pthread_barrier_destroy(&team->start);
  pthread_barrier_destroy(&team->end);
}

/* Loads, lets all threads use a store (which every 32nd time is written to), and unloads. */
static int load_use_unload(struct team *team, const char *path, int turn) {
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  simdr_error err = {0};
  void *library = load(&team->api);
  if (library == NULL) return 0;
  team->writes = turn % 32 == 0;
  options.mode = team->writes ? SIMDR_OPEN_CREATE : SIMDR_OPEN_READ_ONLY;
  if (dlinfo(library, RTLD_DI_TLS_MODID, &team->tls_module) != 0) team->tls_module = 0;
  if (team->api->store_open(path, &options, &team->store, &err) != SIMDR_OK) {
    fprintf(stderr, "# %s\n", err.message);
    return 0;
  }
  team_turn(team);
  team->api->store_close(team->store);
  return dlclose(library) == 0;
}

/* ---- the cases */

static struct footprint before, after;
static struct team tireless;
static int loads_done, shared_numbers;

static void loads_and_unloads_with_threads_alive(void) {
  struct temp_dir dir;
  char path[1024];
  temp_dir_make(&dir);
  temp_path(&dir, "store.simdr", path);
  REQUIRE(team_start(&tireless));
  for (loads_done = 0; loads_done < load_count; loads_done++) {
    unsigned int i, j;
    if (loads_done == load_count / 10) before = measure(); /* what is allocated once has been by now */
    if (!CHECK(load_use_unload(&tireless, path, loads_done))) break;
    for (i = 0; i < kThreadCount; i++) {
      for (j = 0; j < i; j++) shared_numbers += tireless.numbers[i] != 0 && tireless.numbers[i] == tireless.numbers[j];
    }
  }
  after = measure();
  CHECK_I64(loads_done, load_count);
  CHECK_I64(tireless.bad_results, 0);
  team_end(&tireless);
  temp_dir_remove(&dir);
}

/* A number left by an earlier load would make two threads share what only one may write. */
static void threads_are_new_to_each_load(void) {
  if (tireless.tls_module == 0) SKIP("the library has no thread-local variable");
  CHECK_I64(tireless.stale_numbers, 0);
  CHECK_I64(shared_numbers, 0);
  CHECK(tireless.numbers[0] != 0);
}

static void memory_is_flat(void) {
  const unsigned long long slack = 1 << 20; /* 117 bytes a load, of ten thousand */
  if (IS_SANITIZED) SKIP("sanitizers keep what they know of a library that was unloaded");
  if (load_count < 10000) SKIP("few loads were asked for: an emulator keeps what it translated of each");
  fprintf(stderr, "# resident %llu -> %llu, virtual %llu -> %llu, maps %d -> %d, descriptors %d -> %d\n",
          before.resident_size, after.resident_size, before.virtual_size, after.virtual_size, before.map_count,
          after.map_count, before.descriptor_count, after.descriptor_count);
  REQUIRE(before.virtual_size > 0 && before.map_count > 0 && before.descriptor_count > 0);
  CHECK(after.resident_size <= before.resident_size + slack);
  CHECK(after.virtual_size <= before.virtual_size + slack);
  CHECK(after.map_count <= before.map_count + 2); /* the heap may have been split */
  CHECK_I64(after.descriptor_count, before.descriptor_count);
}

static void it_is_gone_when_it_was_unloaded(void) {
  const simdr_api *api = NULL;
  void *library = load(&api);
  REQUIRE(library != NULL);
  CHECK(is_loaded());
  CHECK(dlclose(library) == 0);
  CHECK(!is_loaded());
}

/* No destructor of the library's may run at the end of a thread: its code is gone by then. */
static void threads_that_used_it_end_after_it_was_unloaded(void) {
  struct temp_dir dir;
  char path[1024];
  int i;
  temp_dir_make(&dir);
  temp_path(&dir, "store.simdr", path);
  for (i = 0; i < 20; i++) {
    struct team team;
    REQUIRE(team_start(&team));
    CHECK(load_use_unload(&team, path, 0));
    CHECK(!is_loaded());
    team_end(&team);
    CHECK_I64(team.bad_results, 0);
  }
  temp_dir_remove(&dir);
}

static int unloads_and_exits(void *unused) {
  const simdr_api *api = NULL;
  void *library = load(&api);
  (void)unused;
  if (library == NULL) return 1;
  api->kernel_name();
  if (dlclose(library) != 0 || is_loaded()) return 2;
  exit(0); /* with all that was registered to be run */
}
static void a_process_that_unloaded_it_exits_well(void) {
  int status = -1;
  pid_t child;
  fflush(NULL);
  child = fork();
  if (child == 0) _exit(unloads_and_exits(NULL));
  REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* As when two plugins each bring their own. */
static void two_copies_do_not_know_each_other(void) {
  struct temp_dir dir;
  char path[1024], copy_path[1024];
  const char *first_path = library_path;
  const simdr_api *first_api = NULL, *second_api = NULL;
  simdr_store *first = NULL, *second = NULL;
  void *first_library, *second_library;
  size_t size = 0;
  uint8_t *bytes = file_read(library_path, SIZE_MAX, &size);
  temp_dir_make(&dir);
  temp_path(&dir, "copy.so", copy_path);
  temp_path(&dir, "store.simdr", path);
  REQUIRE(bytes != NULL && file_write(copy_path, bytes, size));
  free(bytes);
  first_library = load(&first_api);
  library_path = copy_path;
  second_library = load(&second_api);
  library_path = first_path;
  REQUIRE(first_library != NULL && second_library != NULL);
  CHECK(first_api != second_api);
  CHECK((void (*)(void))first_api->store_open != (void (*)(void))second_api->store_open);
  CHECK_I64(first_api->store_open(path, NULL, &first, NULL), SIMDR_OK);
  CHECK_I64(second_api->store_open(path, NULL, &second, NULL), SIMDR_ERR_LOCKED);
  CHECK_I64(first_api->store_put(first, "a", 1, "b", 1, 0, NULL, NULL), SIMDR_OK);
  first_api->store_close(first);
  CHECK(dlclose(first_library) == 0);
  CHECK_I64(second_api->store_open(path, NULL, &second, NULL), SIMDR_OK);
  CHECK_U64(second_api->store_count(second), 1);
  second_api->store_close(second);
  CHECK(dlclose(second_library) == 0);
  temp_dir_remove(&dir);
}

int main(int argc, char **argv) {
  static const struct check_case cases[] = {
      CASE(loads_and_unloads_with_threads_alive),
      CASE(threads_are_new_to_each_load),
      CASE(memory_is_flat),
      CASE(it_is_gone_when_it_was_unloaded),
      CASE(threads_that_used_it_end_after_it_was_unloaded),
      CASE(a_process_that_unloaded_it_exits_well),
      CASE(two_copies_do_not_know_each_other),
  };
  if (argc > 2) load_count = atoi(argv[2]);
  if (argc < 2 || load_count < 20) {
    fprintf(stderr, "usage: dlopen_reload_test LIBRARY [LOADS]\n");
    return 2;
  }
  library_path = argv[1];
  return CHECK_RUN(cases);
}
