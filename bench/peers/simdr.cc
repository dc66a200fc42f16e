// simdr through its C ABI, as any program would use it.
//
// `simdr`: gets are refcounted handles, released after the touch; scans go handle by handle. `simdr-view`: borrowed views, and scans that
// take 64 of them at a time. Both write the same way. Settings: the defaults. COMMIT for durable puts, STRICT as a third level.
// `simdr-index` and `simdr-reader` keep an index file; the second opens read-only. `simdr-alone` is bound to one CPU, so that no thread helps to open.
#include <sched.h>
#include <simdr.h>

#include <array>
#include <mutex>
#include <vector>

#include "engine_session.h"

namespace bench {
namespace {

[[noreturn]] void fail(const char* what, simdr_status status, const simdr_error& error) {
  throw Failure(std::string("simdr: ") + what + ": " + simdr_status_name(status) + ": " + error.message);
}

class Simdr {
 public:
  explicit Simdr(std::uint32_t more_flags = 0, std::uint32_t open_mode = SIMDR_OPEN_EXISTING)
      : more_flags_(more_flags), open_mode_(open_mode) {}
  ~Simdr() { simdr_store_close(store_); }

  void create(const Setup& setup) { open_as(setup, SIMDR_OPEN_CREATE_NEW); }
  void open(const Setup& setup) { open_as(setup, open_mode_); }
  void close() {
    simdr_error error{};
    const simdr_status status = simdr_store_close_checked(store_, &error);
    store_ = nullptr;
    if (status != SIMDR_OK) fail("close", status, error);
  }

  void put(const Key& key, Bytes value) {
    simdr_error error;
    const simdr_status status =
        simdr_store_put(store_, key.data(), key.size(), value.data(), value.size(), flags_, nullptr, &error);
    if (status != SIMDR_OK) fail("put", status, error);
  }

  void put_batch(std::span<const Key> keys, Bytes value) {
    const std::lock_guard lock(batch_mutex_);
    names_.resize(keys.size());
    values_.resize(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      names_[i] = {keys[i].data(), keys[i].size()};
      values_[i] = {value.data(), value.size()};
    }
    simdr_error error;
    const simdr_status status =
        simdr_store_put_many(store_, names_.data(), keys.size(), values_.data(), keys.size(), flags_, nullptr, &error);
    if (status != SIMDR_OK) fail("put_many", status, error);
  }

  void end_of_writing() {}

  void compact() {
    simdr_error error;
    const simdr_status status = simdr_store_compact(store_, nullptr, &error);
    if (status != SIMDR_OK) fail("compact", status, error);
  }

  [[nodiscard]] const simdr_store* store() const { return store_; }

 private:
  void open_as(const Setup& setup, std::uint32_t mode) {
    flags_ = setup.durability == Durability::kStrict   ? SIMDR_DURABILITY_STRICT
             : setup.durability == Durability::kCommit ? SIMDR_DURABILITY_COMMIT
                                                       : SIMDR_DURABILITY_NONE;
    simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
    options.mode = mode;
    options.flags = more_flags_;
    simdr_error error;
    const simdr_status status = simdr_store_open((setup.dir / "store.simdr").c_str(), &options, &store_, &error);
    if (status != SIMDR_OK) fail("open", status, error);
  }

  const std::uint32_t more_flags_;
  const std::uint32_t open_mode_;
  simdr_store* store_ = nullptr;
  std::uint32_t flags_ = 0;
  std::mutex batch_mutex_;  // of the arguments below, used again by each batch
  std::vector<simdr_bytes> names_;
  std::vector<simdr_bytes> values_;
};

class HandleReader {
 public:
  explicit HandleReader(const Simdr& engine) : store_(engine.store()) {}

  bool get(const Key& key, std::uint64_t& sum) {
    simdr_entry* entry = nullptr;
    const simdr_status status = simdr_store_get(store_, key.data(), key.size(), &entry, nullptr);
    if (status != SIMDR_OK) return false;
    sum += touch(simdr_entry_data(entry), simdr_entry_size(entry));
    simdr_entry_unref(entry);
    return true;
  }

  std::size_t get_many(std::span<const Key> keys, std::uint64_t& sum) {
    for (std::size_t i = 0; i < keys.size(); ++i) names_[i] = {keys[i].data(), keys[i].size()};
    std::size_t found = 0;
    if (simdr_store_get_many(store_, names_.data(), keys.size(), entries_.data(), &found, nullptr) != SIMDR_OK)
      return 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (entries_[i] == nullptr) continue;
      sum += touch(simdr_entry_data(entries_[i]), simdr_entry_size(entries_[i]));
      simdr_entry_unref(entries_[i]);
    }
    return found;
  }

  ScanResult scan(bool check) {
    ScanResult result;
    simdr_error error;
    simdr_iterator* iterator = nullptr;
    simdr_status status = simdr_iterator_open(store_, check ? SIMDR_ITERATE_VERIFY : 0, &iterator, &error);
    if (status != SIMDR_OK) fail("iterator_open", status, error);
    simdr_entry* entry = nullptr;
    while ((status = simdr_iterator_next(iterator, &entry, &error)) == SIMDR_OK) {
      result.sum += first_byte(simdr_entry_data(entry));
      ++result.entry_count;
      simdr_entry_unref(entry);
    }
    simdr_iterator_free(iterator);
    if (status != SIMDR_NOT_FOUND) fail("iterator_next", status, error);
    return result;
  }

 private:
  const simdr_store* store_;
  std::array<simdr_bytes, kBatch> names_;
  std::array<simdr_entry*, kBatch> entries_;
};

class ViewReader {
 public:
  explicit ViewReader(const Simdr& engine) : store_(engine.store()) {}

  bool get(const Key& key, std::uint64_t& sum) {
    simdr_view view;
    if (simdr_store_view(store_, key.data(), key.size(), &view, nullptr) != SIMDR_OK) return false;
    sum += touch(view.data, view.size);
    return true;
  }

  std::size_t get_many(std::span<const Key> keys, std::uint64_t& sum) {
    for (std::size_t i = 0; i < keys.size(); ++i) names_[i] = {keys[i].data(), keys[i].size()};
    std::size_t found = 0;
    if (simdr_store_view_many(store_, names_.data(), keys.size(), views_.data(), &found, nullptr) != SIMDR_OK) return 0;
    for (std::size_t i = 0; i < keys.size(); ++i) sum += touch(views_[i].data, views_[i].size);
    return found;
  }

  ScanResult scan(bool check) {
    ScanResult result;
    simdr_error error;
    simdr_iterator* iterator = nullptr;
    simdr_status status = simdr_iterator_open(store_, check ? SIMDR_ITERATE_VERIFY : 0, &iterator, &error);
    if (status != SIMDR_OK) fail("iterator_open", status, error);
    std::size_t count = 0;
    while ((status = simdr_iterator_next_views(iterator, views_.data(), kViewsAtOnce, &count, &error)) == SIMDR_OK) {
      for (std::size_t i = 0; i < count; ++i) result.sum += first_byte(views_[i].data);
      result.entry_count += count;
    }
    simdr_iterator_free(iterator);
    if (status != SIMDR_NOT_FOUND) fail("iterator_next_views", status, error);
    return result;
  }

 private:
  static constexpr std::size_t kViewsAtOnce = 64;  // what simdr.h recommends

  const simdr_store* store_;
  std::array<simdr_bytes, kBatch> names_;
  std::array<simdr_view, kBatch> views_;
};

class SimdrHandles : public Simdr {
 public:
  using Reader = HandleReader;
  static std::string settings(const Setup&) {
    return std::string("defaults; kernels ") + simdr_kernel_name() +
           "; gets are refcounted handles; durable: COMMIT; opening with a thread for each CPU";
  }
};

class SimdrViews : public Simdr {
 public:
  using Reader = ViewReader;
  static std::string settings(const Setup&) { return "the same store; gets and scans are borrowed views"; }
};

class SimdrIndexed : public Simdr {
 public:
  using Reader = HandleReader;
  SimdrIndexed() : Simdr(SIMDR_OPEN_INDEX_FILE) {}
  static std::string settings(const Setup&) { return "with SIMDR_OPEN_INDEX_FILE"; }
};

class SimdrReader : public Simdr {
 public:
  using Reader = HandleReader;
  SimdrReader() : Simdr(SIMDR_OPEN_INDEX_FILE, SIMDR_OPEN_READ_ONLY) {}
  static std::string settings(const Setup&) { return "with SIMDR_OPEN_INDEX_FILE, opened read-only"; }
};

class SimdrAlone : public Simdr {
 public:
  using Reader = HandleReader;
  SimdrAlone() {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0) throw Failure("simdr: the process cannot be bound to one CPU");
  }
  static std::string settings(const Setup&) { return "bound to one CPU"; }
};

const Registration alone("simdr-alone", session_of<SimdrAlone>());
const Registration handles("simdr", session_of<SimdrHandles>());
const Registration indexed("simdr-index", session_of<SimdrIndexed>());
const Registration reader("simdr-reader", session_of<SimdrReader>());
const Registration views("simdr-view", session_of<SimdrViews>());

}  // namespace
}  // namespace bench
