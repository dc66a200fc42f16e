// Who inserts when an index is built: the builder alone, or with workers, who have a lane each. Then each has parts of the hashes to itself, and nothing
// grows meanwhile; what needs growth is kept, and when that has become much, all stop for the builder to do it.
//
// A worker is called by the builder's thread only. What it is, a thread or a queue in a test, is its crew's to say: this room knows of none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "index/build_lane.h"
#include "index/key_index.h"

namespace simdr::core {

class BuildTeam {
 public:
  // Somebody who calls one lane, mostly from a thread of their own.
  class Worker {
   public:
    virtual ~Worker() = default;  // nobody is in the lane any more
    // Has these added to the lane, after all that was given before. At most kMostGiven.
    virtual void give(const BuildItem* items, std::size_t count) = 0;
    // Waits until the lane has had all that was given and is flushed. False: there was no memory for some of it.
    [[nodiscard]] virtual bool finish() = 0;
  };
  static constexpr std::size_t kMostGiven = 256;

  class Crew {
   public:
    // At most so many workers.
    [[nodiscard]] virtual std::size_t size() const noexcept = 0;
    // One for this lane; nullptr when there can be none. The lane and the file outlive it.
    [[nodiscard]] virtual std::unique_ptr<Worker> hire(BuildLane& lane, ByteView file) = 0;

   protected:
    ~Crew() = default;
  };
  static constexpr std::size_t kMostWorkers = 3;
  static constexpr std::size_t kMostLanes = 1 + kMostWorkers;  // as BuildLane::Sink numbers them; the builder's is 0

  // All outlive the team; `crew` may be null. All stop when a lane keeps `most_kept` items.
  BuildTeam(KeyIndex& index, BuildLane::Sink& sink, Crew* crew, std::uint64_t most_kept) noexcept
      : index_(index), sink_(sink), crew_(crew), most_kept_(most_kept), own_(index, sink, 0) {}
  BuildTeam(const BuildTeam&) = delete;
  BuildTeam& operator=(const BuildTeam&) = delete;

  // As it was at first: nobody works on the index any more, and what was added but not inserted is forgotten.
  void disband() noexcept;

  // At most BuildLane::kMaxBatch, all older than those that came before; always of the same file. False is out of memory, here and below, and so is
  // std::bad_alloc: what is in the index is anybody's guess then.
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
  // A lane, and while the index is shared, what is to go there next.
  struct Share {
    Share(KeyIndex& index, BuildLane::Sink& sink, std::size_t number) noexcept : lane(index, sink, number) {}
    BuildLane lane;
    std::unique_ptr<Worker> worker;  // gone before the lane is; the builder itself has none
    std::size_t count = 0;
    std::array<BuildItem, kMostGiven> items;
  };

  void hire(ByteView file);
  [[nodiscard]] bool distribute(ByteView file, const BuildItem* items, std::size_t count);
  [[nodiscard]] bool add_own(ByteView file);
  static void give(Share* share);
  void look_whether_settling_is_due() noexcept;

  KeyIndex& index_;
  BuildLane::Sink& sink_;
  Crew* crew_;
  const std::uint64_t most_kept_;
  std::uint64_t settle_at_ = 0;
  bool is_settling_due_ = false;
  bool is_shared_ = false;
  Share own_;
  std::vector<std::unique_ptr<Share>> others_;
  std::array<std::uint8_t, KeyIndex::kParts> owner_of_part_{};  // 0 is the builder, others_ follow
};

}  // namespace simdr::core
