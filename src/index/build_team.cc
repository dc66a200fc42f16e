#include "index/build_team.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace simdr::core {
namespace {

constexpr std::size_t kMaxBatch = BuildLane::kMaxBatch;

// Of KeyIndex::kParts, what the builder, who also finds the entries, inserts itself beside so many workers. Beside one, 1 is best for a million entries, by
// a twentieth, and 3 for ten millions, by a tenth.
constexpr std::size_t kOwnParts[BuildTeam::kMostWorkers] = {3, 2, 1};

// Items that the builder collects before it adds them to its own lane.
constexpr std::size_t kOwnBlock = 4 * kMaxBatch;
static_assert(kOwnBlock <= BuildTeam::kMostGiven);

}  // namespace

void BuildTeam::disband() noexcept {
  others_.clear();  // waits for them
  own_.count = 0;
  own_.lane.forget();
  stop_sharing();
  is_settling_due_ = false;
}

bool BuildTeam::add(ByteView file, const BuildItem* items, std::size_t count) {
  return is_shared_ ? distribute(file, items, count) : own_.lane.add(file, items, count);
}

bool BuildTeam::settle(ByteView file) {
  is_settling_due_ = false;
  if (!is_shared_) return own_.lane.flush(file);
  for (const auto& other : others_) give(other.get());
  bool has_memory = add_own(file) && own_.lane.flush(file);
  for (const auto& other : others_) has_memory &= other->worker->finish();
  if (!has_memory || !own_.lane.settle(file)) return false;
  for (const auto& other : others_) {
    if (!other->lane.settle(file)) return false;
  }
  return true;
}

bool BuildTeam::share(ByteView file) {
  if (others_.empty() && crew_ != nullptr) hire(file);
  if (others_.empty()) return true;
  if (!own_.lane.flush(file)) return false;
  owner_of_part_.fill(0);
  const std::size_t own_parts = kOwnParts[others_.size() - 1];
  const std::size_t others_parts = owner_of_part_.size() - own_parts;
  for (std::size_t i = 0; i < others_parts; ++i) {
    owner_of_part_[own_parts + i] = static_cast<std::uint8_t>(1 + i * others_.size() / others_parts);
  }
  own_.lane.set_shared(true);
  is_shared_ = true;
  return true;
}

void BuildTeam::hire(ByteView file) {
  const std::size_t count = std::min(crew_->size(), kMostWorkers);
  while (others_.size() < count) {
    auto other = std::make_unique<Share>(index_, sink_, others_.size() + 1);
    other->lane.set_shared(true);
    other->worker = crew_->hire(other->lane, file);
    if (other->worker == nullptr) break;
    others_.push_back(std::move(other));
  }
  if (others_.empty()) crew_ = nullptr;  // nor will there be any
}

void BuildTeam::stop_sharing() noexcept {
  own_.lane.set_shared(false);
  is_shared_ = false;
}

// Whose an item is cannot be predicted, nor where the one before it went: so nothing branches on it, no count is kept in memory, and each
// share's items are picked from all.
bool BuildTeam::distribute(ByteView file, const BuildItem* items, std::size_t count) {
  assert(index_.has_whole_parts());
  std::array<std::uint32_t, kMaxBatch> owners;
  for (std::size_t i = 0; i < count; ++i) owners[i] = owner_of_part_[index_.part_of(items[i].key_hash)];
  const auto pick = [&](Share& share, std::uint32_t owner) {
    std::size_t taken = share.count;
    for (std::size_t i = 0; i < count; ++i) {
      share.items[taken] = items[i];
      taken += owners[i] == owner ? 1u : 0u;
    }
    share.count = taken;
    return taken;
  };
  if (pick(own_, 0) > kOwnBlock - kMaxBatch && !add_own(file)) return false;
  std::uint32_t owner = 0;
  for (const auto& other : others_) {
    if (pick(*other, ++owner) <= kMostGiven - kMaxBatch) continue;
    give(other.get());
    look_whether_settling_is_due();
  }
  return true;
}

bool BuildTeam::add_own(ByteView file) {
  const std::size_t count = std::exchange(own_.count, std::size_t{0});
  for (std::size_t i = 0; i < count; i += kMaxBatch) {
    if (!own_.lane.add(file, &own_.items[i], std::min(kMaxBatch, count - i))) return false;
  }
  return true;
}

void BuildTeam::give(Share* share) {
  share->worker->give(share->items.data(), std::exchange(share->count, std::size_t{0}));
}

void BuildTeam::look_whether_settling_is_due() noexcept {
  std::uint64_t keys = index_.count() + own_.lane.inserted_count();
  std::size_t kept = own_.lane.kept_count();
  for (const auto& other : others_) {
    keys += other->lane.inserted_count();
    kept = std::max(kept, other->lane.kept_count());
  }
  is_settling_due_ = keys >= settle_at_ || kept >= most_kept_;
}

}  // namespace simdr::core
