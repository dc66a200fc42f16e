// Many keys at once. A lookup alone waits for three lines, one after the other: directory entry, group, trailer.
// Here each of the three is asked for by a whole block of keys before the first of them is used.
#include <algorithm>
#include <array>

#include "index/key_index.h"

namespace simdr::core {
namespace {

// More than a core has outstanding misses, less than what would leave the first cache before it is used.
constexpr std::size_t kBlock = 32;

struct Query {
  std::uint64_t mixed;
  std::uint64_t entry;
  std::uint64_t candidate;  // a slot with the right tag in the home group, or 0
  bool seems_absent;  // the home group has no such slot, and sends nobody on
};

}  // namespace

void KeyIndex::find_many(ByteView file, const std::uint64_t* key_hashes, std::size_t count,
                         std::uint64_t* out_offsets) const noexcept {
  for (std::size_t i = 0; i < count; i += kBlock) {
    find_block(file, key_hashes + i, std::min(kBlock, count - i), out_offsets + i);
  }
}

// What the home group alone cannot answer goes through find(), as does a miss that fails its validation.
void KeyIndex::find_block(ByteView file, const std::uint64_t* key_hashes, std::size_t count,
                          std::uint64_t* out_offsets) const noexcept {
  const HashesInFile hashes(file);
  const std::uint64_t recycled = recycled_count();
  const DirectoryView directory = readers_directory();
  std::array<Query, kBlock> queries;
  for (std::size_t i = 0; i < count; ++i) {
    queries[i].mixed = mix_(key_hashes[i]);
    prefetch_line(&directory.entry(directory.index_of(queries[i].mixed)));
  }
  for (std::size_t i = 0; i < count; ++i) {
    const Segment segment = readers_segment(directory, queries[i].mixed);
    queries[i].entry = segment.entry();
    prefetch_line(&segment.home_group(queries[i].mixed).slot(0));
  }
  for (std::size_t i = 0; i < count; ++i) {
    Query& query = queries[i];
    const Segment segment(query.entry);
    const Group home = segment.home_group(query.mixed);
    const std::uint64_t like = segment.like(query.mixed);
    const std::uint32_t alike = home.readers_alike(like);
    query.candidate = alike == 0 ? 0 : home.first_of(alike).load(std::memory_order_acquire);
    query.seems_absent = alike == 0 && !home.sends_on(lane_of(like));
    hashes.prefetch_line_before(query.candidate);
    hashes.prefetch(query.candidate);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const Query& query = queries[i];
    if (hashes.confirms(query.candidate, key_hashes[i])) [[likely]] {
      out_offsets[i] = query.candidate & kOffsetMask;
      continue;
    }
    const bool is_absent = query.seems_absent && recycled_count() == recycled;
    out_offsets[i] = is_absent ? kAbsent : find(file, key_hashes[i]);
  }
}

void KeyIndex::holds_many(const std::uint64_t* key_hashes, const std::uint64_t* offsets, std::size_t count,
                          bool* out_holds) const noexcept {
  const DirectoryView view = directory();
  std::array<std::uint64_t, kBlock> mixed;
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    const std::size_t size = std::min(kBlock, count - begin);
    for (std::size_t i = 0; i < size; ++i) {
      mixed[i] = mix_(key_hashes[begin + i]);
      const Segment segment = view.segment(view.index_of(mixed[i]));
      prefetch_line(&segment.group(segment.home(mixed[i])).slot(0));
    }
    for (std::size_t i = 0; i < size; ++i) {
      out_holds[begin + i] = view.segment(view.index_of(mixed[i])).holds(mixed[i], offsets[begin + i]);
    }
  }
}

// What the home group alone can decide is put at once; for the rest, the trailers that must be compared are asked for, and looked at when
// the block is through. Of equal keys the order stays: what sent the first there (a slot with its tag, a full group, an overflow bit) is there
// for the second as well, and where the first was put at once it is the second's slot with its tag.
void KeyIndex::put_many(ByteView file, const std::uint64_t* key_hashes, const std::uint64_t* mixed,
                        const std::uint64_t* trailer_offsets, std::size_t count, std::uint64_t* out_previous) noexcept {
  const HashesInFile hashes(file);
  const DirectoryView view = directory();
  std::array<std::size_t, kBlock> late;
  const auto ask_for = [&](std::size_t begin) {  // a block of lines
    for (std::size_t i = begin; i < std::min(count, begin + kBlock); ++i) {
      prefetch_line(&view.segment(view.index_of(mixed[i])).home_group(mixed[i]).slot(0));
    }
  };
  ask_for(0);
  std::uint64_t new_count = 0;
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    const std::size_t end = std::min(count, begin + kBlock);
    ask_for(begin + kBlock);
    std::size_t late_count = 0;
    for (std::size_t i = begin; i < end; ++i) {
      Aim aim;
      aim_at_home(view, mixed[i], trailer_offsets[i], &aim);
      if (insert_at_home(aim, hashes)) [[likely]] {
        ++new_count;
        if (out_previous != nullptr) out_previous[i] = kAbsent;
      } else {
        late[late_count++] = i;
      }
    }
    for (std::size_t j = 0; j < late_count; ++j) {
      const std::size_t i = late[j];
      const std::uint64_t previous = put_mixed(hashes, mixed[i], key_hashes[i], trailer_offsets[i]);
      if (out_previous != nullptr) out_previous[i] = previous;
    }
  }
  add_to(&count_, new_count);
}

}  // namespace simdr::core
