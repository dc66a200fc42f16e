// An index file with a right checksum and wrong contents, beside a store that may be damaged too: whatever it says, nothing outside
// the files is touched, and what is found is an entry of the key that was asked for.
//
//   byte 0: bit 0 opened for writing · then 12 bytes a change: where 1, at 3, value 8
#include <algorithm>
#include <cstring>

#include "base/endian.h"
#include "disk.h"
#include "simd/kernels.h"
#include "store/index_file.h"
#include "store/index_file_layout.h"
#include "store/iterator.h"
#include "store/maintenance.h"
#include "targets.h"

namespace simdr::core::test {
namespace {

using namespace index_file;

const std::string kPath = "/disk/store.simdr";
constexpr std::uint64_t kKeyCount = 5000;  // two segments of full size

struct Originals {
  Bytes store;
  Bytes index;
};

const Originals& originals() {
  static const Originals made = [] {
    RecordingFileSystem files;
    OpenSettings settings;
    settings.index_file = true;
    settings.reserve_size = RecordingFileSystem::kFileCapacity / 2;
    Session session(files, kPath, settings);
    require(static_cast<bool>(session.open()), "a store can be made");
    const Value value = make_value(30, 1);
    for (std::uint64_t i = 0; i < kKeyCount; ++i)
      (void)session.store()->put(key_of(i), ByteView(value->data(), value->size()), Durability::kNone);
    for (std::uint64_t i = 0; i < kKeyCount; i += 9) (void)session.store()->remove(key_of(i), Durability::kNone);
    require(static_cast<bool>(session.close()), "and closed");
    return Originals{files.contents(kPath), files.contents(index_file_path(kPath))};
  }();
  return made;
}

void store_at(Bytes* bytes, std::size_t at, const std::uint8_t* value) {
  if (bytes->size() < 8) return;
  std::memcpy(bytes->data() + at % (bytes->size() - 7), value, 8);
}

void change(const std::uint8_t* patch, Bytes* store, Bytes* index) {
  const std::size_t at = patch[1] | static_cast<std::size_t>(patch[2]) << 8 | static_cast<std::size_t>(patch[3]) << 16;
  const std::uint8_t* const value = patch + 4;
  switch (patch[0] % 6) {
    case 0:  // a field, its upper bytes unlikely to be set at once
      if (index->size() >= kHeaderSize) std::memcpy(index->data() + kSeedAt + at % 8 * 8, value, 1 + patch[3] % 8);
      break;
    case 1:  // a description's first four bytes
      if (index->size() >= kHeaderSize + 64) std::memcpy(index->data() + kHeaderSize + at % 8 * 8, value, 4);
      break;
    case 2:  // a slot
      if (index->size() > kSlotsAlignment + 8)
        std::memcpy(index->data() + kSlotsAlignment + at * 8 % (index->size() - kSlotsAlignment - 7), value, 8);
      break;
    case 3:
      store_at(store, at, value);
      break;
    case 4:
      index->resize(std::min<std::size_t>(at, index->size() + 64));
      break;
    default:
      store_at(index, at, value);
      break;
  }
}

// As if it had been made of this store: the checks are passed, what they guard is reached.
void make_believable(const FileInfo& store, Bytes* index) {
  if (index->size() < kSlotsAlignment) return;
  const auto put = [&](HeaderField at, std::uint64_t value) { store_le64(index->data() + at, value); };
  put(kStoreSizeAt, store.size);
  put(kStoreInodeAt, store.inode);
  put(kStoreModifiedAt, static_cast<std::uint64_t>(store.modified_ns));
  put(kStoreChangedAt, static_cast<std::uint64_t>(store.changed_ns));
  const std::uint64_t count = load_le64(index->data() + kSegmentCountAt);
  if (count > index->size() / kDescriptionSize || head_size(count) > index->size()) return;
  std::size_t slots_at = static_cast<std::size_t>(head_size(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    std::byte* const description = index->data() + kHeaderSize + i * kDescriptionSize;
    const unsigned log2_groups = std::to_integer<unsigned>(description[1]);
    const std::size_t size = log2_groups > 12 ? 0 : std::size_t{64} << log2_groups;
    if (size == 0 || index->size() - slots_at < size) break;
    store_le32(description + kDescriptionCrcAt, simd::kernels().crc32(0, index->data() + slots_at, size));
    slots_at += size;
  }
  seal({index->data(), static_cast<std::size_t>(head_size(count))});
}

void read_all(const Store& store) {
  unsigned sum = 0;
  Error error;
  for (std::uint64_t i = 0; i < kKeyCount; ++i) {
    Found found;
    if (store.view(key_of(i), &found, &error) != Status::kOk) continue;
    require(found.record.key_hash == key_of(i), "what is found is the key's");
    for (const std::byte byte : found.payload()) sum += std::to_integer<unsigned>(byte);
  }
  for (const bool all_versions : {false, true}) {
    Iterator iterator(store, {all_versions, false, std::nullopt});
    Found found[64];
    std::size_t count = 0;
    while (iterator.next(found, 64, &count, &error) == Status::kOk) {
      for (std::size_t i = 0; i < count; ++i) sum += static_cast<unsigned>(found[i].payload().size());
    }
  }
  volatile unsigned keep = sum;
  static_cast<void>(keep);
  VerifyReport report;
  (void)verify_store(store, {}, {}, &report);
  (void)store.stats();
  (void)store.compaction_savings();
}

void write_some(Store* store) {
  const Value value = make_value(50, 2);
  const ByteView bytes(value->data(), value->size());
  for (std::uint64_t i = 0; i < 200; ++i) {
    (void)store->put(key_of(i * 31 % (kKeyCount + 500)), bytes, Durability::kNone);
    (void)store->remove(key_of(i * 17 % kKeyCount), Durability::kNone);
  }
  (void)store->compact({});
}

}  // namespace

void fuzz_index(const std::uint8_t* data, std::size_t size) {
  const bool writes = size != 0 && (data[0] & 1u) != 0;
  Bytes store = originals().store;
  Bytes index = originals().index;
  constexpr std::size_t kChangeSize = 12;
  for (std::size_t at = 1; at + kChangeSize <= size && at < 40 * kChangeSize; at += kChangeSize)
    change(data + at, &store, &index);

  RecordingFileSystem files;
  files.preset(kPath, store);
  make_believable(*files.info(kPath), &index);
  files.preset(index_file_path(kPath), index);
  OpenSettings settings;
  settings.mode = writes ? OpenAs::kExisting : OpenAs::kReadOnly;
  settings.index_file = true;
  settings.reserve_size = RecordingFileSystem::kFileCapacity / 2;
  const Result<std::unique_ptr<Store>> opened = Store::open(files, kPath, settings);
  if (!opened) {
    require(store != originals().store, "an index file is no reason to refuse a store");
    return;
  }
  read_all(**opened);
  if (writes) {
    write_some(opened->get());
    read_all(**opened);
    (void)(*opened)->close();
  }
}

}  // namespace simdr::core::test
