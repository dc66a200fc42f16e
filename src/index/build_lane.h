// A thread's way into an index that is being built. What comes is held back for some calls, so that its lines arrive meanwhile.
//
// One thread may call add() and flush() at a time, each lane its own while the index is shared: then it inserts where there is room, and keeps
// what needs growth until somebody has the index alone.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "index/key_index.h"

namespace simdr::core {

class BuildLane {
 public:
  class Sink {
   public:
    // These were not there before: the newest of their keys. In no order; may throw. Each lane calls for itself, and they
    // may at once.
    virtual void on_inserted(std::size_t lane, const BuildItem* items, std::size_t count) = 0;

   protected:
    ~Sink() = default;
  };

  static constexpr std::size_t kMaxBatch = 8;

  // Both outlive the lane. `number` is what the sink is told.
  BuildLane(KeyIndex& index, Sink& sink, std::size_t number) noexcept : index_(index), sink_(sink), number_(number) {}
  BuildLane(const BuildLane&) = delete;
  BuildLane& operator=(const BuildLane&) = delete;

  // At most kMaxBatch, all older than those that came before. False is out of memory, here and below; may throw that, too.
  [[nodiscard]] bool add(ByteView file, const BuildItem* items, std::size_t count);
  // Inserts what add() still holds back. More may follow.
  [[nodiscard]] bool flush(ByteView file);
  // Drops it instead, and what is kept.
  void forget() noexcept;

  // With nothing held back: it may be of any part.
  void set_shared(bool is_shared) noexcept;
  // While shared, by any thread: keys inserted since it is, and items kept.
  [[nodiscard]] std::uint64_t inserted_count() const noexcept {
    return inserted_count_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::size_t kept_count() const noexcept { return kept_count_.load(std::memory_order_relaxed); }
  // By who has the index alone: counts what was inserted, and inserts what was kept.
  [[nodiscard]] bool settle(ByteView file);

 private:
  // With more, lines would wait in the first cache and lose their place there; with fewer they are not there yet.
  static constexpr std::size_t kHeldBatches = 3;

  [[nodiscard]] bool insert_oldest(ByteView file);
  [[nodiscard]] bool insert(ByteView file, BuildItem* items, std::size_t count);
  void insert_where_room(ByteView file, BuildItem* items, std::size_t count);

  KeyIndex& index_;
  Sink& sink_;
  const std::size_t number_;
  bool is_shared_ = false;
  struct Held {
    std::size_t count = 0;
    std::array<BuildItem, kMaxBatch> items;
  };
  std::array<Held, kHeldBatches> held_;
  std::size_t oldest_held_ = 0;
  std::vector<BuildItem> kept_;  // their segments are full, newest first
  alignas(64) std::atomic<std::uint64_t> inserted_count_{0};
  std::atomic<std::size_t> kept_count_{0};
};

}  // namespace simdr::core
