// Calls that take the log's pipe along. `log_fd` is where the lines are written to, or -1.
#ifndef SIMDR_GO_LOG_H
#define SIMDR_GO_LOG_H

#include <simdr.h>

simdr_status simdr_go_open(const char *path, const simdr_open_options *options, int log_fd, simdr_store **out_store,
                           simdr_error *err);
simdr_status simdr_go_upgrade(const char *path, const char *out_path, const simdr_open_options *options, int log_fd,
                              simdr_error *err);

#endif
