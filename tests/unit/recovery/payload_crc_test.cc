#include "recovery/payload_crc.h"

#include "file_builder.h"

namespace simdr::core::test {
namespace {

TEST(PayloadCrcTest, IsZlibs) {
  const Bytes bytes = Random(3).bytes(5000);
  for (std::size_t size : {0u, 1u, 7u, 63u, 64u, 65u, 1000u, 4999u}) {
    EXPECT_EQ(payload_crc(0, bytes.data() + 1, size), reference_crc(bytes.data() + 1, size));
  }
}

TEST(PayloadCrcTest, CombinesTheCrcsOfTwoParts) {
  const Bytes bytes = Random(4).bytes(70000);
  const std::uint32_t whole = reference_crc(bytes.data(), bytes.size());
  for (std::size_t cut : {0u, 1u, 255u, 256u, 4096u, 65535u, 69999u, 70000u}) {
    EXPECT_EQ(combine_crc(payload_crc(0, bytes.data(), cut), payload_crc(0, bytes.data() + cut, bytes.size() - cut),
                          bytes.size() - cut),
              whole);
  }
}

TEST(PayloadCrcTest, CombinesOverDistancesNoTestCouldRead) {
  const std::uint64_t sizes[] = {1, 1000, std::uint64_t{1} << 24, (std::uint64_t{1} << 40) + 12345};
  for (const std::uint64_t size : sizes) {
    EXPECT_EQ(combine_crc(0x12345678u, 0x9ABCDEF0u, size),
              static_cast<std::uint32_t>(::crc32_combine64(0x12345678u, 0x9ABCDEF0u, static_cast<z_off_t>(size))));
  }
}

TEST(PayloadCrcTest, AnswersForAnyRangeInAnyOrder) {
  const Bytes bytes = Random(5).bytes(20000);
  const ExactCopy copy(bytes);
  RangeCrc ranges(copy.view());
  Random random(6);
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t a = random.below(bytes.size() + 1);
    const std::uint64_t b = random.below(bytes.size() + 1);
    const std::uint64_t from = std::min(a, b);
    const std::uint64_t to = std::max(a, b);
    ASSERT_EQ(ranges.of(from, to), reference_crc(bytes.data() + from, to - from)) << from << ' ' << to;
  }
  EXPECT_LT(ranges.bytes_read(), 20000u + 3000u * 2u * RangeCrc::kBlockSize);
}

}  // namespace
}  // namespace simdr::core::test
