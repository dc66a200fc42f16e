// Stores whose file was damaged: what a writer is refused, and what is shown of a value that did not arrive whole.
#include <cstring>
#include <filesystem>
#include <vector>

#include "store/maintenance.h"
#include "store_fixture.h"

namespace simdr::core {
namespace {

TEST_F(StoreTest, WriterOnABrokenChainIsRefusedSoThatNothingIsLost) {
  open();
  for (std::uint64_t i = 1; i <= 50; ++i)
    ASSERT_TRUE(store_->put(i, view_of(std::string(100, 'x')), Durability::kDefault));
  close();
  // A link in the middle goes astray: what is above it can no longer be reached.
  auto file = *system_file_system().open(path_, OpenMode::kReadWrite, 0);
  std::uint64_t link;
  const std::uint64_t at = 128 * 25 + 100 + 8;
  ASSERT_TRUE(file->read_at(at, &link, 8));
  link ^= 0x5555;
  const ByteView part = as_bytes(&link, 8);
  ASSERT_TRUE(file->write_at(at, {&part, 1}));
  file.reset();
  const auto writer = Store::open(system_file_system(), path_, {});
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().status, Status::kCorrupt);
  open(read_only());
  EXPECT_FALSE(store_->recovered_from().empty());
  EXPECT_EQ(store_->count(), 25u);
  RepairReport report;
  const std::string repaired = folder_.file("repaired");
  ASSERT_TRUE(repair_file(system_file_system(), path_, repaired, {}, &report));
  EXPECT_EQ(report.kept_count, 49u);
}

// A power cut under NONE may keep a newer entry's trailer and lose its bytes, with the guard that would have told.
TEST_F(StoreTest, ATornNewerValueDoesNotHideAnOlderOneWhateverIsWrittenAfterwards) {
  open();
  const std::string old(300, 'o');
  const std::string other(300, 'x');
  ASSERT_TRUE(store_->put(1, view_of(old), Durability::kNone));
  ASSERT_TRUE(store_->put(2, view_of(old), Durability::kNone));
  ASSERT_TRUE(store_->remove(2, Durability::kNone));
  ASSERT_TRUE(store_->put(1, view_of(other), Durability::kNone));
  const std::uint64_t torn_1 = store_->tail();
  ASSERT_TRUE(store_->put(2, view_of(other), Durability::kNone));
  const std::uint64_t torn_2 = store_->tail();
  ASSERT_TRUE(store_->put(3, view_of(other), Durability::kNone));
  const std::uint64_t torn_3 = store_->tail();
  ASSERT_TRUE(store_->put(4, view_of(old), Durability::kNone));
  close();
  FILE* file = std::fopen(path_.c_str(), "r+b");
  ASSERT_NE(file, nullptr);
  for (const std::uint64_t tail : {torn_1, torn_2, torn_3}) {
    ASSERT_EQ(std::fseek(file, static_cast<long>(tail - kTrailerSize - 10), SEEK_SET), 0);
    ASSERT_EQ(std::fwrite("\0\0\0", 1, 3, file), 3u);
  }
  ASSERT_EQ(std::fseek(file, 0, SEEK_END), 0);
  ASSERT_EQ(std::fwrite("torn", 1, 4, file), 4u);
  std::fclose(file);

  OpenSettings verifying;
  verifying.verify_reads = true;
  const auto check = [&](std::uint64_t keys) {
    Found found;
    Error error;
    ASSERT_EQ(store_->view(1, &found, &error), Status::kOk);
    EXPECT_EQ(text_of(found.payload()), old);
    EXPECT_EQ(store_->view(2, &found, &error), Status::kNotFound);
    EXPECT_EQ(store_->view(3, &found, &error), Status::kNotFound);  // nothing else was ever there
    ASSERT_EQ(store_->view(4, &found, &error), Status::kOk);
    EXPECT_EQ(store_->count(), keys);
  };
  open(verifying);
  EXPECT_NE(store_->recovered_from().find("3 damaged"), std::string::npos) << store_->recovered_from();
  check(2);
  // A copy shows the same, by itself.
  const std::string copy = folder_.file("copy");
  ASSERT_TRUE(backup_store(*store_, copy));
  {
    const auto copied = Store::open(system_file_system(), copy, read_only());
    ASSERT_TRUE(copied) << copied.error().message;
    EXPECT_EQ((*copied)->recovered_from(), "");
    EXPECT_EQ(contents(**copied), contents(*store_));
  }
  // Only looked at, the file stays as it is.
  close();
  open(verifying);
  EXPECT_NE(store_->recovered_from(), "");
  ASSERT_TRUE(store_->put(5, view_of(other), Durability::kNone));
  check(3);
  close();
  open(verifying);
  EXPECT_EQ(store_->recovered_from(), "");
  check(3);
}

// What was shown cannot be read any more: it is not made the newest, nor is the key removed in its place.
TEST_F(StoreTest, WhatCannotBeWrittenAnewRefusesTheFirstWriteAndIsNotRemoved) {
  open();
  const std::string old(300, 'o');
  ASSERT_TRUE(store_->put(1, view_of(old), Durability::kNone));
  const std::uint64_t old_tail = store_->tail();
  ASSERT_TRUE(store_->put(1, view_of(std::string(300, 'x')), Durability::kNone));
  const std::uint64_t torn = store_->tail();
  ASSERT_TRUE(store_->put(2, view_of(old), Durability::kNone));
  close();
  const auto overwrite = [&](std::uint64_t offset, ByteView bytes) {
    auto file = *system_file_system().open(path_, OpenMode::kReadWrite, 0);
    ASSERT_TRUE(file->write_at(offset, {&bytes, 1}));
  };
  overwrite(torn - kTrailerSize - 10, view_of("???"));
  overwrite(std::filesystem::file_size(path_), view_of("torn"));
  open();
  const std::uint64_t good_link = 0;
  const std::uint64_t bad_link = old_tail;
  overwrite(old_tail - kTrailerSize + kTrailerPrevTailAt, as_bytes(&bad_link, 8));
  const auto refused = store_->put(5, view_of(old), Durability::kNone);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, Status::kCorrupt);
  EXPECT_EQ(backup_store(*store_, folder_.file("copy")).error().status, Status::kCorrupt);
  overwrite(old_tail - kTrailerSize + kTrailerPrevTailAt, as_bytes(&good_link, 8));
  ASSERT_TRUE(store_->put(5, view_of(old), Durability::kNone));
  close();
  open();
  expect_is({{1, old}, {2, old}, {5, old}});
}

}  // namespace
}  // namespace simdr::core
