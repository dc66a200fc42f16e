// What the kernels cost per call, in one run with what they replace: the C library's memcpy, memcpy followed by a
// checksum of the source, zlib's crc32, and a plain read of memory. Compare ratios within a run, not figures of
// different runs:
//
//   kernels_bench --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true
//                 --benchmark_report_aggregates_only=true
//
// Names are <operation>/<kernel or rival>/<size>.
#include <benchmark/benchmark.h>
#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "simd/kernels.h"

namespace simdr::core::simd {
namespace {

constexpr std::size_t kSizes[] = {8, 64, 100, 256, 1 << 10, 4 << 10, 64 << 10, 1 << 20, 8 << 20, 64 << 20};
constexpr std::size_t kLargest = 64 << 20;

// Shared by all benchmarks and touched before any of them: the first touch of fresh memory would measure the kernel of
// the operating system. 64-byte aligned as payloads are, with different low address bits so that loads and stores do
// not alias.
struct Buffers {
  std::uint8_t* src;
  std::uint8_t* dst;
};

const Buffers& buffers() {
  static const Buffers shared = [] {
    const auto allocate = [](std::size_t offset, int value) {
      auto* const data = static_cast<std::uint8_t*>(std::aligned_alloc(4096, kLargest + 4096));
      std::memset(data, value, kLargest + 4096);
      return data + offset;
    };
    return Buffers{allocate(0, 0x5A), allocate(1088, 0)};
  }();
  return shared;
}

// Runs one operation over the shared buffers. The checksum feeds nothing, so neighbouring calls may overlap in the CPU
// as they do between independent entries.
template <typename Operation>
void measure(const std::string& name, Operation operation) {
  for (const std::size_t size : kSizes) {
    benchmark::RegisterBenchmark(
        (name + "/" + std::to_string(size)).c_str(), [size, operation](benchmark::State& state) {
          const auto [src, dst] = buffers();
          std::size_t hidden_size = size;
          for (auto _ : state) {
            benchmark::DoNotOptimize(hidden_size);
            benchmark::DoNotOptimize(operation(dst, src, hidden_size));
            benchmark::ClobberMemory();
          }
          state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(size));
        });
  }
}

// Every byte loaded once and combined in the cheapest way: what a checksum without arithmetic would cost in the widest
// registers that every CPU of the family has.
std::uint64_t read_only(const std::uint8_t* src, std::size_t size) {
  using Wide [[gnu::vector_size(16)]] = std::uint64_t;
  Wide a = {}, b = {}, c = {}, d = {};
  const auto load = [src](std::size_t offset) {
    Wide words;
    std::memcpy(&words, src + offset, sizeof words);
    return words;
  };
  std::size_t i = 0;
  for (; i + 64 <= size; i += 64) {
    a ^= load(i);
    b ^= load(i + 16);
    c ^= load(i + 32);
    d ^= load(i + 48);
  }
  for (; i + 16 <= size; i += 16) a ^= load(i);
  a ^= b ^ c ^ d;
  std::uint64_t result = a[0] ^ a[1];
  for (; i < size; ++i) result ^= src[i];
  return result;
}

void register_rivals() {
  measure("copy/memcpy",
          [](std::uint8_t* dst, const std::uint8_t* src, std::size_t size) { return std::memcpy(dst, src, size); });
  const auto best_crc32 = kernels().crc32;
  measure("copy_crc32/memcpy_then_crc32", [best_crc32](std::uint8_t* dst, const std::uint8_t* src, std::size_t size) {
    std::memcpy(dst, src, size);
    return best_crc32(0, src, size);
  });
  measure("crc32/zlib", [](std::uint8_t*, const std::uint8_t* src, std::size_t size) { return crc32_z(0, src, size); });
  measure("read/plain", [](std::uint8_t*, const std::uint8_t* src, std::size_t size) { return read_only(src, size); });
}

void register_kernel(const Kernels& kernel) {
  const std::string name = kernel.name;
  measure("copy/" + name, [copy = kernel.copy](std::uint8_t* dst, const std::uint8_t* src, std::size_t size) {
    copy(dst, src, size);
    return dst;
  });
  measure("crc32/" + name, [crc32 = kernel.crc32](std::uint8_t*, const std::uint8_t* src, std::size_t size) {
    return crc32(0, src, size);
  });
  measure("copy_crc32/" + name,
          [copy_crc32 = kernel.copy_crc32](std::uint8_t* dst, const std::uint8_t* src, std::size_t size) {
            return copy_crc32(0, dst, src, size);
          });
}

}  // namespace
}  // namespace simdr::core::simd

int main(int argc, char** argv) {
  using namespace simdr::core::simd;
  register_rivals();
  for (const char* name : compiled_kernel_names()) {
    if (const Kernels* const kernel = find_kernels(name)) register_kernel(*kernel);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
