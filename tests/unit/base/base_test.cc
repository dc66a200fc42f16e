#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "base/checked.h"
#include "base/endian.h"
#include "base/ref_count.h"
#include "base/status.h"

namespace simdr::core {
namespace {

TEST(CheckedTest, PadsToTheNextMultipleAndNotFurther) {
  EXPECT_EQ(padding_to(0, 64), 0u);
  EXPECT_EQ(padding_to(1, 64), 63u);
  EXPECT_EQ(padding_to(63, 64), 1u);
  EXPECT_EQ(padding_to(64, 64), 0u);
  EXPECT_EQ(align_up(65, 64), 128u);
  EXPECT_EQ(align_down(127, 64), 64u);
  EXPECT_EQ(padding_to(17, 1), 0u);
}

TEST(CheckedTest, SaysWhenASumDoesNotFit) {
  std::uint64_t sum = 0;
  EXPECT_TRUE(checked_add(1, 2, &sum));
  EXPECT_EQ(sum, 3u);
  EXPECT_FALSE(checked_add(~std::uint64_t{0}, 1, &sum));
}

TEST(EndianTest, StoresTheLowByteFirstAtAnyAddress) {
  unsigned char bytes[16] = {};
  store_le64(bytes + 3, 0x0102030405060708u);
  EXPECT_EQ(bytes[3], 8);
  EXPECT_EQ(bytes[10], 1);
  EXPECT_EQ(load_le64(bytes + 3), 0x0102030405060708u);
  store_le32(bytes + 1, 0xA1B2C3D4u);
  EXPECT_EQ(bytes[1], 0xD4);
  EXPECT_EQ(load_le32(bytes + 1), 0xA1B2C3D4u);
}

TEST(StatusTest, MapsSystemErrorsToTheStatusThatFits) {
  EXPECT_EQ(make_os_error(ENOSPC, "x").status, Status::kNoSpace);
  EXPECT_EQ(make_os_error(EDQUOT, "x").status, Status::kNoSpace);
  EXPECT_EQ(make_os_error(ENOENT, "x").status, Status::kNoSuchFile);
  EXPECT_EQ(make_os_error(ENOMEM, "x").status, Status::kNoMemory);
  EXPECT_EQ(make_os_error(EACCES, "x").status, Status::kAccess);
  EXPECT_EQ(make_os_error(EROFS, "x").status, Status::kReadOnlyMedium);
  EXPECT_EQ(make_os_error(EIO, "x").status, Status::kIo);
  EXPECT_EQ(make_os_error(EIO, "x").os_error, EIO);
}

TEST(StatusTest, CutsAMessageThatIsTooLongAndEndsItWithNul) {
  const std::string long_name(1000, 'n');
  const Error error = make_os_error(EIO, "%s", long_name.c_str());
  EXPECT_EQ(std::strlen(error.message), sizeof error.message - 1);
  EXPECT_NE(std::string(make_os_error(EIO, "reading").message).find("Input/output error"), std::string::npos);
}

TEST(ResultTest, HoldsAValueOrAnError) {
  Result<int> good = 7;
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 7);
  Result<int> bad = make_error(Status::kCorrupt, "%s", "torn");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().status, Status::kCorrupt);
  EXPECT_STREQ(bad.error().message, "torn");
  Result<void> nothing;
  EXPECT_TRUE(nothing);
  nothing = make_error(Status::kIo, "io");
  EXPECT_FALSE(nothing);
}

TEST(RefCountTest, SaysWhichDropWasTheLast) {
  RefCount count;
  count.add();
  EXPECT_FALSE(count.drop());
  EXPECT_TRUE(count.drop());
}

TEST(StripedRefCountTest, OutlivesItsOwnerUntilTheLastStripeIsDropped) {
  StripedRefCount count;
  count.add(3);
  count.add(31);
  count.add(31);
  EXPECT_FALSE(count.drop_owner());
  EXPECT_FALSE(count.drop(31));
  EXPECT_FALSE(count.drop(3));
  EXPECT_TRUE(count.drop(31));
}

TEST(StripedRefCountTest, HasExactlyOneLastDropAmongThreads) {
  for (int round = 0; round < 50; ++round) {
    StripedRefCount count;
    std::atomic<int> last{0};
    std::vector<std::thread> threads;
    for (std::uint32_t stripe = 0; stripe < 4; ++stripe) {
      for (int i = 0; i < 100; ++i) count.add(stripe);
      threads.emplace_back([&count, &last, stripe] {
        for (int i = 0; i < 100; ++i) last += count.drop(stripe);
      });
    }
    threads.emplace_back([&] { last += count.drop_owner(); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(last, 1);
  }
}

}  // namespace
}  // namespace simdr::core
