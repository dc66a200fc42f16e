// Several entries in one turn: all or none of them count.
#include <algorithm>
#include <atomic>
#include <unordered_set>
#include <vector>

#include "store/store.h"

namespace simdr::core {
namespace {

// Drops what belongs to removals from `of_each`, which has an item for each operation: a key that is removed takes no room, and no batch
// removes and puts one key.
void leave_values(std::span<const WriteOp> ops, std::vector<std::uint64_t>* of_each) {
  std::size_t left = 0;
  for (std::size_t i = 0; i < ops.size(); ++i) {
    if (!ops[i].is_removal) (*of_each)[left++] = (*of_each)[i];
  }
  of_each->resize(left);
}

}  // namespace

// Where the last of them will end. `mixed` is of those that are values.
Result<std::uint64_t> Store::ready_for(std::span<const WriteOp> ops, std::span<const std::uint64_t> mixed) {
  std::uint64_t tail = appender_->tail();
  for (const WriteOp& op : ops) {
    const bool fits = op.payload.size() < kMaxStoreSize;  // or the sum might wrap
    if (fits) tail = op.is_removal ? tail_after_tombstone(tail) : tail_after_value(tail, op.payload.size());
    if (!fits || tail >= kMaxStoreSize) {
      return make_error(Status::kTooLarge, "the batch would end past the format's limit of 2^48 bytes");
    }
  }
  FileImage& now = image();
  if (Result<void> mapped = now.ensure_mapped(tail); !mapped) return mapped.error();
  if (!now.index.reserve_many(now.mapped()->bytes(), mixed.data(), mixed.size())) {
    return make_error(Status::kNoMemory, "out of memory for the key index");
  }
  return tail;
}

Result<Store::Appended> Store::append_all(std::span<const WriteOp> ops, Durability durability) {
  if (ops.empty()) return Appended{appender_->tail(), group_commit_.epoch()};
  std::vector<std::uint64_t> key_hashes(ops.size());
  std::vector<std::uint64_t> trailers(ops.size());
  bool has_removals = false;
  for (std::size_t i = 0; i < ops.size(); ++i) {
    key_hashes[i] = ops[i].key_hash;
    has_removals |= ops[i].is_removal;
  }
  std::vector<std::uint64_t> mixed(ops.size());
  image().index.mix(key_hashes.data(), key_hashes.size(), mixed.data());
  if (has_removals) leave_values(ops, &mixed);
  const Result<std::uint64_t> end = ready_for(ops, mixed);
  if (!end) return end.error();
  const std::uint64_t before = appender_->tail();
  if (Result<void> appended = appender_->append_all(ops, *end, trailers.data()); !appended) {
    return take_back(before, appended.error());
  }
  if (Result<void> published = publish(durability); !published) return published.error();
  FileImage& now = image();
  {
    const ReadSection section;
    if (has_removals || now.snapshots.active()) {
      for (std::size_t i = 0; i < ops.size(); ++i) {
        if (i + 8 < ops.size()) now.index.prefetch(key_hashes[i + 8]);
        index_op(ops[i], trailers[i], ops[i].payload.size());
      }
    } else {
      index_values(ops, key_hashes, mixed, trailers);
    }
    now.tail.store(appender_->tail(), std::memory_order_release);
  }
  count_append(ops.size(), before);
  return Appended{appender_->tail(), group_commit_.epoch()};
}

// What index_op() does for each, when all are values and no snapshot is to be told: the tally moves once.
void Store::index_values(std::span<const WriteOp> ops, std::span<const std::uint64_t> key_hashes,
                         std::span<const std::uint64_t> mixed,
                         std::span<const std::uint64_t> trailer_offsets) noexcept {
  constexpr std::size_t kBlock = 256;
  FileImage& now = image();
  const ByteView file = now.mapped()->bytes();
  std::uint64_t previous[kBlock];
  std::uint64_t live_size = 0;
  std::uint64_t packed_size = 0;
  now.tally.add_entries(ops.size());
  for (std::size_t begin = 0; begin < ops.size(); begin += kBlock) {
    const std::size_t count = std::min(kBlock, ops.size() - begin);
    now.index.put_many(file, &key_hashes[begin], &mixed[begin], &trailer_offsets[begin], count, previous);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t size = ops[begin + i].payload.size();
      live_size += size + kTrailerSize;
      packed_size += Tally::packed_size(size);
      EntryRecord replaced;
      if (previous[i] == KeyIndex::kAbsent || !read_entry_record(file, previous[i], now.layout, &replaced)) continue;
      live_size -= replaced.payload_size() + kTrailerSize;
      packed_size -= Tally::packed_size(replaced.payload_size());
    }
  }
  now.tally.add_live_sums(live_size, packed_size);
}

Result<std::uint64_t> Store::put_many(std::span<const WriteOp> ops, Durability durability) {
  durability = durability_or_default(durability);
  for (std::size_t i = 0; i < ops.size(); ++i) {
    if (!is_guards_key_hash(ops[i].key_hash) && is_payload_allowed(ops[i].payload)) [[likely]]
      continue;
    Result<void> allowed = check_hash_allowed(ops[i].key_hash);
    if (allowed) allowed = check_payload_allowed(ops[i].payload);
    if (!allowed) return make_error(allowed.error().status, "entry %zu: %s", i, allowed.error().message);
  }
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  return finish_write(*std::move(turn), append_all(ops, durability), durability);
}

Result<std::uint64_t> Store::remove_many(std::span<const std::uint64_t> key_hashes, Durability durability,
                                         std::size_t* out_removed) {
  durability = durability_or_default(durability);
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  FileImage& now = image();
  std::vector<WriteOp> ops;
  std::unordered_set<std::uint64_t> seen;
  for (const std::uint64_t key_hash : key_hashes) {
    if (now.index.find(now.mapped()->bytes(), key_hash) == KeyIndex::kAbsent || !seen.insert(key_hash).second) continue;
    ops.push_back({key_hash, {}, true});
  }
  *out_removed = ops.size();
  return finish_write(*std::move(turn), append_all(ops, durability), durability);
}

}  // namespace simdr::core
