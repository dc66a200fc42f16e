// Batches, which are assembled in memory and written in pieces, against the same entries appended one by one.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "format/guard_line.h"
#include "recovery/chain.h"
#include "temp_dir.hpp"
#include "writer/appender.h"

namespace simdr::core {
namespace {

std::vector<std::byte> payload(std::size_t size, std::uint64_t seed) {
  std::vector<std::byte> made(size);
  for (std::size_t i = 0; i < size; ++i) made[i] = static_cast<std::byte>(seed * 31 + i * 7 + i / 251 + 1);
  return made;
}

struct Entries {
  std::vector<std::vector<std::byte>> payloads;
  std::vector<WriteOp> ops;

  void add(std::size_t size) {
    const std::uint64_t key = ops.size() + 1;
    payloads.push_back(payload(size, key));
    ops.push_back({key, payloads.back(), size == 0});
  }
  [[nodiscard]] static std::uint64_t end_of(std::span<const WriteOp> ops, std::uint64_t tail) {
    for (const WriteOp& op : ops) {
      tail = op.is_removal ? tail_after_tombstone(tail) : tail_after_value(tail, op.payload.size());
    }
    return tail;
  }
};

struct TestFile {
  [[nodiscard]] std::vector<std::byte> bytes() const {
    std::vector<std::byte> all(file->info()->size);
    EXPECT_TRUE(file->read_at(0, all.data(), all.size()));
    return all;
  }
  [[nodiscard]] bool guard(GuardLine* out) const {
    const auto size = file->info()->size;
    std::byte line[kGuardSize];
    return size >= kGuardSize && file->read_at(size - kGuardSize, line, kGuardSize) &&
           decode_guard(line, size - kGuardSize, out);
  }

  test::TempDir folder;
  std::unique_ptr<File> file = *system_file_system().open(folder.file("file"), OpenMode::kCreateNew, 0600);
};

struct Variant {
  const char* name;
  AppendConfig config;
};

std::vector<Variant> variants() {
  std::vector<Variant> all = {{"as it is", {}}};
  AppendConfig small;
  small.max_window_size = kMinWindowSize;
  small.fill_step = 64 << 10;
  small.gather_from = 1;
  all.push_back({"small steps", small});
  small.gather_from = 32 << 10;
  all.push_back({"small steps, small batches in the window", small});
  small.fill_step = 8 << 10;
  all.push_back({"smallest steps", small});
  small.sync_growth = true;
  all.push_back({"durable", small});
  AppendConfig direct;
  direct.mapped_writes = false;
  all.push_back({"without a mapping", direct});
  direct.fill_step = 16 << 10;
  all.push_back({"without a mapping, in small pieces", direct});
  return all;
}

// 0 is a tombstone. Around every bound: a payload that is not copied, a piece, a window, the direct size.
Entries mixed_entries() {
  Entries entries;
  for (int round = 0; round < 3; ++round) {
    for (const int size :
         {1, 8,      0,      63, 64,      65,     0,       0, 100, 8'171, 16'383,         16'384,        16'385,
          3, 65'516, 65'536, 0,  131'072, 40'000, 500'000, 7, 0,   1'000, (2 << 20) - 20, (2 << 20) + 5, 1}) {
      entries.add(static_cast<std::size_t>(size));
    }
    for (std::size_t i = 0; i < 3'000; ++i) entries.add(i % 91 == 5 ? 0 : 1 + i * 37 % 400);
  }
  return entries;
}

TEST(BatchTest, WritesTheSameBytesAsSinglePuts) {
  const Entries entries = mixed_entries();
  TestFile singles;
  Appender writer(*singles.file, {}, {});
  for (const WriteOp& op : entries.ops) {
    ASSERT_TRUE(op.is_removal ? writer.append_tombstone(op.key_hash) : writer.append_value(op.key_hash, op.payload));
  }
  ASSERT_TRUE(writer.publish());
  ASSERT_TRUE(writer.region().finish(writer.tail()));
  const auto expected = singles.bytes();

  for (const Variant& variant : variants()) {
    for (const std::size_t batch_size : {std::size_t{1}, std::size_t{7}, std::size_t{500}, entries.ops.size()}) {
      if (variant.config.sync_growth && batch_size < 500) continue;  // thousands of syncs
      SCOPED_TRACE(std::string(variant.name) + ", batches of " + std::to_string(batch_size));
      TestFile batches;
      Appender batched(*batches.file, {}, variant.config);
      std::vector<std::uint64_t> trailers(entries.ops.size());
      for (std::size_t i = 0; i < entries.ops.size(); i += batch_size) {
        const auto ops = std::span(entries.ops).subspan(i, std::min(batch_size, entries.ops.size() - i));
        const std::uint64_t before = batched.tail();
        ASSERT_TRUE(batched.append_all(ops, Entries::end_of(ops, before), &trailers[i]));
        GuardLine line;
        ASSERT_TRUE(batches.guard(&line));
        ASSERT_EQ(line.committed_tail, before);
        ASSERT_TRUE(batched.publish());
        ASSERT_TRUE(batches.guard(&line));
        ASSERT_EQ(line.committed_tail, batched.tail());
      }
      ASSERT_TRUE(batched.region().finish(batched.tail()));
      const auto all = batches.bytes();
      ASSERT_TRUE(all == expected);
      for (std::size_t i = 0; i < trailers.size(); ++i) {
        EntryRecord record;
        ASSERT_TRUE(read_entry_record(all, trailers[i], kAligned64, &record));
        ASSERT_EQ(record.key_hash, entries.ops[i].key_hash);
      }
    }
  }
}

TEST(BatchTest, AlternatesWithEverythingElse) {
  const Entries entries = mixed_entries();
  for (const Variant& variant : variants()) {
    SCOPED_TRACE(variant.name);
    TestFile made;
    Appender writer(*made.file, {}, variant.config);
    std::size_t next = 0;
    std::size_t written = 0;
    const std::size_t step = variant.config.sync_growth ? 1'500 : 200;
    std::vector<std::uint64_t> trailers(step);
    while (next + step + 4 <= entries.ops.size()) {
      const auto ops = std::span(entries.ops).subspan(next, step);
      ASSERT_TRUE(writer.append_all(ops, Entries::end_of(ops, writer.tail()), trailers.data()));
      next += step;
      if (next % 3 == 0) {
        // Given up after it was written: what follows lies where it lay.
        writer.rewind(writer.region().published_tail());
      } else {
        ASSERT_TRUE(writer.publish());
        written += step;
      }
      ASSERT_TRUE(writer.append_value(1'000'000 + next,
                                      entries.payloads[next].empty() ? payload(5, 1) : entries.payloads[next]));
      ASSERT_TRUE(writer.publish());
      ASSERT_TRUE(writer.append_tombstone(2'000'000 + next));
      ASSERT_TRUE(writer.publish());
      written += 2;
      if (variant.config.mapped_writes) {
        const auto built = payload(1 + next * 11 % 150'000, next);
        const Result<std::byte*> place = writer.build(built.size());
        ASSERT_TRUE(place);
        std::copy(built.begin(), built.end(), *place);
        if (next % 2 == 0) {
          ASSERT_TRUE(writer.append_built(3'000'000 + next, built.size()));
          ASSERT_TRUE(writer.publish());
          ++written;
        }
      }
      Spool spool(system_file_system(), made.folder.file("spool"));
      for (int i = 0; i < 3; ++i) ASSERT_TRUE(spool.write(payload(700'000, next + static_cast<std::size_t>(i))));
      ASSERT_TRUE(spool.finish());
      ASSERT_TRUE(writer.append_spooled(4'000'000 + next, spool));
      ASSERT_TRUE(writer.publish());
      ++written;
      GuardLine line;
      ASSERT_TRUE(made.guard(&line));
      ASSERT_EQ(line.committed_tail, writer.tail());
    }
    ASSERT_TRUE(writer.region().finish(writer.tail()));
    const auto all = made.bytes();
    std::size_t checked = 0;
    for (std::uint64_t tail = all.size(); tail != 0; ++checked) {
      EntryRecord record;
      ASSERT_TRUE(read_entry_ending_at(all, tail, kAligned64, &record));
      ASSERT_EQ(record.crc32, simd::kernels().crc32(0, all.data() + record.payload_offset, record.payload_size()));
      tail = record.prev_tail;
    }
    EXPECT_EQ(checked, written);
  }
}

// What a batch leaves filled is what single entries are stored to.
TEST(BatchTest, LeavesTheWindowToTheSinglesThatFollow) {
  AppendConfig config;
  config.gather_from = 1;
  TestFile made;
  Appender writer(*made.file, {}, config);
  Entries entries;
  for (int i = 0; i < 40'000; ++i) entries.add(1'000);
  std::vector<std::uint64_t> trailers(entries.ops.size());
  ASSERT_TRUE(writer.append_all(entries.ops, Entries::end_of(entries.ops, 0), trailers.data()));
  ASSERT_TRUE(writer.publish());
  EXPECT_EQ(writer.region().take_counts().windows, 0u);
  const std::vector<std::byte> small = payload(100, 1);
  ASSERT_TRUE(writer.append_value(1, small));
  ASSERT_TRUE(writer.publish());
  EXPECT_EQ(writer.region().take_counts().windows, 1u);
  for (int i = 0; i < 100; ++i) {
    const auto ops = std::span(entries.ops).first(3);
    ASSERT_TRUE(writer.append_all(ops, Entries::end_of(ops, writer.tail()), trailers.data()));
    ASSERT_TRUE(writer.append_value(2, small));
    ASSERT_TRUE(writer.publish());
  }
  EXPECT_LE(writer.region().take_counts().windows, 1u);
}

}  // namespace
}  // namespace simdr::core
