#include "store/file_image.h"

#include <algorithm>
#include <array>
#include <new>

#include "platform/random.h"
#include "store/index_memory.h"

namespace simdr::core {
namespace {

constinit std::atomic<std::uint64_t> g_next_image_id{1};

// What a build remembers of an entry until it is known to be its key's newest: the payload's size, or that. No payload
// is empty.
constexpr std::uint16_t kTombstoneNote = 0;
constexpr std::uint16_t kLargeNote = 0xFFFF;  // that or more: the file tells

constexpr std::uint64_t kStretchSize = std::uint64_t{2} << 20;
constexpr std::uint64_t kDenseEntryCount = kStretchSize / 4096;

static_assert(kChainBatchSize <= IndexBuilder::kMaxBatch);

// No more than a file can have: the index relies on it when it looks into the bytes (index/segment.h).
Result<MappedFile*> map_file(File& file, std::uint64_t needed_size, std::uint64_t wanted_size) {
  return MappedFile::create(file, needed_size, std::min(wanted_size, kMaxStoreSize));
}

}  // namespace

FileImage::FileImage(std::unique_ptr<File> file, MappedFile* mapped, std::uint64_t index_seed) noexcept
    : index(index_seed, index_slab_allocator()),
      file_(std::move(file)),
      mapped_(mapped),
      id_(g_next_image_id.fetch_add(1, std::memory_order_relaxed)) {}

Result<std::shared_ptr<FileImage>> FileImage::map(std::unique_ptr<File> file, std::uint64_t needed_size,
                                                  std::uint64_t wanted_size) {
  Result<MappedFile*> mapped = map_file(*file, needed_size, wanted_size);
  if (!mapped) return mapped.error();
  try {
    return std::make_shared<FileImage>(std::move(file), *mapped, random_u64());
  } catch (const std::bad_alloc&) {
    (*mapped)->release_owner();  // it keeps the file open, and with that its lock
    throw;
  }
}

FileImage::~FileImage() {
  mapped_.load(std::memory_order_relaxed)->release_owner();
  for (MappedFile* outgrown : outgrown_) outgrown->release_owner();
}

Result<void> FileImage::ensure_mapped(std::uint64_t size) {
  MappedFile* old = mapped_.load(std::memory_order_relaxed);
  if (size <= old->bytes().size()) [[likely]]
    return {};
  outgrown_.reserve(outgrown_.size() + 1);
  Result<MappedFile*> wider = map_file(*file_, size, std::max(size * 2, std::uint64_t{old->bytes().size()} * 4));
  if (!wider) return wider.error();
  mapped_.store(*wider, std::memory_order_release);
  outgrown_.push_back(old);
  return {};
}

Status FileImage::find(std::uint64_t key_hash, EntryRecord* out_record, MappedFile** out_mapped) const noexcept {
  for (;;) {
    MappedFile* mapping = mapped();
    const std::uint64_t offset = index.find(mapping->bytes(), key_hash);
    if (offset != KeyIndex::kAbsent) {
      *out_mapped = mapping;
      return read_entry_record(mapping->bytes(), offset, layout, out_record) ? Status::kOk : Status::kCorrupt;
    }
    // The index may name an entry beyond a mapping that was just replaced by a longer one.
    if (mapping == mapped()) return Status::kNotFound;
  }
}

// The writer counts an entry before it puts the key, so looking in the other order errs on the side of "something is dead".
bool FileImage::nothing_is_dead() const noexcept {
  const std::uint64_t keys = index.count();
  std::atomic_thread_fence(std::memory_order_acquire);
  return tally.phantom_count.load(std::memory_order_relaxed) == 0 &&
         tally.entry_count.load(std::memory_order_acquire) == keys;
}

ImageBuilder::ImageBuilder(FileImage& image, std::uint64_t size, const IndexBuilder::Guessing& guessing) noexcept
    : image_(image),
      file_(image.mapped()->bytes()),
      size_(size),
      index_(image.index, index_slab_allocator(), *this, guessing) {}

bool ImageBuilder::on_begin(const Layout& layout) {
  image_.index.clear();
  index_.begin(size_);
  image_.layout = layout;
  image_.tally.entry_count = 0;
  image_.tally.tombstone_count = 0;
  image_.tally.phantom_count = 0;
  image_.tally.live_size = 0;
  image_.tally.live_packed_size = 0;
  deleted_.clear();
  veiled_.clear();
  return true;
}

bool ImageBuilder::on_batch(const EntryRecord* records, std::size_t count) {
  std::array<BuildItem, kChainBatchSize> items;
  std::size_t taken = 0;
  std::uint64_t tombstone_count = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const EntryRecord& record = records[i];
    if (is_phantom(record)) continue;
    const std::uint64_t size_note = std::min<std::uint64_t>(record.payload_size(), kLargeNote);
    tombstone_count += record.is_tombstone ? 1 : 0;
    items[taken++] = BuildItem(record.key_hash, record.trailer_offset,
                               record.is_tombstone ? kTombstoneNote : static_cast<std::uint16_t>(size_note));
  }
  add_alone(image_.tally.entry_count, taken);
  add_alone(image_.tally.tombstone_count, tombstone_count);
  add_alone(image_.tally.phantom_count, count - taken);
  map_ahead(records[count - 1].prev_tail, count);
  return unless_out_of_memory([&] { return index_.add(file_, items.data(), taken); });
}

// Where there is an entry to each page, the walk will look at all pages below: one call for two MiB of them is cheaper
// than 32 faults.
void ImageBuilder::map_ahead(std::uint64_t tail, std::size_t entry_count) noexcept {
  const std::uint64_t stretch = align_down(tail, kStretchSize);
  if (stretch != stretch_) {
    if (stretch < stretch_ && stretch_entry_count_ >= kDenseEntryCount) {
      image_.mapped()->populate(stretch, tail - stretch);
    }
    stretch_ = stretch;
    stretch_entry_count_ = 0;
  }
  stretch_entry_count_ += entry_count;
}

// They count, for they are in the file; but what does not match its checksum is nobody's value.
bool ImageBuilder::on_damaged(const EntryRecord* records, std::size_t count) {
  return unless_out_of_memory([&] {
    if (!index_.flush(file_)) return false;
    for (std::size_t i = 0; i < count; ++i) {
      add_alone(image_.tally.entry_count, 1);
      if (records[i].is_tombstone) add_alone(image_.tally.tombstone_count, 1);
      const std::uint64_t offset = image_.index.find(file_, records[i].key_hash);
      if (offset == KeyIndex::kAbsent || offset < records[i].trailer_offset) veiled_.push_back(records[i].key_hash);
    }
    return true;
  });
}

void ImageBuilder::on_inserted(const BuildItem* items, std::size_t count) {
  std::uint64_t size = 0;
  std::uint64_t packed_size = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (items[i].note() == kTombstoneNote) {
      deleted_.push_back(items[i].key_hash);
      continue;
    }
    const std::uint64_t entry_size = payload_size(items[i]) + kTrailerSize;
    size += entry_size;
    packed_size += align_up(entry_size, kPayloadAlignment);
  }
  add_alone(image_.tally.live_size, size);
  add_alone(image_.tally.live_packed_size, packed_size);
}

std::uint64_t ImageBuilder::payload_size(const BuildItem& item) const noexcept {
  if (item.note() != kLargeNote) return item.note();
  EntryRecord record;  // the walk read it from there
  return read_entry_record(file_, item.trailer_offset(), image_.layout, &record) ? record.payload_size() : 0;
}

bool ImageBuilder::finish() noexcept {
  if (!unless_out_of_memory([&] { return index_.flush(file_) && index_.fit(file_); })) return false;
  for (const std::uint64_t key_hash : deleted_) (void)image_.index.erase(file_, key_hash);
  deleted_ = {};
  return true;
}

template <typename F>
bool ImageBuilder::unless_out_of_memory(F&& f) noexcept {
  try {
    out_of_memory_ |= !f();
  } catch (const std::bad_alloc&) {
    out_of_memory_ = true;
  }
  return !out_of_memory_;
}

}  // namespace simdr::core
