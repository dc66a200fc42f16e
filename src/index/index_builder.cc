#include "index/index_builder.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace simdr::core {
namespace {

// Keys per slot. Above the first, segments begin to divide; below the second, memory per key would be more than an
// index has that grew by itself.
constexpr double kFullLoad = 0.77;
constexpr double kLeastLoad = 0.39;

constexpr std::uint64_t kLeastGrowth = 2;
constexpr std::uint64_t kMostGrowth = 8;

constexpr std::size_t kPageSize = 4096;

}  // namespace

void IndexBuilder::begin(std::uint64_t end) noexcept {
  team_.disband();
  next_guess_at_ = guessing_.begins_at;
  guessed_at_ = 0;
  expected_ = 0;
  is_flushed_ = false;
  guessed_reach_ = end;
  reached_ = end;
  team_.settle_at(next_guess_at_);
}

bool IndexBuilder::add(ByteView file, const BuildItem* items, std::size_t count) {
  if (count == 0) return true;
  assert(!is_flushed_);
  if (is_guess_due() && !follow_guess(file)) return false;
  reached_ = items[count - 1].trailer_offset();
  return team_.add(file, items, count) && (!team_.is_settling_due() || team_.settle(file));
}

bool IndexBuilder::follow_guess(ByteView file) {
  if (!guess(file)) return false;
  team_.settle_at(next_guess_at_);
  const bool has_whole_parts = index_.has_whole_parts();
  if (team_.is_shared()) {
    if (!has_whole_parts) team_.stop_sharing();  // there was no memory for as many segments as before
    return true;
  }
  return !has_whole_parts || !is_worth_sharing(expected_) || team_.share(file);
}

bool IndexBuilder::flush(ByteView file) {
  is_flushed_ = true;
  return team_.settle(file);
}

// As many keys per byte are to be expected as there were since the last time. Somewhat fewer are asked for: too small an
// index divides a few segments, too large a one is rebuilt in the end.
std::uint64_t IndexBuilder::expectation() const noexcept {
  if (has_much_room()) return keys_at(kFullLoad);
  const std::uint64_t keys = index_.count();
  const auto new_keys = static_cast<double>(keys - guessed_at_);
  const auto passed = static_cast<double>(guessed_reach_ - reached_);
  const double expected = static_cast<double>(keys) + 0.98 * new_keys / passed * static_cast<double>(reached_);
  return expected < static_cast<double>(kOffsetMask) ? static_cast<std::uint64_t>(expected) : kOffsetMask;
}

bool IndexBuilder::guess(ByteView file) noexcept {
  const std::uint64_t keys = index_.count();
  expected_ = expectation();
  if (has_much_room()) {
    next_guess_at_ = expected_;
    return true;
  }
  guessed_at_ = keys;
  guessed_reach_ = reached_;
  next_guess_at_ = keys * 2;
  const std::uint64_t most = std::min(std::max(keys * kMostGrowth, guessing_.cheap), guessing_.most);
  const std::uint64_t target = std::min(expected_, most);
  if (target < keys * kLeastGrowth) return true;
  if (!rebuild(file, target)) return false;
  next_guess_at_ = std::max(keys * 2, keys_at(kFullLoad));
  return true;
}

// Somebody knew how many there will be.
bool IndexBuilder::has_much_room() const noexcept { return index_.load() < kLeastLoad; }

std::uint64_t IndexBuilder::keys_at(double load) const noexcept {
  return static_cast<std::uint64_t>(static_cast<double>(index_.count()) / index_.load() * load);
}

bool IndexBuilder::fit(ByteView file) noexcept {
  const std::uint64_t keys = index_.count();
  return keys == 0 || !has_much_room() || rebuild(file, keys);
}

// Without memory to do it in, the index stays as it is.
bool IndexBuilder::rebuild(ByteView file, std::uint64_t key_count) noexcept {
  const std::uint64_t count = index_.count();
  const std::size_t size = static_cast<std::size_t>(align_up(count * sizeof(std::uint64_t), kPageSize));
  auto* const offsets = static_cast<std::uint64_t*>(allocator_.allocate(size, kPageSize));
  if (offsets == nullptr) return true;
  std::uint64_t* end = offsets;
  index_.for_each_offset([&](std::uint64_t offset) { *end++ = offset; });
  assert(static_cast<std::uint64_t>(end - offsets) == count);
  index_.clear();
  // Without memory for so many, for those that are there; without that, it grows as it can.
  (void)(index_.expect(key_count) || index_.expect(count));
  bool done = true;

  // The trailers' lines are asked for one block ahead.
  const HashesInFile hashes(file);
  constexpr std::size_t kBlock = KeyIndex::kMostItems;
  const auto ask_for = [&](std::uint64_t begin) {
    for (std::uint64_t i = begin; i < std::min(count, begin + kBlock); ++i) hashes.prefetch(offsets[i]);
  };
  std::array<BuildItem, kBlock> items;
  ask_for(0);
  for (std::uint64_t begin = 0; done && begin < count; begin += kBlock) {
    ask_for(begin + kBlock);
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(count - begin, kBlock));
    for (std::size_t i = 0; i < taken; ++i) {
      const std::uint64_t offset = offsets[begin + i];
      items[i] = BuildItem(hashes.at(offset), offset, 0);
    }
    KeyIndex::LeftOut but;
    done = index_.insert_absent(file, items.data(), taken, &but);
  }
  allocator_.release(offsets, size, kPageSize);
  return done;
}

}  // namespace simdr::core
