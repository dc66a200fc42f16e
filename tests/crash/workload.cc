#include "workload.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "format/guard_line.h"
#include "format/trailer.h"
#include "store/stream.h"

namespace simdr::core::test {

std::uint64_t Random::log_uniform(std::uint64_t most) noexcept {
  const auto bits = static_cast<std::uint64_t>(std::bit_width(most));
  const std::uint64_t bound = std::uint64_t{1} << (1 + below(bits));
  return 1 + below(std::min(bound, most));
}

const char* act_name(Act act) noexcept {
  constexpr const char* kNames[] = {"put",     "put_many",          "remove",  "remove_many", "rename", "stream",
                                    "reserve", "reserve and abort", "compact", "sync",        "reopen"};
  return kNames[static_cast<std::size_t>(act)];
}

namespace {

void fill_random(Bytes* bytes, std::uint64_t seed) {
  Random random(seed);
  std::size_t at = 0;
  for (; at + 8 <= bytes->size(); at += 8) {
    const std::uint64_t word = random.next();
    std::memcpy(bytes->data() + at, &word, 8);
  }
  for (; at < bytes->size(); ++at) (*bytes)[at] = static_cast<std::byte>(random.next() >> 56);
}

// A guard or a trailer at every line of the value, naming places that exist in small files.
void plant_lookalikes(Bytes* bytes, std::uint64_t seed) {
  Random random(seed + 99);
  for (std::size_t at = 0; at + kGuardLineSize <= bytes->size(); at += kGuardLineSize) {
    if (random.below(2) == 0) {
      std::byte guard[kGuardSize];
      const std::uint64_t tail = random.below(3) == 0 ? 0 : random.below(4096);
      encode_guard(guard, at, {tail / 2, tail, 4711, static_cast<std::uint32_t>(random.below(2)), tail});
      std::memcpy(bytes->data() + at, guard, kGuardSize);
    } else {
      encode_trailer(bytes->data() + at + 20, {key_of(random.below(24)), random.below(2) * random.below(4096), 0});
    }
  }
}

}  // namespace

Value make_value(std::uint64_t size, std::uint64_t seed, bool lookalikes) {
  Bytes bytes(static_cast<std::size_t>(size));
  switch (seed % 16) {
    case 0:
      break;  // zeros
    case 1:
      std::fill(bytes.begin(), bytes.end(), std::byte{0xFF});
      break;
    case 2:
      fill_random(&bytes, seed);
      if (lookalikes) plant_lookalikes(&bytes, seed);
      break;
    default:
      fill_random(&bytes, seed);
  }
  if (size == 1 && bytes[0] == kTombstoneByte) bytes[0] = std::byte{1};
  return std::make_shared<const Bytes>(std::move(bytes));
}

std::uint64_t key_of(std::uint64_t index) noexcept { return (index + 1) * 0xD6E8'FEB8'6659'FD93ull; }

void apply_step(const Step& step, State* state) {
  if (step.value == nullptr) {
    state->erase(step.key);
  } else {
    (*state)[step.key] = step.value;
  }
}

void apply_steps(const Operation& operation, State* state) {
  for (const Step& step : operation.steps) apply_step(step, state);
}

namespace {

// Draws operations that can succeed: what is removed or renamed is there.
class Drawer {
 public:
  Drawer(std::uint64_t seed, const WorkloadShape& shape, State state)
      : random_(seed), shape_(shape), state_(std::move(state)) {}

  Operation draw() {
    Operation operation;
    operation.durability = draw_durability();
    const std::uint64_t what = random_.below(100);
    if (what < 40 || state_.empty()) {
      operation.act = Act::kPut;
      operation.steps.push_back(draw_put());
    } else if (what < 52) {
      operation.act = Act::kPutMany;
      for (std::uint64_t i = 0, count = 1 + random_.below(9); i < count; ++i) operation.steps.push_back(draw_put());
    } else if (what < 60) {
      operation.act = Act::kRemove;
      operation.steps.push_back({draw_present(), nullptr});
    } else if (what < 65) {
      draw_remove_many(&operation);
    } else if (what < 73) {
      draw_rename(&operation);
    } else if (what < 78) {
      operation.act = Act::kStream;
      operation.steps.push_back({draw_key(), make_value(draw_size() * 2 + 1, draw_seed(), shape_.lookalikes)});
    } else if (what < 86) {
      operation.act = random_.below(4) == 0 ? Act::kReserveAbort : Act::kReserve;
      if (operation.act == Act::kReserve) operation.steps.push_back(draw_put());
    } else if (what < 90) {
      operation.act = Act::kSync;
      operation.durability = random_.below(2) == 0 ? Durability::kCommit : Durability::kStrict;
    } else if (what < 95 && shape_.compactions) {
      operation.act = Act::kCompact;
    } else if (shape_.reopens) {
      operation.act = Act::kReopen;
    } else {
      operation.steps.push_back(draw_put());
    }
    apply_steps(operation, &state_);
    return operation;
  }

 private:
  std::uint64_t draw_seed() { return random_.next() >> 8; }
  std::uint64_t draw_key() { return key_of(random_.below(shape_.key_count)); }
  std::uint64_t draw_size() {
    if (shape_.huge_every != 0 && random_.below(shape_.huge_every) == 0)
      return random_.log_uniform(shape_.huge_value_size);
    return random_.log_uniform(shape_.max_value_size);
  }
  Step draw_put() { return {draw_key(), make_value(draw_size(), draw_seed(), shape_.lookalikes)}; }

  Durability draw_durability() {
    if (!shape_.mixed_durability || random_.below(8) != 0) return Durability::kDefault;
    return random_.below(2) == 0 ? Durability::kCommit : Durability::kStrict;
  }

  std::uint64_t draw_present() {
    auto at = state_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(random_.below(state_.size())));
    return at->first;
  }

  void draw_remove_many(Operation* operation) {
    operation->act = Act::kRemoveMany;
    for (const auto& item : state_) {
      if (random_.below(4) == 0) operation->steps.push_back({item.first, nullptr});
    }
  }

  void draw_rename(Operation* operation) {
    operation->act = Act::kRename;
    operation->rename_from = draw_present();
    std::uint64_t to = draw_key();
    while (to == operation->rename_from) to = draw_key();
    operation->steps.push_back({to, state_.at(operation->rename_from)});
    operation->steps.push_back({operation->rename_from, nullptr});
  }

  Random random_;
  const WorkloadShape& shape_;
  State state_;
};

}  // namespace

std::vector<Operation> make_workload(std::uint64_t seed, const WorkloadShape& shape, State state) {
  Drawer drawer(seed, shape, std::move(state));
  std::vector<Operation> operations;
  operations.reserve(static_cast<std::size_t>(shape.operation_count));
  for (std::uint64_t i = 0; i < shape.operation_count; ++i) operations.push_back(drawer.draw());
  return operations;
}

Result<void> Session::open() {
  Result<std::unique_ptr<Store>> opened = Store::open(files_, path_, settings_);
  if (!opened) return opened.error();
  store_ = *std::move(opened);
  return {};
}

Result<void> Session::close() {
  const Result<void> closed = store_->close();
  store_.reset();
  return closed;
}

namespace {

Result<void> without_value(const Result<std::uint64_t>& result) {
  if (!result) return result.error();
  return {};
}

}  // namespace

Result<void> Session::apply(const Operation& operation) {
  const Durability durability = operation.durability;
  switch (operation.act) {
    case Act::kPut:
      return without_value(store_->put(operation.steps[0].key, *operation.steps[0].value, durability));
    case Act::kPutMany:
      return put_many(operation);
    case Act::kRemove:
      return without_value(store_->remove(operation.steps[0].key, durability));
    case Act::kRemoveMany: {
      std::vector<std::uint64_t> keys;
      for (const Step& step : operation.steps) keys.push_back(step.key);
      std::size_t removed = 0;
      return without_value(store_->remove_many(keys, durability, &removed));
    }
    case Act::kRename:
      return without_value(store_->rename(operation.rename_from, operation.steps[0].key, durability));
    case Act::kStream:
      return put_stream(operation.steps[0], durability);
    case Act::kReserve:
    case Act::kReserveAbort:
      return reserve(operation);
    case Act::kCompact:
      return store_->compact({});
    case Act::kSync:
      return store_->sync(durability);
    case Act::kReopen:
      break;
  }
  if (Result<void> closed = close(); !closed) return closed;
  return open();
}

Result<void> Session::put_many(const Operation& operation) {
  std::vector<WriteOp> ops;
  for (const Step& step : operation.steps) ops.push_back({step.key, *step.value});
  return without_value(store_->put_many(ops, operation.durability));
}

Result<void> Session::put_stream(const Step& step, Durability durability) {
  Result<std::unique_ptr<Stream>> stream = Stream::open(*store_, step.key, durability);
  if (!stream) return stream.error();
  for (ByteView rest(*step.value); !rest.empty();) {
    const ByteView piece = rest.first(std::min<std::size_t>(rest.size(), 300'000));
    if (Result<void> written = (*stream)->write(piece); !written) return written;
    rest = rest.subspan(piece.size());
  }
  return without_value((*stream)->commit());
}

Result<void> Session::reserve(const Operation& operation) {
  const bool is_commit = operation.act == Act::kReserve;
  const std::uint64_t key = is_commit ? operation.steps[0].key : key_of(0);
  const std::uint64_t size = is_commit ? operation.steps[0].value->size() : 1000;
  Result<std::byte*> place = store_->begin_reserved(key, size);
  // Where nothing is written through a mapping there is nothing to hand out.
  if (!place && place.error().status == Status::kUnsupported) {
    return is_commit ? without_value(store_->put(key, *operation.steps[0].value, operation.durability))
                     : Result<void>{};
  }
  if (!place) return place.error();
  if (!is_commit) {
    std::memset(*place, 0x5A, static_cast<std::size_t>(size));
    store_->abort_reserved();
    return {};
  }
  std::memcpy(*place, operation.steps[0].value->data(), static_cast<std::size_t>(size));
  return without_value(store_->commit_reserved(key, size, operation.durability));
}

}  // namespace simdr::core::test
