#include <gtest/gtest.h>
#include <zlib.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "format/guard_line.h"
#include "format/key_hash.h"
#include "format/layout.h"
#include "format/trailer.h"
#include "simd/kernels.h"

namespace simdr::core {
namespace {

std::vector<std::byte> from_hex(const std::string& hex) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::vector<std::byte> by_rule(std::uint64_t len) {
  std::vector<std::byte> bytes(len);
  for (std::uint64_t i = 0; i < len; ++i) bytes[i] = static_cast<std::byte>((i * 131 + len * 17 + 7) & 255);
  return bytes;
}

std::vector<std::byte> xorshift(std::uint64_t len) {
  std::vector<std::byte> bytes;
  for (std::uint64_t x = len; bytes.size() < len;) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    for (unsigned shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<std::byte>(x >> shift & 255));
  }
  bytes.resize(len);
  return bytes;
}

nlohmann::json vectors(const char* name) {
  std::ifstream in(std::string(SIMDR_TEST_DATA) + "/vectors/" + name);
  EXPECT_TRUE(in.good()) << name;
  return nlohmann::json::parse(in);
}

TEST(LayoutTest, PlacesEntriesAsTheFormatSays) {
  EXPECT_EQ(payload_start(0), 0u);
  EXPECT_EQ(payload_start(21), 64u);
  EXPECT_EQ(payload_start(128), 128u);
  EXPECT_EQ(payload_start(21, 16), 32u);
  EXPECT_EQ(payload_start(21, 1), 21u);
  EXPECT_EQ(tail_after_value(0, 1), 21u);
  EXPECT_EQ(tail_after_value(21, 100), 184u);
  EXPECT_EQ(tail_after_tombstone(184), 205u);
}

TEST(TrailerTest, IsHashThenLinkThenCrc) {
  std::byte bytes[kTrailerSize];
  encode_trailer(bytes, {0x1122334455667788u, 0x99u, 0xAABBCCDDu});
  EXPECT_EQ(load_le64(bytes), 0x1122334455667788u);
  EXPECT_EQ(load_le64(bytes + 8), 0x99u);
  EXPECT_EQ(load_le32(bytes + 16), 0xAABBCCDDu);
  const Trailer back = decode_trailer(bytes);
  EXPECT_EQ(back.key_hash, 0x1122334455667788u);
  EXPECT_EQ(back.prev_tail, 0x99u);
  EXPECT_EQ(back.crc32, 0xAABBCCDDu);
  EXPECT_EQ(decode_trailer(bytes, 19).crc32, 0xBBCCDDu);
}

// One entry of the given payload behind `prev_tail`.
std::vector<std::byte> file_with_entry(std::uint64_t prev_tail, std::uint64_t pad, const std::string& payload) {
  std::vector<std::byte> file(prev_tail + pad);
  for (const char c : payload) file.push_back(static_cast<std::byte>(c));
  file.resize(file.size() + kTrailerSize);
  encode_trailer(file.data() + file.size() - kTrailerSize, {1, prev_tail, 0});
  return file;
}

TEST(EntryRecordTest, FindsThePayloadBehindThePad) {
  const auto file = file_with_entry(21, 43, "abc");
  EntryRecord record;
  ASSERT_TRUE(read_entry_record(file, file.size() - 20, kAligned64, &record));
  EXPECT_EQ(record.payload_offset, 64u);
  EXPECT_EQ(record.payload_size(), 3u);
  EXPECT_FALSE(record.is_tombstone);
}

TEST(EntryRecordTest, KnowsATombstoneWithoutAndWithAPad) {
  EntryRecord record;
  const auto bare = file_with_entry(21, 0, std::string(1, '\0'));
  ASSERT_TRUE(read_entry_record(bare, bare.size() - 20, kAligned64, &record));
  EXPECT_TRUE(record.is_tombstone);
  EXPECT_EQ(record.payload_offset, 21u);
  const auto padded = file_with_entry(21, 43, std::string(1, '\0'));
  ASSERT_TRUE(read_entry_record(padded, padded.size() - 20, kAligned64, &record));
  EXPECT_TRUE(record.is_tombstone);
  EXPECT_EQ(record.payload_offset, 64u);
  const auto value = file_with_entry(64, 0, "x");
  ASSERT_TRUE(read_entry_record(value, value.size() - 20, kAligned64, &record));
  EXPECT_FALSE(record.is_tombstone);
}

TEST(EntryRecordTest, RefusesLinksThatDoNotGoBackOrLeaveNoPayload) {
  EntryRecord record;
  auto file = file_with_entry(0, 0, "abc");
  encode_trailer(file.data() + 3, {1, 3, 0});
  EXPECT_FALSE(read_entry_record(file, 3, kAligned64, &record));  // to itself
  encode_trailer(file.data() + 3, {1, ~std::uint64_t{0}, 0});
  EXPECT_FALSE(read_entry_record(file, 3, kAligned64, &record));
  encode_trailer(file.data() + 3, {1, 1, 0});
  EXPECT_FALSE(read_entry_record(file, 3, kAligned64, &record));  // the payload would start at 64
  EXPECT_FALSE(read_entry_record(file, 4, kAligned64, &record));  // cut off
  EXPECT_FALSE(read_entry_record(file, ~std::uint64_t{0}, kAligned64, &record));
  EXPECT_FALSE(read_entry_record({}, 0, kAligned64, &record));
}

// Wherever the short way answers, it says what the long way says; and it answers for every value that can be one.
TEST(EntryRecordTest, TheShortWayForValuesAgreesWithTheLongOne) {
  std::vector<std::byte> file(4096, std::byte{1});
  std::uint64_t answered = 0;
  for (std::uint64_t trailer :
       {1u, 19u, 20u, 21u, 63u, 64u, 65u, 127u, 128u, 129u, 1000u, 4075u, 4076u, 4077u, 4088u}) {
    std::vector<std::uint64_t> links{trailer, trailer + 1, ~std::uint64_t{0}, ~std::uint64_t{0} - 62,
                                     std::uint64_t{1} << 48};
    for (std::uint64_t link = 0; link < trailer; ++link) links.push_back(link);
    for (const std::uint64_t link : links) {
      auto bytes = file;
      std::byte encoded[kTrailerSize];
      encode_trailer(encoded, {77, link, 99});
      std::memcpy(bytes.data() + trailer, encoded, std::min<std::size_t>(kTrailerSize, bytes.size() - trailer));
      EntryRecord quick;
      EntryRecord full;
      const bool found = read_current_value(bytes, trailer, &quick);
      const bool is_value = read_entry_record(bytes, trailer, kAligned64, &full) && !full.is_tombstone;
      ASSERT_EQ(found, is_value) << trailer << " " << link;
      if (!found) continue;
      ++answered;
      ASSERT_EQ(quick.key_hash, full.key_hash);
      ASSERT_EQ(quick.prev_tail, full.prev_tail);
      ASSERT_EQ(quick.payload_offset, full.payload_offset);
      ASSERT_EQ(quick.trailer_offset, full.trailer_offset);
      ASSERT_EQ(quick.crc32, full.crc32);
      ASSERT_FALSE(quick.is_tombstone);
    }
  }
  EXPECT_GT(answered, 5000u);
}

TEST(GuardLineTest, IsATrailerToTheCrateAndComesBackWhole) {
  std::byte bytes[kGuardSize];
  encode_guard(bytes, 640, {100, 200, 4242, kGuardAllSynced, 300});
  const Trailer as_trailer = decode_trailer(bytes + kGuardSize - kTrailerSize);
  EXPECT_EQ(as_trailer.key_hash, kGuardKeyHash);
  EXPECT_EQ(as_trailer.prev_tail, 300u);
  GuardLine guard;
  ASSERT_TRUE(decode_guard(bytes, 64 * 10, &guard));
  EXPECT_EQ(guard.durable_tail, 100u);
  EXPECT_EQ(guard.synced_tail, 200u);
  EXPECT_EQ(guard.committed_tail, 300u);
  EXPECT_EQ(guard.writer_pid, 4242u);
  EXPECT_EQ(guard.flags, kGuardAllSynced);
}

TEST(GuardLineTest, RefusesImpossibleNumbersAndEveryFlippedBitOfWhatIsFixed) {
  std::byte bytes[kGuardSize];
  GuardLine guard;
  encode_guard(bytes, 640, {100, 200, 1, 0, 300});
  EXPECT_FALSE(decode_guard(bytes, 640 + 4, &guard));  // not on a line
  EXPECT_FALSE(decode_guard(bytes, 704, &guard));      // the guard of another place
  encode_guard(bytes, 256, {100, 200, 1, 0, 300});
  EXPECT_FALSE(decode_guard(bytes, 256, &guard));  // the tail lies beyond it
  encode_guard(bytes, 640, {250, 200, 1, 0, 300});
  EXPECT_FALSE(decode_guard(bytes, 640, &guard));
  encode_guard(bytes, 640, {100, 301, 1, 0, 300});
  EXPECT_FALSE(decode_guard(bytes, 640, &guard));
  encode_guard(bytes, 640, {100, 200, 1, 0, 300});
  for (const std::size_t fixed : {kGuardMagicAt, kGuardLineAt, kGuardTrailerAt, kGuardTrailerAt + kTrailerCrcAt}) {
    for (std::size_t bit = 0; bit < 32; ++bit) {
      bytes[fixed + bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
      EXPECT_FALSE(decode_guard(bytes, 640, &guard)) << fixed << " " << bit;
      bytes[fixed + bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    }
  }
}

TEST(KeyHashTest, AgreesWithTheRecordedVectorsAndTheChecksumsToo) {
  const nlohmann::json recorded = vectors("hash_crc.json");
  std::size_t count = 0;
  for (const auto& vector : recorded["vectors"]) {
    if (!vector.contains("rule")) continue;
    const auto len = vector["len"].get<std::uint64_t>();
    const std::vector<std::byte> bytes = vector["rule"] == "xorshift64(seed=len)" ? xorshift(len) : by_rule(len);
    EXPECT_EQ(key_hash(bytes), std::stoull(vector["xxh3_64"].get<std::string>(), nullptr, 16)) << len;
    const std::uint32_t crc = simd::kernels().crc32(0, bytes.data(), bytes.size());
    EXPECT_EQ(crc, std::stoull(vector["crc32"].get<std::string>(), nullptr, 16)) << len;
    EXPECT_EQ(crc, crc32(0, reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<unsigned>(len))) << len;
    ++count;
  }
  EXPECT_GE(count, 300u);
}

TEST(NamespacedKeyTest, AgreesWithTheRecordedVectors) {
  const nlohmann::json recorded = vectors("namespace_hasher.json");
  std::size_t count = 0;
  for (const auto& vector : recorded["vectors"]) {
    const auto ns = from_hex(vector["ns"].get<std::string>());
    const auto key = from_hex(vector["key"].get<std::string>());
    const NamespacedKey made = namespaced_key(key_hash(ns), key);
    EXPECT_EQ(std::vector<std::byte>(made.begin(), made.end()), from_hex(vector["out"].get<std::string>()));
    ++count;
  }
  EXPECT_GE(count, 20u);
}

}  // namespace
}  // namespace simdr::core
