// A history of calls against a model, with reopens, compactions and one fault (once or for ever) in it.
//
//   byte 0: durability, index file, direct writes, window · 1..2: the call that fails, 0 none · 3: how · then four bytes an operation
#include <cerrno>

#include "disk.h"
#include "fault_run.h"
#include "targets.h"

namespace simdr::core::test {
namespace {

constexpr std::size_t kMostOperations = 60;
// Of all values together: with the room ahead of the tail, and an operation done again after the fault, they fit on the disk.
constexpr std::uint64_t kMostBytes = RecordingFileSystem::kFileCapacity / 2;

class Decoder {
 public:
  Decoder(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  [[nodiscard]] bool has_more() const noexcept { return at_ < size_ && value_bytes_ < kMostBytes; }
  std::uint8_t byte() noexcept { return at_ < size_ ? data_[at_++] : 0; }

  Operation operation() {
    Operation operation;
    operation.act = static_cast<Act>(byte() % 11);
    operation.durability = static_cast<Durability>(byte() % 16 < 13 ? 0 : byte() % 4);
    const std::uint8_t key = byte();
    const std::uint8_t size = byte();
    switch (operation.act) {
      case Act::kPut:
      case Act::kStream:
      case Act::kReserve:
        operation.steps.push_back({key_of(key % 16), value(size)});
        break;
      case Act::kPutMany:
        for (unsigned i = 0; i <= key / 32u; ++i)
          operation.steps.push_back({key_of((key + i * 5) % 16), value(static_cast<std::uint8_t>(size / (i + 1)))});
        break;
      case Act::kRemove:
        operation.steps.push_back({present(key), nullptr});
        break;
      case Act::kRemoveMany:
        for (const auto& item : state_) {
          if ((item.first >> (key % 32)) & 1u) operation.steps.push_back({item.first, nullptr});
        }
        break;
      case Act::kRename:
        rename(key, size, &operation);
        break;
      case Act::kSync:
        operation.durability = key % 2 == 0 ? Durability::kCommit : Durability::kStrict;
        break;
      case Act::kReserveAbort:
      case Act::kCompact:
      case Act::kReopen:
        break;
    }
    apply_steps(operation, &state_);
    return operation;
  }

 private:
  // Mostly small; the upper end goes past what is written through the window, and past what a stream keeps in memory.
  Value value(std::uint8_t size) {
    const std::uint64_t bytes = size < 200 ? 1 + size * size / 4u : 1 + (size - 199u) * 26'000u;
    value_bytes_ += bytes;
    return make_value(bytes, ++values_ * 7);
  }
  std::uint64_t present(std::uint8_t key) const {
    if (state_.empty()) return key_of(key % 16);
    auto at = state_.begin();
    std::advance(at, key % state_.size());
    return at->first;
  }
  void rename(std::uint8_t key, std::uint8_t to, Operation* operation) {
    operation->rename_from = present(key);
    const std::uint64_t target = key_of(to % 16);
    const auto from = state_.find(operation->rename_from);
    if (from == state_.end() || target == from->first) {
      operation->act = Act::kReserveAbort;
      return;
    }
    value_bytes_ += from->second->size();
    operation->steps.push_back({target, from->second});
    operation->steps.push_back({from->first, nullptr});
  }

  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
  std::uint64_t values_ = 0;
  std::uint64_t value_bytes_ = 0;
  State state_;
};

}  // namespace

void fuzz_api(const std::uint8_t* data, std::size_t size) {
  constexpr int kErrors[] = {EIO, ENOSPC, EDQUOT, ENOMEM};
  Decoder decoder(data, size);
  const std::uint8_t how = decoder.byte();
  OpenSettings settings;
  settings.durability = static_cast<Durability>(1 + how % 3);
  settings.direct_writes = (how & 0x40u) != 0;
  settings.index_file = (how & 0x20u) != 0;
  settings.append.max_window_size = (how & 0x80u) != 0 ? 256 << 10 : 64 << 10;
  settings.reserve_size = RecordingFileSystem::kFileCapacity / 2;
  FaultPlan plan;
  plan.call_number = decoder.byte();
  plan.call_number += static_cast<std::uint64_t>(decoder.byte() % 2) * 256;
  const std::uint8_t kind = decoder.byte();
  plan.os_error = kErrors[kind % 4];
  plan.for_ever = (kind & 0x10u) != 0;
  plan.half_done = (kind & 0x20u) != 0;
  std::vector<Operation> operations;
  while (decoder.has_more() && operations.size() < kMostOperations) operations.push_back(decoder.operation());

  RecordingFileSystem disk;
  FaultRun run(disk, "/disk/store.simdr", settings);
  const std::string wrong = run.run(operations, plan);
  require(wrong.empty(), wrong.c_str());
}

}  // namespace simdr::core::test
