// Several entries in one turn: all or none of them count.
#include <unordered_set>
#include <vector>

#include "store/store.h"

namespace simdr::core {

Result<void> Store::ready_for(std::span<const WriteOp> ops) {
  std::uint64_t tail = appender_->tail();
  std::vector<std::uint64_t> hashes;
  hashes.reserve(ops.size());
  for (const WriteOp& op : ops) {
    const bool fits = op.payload.size() < kMaxStoreSize;  // or the sum might wrap
    if (fits) tail = op.is_removal ? tail_after_tombstone(tail) : tail_after_value(tail, op.payload.size());
    if (!fits || tail >= kMaxStoreSize) {
      return make_error(Status::kTooLarge, "the batch would end past the format's limit of 2^48 bytes");
    }
    hashes.push_back(op.key_hash);
  }
  FileImage& now = image();
  if (Result<void> mapped = now.ensure_mapped(tail); !mapped) return mapped;
  if (!now.index.reserve(now.mapped()->bytes(), hashes.data(), hashes.size())) {
    return make_error(Status::kNoMemory, "out of memory for the key index");
  }
  return {};
}

Result<Store::Appended> Store::append_all(std::span<const WriteOp> ops, Durability durability) {
  if (ops.empty()) return Appended{appender_->tail(), group_commit_.epoch()};
  if (Result<void> ready = ready_for(ops); !ready) return ready.error();
  std::vector<std::uint64_t> trailers(ops.size());
  const std::uint64_t before = appender_->tail();
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const Result<std::uint64_t> trailer = append_op(ops[i]);
    if (!trailer) return take_back(before, trailer.error());
    trailers[i] = *trailer;
  }
  if (Result<void> published = publish(durability); !published) return published.error();
  FileImage& now = image();
  {
    const ReadSection section;
    for (std::size_t i = 0; i < ops.size(); ++i) {
      if (i + 8 < ops.size()) now.index.prefetch(ops[i + 8].key_hash);
      index_op(ops[i], trailers[i], ops[i].payload.size());
    }
    now.tail.store(appender_->tail(), std::memory_order_release);
  }
  count_append(ops.size(), before);
  return Appended{appender_->tail(), group_commit_.epoch()};
}

Result<std::uint64_t> Store::put_many(std::span<const WriteOp> ops, Durability durability) {
  durability = durability_or_default(durability);
  for (std::size_t i = 0; i < ops.size(); ++i) {
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
