#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <sys/wait.h>
#include "platform/file.h"
#include "platform/fork_canary.h"
#include "temp_dir.hpp"

namespace simdr::core {
namespace {

class FileTest : public ::testing::Test {
 protected:
  std::string path(const char* name) const { return folder_.file(name); }
  std::unique_ptr<File> create(const char* name) {
    auto file = files_.open(path(name), OpenMode::kCreateNew, 0640);
    EXPECT_TRUE(file) << file.error().message;
    return *std::move(file);
  }

  test::TempDir folder_;
  FileSystem& files_ = system_file_system();
};

TEST_F(FileTest, WritesManyPartsInOrderAndReadsThemBack) {
  auto file = create("a");
  std::vector<std::string> texts;
  std::vector<ByteView> parts;
  for (int i = 0; i < 2000; ++i)
    texts.push_back(std::string(static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 26)));
  std::string whole;
  for (const std::string& text : texts) {
    parts.push_back(as_bytes(text.data(), text.size()));
    whole += text;
  }
  ASSERT_TRUE(file->write_at(5, parts));
  std::string back(whole.size(), '\0');
  ASSERT_TRUE(file->read_at(5, back.data(), back.size()));
  EXPECT_EQ(back, whole);
  EXPECT_EQ(file->info()->size, 5 + whole.size());
  EXPECT_EQ(file->info()->permissions & 0777u, 0640u & ~static_cast<unsigned>([] {
                                                 const mode_t m = ::umask(0);
                                                 ::umask(m);
                                                 return m;
                                               }()));
}

// Of a large write each system call takes a piece.
TEST_F(FileTest, WritesLargePartsWhollyFromAnyOffset) {
  std::string pattern(std::size_t{7} << 20, '\0');
  std::uint32_t state = 1;
  for (char& byte : pattern) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  constexpr std::uint64_t kHuge = std::uint64_t{2} << 20;
  const std::uint64_t offsets[] = {0, 1, 65535, 65536, kHuge - 100, kHuge, kHuge + 4096};
  const std::size_t sizes[] = {65536, 65537, 131072, kHuge - 1, kHuge, kHuge + 1, 2 * kHuge + 70000};
  for (const std::uint64_t offset : offsets) {
    for (const std::size_t size : sizes) {
      const std::string name = std::to_string(offset) + "+" + std::to_string(size);
      auto file = create(name.c_str());
      std::vector<ByteView> parts;
      // Empty, small and large ones, whose ends fall anywhere.
      for (std::size_t at = 0, part = 0; at < size; at += part) {
        part = std::min(size - at, parts.size() % 5 == 0 ? 0 : parts.size() % 5 == 3 ? 300000 : 30000 + parts.size());
        parts.push_back(as_bytes(pattern.data() + at, part));
      }
      ASSERT_TRUE(file->write_at(offset, parts)) << name;
      EXPECT_EQ(file->info()->size, offset + size) << name;
      std::string back(size, '\0');
      ASSERT_TRUE(file->read_at(offset, back.data(), back.size())) << name;
      EXPECT_EQ(std::memcmp(back.data(), pattern.data(), size), 0) << name;
      std::filesystem::remove(path(name.c_str()));
    }
  }
}

TEST_F(FileTest, SaysThatTheFileEndsWhereMoreWasAskedFor) {
  auto file = create("a");
  ASSERT_TRUE(file->truncate(10));
  char buffer[20];
  const Result<void> got = file->read_at(0, buffer, sizeof buffer);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().status, Status::kIo);
}

TEST_F(FileTest, NamesWhatAPathIsInsteadOfAFile) {
  EXPECT_EQ(files_.open(folder_.path().string(), OpenMode::kReadOnly, 0).error().status, Status::kIsDirectory);
  EXPECT_EQ(files_.open(folder_.path().string(), OpenMode::kReadWrite, 0).error().status, Status::kIsDirectory);
  EXPECT_EQ(files_.open(path("none"), OpenMode::kReadOnly, 0).error().status, Status::kNoSuchFile);
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(files_.open(path("fifo"), OpenMode::kReadOnly, 0).error().status, Status::kNotRegularFile);
  EXPECT_EQ(files_.open(path("fifo"), OpenMode::kReadWrite, 0).error().status, Status::kNotRegularFile);
  EXPECT_EQ(files_.open("/dev/null", OpenMode::kReadWrite, 0).error().status, Status::kNotRegularFile);
}

TEST_F(FileTest, CreatesExclusivelyAndFollowsNoPlantedLink) {
  create("a");
  EXPECT_EQ(files_.open(path("a"), OpenMode::kCreateNew, 0600).error().status, Status::kExists);
  ASSERT_EQ(::symlink(path("target").c_str(), path("link").c_str()), 0);
  EXPECT_EQ(files_.open(path("link"), OpenMode::kCreateNew, 0600).error().status, Status::kExists);
  EXPECT_FALSE(std::filesystem::exists(path("target")));
}

TEST_F(FileTest, LeavesNothingOfAnUnnamedFileUntilItIsNamed) {
  auto file = files_.open_unnamed(path("store"));
  ASSERT_TRUE(file);
  const ByteView part = as_bytes("hello", 5);
  ASSERT_TRUE((*file)->write_at(0, {&part, 1}));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  ASSERT_TRUE(files_.name_unnamed(**file, path("store")));
  EXPECT_EQ(files_.name_unnamed(**file, path("store")).error().status, Status::kExists);
  EXPECT_EQ(std::filesystem::file_size(path("store")), 5u);
}

TEST_F(FileTest, ReplacesAFileInOneStepAndLeavesNoOther) {
  create("store");
  auto file = files_.open_unnamed(path("store"));
  ASSERT_TRUE(file);
  const ByteView part = as_bytes("new", 3);
  ASSERT_TRUE((*file)->write_at(0, {&part, 1}));
  ASSERT_TRUE(files_.replace(**file, path("store")));
  EXPECT_EQ(std::filesystem::file_size(path("store")), 3u);
  // From now on errors name what it is called now.
  std::byte byte;
  EXPECT_EQ(std::string((*file)->read_at(3, &byte, 1).error().message).find(path("store")), 0u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), std::filesystem::directory_iterator()),
            1);
}

TEST_F(FileTest, KeepsItsLockWhenAnotherDescriptorOfTheFileIsClosed) {
  auto first = create("a");
  ASSERT_TRUE(*first->try_lock());
  auto second = *files_.open(path("a"), OpenMode::kReadWrite, 0);
  EXPECT_FALSE(*second->try_lock());
  EXPECT_TRUE(*second->is_locked_by_other());
  EXPECT_FALSE(*first->is_locked_by_other());
  second.reset();
  ::close(::open(path("a").c_str(), O_RDONLY));
  auto third = *files_.open(path("a"), OpenMode::kReadWrite, 0);
  EXPECT_FALSE(*third->try_lock());
  first.reset();
  EXPECT_TRUE(*third->try_lock());
}

TEST_F(FileTest, MapsBeyondItsEndAndSeesWhatIsWrittenLater) {
  auto file = create("a");
  auto mapping = file->map(0, std::uint64_t{1} << 32, Access::kRead);
  ASSERT_TRUE(mapping) << mapping.error().message;
  std::vector<char> bytes(10'000, 'x');
  const ByteView part = as_bytes(bytes.data(), bytes.size());
  ASSERT_TRUE(file->write_at(100'000, {&part, 1}));
  EXPECT_EQ((*mapping)->data()[105'000], static_cast<std::byte>('x'));
  auto window = file->map(page_size() * 25, page_size(), Access::kReadWrite);
  ASSERT_TRUE(window);
  (*window)->data()[7] = static_cast<std::byte>('y');
  EXPECT_EQ((*mapping)->data()[page_size() * 25 + 7], static_cast<std::byte>('y'));
}

TEST_F(FileTest, ResolvesLinksAndNamesThatDoNotExistYet) {
  create("a");
  ASSERT_EQ(::symlink(path("a").c_str(), path("link").c_str()), 0);
  EXPECT_EQ(*files_.canonical(path("link")), *files_.canonical(path("a")));
  EXPECT_EQ(*files_.canonical(path("b")), *files_.canonical(folder_.path().string()) + "/b");
  EXPECT_FALSE(files_.canonical(path("no/such")));
}

TEST(ForkCanaryTest, KnowsAChild) {
  const ForkCanary canary;
  EXPECT_FALSE(canary.in_child());
  const pid_t child = ::fork();
  if (child == 0) ::_exit(canary.in_child() ? 7 : 8);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_FALSE(canary.in_child());
}

}  // namespace
}  // namespace simdr::core
