// tests/data/recovery: stores damaged by a recipe, and what the crate this format comes from showed of each. Ours
// must never show a bogus entry, never lose one the crate kept, and keep all that a chain still reaches.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "file_builder.h"

namespace simdr::core::test {
namespace {

struct CrateEntry {
  std::uint64_t hash;
  std::uint64_t start;
  std::uint64_t end;
  bool crc_ok;
};

struct Case {
  std::string name;
  Bytes bytes;
  std::vector<CrateEntry> crate;
};

// h<hex> · f<byte>*<size> · s<xorshift64 seed>*<size>, joined by +
Bytes parse_bytes(const std::string& spec) {
  Bytes out;
  std::istringstream parts(spec);
  for (std::string part; std::getline(parts, part, '+');) {
    if (part[0] == 'h') {
      for (std::size_t i = 1; i + 1 < part.size(); i += 2) {
        out.push_back(static_cast<std::byte>(std::stoul(part.substr(i, 2), nullptr, 16)));
      }
      continue;
    }
    const std::size_t star = part.find('*');
    const std::uint64_t value = std::stoull(part.substr(1, star - 1));
    const std::size_t size = std::stoull(part.substr(star + 1));
    const Bytes more = part[0] == 'f' ? Bytes(size, static_cast<std::byte>(value)) : Random(value).bytes(size);
    out.insert(out.end(), more.begin(), more.end());
  }
  return out;
}

void do_damage(Bytes& bytes, const std::string& step) {
  const std::string rest = step.substr(2);
  const std::size_t comma = rest.find(',');
  switch (step[0]) {
    case 't':
      bytes.resize(std::stoull(rest));
      break;
    case 'a': {
      const Bytes more = parse_bytes(rest);
      bytes.insert(bytes.end(), more.begin(), more.end());
      break;
    }
    case 'r':
      bytes = parse_bytes(rest);
      break;
    case 'x':
      bytes.at(std::stoull(rest)) ^= static_cast<std::byte>(std::stoul(rest.substr(comma + 1)));
      break;
    default: {
      const Bytes put = parse_bytes(rest.substr(comma + 1));
      std::copy(put.begin(), put.end(), bytes.begin() + std::stoll(rest));
    }
  }
}

Bytes read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return to_bytes(std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>()));
}

std::vector<Case> read_cases(const std::string& folder, const Bytes& base) {
  std::vector<Case> cases;
  std::ifstream in(folder + "/cases.txt");
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream columns(line);
    std::string damage, damaged_size, left, entries;
    Case one;
    std::getline(columns, one.name, '\t');
    std::getline(columns, damage, '\t');
    std::getline(columns, damaged_size, '\t');
    std::getline(columns, left, '\t');
    std::getline(columns, entries, '\t');
    one.bytes = base;
    std::istringstream steps(damage);
    for (std::string step; steps >> step;) {
      if (step != "-") do_damage(one.bytes, step);
    }
    EXPECT_EQ(one.bytes.size(), std::stoull(damaged_size)) << one.name;
    std::istringstream list(entries);
    for (std::string entry; list >> entry;) {
      if (entry == "-") continue;
      CrateEntry e{};
      char colon;
      std::istringstream fields(entry);
      fields >> std::hex >> e.hash >> std::dec >> colon >> e.start >> colon >> e.end >> colon >> e.crc_ok;
      one.crate.push_back(e);
    }
    cases.push_back(std::move(one));
  }
  EXPECT_GT(cases.size(), 500u) << folder;
  return cases;
}

struct Totals {
  std::size_t cases = 0;
  std::size_t crate_kept = 0;
  std::size_t crate_bogus = 0;
  std::size_t ours_kept = 0;
  std::size_t ours_damaged = 0;
};

class RecordedCasesTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string folder = std::string(SIMDR_TEST_DATA "/recovery/") + GetParam();
    base_ = read_file(folder + "/base.bin");
    const Scanned truth = scan_copy(base_);
    ASSERT_TRUE(truth.ok) << truth.error.message;
    ASSERT_EQ(truth.result.reason, Reason::kClean);
    ASSERT_FALSE(truth.result.layout_ambiguous);
    layout_ = truth.result.layout;
    truth_.assign(truth.records.rbegin(), truth.records.rend());
    cases_ = read_cases(folder, base_);
  }

  bool is_intact(const EntryRecord& record, const Bytes& bytes) const {
    const std::uint64_t end = record.trailer_offset + layout_.trailer_size;
    return end <= bytes.size() && std::equal(bytes.begin() + static_cast<std::ptrdiff_t>(record.payload_offset),
                                             bytes.begin() + static_cast<std::ptrdiff_t>(end),
                                             base_.begin() + static_cast<std::ptrdiff_t>(record.payload_offset));
  }

  const EntryRecord* find_truth(std::uint64_t start, std::uint64_t end) const {
    for (const EntryRecord& record : truth_) {
      if (record.payload_offset == start && record.trailer_offset == end) return &record;
    }
    return nullptr;
  }

  Bytes base_;
  Layout layout_;
  std::vector<EntryRecord> truth_;  // oldest to newest
  std::vector<Case> cases_;
};

TEST_P(RecordedCasesTest, KeepsWhatIsIntactAndShowsNothingBogus) {
  Totals totals;
  for (const Case& one : cases_) {
    SCOPED_TRACE(one.name);
    const Scanned scanned = scan_copy(one.bytes);
    ++totals.cases;

    // What the crate kept of the entries that are still as they were written.
    std::set<std::uint64_t> crate_kept;
    for (const CrateEntry& entry : one.crate) {
      const EntryRecord* record = find_truth(entry.start, entry.end);
      const bool kept = record != nullptr && is_intact(*record, one.bytes);
      if (kept) crate_kept.insert(record->trailer_offset);
      totals.crate_bogus += kept ? 0 : 1;
    }
    totals.crate_kept += crate_kept.size();

    // What any recovery must keep: the entries from the start of the file up to the first damage.
    std::size_t sure = 0;
    while (sure < truth_.size() && is_intact(truth_[sure], one.bytes)) ++sure;

    if (!scanned.ok) {
      EXPECT_EQ(sure, 0u) << scanned.error.message;
      EXPECT_TRUE(crate_kept.empty()) << scanned.error.message;
      continue;
    }
    std::size_t kept = 0;
    std::size_t damaged = 0;
    for (const EntryRecord& record : scanned.records) {
      const std::uint32_t crc = reference_crc(one.bytes.data() + record.payload_offset, record.payload_size());
      if (stored_crc(crc, layout_.trailer_size) != record.crc32) {
        ++damaged;
        continue;
      }
      // Whatever matches its CRC must have been written so. (A flipped key hash is under no checksum.)
      const EntryRecord* record_written = find_truth(record.payload_offset, record.trailer_offset);
      ASSERT_NE(record_written, nullptr) << "bogus entry at " << record.payload_offset;
      kept += is_intact(*record_written, one.bytes) ? 1 : 0;
      crate_kept.erase(record.trailer_offset);
    }
    totals.ours_kept += kept;
    totals.ours_damaged += damaged;
    // A link that became 0 cuts the file in two, and the larger part is kept (by bytes, so perhaps with fewer entries).
    const std::uint64_t sure_size = sure == 0 ? 0 : truth_[sure - 1].trailer_offset + layout_.trailer_size;
    EXPECT_TRUE(kept >= sure || scanned.result.intact_size > sure_size) << kept << " of " << sure;
    // Every entry the crate kept is in our chain, or ours holds more in its place.
    if (!crate_kept.empty()) {
      std::size_t crate_count = 0;
      for (const CrateEntry& entry : one.crate) {
        const EntryRecord* record = find_truth(entry.start, entry.end);
        crate_count += record != nullptr && is_intact(*record, one.bytes) ? 1 : 0;
      }
      EXPECT_GE(kept, crate_count) << scanned.result.message;
      std::printf("[     note ] %s: %s (the crate kept %zu others)\n", one.name.c_str(), scanned.result.message,
                  crate_kept.size());
    }
    // Where a search was needed what is damaged is said to be, and a clean file is only one that looks whole.
    if (scanned.result.census_taken) {
      EXPECT_EQ(scanned.result.damaged_count, damaged);
    }
  }
  std::printf(
      "[  figures ] %s: %zu cases; the crate kept %zu intact entries and showed %zu others; ours keeps %zu, and "
      "%zu known to be damaged\n",
      GetParam(), totals.cases, totals.crate_kept, totals.crate_bogus, totals.ours_kept, totals.ours_damaged);
  EXPECT_GT(totals.ours_kept, totals.crate_kept);
}

INSTANTIATE_TEST_SUITE_P(Generations, RecordedCasesTest,
                         ::testing::Values("v0.1.0-alpha", "v0.2.0-alpha", "v0.12.0-alpha", "v0.14.0-alpha",
                                           "v0.16.3-alpha"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           std::replace_if(
                               name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
                           return name;
                         });

}  // namespace
}  // namespace simdr::core::test
