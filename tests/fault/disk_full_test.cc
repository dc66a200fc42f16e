// A disk that really is full, while the store has a window mapped: an error code, never a signal. Needs the right to mount.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "temp_dir.h"
#include "workload.h"

namespace simdr::core::test {
namespace {

class DiskFullTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    temp_dir_make(&folder_);
    disk_ = std::string(folder_.path) + "/disk";
    std::filesystem::create_directory(disk_);
    if (std::string(GetParam()) == "tmpfs") {
      mounted_ = ::mount("tmpfs", disk_.c_str(), "tmpfs", 0, "size=48m") == 0;
    } else {
      // In memory where that can be had: through a loop device, a real disk takes its time for each of thousands of syncs.
      image_ = (::access("/dev/shm", W_OK) == 0 ? "/dev/shm/simdr-image-" : std::string(folder_.path) + "/image-") +
               std::to_string(::getpid());
      const std::string& image = image_;
      const std::string command = "truncate -s 48M '" + image + "' && mkfs.ext4 -q -O ^has_journal '" + image +
                                  "' && mount -o loop '" + image + "' '" + disk_ + "'";
      mounted_ = std::system(("{ " + command + "; } >/dev/null 2>&1").c_str()) == 0;
    }
  }
  void TearDown() override {
    if (mounted_) ::umount2(disk_.c_str(), MNT_DETACH);
    if (!image_.empty()) std::filesystem::remove(image_);
    temp_dir_remove(&folder_);
  }
  std::string path() const { return disk_ + "/store.simdr"; }

  // Takes all that is left but about `spare` bytes.
  void fill_disk(std::uint64_t spare) const {
    struct statvfs fs;
    ASSERT_EQ(::statvfs(disk_.c_str(), &fs), 0);
    const std::uint64_t free_size = static_cast<std::uint64_t>(fs.f_bavail) * fs.f_frsize;
    if (free_size <= spare) return;
    const int descriptor = ::open((disk_ + "/filler").c_str(), O_CREAT | O_RDWR, 0600);
    ASSERT_EQ(::posix_fallocate(descriptor, 0, static_cast<off_t>(free_size - spare)), 0);
    ::close(descriptor);
  }

  struct temp_dir folder_;
  std::string disk_;
  std::string image_;
  bool mounted_ = false;
};

TEST_P(DiskFullTest, IsAnErrorCodeAndHarmsNothing) {
  if (!mounted_) GTEST_SKIP() << "cannot mount a " << GetParam() << " here";
  for (const Durability durability : {Durability::kNone, Durability::kCommit, Durability::kStrict}) {
    for (const std::uint64_t value_size : {100u, 5'000u, 50'000u, 300'000u}) {
      for (const std::uint64_t spare : {0u, 70'000u, 900'000u, 20'000'000u}) {
        // A sync for each of thousands of small values would take minutes on a real disk.
        if (durability != Durability::kNone && spare / value_size > 200) continue;
        OpenSettings settings;
        settings.durability = durability;
        Session session(system_file_system(), path(), settings);
        ASSERT_TRUE(session.open());
        State state;
        std::uint64_t next = 0;
        const auto put = [&](std::uint64_t size) {
          Operation operation;
          operation.steps.push_back({key_of(next % 500), make_value(size, 1000 + next)});
          ++next;
          const Result<void> done = session.apply(operation);
          if (done) apply_steps(operation, &state);
          return done;
        };
        for (int i = 0; i < 20; ++i) ASSERT_TRUE(put(value_size));  // a window is mapped
        fill_disk(spare);
        Result<void> failed;
        for (int i = 0; i < 200'000 && failed; ++i) failed = put(value_size);
        ASSERT_FALSE(failed) << "the disk never filled";
        ASSERT_EQ(failed.error().status, Status::kNoSpace) << failed.error().message;
        ASSERT_EQ(compare_with(*session.store(), state), "");
        const Result<void> compacted = session.store()->compact({});
        if (!compacted) {
          ASSERT_EQ(compacted.error().status, Status::kNoSpace) << compacted.error().message;
        }
        ASSERT_EQ(compare_with(*session.store(), state), "");
        ASSERT_EQ(find_faults(*session.store()), "");

        // As it is found after a crash now.
        OpenSettings reading;
        reading.mode = OpenAs::kReadOnly;
        {
          const Result<std::unique_ptr<Store>> seen = Store::open(system_file_system(), path(), reading);
          ASSERT_TRUE(seen) << seen.error().message;
          ASSERT_EQ(compare_with(**seen, state), "");
        }
        std::filesystem::remove(disk_ + "/filler");
        const Result<void> again = put(value_size);
        if (spare == 0) {
          ASSERT_TRUE(again) << again.error().message;
        }
        ASSERT_TRUE(session.close());
        ASSERT_TRUE(session.open());
        ASSERT_EQ(compare_with(*session.store(), state), "");
        ASSERT_TRUE(session.close());
        std::filesystem::remove(path());
      }
    }
  }
}

// A batch that is written in pieces meets the end of the disk in one of them: none of it counts, and what it took is given back.
TEST_P(DiskFullTest, InTheMiddleOfABatchLeavesEverythingAsBefore) {
  if (!mounted_) GTEST_SKIP() << "cannot mount a " << GetParam() << " here";
  for (const std::uint64_t value_size : {1'000u, 100'000u, 3'000'000u}) {
    for (const bool direct : {false, true}) {
      OpenSettings settings;
      settings.direct_writes = direct;
      Session session(system_file_system(), path(), settings);
      ASSERT_TRUE(session.open());
      State state;
      std::uint64_t next = 0;
      const auto put = [&](std::uint64_t size, std::uint64_t count) {
        Operation operation;
        operation.act = count == 1 ? Act::kPut : Act::kPutMany;
        for (std::uint64_t i = 0; i < count; ++i) {
          operation.steps.push_back({key_of(next % 900), make_value(size, 1000 + next)});
          ++next;
        }
        const Result<void> done = session.apply(operation);
        if (done) apply_steps(operation, &state);
        return done;
      };
      ASSERT_TRUE(put(100, 1));
      ASSERT_TRUE(put(500, 800));
      ASSERT_TRUE(put(100, 1));
      fill_disk(9'000'000);
      const std::uint64_t tail = session.store()->tail();
      for (int i = 0; i < 3; ++i) {
        const Result<void> failed = put(value_size, 12'000'000 / value_size);
        ASSERT_FALSE(failed);
        ASSERT_EQ(failed.error().status, Status::kNoSpace) << failed.error().message;
        ASSERT_EQ(session.store()->tail(), tail);
        ASSERT_EQ(compare_with(*session.store(), state), "");
      }
      struct statvfs fs;
      ASSERT_EQ(::statvfs(disk_.c_str(), &fs), 0);
      EXPECT_GT(static_cast<std::uint64_t>(fs.f_bavail) * fs.f_frsize, 4'000'000u)
          << "the batch's blocks are still taken";
      ASSERT_TRUE(put(100, 1));
      ASSERT_TRUE(put(1'000, 1'000));
      std::filesystem::remove(disk_ + "/filler");
      ASSERT_TRUE(put(value_size, 12'000'000 / value_size));
      ASSERT_EQ(compare_with(*session.store(), state), "");
      ASSERT_TRUE(session.close());
      ASSERT_TRUE(session.open());
      ASSERT_EQ(compare_with(*session.store(), state), "");
      ASSERT_EQ(find_faults(*session.store()), "");
      ASSERT_TRUE(session.close());
      std::filesystem::remove(path());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(FileSystems, DiskFullTest, ::testing::Values("tmpfs", "ext4"),
                         [](const auto& given) { return std::string(given.param); });

}  // namespace
}  // namespace simdr::core::test
