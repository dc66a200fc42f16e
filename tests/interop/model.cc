#include "model.h"

#include <algorithm>
#include <cstdlib>

namespace simdr::interop {
namespace {

simdr_status check(const Payload& payload) {
  if (payload.is_storable()) return SIMDR_OK;
  return payload.bytes().empty() ? SIMDR_ERR_EMPTY_PAYLOAD : SIMDR_ERR_TOMBSTONE_PAYLOAD;
}

}  // namespace

simdr_status Model::apply(const Op& op, Model* target) {
  switch (op.verb) {
    case Verb::kStream:
      // A source that fails is told before what it gave is looked at.
      if (op.fail_at) return SIMDR_ERR_SOURCE;
      return store_all(op);
    case Verb::kPut:
    case Verb::kPutHash:
    case Verb::kBatch:
    case Verb::kBatchHash:
      return store_all(op);
    case Verb::kDelete:
      return remove(op.items[0]);
    case Verb::kBatchDelete:
    case Verb::kDeleteHashes:
      for (const Item& item : op.items) (void)remove(item);
      return SIMDR_OK;
    case Verb::kRename:
      return rename(op.items[0], op.items[1]);
    case Verb::kCopy:
      if (target == nullptr) std::abort();
      return copy(op.items[0], *target);
    case Verb::kTransfer: {
      if (target == nullptr) std::abort();
      const simdr_status copied = copy(op.items[0], *target);
      return copied == SIMDR_OK ? remove(op.items[0]) : copied;
    }
    case Verb::kCompact:
      compact();
      return SIMDR_OK;
    case Verb::kReopen:
      return SIMDR_OK;
  }
  std::abort();
}

void Model::store(const Item& item, const Payload& payload) { live_[item.hash] = {item.hash, payload, next_order_++}; }

// All or nothing.
simdr_status Model::store_all(const Op& op) {
  for (const Item& item : op.items) {
    if (const simdr_status status = check(item.payload); status != SIMDR_OK) return status;
  }
  for (const Item& item : op.items) store(item, item.payload);
  return SIMDR_OK;
}

simdr_status Model::remove(const Item& item) { return live_.erase(item.hash) != 0 ? SIMDR_OK : SIMDR_NOT_FOUND; }

simdr_status Model::rename(const Item& old_item, const Item& new_item) {
  if (old_item.hash == new_item.hash) return SIMDR_ERR_SAME_KEY;
  const Value* value = find(old_item.hash);
  if (value == nullptr) return SIMDR_NOT_FOUND;
  store(new_item, Payload(value->payload));
  return remove(old_item);
}

simdr_status Model::copy(const Item& item, Model& target) const {
  const Value* value = find(item.hash);
  if (value == nullptr) return SIMDR_NOT_FOUND;
  target.store(item, value->payload);
  return SIMDR_OK;
}

// The live entries are written from the newest to the oldest, so the order turns round.
void Model::compact() {
  next_order_ = 0;
  for (auto& [hash, value] : live_) {
    value.order = -value.order;
    next_order_ = std::max(next_order_, value.order + 1);
  }
}

std::vector<Model::Value> Model::newest_first() const {
  std::vector<Value> values;
  for (const auto& [hash, value] : live_) values.push_back(value);
  std::sort(values.begin(), values.end(), [](const Value& a, const Value& b) { return a.order > b.order; });
  return values;
}

const Model::Value* Model::find(std::uint64_t hash) const {
  const auto found = live_.find(hash);
  return found == live_.end() ? nullptr : &found->second;
}

bool Model::holds_zeros() const {
  return std::any_of(live_.begin(), live_.end(), [](const auto& item) { return item.second.payload.is_zeros(); });
}

}  // namespace simdr::interop
