/* Running a piece of a test in another process. The child's failed checks count: they are its exit code. */
#ifndef SIMDR_TESTS_CHILD_H
#define SIMDR_TESTS_CHILD_H

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* Exit code of body(arg) in a forked child, which is killed after half a minute; -1 when it died otherwise. */
static inline int in_child(int (*body)(void *), void *arg) {
  int status = 0;
  pid_t child;
  fflush(NULL);
  child = fork();
  if (child == 0) {
    alarm(30);
    check_failures = 0;
    status = body(arg);
    fflush(NULL);
    _exit(status != 0 ? status : check_failures);
  }
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}
#define CHILD_OK(body, arg) CHECK_I64(in_child(body, arg), 0)
#define CHILD_SKIPS 77 /* what a body returns that cannot do its work on this machine */

/* A child that runs beside its parent: it writes one byte when it is ready and waits for one before it ends. */
struct side_child {
  pid_t pid;
  int from_child, to_child;
};
static inline void side_child_ready_and_wait(int to_parent, int from_parent) {
  char byte = 1;
  if (write(to_parent, &byte, 1) != 1 || read(from_parent, &byte, 1) != 1) _exit(98);
}
/* body(arg, to_parent, from_parent) calls side_child_ready_and_wait() once. Returns when it has reached it. */
static inline int side_child_start(struct side_child *child, int (*body)(void *, int, int), void *arg) {
  int up[2], down[2];
  char byte;
  if (pipe(up) != 0 || pipe(down) != 0) return 0;
  fflush(NULL);
  child->pid = fork();
  if (child->pid == 0) {
    close(up[0]);
    close(down[1]);
    alarm(60);
    check_failures = 0;
    {
      int status = body(arg, up[1], down[0]);
      fflush(NULL);
      _exit(status != 0 ? status : check_failures);
    }
  }
  close(up[1]);
  close(down[0]);
  child->from_child = up[0];
  child->to_child = down[1];
  return child->pid > 0 && read(child->from_child, &byte, 1) == 1;
}
static inline int side_child_end(struct side_child *child) {
  int status = 0;
  char byte = 1;
  int told = write(child->to_child, &byte, 1) == 1;
  if (waitpid(child->pid, &status, 0) != child->pid) status = -1;
  close(child->from_child);
  close(child->to_child);
  return told && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif /* SIMDR_TESTS_CHILD_H */
