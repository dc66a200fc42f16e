// The n-th call to the file system fails, for every n, also in the first write after a recovery and in the folder's sync after a
// compaction; one of two syncs at a time fails; calls are interrupted and move less than they were asked to.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <string_view>

#include "disk.h"
#include "fault_run.h"
#include "system_calls.h"
#include "temp_dir.h"
#include "temp_dir.hpp"

namespace simdr::core::test {
namespace {

const std::string kMemoryPath = "/disk/store.simdr";

WorkloadShape shape_of_faults() {
  WorkloadShape shape;
  shape.operation_count = 22;
  shape.key_count = 10;
  shape.huge_value_size = 700'000;
  shape.huge_every = 8;
  return shape;
}

OpenSettings settings_of(Durability durability, bool direct, bool index_file) {
  OpenSettings settings;
  settings.durability = durability;
  settings.append.max_window_size = 64 << 10;
  settings.append.fill_step = 64 << 10;
  settings.append.direct_size = 128 << 10;
  settings.append.gather_from = 16 << 10;
  settings.direct_writes = direct;
  settings.index_file = index_file;
  settings.reserve_size = RecordingFileSystem::kFileCapacity / 2;
  return settings;
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

class FaultTest : public ::testing::TestWithParam<Durability> {
 protected:
  void SetUp() override { temp_dir_make(&folder_); }
  void TearDown() override { temp_dir_remove(&folder_); }
  std::string path() const { return std::string(folder_.path) + "/store.simdr"; }

  // Every n, with what fails drawn anew for each; `make_run` gives a fresh file.
  template <typename MakeRun>
  void fail_each(const std::vector<Operation>& operations, int os_error, bool for_ever, bool half_done,
                 std::uint64_t step, std::uint64_t* runs, MakeRun make_run) {
    for (std::uint64_t n = 1;; n += step) {
      const auto run = make_run();
      const std::string wrong = run->run(operations, {n, for_ever, os_error, half_done});
      ASSERT_EQ(wrong, "") << "call " << n << " (" << (run->fired() == nullptr ? "none" : run->fired())
                           << ") failing with " << os_error << (for_ever ? " for ever" : " once")
                           << (half_done ? ", half done" : "");
      ++*runs;
      if (run->fired() == nullptr) return;
    }
  }

  struct temp_dir folder_;
};

TEST_P(FaultTest, EveryCallInMemory) {
  std::uint64_t runs = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const std::vector<Operation> operations = make_workload(seed, shape_of_faults(), {});
    for (const int os_error : {EIO, ENOSPC, EDQUOT}) {
      for (const int kind : {0, 1, 2, 3}) {
        std::unique_ptr<RecordingFileSystem> disk;
        fail_each(operations, os_error, (kind & 1) != 0, (kind & 2) != 0, 1, &runs, [&] {
          disk = std::make_unique<RecordingFileSystem>();
          return std::make_unique<FaultRun>(*disk, kMemoryPath, settings_of(GetParam(), seed % 3 == 0, seed % 2 == 0));
        });
        if (HasFatalFailure()) return;
      }
    }
  }
  std::printf("%llu runs, one failing call each or all from one on\n", static_cast<unsigned long long>(runs));
}

TEST_P(FaultTest, CallsOnARealFile) {
  std::uint64_t runs = 0;
  const std::size_t descriptors = open_descriptors();
  const std::vector<Operation> operations = make_workload(4, shape_of_faults(), {});
  for (const int kind : {0, 1, 2, 3}) {
    fail_each(operations, kind % 2 == 0 ? EIO : ENOSPC, (kind & 1) != 0, (kind & 2) != 0, 5, &runs, [&] {
      std::filesystem::remove(path());
      std::filesystem::remove(path() + ".index");
      return std::make_unique<FaultRun>(system_file_system(), path(), settings_of(GetParam(), false, kind == 0));
    });
    if (HasFatalFailure()) return;
    for (const auto& item : std::filesystem::directory_iterator(folder_.path)) {
      const std::string name = item.path().filename();
      EXPECT_TRUE(name == "store.simdr" || (name == "store.simdr.index" && kind == 0)) << name << " was left over";
    }
  }
  EXPECT_EQ(open_descriptors(), descriptors) << "descriptors leaked";
  std::printf("%llu runs\n", static_cast<unsigned long long>(runs));
}

// Interrupts and shortens at random; nothing of it may be seen.
class Interrupter final : public CallHook {
 public:
  explicit Interrupter(std::uint64_t seed) : random_(seed) {}
  Verdict on_call(const SystemCall& call) noexcept override {
    Verdict verdict;
    const bool interruptible = call.kind == CallKind::kOpen || call.kind == CallKind::kRead ||
                               call.kind == CallKind::kWrite || call.kind == CallKind::kTruncate ||
                               call.kind == CallKind::kAllocate || call.kind == CallKind::kSync;
    if (interruptible && random_.below(3) == 0) {
      verdict.os_error = EINTR;
      ++count_;
    } else if ((call.kind == CallKind::kRead || call.kind == CallKind::kWrite) && call.size > 1 &&
               random_.below(2) == 0) {
      verdict.most = 1 + random_.below(call.size - 1);
      ++count_;
    }
    return verdict;
  }
  std::uint64_t count() const noexcept { return count_; }

 private:
  Random random_;
  std::uint64_t count_ = 0;
};

TEST_P(FaultTest, InterruptedAndShortCallsAreCarriedOnWith) {
  Interrupter interrupter(11);
  for (std::uint64_t seed = 20; seed < 26; ++seed) {
    std::filesystem::remove(path());
    set_call_hook(&interrupter);
    FaultRun run(system_file_system(), path(), settings_of(GetParam(), seed % 2 == 0, seed % 4 < 2));
    const std::string wrong = run.run(make_workload(seed, shape_of_faults(), {}), {});
    set_call_hook(nullptr);
    ASSERT_EQ(wrong, "") << "workload " << seed;
    ASSERT_EQ(run.first_failure(), "") << "workload " << seed;
  }
  EXPECT_GT(interrupter.count(), 100u);
}

// A torn newer value above a whole older one, behind a file that lost its end.
Bytes torn_store(const OpenSettings& settings, State* out_shown) {
  RecordingFileSystem files;
  Session session(files, kMemoryPath, settings);
  EXPECT_TRUE(session.open());
  const Value old = make_value(300, 1, false);
  const auto put = [&](std::uint64_t key, const Value& value) {
    Operation operation;
    operation.steps.push_back({key_of(key), value});
    EXPECT_TRUE(session.apply(operation));
    return session.store()->tail();
  };
  put(1, old);
  const std::uint64_t torn = put(1, make_value(300, 2, false));
  put(2, old);
  EXPECT_TRUE(session.close());
  Bytes bytes = files.contents(kMemoryPath);
  bytes[static_cast<std::size_t>(torn) - 100] ^= std::byte{0xFF};
  bytes.resize(bytes.size() + 5'000, std::byte{0x11});
  *out_shown = {{key_of(1), old}, {key_of(2), old}};
  return bytes;
}

// What recovery passed over stays so until what it showed instead is written anew, whatever fails on the way to that.
TEST_P(FaultTest, WhatRecoveryPassedOverNeverComesBack) {
  OpenSettings settings = settings_of(GetParam(), false, false);
  OpenSettings reading = settings;
  reading.mode = OpenAs::kReadOnly;
  State shown;
  const Bytes image = torn_store(settings, &shown);
  Operation put;
  put.steps.push_back({key_of(3), make_value(200, 3, false)});
  State written = shown;
  apply_steps(put, &written);
  std::uint64_t refused = 0;
  for (const int kind : {0, 1, 2, 3, 4, 5, 6, 7}) {
    for (std::uint64_t n = 1;; ++n) {
      RecordingFileSystem disk;
      disk.preset(kMemoryPath, image);
      FaultFileSystem faults(disk);
      Session session(faults, kMemoryPath, settings);
      ASSERT_TRUE(session.open());
      faults.arm({n, (kind & 1) != 0, ENOSPC, (kind & 2) != 0});
      const bool done = static_cast<bool>(session.apply(put));
      const State& expected = done ? written : shown;
      refused += done ? 0 : 1;
      const auto check = [&](const char* when) {
        const auto opened = Store::open(disk, kMemoryPath, reading);
        ASSERT_TRUE(opened) << opened.error().message;
        const std::string wrong = compare_with(**opened, expected);
        EXPECT_TRUE(wrong.empty() || compare_with(**opened, written).empty())
            << when << ", call " << n << " failing in way " << kind << ": " << wrong;
      };
      check("beside the writer");
      if ((kind & 4) != 0) {
        (void)session.close();
      } else {
        session.drop();
      }
      check("afterwards");
      if (HasFailure()) return;
      if (faults.fired() == nullptr) break;
    }
  }
  EXPECT_GT(refused, 20u);
}

Operation put_of(std::uint64_t key, std::uint64_t size) {
  Operation operation;
  operation.steps.push_back({key_of(key), make_value(size, key, false)});
  return operation;
}

std::uint64_t folder_syncs(RecordingFileSystem& disk) {
  const DiskLog& log = disk.log();
  return static_cast<std::uint64_t>(std::count_if(
      log.begin(), log.end(), [](const DiskEvent& event) { return event.kind == DiskEvent::Kind::kSyncFolder; }));
}

// Until the new file's name is on the disk, a power cut may bring the old one back.
TEST_P(FaultTest, AfterACompactionWhoseNameIsNotOnTheDiskNothingIsDurableBeforeItIs) {
  for (const bool closes : {false, true}) {
    for (std::uint64_t n = 1;; ++n) {
      ASSERT_LT(n, 100u) << "no call synced the folder";
      RecordingFileSystem disk;
      FaultFileSystem faults(disk);
      Session session(faults, kMemoryPath, settings_of(GetParam(), false, false));
      ASSERT_TRUE(session.open());
      ASSERT_TRUE(session.apply(put_of(1, 100)));
      ASSERT_TRUE(session.store()->sync(Durability::kCommit));
      faults.arm({n, false, EIO, false});
      if (!session.store()->compact({}) || faults.fired() == nullptr ||
          std::string_view(faults.fired()) != "sync_folder_of")
        continue;
      faults.disarm();
      disk.start_recording();
      EXPECT_EQ(session.store()->stats()->durable_tail, 0u);
      if (closes) {
        ASSERT_TRUE(session.close());
      } else {
        ASSERT_TRUE(session.store()->sync(Durability::kCommit));
        EXPECT_EQ(session.store()->stats()->durable_tail, session.store()->tail());
        session.drop();
      }
      EXPECT_EQ(folder_syncs(disk), 1u);
      break;
    }
  }
}

// The system tells of bytes that it could not write once: whom it tells is a matter of luck.
class FailingWindow final : public CallHook {
 public:
  explicit FailingWindow(Session& session) : session_(session) {}
  Verdict on_call(const SystemCall& call) noexcept override {
    Verdict verdict;
    if (call.kind != CallKind::kSync) return verdict;
    if (++syncs_ == 1) {
      // The leader is about to sync; meanwhile another's put opens a window, syncs it, and is told.
      Operation other = put_of(2, 60'000);
      other.durability = Durability::kNone;
      other_failed_ = !session_.apply(other);
    } else if (syncs_ == 2) {
      verdict.os_error = EIO;
    }
    return verdict;
  }
  [[nodiscard]] bool other_failed() const noexcept { return other_failed_; }

 private:
  Session& session_;
  int syncs_ = 0;
  bool other_failed_ = false;
};

TEST(SyncFaultTest, ASyncIsNotBelievedBesideOneThatFailed) {
  for (const Durability durability : {Durability::kCommit, Durability::kStrict}) {
    const simdr::test::TempDir folder;
    Session session(system_file_system(), folder.file("store"), settings_of(durability, false, false));
    ASSERT_TRUE(session.open());
    ASSERT_TRUE(session.apply(put_of(1, 60'000)));
    Operation unsynced = put_of(3, 100);
    unsynced.durability = Durability::kNone;
    ASSERT_TRUE(session.apply(unsynced));
    FailingWindow hook(session);
    set_call_hook(&hook);
    const Result<void> synced = session.store()->sync(Durability::kDefault);
    set_call_hook(nullptr);
    EXPECT_TRUE(hook.other_failed());
    ASSERT_FALSE(synced);
    EXPECT_EQ(synced.error().status, Status::kWriterFailed);
  }
}

INSTANTIATE_TEST_SUITE_P(Durabilities, FaultTest,
                         ::testing::Values(Durability::kNone, Durability::kCommit, Durability::kStrict));

}  // namespace
}  // namespace simdr::core::test
