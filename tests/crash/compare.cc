// What a store holds, against what it should hold.
#include <cstdio>
#include <cstring>

#include "store/iterator.h"
#include "store/maintenance.h"
#include "workload.h"

namespace simdr::core::test {
namespace {

std::string words(const char* what, std::uint64_t key) {
  char text[160];
  std::snprintf(text, sizeof text, "key %016llx: %s", static_cast<unsigned long long>(key), what);
  return text;
}

}  // namespace

State contents_of(const Store& store) {
  State state;
  Iterator iterator(store, {});
  Found found;
  std::size_t count = 0;
  Error error;
  while (iterator.next(&found, 1, &count, &error) == Status::kOk) {
    const ByteView payload = found.payload();
    state[found.record.key_hash] = std::make_shared<Bytes>(payload.begin(), payload.end());
  }
  return state;
}

std::string compare_with(const Store& store, const State& state) {
  for (const auto& [key, value] : state) {
    Found found;
    Error error;
    const Status status = store.view(key, &found, &error);
    if (status == Status::kNotFound) return words("is lost", key);
    if (status != Status::kOk) return words(error.message, key);
    const ByteView payload = found.payload();
    if (payload.size() != value->size() || std::memcmp(payload.data(), value->data(), payload.size()) != 0) {
      return words("has other bytes", key);
    }
  }
  if (store.count() != state.size()) {
    return "holds " + std::to_string(store.count()) + " keys, not " + std::to_string(state.size());
  }
  // The chain too, not the index alone.
  Iterator iterator(store, {});
  std::uint64_t seen = 0;
  for (;;) {
    Found found[64];
    std::size_t count = 0;
    Error error;
    const Status status = iterator.next(found, 64, &count, &error);
    if (status == Status::kNotFound) break;
    if (status != Status::kOk) return std::string("iteration: ") + error.message;
    for (std::size_t i = 0; i < count; ++i) {
      if (!state.contains(found[i].record.key_hash))
        return words("was iterated and should not be there", found[i].record.key_hash);
    }
    seen += count;
  }
  if (seen != state.size()) return "iterates " + std::to_string(seen) + " keys, not " + std::to_string(state.size());
  return {};
}

std::string find_faults(const Store& store) {
  VerifyReport report;
  std::string first;
  const Result<void> verified = verify_store(
      store,
      [&](const FaultReport& fault) {
        if (first.empty()) first = words(fault.what, fault.key_hash) + " at " + std::to_string(fault.offset);
        return 0;
      },
      {}, &report);
  if (verified) return {};
  return first.empty() ? std::string(verified.error().message) : first;
}

}  // namespace simdr::core::test
