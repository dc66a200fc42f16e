#include "store/file_image.h"

#include <algorithm>
#include <new>

#include "platform/random.h"
#include "store/index_memory.h"

namespace simdr::core {
namespace {

constinit std::atomic<std::uint64_t> g_next_image_id{1};

}  // namespace

FileImage::FileImage(std::unique_ptr<File> file, MappedFile* mapped, std::uint64_t index_seed) noexcept
    : index(index_seed, index_slab_allocator()),
      file_(std::move(file)),
      mapped_(mapped),
      id_(g_next_image_id.fetch_add(1, std::memory_order_relaxed)) {}

Result<std::shared_ptr<FileImage>> FileImage::map(std::unique_ptr<File> file, std::uint64_t needed_size,
                                                  std::uint64_t wanted_size) {
  Result<MappedFile*> mapped = MappedFile::create(*file, needed_size, wanted_size);
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
  Result<MappedFile*> wider =
      MappedFile::create(*file_, size, std::max(size * 2, std::uint64_t{old->bytes().size()} * 4));
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

bool ImageBuilder::on_begin(const Layout& layout) {
  image_.index.clear();
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
  std::uint64_t hashes[kChainBatchSize] = {};
  std::uint64_t offsets[kChainBatchSize] = {};
  std::uint8_t inserted[kChainBatchSize] = {};
  std::size_t taken = 0;
  std::size_t source[kChainBatchSize];
  for (std::size_t i = 0; i < count; ++i) {
    if (is_phantom(records[i])) {
      add_alone(image_.tally.phantom_count, 1);
      continue;
    }
    hashes[taken] = records[i].key_hash;
    offsets[taken] = records[i].trailer_offset;
    source[taken++] = i;
  }
  if (!image_.index.insert_absent_many(file_, hashes, offsets, taken, inserted)) {
    out_of_memory_ = true;
    return false;
  }
  try {
    for (std::size_t i = 0; i < taken; ++i) this->count(records[source[i]], inserted[i] != 0);
  } catch (const std::bad_alloc&) {
    out_of_memory_ = true;
    return false;
  }
  return true;
}

// They count, for they are in the file; but what does not match its checksum is nobody's value.
bool ImageBuilder::on_damaged(const EntryRecord* records, std::size_t count) {
  try {
    for (std::size_t i = 0; i < count; ++i) {
      this->count(records[i], false);
      const std::uint64_t offset = image_.index.find(file_, records[i].key_hash);
      if (offset == KeyIndex::kAbsent || offset < records[i].trailer_offset) veiled_.push_back(records[i].key_hash);
    }
  } catch (const std::bad_alloc&) {
    out_of_memory_ = true;
    return false;
  }
  return true;
}

void ImageBuilder::count(const EntryRecord& record, bool is_newest) {
  add_alone(image_.tally.entry_count, 1);
  if (record.is_tombstone) add_alone(image_.tally.tombstone_count, 1);
  if (!is_newest) return;
  if (record.is_tombstone) {
    deleted_.push_back(record.key_hash);
  } else {
    image_.tally.add_live(record.payload_size());
  }
}

void ImageBuilder::finish() noexcept {
  for (const std::uint64_t key_hash : deleted_) (void)image_.index.erase(file_, key_hash);
  deleted_ = {};
}

}  // namespace simdr::core
