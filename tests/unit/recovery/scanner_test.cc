#include "recovery/scanner.h"

#include <fstream>
#include <iterator>
#include <set>

#include "file_builder.h"

namespace simdr::core::test {
namespace {

const Layout kGenerations[] = {kAligned64, kAligned16, kPacked20, kPacked19};

void flip(Bytes& bytes, std::uint64_t offset, unsigned bit = 0) { bytes[offset] ^= static_cast<std::byte>(1u << bit); }

std::uint64_t tail_of(const EntryRecord& record, const Layout& layout) {
  return record.trailer_offset + layout.trailer_size;
}

TEST(ScannerTest, AnEmptyFileIsAnEmptyStore) {
  const Scanned scanned = scan_copy({});
  ASSERT_TRUE(scanned.ok);
  EXPECT_EQ(scanned.result.tail, 0u);
  EXPECT_EQ(scanned.result.layout, kAligned64);
  EXPECT_EQ(scanned.result.reason, Reason::kClean);
}

TEST(ScannerTest, AWholeStoreOfAnyGenerationIsClean) {
  for (const Layout& layout : kGenerations) {
    FileBuilder builder = mixed_store(layout, 300);
    const Scanned scanned = scan_copy(builder.bytes());
    expect_chain(scanned, builder.records(), 300);
    EXPECT_EQ(scanned.result.layout, layout);
    EXPECT_EQ(scanned.result.reason, Reason::kClean);
    EXPECT_EQ(scanned.result.tail, builder.tail());
    EXPECT_STREQ(scanned.result.message, "");
    EXPECT_FALSE(scanned.result.census_taken);
  }
}

TEST(ScannerTest, StopsWhenTheSinkSaysSo) {
  struct Never final : ChainSink {
    bool on_batch(const EntryRecord*, std::size_t) override { return false; }
  } sink;
  FileBuilder builder = mixed_store(kAligned64, 10);
  const auto result = scan(builder.bytes(), {}, &sink);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().status, Status::kStopped);
}

TEST(ScannerTest, TakesNoSink) {
  FileBuilder builder = mixed_store(kAligned64, 10);
  const auto result = scan(builder.bytes(), {}, nullptr);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->entry_count, 10u);
}

// The rule for every cut: all entries that lie wholly below it, and nothing else.
TEST(ScannerTest, EveryCutKeepsExactlyTheEntriesBelowIt) {
  for (const Layout& layout : kGenerations) {
    FileBuilder builder = mixed_store(layout, 200, 3);
    const Bytes& whole = builder.bytes();
    std::size_t below = 0;
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
      while (below < 200 && tail_of(builder.records()[below], layout) <= cut) ++below;
      const Scanned scanned = scan_copy(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut)));
      if (cut == 0) continue;
      if (below == 0 && cut + 1 == tail_of(builder.records()[0], layout) && layout.trailer_size == kTrailerSize) {
        // Exactly a packed-19 store of one entry, with the right payload: nothing tells them apart.
        ASSERT_TRUE(scanned.ok);
        ASSERT_EQ(scanned.result.layout, kPacked19);
        ASSERT_TRUE(scanned.result.layout_ambiguous);
        continue;
      }
      if (below == 0) {
        ASSERT_FALSE(scanned.ok) << cut;
        ASSERT_EQ(scanned.error.status, Status::kNotAStore) << cut;
        continue;
      }
      ASSERT_TRUE(scanned.ok) << cut << ": " << scanned.error.message;
      ASSERT_EQ(scanned.result.tail, tail_of(builder.records()[below - 1], layout)) << "cut at " << cut;
      ASSERT_EQ(scanned.records.size(), below);
      ASSERT_EQ(scanned.result.reason, cut == scanned.result.tail ? Reason::kClean : Reason::kTornTail);
      ASSERT_EQ(scanned.result.unreachable_count, 0u);
      for (std::size_t i = 0; i < below; i += 17) expect_same(scanned.records[below - 1 - i], builder.records()[i]);
    }
  }
}

TEST(ScannerTest, WhateverIsAppendedIsSkipped) {
  for (const Layout& layout : kGenerations) {
    FileBuilder builder = mixed_store(layout, 100);
    for (const std::size_t size : {1u, 8u, 11u, 12u, 16u, 19u, 20u, 21u, 40u, 64u, 100u, 4096u, 70000u}) {
      const Bytes tails[] = {Bytes(size, std::byte{0}), Bytes(size, std::byte{0xFF}), Bytes(size, std::byte{1}),
                             Bytes(size, std::byte{'x'}), Random(size).bytes(size)};
      for (const Bytes& tail : tails) {
        Bytes bytes = builder.bytes();
        bytes.insert(bytes.end(), tail.begin(), tail.end());
        const Scanned scanned = scan_copy(bytes);
        expect_chain(scanned, builder.records(), 100);
        EXPECT_EQ(scanned.result.reason, Reason::kTornTail);
        EXPECT_EQ(scanned.result.skipped_size, size);
        EXPECT_EQ(scanned.result.layout, layout);
        EXPECT_TRUE(scanned.result.census_complete);
        EXPECT_EQ(scanned.result.damaged_count, 0u);
        EXPECT_STRNE(scanned.result.message, "");
      }
    }
  }
}

TEST(ScannerTest, AFlippedBitInTheFirstPayloadDoesNotHideTheStore) {
  for (const Layout& layout : kGenerations) {
    FileBuilder builder = mixed_store(layout, 100);
    flip(builder.bytes(), builder.records()[0].payload_offset);
    const Scanned scanned = scan_copy(builder.bytes());
    expect_chain(scanned, builder.records(), 100);
    EXPECT_EQ(scanned.result.reason, Reason::kDamagedHead);
    EXPECT_EQ(scanned.result.damaged_count, 1u);
    EXPECT_EQ(scanned.result.damaged[0], builder.records()[0].trailer_offset);
    // It is shown, so the words must not say that it was left out.
    EXPECT_NE(std::string(scanned.result.message).find("; 1 damaged, the newest at"), std::string::npos);

    Bytes torn = builder.bytes();
    torn.resize(torn.size() - 5);
    const Scanned rolled_back = scan_copy(torn);
    EXPECT_NE(std::string(rolled_back.result.message).find("; 1 damaged and passed over, the newest at"),
              std::string::npos)
        << rolled_back.result.message;
  }
}

TEST(ScannerTest, ADamagedNewestEntryIsLeftOut) {
  for (const Layout& layout : kGenerations) {
    FileBuilder builder = mixed_store(layout, 100);
    flip(builder.bytes(), builder.records()[99].payload_offset);
    const Scanned scanned = scan_copy(builder.bytes());
    expect_chain(scanned, builder.records(), 99);
    EXPECT_EQ(scanned.result.reason, Reason::kTornTail);
  }
}

TEST(ScannerTest, DamageInsideTheChainIsReportedWhenASearchWasNeeded) {
  FileBuilder builder = mixed_store(kAligned64, 100);
  flip(builder.bytes(), builder.records()[40].payload_offset);
  flip(builder.bytes(), builder.records()[60].payload_offset);
  EXPECT_FALSE(scan_copy(builder.bytes()).result.census_taken);  // a file that looks whole is not read through
  builder.bytes().resize(builder.bytes().size() + 5, std::byte{1});
  const Scanned scanned = scan_copy(builder.bytes());
  expect_chain(scanned, builder.records(), 100);
  EXPECT_EQ(scanned.result.damaged_count, 2u);
  EXPECT_EQ(scanned.result.damaged[0], builder.records()[60].trailer_offset);
  EXPECT_EQ(scanned.result.damaged[1], builder.records()[40].trailer_offset);
}

TEST(ScannerTest, ABrokenLinkKeepsWhatLiesBelowAndTellsOfWhatLiesAbove) {
  for (const Layout& layout : kGenerations) {
    for (std::uint64_t bad : {UINT64_MAX, std::uint64_t{1} << 40}) {
      FileBuilder builder = mixed_store(layout, 100);
      store_le64(builder.bytes().data() + builder.records()[70].trailer_offset + kTrailerPrevTailAt, bad);
      const Scanned scanned = scan_copy(builder.bytes());
      expect_chain(scanned, builder.records(), 70);
      EXPECT_EQ(scanned.result.reason, Reason::kBrokenChain);
      EXPECT_EQ(scanned.result.unreachable_count, 29u);
      EXPECT_EQ(scanned.result.newest_unreachable, builder.tail());
    }
  }
}

TEST(ScannerTest, ALinkThatBecameZeroKeepsTheLargerPart) {
  FileBuilder builder = mixed_store(kAligned64, 100);
  Bytes late = builder.bytes();
  store_le64(late.data() + builder.records()[70].trailer_offset + kTrailerPrevTailAt, 0);
  expect_chain(scan_copy(late), builder.records(), 70);

  Bytes early = builder.bytes();
  store_le64(early.data() + builder.records()[10].trailer_offset + kTrailerPrevTailAt, 0);
  const Scanned scanned = scan_copy(early);
  ASSERT_TRUE(scanned.ok);
  EXPECT_EQ(scanned.result.reason, Reason::kDamagedHead);
  EXPECT_EQ(scanned.records.size(), 90u);
  EXPECT_EQ(scanned.result.damaged_count, 1u);
  EXPECT_EQ(scanned.result.damaged[0], builder.records()[10].trailer_offset);
}

TEST(ScannerTest, ABogusGiantEntryDoesNotHideTheOthers) {
  FileBuilder builder = mixed_store(kAligned64, 100);
  for (const std::uint64_t link : {std::uint64_t{0}, tail_of(builder.records()[0], kAligned64)}) {
    Bytes bytes = builder.bytes();
    const Bytes junk = Random(9).bytes(77);
    bytes.insert(bytes.end(), junk.begin(), junk.end());
    std::byte trailer[kTrailerSize];
    encode_trailer(trailer, {42, link, 12345});
    bytes.insert(bytes.end(), trailer, trailer + kTrailerSize);
    expect_chain(scan_copy(bytes), builder.records(), 100);
  }
}

TEST(ScannerTest, AStoreInsideAValueIsNotMistakenForTheFile) {
  for (const bool with_guard : {false, true}) {
    FileBuilder inner = mixed_store(kAligned64, 50, 8);
    if (with_guard) inner.put_guard(0, 0, inner.tail());
    FileBuilder outer = mixed_store(kAligned64, 30);
    outer.put(99, inner.bytes());
    expect_chain(scan_copy(outer.bytes()), outer.records(), 31);
    // And torn anywhere inside: the value is lost, all before it is there.
    for (std::size_t cut = outer.records()[30].payload_offset; cut < outer.bytes().size(); cut += 5) {
      Bytes bytes(outer.bytes().begin(), outer.bytes().begin() + static_cast<std::ptrdiff_t>(cut));
      const Scanned scanned = scan_copy(bytes);
      ASSERT_TRUE(scanned.ok) << scanned.error.message;
      ASSERT_EQ(scanned.records.size(), 30u) << cut;
    }
    const Bytes& whole = outer.bytes();
    const auto guard_end = static_cast<std::ptrdiff_t>(outer.records()[30].trailer_offset);
    ASSERT_EQ(scan_copy(Bytes(whole.begin(), whole.begin() + guard_end)).records.size(), 30u);
  }
}

// Entries of one size: inner tails are outer tails too, and inner links meet outer entries.
TEST(ScannerTest, AStoreOfTheSameGeometryInsideATornValueIsNotMistakenForTheFile) {
  FileBuilder inner;
  FileBuilder outer;
  for (std::uint64_t i = 1; i <= 200; ++i) {
    inner.put_random(i, 44);
    outer.put_random(i + 1000, 44);
  }
  outer.put(5000, inner.bytes());
  const std::uint64_t from = outer.records()[200].payload_offset;
  for (std::size_t cut = from; cut < outer.bytes().size(); cut += 31) {
    Bytes bytes(outer.bytes().begin(), outer.bytes().begin() + static_cast<std::ptrdiff_t>(cut));
    ASSERT_EQ(scan_copy(bytes).records.size(), 200u) << cut;
  }
}

TEST(ScannerTest, ALoneEntryWithATornOneBehindItIsFound) {
  for (const Layout& layout : kGenerations) {
    FileBuilder builder(layout);
    builder.put_random(0xDEADBEEFCAFEF00Dull, 30).put_random(7, 500);
    builder.bytes().resize(300);
    const Scanned scanned = scan_copy(builder.bytes());
    expect_chain(scanned, builder.records(), 1);
    EXPECT_EQ(scanned.result.reason, Reason::kTornTail);
  }
}

TEST(ScannerTest, EntriesWithoutAnyWayToTheStartAreCorruptAndNotForeign) {
  FileBuilder builder = mixed_store(kAligned64, 100);
  std::fill_n(builder.bytes().begin(), 1024, std::byte{0xFF});
  const Scanned scanned = scan_copy(builder.bytes());
  ASSERT_FALSE(scanned.ok);
  EXPECT_EQ(scanned.error.status, Status::kCorrupt);
}

// Zeros where a write did not arrive read as a link to 0. In a file that was never closed they hide nothing that lies
// below.
TEST(ScannerTest, AHoleInATornFileDoesNotHideWhatLiesBelow) {
  FileBuilder builder = mixed_store(kAligned64, 100);
  const EntryRecord hole = builder.records()[10];
  std::fill(builder.bytes().begin() + static_cast<std::ptrdiff_t>(hole.payload_offset),
            builder.bytes().begin() + static_cast<std::ptrdiff_t>(hole.trailer_offset + kTrailerSize), std::byte{0});
  Bytes torn = builder.bytes();
  torn.resize(torn.size() + 500);
  const Scanned below = scan_copy(torn);
  expect_chain(below, builder.records(), 10);
  EXPECT_EQ(below.result.reason, Reason::kBrokenChain);
  EXPECT_EQ(below.result.unreachable_count, 89u);

  // Where the file ends with its newest entry it was closed, the sector was lost since, and the larger part is kept.
  const Scanned above = scan_copy(builder.bytes());
  ASSERT_TRUE(above.ok);
  EXPECT_EQ(above.records.size(), 90u);
  EXPECT_EQ(above.result.reason, Reason::kDamagedHead);
}

TEST(ScannerTest, AForeignSessionBehindAPhantomIsAdmitted) {
  FileBuilder builder = mixed_store(kAligned64, 20);
  builder.put_guard(builder.tail(), builder.tail(), builder.tail(), 0, 5000, true);
  builder.put_random(1, 100).put_random(2, 100);
  const Scanned scanned = scan_copy(builder.bytes());
  ASSERT_TRUE(scanned.ok) << scanned.error.message;
  EXPECT_EQ(scanned.result.reason, Reason::kClean);
  EXPECT_EQ(scanned.result.entry_count, 22u);
  EXPECT_EQ(scanned.result.phantom_count, 1u);
  ASSERT_EQ(scanned.records.size(), 23u);
  EXPECT_TRUE(is_phantom(scanned.records[2]));

  // The same behind a store that was empty: the phantom is the link to 0, the first entry the one after it.
  FileBuilder fresh;
  fresh.put_guard(0, 0, 0, 0, 0, true);
  fresh.put_random(1, 100);
  const Scanned second = scan_copy(fresh.bytes());
  ASSERT_TRUE(second.ok) << second.error.message;
  EXPECT_EQ(second.result.entry_count, 1u);
  fresh.bytes().push_back(std::byte{7});
  EXPECT_EQ(scan_copy(fresh.bytes()).result.entry_count, 1u);
}

TEST(ScannerTest, ForeignFilesAreRefusedEachWithItsReason) {
  const auto text = [](std::size_t size) {
    std::string out;
    while (out.size() < size) out += "The quick brown fox jumps over the lazy dog.\n";
    return to_bytes(out);
  };
  const auto behind = [](const char* magic, std::size_t magic_size, const Bytes& rest) {
    Bytes out = to_bytes(std::string(magic, magic_size));
    out.insert(out.end(), rest.begin(), rest.end());
    return out;
  };
  const Bytes files[] = {text(900),
                         behind("\x89PNG\r\n\x1a\n", 8, Random(1).bytes(3000)),
                         behind("\x7f"
                                "ELF\2\1\1\0\0\0\0\0\0\0\0\0",
                                16, Bytes(5000)),
                         Bytes(4096),
                         Bytes(4096, std::byte{0xFF}),
                         Random(2).bytes(65536),
                         Random(3).bytes(10)};
  std::set<std::string> messages;
  for (const Bytes& file : files) {
    const Scanned scanned = scan_copy(file);
    ASSERT_FALSE(scanned.ok) << scanned.result.message;
    EXPECT_EQ(scanned.error.status, Status::kNotAStore);
    messages.insert(scanned.error.message);
  }
  EXPECT_EQ(messages.size(), std::size(files));
}

TEST(ScannerTest, ZerosOfAnySizeAreRefused) {
  for (std::size_t size = 1; size < 3000; ++size) ASSERT_FALSE(scan_copy(Bytes(size)).ok) << size;
}

TEST(ScannerTest, ProgramsOfThisMachineAreRefused) {
  for (const char* path : {"/bin/true", "/bin/bash", "/bin/ls", "/proc/self/exe"}) {
    std::ifstream in(path, std::ios::binary);
    if (!in) continue;
    const std::string content((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (content.empty()) continue;
    const Scanned scanned = scan_copy(to_bytes(content));
    ASSERT_FALSE(scanned.ok) << path << ' ' << scanned.result.message;
    EXPECT_EQ(scanned.error.status, Status::kNotAStore) << path << ' ' << scanned.error.message;
  }
}

TEST(ScannerTest, WhatASearchFindsDamagedIsDeliveredLastAndAsSuch) {
  FileBuilder builder = mixed_store(kAligned64, 700);
  const std::size_t damaged[] = {600, 599, 340, 2};
  for (const std::size_t entry : damaged) builder.bytes()[builder.records()[entry].payload_offset] ^= std::byte{4};
  // Without a search nothing is read but links.
  EXPECT_TRUE(scan_copy(builder.bytes()).damaged.empty());
  Bytes torn = builder.bytes();
  torn.resize(torn.size() + 9, std::byte{1});
  const Scanned scanned = scan_copy(torn);
  expect_chain(scanned, builder.records(), 700);
  ASSERT_EQ(scanned.damaged.size(), std::size(damaged));
  for (std::size_t i = 0; i < std::size(damaged); ++i) {
    EXPECT_EQ(scanned.damaged[i].trailer_offset, builder.records()[damaged[i]].trailer_offset);
  }
}

TEST(ScannerTest, ADamagedTombstoneStaysALink) {
  FileBuilder builder;
  builder.put_random(1, 100).put_random(2, 50).put_tombstone(1).put_random(3, 10);
  const EntryRecord& tombstone = builder.records()[2];
  for (int bit = 0; bit < 8; ++bit) {
    Bytes bytes = builder.bytes();
    bytes[tombstone.payload_offset] ^= static_cast<std::byte>(1 << bit);
    const Scanned scanned = scan_copy(bytes);
    expect_chain(scanned, builder.records(), 4);
    EXPECT_EQ(scanned.result.reason, Reason::kClean);
    EXPECT_EQ(scanned.result.tombstone_count, 1u);
  }
}

}  // namespace
}  // namespace simdr::core::test
