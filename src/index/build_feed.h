// Where the thread that finds the entries of a file puts them for an index to be built: it inserts them itself while they are few; where many are to come,
// somebody else does, and it goes on finding them meanwhile.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "index/build_worker.h"
#include "index/index_builder.h"

namespace simdr::core {

class BuildFeed {
 public:
  static constexpr std::size_t kMostWorkers = 1 + BuildTeam::kMostWorkers;
  static constexpr std::size_t kMaxBatch = 8;

  // All outlive the feed; `allocator` is asked for transient memory, `crew` may be null. The sink is called by other threads then, but by
  // one at a time for each lane.
  BuildFeed(KeyIndex& index, SlabAllocator& allocator, BuildLane::Sink& sink, const IndexBuilder::Guessing& guessing,
            BuildCrew* crew) noexcept
      : crew_(crew),
        builder_(index, allocator, sink, guessing, crew, crew == nullptr || crew->size() == 0 ? 0 : crew->size() - 1) {}
  BuildFeed(const BuildFeed&) = delete;
  BuildFeed& operator=(const BuildFeed&) = delete;

  // Nobody works on the index any more, and what was held back is forgotten. The index is as it is to begin with, or is made so now; `end` is
  // where the entries to come end in the file.
  void begin(std::uint64_t end) noexcept;
  // For kMaxBatch items, which add() takes.
  [[nodiscard]] BuildItem* room() noexcept { return items_ + count_; }
  // So many of them, all below those that came before; always of the same file. False is out of memory, here and below, and so is
  // std::bad_alloc: the build is void then. It may be told later.
  [[nodiscard]] bool add(ByteView file, std::size_t count) {
    count_ += count;
    return count_ <= KeyIndex::kMostItems - kMaxBatch || pass_on(file);
  }
  // After add(): the worker has as much to do as may wait for it, and the next items would have to.
  [[nodiscard]] bool is_held_up() const noexcept { return count_ == 0 && worker_ != nullptr && worker_->is_behind(); }
  // Inserts what add() still holds back, and waits for all that others have. Nothing more is added then, before another begin().
  [[nodiscard]] bool flush(ByteView file);
  // After flush(): gives back what is too much.
  [[nodiscard]] bool fit(ByteView file) noexcept { return builder_.fit(file); }

 private:
  [[nodiscard]] bool pass_on(ByteView file);

  BuildCrew* crew_;
  IndexBuilder builder_;
  std::unique_ptr<BuildWorker> worker_;  // who calls the builder; gone before it is
  std::array<BuildItem, KeyIndex::kMostItems> own_items_;  // while there is none
  BuildItem* items_ = own_items_.data();
  std::size_t count_ = 0;
};

}  // namespace simdr::core
