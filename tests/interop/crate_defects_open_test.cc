// Where docs/FORMAT.md says that the crate is wrong, ours is right: opening a damaged file, sharing one, and full disks.
// The title says what ours does, the comment what the crate does.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "files.h"
#include "session.h"
#include "state.h"

namespace simdr::interop {
namespace {

using Place = TempDir::Place;

// What becomes of a store that is opened in the given mode and closed again.
struct Opening {
  simdr_status status = SIMDR_OK;
  std::uint64_t count = 0;
  bool told = false;  // that something was left out
  State state;
};

Opening open_and_close(const std::string& file, std::uint32_t mode) {
  const simdr_open_options options = opened_as(mode);
  simdr_error err{};
  simdr_store* store = nullptr;
  Opening opening;
  opening.status = simdr_store_open(file.c_str(), &options, &store, &err);
  if (opening.status != SIMDR_OK) return opening;
  opening.count = simdr_store_count(store);
  opening.told = simdr_store_recovered_from(store) != nullptr;
  opening.state = state_of(store);
  simdr_store_close(store);
  return opening;
}

// `count` entries of about `size` bytes each, as the bytes of a closed file. *out_last_tail: where the last but one ends.
std::string store_of(std::size_t count, std::size_t size, Model* out_model, std::uint64_t* out_last_tail) {
  const TempDir folder(Place::kMemory);
  Session session(folder.file("store"));
  for (std::size_t i = 0; i < count; ++i) {
    const Op op{Verb::kPut, {keyed("key " + std::to_string(i), Payload::xorshift(i + 1, size + i % 50))}, 0, {}, {}};
    *out_last_tail = simdr_store_file_size(session.store());
    EXPECT_EQ(session.run(op).status, SIMDR_OK);
    if (i + 1 < count) out_model->apply(op);
  }
  session.close();
  return read_file(folder.file("store"));
}

// The crate takes the zeros of the pad for a trailer: of 226 such cuts, 215 hide or drop every entry.
TEST(DefectOpenTest, ATornLastWriteCostsNothingButItself) {
  const TempDir folder(Place::kMemory);
  const std::string file = folder.file("store");
  Model model;  // without the last entry
  std::uint64_t last = 0;
  const std::string whole = store_of(200, 150, &model, &last);
  for (std::size_t size = last; size < whole.size(); ++size) {
    SCOPED_TRACE("cut to " + std::to_string(size) + " of " + std::to_string(whole.size()));
    const std::string torn = whole.substr(0, size);
    write_file(file, torn);
    for (const std::uint32_t mode : kReadingAndWriting) {
      const Opening opening = open_and_close(file, mode);
      ASSERT_EQ(opening.status, SIMDR_OK);
      EXPECT_TRUE(holds(opening.state, model));
      EXPECT_EQ(opening.told, size != last);
      if (mode == SIMDR_OPEN_READ_ONLY) {
        EXPECT_TRUE(read_file(file) == torn);
      }
      EXPECT_TRUE(read_file(file).starts_with(whole.substr(0, last)));
    }
    if (HasFailure()) return;
  }
}

// With 12 zeros or more the crate shows one bogus entry of the file's size in place of all others.
TEST(DefectOpenTest, ZerosAtTheEndHideNothing) {
  const TempDir folder(Place::kMemory);
  const std::string file = folder.file("store");
  Model model;
  std::uint64_t last = 0;
  const std::string whole = store_of(101, 30, &model, &last).substr(0, last);
  for (std::size_t zeros = 1; zeros < 10000; zeros += zeros < 200 ? 1 : 977) {
    SCOPED_TRACE(zeros);
    write_file(file, whole + std::string(zeros, '\0'));
    for (const std::uint32_t mode : kReadingAndWriting) {
      const Opening opening = open_and_close(file, mode);
      ASSERT_EQ(opening.status, SIMDR_OK);
      EXPECT_TRUE(holds(opening.state, model));
    }
    if (HasFailure()) return;
  }
}

// The crate cuts a text or a picture to nothing, and takes a program for a store.
TEST(DefectOpenTest, WhatIsNoStoreIsRefusedAndNotTouched) {
  const TempDir folder(Place::kMemory);
  std::string picture = "\x89PNG\r\n\x1a\n";
  std::string text;
  for (std::size_t i = 0; i < 200; ++i) text += "This is line " + std::to_string(i) + " of a letter, and no store.\n";
  picture.append(2, '\0');
  picture += Payload::xorshift(1, 5000).bytes();
  const std::string files[] = {
      text, picture, read_file("/proc/self/exe"), std::string(4096, '\0'), "x", Payload::xorshift(2, 100000).bytes()};
  for (const std::string& bytes : files) {
    SCOPED_TRACE(bytes.size());
    const std::string file = folder.file("other");
    write_file(file, bytes);
    for (const int mode : {SIMDR_OPEN_READ_ONLY, SIMDR_OPEN_EXISTING, SIMDR_OPEN_CREATE}) {
      EXPECT_EQ(open_and_close(file, static_cast<std::uint32_t>(mode)).status, SIMDR_ERR_NOT_A_STORE);
    }
    EXPECT_TRUE(read_file(file) == bytes);
  }
}

// The crate tries every byte as an end and walks the whole chain from it (40,000 entries: 1.3 s), and then empties the file.
TEST(DefectOpenTest, OneBrokenLinkIsFoundInLinearTimeAndDestroysNothing) {
  const TempDir folder(Place::kMemory);
  const std::string file = folder.file("store");
  Model model;
  std::uint64_t last = 0;
  constexpr std::size_t kCount = 200000;
  std::string bytes = store_of(kCount, 10, &model, &last);
  ASSERT_GT(bytes.size(), kCount * 64);
  char& link = bytes[10 + 8];  // after the first entry's payload and key hash; 0
  link = static_cast<char>(link ^ 0x10);
  write_file(file, bytes);
  const auto start = std::chrono::steady_clock::now();
  const Opening reading = open_and_close(file, SIMDR_OPEN_READ_ONLY);
  const Opening writing = open_and_close(file, SIMDR_OPEN_EXISTING);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_LT(took.count(), 15.0);  // at the crate's rate it would be more than a minute
  // No chain reaches the start any more. To go on as if that were the end of the matter is not for an opening to decide.
  EXPECT_EQ(reading.status, SIMDR_ERR_CORRUPT);
  EXPECT_EQ(writing.status, SIMDR_ERR_CORRUPT);
  EXPECT_TRUE(read_file(file) == bytes);
  simdr_error err{};
  simdr_repair_result repaired = SIMDR_REPAIR_RESULT_INIT;
  const std::string saved = folder.file("saved");
  ASSERT_EQ(simdr_repair(file.c_str(), saved.c_str(), nullptr, nullptr, &repaired, &err), SIMDR_OK) << err.message;
  EXPECT_GE(repaired.kept_count, kCount - 1);
  EXPECT_EQ(open_and_close(saved, SIMDR_OPEN_READ_ONLY).count, repaired.kept_count);
  EXPECT_TRUE(read_file(file) == bytes);
}

// A process that puts `count` entries one after the other, acknowledging each by a byte, and then ends without closing.
pid_t start_writer(const std::string& file, std::size_t count, int acknowledge) {
  const pid_t child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(60);
  Session session(file);
  for (std::size_t i = 0; i < count; ++i) {
    const Op op{Verb::kPut, {keyed("key " + std::to_string(i), Payload::xorshift(i + 1, 100))}, 0, {}, {}};
    const char byte = session.run(op).status == SIMDR_OK ? 1 : 0;
    if (write(acknowledge, &byte, 1) != 1) _exit(1);
  }
  _exit(0);
}

// A reading process of the crate truncates what a writing one is about to write: of 3,507 acknowledged writes 229 survived.
TEST(DefectOpenTest, ReadersTakeNothingFromAWriter) {
  const TempDir folder;
  const std::string file = folder.file("store");
  constexpr std::size_t kCount = 4000;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = start_writer(file, kCount, ends[1]);
  close(ends[1]);
  std::size_t acknowledged = 0;
  std::size_t opened = 0;
  char byte = 1;
  while (read(ends[0], &byte, 1) == 1 && byte == 1) {
    ++acknowledged;
    if (acknowledged % 10 != 0) continue;
    const Opening opening = open_and_close(file, SIMDR_OPEN_READ_ONLY);
    ASSERT_EQ(opening.status, SIMDR_OK);
    EXPECT_GE(opening.count, acknowledged);
    ++opened;
  }
  close(ends[0]);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(acknowledged, kCount);
  EXPECT_EQ(opened, kCount / 10);
  EXPECT_EQ(open_and_close(file, SIMDR_OPEN_EXISTING).count, kCount);
}

// Two writing processes of the crate overwrite each other.
TEST(DefectOpenTest, ASecondWriterIsRefused) {
  const TempDir folder;
  const std::string file = folder.file("store");
  int acknowledge[2];
  int end[2];
  ASSERT_EQ(pipe(acknowledge), 0);
  ASSERT_EQ(pipe(end), 0);
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const Session session(file);
    char byte = 1;
    if (write(acknowledge[1], &byte, 1) != 1 || read(end[0], &byte, 1) != 1) _exit(1);
    _exit(0);
  }
  char byte = 1;
  ASSERT_EQ(read(acknowledge[0], &byte, 1), 1);
  EXPECT_EQ(open_and_close(file, SIMDR_OPEN_EXISTING).status, SIMDR_ERR_LOCKED);
  EXPECT_EQ(open_and_close(file, SIMDR_OPEN_CREATE).status, SIMDR_ERR_LOCKED);
  // Closing some other descriptor of the file does not take the lock away.
  close(open(file.c_str(), O_RDWR | O_CLOEXEC));
  EXPECT_EQ(open_and_close(file, SIMDR_OPEN_READ_ONLY).status, SIMDR_OK);
  EXPECT_EQ(open_and_close(file, SIMDR_OPEN_EXISTING).status, SIMDR_ERR_LOCKED);
  ASSERT_EQ(write(end[1], &byte, 1), 1);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(open_and_close(file, SIMDR_OPEN_EXISTING).status, SIMDR_OK);
  for (const int fd : {acknowledge[0], acknowledge[1], end[0], end[1]}) close(fd);
}

// After a full disk the crate loses an entry that it acknowledged before. Here the file may not grow past a limit.
TEST(DefectOpenTest, AFullDiskCostsNothingThatWasAcknowledged) {
  for (const std::uint32_t flags : {0u, SIMDR_OPEN_DIRECT_WRITES}) {
    const TempDir folder;
    const std::string file = folder.file("store");
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      alarm(60);
      signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{900000, 900000};
      if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(2);
      simdr_open_options options = opened_as(SIMDR_OPEN_CREATE);
      options.flags = flags;
      Session session(file, options);
      for (std::size_t i = 0;; ++i) {
        const Op op{Verb::kPut, {keyed("key " + std::to_string(i), Payload::xorshift(i + 1, 3000))}, 0, {}, {}};
        const Outcome got = session.run(op);
        const char byte = 1;
        if (got.status != SIMDR_OK) _exit(got.status == SIMDR_ERR_TOO_LARGE && !got.message.empty() ? 0 : 3);
        if (write(ends[1], &byte, 1) != 1) _exit(1);
      }
    }
    close(ends[1]);
    Model model;
    char byte = 1;
    for (std::size_t i = 0; read(ends[0], &byte, 1) == 1; ++i) {
      model.apply({Verb::kPut, {keyed("key " + std::to_string(i), Payload::xorshift(i + 1, 3000))}, 0, {}, {}});
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    EXPECT_GT(model.count(), 100u);
    const Opening opening = open_and_close(file, SIMDR_OPEN_EXISTING);
    EXPECT_EQ(opening.status, SIMDR_OK);
    EXPECT_TRUE(holds(opening.state, model));
  }
}

// Version 0.1 of the crate reads the oldest version of a key after a reopen, and then writes over the file's first entry.
TEST(DefectOpenTest, TheOldestGenerationIsReadFromItsNewestEntriesAndNotWritten) {
  const TempDir folder(Place::kMemory);
  const std::string file = folder.file("store");
  const std::string bytes = read_file(SIMDR_TEST_DATA "/generations/v0.1.0-alpha/overwrite_same.bin");
  write_file(file, bytes);
  const Opening opening = open_and_close(file, SIMDR_OPEN_READ_ONLY);
  ASSERT_EQ(opening.status, SIMDR_OK);
  ASSERT_EQ(opening.state.entries.size(), 1u);
  EXPECT_EQ(opening.state.entries[0].end, bytes.size() - 19);
  EXPECT_EQ(open_and_close(file, SIMDR_OPEN_EXISTING).status, SIMDR_ERR_OLD_GENERATION);
  EXPECT_TRUE(read_file(file) == bytes);
}

}  // namespace
}  // namespace simdr::interop
