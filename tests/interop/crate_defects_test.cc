// Where docs/FORMAT.md says that the crate is wrong, ours is right: writing, compacting, counting. One test for each; the title
// says what ours does, the comment what the crate does. (Opening and sharing a file: crate_defects_open_test.cc. Batches that
// a kill tears, and entries that it loses: guard_test.cc.)
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>

#include "files.h"
#include "session.h"
#include "state.h"

namespace simdr::interop {
namespace {

// Runs the lines on a store and on a model, which must agree on every outcome, and in the end on the state.
class DefectTest : public testing::Test {
 protected:
  void run(const std::string& lines) {
    for (const Op& op : parse_history(lines)) {
      const simdr_status wanted = model_.apply(op, &target_model_);
      const Outcome got = session().run(op);
      EXPECT_EQ(got.status, wanted) << op.text().substr(0, 200) << "\n" << got.message;
      for (const Item& item : op.items) keys_.push_back(item.key);
    }
    check();
  }

  void check() {
    EXPECT_TRUE(holds(state_of(session().store()), model_));
    EXPECT_TRUE(agrees(session().store(), model_, keys_));
  }

  void reopen() { run("reopen\n"); }

  std::uint64_t tail() { return simdr_store_file_size(session().store()); }
  // The file up to its tail: what is committed.
  std::string committed() { return read_file(file_).substr(0, tail()); }

  Session& session() {
    if (!session_) session_ = std::make_unique<Session>(file_);
    return *session_;
  }
  void close() { session_.reset(); }

  TempDir folder_{TempDir::Place::kMemory};
  std::string file_ = folder_.file("store");
  std::string target_ = folder_.file("target");
  Model model_;
  Model target_model_;
  std::vector<Bytes> keys_;
  std::unique_ptr<Session> session_;
};

// The crate leaves its position moved, and damages the next write.
TEST_F(DefectTest, ARefusedStreamLeavesTheNextWriteIntact) {
  run("put 61 xs:1:100\n");
  const std::string before = committed();
  run("stream 62 hex: 4096\nstream 62 hex: 4095\nstream 62 hex:00 2\nstream 62 hex:00 1\n");
  EXPECT_TRUE(committed() == before) << "refusing wrote something";
  run("put 63 xs:3:70000\nput 64 xs:4:1\n");
  reopen();
}

// The crate refuses it after it wrote a part.
TEST_F(DefectTest, AStreamOfZerosIsAValue) {
  run("put 61 xs:1:100\nstream 62 fill:0:2 64\nstream 63 fill:0:300000 4096\nstream 64 fill:0:20000 999\nput 65 "
      "xs:2:9\n");
  reopen();
}

// The crate stores the half as if it were all.
TEST_F(DefectTest, ASourceThatFailsHalfWayStoresNothing) {
  run("put 61 xs:1:100\n");
  const std::string before = committed();
  run("stream 62 xs:2:5000 1000 2500\nstream 61 xs:3:300000 4096 299999\nstream 63 xs:4:5000 1000 0\n");
  EXPECT_TRUE(committed() == before) << "a failed stream wrote something";
  run("put 64 xs:5:10\nstream 62 xs:2:5000 1000\n");
  reopen();
}

// The crate writes such values, and then fails to compact, rename, copy or transfer them.
TEST_F(DefectTest, ZerosOfTwoBytesOrMoreAreValuesLikeAnyOther) {
  run("put 61 fill:0:2\nput 62 fill:0:64\nput 63 fill:0:100000\nput 64 xs:1:5\nrename 61 71\nrename 62 64\n");
  run("compact\nput 61 fill:0:3\ncompact\n");
  run("copy 63 " + target_ + "\ntransfer 71 " + target_ + "\ntransfer 64 " + target_ + "\n");
  reopen();
  const Session target(target_);
  EXPECT_TRUE(holds(state_of(target.store()), target_model_));
  EXPECT_EQ(target_model_.count(), 3u);
}

// The crate's handle writes to the unlinked file, and what it writes is lost.
TEST_F(DefectTest, TheHandleGoesOnAfterACompaction) {
  run("put 61 xs:1:100\nput 61 xs:2:100\nput 62 xs:3:10\ncompact\nput 63 xs:4:77\ndel 62\nstream 64 xs:5:70000 4096\n");
  run("compact\nput 61 xs:6:1\nbatch 2\n65 xs:7:5\n66 xs:8:6\n");
  reopen();
}

// The crate appends the compacted entries to what it finds there, and deleted keys return.
TEST_F(DefectTest, ALeftOverBackupFileIsNotMerged) {
  run("put 61 xs:1:100\nput 62 xs:2:100\n");
  close();
  const std::string old = read_file(file_);
  write_file(file_ + ".bk", old);
  run("del 61\nput 63 xs:3:50\ncompact\n");
  reopen();
  EXPECT_TRUE(read_file(file_ + ".bk") == old) << "a file that is not the store's was changed";
}

// The crate's new file has the mode of any new file.
TEST_F(DefectTest, CompactionKeepsTheMode) {
  run("put 61 xs:1:100\nput 61 xs:2:100\n");
  for (const mode_t mode : {0600u, 0640u, 0444u, 0777u}) {
    ASSERT_EQ(chmod(file_.c_str(), mode), 0);
    run("compact\n");
    struct stat info {};
    ASSERT_EQ(stat(file_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777u, mode);
  }
}

// The crate writes to whatever the name it compacts into is a link to.
TEST_F(DefectTest, CompactionFollowsNoPlantedLink) {
  run("put 61 xs:1:100\nput 61 xs:2:100\n");
  const std::string victim = folder_.file("victim");
  write_file(victim, "precious");
  for (const char* const ending : {".bk", ".tmp", ".new", ".compact", "~"}) {
    ASSERT_EQ(symlink(victim.c_str(), (file_ + ending).c_str()), 0);
  }
  run("compact\n");
  EXPECT_EQ(read_file(victim), "precious");
  struct stat info {};
  ASSERT_EQ(lstat(file_.c_str(), &info), 0);
  EXPECT_TRUE(S_ISREG(info.st_mode));
  reopen();
}

// A store that is itself reached through a link stays where it is.
TEST_F(DefectTest, CompactionThroughALinkReplacesTheFileAndNotTheLink) {
  run("put 61 xs:1:100\nput 61 xs:2:100\n");
  close();
  const std::string link = folder_.file("link");
  ASSERT_EQ(symlink(file_.c_str(), link.c_str()), 0);
  {
    Session through_link(link);
    const Op compact = parse_history("compact\n")[0];
    EXPECT_EQ(through_link.run(compact).status, model_.apply(compact));
  }
  struct stat info {};
  ASSERT_EQ(lstat(link.c_str(), &info), 0);
  EXPECT_TRUE(S_ISLNK(info.st_mode));
  EXPECT_EQ(size_of(file_), 120u);
  check();
}

// The crate syncs nothing, ever.
TEST_F(DefectTest, CompactionAndCommitsSync) {
  run("put 61 xs:1:100\nput 61 xs:2:100\n");
  const auto sync_count = [this] {
    simdr_error err{};
    simdr_stats stats = SIMDR_STATS_INIT;
    EXPECT_EQ(simdr_store_stats(session().store(), &stats, &err), SIMDR_OK) << err.message;
    return stats.sync_count;
  };
  const std::uint64_t before = sync_count();
  run("compact\n");
  const std::uint64_t compacted = sync_count();
  EXPECT_GT(compacted, before);
  simdr_error err{};
  EXPECT_EQ(simdr_store_put(session().store(), "a", 1, "b", 1, SIMDR_DURABILITY_COMMIT, nullptr, &err), SIMDR_OK);
  EXPECT_GT(sync_count(), compacted);
}

// The crate counts deleted keys, is not empty with nothing in it, and hands out a deletion mark as the last entry.
TEST_F(DefectTest, CountEmptyAndLastEntryKnowNoDeletedKeysAfterAReopen) {
  run("put 61 xs:1:10\nput 62 xs:2:10\nput 63 xs:3:10\ndel 63\n");
  reopen();  // check() asks for all three
  EXPECT_EQ(model_.count(), 2u);
  run("batchdel 2\n61\n62\n");
  reopen();
  EXPECT_EQ(simdr_store_is_empty(session().store()), 1);
}

// The crate appends a deletion mark for a key that a reopened store knows as deleted, and two for a key twice in one batch.
TEST_F(DefectTest, DeletingADeletedKeyAppendsNothing) {
  run("put 61 xs:1:10\nput 62 xs:2:10\ndel 61\n");
  reopen();
  const std::string before = committed();
  run("del 61\nbatchdel 3\n61\n7a\n61\ndelhash 1\n0123456789abcdef\ndel 7a\n");
  EXPECT_TRUE(committed() == before);
  run("batchdel 3\n62\n61\n62\n");
  EXPECT_EQ(tail(), before.size() + 21);  // one mark
  reopen();
}

// The crate compares a tag that comes from the same hash, so a wrong key passes for the right one.
TEST_F(DefectTest, AKeyThatDoesNotHashToTheNumberIsNotFound) {
  run("put 61 xs:1:10\nput 62 xs:2:10\n");
  const std::uint64_t hashes[] = {simdr_key_hash("a", 1), simdr_key_hash("b", 1), simdr_key_hash("a", 1)};
  const simdr_bytes keys[] = {{"a", 1}, {"a", 1}, {"ab", 2}};
  simdr_entry* entries[3] = {};
  std::size_t found = 0;
  simdr_error err{};
  ASSERT_EQ(simdr_store_get_many_hashed(session().store(), hashes, 3, keys, 3, entries, &found, &err), SIMDR_OK);
  EXPECT_EQ(found, 1u);
  EXPECT_NE(entries[0], nullptr);
  EXPECT_EQ(entries[1], nullptr);
  EXPECT_EQ(entries[2], nullptr);
  for (simdr_entry* entry : entries) simdr_entry_unref(entry);
  simdr_view views[3] = {};
  ASSERT_EQ(simdr_store_view_many_hashed(session().store(), hashes, 3, keys, 3, views, &found, &err), SIMDR_OK);
  EXPECT_EQ(found, 1u);
  EXPECT_EQ(views[1].data, nullptr);
  EXPECT_EQ(simdr_store_get_many_hashed(session().store(), hashes, 3, keys, 2, entries, &found, &err),
            SIMDR_ERR_LENGTH_MISMATCH);
}

// In the crate a reading thread and a writing one can wait for each other for ever, and a batch read can miss a key that is
// there all the time.
TEST_F(DefectTest, AReaderBesideAWriterFindsEveryKeyEveryTime) {
  run("put 61 xs:1:100\nput 62 xs:2:100\n");
  std::atomic<bool> done = false;
  std::atomic<std::size_t> missed = 0;
  std::atomic<std::size_t> rounds = 0;
  simdr_store* store = session().store();
  std::thread reader([&] {
    const simdr_bytes keys[] = {{"a", 1}, {"b", 1}};
    do {
      simdr_entry* entries[2] = {};
      std::size_t found = 0;
      simdr_error err{};
      if (simdr_store_get_many(store, keys, 2, entries, &found, &err) != SIMDR_OK || found != 2) ++missed;
      for (simdr_entry* entry : entries) {
        if (entry == nullptr || simdr_entry_size(entry) != 100 || !simdr_entry_checksum_ok(entry)) ++missed;
        simdr_entry_unref(entry);
      }
      ++rounds;
    } while (!done);
  });
  std::string lines;
  for (std::size_t i = 0; i < 5000; ++i) {
    lines += "put 61 xs:" + std::to_string(i + 3) + ":100\n";
    if (i % 500 == 0) lines += "batch 2\n62 xs:9:100\n61 xs:8:100\ncompact\n";
  }
  run(lines);
  while (rounds < 1000) std::this_thread::yield();
  done = true;
  reader.join();
  EXPECT_EQ(missed, 0u);
}

}  // namespace
}  // namespace simdr::interop
