// A thread's way into an index that is being built. Each thread has a lane of its own while the index is shared: then it inserts where there is
// room, and keeps what needs growth until somebody has the index alone.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "index/build_worker.h"
#include "index/key_index.h"

namespace simdr::core {

class BuildLane final : public BuildIntake {
 public:
  class Sink {
   public:
    // These were added: all but those left out are in the index now, as the newest of their keys. Those for which there was no room come again. In no
    // order; may throw. Each lane calls for itself, and several may at once.
    virtual void on_added(std::size_t lane, const BuildItem* items, std::size_t count,
                          const KeyIndex::LeftOut& but) = 0;

   protected:
    ~Sink() = default;
  };

  // Both outlive the lane. `number` is what the sink is told.
  BuildLane(KeyIndex& index, Sink& sink, std::size_t number) noexcept : index_(index), sink_(sink), number_(number) {}
  BuildLane(const BuildLane&) = delete;
  BuildLane& operator=(const BuildLane&) = delete;

  [[nodiscard]] bool add(ByteView file, const BuildItem* items, std::size_t count) override;
  // Drops what is kept.
  void forget() noexcept;

  void set_shared(bool is_shared) noexcept { is_shared_ = is_shared; }
  // While shared, by any thread: keys inserted since it is, and items kept.
  [[nodiscard]] std::uint64_t inserted_count() const noexcept {
    return inserted_count_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::size_t kept_count() const noexcept { return kept_count_.load(std::memory_order_relaxed); }
  // By who has the index alone: counts what was inserted, and inserts what was kept. False is out of memory; may throw that, too.
  [[nodiscard]] bool settle(ByteView file);

 private:
  [[nodiscard]] bool insert(ByteView file, const BuildItem* items, std::size_t count);
  void insert_where_room(ByteView file, const BuildItem* items, std::size_t count);

  KeyIndex& index_;
  Sink& sink_;
  const std::size_t number_;
  bool is_shared_ = false;
  std::vector<BuildItem> kept_;  // their segments are full, newest first
  alignas(64) std::atomic<std::uint64_t> inserted_count_{0};
  std::atomic<std::size_t> kept_count_{0};
};

}  // namespace simdr::core
