// Who inserts when an index is built: the builder alone, or with workers, who have a lane each. Then each has parts of the hashes to itself, and nothing
// grows meanwhile; what needs growth is kept, and when that has become much, all stop for the builder to do it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "index/build_lane.h"
#include "index/build_worker.h"
#include "index/key_index.h"

namespace simdr::core {

class BuildTeam {
 public:
  static constexpr std::size_t kMostWorkers = 2;
  static constexpr std::size_t kMostLanes = 1 + kMostWorkers;  // as BuildLane::Sink numbers them; the builder's is 0

  // All outlive the team. At most `worker_count` are hired, of a crew that may be null. All stop when a lane keeps `most_kept` items.
  BuildTeam(KeyIndex& index, BuildLane::Sink& sink, BuildCrew* crew, std::size_t worker_count,
            std::uint64_t most_kept) noexcept
      : index_(index),
        sink_(sink),
        crew_(crew),
        worker_count_(worker_count < kMostWorkers ? worker_count : kMostWorkers),
        most_kept_(most_kept),
        own_lane_(index, sink, 0) {}
  BuildTeam(const BuildTeam&) = delete;
  BuildTeam& operator=(const BuildTeam&) = delete;

  // As it was at first: nobody works on the index any more, and what was added but not inserted is forgotten.
  void disband() noexcept;

  // As BuildIntake's; false is out of memory, here and below, and so is std::bad_alloc: what is in the index is anybody's guess then.
  [[nodiscard]] bool add(ByteView file, const BuildItem* items, std::size_t count);
  // While the index is shared, count() is that of when it was last settled; this becomes true some time after it would have reached this many.
  void settle_at(std::uint64_t key_count) noexcept { settle_at_ = key_count; }
  [[nodiscard]] bool is_settling_due() const noexcept { return is_settling_due_; }
  // Inserts all that was added; until the next add(), nobody else works on the index, which may be changed and made anew.
  [[nodiscard]] bool settle(ByteView file);

  [[nodiscard]] bool is_shared() const noexcept { return is_shared_; }
  // Calls workers, if there are any; the index has whole parts.
  [[nodiscard]] bool share(ByteView file);
  // They are sent away no farther than to wait. When all is settled.
  void stop_sharing() noexcept;

 private:
  // A worker, and what goes to it next.
  struct Share {
    Share(KeyIndex& index, BuildLane::Sink& sink, std::size_t number) noexcept : lane(index, sink, number) {}
    BuildLane lane;
    std::unique_ptr<BuildWorker> worker;  // gone before the lane is
    std::size_t count = 0;  // of the items in the worker's room
  };

  void hire(ByteView file);
  [[nodiscard]] bool distribute(ByteView file, const BuildItem* items, std::size_t count);
  [[nodiscard]] bool add_own(ByteView file);
  static void give(Share* share);
  void look_whether_settling_is_due() noexcept;

  KeyIndex& index_;
  BuildLane::Sink& sink_;
  BuildCrew* crew_;
  const std::size_t worker_count_;
  const std::uint64_t most_kept_;
  std::uint64_t settle_at_ = 0;
  bool is_settling_due_ = false;
  bool is_shared_ = false;
  BuildLane own_lane_;
  std::size_t own_count_ = 0;  // of the next, while the index is shared
  std::array<BuildItem, KeyIndex::kMostItems> own_items_;
  std::vector<std::unique_ptr<Share>> others_;
  std::array<std::uint8_t, KeyIndex::kParts> owner_of_part_{};  // 0 is the builder, others_ follow
};

}  // namespace simdr::core
