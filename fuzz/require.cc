#include <cstdio>
#include <cstdlib>

#include "targets.h"

namespace simdr::core::test {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "must hold and does not: %s\n", what);
  std::abort();
}

void require_linear(std::uint64_t work, std::uint64_t file_size) {
  if (work <= kMostWorkPerByte * file_size + 4096) return;
  std::fprintf(stderr, "work of %llu on %llu bytes\n", static_cast<unsigned long long>(work),
               static_cast<unsigned long long>(file_size));
  require(false, "the work is linear in the file");
}

}  // namespace simdr::core::test
