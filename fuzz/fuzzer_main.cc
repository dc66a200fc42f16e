// One target as a libFuzzer program: built with -DSIMDR_FUZZ_TARGET=fuzz_..., and -DSIMDR_FUZZ_FILES where the input is a file.
#include "targets.h"

extern "C" {

std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t capacity);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  simdr::core::test::SIMDR_FUZZ_TARGET(data, size);
  return 0;
}

#ifdef SIMDR_FUZZ_FILES
std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t capacity, unsigned seed) {
  if (seed % 4 != 0) {
    const std::size_t changed = simdr::core::test::mutate_store(data, size, capacity, seed);
    if (changed != 0) return changed;
  }
  return LLVMFuzzerMutate(data, size, capacity);
}
#endif

}  // extern "C"
