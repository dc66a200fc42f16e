// Recorded histories of the crate, carried out anew by us: the same file, byte for byte. And its files, opened by us: the same
// state.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "files.h"
#include "recordings.h"
#include "session.h"

namespace simdr::interop {
namespace {

using Json = nlohmann::json;

// Runs the history; every outcome and the state, before and after a reopen, are the model's. Returns the closed file's bytes.
std::string carried_out(const History& history, std::vector<Outcome>* out_outcomes) {
  const TempDir folder(TempDir::Place::kMemory);
  const std::string file = folder.file("ours");
  Model model;
  {
    Session session(file);
    for (const Op& op : history) {
      const simdr_status wanted = model.apply(op);
      out_outcomes->push_back(session.run(op));
      EXPECT_EQ(out_outcomes->back().status, wanted) << op.text().substr(0, 200) << "\n"
                                                     << out_outcomes->back().message;
    }
    EXPECT_TRUE(agrees(session.store(), model, keys_of(history)));
  }
  const Session reopened(file, opened_as(SIMDR_OPEN_READ_ONLY));
  EXPECT_TRUE(holds(state_of(reopened.store()), model));
  EXPECT_TRUE(agrees(reopened.store(), model, keys_of(history)));
  return read_file(file);
}

TEST(RecordedTest, HistoriesMakeTheFilesTheCrateMade) {
  std::size_t same = 0;
  for (const Recording& recording : recordings()) {
    SCOPED_TRACE(recording.name);
    std::vector<Outcome> outcomes;
    const std::string ours = carried_out(recording.history(), &outcomes);
    const bool equal = ours.size() == recording.file_size && crc32_of(ours) == recording.file_crc;
    if (const KnownDefect* defect = known_defect(recording.name)) {
      EXPECT_FALSE(equal) << "this is no longer different: " << defect->why;
      continue;
    }
    EXPECT_TRUE(equal) << ours.size() << " bytes, not " << recording.file_size;
    if (const std::optional<std::string> theirs = recording.file()) {
      EXPECT_TRUE(ours == *theirs);
    }
    ++same;
  }
  EXPECT_EQ(same, 27u);
}

// What a refused stream left of the file, and a copy that failed on a new one: the crate shows entries that nobody wrote.
void damaged(const RecordedState& recorded, const std::string& file) {
  simdr_error err{};
  simdr_store* store = nullptr;
  const simdr_open_options options = opened_as(SIMDR_OPEN_READ_ONLY);
  const simdr_status opened = simdr_store_open(file.c_str(), &options, &store, &err);
  if (recorded.name == "BUG_copy_all_zero_dst") {
    EXPECT_EQ(opened, SIMDR_ERR_NOT_A_STORE);  // thirty zeros
    simdr_store_close(store);
    return;
  }
  ASSERT_EQ(opened, SIMDR_OK) << err.message;
  EXPECT_NE(simdr_store_recovered_from(store), nullptr);
  // Nothing but what was put before the stream: "61", the first of all.
  const State found = state_of(store);
  ASSERT_EQ(found.entries.size(), 1u);
  EXPECT_EQ(found.entries[0].hash, simdr_key_hash("a", 1));
  EXPECT_EQ(found.entries[0].start, 0u);
  EXPECT_TRUE(found.entries[0].crc_ok);
  simdr_store_close(store);
}

void opens_as_recorded(const RecordedState& recorded, const std::string& bytes) {
  SCOPED_TRACE(recorded.name);
  const TempDir folder(TempDir::Place::kMemory);
  const std::string file = folder.file("theirs");
  ASSERT_EQ(bytes.size(), recorded.file_size);
  write_file(file, bytes);
  if (recorded.name.starts_with("BUG_stream_") || recorded.name == "BUG_copy_all_zero_dst") {
    damaged(recorded, file);
    EXPECT_TRUE(read_file(file) == bytes);
    return;
  }
  for (const std::uint32_t mode : kReadingAndWriting) {
    const Session session(file, opened_as(mode));
    EXPECT_EQ(simdr_store_recovered_from(session.store()), nullptr);
    const State found = state_of(session.store());
    EXPECT_TRUE(same_entries(found, {recorded.file_size, 0, recorded.entries}));
    // Unlike the crate's, ours count no deleted keys, and its last entry is a live one.
    EXPECT_EQ(found.count, recorded.entries.size());
    EXPECT_EQ(found.file_size, recorded.file_size);
    simdr_error err{};
    simdr_entry* last = nullptr;
    const simdr_status status = simdr_store_last_entry(session.store(), &last, &err);
    ASSERT_EQ(status, recorded.entries.empty() ? SIMDR_NOT_FOUND : SIMDR_OK);
    if (status == SIMDR_OK) {
      EXPECT_EQ(simdr_entry_key_hash(last), recorded.entries[0].hash);
    }
    simdr_entry_unref(last);
    EXPECT_TRUE(is_sound(session.store()));
  }
  EXPECT_TRUE(read_file(file) == bytes) << "opening and closing changed the file";
}

TEST(RecordedTest, FilesOfTheCrateOpenAsItFoundThem) {
  std::size_t count = 0;
  for (const RecordedState& recorded : recorded_states()) {
    const Recording store{recorded.name, recorded.file_size, 0};
    const std::optional<std::string> bytes = store.file();
    if (!bytes) continue;
    opens_as_recorded(recorded, *bytes);
    ++count;
  }
  EXPECT_EQ(count, 35u);
}

Payload payload_in(const Json& json) {
  if (json.contains("hex")) return Payload::hex(from_hex(json.at("hex").get<std::string>()).value());
  if (json.contains("xs64")) return Payload::xorshift(json.at("xs64"), json.at("len"));
  if (json.contains("fill")) return Payload::fill(json.at("fill"), json.at("len"));
  const Json& parts = json.at("concat");
  Payload all = payload_in(parts.at(0));
  for (std::size_t i = 1; i < parts.size(); ++i) all = Payload::joined(all, payload_in(parts.at(i)));
  return all;
}

Item item_in(const Json& json, const char* name) {
  return keyed(from_hex(json.at(name).get<std::string>()).value(),
               json.contains("payload") ? payload_in(json.at("payload")) : Payload());
}

Op op_in(const Json& json) {
  const std::string what = json.at("op");
  Op op;
  if (what == "compact") op.verb = Verb::kCompact;
  if (what == "write") op = {Verb::kPut, {item_in(json, "key")}, 0, {}, {}};
  if (what == "delete") op = {Verb::kDelete, {item_in(json, "key")}, 0, {}, {}};
  if (what == "rename") op = {Verb::kRename, {item_in(json, "from"), item_in(json, "to")}, 0, {}, {}};
  if (what == "stream") {
    op = {Verb::kStream, {item_in(json, "key")}, json.value("chunk", std::size_t{8192}), {}, {}};
    if (json.contains("fail_at")) op.fail_at = json.at("fail_at").get<std::size_t>();
  }
  if (what == "batch") {
    op.verb = Verb::kBatch;
    for (const Json& entry : json.at("entries")) op.items.push_back(item_in(entry, "key"));
  }
  if (what == "batch_delete") {
    op.verb = Verb::kBatchDelete;
    for (const Json& key : json.at("keys")) op.items.push_back(keyed(from_hex(key.get<std::string>()).value()));
  }
  EXPECT_TRUE(op.verb != Verb::kReopen || what == "reopen") << what;
  return op;
}

// The same answer after each operation, and in the end the same from each key.
void replays_as_recorded(const Json& json, const std::string& store_file) {
  History history;
  for (const Json& op : json.at("ops")) history.push_back(op_in(op));
  const Recording kept{json.at("file").get<std::string>().substr(0, json.at("file").get<std::string>().rfind('.')), 0,
                       0};
  EXPECT_EQ(text_of(kept.history()), text_of(history));  // what tests/data/history has is what was recorded
  std::vector<Outcome> outcomes;
  const std::string ours = carried_out(history, &outcomes);
  if (known_defect(kept.name) != nullptr) return;
  EXPECT_TRUE(ours == read_file(store_file));
  const Json& results = json.at("op_results");
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i].contains("err")) {
      EXPECT_NE(outcomes[i].status, SIMDR_OK) << results[i];
    } else if (history[i].verb != Verb::kCompact && history[i].verb != Verb::kReopen) {
      EXPECT_EQ(outcomes[i].tail, results[i].at("ok").get<std::uint64_t>()) << history[i].text().substr(0, 200);
    }
  }
  const Session session(store_file, opened_as(SIMDR_OPEN_READ_ONLY));
  for (const auto& [digits, read] : json.at("reopened_reads").items()) {
    const Bytes key = from_hex(digits).value();
    simdr_error err{};
    simdr_entry_info info = SIMDR_ENTRY_INFO_INIT;
    const simdr_status status = simdr_store_metadata(session.store(), key.data(), key.size(), &info, &err);
    ASSERT_EQ(status, read.is_null() ? SIMDR_NOT_FOUND : SIMDR_OK) << digits;
    if (read.is_null()) continue;
    EXPECT_EQ(info.payload_offset, read.at("start").get<std::uint64_t>()) << digits;
    EXPECT_EQ(info.payload_size, read.at("len").get<std::uint64_t>()) << digits;
  }
}

TEST(RecordedTest, TheFullRecordingsToo) {
  const char* given = std::getenv("SIMDR_FIXTURES");
  const std::filesystem::path folder =
      std::filesystem::path(given != nullptr ? given : SIMDR_SHARED_FIXTURES) / "v0.16.3-alpha";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no recordings at " << folder;
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".json") continue;
    SCOPED_TRACE(file.path().string());
    std::ifstream in(file.path());
    const Json json = Json::parse(in);
    const std::string store_file = std::filesystem::path(file.path()).replace_extension(".bin");
    RecordedState state{file.path().stem(), json.at("file_size"), {}};
    for (const Json& entry : json.at("reopened").at("entries")) {
      state.entries.push_back({*number(entry.at("key_hash").get<std::string>(), 16), entry.at("start"), entry.at("end"),
                               crc_in_file_order(entry.at("checksum")), entry.at("crc_valid"), entry.at("sha256")});
    }
    opens_as_recorded(state, read_file(store_file));
    if (json.contains("ops")) replays_as_recorded(json, store_file);
    ++count;
  }
  EXPECT_EQ(count, 36u);
}

}  // namespace
}  // namespace simdr::interop
