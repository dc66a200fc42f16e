// Every kernel this CPU has against the scalar one and against zlib. A kernel that is built in but cannot run here is a
// visible skip.
#include "simd/kernels.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

#include "guarded_region.h"
#include "kernel_params.h"

namespace simdr::core::simd {
namespace {

using test::GuardedRegion;
using Sizes = std::initializer_list<std::size_t>;

// Bytes outside a destination that must survive; the data is random, so no value is safe from equality by chance, but
// 64 of them on either side are.
constexpr std::uint8_t kUntouched = 0xA5;
constexpr std::size_t kMargin = 64;

void fill_random(std::uint8_t* data, std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::uint8_t>(random());
}

std::uint32_t zlib_crc32(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  return static_cast<std::uint32_t>(crc32_z(crc, data, size));
}

class KernelsTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    kernels_ = find_kernels(GetParam().c_str());
    if (kernels_ == nullptr) GTEST_SKIP() << "this CPU cannot run the kernel " << GetParam();
  }

  // Runs all three functions over one pair of ranges. Asserting on each byte would take most of the time, so this
  // returns whether all is well and reports only what is not.
  [[nodiscard]] bool check(std::uint8_t* dst, const std::uint8_t* src, std::size_t size,
                           std::uint32_t start = 0) const {
    const std::uint32_t expected = zlib_crc32(start, src, size);
    bool good = true;
    const auto expect = [&](bool condition, const char* what) {
      if (condition) return;
      good = false;
      ADD_FAILURE() << GetParam() << ": " << what << ", size " << size << ", src " << static_cast<const void*>(src)
                    << ", dst " << static_cast<void*>(dst) << ", starting from " << start;
    };
    expect(kernels_->crc32(start, src, size) == expected, "crc32 differs from zlib");
    std::memset(dst, kUntouched, size);
    expect(kernels_->copy_crc32(start, dst, src, size) == expected, "copy_crc32 returns another checksum than zlib");
    expect(std::memcmp(dst, src, size) == 0, "copy_crc32 copied wrongly");
    std::memset(dst, kUntouched, size);
    kernels_->copy(dst, src, size);
    expect(std::memcmp(dst, src, size) == 0, "copy copied wrongly");
    return good;
  }

  const Kernels* kernels_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Compiled, KernelsTest, test::all_kernel_names(), test::name_of_case);

TEST_P(KernelsTest, ReportsItsOwnName) { EXPECT_EQ(GetParam(), kernels_->name); }

TEST_P(KernelsTest, ComputesPublishedValues) {
  const auto check_value = [&](const std::string& text, std::uint32_t expected) {
    std::string copy(text.size(), '\0');
    EXPECT_EQ(kernels_->crc32(0, text.data(), text.size()), expected);
    EXPECT_EQ(kernels_->copy_crc32(0, copy.data(), text.data(), text.size()), expected);
    EXPECT_EQ(copy, text);
  };
  check_value("", 0x00000000);
  check_value("a", 0xE8B7BE43);
  check_value("abc", 0x352441C2);
  check_value("123456789", 0xCBF43926);
  check_value("The quick brown fox jumps over the lazy dog", 0x414FA339);
  check_value(std::string(32, '\0'), 0x190A55AD);
  check_value(std::string(32, '\xFF'), 0xFF6CAB0B);
}

TEST_P(KernelsTest, AcceptsNullPointersForNoBytes) {
  kernels_->copy(nullptr, nullptr, 0);
  EXPECT_EQ(kernels_->crc32(0x12345678, nullptr, 0), 0x12345678U);
  EXPECT_EQ(kernels_->copy_crc32(0x12345678, nullptr, nullptr, 0), 0x12345678U);
}

TEST_P(KernelsTest, AgreesWithZlibForSmallSizesAtAllAlignments) {
  GuardedRegion source(4096), target(4096);
  fill_random(source.begin(), source.size(), 1);
  for (std::size_t size = 0; size <= 300; ++size) {
    for (std::size_t src_offset = 0; src_offset < 64; ++src_offset) {
      for (const std::size_t dst_offset : Sizes{0, 1, 7, 16, 31, 33, 48, 63}) {
        ASSERT_TRUE(check(target.begin() + dst_offset, source.begin() + src_offset, size, 0xDEADBEEF));
      }
    }
  }
}

TEST_P(KernelsTest, WritesNothingAroundTheDestination) {
  GuardedRegion source(8192), target(8192);
  fill_random(source.begin(), source.size(), 2);
  for (std::size_t size = 0; size <= 1500; ++size) {
    for (const std::size_t dst_offset : Sizes{0, 1, 15, 32, 47, 63}) {
      std::uint8_t* const dst = target.begin() + kMargin + dst_offset;
      std::memset(target.begin(), kUntouched, size + 3 * kMargin);
      const std::uint32_t crc = kernels_->copy_crc32(0, dst, source.begin() + 5, size);
      ASSERT_EQ(crc, zlib_crc32(0, source.begin() + 5, size)) << "size " << size;
      ASSERT_EQ(std::memcmp(dst, source.begin() + 5, size), 0) << "size " << size;
      const auto untouched = [](std::uint8_t byte) { return byte == kUntouched; };
      ASSERT_TRUE(std::all_of(target.begin(), dst, untouched)) << "size " << size << ", offset " << dst_offset;
      ASSERT_TRUE(std::all_of(dst + size, dst + size + kMargin, untouched))
          << "size " << size << ", offset " << dst_offset;
    }
  }
}

TEST_P(KernelsTest, StaysBetweenGuardPages) {
  GuardedRegion source(8192), target(8192);
  fill_random(source.begin(), source.size(), 3);
  for (std::size_t size = 0; size <= 2100; ++size) {
    ASSERT_TRUE(check(target.begin(), source.begin(), size));
    ASSERT_TRUE(check(target.begin(), source.end() - size, size));
    ASSERT_TRUE(check(target.end() - size, source.begin(), size));
    ASSERT_TRUE(check(target.end() - size, source.end() - size, size));
  }
}

TEST_P(KernelsTest, AgreesAroundEveryBlockBoundaryUpToOneMebibyte) {
  constexpr std::size_t kLargest = (std::size_t{1} << 20) + 64;
  GuardedRegion source(kLargest), target(kLargest);
  fill_random(source.begin(), source.size(), 4);
  // Powers of two contain all lane, row, unrolling and piece sizes; the sums shift them by a head and a partial step.
  for (std::size_t power = 256; power <= std::size_t{1} << 20; power *= 2) {
    for (const std::size_t extra : Sizes{0, 16, 48, 64, 128, 192}) {
      for (std::size_t around = 0; around <= 4; ++around) {
        const std::size_t size = std::min(power + extra + around - 2, kLargest);
        ASSERT_TRUE(check(target.end() - size, source.begin(), size, 1));
        ASSERT_TRUE(check(target.begin(), source.end() - size, size, 1));
      }
    }
  }
}

// A checksum is linear: if each part of a message of zeros counts as it should, all of them together do, whatever they are.
TEST_P(KernelsTest, CountsEveryPartOfALongMessage) {
  constexpr std::size_t kPart = 32;
  constexpr std::size_t kLargest = 48 << 10;
  GuardedRegion source(kLargest), target(kLargest);
  std::vector<std::uint8_t> part(kPart);
  fill_random(part.data(), kPart, 11);
  for (const std::size_t size : Sizes{24 << 10, (32 << 10) + 16, kLargest - 1}) {
    std::uint8_t* const message = source.end() - size;
    std::memset(message, 0, size);
    for (std::size_t at = 0; at < size; at += kPart) {
      const std::size_t part_size = std::min(kPart, size - at);
      std::memcpy(message + at, part.data(), part_size);
      const std::uint32_t expected = zlib_crc32(0, message, size);
      ASSERT_EQ(kernels_->crc32(0, message, size), expected) << "size " << size << ", at " << at;
      ASSERT_EQ(kernels_->copy_crc32(0, target.begin(), message, size), expected) << "size " << size << ", at " << at;
      std::memset(message + at, 0, part_size);
    }
  }
}

TEST_P(KernelsTest, AgreesForRandomSizesAndAlignments) {
  constexpr std::size_t kLargest = std::size_t{256} << 10;
  GuardedRegion source(kLargest + 128), target(kLargest + 128);
  fill_random(source.begin(), source.size(), 5);
  std::mt19937_64 random(6);
  for (int round = 0; round < 3000; ++round) {
    // Equally many of every magnitude.
    const std::size_t limit = kLargest >> (random() % 18);
    const std::size_t size = random() % (limit + 1);
    ASSERT_TRUE(check(target.begin() + random() % 128, source.begin() + random() % 128, size,
                      static_cast<std::uint32_t>(random())));
  }
}

TEST_P(KernelsTest, AgreesForSizesThatBypassTheCache) {
  constexpr std::size_t kLargest = (std::size_t{17} << 20) + 4096;
  GuardedRegion source(kLargest), target(kLargest);
  fill_random(source.begin(), source.size(), 7);
  for (const std::size_t size :
       Sizes{(std::size_t{16} << 20) - 1, std::size_t{16} << 20, (std::size_t{17} << 20) + 77, kLargest}) {
    ASSERT_TRUE(check(target.begin(), source.begin(), size));
    ASSERT_TRUE(check(target.end() - size, source.begin(), size));
    ASSERT_TRUE(check(target.begin(), source.end() - size, size));
  }
  const std::size_t odd_size = (std::size_t{17} << 20) + 1;
  ASSERT_TRUE(check(target.begin() + 3, source.begin() + 61, odd_size, 0xFFFFFFFF));
}

TEST_P(KernelsTest, ContinuesAcrossEverySplit) {
  constexpr std::size_t kSize = 600;
  std::vector<std::uint8_t> source(kSize), target(kSize);
  fill_random(source.data(), kSize, 8);
  const std::uint32_t whole = zlib_crc32(0, source.data(), kSize);
  for (std::size_t split = 0; split <= kSize; ++split) {
    const std::uint32_t first = kernels_->crc32(0, source.data(), split);
    ASSERT_EQ(kernels_->crc32(first, source.data() + split, kSize - split), whole) << "split at " << split;
    std::fill(target.begin(), target.end(), kUntouched);
    const std::uint32_t copied = kernels_->copy_crc32(0, target.data(), source.data(), split);
    ASSERT_EQ(copied, first) << "split at " << split;
    ASSERT_EQ(kernels_->copy_crc32(copied, target.data() + split, source.data() + split, kSize - split), whole)
        << "split at " << split;
    ASSERT_EQ(target, source) << "split at " << split;
  }
}

TEST_P(KernelsTest, ContinuesByteByByte) {
  constexpr std::size_t kSize = 600;
  std::vector<std::uint8_t> source(kSize);
  fill_random(source.data(), kSize, 9);
  std::uint32_t crc = 0;
  for (std::size_t i = 0; i < kSize; ++i) {
    crc = kernels_->crc32(crc, source.data() + i, 1);
    ASSERT_EQ(crc, zlib_crc32(0, source.data(), i + 1));
  }
}

// Zeros that take no memory: pages that are only read are all one page.
TEST_P(KernelsTest, ChecksumsMoreThanFourGib) {
  constexpr std::size_t kSize = (std::size_t{1} << 32) + 77;
  void* const zeros = ::mmap(nullptr, kSize, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (zeros == MAP_FAILED) GTEST_SKIP() << "no address space for 4 GiB";
  (void)::madvise(zeros, kSize, MADV_HUGEPAGE);
  const auto* const source = static_cast<const std::uint8_t*>(zeros);
  constexpr std::size_t kPiece = std::size_t{16} << 20;
  std::uint32_t expected = zlib_crc32(0, source, kPiece);
  const std::uint32_t of_piece = expected;
  for (std::size_t done = kPiece; done < (std::size_t{1} << 32); done += kPiece) {
    expected = static_cast<std::uint32_t>(crc32_combine(expected, of_piece, kPiece));
  }
  expected = zlib_crc32(expected, source, 77);
  EXPECT_EQ(kernels_->crc32(0, source, kSize), expected);
  ::munmap(zeros, kSize);
}

TEST_P(KernelsTest, AgreesWithScalar) {
  const Kernels* const scalar = find_kernels("scalar");
  ASSERT_NE(scalar, nullptr);
  constexpr std::size_t kLargest = 70000;
  std::vector<std::uint8_t> source(kLargest);
  fill_random(source.data(), kLargest, 10);
  for (std::size_t size = 0; size <= kLargest; size += 1 + size / 16) {
    ASSERT_EQ(kernels_->crc32(7, source.data(), size), scalar->crc32(7, source.data(), size)) << "size " << size;
  }
}

}  // namespace
}  // namespace simdr::core::simd
