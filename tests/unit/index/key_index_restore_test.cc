// An index that is kept and made anew: the same answers, and no harm from one that nobody kept.
#include <gtest/gtest.h>

#include <cstring>
#include <unordered_map>
#include <utility>
#include <vector>

#include "trailer_file.h"

namespace simdr::core {
namespace {

constexpr std::uint64_t kSeed = 0x5EED;
using Model = std::unordered_map<std::uint64_t, std::uint64_t>;

// What a file would hold of an index. The slots of one segment follow those of the one before.
struct Kept {
  std::vector<SegmentShape> shapes;
  std::vector<std::uint64_t> slots;
};

Kept keep(const KeyIndex& index) {
  Kept kept;
  index.for_each_segment([&](SegmentShape shape, ByteView slots) {
    kept.shapes.push_back(shape);
    const std::size_t at = kept.slots.size();
    kept.slots.resize(at + slots.size() / sizeof(std::uint64_t));
    std::memcpy(kept.slots.data() + at, slots.data(), slots.size());
  });
  return kept;
}

class KeptSlots final : public SlotSource {
 public:
  explicit KeptSlots(const Kept& kept) : kept_(kept) {}
  const std::uint64_t* next(std::size_t slot_count) noexcept override {
    if (kept_.slots.size() - at_ < slot_count) return nullptr;
    return kept_.slots.data() + std::exchange(at_, at_ + slot_count);
  }

 private:
  const Kept& kept_;
  std::size_t at_ = 0;
};

bool restore(KeyIndex* index, const Kept& kept, std::uint64_t end) {
  KeptSlots source(kept);
  return index->restore(kept.shapes, end, source);
}

void expect_equal(const KeyIndex& index, ByteView file, const Model& model) {
  ASSERT_EQ(index.count(), model.size());
  for (const auto& [hash, offset] : model) ASSERT_EQ(index.find(file, hash), offset) << "hash " << hash;
  std::size_t visited = 0;
  index.for_each_offset([&](std::uint64_t) { ++visited; });
  EXPECT_EQ(visited, model.size());
  for (std::uint64_t absent = 1; absent < 1000; ++absent) {
    EXPECT_EQ(index.find(file, ~absent), KeyIndex::kAbsent);
  }
}

class KeyIndexRestoreTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  // With a third of the keys put again, and a fifth erased: the marks that leaves belong to the index, too.
  void fill(KeyIndex* index) {
    for (std::size_t i = 0; i < GetParam(); ++i) put(index, random_.next());
    std::vector<std::uint64_t> keys;
    for (const auto& item : model_) keys.push_back(item.first);
    for (std::size_t i = 0; i < keys.size(); i += 3) put(index, keys[i]);
    for (std::size_t i = 0; i < keys.size(); i += 5) {
      ASSERT_EQ(index->erase(file_.view(), keys[i]), model_[keys[i]]);
      model_.erase(keys[i]);
    }
  }
  void put(KeyIndex* index, std::uint64_t hash) {
    const auto known = model_.find(hash);
    const std::uint64_t previous = known == model_.end() ? KeyIndex::kAbsent : known->second;
    std::uint64_t offset = 0;
    if (const KeyIndex::Spot spot = index->spot_for(file_.view(), hash); spot) {
      offset = file_.append(hash);
      ASSERT_EQ(index->put_at(spot, offset), previous);
    } else {
      ASSERT_EQ(put_new(*index, file_, hash, &offset), previous);
    }
    model_[hash] = offset;
  }

  TrailerFile file_{GetParam() * 3 + 1000};
  Model model_;
  Random random_{GetParam()};
};

TEST_P(KeyIndexRestoreTest, AnswersAsBeforeAndGrowsOn) {
  KeyIndex original(kSeed);
  fill(&original);
  const Kept kept = keep(original);
  ScriptedAllocator memory;
  {
    KeyIndex index(kSeed, memory);
    ASSERT_TRUE(restore(&index, kept, file_.end()));
    EXPECT_DOUBLE_EQ(index.load(), original.load());
    expect_equal(index, file_.view(), model_);
    // No more memory than the keys need, but for what makes it whole huge pages.
    EXPECT_LE(index.memory_size(), kept.shapes.size() * (kSegmentSize + 64) + (std::size_t{2} << 20) + 4096);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> all(model_.begin(), model_.end());
    for (const auto& known : all) put(&index, known.first);
    for (std::size_t i = 0; i < GetParam() / 4; ++i) put(&index, random_.next());
    expect_equal(index, file_.view(), model_);
    all.assign(model_.begin(), model_.end());
    for (const auto& [hash, offset] : all) ASSERT_EQ(index.erase(file_.view(), hash), offset);
    EXPECT_EQ(index.count(), 0u);
  }
  EXPECT_EQ(memory.out_size(), 0u);
}

TEST_P(KeyIndexRestoreTest, ReadersUseTheSlotsWhereTheyAre) {
  KeyIndex original(kSeed);
  fill(&original);
  const Kept kept = keep(original);
  std::byte* const slots = static_cast<std::byte*>(
      heap_slab_allocator().allocate(kept.slots.size() * sizeof(std::uint64_t) + kSegmentSize, kSegmentAlignment));
  ASSERT_NE(slots, nullptr);
  std::memcpy(slots, kept.slots.data(), kept.slots.size() * sizeof(std::uint64_t));
  const ByteView view = as_bytes(slots, kept.slots.size() * sizeof(std::uint64_t));
  {
    KeyIndex index(kSeed);
    if (kept.shapes[0].log2_groups != kFullLog2Groups) {
      EXPECT_FALSE(index.refer_to(kept.shapes, model_.size(), view)) << "a small one is not where a full one would be";
    } else {
      EXPECT_FALSE(index.refer_to(kept.shapes, model_.size(), as_bytes(slots + 64, view.size()))) << "misaligned";
      EXPECT_FALSE(index.refer_to(kept.shapes, model_.size(), view.first(view.size() - 1))) << "too short";
      ASSERT_TRUE(index.refer_to(kept.shapes, model_.size(), view));
      expect_equal(index, file_.view(), model_);
      EXPECT_LE(index.memory_size(), kept.shapes.size() * 64 + sizeof index) << "a directory, no slots";
      EXPECT_FALSE(index.refer_to(kept.shapes, model_.size(), view)) << "it has an index already";
    }
  }
  heap_slab_allocator().release(slots, view.size() + kSegmentSize, kSegmentAlignment);
}

// From one small segment to some hundred, over the sizes at which the first one is enlarged.
INSTANTIATE_TEST_SUITE_P(Sizes, KeyIndexRestoreTest,
                         ::testing::Values(1, 7, 60, 900, 3456, 3457, 20'000, 250'000, 900'000));

class RestoreNothingTest : public ::testing::Test {
 protected:
  RestoreNothingTest() {
    KeyIndex index(kSeed);
    for (std::uint64_t hash = 1; hash <= 20'000; ++hash) put_new(index, file_, hash * 0x9E3779B97F4A7C15u);
    kept_ = keep(index);
  }
  // Nothing is left behind: the same index can be used afterwards.
  void expect_refused(const Kept& kept, const char* why) {
    ScriptedAllocator memory;
    KeyIndex index(kSeed, memory);
    EXPECT_FALSE(restore(&index, kept, file_.end())) << why;
    EXPECT_EQ(memory.out_size(), 0u) << why;
    EXPECT_EQ(index.count(), 0u) << why;
    EXPECT_EQ(index.find(file_.view(), 0x9E3779B97F4A7C15u), KeyIndex::kAbsent) << why;
    ASSERT_TRUE(restore(&index, kept_, file_.end())) << why;
    EXPECT_EQ(index.count(), 20'000u) << why;
  }

  TrailerFile file_{30'000};
  Kept kept_;
};

TEST_F(RestoreNothingTest, RefusesWhatIsNotAnIndex) {
  ASSERT_GT(kept_.shapes.size(), 4u);
  expect_refused({}, "no segments");
  Kept other = kept_;
  other.slots.pop_back();
  expect_refused(other, "the slots end");
  other = kept_;
  other.shapes.pop_back();
  expect_refused(other, "a part of the hashes has no segment");
  other = kept_;
  other.shapes.push_back(other.shapes.back());
  other.slots.resize(other.slots.size() + kSegmentSlots);
  expect_refused(other, "a segment beyond the last hash");
  other = kept_;
  other.shapes[0].depth = static_cast<std::uint8_t>(other.shapes[0].depth + 20);
  expect_refused(other, "a directory out of proportion");
  other = kept_;
  other.shapes[1].depth = 0;
  expect_refused(other, "a segment that begins within another");
  other = kept_;
  other.shapes[2].log2_groups = kFullLog2Groups + 1;
  expect_refused(other, "too large a segment");
  other = kept_;
  other.shapes[2].log2_groups = kFullLog2Groups - 1;
  expect_refused(other, "a small segment among others");
}

TEST_F(RestoreNothingTest, RefusesSlotsThatLeadOutOfTheFile) {
  const auto with = [&](std::uint64_t slot) {
    Kept other = kept_;
    for (std::uint64_t& any : other.slots) {
      if (is_vacant(any)) continue;
      any = slot;
      break;
    }
    return other;
  };
  expect_refused(with(file_.end()), "at the end");
  expect_refused(with(kOffsetMask - 1), "at the end of all files");
  expect_refused(with(std::uint64_t{5} << kTagShift), "a tag without an offset");
  expect_refused(with(kAtHome), "a home without an offset");
  Kept full = kept_;
  std::fill_n(full.slots.begin(), kSegmentSlots, std::uint64_t{TrailerFile::kFirst});
  expect_refused(full, "more slots in use than a segment may have");
  Kept worn = kept_;
  worn.shapes[0].worn = slot_limit_of(kFullGroups);
  expect_refused(worn, "more slots worn than a segment may have");
}

TEST_F(RestoreNothingTest, LeavesNothingBehindWithoutMemory) {
  for (std::uint64_t n = 0;; ++n) {
    ScriptedAllocator memory;
    memory.fail(n, 1);
    KeyIndex index(kSeed, memory);
    if (restore(&index, kept_, file_.end())) {
      EXPECT_EQ(n, memory.request_count()) << "none failed";
      EXPECT_GE(n, 2u);
      break;
    }
    EXPECT_EQ(memory.out_size(), 0u);
  }
}

// Under another seed every key is elsewhere; what is found is still confirmed by the file.
TEST_F(RestoreNothingTest, FindsNothingWrongUnderAnotherSeed) {
  KeyIndex index(kSeed + 1);
  ASSERT_TRUE(restore(&index, kept_, file_.end()));
  for (std::uint64_t hash = 1; hash <= 20'000; ++hash) {
    const std::uint64_t offset = index.find(file_.view(), hash * 0x9E3779B97F4A7C15u);
    if (offset == KeyIndex::kAbsent) continue;
    ASSERT_EQ(file_.hash_at(offset), hash * 0x9E3779B97F4A7C15u);
  }
}

}  // namespace
}  // namespace simdr::core
