#include "recovery/salvage.h"

#include "file_builder.h"

namespace simdr::core::test {
namespace {

struct Saved final : SalvageSink {
  std::vector<EntryRecord> entries;
  std::vector<Confidence> confidence;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> lost;
  std::uint64_t end = 0;
  bool on_entry(const EntryRecord& record, Confidence how) override {
    EXPECT_GE(record.payload_offset, end);
    end = record.trailer_offset;
    entries.push_back(record);
    confidence.push_back(how);
    return true;
  }
  bool on_lost(std::uint64_t from, std::uint64_t to) override {
    EXPECT_GE(from, end);
    EXPECT_LT(from, to);
    lost.emplace_back(from, to);
    return true;
  }
};

SalvageSummary salvage_copy(const Bytes& bytes, Saved* saved, const SalvageOptions& options = {}) {
  const ExactCopy copy(bytes);
  const auto result = salvage(copy.view(), options, saved);
  EXPECT_TRUE(result) << result.error().message;
  return result ? *result : SalvageSummary{};
}

const Layout kGenerations[] = {kAligned64, kAligned16, kPacked20, kPacked19};

TEST(SalvageTest, AWholeStoreIsSavedWhole) {
  for (const Layout& layout : kGenerations) {
    FileBuilder builder = mixed_store(layout, 100);
    Saved saved;
    const SalvageSummary summary = salvage_copy(builder.bytes(), &saved);
    EXPECT_EQ(summary.layout, layout);
    ASSERT_EQ(saved.entries.size(), 100u);
    for (std::size_t i = 0; i < 100; ++i) expect_same(saved.entries[i], builder.records()[i]);
    EXPECT_EQ(summary.lost_size, 0u);
    EXPECT_EQ(summary.alone_count, 0u);
  }
}

TEST(SalvageTest, EveryEntryThatIsIntactIsSavedAndNoOther) {
  Random random(11);
  for (const Layout& layout : kGenerations) {
    for (int round = 0; round < 100; ++round) {
      FileBuilder builder = mixed_store(layout, 60);
      Bytes bytes = builder.bytes();
      for (std::uint64_t hit = random.below(4) + 1; hit > 0; --hit) {
        const std::uint64_t size = 1 + random.below(300);
        const std::uint64_t at = random.below(bytes.size() - size);
        const Bytes junk = round % 3 == 0 ? Bytes(size) : random.bytes(size);
        std::copy(junk.begin(), junk.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
      }
      Saved saved;
      const ExactCopy copy(bytes);
      if (!salvage(copy.view(), {.layout = layout}, &saved)) continue;
      std::size_t next = 0;
      for (const EntryRecord& record : builder.records()) {
        const bool intact =
            std::equal(bytes.begin() + static_cast<std::ptrdiff_t>(record.payload_offset),
                       bytes.begin() + static_cast<std::ptrdiff_t>(record.trailer_offset + layout.trailer_size),
                       builder.bytes().begin() + static_cast<std::ptrdiff_t>(record.payload_offset));
        const bool is_saved =
            next < saved.entries.size() && saved.entries[next].trailer_offset == record.trailer_offset;
        if (is_saved && saved.entries[next].key_hash == record.key_hash) expect_same(saved.entries[next], record);
        // In the oldest generation a lone entry is not proof enough, and is left out.
        if (intact && layout.trailer_size == kTrailerSize) {
          ASSERT_TRUE(is_saved) << record.trailer_offset;
        }
        next += is_saved ? 1 : 0;
      }
      ASSERT_EQ(next, saved.entries.size());
    }
  }
}

TEST(SalvageTest, TellsWhatWasLost) {
  FileBuilder builder = mixed_store(kAligned64, 50);
  const EntryRecord hit = builder.records()[20];
  builder.bytes()[hit.payload_offset] ^= std::byte{1};
  Saved saved;
  salvage_copy(builder.bytes(), &saved);
  EXPECT_EQ(saved.entries.size(), 49u);
  ASSERT_EQ(saved.lost.size(), 1u);
  EXPECT_EQ(saved.lost[0].first, hit.prev_tail);
  EXPECT_EQ(saved.lost[0].second, hit.trailer_offset + kTrailerSize);
}

TEST(SalvageTest, AnEntryBetweenTwoLostOnesIsAlone) {
  FileBuilder builder = mixed_store(kAligned64, 50);
  for (const std::size_t i : {20u, 22u}) {
    const EntryRecord& hit = builder.records()[i];
    for (std::uint64_t at = hit.payload_offset; at < hit.trailer_offset + kTrailerSize; ++at) {
      builder.bytes()[at] = std::byte{0xEE};
    }
  }
  Saved saved;
  const SalvageSummary summary = salvage_copy(builder.bytes(), &saved);
  ASSERT_EQ(saved.entries.size(), 48u);
  EXPECT_EQ(summary.alone_count, 1u);
  EXPECT_EQ(saved.confidence[20], Confidence::kAlone);
}

TEST(SalvageTest, PhantomsAndTheUnpublishedAreNeitherSavedNorLost) {
  FileBuilder builder = mixed_store(kAligned64, 20);
  builder.put_guard(0, 0, builder.tail(), 0, 300, true).put_random(1, 100).put_random(2, 100);
  Saved saved;
  SalvageSummary summary = salvage_copy(builder.bytes(), &saved);
  EXPECT_EQ(saved.entries.size(), 22u);
  EXPECT_EQ(summary.lost_size, 0u);

  FileBuilder guarded = mixed_store(kAligned64, 50);
  guarded.put_guard(0, 0, guarded.records()[29].trailer_offset + kTrailerSize);
  Saved published;
  summary = salvage_copy(guarded.bytes(), &published);
  EXPECT_EQ(published.entries.size(), 30u);
  EXPECT_EQ(summary.lost_size, 0u);
}

TEST(SalvageTest, AStoreInsideAValueIsNotTakenApart) {
  FileBuilder inner = mixed_store(kAligned64, 50, 5);
  FileBuilder outer = mixed_store(kAligned64, 10);
  outer.put(1, inner.bytes()).put_random(2, 30);
  outer.bytes()[outer.records()[10].payload_offset + 5] ^= std::byte{1};  // and damaged, so that its bytes are searched
  Saved saved;
  salvage_copy(outer.bytes(), &saved);
  EXPECT_EQ(saved.entries.size(), 11u);
}

TEST(SalvageTest, NothingIsFoundInAFileThatIsNoStore) {
  for (const Bytes& file : {Bytes(5000), Random(1).bytes(100000), to_bytes(std::string(3000, 'x')), Bytes{}}) {
    const auto result = salvage(file, {}, nullptr);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().status, Status::kNotAStore);
  }
}

}  // namespace
}  // namespace simdr::core::test
