// The library's side of the log's pipe.
#include "log.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

// What a pipe takes as a whole is at least 512 bytes by POSIX and 4,096 on Linux; lines of several threads must not mix.
enum { kMostBytes = 4096 };

static void log_to_pipe(int32_t level, const char *message, void *user_data) {
  char line[kMostBytes];
  const size_t size = strnlen(message, sizeof line - 2);
  line[0] = (char)('0' + level);
  memcpy(line + 1, message, size);
  line[1 + size] = '\0';
  // The pipe does not block: where nobody reads as fast as this, lines are lost and writers do not wait.
  const ssize_t written = write((int)(intptr_t)user_data, line, size + 2);
  (void)written;
}

// On this side only: a small number where Go expects a pointer is what its stack copier stops the program for.
static simdr_open_options with_log(const simdr_open_options *options, int log_fd) {
  simdr_open_options with = *options;
  if (log_fd >= 0) {
    with.log = log_to_pipe;
    with.log_user_data = (void *)(intptr_t)log_fd;
  }
  return with;
}

simdr_status simdr_go_open(const char *path, const simdr_open_options *options, int log_fd, simdr_store **out_store,
                           simdr_error *err) {
  const simdr_open_options with = with_log(options, log_fd);
  return simdr_store_open(path, &with, out_store, err);
}

simdr_status simdr_go_upgrade(const char *path, const char *out_path, const simdr_open_options *options, int log_fd,
                              simdr_error *err) {
  const simdr_open_options with = with_log(options, log_fd);
  return simdr_upgrade(path, out_path, &with, err);
}
