// The index file: used while nothing has touched the store, ignored as soon as something has, and never the reason for a wrong answer.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "base/endian.h"
#include "store/index_file.h"
#include "store/index_file_layout.h"
#include "store/maintenance.h"
#include "store_fixture.h"

namespace simdr::core {
namespace {

namespace fs = std::filesystem;

class IndexFileTest : public StoreTest {
 protected:
  using Bytes = std::vector<char>;

  // What the log said since the last open.
  static void hear(std::int32_t, const char* message, void* words) {
    *static_cast<std::string*>(words) += std::string(message) + "\n";
  }
  OpenSettings with_index(OpenAs mode = OpenAs::kCreate) {
    words_.clear();
    OpenSettings settings;
    settings.mode = mode;
    settings.index_file = true;
    settings.log = Log(hear, &words_);
    return settings;
  }
  bool was_used() const { return words_.find("used, the store was not walked") != std::string::npos; }
  void reopen(OpenAs mode = OpenAs::kReadOnly) {
    if (store_ != nullptr) close();
    open(with_index(mode));
  }
  void put(std::uint64_t key, const std::string& value) {
    ASSERT_TRUE(store_->put(key, view_of(value), Durability::kNone));
    model_[key] = value;
  }
  // Some of all there is: replaced values and deleted keys, and a key whose newest entry is the newest of the file.
  void fill(std::uint64_t count) {
    open(with_index());
    for (std::uint64_t i = 1; i <= count; ++i) put(i, "value " + std::to_string(i * 7));
    for (std::uint64_t i = 1; i <= count; i += 3) put(i, std::string(100 + i % 50, static_cast<char>('a' + i % 26)));
    for (std::uint64_t i = 1; i <= count; i += 7) {
      ASSERT_TRUE(store_->remove(i, Durability::kNone));
      model_.erase(i);
    }
    put(count + 1, "the last one");
    close();
  }
  Bytes read(const std::string& path) const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& path, const Bytes& bytes) const {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  // Everything that stats() says of the file and not of this process.
  std::vector<std::uint64_t> figures() const {
    const Stats stats = *store_->stats();
    return {stats.live_count, stats.live_size,       stats.dead_size,     stats.entry_count,
            stats.tail,       stats.tombstone_count, stats.physical_size, store_->compaction_savings()};
  }
  const std::string index_path_ = path_ + ".index";
  Model model_;
  std::string words_;
};

TEST_F(IndexFileTest, AnswersAsWalkingDoes) {
  for (const std::uint64_t count : {1u, 50u, 3000u, 40'000u}) {
    SCOPED_TRACE(count);
    fs::remove(path_);
    model_.clear();
    fill(count);
    ASSERT_TRUE(fs::exists(index_path_));
    open(read_only());
    const std::vector<std::uint64_t> walked = figures();
    expect_is(model_);
    for (const OpenAs mode : {OpenAs::kReadOnly, OpenAs::kExisting}) {
      reopen(mode);
      EXPECT_TRUE(was_used()) << words_;
      EXPECT_EQ(figures(), walked);
      EXPECT_EQ(store_->generation(), "aligned-64");
      expect_is(model_);
      Error error;
      Found found;
      EXPECT_EQ(store_->view(count + 2, &found, &error), Status::kNotFound);
    }
    close();
  }
}

TEST_F(IndexFileTest, IsUsedFromSessionToSessionOfAWriterAndThroughCompaction) {
  std::mt19937_64 random(5);
  for (int session = 0; session < 12; ++session) {
    SCOPED_TRACE(session);
    open(with_index());
    EXPECT_EQ(was_used(), session != 0) << words_;
    expect_is(model_);
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t key = 1 + random() % 5000;
      if (random() % 4 != 0) {
        put(key, "value " + std::to_string(random()));
      } else {
        EXPECT_EQ(static_cast<bool>(store_->remove(key, Durability::kNone)), model_.erase(key) == 1);
      }
    }
    if (session % 4 == 2) {
      ASSERT_TRUE(store_->compact({}));
    }
    expect_is(model_);
    close();
  }
  reopen();
  EXPECT_TRUE(was_used());
  expect_is(model_);
  VerifyReport report;
  ASSERT_TRUE(verify_store(*store_, {}, {}, &report));
}

// A key that its home group had no place for is found further on for good, though erasures make a place at home: it is not put there a second time.
TEST_F(IndexFileTest, KeysThatWentOnFromFullGroupsStayTheirOnlyOnes) {
  constexpr std::uint64_t kKeys = 3400;  // nearly all that one segment takes
  const auto key = [](std::uint64_t i) { return i * 0x9E3779B97F4A7C15u; };
  open(with_index());
  for (std::uint64_t i = 1; i <= kKeys; ++i) put(key(i), "value");
  for (std::uint64_t i = 1; i <= kKeys; i += 3) {
    ASSERT_TRUE(store_->remove(key(i), Durability::kNone));
    model_.erase(key(i));
  }
  reopen(OpenAs::kExisting);
  EXPECT_TRUE(was_used()) << words_;
  for (std::uint64_t i = 2; i <= kKeys; i += 3) put(key(i), "another");
  expect_is(model_);
  for (std::uint64_t i = 2; i <= kKeys; i += 3) {
    ASSERT_TRUE(store_->remove(key(i), Durability::kNone));
    model_.erase(key(i));
  }
  expect_is(model_);
}

TEST_F(IndexFileTest, IsWrittenOnlyWhenItIsNotThereAsItShouldBe) {
  fill(100);
  const auto inode = [&] {
    struct stat st;
    EXPECT_EQ(::stat(index_path_.c_str(), &st), 0);
    return st.st_ino;
  };
  const auto first = inode();
  const int held = ::open(index_path_.c_str(), O_RDONLY);  // so that its number is not given out again
  reopen(OpenAs::kExisting);
  close();
  EXPECT_EQ(inode(), first) << "nothing was written to the store";
  fs::remove(index_path_);
  reopen(OpenAs::kReadOnly);
  expect_is(model_);
  close();
  EXPECT_FALSE(fs::exists(index_path_)) << "a reader writes nothing";
  reopen(OpenAs::kExisting);
  close();
  EXPECT_TRUE(fs::exists(index_path_));
  EXPECT_NE(inode(), first);
  ::close(held);
}

TEST_F(IndexFileTest, HasTheStoresPermissionsAndIsNotAskedForWithoutTheFlag) {
  OpenSettings settings = with_index();
  settings.permissions = 0600;
  open(settings);
  put(1, "one");
  close();
  struct stat st;
  ASSERT_EQ(::stat(index_path_.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777u, 0600u);
  // Without the flag neither read nor made.
  write(index_path_, {'j', 'u', 'n', 'k'});
  open();
  put(2, "two");
  close();
  EXPECT_EQ(read(index_path_), (Bytes{'j', 'u', 'n', 'k'}));
}

// Each of these leaves the same bytes under the same name.
TEST_F(IndexFileTest, IsIgnoredOnceTheStoreWasTouched) {
  fill(500);
  const auto expect_unused = [&](const char* why) {
    reopen();
    EXPECT_FALSE(was_used()) << why;
    EXPECT_NE(words_.find("the store has changed since it was made"), std::string::npos) << why << ": " << words_;
    expect_is(model_);
    // A writer makes it anew, although it writes nothing itself.
    reopen(OpenAs::kExisting);
    reopen();
    EXPECT_TRUE(was_used()) << why << ": " << words_;
    close();
  };
  struct stat before;
  ASSERT_EQ(::stat(path_.c_str(), &before), 0);
  const auto restore_times = [&] {
    struct stat now;
    ASSERT_EQ(::stat(path_.c_str(), &now), 0);
    const struct timespec times[] = {before.st_atim, now.st_mtim};
    ASSERT_EQ(::utimensat(AT_FDCWD, path_.c_str(), times, 0), 0);
  };

  restore_times();
  expect_unused("its times were set, to what they were");
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  expect_unused("its permissions");
  fs::rename(path_, path_ + ".away");
  fs::rename(path_ + ".away", path_);
  expect_unused("its name");
  fs::copy_file(path_, path_ + ".copy");
  fs::rename(path_ + ".copy", path_);
  expect_unused("a copy took its place");
}

// The same size, inode and time of modification, other keys: what it would not find is there.
TEST_F(IndexFileTest, IsIgnoredWhenAnotherStoreIsWrittenInPlace) {
  const auto fill_with = [&](std::uint64_t first) {
    for (std::uint64_t i = 0; i < 500; ++i) put(first + i, "value " + std::to_string(1000 + i));
  };
  open(with_index());
  fill_with(5000);
  close();
  const Bytes other = read(path_);
  model_.clear();
  fs::remove(path_);
  open(with_index());
  fill_with(1);
  close();
  ASSERT_EQ(read(path_).size(), other.size());
  struct stat before;
  ASSERT_EQ(::stat(path_.c_str(), &before), 0);
  write(path_, other);
  const struct timespec times[] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, path_.c_str(), times, 0), 0);
  struct stat after;
  ASSERT_EQ(::stat(path_.c_str(), &after), 0);
  ASSERT_EQ(after.st_ino, before.st_ino);
  ASSERT_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);

  model_.clear();
  for (std::uint64_t i = 0; i < 500; ++i) model_[5000 + i] = "value " + std::to_string(1000 + i);
  reopen();
  EXPECT_FALSE(was_used());
  expect_is(model_);
}

TEST_F(IndexFileTest, IsIgnoredAfterWritesWithoutItAndBesideAWriter) {
  fill(300);
  open();
  put(1000, "without");
  close();
  reopen();
  EXPECT_FALSE(was_used());
  expect_is(model_);

  // A writer that has written nothing yet leaves the file as it was, and a reader beside it uses the index.
  reopen(OpenAs::kExisting);
  close();
  reopen(OpenAs::kExisting);
  const auto beside = [&](bool used, std::size_t count) {
    std::string words;
    OpenSettings settings = read_only();
    settings.index_file = true;
    settings.log = Log(hear, &words);
    const auto reader = Store::open(system_file_system(), path_, settings);
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_EQ(words.find("was not walked") != std::string::npos, used) << words;
    EXPECT_EQ((*reader)->count(), count);
    EXPECT_EQ(contents(**reader).size(), count);
  };
  beside(true, model_.size());
  put(1001, "more");
  beside(false, model_.size());
}

TEST_F(IndexFileTest, IsNeitherUsedNorMadeOfAFileThatACrashedWriterLeft) {
  fill(300);
  open(with_index());
  put(2000, "not closed");
  store_.reset();  // as a crash leaves it: with a guard
  const auto size = fs::file_size(path_);
  reopen();
  EXPECT_FALSE(was_used());
  expect_is(model_);
  fs::remove(index_path_);
  reopen(OpenAs::kExisting);
  close();
  EXPECT_EQ(fs::file_size(path_), size) << "looked at only, it stays as it was";
  EXPECT_FALSE(fs::exists(index_path_));
  reopen(OpenAs::kExisting);
  put(2001, "on top");
  close();
  reopen();
  EXPECT_TRUE(was_used());
  expect_is(model_);
}

TEST_F(IndexFileTest, IsNotMadeOfAStoreThatWasRecovered) {
  fill(300);
  Bytes torn = read(path_);
  torn.resize(torn.size() - 5);
  write(path_, torn);
  fs::remove(index_path_);
  reopen(OpenAs::kExisting);
  EXPECT_FALSE(store_->recovered_from().empty());
  put(4000, "on top");
  close();
  EXPECT_FALSE(fs::exists(index_path_));
}

// A bit of it at a time: it is refused, and what is read is right.
TEST_F(IndexFileTest, DamagedItIsRefusedWhereverTheBitIs) {
  fill(9000);
  const Bytes whole = read(index_path_);
  ASSERT_GT(whole.size(), 3 * kSegmentSize);
  std::mt19937_64 random(3);
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < 256 + 8 * 3; ++at) places.push_back(at);
  for (int i = 0; i < 200; ++i) places.push_back(random() % whole.size());
  for (const std::size_t at : places) {
    SCOPED_TRACE(at);
    Bytes damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
    write(index_path_, damaged);
    for (const OpenAs mode : {OpenAs::kReadOnly, OpenAs::kExisting}) {
      open(with_index(mode));
      EXPECT_FALSE(was_used());
      EXPECT_NE(words_.find(index_path_), std::string::npos) << "says which file: " << words_;
      ASSERT_EQ(store_->count(), model_.size());
      Found found;
      Error error;
      const std::uint64_t key = 1 + random() % 9000;
      ASSERT_EQ(store_->view(key, &found, &error) == Status::kOk, model_.contains(key));
      store_.reset();  // without close(): it would be made anew
    }
  }
  write(index_path_, whole);
  reopen();
  EXPECT_TRUE(was_used()) << "the file itself may have been written anew";
  expect_is(model_);
}

// One that an earlier library made is whole, and its slots mean something else.
TEST_F(IndexFileTest, OfAnotherVersionItIsIgnoredAndMadeAnew) {
  fill(9000);
  const Bytes whole = read(index_path_);
  for (const std::uint32_t version : {index_file::kVersion - 1, index_file::kVersion + 1}) {
    SCOPED_TRACE(version);
    Bytes other = whole;
    const auto head = std::as_writable_bytes(std::span(other).first(index_file::kSlotsAlignment));
    ASSERT_EQ(load_le32(head.data() + index_file::kCrcAt), index_file::head_crc(head)) << "that is the head";
    store_le32(head.data() + index_file::kVersionAt, version);
    index_file::seal(head);
    write(index_path_, other);
    reopen();
    EXPECT_FALSE(was_used());
    EXPECT_NE(words_.find("is of another version"), std::string::npos) << words_;
    expect_is(model_);
    reopen(OpenAs::kExisting);
    close();
    EXPECT_EQ(read(index_path_).at(index_file::kVersionAt), static_cast<char>(index_file::kVersion));
    reopen();
    EXPECT_TRUE(was_used()) << words_;
    expect_is(model_);
    close();
  }
}

// Everything in its head is right, and its offsets lead beyond the end of a file that has no byte to compare them with.
TEST_F(IndexFileTest, OfAnEmptyStoreItIsRefused) {
  fill(9000);
  Bytes forged = read(index_path_);
  write(path_, {});
  struct stat st;
  ASSERT_EQ(::stat(path_.c_str(), &st), 0);
  const auto ns = [](const struct timespec& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
  };
  const auto head = std::as_writable_bytes(std::span(forged).first(index_file::kSlotsAlignment));
  store_le64(head.data() + index_file::kStoreSizeAt, 0);
  store_le64(head.data() + index_file::kStoreInodeAt, st.st_ino);
  store_le64(head.data() + index_file::kStoreModifiedAt, ns(st.st_mtim));
  store_le64(head.data() + index_file::kStoreChangedAt, ns(st.st_ctim));
  index_file::seal(head);
  write(index_path_, forged);
  for (const OpenAs mode : {OpenAs::kReadOnly, OpenAs::kExisting}) {
    open(with_index(mode));
    EXPECT_FALSE(was_used());
    EXPECT_NE(words_.find("is of an empty store"), std::string::npos) << words_;
    expect_is({});
    Found found;
    Error error;
    for (const auto& [key, value] : model_) ASSERT_EQ(store_->view(key, &found, &error), Status::kNotFound);
    store_.reset();
  }
}

TEST_F(IndexFileTest, CutOffOrTooLongItIsRefused) {
  fill(9000);
  const Bytes whole = read(index_path_);
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, std::size_t{255}, std::size_t{256}, std::size_t{4095},
                                 std::size_t{4096}, whole.size() - kSegmentSize, whole.size() - 1}) {
    SCOPED_TRACE(size);
    Bytes cut = whole;
    cut.resize(size);
    write(index_path_, cut);
    for (const OpenAs mode : {OpenAs::kReadOnly, OpenAs::kExisting}) {
      open(with_index(mode));
      EXPECT_FALSE(was_used());
      expect_is(model_);
      store_.reset();
    }
  }
}

TEST_F(IndexFileTest, WhatIsNoIndexFileIsLeftAlone) {
  const Bytes text{'m', 'y', ' ', 'o', 'w', 'n', ' ', 't', 'e', 'x', 't'};
  for (const std::size_t size : {std::size_t{0}, std::size_t{3}, text.size()}) {
    fs::remove(path_);
    model_.clear();
    Bytes mine = text;
    mine.resize(size);
    write(index_path_, mine);
    fill(20);
    EXPECT_EQ(read(index_path_), mine);
    EXPECT_NE(words_.find("is no index file and was left alone"), std::string::npos) << words_;
    reopen();
    expect_is(model_);
    close();
  }
  fs::remove(index_path_);
  fs::create_directory(index_path_);
  reopen(OpenAs::kExisting);
  put(100, "beside a folder");
  close();
  EXPECT_TRUE(fs::is_directory(index_path_));
  reopen();
  expect_is(model_);
}

TEST_F(IndexFileTest, OfAnotherUserItIsIgnored) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  fill(50);
  ASSERT_EQ(::chown(index_path_.c_str(), 65534, 65534), 0);
  reopen();
  EXPECT_FALSE(was_used());
  EXPECT_NE(words_.find("belongs to another user"), std::string::npos) << words_;
  expect_is(model_);
}

TEST_F(IndexFileTest, FollowsTheLinkThatTheStoreIsOpenedBy) {
  fill(50);
  const std::string link = folder_.file("link");
  fs::create_symlink(path_, link);
  OpenSettings settings = with_index(OpenAs::kReadOnly);
  const auto opened = Store::open(system_file_system(), link, settings);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(was_used()) << words_;
  EXPECT_FALSE(fs::exists(link + ".index"));
}

TEST_F(IndexFileTest, AStoreOfOldGenerationOrOfNothingHasNone) {
  open(with_index());
  close();
  EXPECT_FALSE(fs::exists(index_path_)) << "an empty store";
  OpenSettings settings = with_index();
  open(settings);
  put(1, "one");
  close();
  // Read as another layout than it was indexed as, it is walked.
  settings = with_index(OpenAs::kReadOnly);
  settings.layout = Layout{20, 16, true};
  const auto as_other = Store::open(system_file_system(), path_, settings);
  EXPECT_FALSE(was_used());
  if (as_other) {
    EXPECT_EQ((*as_other)->layout().alignment, 16u);
  }
}

}  // namespace
}  // namespace simdr::core
