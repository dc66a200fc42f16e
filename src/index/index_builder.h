// Builds an index of the entries of a file, newest to oldest, and makes it as large beforehand as it will be: growing by
// dividing segments costs more than all else. How many keys are to come is not known, since the older part of a file
// may hold nothing but older versions of keys that are there. So it is guessed by what the part behind held, the index
// gets at most eight times as many keys as it has (or a million), and one that turns out too large is
// made to fit in the end. Time stays linear whatever the guesses are worth.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "index/key_index.h"
#include "index/slab_allocator.h"

namespace simdr::core {

class IndexBuilder {
 public:
  class Sink {
   public:
    // These were not there before: the newest of their keys. In no order; may throw.
    virtual void on_inserted(const BuildItem* items, std::size_t count) = 0;

   protected:
    ~Sink() = default;
  };

  // In keys.
  struct Guessing {
    std::uint64_t begins_at = 8 * 1024;  // a smaller index grows by itself
    std::uint64_t cheap = 1024 * 1024;  // so many may be expected in any case
    std::uint64_t most = 12 * 1024 * 1024;  // more are not expected; then growth is by dividing again
  };

  static constexpr std::size_t kMaxBatch = 8;

  // `allocator` is asked for transient memory. All three outlive the builder.
  IndexBuilder(KeyIndex& index, SlabAllocator& allocator, Sink& sink, const Guessing& guessing) noexcept
      : index_(index), allocator_(allocator), sink_(sink), guessing_(guessing) {}
  IndexBuilder(const IndexBuilder&) = delete;
  IndexBuilder& operator=(const IndexBuilder&) = delete;

  // The index is as it is to begin with; `end` is where the entries to come end in the file.
  void begin(std::uint64_t end) noexcept;
  // At most kMaxBatch, all below those that came before. False is out of memory, here and below: the build is void then.
  [[nodiscard]] bool add(ByteView file, const BuildItem* items, std::size_t count);
  // Inserts what add() still holds back. More may follow.
  [[nodiscard]] bool flush(ByteView file);
  // After the last flush(): gives back what is too much.
  [[nodiscard]] bool fit(ByteView file) noexcept;

 private:
  // With more, lines would wait in the first cache and lose their place there; with fewer they are not there yet.
  static constexpr std::size_t kHeldBatches = 3;

  [[nodiscard]] bool insert_oldest(ByteView file);
  [[nodiscard]] bool guess(ByteView file, std::uint64_t reached) noexcept;
  [[nodiscard]] std::uint64_t keys_at(double load) const noexcept;
  [[nodiscard]] bool rebuild(ByteView file, std::uint64_t key_count) noexcept;

  KeyIndex& index_;
  SlabAllocator& allocator_;
  Sink& sink_;
  const Guessing guessing_;
  std::uint64_t next_guess_at_ = 0;  // in keys
  std::uint64_t guessed_at_ = 0;  // the same, of the last guess
  std::uint64_t reached_ = 0;  // in the file, then
  struct Held {
    std::size_t count = 0;
    std::array<BuildItem, kMaxBatch> items;
  };
  std::array<Held, kHeldBatches> held_;
  std::size_t oldest_held_ = 0;
};

}  // namespace simdr::core
