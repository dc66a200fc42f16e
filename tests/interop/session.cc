#include "session.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace simdr::interop {
namespace {

simdr_bytes view_of(const Bytes& bytes) { return {bytes.data(), bytes.size()}; }

Outcome outcome(simdr_status status, std::uint64_t tail, const simdr_error& err) {
  // Ordinary outcomes leave the error alone.
  return {status, tail, status <= -10 ? err.message : ""};
}

// A source that gives at most `chunk` bytes at a time, and fails after `fail_at`.
struct Source {
  Bytes bytes;
  std::size_t chunk;
  std::size_t end;
  bool fails;
  std::size_t at = 0;
};

int give(void* buffer, std::size_t capacity, std::size_t* out_size, void* user_data) {
  Source& source = *static_cast<Source*>(user_data);
  const std::size_t count = std::min({capacity, source.chunk, source.end - source.at});
  if (count == 0 && source.fails) return 1;
  std::memcpy(buffer, source.bytes.data() + source.at, count);
  source.at += count;
  *out_size = count;
  return 0;
}

}  // namespace

simdr_open_options opened_as(std::uint32_t mode) {
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  options.mode = mode;
  return options;
}

Session::Session(std::string path, simdr_open_options options) : path_(std::move(path)), options_(options) { open(); }

Session::~Session() { close(); }

void Session::open() {
  simdr_error err{};
  if (simdr_store_open(path_.c_str(), &options_, &store_, &err) == SIMDR_OK) return;
  std::fprintf(stderr, "%s: %s\n", path_.c_str(), err.message);
  std::abort();
}

void Session::close() {
  simdr_error err{};
  simdr_store* store = store_;
  store_ = nullptr;
  if (store == nullptr || simdr_store_close_checked(store, &err) == SIMDR_OK) return;
  std::fprintf(stderr, "%s: %s\n", path_.c_str(), err.message);
  std::abort();
}

Outcome Session::run(const Op& op, std::uint32_t flags) {
  simdr_error err{};
  std::uint64_t tail = simdr_store_file_size(store_);
  switch (op.verb) {
    case Verb::kPut:
    case Verb::kPutHash:
      return put(op, flags);
    case Verb::kBatch:
    case Verb::kBatchHash:
      return put_batch(op, flags);
    case Verb::kStream:
      return op.chunk % 2 == 0 && !op.fail_at ? push_stream(op, flags) : pull_stream(op, flags);
    case Verb::kDelete: {
      const Bytes& key = op.items[0].key;
      const simdr_status status = simdr_store_remove(store_, key.data(), key.size(), flags, &tail, &err);
      return outcome(status, tail, err);
    }
    case Verb::kBatchDelete:
    case Verb::kDeleteHashes:
      return remove_batch(op, flags);
    case Verb::kRename: {
      const Bytes& from = op.items[0].key;
      const Bytes& to = op.items[1].key;
      const simdr_status status =
          simdr_store_rename(store_, from.data(), from.size(), to.data(), to.size(), flags, &tail, &err);
      return outcome(status, tail, err);
    }
    case Verb::kCopy:
    case Verb::kTransfer:
      return hand_over(op, flags);
    case Verb::kCompact: {
      const simdr_status status = simdr_store_compact(store_, nullptr, &err);
      return outcome(status, simdr_store_file_size(store_), err);
    }
    case Verb::kReopen:
      close();
      open();
      return outcome(SIMDR_OK, simdr_store_file_size(store_), err);
  }
  std::abort();
}

Outcome Session::put(const Op& op, std::uint32_t flags) {
  simdr_error err{};
  std::uint64_t tail = simdr_store_file_size(store_);
  const Item& item = op.items[0];
  const Bytes value = item.payload.bytes();
  const simdr_status status =
      op.names_hashes()
          ? simdr_store_put_hashed(store_, item.hash, value.data(), value.size(), flags, &tail, &err)
          : simdr_store_put(store_, item.key.data(), item.key.size(), value.data(), value.size(), flags, &tail, &err);
  return outcome(status, tail, err);
}

Outcome Session::put_batch(const Op& op, std::uint32_t flags) {
  simdr_error err{};
  std::uint64_t tail = simdr_store_file_size(store_);
  std::vector<Bytes> payloads;
  for (const Item& item : op.items) payloads.push_back(item.payload.bytes());
  std::vector<simdr_bytes> keys;
  std::vector<simdr_bytes> values;
  std::vector<std::uint64_t> hashes;
  for (std::size_t i = 0; i < op.items.size(); ++i) {
    keys.push_back(view_of(op.items[i].key));
    hashes.push_back(op.items[i].hash);
    values.push_back(view_of(payloads[i]));
  }
  const simdr_status status =
      op.names_hashes()
          ? simdr_store_put_many_hashed(store_, hashes.data(), hashes.size(), values.data(), values.size(), flags,
                                        &tail, &err)
          : simdr_store_put_many(store_, keys.data(), keys.size(), values.data(), values.size(), flags, &tail, &err);
  return outcome(status, tail, err);
}

Outcome Session::push_stream(const Op& op, std::uint32_t flags) {
  simdr_error err{};
  std::uint64_t tail = simdr_store_file_size(store_);
  const Bytes& key = op.items[0].key;
  const Bytes value = op.items[0].payload.bytes();
  simdr_stream* stream = nullptr;
  simdr_status status = simdr_stream_open(store_, key.data(), key.size(), flags, &stream, &err);
  for (std::size_t at = 0; status == SIMDR_OK && at < value.size(); at += op.chunk) {
    status = simdr_stream_write(stream, value.data() + at, std::min(op.chunk, value.size() - at), &err);
  }
  if (status == SIMDR_OK) status = simdr_stream_commit(stream, &tail, &err);
  simdr_stream_free(stream);
  return outcome(status, tail, err);
}

Outcome Session::pull_stream(const Op& op, std::uint32_t flags) {
  simdr_error err{};
  std::uint64_t tail = simdr_store_file_size(store_);
  const Bytes& key = op.items[0].key;
  Bytes value = op.items[0].payload.bytes();
  const std::size_t end = std::min(op.fail_at.value_or(value.size()), value.size());
  Source source{std::move(value), op.chunk, end, op.fail_at.has_value()};
  const simdr_status status = simdr_store_put_from(store_, key.data(), key.size(), give, &source, flags, &tail, &err);
  return outcome(status, tail, err);
}

Outcome Session::remove_batch(const Op& op, std::uint32_t flags) {
  simdr_error err{};
  std::uint64_t tail = simdr_store_file_size(store_);
  std::vector<simdr_bytes> keys;
  std::vector<std::uint64_t> hashes;
  for (const Item& item : op.items) {
    keys.push_back(view_of(item.key));
    hashes.push_back(item.hash);
  }
  const simdr_status status =
      op.names_hashes()
          ? simdr_store_remove_many_hashed(store_, hashes.data(), hashes.size(), flags, nullptr, &tail, &err)
          : simdr_store_remove_many(store_, keys.data(), keys.size(), flags, nullptr, &tail, &err);
  return outcome(status, tail, err);
}

// The target is open for this operation only, as with the oracle.
Outcome Session::hand_over(const Op& op, std::uint32_t flags) {
  simdr_error err{};
  std::uint64_t tail = simdr_store_file_size(store_);
  const Bytes& key = op.items[0].key;
  const Session target(op.target);
  const simdr_status status =
      op.verb == Verb::kCopy ? simdr_store_copy(store_, key.data(), key.size(), target.store(), flags, &tail, &err)
                             : simdr_store_transfer(store_, key.data(), key.size(), target.store(), flags, &tail, &err);
  return outcome(status, tail, err);
}

}  // namespace simdr::interop
