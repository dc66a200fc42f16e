// tests/data/generations: stores written by five versions of the crate this format comes from, with the state it
// reports of each. Where the full set of recordings is at hand (SIMDR_FIXTURES, or beside the source tree), those are
// replayed too.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "file_builder.h"
#include "recovery/verify.h"

namespace simdr::core::test {
namespace {

struct Expected {
  std::uint64_t hash;
  std::uint64_t start;
  std::uint64_t end;
  std::string crc;  // stored bytes in file order, hex
};

struct StoreFile {
  std::string name;
  std::string path;
  std::uint32_t trailer_size = 0;
  std::uint32_t alignment = 0;
  std::vector<Expected> live;  // newest to oldest
};

const char* const kVersions[] = {"v0.1.0-alpha", "v0.2.0-alpha", "v0.12.0-alpha", "v0.14.0-alpha", "v0.16.3-alpha"};

Bytes read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return to_bytes(std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>()));
}

std::string hex_crc(const Bytes& bytes, const EntryRecord& record, std::uint32_t trailer_size) {
  std::string out;
  char digits[3];
  for (std::uint64_t at = record.trailer_offset + kTrailerCrcAt; at < record.trailer_offset + trailer_size; ++at) {
    std::snprintf(digits, sizeof digits, "%02x", std::to_integer<unsigned>(bytes[at]));
    out += digits;
  }
  return out;
}

std::vector<EntryRecord> live_of(const std::vector<EntryRecord>& newest_first) {
  std::vector<EntryRecord> out;
  std::set<std::uint64_t> seen;
  for (const EntryRecord& record : newest_first) {
    if (seen.insert(record.key_hash).second && !record.is_tombstone) out.push_back(record);
  }
  return out;
}

void check(const StoreFile& store) {
  SCOPED_TRACE(store.path);
  const Bytes bytes = read_file(store.path);
  const Scanned scanned = scan_copy(bytes);

  // Ten zero bytes and a zero trailer: a copy that was refused half-way. All of it is zero, and no store.
  if (store.name == "BUG_copy_all_zero_dst") {
    EXPECT_FALSE(scanned.ok);
    return;
  }
  ASSERT_TRUE(scanned.ok) << scanned.error.message;
  const std::vector<EntryRecord> live = live_of(scanned.records);

  // Interrupted streams and a reopened 0.1 overwrote what was there: the crate shows entries whose bytes are not what
  // was written. Ours shows none of them but as damaged, and what is intact.
  if (store.name.starts_with("BUG_")) {
    for (const EntryRecord& record : scanned.records) {
      const std::uint32_t crc = reference_crc(bytes.data() + record.payload_offset, record.payload_size());
      const bool intact = stored_crc(crc, store.trailer_size) == record.crc32;
      if (scanned.result.census_taken && !intact) {
        EXPECT_GT(scanned.result.damaged_count, 0u);
      }
    }
    if (scanned.result.reason != Reason::kClean) {
      std::printf("[     note ] %s: %s\n", store.path.c_str(), scanned.result.message);
      return;
    }
  }

  EXPECT_EQ(scanned.result.reason, Reason::kClean) << scanned.result.message;
  EXPECT_EQ(scanned.result.tail, bytes.size());
  if (bytes.empty()) {
    return;  // of every generation
  }
  EXPECT_EQ(scanned.result.layout.trailer_size, store.trailer_size);
  if (!scanned.result.layout_ambiguous) {
    EXPECT_EQ(scanned.result.layout.alignment, store.alignment);
  }
  ASSERT_EQ(live.size(), store.live.size());
  for (std::size_t i = 0; i < live.size(); ++i) {
    EXPECT_EQ(live[i].key_hash, store.live[i].hash) << i;
    EXPECT_EQ(live[i].payload_offset, store.live[i].start) << i;
    EXPECT_EQ(live[i].trailer_offset, store.live[i].end) << i;
    EXPECT_EQ(hex_crc(bytes, live[i], store.trailer_size), store.live[i].crc) << i;
  }
  const VerifySummary verified = verify(bytes, scanned.result.tail, scanned.result.layout, nullptr);
  if (!store.name.starts_with("BUG_")) {
    EXPECT_TRUE(verified.is_sound());
  }
}

TEST(FixturesTest, StoresOfEveryGenerationOpenAsTheyWereWritten) {
  std::size_t count = 0;
  for (const char* version : kVersions) {
    const std::string folder = std::string(SIMDR_TEST_DATA "/generations/") + version;
    std::ifstream in(folder + "/expected.txt");
    ASSERT_TRUE(in) << folder;
    StoreFile store;
    const auto flush = [&] {
      if (!store.name.empty()) check(store), ++count;
    };
    for (std::string line; std::getline(in, line);) {
      if (line.empty() || line[0] == '#') continue;
      std::istringstream fields(line);
      if (line.starts_with("store ")) {
        flush();
        store = {};
        std::string word;
        std::uint64_t size;
        fields >> word >> store.name >> size >> store.trailer_size >> store.alignment;
        store.path = folder + "/" + store.name + ".bin";
        continue;
      }
      Expected entry;
      fields >> std::hex >> entry.hash >> std::dec >> entry.start >> entry.end >> entry.crc;
      store.live.push_back(entry);
    }
    flush();
  }
  EXPECT_GT(count, 140u);
}

TEST(FixturesTest, TheFullRecordingsToo) {
  const char* given = std::getenv("SIMDR_FIXTURES");
  const std::filesystem::path root = given != nullptr ? given : SIMDR_SHARED_FIXTURES;
  if (!std::filesystem::is_directory(root)) GTEST_SKIP() << "no recordings at " << root;
  std::size_t count = 0;
  for (const char* version : kVersions) {
    for (const auto& file : std::filesystem::directory_iterator(root / version)) {
      if (file.path().extension() != ".json") continue;
      std::ifstream in(file.path());
      const nlohmann::json json = nlohmann::json::parse(in);
      StoreFile store;
      store.name = file.path().stem();
      store.path = std::filesystem::path(file.path()).replace_extension(".bin");
      store.trailer_size = json.value("trailer_size", std::string(version) == "v0.1.0-alpha" ? 19u : 20u);
      store.alignment = std::max(1u, json.value("payload_alignment", 1u));
      for (const auto& entry : json.at("reopened").at("entries")) {
        store.live.push_back({std::stoull(entry.at("key_hash").get<std::string>(), nullptr, 16), entry.at("start"),
                              entry.at("end"), entry.at("checksum")});
      }
      check(store);
      ++count;
    }
  }
  EXPECT_GT(count, 140u);
}

}  // namespace
}  // namespace simdr::core::test
