// The index in memory: key hash -> offset of the newest trailer with that hash. Readers take no lock and write nothing
// that is shared; every answer is confirmed by the hash in the mapped file, so a slot is 8 bytes. Memory is 9.5 to 21.5
// bytes per key from ten thousand keys on, up to 28 where as many are erased as put, and 38 KiB for a few keys. It does
// not shrink.
//
// `file` is always the mapped file from its offset 0, as far as the caller may read. A reader's may be shorter
// than the writer's: keys beyond it are absent for that reader. The writer's must hold every offset it has put.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "index/directory.h"
#include "index/hash_mixer.h"
#include "index/segment.h"
#include "index/segment_pool.h"
#include "index/slab_allocator.h"

namespace simdr::core {

// An entry of a file on its way into the index, with 16 bits that are the caller's.
struct BuildItem {
  std::uint64_t key_hash;
  std::uint64_t place;  // note, trailer offset

  BuildItem() = default;
  BuildItem(std::uint64_t hash, std::uint64_t trailer_offset, std::uint16_t note) noexcept
      : key_hash(hash), place(trailer_offset | static_cast<std::uint64_t>(note) << kNoteShift) {}
  [[nodiscard]] std::uint64_t trailer_offset() const noexcept { return place & kOffsetMask; }
  [[nodiscard]] std::uint16_t note() const noexcept { return static_cast<std::uint16_t>(place >> kNoteShift); }

 private:
  static constexpr int kNoteShift = 48;
};

// What a segment of an index is, but for its slots and its place in memory.
struct SegmentShape {
  std::uint8_t depth;
  std::uint8_t log2_groups;
  std::uint16_t worn;  // SegmentUse::worn

  [[nodiscard]] std::size_t slot_count() const noexcept { return std::size_t{kGroupSlots} << log2_groups; }
};

// Where KeyIndex::restore() gets slots from.
class SlotSource {
 public:
  // The next segment's, native words that stay until the next call; nullptr ends the restoring.
  [[nodiscard]] virtual const std::uint64_t* next(std::size_t slot_count) noexcept = 0;

 protected:
  ~SlotSource() = default;
};

class KeyIndex {
 public:
  static constexpr std::uint64_t kAbsent = 0;

  // `seed` must be unknown to whoever chooses the keys: it keeps them from colliding on purpose. Allocates
  // nothing; `allocator` outlives the index.
  explicit KeyIndex(std::uint64_t seed, SlabAllocator& allocator = heap_slab_allocator()) noexcept;
  KeyIndex(const KeyIndex&) = delete;
  KeyIndex& operator=(const KeyIndex&) = delete;

  // Readers: any number of threads, at any time between construction and clear() or destruction.
  //
  // A key that was put before the call is found with an offset that was its newest at some moment of the call;
  // one that was erased before the call, and not put again, is absent.
  //
  // In line is what nearly every lookup comes down to.
  [[nodiscard]] std::uint64_t find(ByteView file, std::uint64_t key_hash) const noexcept {
    std::uint64_t offset;
    const QuickAnswer answer = find_quickly(key_hash, &offset);
    if (answer == QuickAnswer::kAbsent) return kAbsent;
    if (answer == QuickAnswer::kPerhaps) [[likely]] {
      const HashesInFile hashes(file);
      hashes.prefetch_line_before(offset);
      if (hashes.confirms(offset, key_hash)) [[likely]]
        return offset;
    }
    return find_anywhere(file, key_hash);
  }
  // What find() does first, in the fewest instructions and without a call. kPerhaps: *out_offset may be the answer; where it is out of bounds, or
  // the hash in the file is another one, find() is to say, as for kUnsure. It is 0, if ever, where there is an entry in the file. The
  // bounds to check against are those of what was mapped after this returned. For functions that call nothing, so that they save no
  // register: what limits lookups at random is how many of them the processor has under way, and that is how many of their
  // instructions fit into its reorder buffer.
  //
  // kFurther: keys of this lane have gone past the home group, and find_further() is to say. That is one lookup in seven of an absent key where segments
  // are about to be divided, one in a thousand where they just were.
  enum class QuickAnswer : std::uint8_t { kPerhaps, kAbsent, kFurther, kUnsure };
  [[nodiscard, gnu::always_inline]] QuickAnswer find_quickly(std::uint64_t key_hash,
                                                             std::uint64_t* out_offset) const noexcept {
    const std::uint64_t recycled = recycled_count();
    const std::uint64_t mixed = mix_(key_hash);
    const Segment segment = readers_segment(readers_directory(), mixed);
    const Group home = segment.home_group(mixed);
    const std::uint64_t like = segment.like(mixed);
    if (const std::uint32_t alike = home.readers_alike(like); alike != 0) [[likely]] {
      // No vacant slot looks like this; one that was erased just now may be vacant.
      *out_offset = home.first_of(alike).load(std::memory_order_acquire) & kOffsetMask;
      return QuickAnswer::kPerhaps;
    }
    if (home.sends_on(lane_of(like))) return QuickAnswer::kFurther;
    return recycled_count() == recycled ? QuickAnswer::kAbsent : QuickAnswer::kUnsure;
  }
  // The same all the way that find() goes, still without a call: for a function of its own, where find_quickly() said kFurther. A vacant slot looks like
  // a displaced key whose tag is zero: kPerhaps, with 0.
  [[nodiscard, gnu::always_inline]] QuickAnswer find_further(std::uint64_t key_hash,
                                                             std::uint64_t* out_offset) const noexcept {
    const std::uint64_t recycled = recycled_count();
    const std::uint64_t mixed = mix_(key_hash);
    bool is_alike = false;
    readers_segment(readers_directory(), mixed).walk_way(mixed, [&](Group group, std::uint64_t like) {
      const std::uint32_t alike = group.readers_alike(like);
      is_alike = alike != 0;
      if (is_alike) *out_offset = group.first_of(alike).load(std::memory_order_acquire) & kOffsetMask;
      return is_alike;
    });
    if (is_alike) return QuickAnswer::kPerhaps;
    return recycled_count() == recycled ? QuickAnswer::kAbsent : QuickAnswer::kUnsure;
  }
  // The same for each of many, in about half the time per key. out_offsets may not overlap key_hashes.
  void find_many(ByteView file, const std::uint64_t* key_hashes, std::size_t count,
                 std::uint64_t* out_offsets) const noexcept;
  // Whether the index has exactly this offset under this hash, for each of many. With the writer kept out. Reads no file: an offset
  // is in one slot at most.
  void holds_many(const std::uint64_t* key_hashes, const std::uint64_t* offsets, std::size_t count,
                  bool* out_holds) const noexcept;
  // Asks for the lines that find() or put() of this hash will touch, trailers excepted.
  void prefetch(std::uint64_t key_hash) const noexcept {
    const std::uint64_t mixed = mix_(key_hash);
    prefetch_line(&readers_segment(readers_directory(), mixed).home_group(mixed).slot(0));
  }
  // Calls f(offset) for every key, in no order. A key that is there during the whole call is visited exactly
  // once, with an offset that was its newest at some moment of it; one that is put, replaced or erased meanwhile
  // may be visited with either state, or not at all (twice if it was erased and put again). With the writer kept
  // out it is exact. Takes 32 KiB of stack.
  template <typename F>
  void for_each_offset(F&& f) const {
    std::array<std::uint64_t, kSegmentSlots> offsets;
    for (SegmentCursor cursor; !cursor.is_at_end;) {
      const std::size_t found = next_offsets(&cursor, offsets.data());
      for (std::size_t i = 0; i < found; ++i) f(offsets[i]);
    }
  }

  // Writer: one thread at a time, serialised by the caller.
  //
  // Does all growth, so that one put() of the hash cannot fail; also fetches its slots. Erasing in between is allowed. False is
  // out of memory: readers and later calls see the map as it was.
  [[nodiscard]] bool reserve(ByteView file, std::uint64_t key_hash) noexcept;
  // What a batch goes by: each hash is mixed once, for reserve_many() and put_many().
  void mix(const std::uint64_t* key_hashes, std::size_t count, std::uint64_t* out_mixed) const noexcept {
    for (std::size_t i = 0; i < count; ++i) out_mixed[i] = mix_(key_hashes[i]);
  }
  // As reserve(), for any number of put()s of each, when none of them is erased meanwhile: what is repeated takes the room of one, what is there none.
  [[nodiscard]] bool reserve_many(ByteView file, const std::uint64_t* mixed, std::size_t count) noexcept;
  // Where one put() would go, found before there is anything to put. Good until the next change by the writer.
  class Spot {
   public:
    // False when growth is needed first, or may be; put() can do without where the key is there.
    [[nodiscard]] explicit operator bool() const noexcept { return slot_ != nullptr; }
    // What is there under the key, or kAbsent.
    [[nodiscard]] std::uint64_t previous() const noexcept {
      return is_match_ ? slot_->load(std::memory_order_relaxed) & kOffsetMask : kAbsent;
    }

   private:
    friend class KeyIndex;
    Slot* slot_ = nullptr;
    SegmentUse* use_ = nullptr;
    std::uint64_t head_ = 0;  // all of the slot but the offset
    std::uint32_t passed_ = 0;  // groups between the key's home and its own
    bool is_match_ = false;
  };
  [[nodiscard]] Spot spot_for(ByteView file, std::uint64_t key_hash) const noexcept {
    const DirectoryView view = directory();
    const std::uint64_t mixed = mix_(key_hash);
    const std::uint64_t index = view.index_of(mixed);
    const Segment segment = view.segment(index);
    const Group home = segment.home_group(mixed);
    SegmentUse& use = view.use(view.first_of(index));
    Spot spot;
    if (use.used >= segment.slot_limit()) [[unlikely]]
      return spot;
    const std::uint64_t head = segment.slot_for(mixed, 0);
    const auto [alike, vacant] = home.writers_masks_unworn(head);
    if (alike != 0 || vacant == 0 || use.worn != 0) return spot_anywhere(HashesInFile(file), mixed, key_hash);
    spot.slot_ = &home.first_of(vacant);
    spot.use_ = &use;
    spot.head_ = head;
    return spot;
  }
  // put() there. The trailer must be in the file already: readers see it as soon as they see the offset.
  std::uint64_t put_at(const Spot& spot, std::uint64_t trailer_offset) noexcept {
    if (spot.is_match_) {
      const std::uint64_t previous = spot.previous();
      spot.slot_->store(spot.head_ | trailer_offset, std::memory_order_release);
      return previous;
    }
    occupy(spot, trailer_offset);
    add_to(&count_, 1);
    return kAbsent;
  }
  // The previous offset or kAbsent. Needs a reservation. The trailer must be in the file already: readers see it
  // as soon as they see the offset.
  std::uint64_t put(ByteView file, std::uint64_t key_hash, std::uint64_t trailer_offset) noexcept;
  // Puts in order, so the last of equal hashes wins and is told of the one before. `mixed` is what mix() made of the hashes;
  // out_previous may be null.
  void put_many(ByteView file, const std::uint64_t* key_hashes, const std::uint64_t* mixed,
                const std::uint64_t* trailer_offsets, std::size_t count, std::uint64_t* out_previous) noexcept;
  // The previous offset or kAbsent.
  std::uint64_t erase(ByteView file, std::uint64_t key_hash) noexcept;

  // For building from the newest entry to the oldest: a key that is there keeps its offset. Needs no reservation and no prefetch(); at most
  // kMostItems. False is out of memory, when a part was inserted; what for lack of it was not, is told as full.
  static constexpr std::size_t kMostItems = 256;
  // Some of them, by number.
  class ItemSet {
   public:
    void set(std::size_t i) noexcept { words_[i / 64] |= std::uint64_t{1} << i % 64; }
    [[nodiscard]] bool has(std::size_t i) const noexcept { return (words_[i / 64] >> i % 64 & 1) != 0; }
    [[nodiscard]] std::size_t count() const noexcept {
      std::size_t count = 0;
      for (const std::uint64_t word : words_) count += static_cast<std::size_t>(std::popcount(word));
      return count;
    }
    // Calls f(i) for each, in their order.
    template <typename F>
    void for_each(F f) const {
      for (std::size_t k = 0; k < words_.size(); ++k) {
        for (std::uint64_t word = words_[k]; word != 0; word &= word - 1) {
          f(k * 64 + static_cast<std::size_t>(std::countr_zero(word)));
        }
      }
    }

   private:
    std::array<std::uint64_t, kMostItems / 64> words_{};
  };
  struct LeftOut {
    ItemSet present;  // their keys are there
    ItemSet full;  // their segments had no room
  };
  [[nodiscard]] bool insert_absent(ByteView file, const BuildItem* items, std::size_t count, LeftOut* out) noexcept;
  // The same for several threads at once and nobody beside them, each with hashes of parts that no other has, while has_whole_parts(). Nothing
  // grows and count() stays: the keys inserted are to be told to add_inserted() when all threads are done. When insert_absent() has had those whose
  // segments are full, in their order, all is as if it had had everything.
  [[nodiscard]] LeftOut insert_absent_where_room(ByteView file, const BuildItem* items, std::size_t count) noexcept;
  static constexpr std::uint32_t kParts = 16;
  [[nodiscard]] std::uint32_t part_of(std::uint64_t key_hash) const noexcept {
    return static_cast<std::uint32_t>(mix_(key_hash) >> 60);
  }
  // No segment reaches over two of them.
  [[nodiscard]] bool has_whole_parts() const noexcept;
  void add_inserted(std::uint64_t key_count) noexcept { add_to(&count_, key_count); }
  // A hint, so that building `key_count` keys does not split on the way. Does nothing when the index has memory
  // already. False is out of memory; the index is then usable and empty. Do not pass what a file claims unchecked.
  [[nodiscard]] bool expect(std::uint64_t key_count) noexcept;
  // For keeping an index longer than this object: calls f(shape, slots) for each segment, in the order in which restore() wants them.
  // With the writer kept out. The slots mean something under the same seed only.
  template <typename F>
  void for_each_segment(F&& f) const {
    if (!owns_memory()) return;
    const DirectoryView view = directory();
    for (std::uint64_t i = 0; i < view.size(); i += view.span_of(i)) {
      const Segment segment = view.segment(i);
      const SegmentShape shape{static_cast<std::uint8_t>(segment.depth()),
                               static_cast<std::uint8_t>(segment.log2_groups()), view.use(i).worn};
      f(shape, as_bytes(segment.slots(), shape.slot_count() * sizeof(Slot)));
    }
  }
  // Makes an index that is empty the one that for_each_segment() gave. What comes in may be damaged or made up: no offset gets in
  // that is not below `end`, and none of it makes a call unsafe, though keys may be absent then. False is out of memory, a source that ended, or
  // what no index looks like; the index is empty again.
  [[nodiscard]] bool restore(std::span<const SegmentShape> shapes, std::uint64_t end, SlotSource& source) noexcept;
  // The same for readers alone, with the slots where they are, one segment after the other from a multiple of 4096 on; they stay there as
  // long as this does. Of the writer's calls only clear() may follow. False also for an index of less than one segment of full size.
  [[nodiscard]] bool refer_to(std::span<const SegmentShape> shapes, std::uint64_t key_count, ByteView slots) noexcept;
  // Gives all memory back. No reader may be under way.
  void clear() noexcept;

  // Any thread; relaxed figures.
  [[nodiscard]] std::uint64_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
  // Bytes taken from the allocator, and this object.
  [[nodiscard]] std::uint64_t memory_size() const noexcept { return memory_.size() + sizeof *this; }
  // Keys per slot, 0 to 0.84.
  [[nodiscard]] double load() const noexcept;

 private:
  // Where for_each_offset is: all keys whose mixed hash is below `mixed` are done.
  struct SegmentCursor {
    std::uint64_t mixed = 0;
    bool is_at_end = false;
  };
  [[nodiscard]] std::uint64_t find_anywhere(ByteView file, std::uint64_t key_hash) const noexcept;
  std::size_t next_offsets(SegmentCursor* cursor, std::uint64_t* out_offsets) const noexcept;
  void find_block(ByteView file, const std::uint64_t* key_hashes, std::size_t count,
                  std::uint64_t* out_offsets) const noexcept;
  [[nodiscard]] DirectoryView readers_directory() const noexcept {
    return DirectoryView(directory_word_.load(std::memory_order_acquire));
  }

  [[nodiscard]] std::uint64_t recycled_count() const noexcept {
    return recycled_count_.load(std::memory_order_acquire);
  }
  [[nodiscard]] static Segment readers_segment(DirectoryView directory, std::uint64_t mixed) noexcept {
    return Segment(directory.entry(directory.index_of(mixed)).load(std::memory_order_acquire));
  }

  // Writer.
  [[nodiscard]] DirectoryView directory() const noexcept {
    return DirectoryView(directory_word_.load(std::memory_order_relaxed));
  }
  [[nodiscard]] bool owns_memory() const noexcept { return !empty_.is(directory()); }
  [[nodiscard]] std::size_t settle_pending(const std::uint64_t* mixed, std::size_t count) noexcept;
  std::size_t take_pending(const std::uint64_t* mixed, std::size_t count, std::uint64_t* out_taken) noexcept;
  [[nodiscard]] bool make_room_for_sorted(HashesInFile file, const std::uint64_t* mixed, std::size_t count) noexcept;
  [[nodiscard]] std::uint64_t needed_of(Segment segment, SegmentUse use, HashesInFile file, const std::uint64_t* mixed,
                                        std::size_t count) const noexcept;
  [[nodiscard]] std::size_t count_absent(Segment segment, HashesInFile file, const std::uint64_t* mixed,
                                         std::size_t count) const noexcept;
  [[nodiscard]] bool has_mixed(Segment segment, HashesInFile file, std::uint64_t mixed) const noexcept;
  [[nodiscard]] bool make_room(HashesInFile file, std::uint64_t first, std::uint64_t needed) noexcept;
  [[nodiscard]] bool create_first(std::uint64_t needed) noexcept;
  [[nodiscard]] bool enlarge(HashesInFile file, std::uint64_t first, std::uint64_t needed) noexcept;
  [[nodiscard]] bool renew(HashesInFile file, std::uint64_t first) noexcept;
  [[nodiscard]] bool divide(HashesInFile file, std::uint64_t first) noexcept;
  void recycle(Segment segment) noexcept;
  void replace_segment(std::uint64_t first, Segment by, std::uint32_t live) noexcept;

  // The first slot on the way of this hash, alike to it, that confirms(what is in it); null where there is none.
  template <typename Confirms>
  [[nodiscard]] static Slot* first_confirmed(Segment segment, std::uint64_t mixed, Confirms confirms) noexcept {
    Slot* match = nullptr;
    segment.walk_way(mixed, [&](Group group, std::uint64_t like) {
      for (std::uint32_t mask = group.writers_masks(like).alike; mask != 0; mask &= mask - 1) {
        Slot& slot = group.first_of(mask);
        if (!confirms(slot.load(std::memory_order_relaxed))) continue;
        match = &slot;
        return true;
      }
      return false;
    });
    return match;
  }
  // The key's slot, or nullptr.
  [[nodiscard]] static Slot* look_up(Segment segment, HashesInFile file, std::uint64_t mixed,
                                     std::uint64_t key_hash) noexcept;
  std::uint64_t put_mixed(HashesInFile file, std::uint64_t mixed, std::uint64_t key_hash,
                          std::uint64_t trailer_offset) noexcept;
  [[nodiscard]] Spot spot_anywhere(HashesInFile file, std::uint64_t mixed, std::uint64_t key_hash) const noexcept;
  // Where a key goes that is not there, in a segment that has room.
  [[nodiscard]] static Spot spot_for_new(Segment segment, SegmentUse* use, std::uint64_t mixed) noexcept;
  // A vacant one. The count is the caller's.
  void occupy(const Spot& spot, std::uint64_t trailer_offset) noexcept {
    if (spot.passed_ != 0) [[unlikely]]
      directory().segment_of(*spot.use_).send_on(spot.slot_, spot.passed_, lane_of(spot.head_));
    const std::uint64_t overflow = spot.slot_->load(std::memory_order_relaxed);  // all that is in a vacant one
    spot.slot_->store(spot.head_ | trailer_offset | overflow, std::memory_order_release);
    ++spot.use_->used;
  }
  // For many at once: where a key goes if its home group alone says that it is absent. Good until a segment is divided or made anew.
  struct Aim {
    Group home = Group(nullptr);
    SegmentUse* use;
    std::uint64_t slot;
    std::uint32_t slot_limit;  // 0 where slots are worn: those take a closer look
  };
  // Into each part by itself: what is written in parts and read as a whole is waited for.
  [[gnu::always_inline]] static void aim_at_home(DirectoryView view, std::uint64_t mixed, std::uint64_t trailer_offset,
                                                 Aim* out) noexcept {
    const std::uint64_t index = view.index_of(mixed);
    const Segment segment = view.segment(index);
    SegmentUse& use = view.use(view.first_of(index));
    out->home = segment.home_group(mixed);
    out->use = &use;
    out->slot = segment.slot_for(mixed, trailer_offset);
    out->slot_limit = use.worn == 0 ? segment.slot_limit() : 0;
  }
  // Inserts it there; the count is the caller's. Else false, and what must be looked at next is asked for: a trailer, or the next group.
  [[nodiscard, gnu::always_inline]] static bool insert_at_home(const Aim& aim, HashesInFile file) noexcept {
    const auto [alike, vacant] = aim.home.writers_masks_unworn(aim.slot);
    if (alike == 0 && vacant != 0 && aim.use->used < aim.slot_limit) [[likely]] {
      aim.home.first_of(vacant).store(aim.slot, std::memory_order_release);
      ++aim.use->used;
      return true;
    }
    if (alike != 0) {
      file.prefetch(aim.home.first_of(alike).load(std::memory_order_relaxed));
    } else {
      prefetch_line(&aim.home.slot(0) + kGroupSlots);  // the next group's, but for a segment's last
    }
    return false;
  }
  enum class Insertion : std::uint8_t { kInserted, kPresent, kFull, kNoMemory };
  template <typename InsertLate>
  void insert_block(HashesInFile file, const BuildItem* items, std::size_t count, InsertLate insert_late) noexcept;
  template <typename SegmentAt>
  [[nodiscard]] bool fill_directory(std::span<const SegmentShape> shapes, SegmentAt segment_at) noexcept;
  [[nodiscard]] Insertion insert_absent_into(DirectoryView view, HashesInFile file, std::uint64_t mixed,
                                             const BuildItem& item) noexcept;
  [[nodiscard]] Insertion insert_one_absent(HashesInFile file, std::uint64_t mixed, const BuildItem& item) noexcept;
  void add_to(std::atomic<std::uint64_t>* figure, std::uint64_t difference) noexcept {
    figure->store(figure->load(std::memory_order_relaxed) + difference, std::memory_order_release);
  }

  // What readers load, on a line that is written when a segment is divided, replaced or made larger.
  alignas(64) std::atomic<std::uint64_t> directory_word_;
  std::atomic<std::uint64_t> recycled_count_{0};  // segments whose memory was given up for others
  const HashMixer mix_;

  // The writer's.
  alignas(64) std::atomic<std::uint64_t> count_{0};
  std::atomic<std::uint64_t> slot_count_{0};
  IndexMemory memory_;
  Directory blocks_;
  SegmentPool segments_;
  EmptyDirectory empty_;
};

}  // namespace simdr::core
