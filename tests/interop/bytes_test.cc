// One history, run by the crate and by us: the two files must be equal byte for byte once both are closed.
//   SIMDR_HISTORIES  how many random histories (300)
//   SIMDR_SEED       the first one's seed (1)
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "files.h"
#include "oracle.h"
#include "session.h"
#include "state.h"

namespace simdr::interop {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : number(text).value_or(otherwise);
}

// What the seed's history is like: most have many small payloads, some reach 64 KiB and beyond, a few 1 MiB.
struct Shape {
  std::size_t count;
  std::vector<std::string> arguments;
};

Shape shape_of(std::uint64_t seed) {
  Shape shape;
  if (seed % 25 == 0) {
    shape = {50, {"1048576"}};
  } else if (seed % 5 == 1) {
    shape = {100, {"80000"}};
  } else {
    shape = {40 + 20 * (seed % 11), {"1500"}};
  }
  if (seed % 2 == 1) shape.arguments.emplace_back("--hashes");
  if (seed % 7 == 3) shape.arguments.emplace_back("--no-compact");
  return shape;
}

// Through windows of the default size, through small ones that are outgrown all the time, and by system calls alone.
simdr_open_options options_of(std::uint64_t seed) {
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  if (seed % 3 == 1) options.window_size = 64 << 10;
  if (seed % 3 == 2) options.flags = SIMDR_OPEN_DIRECT_WRITES;
  return options;
}

std::string command_of(std::uint64_t seed, const Shape& shape) {
  std::string text = "simdr-oracle random " + std::to_string(seed) + " " + std::to_string(shape.count) + " FILE SCRIPT";
  for (const std::string& argument : shape.arguments) text += " " + argument;
  return text;
}

// Runs it and checks the outcomes. The tails after each operation go to *out_tails.
void run_ours(const std::string& file, const History& history, const simdr_open_options& options,
              std::vector<std::uint64_t>* out_tails) {
  Session session(file, options);
  Model model;
  for (const Op& op : history) {
    const simdr_status wanted = model.apply(op);
    const Outcome got = session.run(op);
    out_tails->push_back(got.tail);
    ASSERT_EQ(got.status, wanted) << "operation " << out_tails->size() << ": " << op.text().substr(0, 200) << "\n"
                                  << got.message;
  }
}

// The operation after which the files must have differed: the first whose tail is not the crate's, else the newest that covers
// the byte.
std::string culprit(Oracle& oracle, const TempDir& folder, const History& history,
                    const std::vector<std::uint64_t>& tails, std::uint64_t offset) {
  const std::vector<std::string> theirs = oracle.apply(folder.file("again"), history);
  std::size_t found = history.size();
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (i >= theirs.size() || theirs[i] != "ok " + std::to_string(tails[i])) {
      const std::string said = i < theirs.size() ? theirs[i] : "nothing";
      return "operation " + std::to_string(i + 1) + ", after which ours ends at " + std::to_string(tails[i]) +
             " and the crate says " + said + ": " + history[i].text().substr(0, 300);
    }
    if (history[i].verb == Verb::kCompact) before = 0;
    if (offset >= before && offset < tails[i]) found = i;
    before = tails[i];
  }
  if (found == history.size()) return "no operation: the byte lies beyond the tail";
  return "operation " + std::to_string(found + 1) + ": " + history[found].text().substr(0, 300);
}

// Empty when equal.
std::string difference(Oracle& oracle, const TempDir& folder, const History& history,
                       const std::vector<std::uint64_t>& tails, const std::string& ours, const std::string& theirs) {
  const std::string a = read_file(ours);
  const std::string b = read_file(theirs);
  if (a == b) return {};
  const auto differing = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  const auto offset = static_cast<std::uint64_t>(differing.first - a.begin());
  return "ours has " + std::to_string(a.size()) + " bytes, the crate's " + std::to_string(b.size()) +
         "; the first difference is at " + std::to_string(offset) + ", from\n" +
         culprit(oracle, folder, history, tails, offset);
}

TEST(BytesTest, RandomHistoriesMakeTheSameFile) {
  SIMDR_NEEDS_ORACLE(oracle);
  const std::uint64_t first = from_environment("SIMDR_SEED", 1);
  const std::uint64_t count = from_environment("SIMDR_HISTORIES", 300);
  std::size_t op_count = 0;
  std::uint64_t byte_count = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Shape shape = shape_of(seed);
    SCOPED_TRACE(command_of(seed, shape));
    // Every reopening and compaction syncs; a dozen histories on a disk will do.
    const TempDir folder(seed % 25 == 1 ? TempDir::Place::kDisk : TempDir::Place::kMemory);
    const std::string said =
        oracle->random(seed, shape.count, folder.file("theirs"), folder.file("script"), shape.arguments);
    ASSERT_TRUE(said.starts_with("ok ")) << said;
    const History history = parse_history(read_file(folder.file("script")));
    ASSERT_EQ(history.size(), shape.count);
    std::vector<std::uint64_t> tails;
    run_ours(folder.file("ours"), history, options_of(seed), &tails);
    if (HasFatalFailure()) return;
    const std::string what = difference(*oracle, folder, history, tails, folder.file("ours"), folder.file("theirs"));
    ASSERT_TRUE(what.empty()) << "seed " << seed << ": " << what;
    op_count += history.size();
    byte_count += size_of(folder.file("ours"));
  }
  std::printf("[     note ] %llu histories, %zu operations, %llu bytes in the files\n",
              static_cast<unsigned long long>(count), op_count, static_cast<unsigned long long>(byte_count));
}

// What the random histories of the oracle leave out because it names another file.
TEST(BytesTest, CopyAndTransferMakeTheSameFiles) {
  SIMDR_NEEDS_ORACLE(oracle);
  const TempDir folder;
  const auto script = [&](const std::string& target) {
    return parse_history(
        "put 61 xs:1:100\nput 62 xs:2:1\nput 63 xs:3:70000\nput - fill:9:64\nstream 64 xs:4:300000 4096\n"
        "copy 61 " +
        target + "\ntransfer 62 " + target + "\ncopy 63 " + target + "\ntransfer - " + target +
        "\nput 61 xs:5:4097\nbatch 2\n65 xs:6:65\n66 xs:7:63\ncopy 61 " + target + "\ntransfer 64 " + target +
        "\ntransfer 65 " + target + "\ncompact\ncopy 66 " + target + "\nput 62 xs:8:9\nreopen\ntransfer 62 " + target +
        "\n");
  };
  const History ours = script(folder.file("ours_target"));
  {
    Session session(folder.file("ours"));
    Model model;
    Model target;
    for (const Op& op : ours) {
      const Outcome got = session.run(op);
      EXPECT_EQ(got.status, model.apply(op, &target)) << op.text() << got.message;
    }
    EXPECT_TRUE(holds(state_of(session.store()), model));
  }
  for (const std::string& line : oracle->apply(folder.file("theirs"), script(folder.file("theirs_target")))) {
    EXPECT_TRUE(line.starts_with("ok ")) << line;
  }
  EXPECT_TRUE(read_file(folder.file("ours")) == read_file(folder.file("theirs")));
  EXPECT_TRUE(read_file(folder.file("ours_target")) == read_file(folder.file("theirs_target")));
}

// Sizes around every boundary: of the pad, the crate's 64 KiB buffer, our windows and what a stream keeps in memory.
TEST(BytesTest, EverySizeAroundABoundaryMakesTheSameFile) {
  SIMDR_NEEDS_ORACLE(oracle);
  std::string text;
  std::uint64_t seed = 1;
  const auto add = [&](std::size_t size) {
    const std::string payload = " xs:" + std::to_string(seed) + ":" + std::to_string(size);
    text += (seed % 2 == 0 ? "put 6b" : "stream 6b") + to_hex(std::to_string(size)) + payload;
    text += seed % 2 == 0 ? "\n" : " " + std::to_string(1000 + seed) + "\n";
    ++seed;
  };
  for (std::size_t size = 1; size <= 200; ++size) add(size);
  for (const unsigned power : {12u, 16u, 18u, 20u, 22u, 23u}) {
    const std::size_t near = std::size_t{1} << power;
    for (std::size_t size = near - 21; size <= near + 2; size += 7) add(size);
  }
  const History history = parse_history(text);
  for (std::uint64_t way = 0; way < 3; ++way) {
    const TempDir folder;
    std::vector<std::uint64_t> tails;
    run_ours(folder.file("ours"), history, options_of(way), &tails);
    if (HasFatalFailure()) return;
    oracle->apply(folder.file("theirs"), history);
    const std::string what = difference(*oracle, folder, history, tails, folder.file("ours"), folder.file("theirs"));
    ASSERT_TRUE(what.empty()) << "way " << way << ": " << what;
  }
}

}  // namespace
}  // namespace simdr::interop
