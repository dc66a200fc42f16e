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

TEST(StatusTest, ShortensALongPathInItsMiddleSoThatTheReasonStays) {
  const std::string path = "/the/start/" + std::string(1000, 'n') + "/the.end";
  const std::string os_error = make_os_error(ENOENT, "%s: cannot open", path.c_str()).message;
  EXPECT_TRUE(os_error.starts_with("/the/start/nnn"));
  EXPECT_TRUE(os_error.ends_with("nnn/the.end: cannot open: No such file or directory"));
  EXPECT_NE(os_error.find("n...n"), std::string::npos);
  EXPECT_EQ(os_error.size(), sizeof(Error::message) - 1);
  const std::string error = make_error(Status::kLocked, "%s: is open for writing elsewhere", path.c_str()).message;
  EXPECT_TRUE(error.ends_with("nnn/the.end: is open for writing elsewhere"));
  // Longer than any path that the system takes.
  const std::string longest(100'000, 'n');
  const std::string reason = make_os_error(ENAMETOOLONG, "%s: cannot open", longest.c_str()).message;
  EXPECT_TRUE(reason.ends_with("nnn: File name too long"));
}

TEST(StatusTest, CutsNothingThatJustFits) {
  const std::string path(sizeof(Error::message) - 1, 'n');
  EXPECT_EQ(make_error(Status::kIo, "%s", path.c_str()).message, path);
  EXPECT_EQ(make_error(Status::kIo, "%sn", path.c_str()).message, path.substr(0, 72) + "..." + path.substr(0, 164));
}

// By the definition of the standard, and not by the code that is tested.
bool is_utf8(const std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t size = first < 0x80         ? 1
                             : (first >> 5) == 6  ? 2
                             : (first >> 4) == 14 ? 3
                             : (first >> 3) == 30 ? 4
                                                  : 0;
    if (size == 0 || i + size > text.size()) return false;
    std::uint32_t code = size == 1 ? first : first & (0x7Fu >> size);
    for (std::size_t k = 1; k < size; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next >> 6) != 2) return false;
      code = code << 6 | (next & 0x3Fu);
    }
    const std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < smallest[size] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    i += size;
  }
  return true;
}

TEST(StatusTest, CutsBetweenCharactersWhereverTheyStart) {
  for (const std::string character : {"\u00e9", "\u9375", "\U0001f511", "\xff"}) {
    std::string path;
    while (path.size() < 400) path += character;
    for (int before = 0; before < 8; ++before) {
      for (int behind = 0; behind < 8; ++behind) {
        const std::string start(static_cast<std::size_t>(before), 'a');
        const std::string end(static_cast<std::size_t>(behind), 'z');
        const std::string message = make_os_error(EACCES, "%s%s%s", start.c_str(), path.c_str(), end.c_str()).message;
        EXPECT_TRUE(is_utf8(message)) << message;
        EXPECT_TRUE(message.starts_with(start) && message.ends_with(end + ": Permission denied")) << message;
        EXPECT_GE(message.size(), sizeof(Error::message) - 8) << message;
        EXPECT_EQ(message.find("\\x") == std::string::npos, character != "\xff") << message;
      }
    }
  }
}

TEST(StatusTest, ShowsBytesThatAreNoUtf8AsHexDigits) {
  EXPECT_STREQ(make_error(Status::kIo, "%s: why", "a\xff\xfe/\u9375").message, "a\\xff\\xfe/\u9375: why");
  EXPECT_STREQ(make_error(Status::kIo, "%s", "overlong \xc0\xaf \xe0\x9f\xbf").message,
               "overlong \\xc0\\xaf \\xe0\\x9f\\xbf");
  EXPECT_STREQ(make_error(Status::kIo, "%s", "surrogate \xed\xa0\x80").message, "surrogate \\xed\\xa0\\x80");
  EXPECT_STREQ(make_error(Status::kIo, "%s", "too large \xf4\x90\x80\x80").message, "too large \\xf4\\x90\\x80\\x80");
  EXPECT_STREQ(make_error(Status::kIo, "%s", "cut \xe9\x8d").message, "cut \\xe9\\x8d");
  EXPECT_STREQ(make_error(Status::kIo, "%s", "\x80").message, "\\x80");
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
