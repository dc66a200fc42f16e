// Looking things up. No lock and no shared counter: everything happens inside read sections.
#include <algorithm>
#include <cstring>
#include <new>
#include <optional>

#include "recovery/chain.h"
#include "store/iterator.h"
#include "store/store.h"

namespace simdr::core {
namespace {

Status fail(Error* error, const Error& what) noexcept {
  *error = what;
  return what.status;
}

Error bad_link(std::uint64_t key_hash) noexcept {
  return make_error(Status::kCorrupt, "the entry under key hash %016llx no longer reads as one: the file was changed",
                    static_cast<unsigned long long>(key_hash));
}

Error no_memory_for_handle() noexcept { return make_error(Status::kNoMemory, "out of memory for an entry handle"); }

}  // namespace

// Counted in plain loads and stores where the slot is this thread's alone.
void Store::count_lookup(const ReadSection& section, std::uint64_t hits, std::uint64_t misses) const noexcept {
  LookupCounter& mine = lookups_[section];
  const auto count = [&section](std::atomic<std::uint64_t>& figure, std::uint64_t more) {
    if (section.slot_is_shared()) [[unlikely]] {
      figure.fetch_add(more, std::memory_order_relaxed);
    } else {
      add_alone(figure, more);
    }
  };
  if (hits != 0) count(mine.hits, hits);
  if (misses != 0) count(mine.misses, misses);
}

Status Store::check_payload(const Found& found, Error* error) const noexcept {
  if (checksum_matches(found.payload(), found.record.crc32, layout_.trailer_size)) return Status::kOk;
  return fail(error, make_error(Status::kCorrupt, "the payload at offset %llu (%llu bytes) does not match its checksum",
                                static_cast<unsigned long long>(found.record.payload_offset),
                                static_cast<unsigned long long>(found.record.payload_size())));
}

Status Store::view_in(const FileImage& image, std::uint64_t key_hash, Found* out, MappedFile** out_mapped,
                      Error* error) const noexcept {
  const Status status = image.find(key_hash, &out->record, out_mapped);
  if (status != Status::kOk) {
    return status == Status::kNotFound ? status : fail(error, bad_link(key_hash));
  }
  out->data = (*out_mapped)->bytes().data() + out->record.payload_offset;
  return settings_.verify_reads ? check_payload(*out, error) : Status::kOk;
}

Status Store::view(std::uint64_t key_hash, Found* out, Error* error) const noexcept {
  const ReadSection section;
  MappedFile* mapped = nullptr;
  const Status status = view_in(image(), key_hash, out, &mapped, error);
  count_lookup(section, status == Status::kOk, status == Status::kNotFound);
  return status;
}

Status Store::get(std::uint64_t key_hash, Entry** out, Error* error) const noexcept {
  const ReadSection section;
  const FileImage& now = image();
  Found found;
  MappedFile* mapped = nullptr;
  const Status status = view_in(now, key_hash, &found, &mapped, error);
  count_lookup(section, status == Status::kOk, status == Status::kNotFound);
  if (status != Status::kOk) return status;
  *out = Entry::create(section, mapped, found.record, layout_.trailer_size, now.id());
  return *out != nullptr ? Status::kOk : fail(error, no_memory_for_handle());
}

namespace {

constexpr std::size_t kLookupBlock = 64;

}  // namespace

// One block of at most kLookupBlock keys, in a read section: emit(i, record, payload's address) for each that is there.
template <typename Emit>
Status Store::look_up_block(const FileImage& now, std::span<const std::uint64_t> key_hashes, Error* error,
                            Emit&& emit) const noexcept {
  std::uint64_t offsets[kLookupBlock];
  MappedFile* mapped;
  do {
    mapped = now.mapped();
    now.index.find_many(mapped->bytes(), key_hashes.data(), key_hashes.size(), offsets);
  } while (mapped != now.mapped());
  const ByteView file = mapped->bytes();
  const bool is_current = now.layout == kAligned64;
  for (std::size_t i = 0; i < key_hashes.size(); ++i) {
    if (offsets[i] == KeyIndex::kAbsent) continue;
    EntryRecord record;
    if (!(is_current && read_current_value(file, offsets[i], &record)) &&
        !read_entry_record(file, offsets[i], now.layout, &record)) {
      return fail(error, bad_link(key_hashes[i]));
    }
    const std::byte* const data = file.data() + record.payload_offset;
    __builtin_prefetch(data);
    if (settings_.verify_reads) {
      if (const Status status = check_payload({record, data}, error); status != Status::kOk) return status;
    }
    if (const Status status = emit(i, record, data, mapped); status != Status::kOk) return status;
  }
  return Status::kOk;
}

Status Store::view_many(std::span<const std::uint64_t> key_hashes, FlatView* out, Error* error) const noexcept {
  const ReadSection section;
  const FileImage& now = image();
  std::uint64_t hits = 0;
  for (std::size_t begin = 0; begin < key_hashes.size(); begin += kLookupBlock) {
    const std::size_t count = std::min(kLookupBlock, key_hashes.size() - begin);
    std::fill_n(out + begin, count, FlatView{});
    const auto emit = [&](std::size_t i, const EntryRecord& record, const std::byte* data, MappedFile*) {
      out[begin + i] = {data, record.payload_size(), record.key_hash, record.payload_offset, record.crc32, 0};
      ++hits;
      return Status::kOk;
    };
    const Status status = look_up_block(now, key_hashes.subspan(begin, count), error, emit);
    if (status != Status::kOk) return status;
  }
  count_lookup(section, hits, key_hashes.size() - hits);
  return Status::kOk;
}

Status Store::get_block(const FileImage& now, const ReadSection& section, std::span<const std::uint64_t> key_hashes,
                        const bool* is_absent, Entry** out, Error* error) const noexcept {
  std::uint64_t hits = 0;
  const auto emit = [&](std::size_t i, const EntryRecord& record, const std::byte*, MappedFile* mapped) {
    if (is_absent != nullptr && is_absent[i]) return Status::kOk;
    out[i] = Entry::create(section, mapped, record, layout_.trailer_size, now.id());
    if (out[i] == nullptr) return fail(error, no_memory_for_handle());
    ++hits;
    return Status::kOk;
  };
  const Status status = look_up_block(now, key_hashes, error, emit);
  if (status == Status::kOk) count_lookup(section, hits, key_hashes.size() - hits);
  return status;
}

Status Store::get_many(std::span<const std::uint64_t> key_hashes, const bool* is_absent, Entry** out,
                       Error* error) const noexcept {
  const ReadSection section;  // around all, so that one image serves all
  const FileImage& now = image();
  std::fill_n(out, key_hashes.size(), nullptr);
  for (std::size_t begin = 0; begin < key_hashes.size(); begin += kLookupBlock) {
    const std::size_t count = std::min(kLookupBlock, key_hashes.size() - begin);
    const Status status = get_block(now, section, key_hashes.subspan(begin, count),
                                    is_absent == nullptr ? nullptr : is_absent + begin, out + begin, error);
    if (status == Status::kOk) continue;
    for (std::size_t i = 0; i < begin + count; ++i) {
      if (out[i] != nullptr) out[i]->drop_ref();
      out[i] = nullptr;
    }
    return status;
  }
  return Status::kOk;
}

Status Store::read(std::uint64_t key_hash, std::uint64_t position, void* to, std::size_t capacity,
                   std::size_t* out_size, std::uint64_t* out_value_size, Error* error) const {
  // Held, so that the file stays open while it is read outside of the section: a read may take long.
  const std::shared_ptr<FileImage> now = shared_image();
  const std::uint64_t tail = now->tail.load(std::memory_order_acquire);  // before the size, since both grow
  const Result<FileInfo> info = now->file().info();
  if (!info) return fail(error, info.error());
  if (info->size < tail) {
    return fail(error, make_error(Status::kIo, "%s: was cut short to %llu bytes by another program", path_.c_str(),
                                  static_cast<unsigned long long>(info->size)));
  }
  EntryRecord record;
  {
    const ReadSection section;
    MappedFile* mapped = nullptr;
    const Status status = now->find(key_hash, &record, &mapped);
    count_lookup(section, status == Status::kOk, status == Status::kNotFound);
    if (status == Status::kNotFound) return status;
    if (status != Status::kOk) return fail(error, bad_link(key_hash));
  }
  const std::uint64_t size = record.payload_size();
  const std::uint64_t left = position < size ? size - position : 0;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, capacity));
  if (Result<void> got = now->file().read_at(record.payload_offset + position, to, count); !got) {
    return fail(error, got.error());
  }
  *out_size = count;
  if (out_value_size != nullptr) *out_value_size = size;
  return Status::kOk;
}

// In one read section, and so not for long. Nothing where that does not tell.
std::optional<Status> Store::last_entry_nearby(Entry** out, Error* error) const noexcept {
  constexpr int kMostSteps = 64;
  const ReadSection section;
  const FileImage& now = image();
  const std::uint64_t last_tail = now.tail.load(std::memory_order_acquire);
  MappedFile* mapped = now.mapped();  // after the tail: the mapping that it was published with, or a longer one
  if (now.index.count() == 0) return Status::kNotFound;
  std::uint64_t tail = last_tail;
  for (int step = 0; tail != 0; ++step) {
    EntryRecord record;
    if (!read_entry_record(mapped->bytes(), tail - layout_.trailer_size, layout_, &record)) {
      return fail(error, make_error(Status::kCorrupt, "no entry ends at offset %llu: the file was changed",
                                    static_cast<unsigned long long>(tail)));
    }
    if (!record.is_tombstone && !is_phantom(record)) {
      const std::uint64_t live = now.index.find(mapped->bytes(), record.key_hash);
      if (live == record.trailer_offset) {
        *out = Entry::create(section, mapped, record, layout_.trailer_size, now.id());
        return *out != nullptr ? Status::kOk : fail(error, no_memory_for_handle());
      }
      // A writer may have moved on from it since the tail was looked at: then it was the last one, and what lies below it was not.
      if (live == KeyIndex::kAbsent || live > last_tail) return std::nullopt;
    }
    if (step == kMostSteps) return std::nullopt;
    tail = record.prev_tail;
  }
  return Status::kNotFound;
}

Status Store::last_entry(Entry** out, Error* error) const {
  if (const std::optional<Status> status = last_entry_nearby(out, error)) return *status;
  // No writer can outrun a snapshot, and nobody waits for its walk.
  return Iterator(*this, {}).next_entry(out, error);
}

std::uint64_t Store::count() const noexcept {
  const ReadSection section;
  return image().live_count();
}

std::uint64_t Store::tail() const noexcept {
  const ReadSection section;
  return image().tail.load(std::memory_order_acquire);
}

std::uint64_t Store::compaction_savings() const noexcept {
  const ReadSection section;
  const std::uint64_t whole = image().tail.load(std::memory_order_acquire);
  const std::uint64_t packed = image().tally.live_packed_size.load(std::memory_order_relaxed);
  // The last entry is not rounded up in a file, hence the bound.
  return whole > packed ? whole - packed : 0;
}

// Takes no write lock, so that it can be asked during a compaction, also by its callback.
Result<Stats> Store::stats() const {
  const std::shared_ptr<FileImage> now = shared_image();
  Stats stats{};
  stats.tail = now->tail;  // before the size, since both grow
  const Result<FileInfo> info = now->file().info();
  if (!info) return info.error();
  stats.live_count = now->live_count();
  stats.live_size = now->tally.live_size;
  stats.dead_size = stats.tail - std::min(stats.tail, stats.live_size);
  stats.entry_count = now->tally.entry_count;
  stats.tombstone_count = now->tally.tombstone_count;
  stats.physical_size = info->size;
  for (std::size_t slot = 0; slot < lookups_.kCount; ++slot) {
    stats.get_hits += lookups_.at(slot).hits.load(std::memory_order_relaxed);
    stats.get_misses += lookups_.at(slot).misses.load(std::memory_order_relaxed);
  }
  stats.put_count = figures_.put_count;
  stats.written_size = figures_.written_size;
  stats.sync_count = figures_.sync_count;
  stats.durable_tail = is_read_only() ? stats.tail : figures_.durable_tail.load();
  stats.window_count = figures_.window_count;
  stats.index_memory_size = now->index.memory_size();
  stats.index_load = now->index.load();
  return stats;
}

std::shared_ptr<FileImage> Store::shared_image() const {
  const std::lock_guard lock(image_mutex_);
  return image_owner_;
}

std::shared_ptr<FileImage> Store::take_snapshot(Snapshot* snapshot) const {
  std::shared_ptr<FileImage> now = shared_image();
  now->snapshots.add(snapshot, now->tail);
  return now;
}

}  // namespace simdr::core
