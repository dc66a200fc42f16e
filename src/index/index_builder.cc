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
  reached_ = end;
  team_.settle_at(next_guess_at_);
}

bool IndexBuilder::add(ByteView file, const BuildItem* items, std::size_t count) {
  if (count == 0) return true;
  // Right after a flush a guess may be due while the team holds these back, and rebuilding the index would lose them.
  assert(!is_flushed_);
  if (!team_.add(file, items, count)) return false;
  if (team_.is_settling_due() && !team_.settle(file)) return false;
  if (index_.count() < next_guess_at_) [[likely]]
    return true;
  if (!guess(file, items[0].trailer_offset())) return false;
  team_.settle_at(next_guess_at_);
  const bool has_whole_parts = index_.has_whole_parts();
  if (team_.is_shared()) {
    if (!has_whole_parts) team_.stop_sharing();  // there was no memory for as many segments as before
    return true;
  }
  return !has_whole_parts || expected_ < index_.count() + guessing_.worth_sharing || team_.share(file);
}

bool IndexBuilder::flush(ByteView file) {
  is_flushed_ = true;
  return team_.settle(file);
}

// As many keys per byte are to be expected as there were since the last time. Somewhat fewer are asked for: too small an
// index divides a few segments, too large a one is rebuilt in the end.
bool IndexBuilder::guess(ByteView file, std::uint64_t reached) noexcept {
  const std::uint64_t keys = index_.count();
  const bool has_much_room = index_.load() < kLeastLoad;  // somebody knew how many there will be
  next_guess_at_ = has_much_room ? keys_at(kFullLoad) : keys * 2;
  expected_ = next_guess_at_;
  if (has_much_room) return true;
  const auto new_keys = static_cast<double>(keys - std::exchange(guessed_at_, keys));
  const auto passed = static_cast<double>(std::exchange(reached_, reached) - reached);
  const double expected = static_cast<double>(keys) + 0.98 * new_keys / passed * static_cast<double>(reached);
  expected_ = expected < static_cast<double>(kOffsetMask) ? static_cast<std::uint64_t>(expected) : kOffsetMask;
  const std::uint64_t most = std::min(std::max(keys * kMostGrowth, guessing_.cheap), guessing_.most);
  const std::uint64_t target = std::min(expected_, most);
  if (target < keys * kLeastGrowth) return true;
  if (!rebuild(file, target)) return false;
  next_guess_at_ = std::max(keys * 2, keys_at(kFullLoad));
  return true;
}

std::uint64_t IndexBuilder::keys_at(double load) const noexcept {
  return static_cast<std::uint64_t>(static_cast<double>(index_.count()) / index_.load() * load);
}

bool IndexBuilder::fit(ByteView file) noexcept {
  const std::uint64_t keys = index_.count();
  return keys == 0 || index_.load() >= kLeastLoad || rebuild(file, keys);
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

  // Three stages, one block apart: the trailer's line, the slots' line, the insertion.
  const HashesInFile hashes(file);
  constexpr std::size_t kBlock = 64;
  std::array<BuildItem, kBlock> blocks[2];
  std::size_t sizes[2] = {0, 0};
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, kBlock); ++i) hashes.prefetch(offsets[i]);
  for (std::uint64_t i = 0, turn = 0; done && i < count + kBlock; i += kBlock, turn ^= 1) {
    const std::uint64_t next_end = std::min(count, i + 2 * kBlock);
    for (std::uint64_t j = i + kBlock; j < next_end; ++j) hashes.prefetch(offsets[j]);
    std::size_t taken = 0;
    for (std::uint64_t j = i; j < std::min(count, i + kBlock); ++j) {
      const std::uint64_t key_hash = hashes.at(offsets[j]);
      blocks[turn][taken++] = BuildItem(key_hash, offsets[j], 0);
      index_.prefetch(key_hash);
    }
    sizes[turn] = taken;
    std::size_t inserted = 0;
    done = index_.insert_absent_many(file, blocks[turn ^ 1].data(), std::exchange(sizes[turn ^ 1], 0u), &inserted);
  }
  allocator_.release(offsets, size, kPageSize);
  return done;
}

}  // namespace simdr::core
