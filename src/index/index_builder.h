// Builds an index of the entries of a file, newest to oldest, and makes it as large beforehand as it will be: growing by
// dividing segments costs more than all else. How many keys are to come is not known, since the older part of a file
// may hold nothing but older versions of keys that are there. So it is guessed by what the part behind held, the index
// gets at most eight times as many keys as it has (or a million), and one that turns out too large is
// made to fit in the end. Time stays linear whatever the guesses are worth.
//
// Inserting takes longer than finding the entries, so where many are to be expected and there is a crew, most of it is done by others. (BuildFeed
// lets finding and inserting go on at once.)
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "index/build_team.h"
#include "index/key_index.h"
#include "index/slab_allocator.h"

namespace simdr::core {

class IndexBuilder final : public BuildIntake {
 public:
  // In keys.
  struct Guessing {
    std::uint64_t begins_at = 8 * 1024;  // a smaller index grows by itself
    std::uint64_t cheap = 1024 * 1024;  // so many may be expected in any case
    std::uint64_t most = 12 * 1024 * 1024;  // more are not expected; then growth is by dividing again
    // A crew is called for so many to come, which take the builder alone some 8 ms.
    std::uint64_t worth_sharing = 256 * 1024;
    std::uint64_t most_kept = 4096;  // so many that need growth may wait for it, in one lane, before all stop
  };

  // `allocator` is asked for transient memory. All outlive the builder; of `crew`, which may be null, at most `worker_count` are hired.
  IndexBuilder(KeyIndex& index, SlabAllocator& allocator, BuildLane::Sink& sink, const Guessing& guessing,
               BuildCrew* crew, std::size_t worker_count) noexcept
      : index_(index),
        allocator_(allocator),
        guessing_(guessing),
        team_(index, sink, crew, worker_count, guessing.most_kept) {}
  IndexBuilder(const IndexBuilder&) = delete;
  IndexBuilder& operator=(const IndexBuilder&) = delete;

  // Nobody works on the index any more, and what was held back is forgotten. The index is as it is to begin with, or is made so now; `end` is
  // where the entries to come end in the file.
  void begin(std::uint64_t end) noexcept;
  [[nodiscard]] bool add(ByteView file, const BuildItem* items, std::size_t count) override;
  // The next add() makes the index larger, and so many are to come that others are worth the calling before that.
  [[nodiscard]] bool expects_many() const noexcept { return is_guess_due() && is_worth_sharing(expectation()); }
  // Inserts what add() still holds back. Nothing more is added then, before another begin().
  [[nodiscard]] bool flush(ByteView file);
  // After flush(): gives back what is too much.
  [[nodiscard]] bool fit(ByteView file) noexcept;

 private:
  [[nodiscard]] bool is_guess_due() const noexcept { return index_.count() >= next_guess_at_; }
  [[nodiscard]] bool follow_guess(ByteView file);
  [[nodiscard]] bool guess(ByteView file) noexcept;
  [[nodiscard]] std::uint64_t expectation() const noexcept;
  [[nodiscard]] bool is_worth_sharing(std::uint64_t key_count) const noexcept {
    return key_count >= index_.count() + guessing_.worth_sharing;
  }
  [[nodiscard]] bool has_much_room() const noexcept;
  [[nodiscard]] std::uint64_t keys_at(double load) const noexcept;
  [[nodiscard]] bool rebuild(ByteView file, std::uint64_t key_count) noexcept;

  KeyIndex& index_;
  SlabAllocator& allocator_;
  const Guessing guessing_;
  std::uint64_t next_guess_at_ = 0;  // in keys
  std::uint64_t guessed_at_ = 0;  // the same, of the last guess
  std::uint64_t guessed_reach_ = 0;  // in the file, then
  std::uint64_t expected_ = 0;  // and what it was
  std::uint64_t reached_ = 0;  // in the file, now
  bool is_flushed_ = false;
  BuildTeam team_;
};

}  // namespace simdr::core
