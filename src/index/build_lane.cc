#include "index/build_lane.h"

#include <algorithm>

namespace simdr::core {

bool BuildLane::add(ByteView file, const BuildItem* items, std::size_t count) {
  if (!is_shared_) return insert(file, items, count);
  insert_where_room(file, items, count);
  return true;
}

void BuildLane::forget() noexcept {
  kept_.clear();
  inserted_count_.store(0, std::memory_order_relaxed);
  kept_count_.store(0, std::memory_order_relaxed);
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

bool BuildLane::insert(ByteView file, const BuildItem* items, std::size_t count) {
  KeyIndex::LeftOut but;
  if (!index_.insert_absent(file, items, count, &but)) return false;
  sink_.on_added(number_, items, count, but);
  return true;
}

void BuildLane::insert_where_room(ByteView file, const BuildItem* items, std::size_t count) {
  const KeyIndex::LeftOut but = index_.insert_absent_where_room(file, items, count);
  if (but.full.count() != 0) [[unlikely]] {
    but.full.for_each([&](std::size_t i) { kept_.push_back(items[i]); });
    kept_count_.store(kept_.size(), std::memory_order_relaxed);
  }
  sink_.on_added(number_, items, count, but);
  inserted_count_.store(inserted_count() + count - but.present.count() - but.full.count(), std::memory_order_relaxed);
}

}  // namespace simdr::core
