// What an iterator needs to see the store as it was when it began, while the index moves on.
//
// An entry at offset o, found on the chain below a snapshot's tail, is live in the snapshot exactly when the index says o
// for its key, or when the index has moved on since and the writer told the snapshot o at that moment. So the writer
// tells each snapshot the offset of a key's entry before it replaces or removes it, and where what it does so with lies.
// Cost: nothing for writers while there is no snapshot; about 40 bytes a key that is replaced during one.
//
// Taking one needs no write lock, so that it does not wait for a compaction. The writer moves the index inside a read section
// (platform/read_section.h); a snapshot is registered, then waits for sections under way, then fixes its tail. A move that began before
// the registration, and so was not told, is over by then and lies below the tail. Of one that began in between nobody knows on which side of the
// tail it will be: it is told and kept, and the tail decides. What was replaced by something below the tail was dead in the snapshot.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace simdr::core {

// A key's entry gives way to another, or to the mark of a removal. Offsets of trailers.
struct Succession {
  std::uint64_t replaced_offset;
  std::uint64_t successor_offset;
};

class Snapshot {
 public:
  [[nodiscard]] std::uint64_t tail() const noexcept { return tail_; }
  // True when memory ran out for what the writer had to tell: the snapshot is of no more use.
  [[nodiscard]] bool is_broken() const noexcept { return is_broken_.load(std::memory_order_acquire); }
  // The offset of the key's entry in this snapshot if the writer has moved on from it since, else 0.
  [[nodiscard]] std::uint64_t replaced_offset(std::uint64_t key_hash) const;

 private:
  friend class SnapshotRegistry;
  static constexpr std::uint64_t kNotFixed = ~std::uint64_t{0};

  void fix_tail(const std::atomic<std::uint64_t>& tail);
  void note(std::uint64_t key_hash, const Succession& move) noexcept;

  std::uint64_t tail_ = kNotFixed;  // under mutex_ until it is fixed
  std::atomic<bool> has_notes_{false};
  std::atomic<bool> is_broken_{false};
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, Succession> moves_;  // of each key the last that may matter
};

class SnapshotRegistry {
 public:
  // Registers `snapshot` and fixes its tail from `tail`. Not inside a read section. May throw std::bad_alloc.
  void add(Snapshot* snapshot, const std::atomic<std::uint64_t>& tail);
  void remove(Snapshot* snapshot) noexcept;

  // Writer, in the read section in which it moves the index and then the tail, which still is `tail`.
  [[nodiscard]] bool active() const noexcept { return count_.load(std::memory_order_acquire) != 0; }
  void note(std::uint64_t key_hash, const Succession& move, std::uint64_t tail) noexcept;

 private:
  std::atomic<std::size_t> count_{0};
  std::mutex mutex_;
  std::vector<Snapshot*> snapshots_;
};

}  // namespace simdr::core
