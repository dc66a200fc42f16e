#include "store/file_image.h"

#include <algorithm>
#include <new>

#include "platform/random.h"
#include "store/index_memory.h"

namespace simdr::core {
namespace {

constinit std::atomic<std::uint64_t> g_next_image_id{1};

// No more than a file can have: the index relies on it when it looks into the bytes (index/segment.h).
Result<MappedFile*> map_file(File& file, std::uint64_t needed_size, std::uint64_t wanted_size) {
  return MappedFile::create(file, needed_size, std::min(wanted_size, kMaxStoreSize));
}

}  // namespace

FileImage::FileImage(std::unique_ptr<File> file, MappedFile* mapped, std::uint64_t index_seed) noexcept
    : index(index_seed, index_slab_allocator()),
      file_(std::move(file)),
      mapped_(mapped),
      id_(g_next_image_id.fetch_add(1, std::memory_order_relaxed)),
      index_seed_(index_seed) {}

Result<std::shared_ptr<FileImage>> FileImage::map(std::unique_ptr<File> file, std::uint64_t needed_size,
                                                  std::uint64_t wanted_size, std::optional<std::uint64_t> index_seed) {
  Result<MappedFile*> mapped = map_file(*file, needed_size, wanted_size);
  if (!mapped) return mapped.error();
  try {
    return std::make_shared<FileImage>(std::move(file), *mapped, index_seed ? *index_seed : random_u64());
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

Result<std::vector<WriteOp>> FileImage::unveiling(std::uint64_t at_tail) const {
  std::vector<WriteOp> ops;
  if (at_tail != veiled_tail) return ops;
  ops.reserve(veiled.size());
  for (const std::uint64_t key_hash : veiled) {
    EntryRecord record;
    MappedFile* mapping = nullptr;
    const Status status = find(key_hash, &record, &mapping);
    if (status == Status::kNotFound) {
      ops.push_back({key_hash, {}, true});
    } else if (status == Status::kOk) {
      ops.push_back({key_hash, mapping->bytes().subspan(static_cast<std::size_t>(record.payload_offset),
                                                        static_cast<std::size_t>(record.payload_size()))});
    } else {
      return make_error(status, "the entry under key hash %016llx no longer reads as one: the file was changed",
                        static_cast<unsigned long long>(key_hash));
    }
  }
  return ops;
}

// The writer counts an entry before it puts the key, so looking in the other order errs on the side of "something is dead".
bool FileImage::nothing_is_dead() const noexcept {
  const std::uint64_t keys = index.count();
  std::atomic_thread_fence(std::memory_order_acquire);
  return tally.phantom_count.load(std::memory_order_relaxed) == 0 &&
         tally.entry_count.load(std::memory_order_acquire) == keys;
}

}  // namespace simdr::core
