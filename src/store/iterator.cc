#include "store/iterator.h"

#include <algorithm>

#include "recovery/chain.h"

namespace simdr::core {
Iterator::Iterator(const Store& store, const Options& options)
    : options_(options), layout_(store.layout()), image_(store.take_snapshot(&snapshot_)) {
  {
    const ReadSection section;
    mapped_ = image_->mapped();
    stripe_ = static_cast<std::uint32_t>(section.slot() % StripedRefCount::kStripeCount);
    mapped_->add_ref(stripe_);
  }
  nothing_is_dead_ = image_->nothing_is_dead();
  is_plain_ = nothing_is_dead_ && layout_ == kAligned64 && !options_.only_key_hash;
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
        if (block_size_ != 0) break;
        *error = make_error(Status::kCorrupt, "no entry ends at offset %llu: the file was changed",
                            static_cast<unsigned long long>(cursor_));
        return Status::kCorrupt;
      }
      const std::uint64_t step = cursor_ - record.prev_tail;
      cursor_ = record.prev_tail;
      prefetch_.follow(file, cursor_, step, record, options_.verify);
      if (is_wanted(record)) ++block_size_;
    }
    if (!options_.all_versions && !options_.only_key_hash && !nothing_is_dead_) keep_live();
  }
  if (snapshot_.is_broken()) {
    *error = make_error(Status::kNoMemory, "out of memory for what was replaced during the iteration");
    block_size_ = 0;
    return Status::kNoMemory;
  }
  return block_size_ == 0 ? Status::kNotFound : Status::kOk;
}

// An entry is live in the snapshot when the index has it, or had it until the writer told the snapshot otherwise.
void Iterator::keep_live() {
  std::array<std::uint64_t, kBlock> hashes;
  std::array<std::uint64_t, kBlock> offsets;
  for (std::size_t i = 0; i < block_size_; ++i) hashes[i] = block_[i].key_hash;
  std::size_t kept = 0;
  if (options_.writer_waits) {
    std::array<bool, kBlock> are_live;
    for (std::size_t i = 0; i < block_size_; ++i) offsets[i] = block_[i].trailer_offset;
    image_->index.holds_many(hashes.data(), offsets.data(), block_size_, are_live.data());
    for (std::size_t i = 0; i < block_size_; ++i) {
      if (are_live[i]) block_[kept++] = block_[i];
    }
    block_size_ = kept;
    return;
  }
  {
    const ReadSection section;
    MappedFile* mapped;
    do {
      mapped = image_->mapped();
      image_->index.find_many(mapped->bytes(), hashes.data(), block_size_, offsets.data());
    } while (mapped != image_->mapped());
  }
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

Status Iterator::tell_damaged(const EntryRecord& record, Error* error) noexcept {
  *error = make_error(Status::kCorrupt, "the payload at offset %llu (%llu bytes) does not match its checksum",
                      static_cast<unsigned long long>(record.payload_offset),
                      static_cast<unsigned long long>(record.payload_size()));
  return Status::kCorrupt;
}

Status Iterator::look(EntryRecord* out, Error* error) {
  if (block_at_ == block_size_) {
    if (const Status status = fill_block(error); status != Status::kOk) return status;
  }
  *out = block_[block_at_];
  return Status::kOk;
}

Status Iterator::next(Found* out, std::size_t capacity, std::size_t* out_count, Error* error) {
  return next_each(capacity, out_count, error, [&out](const EntryRecord& record, const std::byte* data) {
    *out++ = {record, data};
  });
}

Status Iterator::next_entry(Entry** out, Error* error) {
  EntryRecord found;
  std::size_t count = 0;
  const auto keep = [&found](const EntryRecord& record, const std::byte*) { found = record; };
  if (const Status status = next_each(1, &count, error, keep); status != Status::kOk) return status;
  const ReadSection section;
  Entry* entry = Entry::create(section, mapped_, found, layout_.trailer_size, image_->id());
  if (entry == nullptr) {
    pass_back(found);
    *error = make_error(Status::kNoMemory, "out of memory for an entry handle");
    return Status::kNoMemory;
  }
  *out = entry;
  return Status::kOk;
}

}  // namespace simdr::core
