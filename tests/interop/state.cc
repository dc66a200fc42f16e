#include "state.h"

#include <algorithm>
#include <cstring>
#include <sstream>

namespace simdr::interop {
namespace {

using testing::AssertionFailure;
using testing::AssertionResult;
using testing::AssertionSuccess;

LiveEntry described(const simdr_entry* entry) {
  return {simdr_entry_key_hash(entry), simdr_entry_start_offset(entry),     simdr_entry_end_offset(entry),
          simdr_entry_checksum(entry), simdr_entry_checksum_ok(entry) == 1, {}};
}

// One key, asked for in three ways.
AssertionResult key_agrees(const simdr_store* store, const Bytes& key, const Model& model) {
  const std::uint64_t hash = simdr_key_hash(key.data(), key.size());
  const Model::Value* value = model.find(hash);
  simdr_error err{};
  int exists = -1;
  if (simdr_store_exists(store, key.data(), key.size(), &exists, &err) != SIMDR_OK)
    return AssertionFailure() << err.message;
  if (exists != (value != nullptr ? 1 : 0))
    return AssertionFailure() << "exists says " << exists << " of " << hash_text(hash);
  simdr_entry* entry = nullptr;
  const simdr_status got = simdr_store_get(store, key.data(), key.size(), &entry, &err);
  if (value == nullptr) {
    if (got == SIMDR_NOT_FOUND) return AssertionSuccess();
    simdr_entry_unref(entry);
    return AssertionFailure() << "get: " << simdr_status_name(got) << " for the absent key " << hash_text(hash);
  }
  if (got != SIMDR_OK) return AssertionFailure() << "get: " << simdr_status_name(got) << " for " << hash_text(hash);
  const Bytes wanted = value->payload.bytes();
  const bool same = simdr_entry_size(entry) == wanted.size() &&
                    std::memcmp(simdr_entry_data(entry), wanted.data(), wanted.size()) == 0;
  simdr_view view{};
  const bool viewed = simdr_store_view_hashed(store, hash, &view, &err) == SIMDR_OK &&
                      view.data == simdr_entry_data(entry) && view.size == wanted.size();
  simdr_entry_unref(entry);
  if (!same) return AssertionFailure() << "other bytes than " << value->payload.text() << " under " << hash_text(hash);
  if (!viewed) return AssertionFailure() << "the view of " << hash_text(hash) << " is another than its entry";
  return AssertionSuccess();
}

}  // namespace

std::string LiveEntry::text() const {
  std::ostringstream out;
  out << hash_text(hash) << " " << start << ".." << end << " crc " << std::hex << crc << (crc_ok ? "" : " (wrong)");
  return out.str();
}

const LiveEntry* State::find(std::uint64_t hash) const {
  for (const LiveEntry& entry : entries) {
    if (entry.hash == hash) return &entry;
  }
  return nullptr;
}

State state_of(const simdr_store* store) {
  State state{simdr_store_file_size(store), simdr_store_count(store), {}};
  simdr_error err{};
  simdr_iterator* iterator = nullptr;
  if (simdr_iterator_open(store, 0, &iterator, &err) != SIMDR_OK) {
    ADD_FAILURE() << "iterator: " << err.message;
    return state;
  }
  simdr_entry* entry = nullptr;
  simdr_status status;
  while ((status = simdr_iterator_next(iterator, &entry, &err)) == SIMDR_OK) {
    state.entries.push_back(described(entry));
    simdr_entry_unref(entry);
  }
  EXPECT_EQ(status, SIMDR_NOT_FOUND) << err.message;
  simdr_iterator_free(iterator);
  return state;
}

State state_in_dump(const std::vector<std::string>& lines) {
  State state;
  for (const std::string& line : lines) {
    std::istringstream fields(line);
    std::string word;
    fields >> word;
    if (word == "store") {
      fields >> state.file_size >> state.count;
    } else if (word == "entry") {
      LiveEntry entry;
      std::uint64_t size = 0;
      fields >> std::hex >> entry.hash >> std::dec >> entry.start >> entry.end >> size >> std::hex >> entry.crc >>
          std::dec >> entry.crc_ok >> entry.sha256;
      EXPECT_EQ(entry.end - entry.start, size) << line;
      state.entries.push_back(entry);
    } else {
      ADD_FAILURE() << "the oracle says: " << line;
    }
    EXPECT_FALSE(fields.fail()) << line;
  }
  return state;
}

AssertionResult same_entries(const State& a, const State& b) {
  for (std::size_t i = 0; i < std::max(a.entries.size(), b.entries.size()); ++i) {
    const std::string one = i < a.entries.size() ? a.entries[i].text() : "nothing";
    const std::string other = i < b.entries.size() ? b.entries[i].text() : "nothing";
    if (one != other) return AssertionFailure() << "entry " << i << ": " << one << ", and " << other;
  }
  return AssertionSuccess();
}

AssertionResult holds(const State& state, const Model& model) {
  const std::vector<Model::Value> wanted = model.newest_first();
  for (std::size_t i = 0; i < std::max(wanted.size(), state.entries.size()); ++i) {
    if (i >= wanted.size()) return AssertionFailure() << "entry " << i << " should not be: " << state.entries[i].text();
    const std::string who = hash_text(wanted[i].hash) + " " + wanted[i].payload.text();
    if (i >= state.entries.size()) return AssertionFailure() << "entry " << i << " is missing: " << who;
    const LiveEntry& entry = state.entries[i];
    const Bytes bytes = wanted[i].payload.bytes();
    if (entry.hash != wanted[i].hash || entry.end - entry.start != bytes.size() || entry.crc != crc32_of(bytes) ||
        !entry.crc_ok) {
      return AssertionFailure() << "entry " << i << " is " << entry.text() << ", not " << who;
    }
  }
  return AssertionSuccess();
}

AssertionResult agrees(const simdr_store* store, const Model& model, const std::vector<Bytes>& keys) {
  if (simdr_store_count(store) != model.count()) {
    return AssertionFailure() << "count is " << simdr_store_count(store) << ", not " << model.count();
  }
  if (simdr_store_is_empty(store) != (model.count() == 0 ? 1 : 0)) return AssertionFailure() << "is_empty is wrong";
  for (const Bytes& key : keys) {
    if (AssertionResult result = key_agrees(store, key, model); !result) return result;
  }
  simdr_error err{};
  simdr_entry* last = nullptr;
  const simdr_status status = simdr_store_last_entry(store, &last, &err);
  const std::uint64_t hash = status == SIMDR_OK ? simdr_entry_key_hash(last) : 0;
  simdr_entry_unref(last);
  if (model.count() == 0) {
    if (status != SIMDR_NOT_FOUND) return AssertionFailure() << "last_entry: " << simdr_status_name(status);
  } else if (status != SIMDR_OK || hash != model.newest_first()[0].hash) {
    return AssertionFailure() << "last_entry: " << simdr_status_name(status) << " " << hash_text(hash);
  }
  return is_sound(store);
}

AssertionResult is_sound(const simdr_store* store) {
  simdr_error err{};
  simdr_verify_result result = SIMDR_VERIFY_RESULT_INIT;
  std::string faults;
  simdr_verify_options options = SIMDR_VERIFY_OPTIONS_INIT;
  options.on_fault_user_data = &faults;
  options.on_fault = [](const simdr_fault* fault, void* user_data) {
    *static_cast<std::string*>(user_data) += "; at " + std::to_string(fault->offset) + ": " + fault->what;
    return 0;
  };
  const simdr_status status = simdr_store_verify(store, &options, &result, &err);
  if (status == SIMDR_OK) return AssertionSuccess();
  return AssertionFailure() << "verify: " << simdr_status_name(status) << faults;
}

}  // namespace simdr::interop
