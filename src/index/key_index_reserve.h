// Reserving for many keys at once: the part of KeyIndex that both growth and building use. Included by
// key_index_*.cc only.
#pragma once

#include "index/key_index.h"

namespace simdr::core {

// Counts what each directory entry is to get, then makes room segment by segment. As `pending` is kept per entry, a
// segment that is divided needs no new count, unless the directory doubled: then all begins anew, which happens
// log2 times however many keys there are.
template <typename MixedAt>
bool KeyIndex::reserve_all(HashesInFile file, std::size_t count, MixedAt mixed_at) noexcept {
  if (count == 0) return true;
  if (!directory().exists() && !create_first(count)) return false;
  for (;;) {
    const DirectoryView view = directory();
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t mixed = mixed_at(i);
      const std::uint64_t index = view.index_of(mixed);
      const Segment segment = view.segment(index);
      prefetch_line(&segment.group(segment.home(mixed)).slot(0));
      ++view.use(index).pending;
    }
    const bool has_room = make_room_for_pending(file, count, mixed_at);
    if (directory().word() == view.word()) {
      if (has_room) return true;
      for (std::size_t i = 0; i < count; ++i) view.use(view.index_of(mixed_at(i))).pending = 0;
      return false;
    }
    if (!has_room) return false;  // the new directory has nothing pending
  }
}

// Ends early, with true, when the directory doubled.
template <typename MixedAt>
bool KeyIndex::make_room_for_pending(HashesInFile file, std::size_t count, MixedAt mixed_at) noexcept {
  const DirectoryView view = directory();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t index = view.index_of(mixed_at(i));
    for (;;) {
      if (view.use(index).pending == 0) break;  // counted with an earlier key of the same segment
      const std::uint64_t first = view.first_of(index);
      const std::uint64_t end = first + view.span_of(index);
      std::uint64_t pending = 0;
      for (std::uint64_t j = first; j < end; ++j) pending += view.use(j).pending;
      if (view.use(first).used + pending <= slot_limit(view.segment(first).log2_groups())) {
        for (std::uint64_t j = first; j < end; ++j) view.use(j).pending = 0;
        break;
      }
      if (!make_room(file, first, pending)) return false;
      if (directory().word() != view.word()) return true;
    }
  }
  return true;
}

}  // namespace simdr::core
