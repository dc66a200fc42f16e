#include "store/index_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/endian.h"
#include "simd/kernels.h"
#include "store/index_file_layout.h"

namespace simdr::core {
namespace {

using namespace index_file;

// Header and descriptions, and then the slots.
struct Contents {
  std::vector<std::byte> head;
  std::vector<ByteView> parts;
};

Contents contents_of(const FileImage& image, const FileInfo& store) {
  Contents contents;
  std::vector<std::byte>& head = contents.head;
  head.resize(kHeaderSize);
  contents.parts.resize(1);
  image.index.for_each_segment([&](SegmentShape shape, ByteView slots) {
    std::byte description[kDescriptionSize] = {std::byte{shape.depth}, std::byte{shape.log2_groups}};
    store_le16(description + kDescriptionWornAt, shape.worn);
    store_le32(description + kDescriptionCrcAt, simd::kernels().crc32(0, slots.data(), slots.size()));
    head.insert(head.end(), description, description + sizeof description);
    contents.parts.push_back(slots);
  });
  const std::uint64_t segment_count = contents.parts.size() - 1;
  head.resize(static_cast<std::size_t>(head_size(segment_count)));
  contents.parts[0] = head;

  const auto put = [&head](HeaderField at, std::uint64_t value) { store_le64(head.data() + at, value); };
  std::memcpy(head.data() + kMagicAt, kMagic, sizeof kMagic);
  store_le32(head.data() + kVersionAt, kVersion);
  put(kStoreSizeAt, store.size);
  put(kStoreInodeAt, store.inode);
  put(kStoreModifiedAt, static_cast<std::uint64_t>(store.modified_ns));
  put(kStoreChangedAt, static_cast<std::uint64_t>(store.changed_ns));
  put(kSeedAt, image.index_seed());
  put(kSegmentCountAt, segment_count);
  put(kKeyCountAt, image.index.count());
  const Sums sums = image.tally.sums();
  put(kEntryCountAt, sums.entry_count);
  put(kTombstoneCountAt, sums.tombstone_count);
  put(kPhantomCountAt, sums.phantom_count);
  put(kLiveSizeAt, sums.live_size);
  put(kLivePackedSizeAt, sums.live_packed_size);
  seal(head);
  return contents;
}

// Whether `path` may be given to a new index file: nothing is there, or another one.
Result<void> check_is_ours(FileSystem& files, const std::string& path) {
  const Result<std::unique_ptr<File>> there = files.open(path, OpenMode::kReadOnly, 0);
  if (!there) return there.error().status == Status::kNoSuchFile ? Result<void>{} : there.error();
  char magic[sizeof kMagic];
  if (Result<void> read = (*there)->read_at(kMagicAt, magic, sizeof magic);
      read && std::memcmp(magic, kMagic, sizeof kMagic) == 0) {
    return {};
  }
  return make_error(Status::kExists, "%s: is no index file and was left alone", path.c_str());
}

}  // namespace

std::string index_file_path(const std::string& store_path) { return store_path + ".index"; }

bool is_unchanged(const FileInfo& before, const FileInfo& now) noexcept {
  return before.size == now.size && before.inode == now.inode && before.modified_ns == now.modified_ns &&
         before.changed_ns == now.changed_ns;
}

Result<std::unique_ptr<IndexFile>> IndexFile::open(FileSystem& files, const std::string& store_path,
                                                   const FileInfo& store) {
  std::string path = index_file_path(store_path);
  Result<std::unique_ptr<File>> file = files.open(path, OpenMode::kReadOnly, 0);
  if (!file) return file.error();
  std::unique_ptr<IndexFile> index(new IndexFile(*std::move(file), std::move(path)));
  if (Result<void> read = index->read_header(store); !read) return read.error();
  return index;
}

Error IndexFile::useless(const char* why) const noexcept {
  return make_error(Status::kCorrupt, "%s: %s", path_.c_str(), why);
}

Result<void> IndexFile::read_header(const FileInfo& store) {
  const Result<FileInfo> info = file_->info();
  if (!info) return info.error();
  // In a folder where anybody may create files it may be anybody's.
  if (info->owner != store.owner) return useless("belongs to another user than the store");
  std::vector<std::byte> head(kHeaderSize);
  if (info->size < head.size()) return useless("is too short for an index file");
  if (Result<void> read = file_->read_at(0, head.data(), head.size()); !read) return read.error();
  if (std::memcmp(head.data() + kMagicAt, kMagic, sizeof kMagic) != 0) return useless("is no index file");
  if (load_le32(head.data() + kVersionAt) != kVersion) return useless("is of another version");

  const auto get = [&head](HeaderField at) { return load_le64(head.data() + at); };
  FileInfo indexed;
  indexed.size = get(kStoreSizeAt);
  indexed.inode = get(kStoreInodeAt);
  indexed.modified_ns = static_cast<std::int64_t>(get(kStoreModifiedAt));
  indexed.changed_ns = static_cast<std::int64_t>(get(kStoreChangedAt));
  if (!is_unchanged(indexed, store)) return useless("the store has changed since it was made");

  // What follows is believed after its checksum, and allocated only as far as the file is long.
  const std::uint64_t segment_count = get(kSegmentCountAt);
  if (segment_count > info->size / kDescriptionSize || head_size(segment_count) > info->size) {
    return useless("is cut off");
  }
  head.resize(static_cast<std::size_t>(head_size(segment_count)));
  if (Result<void> read = file_->read_at(0, head.data(), head.size()); !read) return read.error();
  if (load_le32(head.data() + kCrcAt) != head_crc(head)) return useless("does not match its checksum");
  shapes_.reserve(static_cast<std::size_t>(segment_count));
  crcs_.reserve(static_cast<std::size_t>(segment_count));
  for (std::size_t i = 0; i < segment_count; ++i) {
    const std::byte* const description = head.data() + kHeaderSize + i * kDescriptionSize;
    shapes_.push_back({std::to_integer<std::uint8_t>(description[0]), std::to_integer<std::uint8_t>(description[1]),
                       load_le16(description + kDescriptionWornAt)});
    crcs_.push_back(load_le32(description + kDescriptionCrcAt));
  }
  slots_at_ = head.size();
  store_size_ = indexed.size;
  seed_ = get(kSeedAt);
  key_count_ = get(kKeyCountAt);
  sums_ = {get(kEntryCountAt), get(kTombstoneCountAt), get(kPhantomCountAt), get(kLiveSizeAt), get(kLivePackedSizeAt)};
  return {};
}

const std::uint64_t* IndexFile::next(std::size_t slot_count) noexcept {
  const std::size_t size = slot_count * sizeof(std::uint64_t);
  if (!file_->read_at(next_offset_, slots_.data(), size)) return nullptr;
  next_offset_ += size;
  const bool is_right = simd::kernels().crc32(0, slots_.data(), size) == crcs_[next_segment_++];
  return is_right ? slots_.data() : nullptr;
}

bool IndexFile::copy_index(KeyIndex* index) {
  slots_.resize(kSegmentSlots);
  next_segment_ = 0;
  next_offset_ = slots_at_;
  if (!index->restore(shapes_, store_size_, *this)) return false;
  if (index->count() == key_count_) return true;
  index->clear();
  return false;
}

bool IndexFile::map_index(FileImage* image) {
  const std::uint64_t slots_size = shapes_.size() * kSegmentSize;
  const Result<FileInfo> info = file_->info();
  if (!info || info->size < slots_at_ + slots_size) return false;
  Result<std::unique_ptr<Mapping>> mapped = file_->map(0, info->size, Access::kRead);
  if (!mapped) return false;
  const ByteView slots((*mapped)->data() + slots_at_, static_cast<std::size_t>(slots_size));
  for (std::size_t i = 0; i < shapes_.size(); ++i) {
    if (simd::kernels().crc32(0, slots.data() + i * kSegmentSize, kSegmentSize) != crcs_[i]) return false;
  }
  if (!image->index.refer_to(shapes_, key_count_, slots)) return false;
  image->keep(*std::move(mapped));
  return true;
}

Result<void> IndexFile::load(FileImage* image, Use use) {
  // Nothing of it can be looked at: where offsets lead, memory is mapped that no byte of a file is behind.
  if (store_size_ == 0) return useless("is of an empty store");
  const bool is_small = shapes_.size() < 2;  // perhaps not of full size, and soon copied
  const bool loaded = use == Use::kCopied || is_small ? copy_index(&image->index) : map_index(image);
  if (!loaded) return useless("is damaged, or there is no memory for it");
  image->layout = kAligned64;
  image->tally.set(sums_);
  image->tail.store(store_size_, std::memory_order_release);
  return {};
}

Result<void> IndexFile::save(FileSystem& files, const std::string& store_path, const FileImage& image) {
  const std::string path = index_file_path(store_path);
  if (Result<void> free = check_is_ours(files, path); !free) return free;
  const Result<FileInfo> store = image.file().info();
  if (!store) return store.error();
  Result<std::unique_ptr<File>> file = files.open_unnamed(path);
  if (!file) return file.error();
  const Contents contents = contents_of(image, *store);
  if (Result<void> written = (*file)->write_at(0, contents.parts); !written) return written;
  if (Result<void> same = (*file)->set_owner_and_permissions(*store); !same) return same;
  // Before it gets the name, so that no power cut leaves a name with nothing behind it.
  if (Result<void> synced = (*file)->sync_data(); !synced) return synced;
  return files.replace(**file, path);
}

}  // namespace simdr::core
