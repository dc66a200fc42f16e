#include "store/image_builder.h"

#include <algorithm>
#include <array>
#include <new>

#include "store/index_memory.h"

namespace simdr::core {
namespace {

// What a build remembers of an entry until it is known to be its key's newest: the payload's size, or that. No payload
// is empty.
constexpr std::uint16_t kTombstoneNote = 0;
constexpr std::uint16_t kLargeNote = 0xFFFF;  // that or more: the file tells

constexpr std::uint64_t kStretchSize = std::uint64_t{2} << 20;
constexpr std::uint64_t kDenseEntryCount = kStretchSize / 4096;
// More would leave the cache, page table entries and all, before the walk is there.
constexpr std::uint64_t kMostMappedAhead = 64 * kStretchSize;

static_assert(kChainBatchSize <= BuildFeed::kMaxBatch);

}  // namespace

ImageBuilder::ImageBuilder(FileImage& image, std::uint64_t size, BuildCrew& crew) noexcept
    : image_(image),
      file_(image.mapped()->bytes()),
      size_(size),
      index_(image.index, index_slab_allocator(), *this, {}, &crew) {}

bool ImageBuilder::on_begin(const Layout& layout) {
  index_.begin(size_);
  image_.index.clear();
  image_.layout = layout;
  sums_ = {};
  arrived_ = {};
  stretch_ = size_;
  stretch_entry_count_ = 0;
  is_dense_ = false;
  mapped_from_ = size_;
  veiled_.clear();
  return true;
}

bool ImageBuilder::on_batch(const EntryRecord* records, std::size_t count) {
  BuildItem* const items = index_.room();
  std::size_t taken = 0;
  std::uint64_t size = 0;
  std::uint64_t size_packed = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const EntryRecord& record = records[i];
    if (is_phantom(record)) [[unlikely]]
      continue;
    std::uint64_t note = kTombstoneNote;
    if (record.is_tombstone) [[unlikely]] {
      ++sums_.tombstone_count;
    } else {
      note = std::min<std::uint64_t>(record.payload_size(), kLargeNote);
      size += record.payload_size() + kTrailerSize;
      size_packed += Tally::packed_size(record.payload_size());
    }
    items[taken++] = BuildItem(record.key_hash, record.trailer_offset, static_cast<std::uint16_t>(note));
  }
  // As if all of them were live; what is not is taken off in the end.
  sums_.live_size += size;
  sums_.live_packed_size += size_packed;
  sums_.entry_count += taken;
  sums_.phantom_count += count - taken;
  map_ahead(records[count - 1].prev_tail, count);
  try {
    if (!in_memory(index_.add(file_, taken))) return false;
  } catch (const std::bad_alloc&) {  // of on_added()
    return in_memory(false);
  }
  while (index_.is_held_up() && map_further()) {
  }
  return true;
}

// Where there is an entry to each page, the walk will look at all pages below: one call for two MiB of them is cheaper
// than 32 faults.
void ImageBuilder::map_ahead(std::uint64_t tail, std::size_t entry_count) noexcept {
  const std::uint64_t stretch = align_down(tail, kStretchSize);
  if (stretch != stretch_) {
    is_dense_ = stretch < stretch_ && stretch_entry_count_ >= kDenseEntryCount;
    stretch_ = stretch;
    stretch_entry_count_ = 0;
    if (is_dense_ && stretch < mapped_from_) {
      image_.mapped()->populate(stretch, tail - stretch);
      mapped_from_ = stretch;
    }
  }
  stretch_entry_count_ += entry_count;
}

// The same for the stretch below those that are mapped. False where there is none, or it may not be dense.
bool ImageBuilder::map_further() noexcept {
  if (!is_dense_ || mapped_from_ == 0 || stretch_ - mapped_from_ >= kMostMappedAhead) return false;
  mapped_from_ -= kStretchSize;
  image_.mapped()->populate(mapped_from_, kStretchSize);
  return true;
}

// They count, for they are in the file; but what does not match its checksum is nobody's value.
bool ImageBuilder::on_damaged(const EntryRecord* records, std::size_t count) {
  if (!complete()) return false;
  for (std::size_t i = 0; i < count; ++i) {
    ++sums_.entry_count;
    sums_.tombstone_count += records[i].is_tombstone ? 1 : 0;
    const std::uint64_t offset = image_.index.find(file_, records[i].key_hash);
    if (offset != KeyIndex::kAbsent && offset >= records[i].trailer_offset) continue;
    try {
      veiled_.push_back(records[i].key_hash);
    } catch (const std::bad_alloc&) {
      return in_memory(false);
    }
  }
  return true;
}

std::vector<std::uint64_t> ImageBuilder::take_veiled() noexcept {
  std::sort(veiled_.begin(), veiled_.end());
  veiled_.erase(std::unique(veiled_.begin(), veiled_.end()), veiled_.end());
  return std::move(veiled_);
}

void ImageBuilder::on_added(std::size_t lane, const BuildItem* items, std::size_t count, const KeyIndex::LeftOut& but) {
  Arrived& arrived = arrived_[lane];
  but.present.for_each([&](std::size_t i) {
    if (items[i].note() == kTombstoneNote) return;
    const std::uint64_t size = payload_size(items[i]);
    arrived.old_size += size + kTrailerSize;
    arrived.old_packed_size += Tally::packed_size(size);
  });
  for (std::size_t i = 0; i < count; ++i) {
    if (items[i].note() != kTombstoneNote || but.present.has(i) || but.full.has(i)) [[likely]]
      continue;
    arrived.deleted.push_back(items[i].key_hash);
  }
}

std::uint64_t ImageBuilder::payload_size(const BuildItem& item) const noexcept {
  if (item.note() != kLargeNote) return item.note();
  EntryRecord record;  // the walk read it from there
  return read_entry_record(file_, item.trailer_offset(), image_.layout, &record) ? record.payload_size() : 0;
}

bool ImageBuilder::finish() noexcept {
  if (!complete() || !in_memory(index_.fit(file_))) return false;
  for (Arrived& arrived : arrived_) {
    sums_.live_size -= arrived.old_size;
    sums_.live_packed_size -= arrived.old_packed_size;
    for (const std::uint64_t key_hash : arrived.deleted) (void)image_.index.erase(file_, key_hash);
  }
  arrived_ = {};
  image_.tally.set(sums_);
  return true;
}

// All that came is in the index.
bool ImageBuilder::complete() noexcept {
  try {
    return in_memory(index_.flush(file_));
  } catch (const std::bad_alloc&) {  // of on_added()
    return in_memory(false);
  }
}

}  // namespace simdr::core
