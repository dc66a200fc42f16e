// What the crate wrote, opened by us, for reading and for writing; and one file that both write in turn.
#include <gtest/gtest.h>

#include <sstream>

#include "files.h"
#include "generator.h"
#include "oracle.h"
#include "session.h"
#include "state.h"

namespace simdr::interop {
namespace {

// Ours finds what the crate finds, entry by entry.
void same_as_the_crate(const simdr_store* store, const State& theirs) {
  EXPECT_EQ(simdr_store_recovered_from(store), nullptr);
  EXPECT_STREQ(simdr_store_generation(store), "aligned-64");
  const State ours = state_of(store);
  EXPECT_TRUE(same_entries(ours, theirs));
  EXPECT_EQ(ours.file_size, theirs.file_size);
  EXPECT_EQ(ours.count, theirs.entries.size());
  EXPECT_TRUE(is_sound(store));
}

// The crate answers `LEN SHA256` or `none`; its dump says which entry has that checksum, and ours must be at the same place.
void same_by_key(Oracle& oracle, const std::string& copy, const simdr_store* store, const State& theirs,
                 const std::vector<Bytes>& keys) {
  std::string command = "get " + copy;
  for (const Bytes& key : keys) command += " " + (key.empty() ? std::string("-") : to_hex(key));
  const std::vector<std::string> answers = oracle.ask(command);
  ASSERT_EQ(answers.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    simdr_error err{};
    simdr_entry_info info = SIMDR_ENTRY_INFO_INIT;
    const simdr_status status = simdr_store_metadata(store, keys[i].data(), keys[i].size(), &info, &err);
    if (answers[i] == "none") {
      EXPECT_EQ(status, SIMDR_NOT_FOUND) << to_hex(keys[i]);
      continue;
    }
    ASSERT_EQ(status, SIMDR_OK) << to_hex(keys[i]);
    const LiveEntry* entry = theirs.find(info.key_hash);
    ASSERT_NE(entry, nullptr) << to_hex(keys[i]);
    EXPECT_EQ(answers[i], std::to_string(info.payload_size) + " " + entry->sha256);
    EXPECT_EQ(info.payload_offset, entry->start);
    EXPECT_EQ(info.trailer_offset, entry->end);
    EXPECT_EQ(info.checksum, entry->crc);
  }
}

TEST(OursReadsCrateTest, RandomHistories) {
  SIMDR_NEEDS_ORACLE(oracle);
  for (std::uint64_t seed = 1001; seed <= 1080; ++seed) {
    const std::vector<std::string> arguments = {seed % 10 == 0 ? "300000" : "2000", "--hashes"};
    SCOPED_TRACE("random " + std::to_string(seed) + " 150 FILE SCRIPT " + arguments[0] + " --hashes");
    const TempDir folder(TempDir::Place::kMemory);
    const std::string file = folder.file("theirs");
    const std::string copy = folder.file("copy");
    const std::string said = oracle->random(seed, 150, file, folder.file("script"), arguments);
    ASSERT_TRUE(said.starts_with("ok ")) << said;
    const std::vector<Bytes> keys = keys_of(parse_history(read_file(folder.file("script"))));
    const std::string bytes = read_file(file);
    write_file(copy, bytes);
    const State theirs = state_in_dump(oracle->dump(copy));
    for (const std::uint32_t mode : kReadingAndWriting) {
      const Session session(file, opened_as(mode));
      same_as_the_crate(session.store(), theirs);
      same_by_key(*oracle, copy, session.store(), theirs, keys);
    }
    EXPECT_TRUE(read_file(file) == bytes) << "opening and closing changed the file";
    if (HasFailure()) return;
  }
}

// The crate's turn: its results must be what the model says.
void crate_turn(Oracle& oracle, const std::string& file, Generator& generator, std::size_t op_count) {
  History history;
  std::vector<simdr_status> wanted;
  for (std::size_t i = 0; i < op_count; ++i) {
    simdr_status status = SIMDR_OK;
    history.push_back(generator.next(Rules::of_the_crate(), &status));
    wanted.push_back(status);
  }
  const std::vector<std::string> results = oracle.apply(file, history);
  ASSERT_EQ(results.size(), history.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    // To delete what is not there is no error of the crate's.
    const bool succeeds = wanted[i] == SIMDR_OK || wanted[i] == SIMDR_NOT_FOUND;
    EXPECT_EQ(results[i].starts_with("ok "), succeeds) << results[i] << ": " << history[i].text().substr(0, 200);
  }
}

void our_turn(const std::string& file, Generator& generator, std::size_t op_count) {
  Session session(file);
  EXPECT_EQ(simdr_store_recovered_from(session.store()), nullptr);
  EXPECT_TRUE(holds(state_of(session.store()), generator.model()));
  EXPECT_TRUE(agrees(session.store(), generator.model(), generator.keys()));
  for (std::size_t i = 0; i < op_count; ++i) {
    simdr_status wanted = SIMDR_OK;
    const Op op = generator.next(Rules::everything(), &wanted);
    const Outcome got = session.run(op);
    ASSERT_EQ(got.status, wanted) << op.text().substr(0, 200) << "\n" << got.message;
  }
}

TEST(OursReadsCrateTest, BothWriteOneFileInTurn) {
  SIMDR_NEEDS_ORACLE(oracle);
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const TempDir folder(TempDir::Place::kMemory);
    const std::string file = folder.file("store");
    Generator generator(seed, 40);
    for (std::size_t round = 0; round < 20; ++round) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round));
      our_turn(file, generator, 12);
      if (HasFatalFailure()) return;
      crate_turn(*oracle, file, generator, 12);
      EXPECT_TRUE(holds(state_in_dump(oracle->dump(file)), generator.model()));
      if (HasFailure()) return;
    }
    our_turn(file, generator, 0);
  }
}

}  // namespace
}  // namespace simdr::interop
