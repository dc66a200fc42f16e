// When a write gives the interpreter lock away.
#ifndef SIMDR_PYTHON_WRITE_H
#define SIMDR_PYTHON_WRITE_H

#include "store.h"

// Up to so many bytes are written with the lock kept. Giving it away costs more than they do; and a thread that is busy in Python gives
// it back only after its 5 ms, which would make that the price of every put.
#define SMALL_WRITE_SIZE ((size_t)16 << 10)

// Whether a write may wait: for another writer, a reservation, or the disk. See store.h.
static inline bool may_wait(const StoreObject *self, size_t size, uint32_t durability) {
  if (durability == SIMDR_DURABILITY_DEFAULT) durability = self->durability;
  return self->call_count != 0 || self->reservation_count != 0 || !self->has_written || self->writes_directly ||
         size > SMALL_WRITE_SIZE || durability > SIMDR_DURABILITY_NONE;
}

// A small write is counted as a call all the same: the log callback may run in it.
#define WRITE(self, size, durability, statement) \
  do {                                           \
    if (may_wait(self, size, durability)) {      \
      WITHOUT_LOCK(self, statement);             \
    } else {                                     \
      ++(self)->call_count;                      \
      statement;                                 \
      --(self)->call_count;                      \
    }                                            \
  } while (0)

#endif
