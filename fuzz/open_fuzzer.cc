// Any bytes as a file: opening it read-only changes nothing, and whatever is found in it can be gone over.
#include <cstring>

#include "disk.h"
#include "store/iterator.h"
#include "store/maintenance.h"
#include "targets.h"

namespace simdr::core::test {
namespace {

const std::string kPath = "/disk/store.simdr";

// How many entries there are, each byte of them touched.
std::uint64_t go_over(const Store& store, const Iterator::Options& options) {
  Iterator iterator(store, options);
  std::uint64_t seen = 0;
  unsigned sum = 0;
  for (;;) {
    Found found[64];
    std::size_t count = 0;
    Error error;
    const Status status = iterator.next(found, 64, &count, &error);
    if (status == Status::kNotFound) break;
    if (status == Status::kCorrupt && options.verify) continue;
    require(status == Status::kOk, "iteration goes to its end");
    for (std::size_t i = 0; i < count; ++i) {
      for (const std::byte byte : found[i].payload()) sum += std::to_integer<unsigned>(byte);
      if (options.all_versions) continue;
      Found again;
      require(store.view(found[i].record.key_hash, &again, &error) == Status::kOk,
              "what is iterated is found by its key");
      require(again.data == found[i].data, "and is the same entry");
    }
    seen += count;
  }
  volatile unsigned keep = sum;
  static_cast<void>(keep);
  return seen;
}

}  // namespace

void fuzz_open(const std::uint8_t* data, std::size_t size) {
  if (size > RecordingFileSystem::kFileCapacity / 4) return;
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), reinterpret_cast<const std::byte*>(data) + size);
  RecordingFileSystem files;
  files.preset(kPath, bytes);
  OpenSettings settings;
  settings.mode = OpenAs::kReadOnly;
  settings.reserve_size = RecordingFileSystem::kFileCapacity;
  {
    const Result<std::unique_ptr<Store>> opened = Store::open(files, kPath, settings);
    if (!opened) {
      const Status status = opened.error().status;
      require(status == Status::kNotAStore || status == Status::kCorrupt,
              "a file is refused as no store or as a broken one");
    } else {
      const Store& store = **opened;
      require(store.tail() <= size, "the tail lies in the file");
      require(go_over(store, {}) == store.count(), "as many live entries as are counted");
      (void)go_over(store, {true, false, std::nullopt});
      (void)go_over(store, {false, true, std::nullopt});
      VerifyReport report;
      (void)verify_store(store, {}, {}, &report);
      const Result<Stats> stats = store.stats();
      // Trailers are counted as today's 20 bytes, also where they have 19.
      require(stats && stats->live_size <= store.tail() + stats->live_count, "what lives fits into the file");
      Entry* last = nullptr;
      Error error;
      if (store.last_entry(&last, &error) == Status::kOk) last->drop_ref();
    }
  }
  require(files.contents(kPath) == bytes, "not a byte changed");
}

}  // namespace simdr::core::test
