// Files made to cost time or to be believed. Work is counted in steps, not seconds, and must be linear in the size.
#include <algorithm>
#include <bit>
#include <ctime>

#include "file_builder.h"
#include "recovery/salvage.h"
#include "recovery/verify.h"

namespace simdr::core::test {
namespace {

#if defined(__has_feature)
#define SIMDR_HAS_FEATURE(x) __has_feature(x)
#else
#define SIMDR_HAS_FEATURE(x) 0
#endif
#if defined(SIMDR_HOSTILE_SIZE)
constexpr std::size_t kBig = SIMDR_HOSTILE_SIZE;
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || SIMDR_HAS_FEATURE(address_sanitizer) || \
    SIMDR_HAS_FEATURE(thread_sanitizer)
constexpr std::size_t kBig = 4 << 20;
#else
constexpr std::size_t kBig = 32 << 20;  // SIMDR_HOSTILE_SIZE is for those who measure
#endif

// Sweeps for two trailer sizes, two passes for roots, one census for each chain compared, and the CRC allowances.
constexpr std::uint64_t kMaxWorkPerByte = 60;
constexpr std::uint64_t kFreeWork = std::uint64_t{256} << 20;

void expect_linear(const Bytes& bytes, const char* what) {
  std::uint64_t work = 0;
  const std::clock_t begin = std::clock();
  const auto result = scan(bytes, {.work = &work}, nullptr);
  const std::clock_t middle = std::clock();
  const auto saved = salvage(bytes, {}, nullptr);
  const std::clock_t end = std::clock();
  const auto ms = [](std::clock_t from, std::clock_t to) {
    return 1e3 * static_cast<double>(to - from) / CLOCKS_PER_SEC;
  };
  std::printf("[  figures ] %-28s %4zu MiB: scan %6.0f ms CPU, work %5.1f/byte (%s), salvage %6.0f ms (%llu entries)\n",
              what, bytes.size() >> 20, ms(begin, middle),
              static_cast<double>(work) / static_cast<double>(bytes.size()),
              result ? reason_text(result->reason) : "refused", ms(middle, end),
              static_cast<unsigned long long>(saved ? saved->entry_count : 0));
  const std::uint64_t bound = kFreeWork + kMaxWorkPerByte * bytes.size();
  EXPECT_LT(work, bound) << what;
  if (saved) {
    EXPECT_LT(saved->work, bound) << what;
  }
}

void put_link(Bytes& bytes, std::uint64_t tail, std::uint64_t link) {
  store_le64(bytes.data() + tail - kTrailerSize + kTrailerPrevTailAt, link);
}

TEST(HostileTest, NothingButOneByte) {
  expect_linear(Bytes(kBig), "zeros");
  expect_linear(Bytes(kBig, std::byte{0xFF}), "0xFF");
  expect_linear(Bytes(kBig, std::byte{1}), "0x01");
  expect_linear(Random(1).bytes(kBig), "random");
}

TEST(HostileTest, EveryTwentyBytesPointJustBefore) {
  Bytes bytes(kBig);
  for (std::uint64_t tail = 42; tail <= bytes.size(); tail += 21) put_link(bytes, tail, tail - 21);
  put_link(bytes, 21, 0);
  expect_linear(bytes, "21-byte links");
}

TEST(HostileTest, EveryTrailerLinksToTheSameFarPlace) {
  Bytes bytes = Random(2).bytes(kBig);
  for (std::uint64_t tail = 64; tail <= bytes.size(); tail += 24) put_link(bytes, tail, 40);
  put_link(bytes, 40, 0);
  expect_linear(bytes, "all link to one");
}

TEST(HostileTest, EveryTrailerLinksToTheStart) {
  Bytes bytes = Random(3).bytes(kBig);
  for (std::uint64_t tail = 64; tail <= bytes.size(); tail += 24) put_link(bytes, tail, 0);
  expect_linear(bytes, "all link to 0");
}

TEST(HostileTest, NumbersThatAllLookLikeLinks) {
  Bytes bytes(kBig);
  Random random(4);
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) store_le64(bytes.data() + at, random.below(bytes.size()));
  expect_linear(bytes, "random offsets");
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) store_le64(bytes.data() + at, at);
  expect_linear(bytes, "rising offsets");
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) store_le64(bytes.data() + at, at > 400 ? at - 400 : 0);
  expect_linear(bytes, "offsets a little behind");
}

// Entries whose CRC matches, each with a link of its own into a zero-filled hole: every one starts a walk.
TEST(HostileTest, ManyIntactEntriesWithLinksThatLeadNowhere) {
  Bytes bytes(kBig);
  Random random(5);
  for (std::uint64_t tail = kBig / 2; tail + 100 <= bytes.size(); tail += 100) {
    const std::uint64_t end = tail + 80;
    const std::uint64_t prev = tail - tail % 64;
    std::byte trailer[kTrailerSize];
    encode_trailer(trailer, {random.next(), prev, reference_crc(bytes.data() + prev, end - prev)});
    std::memcpy(bytes.data() + end, trailer, kTrailerSize);
  }
  expect_linear(bytes, "unlinked intact entries");
}

TEST(HostileTest, ALongChainWhoseFirstLinkIsBroken) {
  FileBuilder builder;
  const std::size_t count = kBig / 100;
  builder.bytes().reserve(kBig * 2);
  for (std::uint64_t i = 1; i <= count; ++i) builder.put(i, Bytes(44, static_cast<std::byte>(i)));
  put_link(builder.bytes(), builder.records()[0].trailer_offset + kTrailerSize, UINT64_MAX);
  expect_linear(builder.bytes(), "first link broken");
  put_link(builder.bytes(), builder.records()[0].trailer_offset + kTrailerSize, 0);
  builder.bytes()[5] ^= std::byte{1};
  expect_linear(builder.bytes(), "first payload flipped");
  builder.bytes()[5] ^= std::byte{1};
  builder.bytes().resize(builder.bytes().size() + 1000);
  expect_linear(builder.bytes(), "torn tail");
}

// Behind each link lie zeros up to where a payload may begin under nearly every alignment: a megabyte of pad.
TEST(HostileTest, EveryLinkIsFollowedByAMegabyteOfZeros) {
  constexpr std::uint64_t kLink = (1 << 20) + 1;
  Bytes bytes(std::max<std::size_t>(kBig / 4, 4 << 20));
  for (std::size_t at = 2 << 20; at + 8 <= bytes.size(); at += 8) store_le64(bytes.data() + at, kLink);
  expect_linear(bytes, "links to a wide pad");
  const Layout wide{kTrailerSize, 1 << 20, true};
  std::uint64_t work = 0;
  static_cast<void>(scan(bytes, {.layout = wide, .work = &work}, nullptr));
  EXPECT_LT(work, kFreeWork + kMaxWorkPerByte * bytes.size());
  const auto saved = salvage(bytes, {.layout = wide}, nullptr);
  if (saved) {
    EXPECT_LT(saved->work, kFreeWork + kMaxWorkPerByte * bytes.size());
  }
}

// A chain each sixteenth tail of which, those that a search remembers, is sent to the same stretch of a table by a function that anybody can
// read in the source: the one that was in use once.
TEST(HostileTest, TheTailsOfAChainAreMeantToCollide) {
  constexpr std::uint64_t kLeastSize = 1 + kTrailerSize;
  const std::uint64_t mark_count = kBig / 512;
  const std::uint64_t slot_count = std::bit_ceil(mark_count * 2);
  const auto home = [&](std::uint64_t tail) {
    tail = (tail ^ (tail >> 31)) * 0x9E37'79B9'7F4A'7C15ull;
    tail = (tail ^ (tail >> 29)) * 0xD6E8'FEB8'6659'FD93ull;
    return tail >> 20 & (slot_count - 1);
  };
  FileBuilder builder(kPacked20);
  builder.bytes().reserve(kBig * 2);
  std::uint64_t key = 1;
  for (std::uint64_t i = 0; i < mark_count; ++i) {
    std::uint64_t tail = builder.tail() + kLeastSize;
    while (home(tail) >= slot_count / 64) ++tail;
    builder.put_random(key++, tail - builder.tail() - kTrailerSize);
    for (int j = 0; j < 15; ++j) builder.put(key++, Bytes(1, std::byte{1}));
  }
  builder.bytes().push_back(std::byte{1});
  expect_linear(builder.bytes(), "tails that collide");
}

// Each second entry damaged: walks begin again and again on a chain that is broken further down.
TEST(HostileTest, AChainWithHolesEverywhere) {
  FileBuilder builder;
  const std::size_t count = kBig / 128;
  builder.bytes().reserve(kBig * 2);
  for (std::uint64_t i = 1; i <= count; ++i) builder.put(i, Bytes(44, static_cast<std::byte>(i)));
  for (std::size_t i = 1; i < count; i += 2) builder.bytes()[builder.records()[i].payload_offset] ^= std::byte{0x80};
  put_link(builder.bytes(), builder.records()[0].trailer_offset + kTrailerSize, UINT64_MAX);
  expect_linear(builder.bytes(), "every second damaged");
  for (std::size_t i = 1; i < count; i += 2) {
    put_link(builder.bytes(), builder.records()[i].trailer_offset + kTrailerSize, UINT64_MAX);
  }
  expect_linear(builder.bytes(), "every second link broken");
}

TEST(HostileTest, ATornLargeValueFullOfZeroFieldsDoesNotHideTheEntriesBelow) {
  for (const std::size_t entries : {1u, 2u, 3u, 50u}) {
    FileBuilder builder;
    for (std::uint64_t i = 1; i <= entries; ++i) builder.put_random(i * 0x9E3779B97F4A7C15ull, 100);
    Random random(6);
    Bytes fields(kBig / 4);
    for (std::size_t at = 0; at + 8 <= fields.size(); at += 8)
      store_le64(fields.data() + at, random.below(3) == 0 ? random.below(kBig / 4) : 0);
    Bytes bytes = builder.bytes();
    bytes.insert(bytes.end(), fields.begin(), fields.end());
    const auto result = scan(bytes, {}, nullptr);
    ASSERT_TRUE(result) << entries << ' ' << result.error().message;
    EXPECT_EQ(result->tail, builder.tail());
    expect_linear(bytes, "torn value of small numbers");
  }
}

TEST(HostileTest, MutationsNeverReadOutsideAndNeverInventEntries) {
  const Layout layouts[] = {kAligned64, kAligned16, kPacked20, kPacked19};
  Random random(20261120);
  for (int round = 0; round < 10000; ++round) {
    const Layout& layout = layouts[random.below(4)];
    FileBuilder builder = mixed_store(layout, 1 + random.below(20), 1 + random.below(50));
    if (random.below(3) == 0) {
      std::uint64_t marks[3] = {0, 0, 0};
      for (std::uint64_t& mark : marks) {
        const EntryRecord& at = builder.records()[random.below(builder.records().size())];
        mark = at.trailer_offset + layout.trailer_size;
      }
      std::sort(marks, marks + 3);
      builder.put_guard(marks[0], marks[1], marks[2], random.below(2) == 0 ? kGuardAllSynced : 0, random.below(300));
    }
    Bytes bytes = builder.bytes();
    for (std::uint64_t hits = random.below(6); hits > 0 && !bytes.empty(); --hits) {
      const std::uint64_t at = random.below(bytes.size());
      switch (random.below(7)) {
        case 0:
          bytes[at] ^= static_cast<std::byte>(1u << random.below(8));
          break;
        case 1:
          bytes.resize(at);
          break;
        case 2:
          std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(), std::byte{0});
          break;
        case 3:
          bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), static_cast<std::byte>(random.next()));
          break;
        case 4:
          if (at + 8 <= bytes.size()) store_le64(bytes.data() + at, random.below(bytes.size() + 10));
          break;
        case 5:
          if (at + 8 <= bytes.size()) store_le64(bytes.data() + at, random.next());
          break;
        default:
          bytes.insert(bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end());
      }
    }
    const Scanned scanned = scan_copy(bytes);
    const ExactCopy copy(bytes);
    const auto saved = salvage(copy.view(), {}, nullptr);
    if (!scanned.ok) {
      // What is reported as damaged but no foreign file has something to save.
      if (scanned.error.status == Status::kCorrupt) {
        EXPECT_TRUE(saved) << "round " << round << ", " << bytes.size() << " bytes: " << scanned.error.message;
      }
      continue;
    }
    ASSERT_LE(scanned.result.tail, bytes.size());
    ASSERT_LT(scanned.result.work, (std::uint64_t{64} << 20));
    static_cast<void>(verify(copy.view(), scanned.result.tail, scanned.result.layout, nullptr));
    // Options may name any layout.
    static_cast<void>(scan(copy.view(), {.layout = layouts[random.below(4)]}, nullptr));
  }
}

}  // namespace
}  // namespace simdr::core::test
