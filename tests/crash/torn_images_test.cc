// Disk images that crash_power once found to be misread, rebuilt by hand: each is small enough to be understood.
#include <gtest/gtest.h>

#include <cstring>

#include "format/guard_line.h"
#include "format/trailer.h"
#include "recovery/scanner.h"
#include "simd/kernels.h"
#include "workload.h"

namespace simdr::core::test {
namespace {

class Image {
 public:
  std::uint64_t put(std::uint64_t key, const Bytes& payload) {
    const std::uint64_t prev_tail = tail_;
    bytes_.resize(static_cast<std::size_t>(align_up(prev_tail, kPayloadAlignment)));
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
    std::byte trailer[kTrailerSize];
    encode_trailer(trailer, {key, prev_tail, simd::kernels().crc32(0, payload.data(), payload.size())});
    bytes_.insert(bytes_.end(), trailer, trailer + kTrailerSize);
    return tail_ = bytes_.size();
  }
  void put_guard(std::uint64_t line, const GuardLine& guard) {
    if (bytes_.size() < line + kGuardSize) bytes_.resize(static_cast<std::size_t>(line + kGuardSize), std::byte{0xFF});
    std::byte encoded[kGuardSize];
    encode_guard(encoded, line, guard);
    std::memcpy(bytes_.data() + line, encoded, kGuardSize);
  }
  void fill(std::uint64_t begin, std::uint64_t end, std::byte byte) {
    if (bytes_.size() < end) bytes_.resize(static_cast<std::size_t>(end));
    std::memset(bytes_.data() + begin, std::to_integer<int>(byte), static_cast<std::size_t>(end - begin));
  }
  Result<ScanResult> scan() const { return core::scan(bytes_, {}, nullptr); }

 private:
  Bytes bytes_;
  std::uint64_t tail_ = 0;
};

Bytes text(std::size_t size, char letter) { return Bytes(size, static_cast<std::byte>(letter)); }

// The file grew for a new guard whose bytes never arrived. The old guard is whole and says that all entries are committed: its older
// durable mark is no reason to take the last of them back.
TEST(TornImagesTest, AStaleGuardThatAgreesTakesNothingBack) {
  Image image;
  const std::uint64_t first = image.put(1, text(100, 'a'));
  const std::uint64_t second = image.put(2, text(100, 'b'));
  image.put_guard(1024, {first, second, 1, kGuardAllSynced, second});
  image.fill(1024 + kGuardSize, 4096, std::byte{0});
  const Result<ScanResult> scanned = image.scan();
  ASSERT_TRUE(scanned) << scanned.error().message;
  EXPECT_EQ(scanned->tail, second);
  EXPECT_EQ(scanned->reason, Reason::kTornTail);
}

// The same with the entries of a batch that nobody was told of above the committed tail: they do not make the store unwritable.
TEST(TornImagesTest, WhatAStaleGuardCallsUncommittedIsNoBrokenChain) {
  Image image;
  const std::uint64_t first = image.put(1, text(100, 'a'));
  image.put(2, text(100, 'b'));
  const std::uint64_t hole = image.put(3, text(100, 'c'));
  const std::uint64_t last = image.put(4, text(100, 'd'));
  image.fill(hole - kTrailerSize, hole, std::byte{0xFF});
  image.put_guard(align_up(last, kGuardLineSize), {first, first, 1, kGuardAllSynced, first});
  image.fill(align_up(last, kGuardLineSize) + kGuardSize, 4096, std::byte{0});
  const Result<ScanResult> scanned = image.scan();
  ASSERT_TRUE(scanned) << scanned.error().message;
  EXPECT_EQ(scanned->tail, first);
  EXPECT_EQ(scanned->reason, Reason::kTornTail);
}

// A sector that never arrived reads as zeros, and twenty zeros as a trailer that ends a chain. What lies below it stays.
TEST(TornImagesTest, AHoleThatReadsAsTheFirstEntryHidesNothing) {
  for (const bool has_guard : {false, true}) {
    Image image;
    const std::uint64_t first = image.put(1, text(100, 'a'));
    const std::uint64_t hole = image.put(2, text(600, 'b'));
    for (char letter = 'c'; letter < 'm'; ++letter) image.put(static_cast<std::uint64_t>(letter), text(300, letter));
    const std::uint64_t last = image.put(99, text(300, 'z'));
    image.fill(hole - 300, hole, std::byte{0});
    if (has_guard) image.put_guard(8192 - kGuardLineSize, {first, first, 1, 0, last});
    if (!has_guard) image.fill(last, 8192, std::byte{0});
    const Result<ScanResult> scanned = image.scan();
    ASSERT_TRUE(scanned) << scanned.error().message;
    EXPECT_EQ(scanned->tail, first) << has_guard;
  }
}

// A payload that reads like the filler that was there before matches its checksum without ever having been written.
TEST(TornImagesTest, APadThatIsNotThereMeansAnEntryThatIsNot) {
  Image image;
  const std::uint64_t first = image.put(1, text(100, 'a'));
  const std::uint64_t second = image.put(2, Bytes(700, std::byte{0xFF}));
  image.fill(first, align_up(first, kPayloadAlignment), std::byte{0xFF});
  image.put_guard(align_up(second, kGuardLineSize), {first, second, 1, kGuardAllSynced, second});
  const Result<ScanResult> scanned = image.scan();
  ASSERT_TRUE(scanned) << scanned.error().message;
  EXPECT_EQ(scanned->tail, first);
}

}  // namespace
}  // namespace simdr::core::test
