#include "index/build_lane.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace simdr::core {

static_assert(BuildLane::kMaxBatch <= KeyIndex::kMostItems);

bool BuildLane::add(ByteView file, const BuildItem* items, std::size_t count) {
  assert(count <= kMaxBatch);
  Held& batch = held_[oldest_held_];
  if (!insert_oldest(file)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    batch.items[i] = items[i];
    index_.prefetch(items[i].key_hash);
  }
  batch.count = count;
  return true;
}

bool BuildLane::flush(ByteView file) {
  for (std::size_t i = 0; i < kHeldBatches; ++i) {
    if (!insert_oldest(file)) return false;
  }
  return true;
}

void BuildLane::forget() noexcept {
  for (Held& batch : held_) batch.count = 0;
  kept_.clear();
  inserted_count_.store(0, std::memory_order_relaxed);
  kept_count_.store(0, std::memory_order_relaxed);
}

void BuildLane::set_shared(bool is_shared) noexcept {
  assert(std::all_of(held_.begin(), held_.end(), [](const Held& batch) { return batch.count == 0; }));
  is_shared_ = is_shared;
}

bool BuildLane::settle(ByteView file) {
  index_.add_inserted(inserted_count_.exchange(0, std::memory_order_relaxed));
  kept_count_.store(0, std::memory_order_relaxed);
  std::vector<BuildItem> kept;
  kept.swap(kept_);
  for (std::size_t i = 0; i < kept.size(); i += KeyIndex::kMostItems) {
    if (!insert(file, &kept[i], std::min(KeyIndex::kMostItems, kept.size() - i))) return false;
  }
  return true;
}

bool BuildLane::insert_oldest(ByteView file) {
  Held& batch = held_[oldest_held_];
  oldest_held_ = (oldest_held_ + 1) % kHeldBatches;
  const std::size_t count = std::exchange(batch.count, std::size_t{0});
  if (!is_shared_) return insert(file, batch.items.data(), count);
  insert_where_room(file, batch.items.data(), count);
  return true;
}

bool BuildLane::insert(ByteView file, BuildItem* items, std::size_t count) {
  std::size_t inserted = 0;
  if (!index_.insert_absent_many(file, items, count, &inserted)) return false;
  if (inserted != 0) sink_.on_inserted(number_, items, inserted);
  return true;
}

void BuildLane::insert_where_room(ByteView file, BuildItem* items, std::size_t count) {
  const KeyIndex::Inserted inserted = index_.insert_absent_where_room(file, items, count);
  if (inserted.full_count != 0) [[unlikely]] {
    const BuildItem* const full = items + inserted.count;
    kept_.insert(kept_.end(), full, full + inserted.full_count);
    kept_count_.store(kept_.size(), std::memory_order_relaxed);
  }
  if (inserted.count != 0) sink_.on_inserted(number_, items, inserted.count);
  inserted_count_.store(inserted_count() + inserted.count, std::memory_order_relaxed);
}

}  // namespace simdr::core
