// Room for a batch, before any of it is put. Mostly there is: then it is enough to count what each segment is to get. Only for segments
// where that is too much, the batch is looked at again: a key that comes a thousand times takes one slot, and one that is there none.
#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <utility>

#include "index/key_index.h"

namespace simdr::core {
namespace {

constexpr std::size_t kFewHashes = 512;  // are sorted in less time than it takes to count their digits
constexpr std::uint32_t kDigitBits = 11;
constexpr std::uint32_t kLowDigitAt = 64 - 2 * kDigitBits;

void sort_by_digit(const std::uint64_t* from, std::size_t count, std::uint64_t* to, std::uint32_t digit_at) noexcept {
  constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
  std::array<std::size_t, kDigits> places{};
  const auto digit = [&](std::uint64_t hash) { return static_cast<std::size_t>(hash >> digit_at) % kDigits; };
  for (std::size_t i = 0; i < count; ++i) ++places[digit(from[i])];
  std::size_t place = 0;
  for (std::size_t& of_digit : places) place += std::exchange(of_digit, place);
  for (std::size_t i = 0; i < count; ++i) to[places[digit(from[i])]++] = from[i];
}

// Sorts them and moves those that are there more than once out of the way; returns how many are left. `scratch` has room for as many. Mixed
// hashes are as good as random, so that few others share the upper two digits of one: time is linear. Two keys whose mixed hashes are the same would
// count as one; there are none but by chance, and a segment has more slots than its limit.
std::size_t sort_distinct(std::uint64_t* hashes, std::size_t count, std::uint64_t* scratch) noexcept {
  if (count < kFewHashes) {
    std::sort(hashes, hashes + count);
  } else {
    sort_by_digit(hashes, count, scratch, kLowDigitAt);
    sort_by_digit(scratch, count, hashes, kLowDigitAt + kDigitBits);
    for (std::size_t begin = 0, end = 0; begin < count; begin = end) {
      while (end < count && hashes[end] >> kLowDigitAt == hashes[begin] >> kLowDigitAt) ++end;
      std::sort(hashes + begin, hashes + end);
    }
  }
  return static_cast<std::size_t>(std::unique(hashes, hashes + count) - hashes);
}

}  // namespace

bool KeyIndex::reserve_many(ByteView file, const std::uint64_t* mixed, std::size_t count) noexcept {
  if (count == 0) return true;
  if (!owns_memory() && !create_first(count)) return false;
  const DirectoryView view = directory();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t index = view.index_of(mixed[i]);
    prefetch_line(&view.segment(index).home_group(mixed[i]).slot(0));
    ++view.use(index).pending;
  }
  const std::size_t crowded_count = settle_pending(mixed, count);
  if (crowded_count == 0) [[likely]]
    return true;
  const std::unique_ptr<std::uint64_t[]> hashes(new (std::nothrow) std::uint64_t[crowded_count * 2]);
  const std::size_t taken = take_pending(mixed, count, hashes.get());
  if (hashes == nullptr) return false;
  const std::size_t distinct_count = sort_distinct(hashes.get(), taken, hashes.get() + taken);
  return make_room_for_sorted(HashesInFile(file), hashes.get(), distinct_count);
}

// Nothing stays pending in segments that have room for it. Returns how many of these hashes belong to the others.
std::size_t KeyIndex::settle_pending(const std::uint64_t* mixed, std::size_t count) noexcept {
  const DirectoryView view = directory();
  std::size_t crowded_count = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t index = view.index_of(mixed[i]);
    if (view.use(index).pending == 0) continue;  // settled with an earlier key of the same segment
    const std::uint64_t first = view.first_of(index);
    const std::uint64_t end = first + view.span_of(index);
    std::uint64_t pending = 0;
    for (std::uint64_t j = first; j < end; ++j) pending += view.use(j).pending;
    if (view.use(first).used + pending <= view.segment(first).slot_limit()) {
      for (std::uint64_t j = first; j < end; ++j) view.use(j).pending = 0;
    } else {
      ++crowded_count;
    }
  }
  return crowded_count;
}

// Those that settle_pending() left, unless there is no memory for them. Nothing is pending any more.
std::size_t KeyIndex::take_pending(const std::uint64_t* mixed, std::size_t count, std::uint64_t* out_taken) noexcept {
  const DirectoryView view = directory();
  std::size_t taken = 0;
  for (std::size_t i = 0; i < count && out_taken != nullptr; ++i) {
    if (view.use(view.index_of(mixed[i])).pending != 0) out_taken[taken++] = mixed[i];
  }
  for (std::size_t i = 0; i < count; ++i) view.use(view.index_of(mixed[i])).pending = 0;
  return taken;
}

// How many slots that are not there; 0 where the segment has room. For a key that is in the index none: that it is, is worth finding out only where
// the segment might be spared growth.
std::uint64_t KeyIndex::needed_of(Segment segment, SegmentUse use, HashesInFile file, const std::uint64_t* mixed,
                                  std::size_t count) const noexcept {
  const std::uint32_t limit = segment.slot_limit();
  if (use.used + count <= limit) return 0;
  if (count > limit) return count;
  const std::size_t absent_count = count_absent(segment, file, mixed, count);
  return use.used + absent_count <= limit ? 0 : absent_count;
}

// With the trailers asked for, a block of them at a time, before they are looked at.
std::size_t KeyIndex::count_absent(Segment segment, HashesInFile file, const std::uint64_t* mixed,
                                   std::size_t count) const noexcept {
  constexpr std::size_t kBlock = 32;
  std::size_t absent_count = 0;
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    const std::size_t end = std::min(count, begin + kBlock);
    for (std::size_t i = begin; i < end; ++i) {
      const Group home = segment.home_group(mixed[i]);
      const std::uint32_t alike = home.writers_masks(segment.like(mixed[i])).alike;
      if (alike != 0) file.prefetch(home.first_of(alike).load(std::memory_order_relaxed));
    }
    for (std::size_t i = begin; i < end; ++i) absent_count += has_mixed(segment, file, mixed[i]) ? 0 : 1;
  }
  return absent_count;
}

// As look_up() says it, of a hash of which only the mixed form is at hand.
bool KeyIndex::has_mixed(Segment segment, HashesInFile file, std::uint64_t mixed) const noexcept {
  return first_confirmed(segment, mixed, [&](std::uint64_t slot) {
           const std::uint64_t offset = slot & kOffsetMask;
           return file.has(offset) && mix_(file.at(offset)) == mixed;
         }) != nullptr;
}

// Those of one segment are neighbours, also when it is divided and when the directory doubles.
bool KeyIndex::make_room_for_sorted(HashesInFile file, const std::uint64_t* mixed, std::size_t count) noexcept {
  const std::uint64_t* const end = mixed + count;
  for (const std::uint64_t* at = mixed; at != end;) {
    const DirectoryView view = directory();
    const std::uint64_t first = view.first_of(view.index_of(*at));
    const std::uint64_t last = first + view.span_of(first) - 1;
    const std::uint64_t* const next =
        std::partition_point(at, end, [&](std::uint64_t hash) { return view.index_of(hash) <= last; });
    const std::uint64_t needed =
        needed_of(view.segment(first), view.use(first), file, at, static_cast<std::size_t>(next - at));
    if (needed == 0) {
      at = next;
    } else if (!make_room(file, first, needed)) {
      return false;
    }
  }
  return true;
}

}  // namespace simdr::core
