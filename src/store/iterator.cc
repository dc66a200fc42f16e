#include "store/iterator.h"

#include <algorithm>

namespace simdr::core {
namespace {

// Trailers lie one entry apart and each names the next, so the walk itself cannot run ahead; asking for what lies this far
// below brings the lines of the entries to come.
constexpr std::uint64_t kPrefetchDistance = 6 * 1024;

}  // namespace

Iterator::Iterator(const Store& store, const Options& options)
    : options_(options), layout_(store.layout()), image_(store.take_snapshot(&snapshot_)) {
  {
    const ReadSection section;
    mapped_ = image_->mapped();
    stripe_ = static_cast<std::uint32_t>(section.slot() % StripedRefCount::kStripeCount);
    mapped_->add_ref(stripe_);
  }
  nothing_is_dead_ = image_->nothing_is_dead();
  cursor_ = snapshot_.tail();
}

Iterator::~Iterator() {
  image_->snapshots.remove(&snapshot_);
  mapped_->drop_ref(stripe_);
}

bool Iterator::is_wanted(const EntryRecord& record) const noexcept {
  if (record.is_tombstone || is_phantom(record)) return false;
  return !options_.only_key_hash || record.key_hash == *options_.only_key_hash;
}

// The next stretch of the chain that has anything in it.
Status Iterator::fill_block(Error* error) {
  const ByteView file = mapped_->bytes();
  block_size_ = 0;
  block_at_ = 0;
  while (cursor_ != 0 && block_size_ == 0) {
    while (cursor_ != 0 && block_size_ < kBlock) {
      EntryRecord& record = block_[block_size_];
      if (cursor_ < layout_.trailer_size ||
          !read_entry_record(file, cursor_ - layout_.trailer_size, layout_, &record)) {
        *error = make_error(Status::kCorrupt, "no entry ends at offset %llu: the file was changed",
                            static_cast<unsigned long long>(cursor_));
        cursor_ = 0;
        return Status::kCorrupt;
      }
      cursor_ = record.prev_tail;
      if (cursor_ > kPrefetchDistance) __builtin_prefetch(file.data() + (cursor_ - kPrefetchDistance));
      if (is_wanted(record)) ++block_size_;
    }
    if (!options_.all_versions && !options_.only_key_hash && !nothing_is_dead_) keep_live();
  }
  if (snapshot_.is_broken()) {
    *error = make_error(Status::kNoMemory, "out of memory for what was replaced during the iteration");
    return Status::kNoMemory;
  }
  return block_size_ == 0 ? Status::kNotFound : Status::kOk;
}

// An entry is live in the snapshot when the index has it, or had it until the writer told the snapshot otherwise.
void Iterator::keep_live() {
  std::array<std::uint64_t, kBlock> hashes;
  std::array<std::uint64_t, kBlock> offsets;
  for (std::size_t i = 0; i < block_size_; ++i) hashes[i] = block_[i].key_hash;
  {
    const ReadSection section;
    MappedFile* mapped;
    do {
      mapped = image_->mapped();
      image_->index.find_many(mapped->bytes(), hashes.data(), block_size_, offsets.data());
    } while (mapped != image_->mapped());
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < block_size_; ++i) {
    const std::uint64_t offset = block_[i].trailer_offset;
    bool is_live = offsets[i] == offset;
    // Absent, or moved on to an entry that is not in the snapshot: ask what it was.
    if (!is_live && (offsets[i] == KeyIndex::kAbsent || offsets[i] >= snapshot_.tail())) {
      is_live = snapshot_.replaced_offset(hashes[i]) == offset;
    }
    if (is_live) block_[kept++] = block_[i];
  }
  block_size_ = kept;
}

Status Iterator::check(const Found& found, Error* error) const {
  if (!options_.verify || checksum_matches(found.payload(), found.record.crc32, layout_.trailer_size)) {
    return Status::kOk;
  }
  *error = make_error(Status::kCorrupt, "the payload at offset %llu (%llu bytes) does not match its checksum",
                      static_cast<unsigned long long>(found.record.payload_offset),
                      static_cast<unsigned long long>(found.record.payload_size()));
  return Status::kCorrupt;
}

Status Iterator::next(Found* out, std::size_t capacity, std::size_t* out_count, Error* error) {
  std::size_t count = 0;
  while (count < capacity) {
    if (block_at_ == block_size_) {
      const Status status = fill_block(error);
      if (status == Status::kNotFound) break;
      if (status != Status::kOk) return status;
    }
    const EntryRecord& record = block_[block_at_];
    out[count] = {record, mapped_->bytes().data() + record.payload_offset};
    if (const Status status = check(out[count], error); status != Status::kOk) {
      // What was found before it goes out first; the bad one is told at the next call.
      if (count != 0) break;
      ++block_at_;
      return status;
    }
    ++block_at_;
    ++count;
  }
  *out_count = count;
  return count == 0 && capacity != 0 ? Status::kNotFound : Status::kOk;
}

Status Iterator::next_entry(Entry** out, Error* error) {
  Found found;
  std::size_t count = 0;
  if (const Status status = next(&found, 1, &count, error); status != Status::kOk) return status;
  const ReadSection section;
  Entry* entry = Entry::create(section, mapped_, found.record, layout_.trailer_size, image_->id());
  if (entry == nullptr) {
    --block_at_;
    *error = make_error(Status::kNoMemory, "out of memory for an entry handle");
    return Status::kNoMemory;
  }
  *out = entry;
  return Status::kOk;
}

}  // namespace simdr::core
