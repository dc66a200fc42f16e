#include "index/build_team.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace simdr::core {
namespace {

// Of KeyIndex::kParts, what the builder, who also deals out, inserts itself beside so many workers: dealing takes a third of what inserting
// does. Reckoned from what both take on two processors; there was no machine with more to measure it on.
constexpr std::size_t kOwnParts[BuildTeam::kMostWorkers] = {5, 1};

// Items that are dealt out at a time.
constexpr std::size_t kDealt = 8;
constexpr std::size_t kFull = KeyIndex::kMostItems - kDealt;  // with more there may be no room for as many again

}  // namespace

void BuildTeam::disband() noexcept {
  others_.clear();  // waits for them
  own_count_ = 0;
  own_lane_.forget();
  stop_sharing();
  is_settling_due_ = false;
}

bool BuildTeam::add(ByteView file, const BuildItem* items, std::size_t count) {
  if (!is_shared_) return own_lane_.add(file, items, count);
  for (std::size_t i = 0; i < count; i += kDealt) {
    if (!distribute(file, items + i, std::min(kDealt, count - i))) return false;
  }
  return true;
}

bool BuildTeam::settle(ByteView file) {
  is_settling_due_ = false;
  if (!is_shared_) return true;
  for (const auto& other : others_) give(other.get());
  bool has_memory = add_own(file);
  for (const auto& other : others_) has_memory &= other->worker->finish();
  if (!has_memory || !own_lane_.settle(file)) return false;
  for (const auto& other : others_) {
    if (!other->lane.settle(file)) return false;
  }
  return true;
}

bool BuildTeam::share(ByteView file) {
  if (others_.empty() && crew_ != nullptr) hire(file);
  if (others_.empty()) return true;
  owner_of_part_.fill(0);
  const std::size_t own_parts = kOwnParts[others_.size() - 1];
  const std::size_t others_parts = owner_of_part_.size() - own_parts;
  for (std::size_t i = 0; i < others_parts; ++i) {
    owner_of_part_[own_parts + i] = static_cast<std::uint8_t>(1 + i * others_.size() / others_parts);
  }
  own_lane_.set_shared(true);
  is_shared_ = true;
  return true;
}

void BuildTeam::hire(ByteView file) {
  while (others_.size() < worker_count_) {
    auto other = std::make_unique<Share>(index_, sink_, others_.size() + 1);
    other->lane.set_shared(true);
    other->worker = crew_->hire(other->lane, file);
    if (other->worker == nullptr) break;
    others_.push_back(std::move(other));
  }
  if (others_.empty()) crew_ = nullptr;  // nor will there be any
}

void BuildTeam::stop_sharing() noexcept {
  own_lane_.set_shared(false);
  is_shared_ = false;
}

// Whose an item is cannot be predicted, nor where the one before it went: so nothing branches on it, no count is kept in memory, and each
// share's items are picked from all.
bool BuildTeam::distribute(ByteView file, const BuildItem* items, std::size_t count) {
  assert(index_.has_whole_parts());
  std::array<std::uint32_t, kDealt> owners;
  for (std::size_t i = 0; i < count; ++i) owners[i] = owner_of_part_[index_.part_of(items[i].key_hash)];
  const auto pick = [&](BuildItem* to, std::size_t* to_count, std::uint32_t owner) {
    std::size_t taken = *to_count;
    for (std::size_t i = 0; i < count; ++i) {
      to[taken] = items[i];
      taken += owners[i] == owner ? 1u : 0u;
    }
    *to_count = taken;
    return taken;
  };
  if (pick(own_items_.data(), &own_count_, 0) > kFull && !add_own(file)) return false;
  std::uint32_t owner = 0;
  for (const auto& other : others_) {
    if (pick(other->worker->room(), &other->count, ++owner) <= kFull) continue;
    give(other.get());
    look_whether_settling_is_due();
  }
  return true;
}

bool BuildTeam::add_own(ByteView file) {
  return own_lane_.add(file, own_items_.data(), std::exchange(own_count_, std::size_t{0}));
}

void BuildTeam::give(Share* share) { share->worker->give(std::exchange(share->count, std::size_t{0})); }

void BuildTeam::look_whether_settling_is_due() noexcept {
  std::uint64_t keys = index_.count() + own_lane_.inserted_count();
  std::size_t kept = own_lane_.kept_count();
  for (const auto& other : others_) {
    keys += other->lane.inserted_count();
    kept = std::max(kept, other->lane.kept_count());
  }
  is_settling_due_ = keys >= settle_at_ || kept >= most_kept_;
}

}  // namespace simdr::core
