// The n-th allocation fails, for every n, once or for ever: SIMDR_ERR_NO_MEMORY, and nothing that was stored changes. Through the C
// ABI; operator new is this program's own.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <new>
#include <string>
#include <vector>

#include "simdr.h"
#include "temp_dir.h"

namespace {

struct Allocations {
  bool armed = false;
  bool for_ever = false;
  std::uint64_t fail_at = 0;
  std::uint64_t count = 0;
  bool fired = false;
  std::size_t least_alignment = 1;  // of those that fail; the index's are the only ones on pages
};
thread_local Allocations t_allocations;

void* allocate(std::size_t size, std::size_t alignment) noexcept {
  Allocations& mine = t_allocations;
  if (mine.armed && alignment >= mine.least_alignment) {
    ++mine.count;
    if (mine.for_ever ? mine.count >= mine.fail_at : mine.count == mine.fail_at) {
      mine.fired = true;
      return nullptr;
    }
  }
  if (alignment <= alignof(std::max_align_t)) return std::malloc(size == 0 ? 1 : size);
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  void* got = allocate(size, alignment);
  if (got == nullptr) throw std::bad_alloc();
  return got;
}

}  // namespace

void* operator new(std::size_t size) { return allocate_or_throw(size, 1); }
void* operator new[](std::size_t size) { return allocate_or_throw(size, 1); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, 1); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, 1); }
void* operator new(std::size_t size, std::align_val_t to) {
  return allocate_or_throw(size, static_cast<std::size_t>(to));
}
void* operator new[](std::size_t size, std::align_val_t to) {
  return allocate_or_throw(size, static_cast<std::size_t>(to));
}
void* operator new(std::size_t size, std::align_val_t to, const std::nothrow_t&) noexcept {
  return allocate(size, static_cast<std::size_t>(to));
}
void* operator new[](std::size_t size, std::align_val_t to, const std::nothrow_t&) noexcept {
  return allocate(size, static_cast<std::size_t>(to));
}
// Where GCC puts these in line, it sees free() meet what an operator new returned, and warns.
[[gnu::noinline]] void operator delete(void* at) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete[](void* at) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete(void* at, std::size_t) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete[](void* at, std::size_t) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete(void* at, std::align_val_t) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete[](void* at, std::align_val_t) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete(void* at, std::size_t, std::align_val_t) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete[](void* at, std::size_t, std::align_val_t) noexcept { std::free(at); }

namespace {

using Model = std::map<std::string, std::string>;

// One call of the API: what it is called, the call itself, and what it does to the model when it succeeds.
struct Call {
  const char* name;
  std::function<simdr_status(simdr_error*)> make;
  std::function<void(Model*)> effect;
  bool can_repeat = true;
};

class MemoryTest : public ::testing::Test {
 protected:
  // Made beforehand: what the test itself allocates is not to fail.
  void SetUp() override {
    temp_dir_make(&folder_);
    const std::string folder = folder_.path;
    store_path_ = folder + "/store";
    backup_path_ = folder + "/backup";
    repaired_path_ = folder + "/repaired";
    upgraded_path_ = folder + "/upgraded";
  }
  void TearDown() override {
    simdr_store_close(store_);
    temp_dir_remove(&folder_);
  }
  std::vector<Call> calls();
  void check_all(const Model& model, const std::string& when);
  void add_reads(std::vector<Call>* out);

  struct temp_dir folder_;
  std::string store_path_;
  std::string backup_path_;
  std::string repaired_path_;
  std::string upgraded_path_;
  simdr_store* store_ = nullptr;
};

const std::string kLarge(300'000, 'L');
const std::string kStreamed(1'500'000, 'S');

std::vector<Call> MemoryTest::calls() {
  std::vector<Call> out;
  const auto nothing = [](Model*) {};
  out.push_back({"open",
                 [this](simdr_error* err) {
                   return store_ != nullptr ? SIMDR_OK : simdr_store_open(store_path_.c_str(), nullptr, &store_, err);
                 },
                 nothing});
  const auto put = [&](std::string key, std::string value) {
    out.push_back({"put",
                   [this, key, value](simdr_error* err) {
                     return simdr_store_put(store_, key.data(), key.size(), value.data(), value.size(), 0, nullptr,
                                            err);
                   },
                   [key, value](Model* model) { (*model)[key] = value; }});
  };
  put("a", "one");
  put("large", kLarge);
  for (int i = 0; i < 40; ++i) put("k" + std::to_string(i), std::string(100, static_cast<char>('a' + i % 26)));
  out.push_back({"put_many",
                 [this](simdr_error* err) {
                   const simdr_bytes keys[] = {{"b", 1}, {"c", 1}};
                   const simdr_bytes values[] = {{"two", 3}, {"three", 5}};
                   return simdr_store_put_many(store_, keys, 2, values, 2, 0, nullptr, err);
                 },
                 [](Model* model) { (*model)["b"] = "two", (*model)["c"] = "three"; }});
  out.push_back(
      {"rename",
       [this](simdr_error* err) { return simdr_store_rename(store_, "k1", 2, "renamed", 7, 0, nullptr, err); },
       [](Model* model) { (*model)["renamed"] = model->at("k1"), model->erase("k1"); }, false});
  out.push_back({"remove", [this](simdr_error* err) { return simdr_store_remove(store_, "k2", 2, 0, nullptr, err); },
                 [](Model* model) { model->erase("k2"); }, false});
  out.push_back({"remove_many",
                 [this](simdr_error* err) {
                   const simdr_bytes keys[] = {{"k3", 2}, {"k4", 2}};
                   return simdr_store_remove_many(store_, keys, 2, 0, nullptr, nullptr, err);
                 },
                 [](Model* model) { model->erase("k3"), model->erase("k4"); }, false});
  out.push_back({"stream",
                 [this](simdr_error* err) {
                   simdr_stream* stream = nullptr;
                   simdr_status status = simdr_stream_open(store_, "streamed", 8, 0, &stream, err);
                   for (std::size_t at = 0; status == SIMDR_OK && at < kStreamed.size(); at += 300'000) {
                     status = simdr_stream_write(stream, kStreamed.data() + at, 300'000, err);
                   }
                   if (status == SIMDR_OK) status = simdr_stream_commit(stream, nullptr, err);
                   simdr_stream_free(stream);
                   return status;
                 },
                 [](Model* model) { (*model)["streamed"] = kStreamed; }});
  out.push_back({"reserve",
                 [this](simdr_error* err) {
                   simdr_reservation* reservation = nullptr;
                   void* place = nullptr;
                   const simdr_status status =
                       simdr_store_reserve(store_, "built", 5, 500, 0, &reservation, &place, err);
                   if (status != SIMDR_OK) return status;
                   std::memset(place, 'R', 500);
                   return simdr_reservation_commit(reservation, nullptr, err);
                 },
                 [](Model* model) { (*model)["built"] = std::string(500, 'R'); }});
  add_reads(&out);
  out.push_back({"compact", [this](simdr_error* err) { return simdr_store_compact(store_, nullptr, err); }, nothing});
  put("after", "compaction");
  out.push_back({"backup",
                 [this](simdr_error* err) {
                   std::remove(backup_path_.c_str());  // a failed sync of the folder leaves it
                   return simdr_store_backup(store_, backup_path_.c_str(), err);
                 },
                 nothing});
  out.push_back({"repair",
                 [this](simdr_error* err) {
                   simdr_repair_result result = SIMDR_REPAIR_RESULT_INIT;
                   std::remove(repaired_path_.c_str());
                   return simdr_repair(backup_path_.c_str(), repaired_path_.c_str(), nullptr, nullptr, &result, err);
                 },
                 nothing});
  out.push_back({"upgrade",
                 [this](simdr_error* err) {
                   std::remove(upgraded_path_.c_str());
                   return simdr_upgrade(backup_path_.c_str(), upgraded_path_.c_str(), nullptr, err);
                 },
                 nothing});
  return out;
}

void MemoryTest::add_reads(std::vector<Call>* out) {
  const auto nothing = [](Model*) {};
  out->push_back({"get",
                  [this](simdr_error* err) {
                    simdr_entry* entry = nullptr;
                    const simdr_status status = simdr_store_get(store_, "large", 5, &entry, err);
                    if (status == SIMDR_OK) simdr_entry_unref(entry);
                    return status;
                  },
                  nothing});
  out->push_back({"get_many",
                  [this](simdr_error* err) {
                    const simdr_bytes keys[] = {{"a", 1}, {"b", 1}, {"none", 4}};
                    simdr_entry* entries[3] = {};
                    const simdr_status status = simdr_store_get_many(store_, keys, 3, entries, nullptr, err);
                    if (status == SIMDR_OK) {
                      for (simdr_entry* entry : entries) simdr_entry_unref(entry);
                    }
                    return status;
                  },
                  nothing});
  out->push_back({"iterate",
                  [this](simdr_error* err) {
                    simdr_iterator* iterator = nullptr;
                    simdr_status status = simdr_iterator_open(store_, 0, &iterator, err);
                    while (status == SIMDR_OK) {
                      simdr_entry* entry = nullptr;
                      status = simdr_iterator_next(iterator, &entry, err);
                      if (status == SIMDR_OK) simdr_entry_unref(entry);
                    }
                    simdr_iterator_free(iterator);
                    return status == SIMDR_NOT_FOUND ? SIMDR_OK : status;
                  },
                  nothing});
  out->push_back({"verify",
                  [this](simdr_error* err) {
                    simdr_verify_result result = SIMDR_VERIFY_RESULT_INIT;
                    return simdr_store_verify(store_, nullptr, &result, err);
                  },
                  nothing});
  out->push_back({"for_each",
                  [this](simdr_error* err) {
                    return simdr_store_for_each(
                        store_, 4, 0, [](const simdr_view*, void*) { return 0; }, nullptr, err);
                  },
                  nothing});
}

void MemoryTest::check_all(const Model& model, const std::string& when) {
  ASSERT_EQ(simdr_store_count(store_), model.size()) << when;
  for (const auto& [key, value] : model) {
    simdr_view view;
    ASSERT_EQ(simdr_store_view(store_, key.data(), key.size(), &view, nullptr), SIMDR_OK) << when << ": " << key;
    ASSERT_EQ(view.size, value.size()) << when << ": " << key;
    ASSERT_EQ(std::memcmp(view.data, value.data(), value.size()), 0) << when << ": " << key;
  }
}

// Each call in turn, with its n-th allocation failing, until it makes fewer than n; then once without.
TEST_F(MemoryTest, EveryAllocationOfEveryCall) {
  Model model;
  std::uint64_t failures = 0;
  for (const Call& call : calls()) {
    for (const bool for_ever : {false, true}) {
      for (std::uint64_t n = 1;; ++n) {
        simdr_error err;
        std::memset(&err, 0, sizeof err);
        t_allocations = {true, for_ever, n, 0, false};
        const simdr_status status = call.make(&err);
        const bool fired = t_allocations.fired;
        t_allocations = {};
        const std::string when = std::string(call.name) + ", allocation " + std::to_string(n);
        if (status == SIMDR_OK) {
          call.effect(&model);
          if (store_ != nullptr) check_all(model, when);
          if (HasFatalFailure()) return;
          if (!fired || !call.can_repeat) break;
          continue;  // it managed without that one
        }
        ASSERT_TRUE(fired) << when << ": " << err.message;
        ASSERT_EQ(status, SIMDR_ERR_NO_MEMORY) << when << ": " << err.message;
        ASSERT_EQ(err.status, SIMDR_ERR_NO_MEMORY) << when;
        ++failures;
        if (store_ != nullptr) check_all(model, when);
        if (HasFatalFailure()) return;
      }
      if (!call.can_repeat) break;  // what was done is done
    }
  }
  EXPECT_GT(failures, 50u);
  std::printf("%llu failed allocations\n", static_cast<unsigned long long>(failures));
  simdr_error err;
  ASSERT_EQ(simdr_store_close_checked(store_, &err), SIMDR_OK);
  store_ = nullptr;
  ASSERT_EQ(simdr_store_open(store_path_.c_str(), nullptr, &store_, &err), SIMDR_OK);
  ASSERT_EQ(simdr_store_recovered_from(store_), nullptr);
  check_all(model, "after reopening");
}

// At every size of the index, those included at which one key more makes it grow.
TEST_F(MemoryTest, KeysAreRemovedWhenTheIndexHasNoMemoryForMore) {
  simdr_error err;
  ASSERT_EQ(simdr_store_open(store_path_.c_str(), nullptr, &store_, &err), SIMDR_OK);
  const auto put = [&](std::uint64_t key) {
    return simdr_store_put(store_, &key, sizeof key, "value", 5, 0, nullptr, &err);
  };
  std::uint64_t failures = 0;
  for (std::uint64_t key = 0; key < 8'000; ++key) {
    ASSERT_EQ(put(key), SIMDR_OK) << err.message;
    // The key of the next turn: so whichever segment is full, it is asked for more room without memory first.
    const std::uint64_t next = key + 1;
    t_allocations = {true, true, 1, 0, false, 4096};
    const bool has_memory = put(next) == SIMDR_OK;
    const std::uint64_t& last = has_memory ? next : key;
    const simdr_status removed = simdr_store_remove(store_, &last, sizeof last, 0, nullptr, &err);
    t_allocations = {};
    ASSERT_EQ(removed, SIMDR_OK) << key << ": " << err.message;
    if (!has_memory) {
      ++failures;
      ASSERT_EQ(put(key), SIMDR_OK) << err.message;
    }
    ASSERT_EQ(simdr_store_count(store_), key + 1);
  }
  EXPECT_GE(failures, 4u);  // made larger twice as a whole, then in its two segments
}

// With an index file: opening fails whole or does without it, and closing does without it.
TEST_F(MemoryTest, EveryAllocationOfTheIndexFile) {
  simdr_error err;
  Model model;
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  options.flags = SIMDR_OPEN_INDEX_FILE;
  std::uint64_t failures = 0;
  const auto reopen = [&](std::uint32_t mode, std::uint64_t n, bool for_ever) {
    options.mode = mode;
    t_allocations = {true, for_ever, n, 0, false};
    const simdr_status status = simdr_store_open(store_path_.c_str(), &options, &store_, &err);
    failures += t_allocations.fired ? 1 : 0;
    const bool fired = t_allocations.fired;
    t_allocations = {};
    ASSERT_TRUE(status == SIMDR_OK || (fired && status == SIMDR_ERR_NO_MEMORY)) << n << ": " << err.message;
    if (status == SIMDR_OK) check_all(model, "opened with allocation " + std::to_string(n));
  };
  const auto put = [&](std::uint64_t number) {
    const std::string key = "key " + std::to_string(number);
    ASSERT_EQ(simdr_store_put(store_, key.data(), key.size(), "value", 5, 0, nullptr, &err), SIMDR_OK);
    model[key] = "value";
  };
  std::uint64_t keys = 0;
  ASSERT_NO_FATAL_FAILURE(reopen(SIMDR_OPEN_CREATE, 0, false));
  while (keys < 9000) put(++keys);
  ASSERT_EQ(simdr_store_close_checked(store_, &err), SIMDR_OK);  // the last time that its folder is synced
  store_ = nullptr;
  for (const bool for_ever : {false, true}) {
    bool fired = true;
    for (std::uint64_t n = 1; fired; ++n) {
      ASSERT_NO_FATAL_FAILURE(reopen(SIMDR_OPEN_EXISTING, 0, false));
      put(++keys);
      t_allocations = {true, for_ever, n, 0, false};
      const simdr_status closed = simdr_store_close_checked(store_, &err);
      fired = t_allocations.fired;
      t_allocations = {};
      store_ = nullptr;
      ASSERT_EQ(closed, SIMDR_OK) << n << ": " << err.message;
      failures += fired ? 1 : 0;
    }
    for (const std::uint32_t mode : {std::uint32_t{SIMDR_OPEN_READ_ONLY}, std::uint32_t{SIMDR_OPEN_EXISTING}}) {
      const std::uint64_t before = failures;
      for (std::uint64_t n = 1; failures == before + n - 1; ++n) {
        ASSERT_NO_FATAL_FAILURE(reopen(mode, n, for_ever));
        simdr_store_close(store_);
        store_ = nullptr;
      }
    }
  }
  EXPECT_GT(failures, 50u);
  std::printf("%llu failed allocations\n", static_cast<unsigned long long>(failures));
}

// Opening a store that has entries, writable, read-only, and damaged.
TEST_F(MemoryTest, EveryAllocationOfOpening) {
  simdr_error err;
  ASSERT_EQ(simdr_store_open(store_path_.c_str(), nullptr, &store_, &err), SIMDR_OK);
  Model model;
  for (int i = 0; i < 3000; ++i) {
    const std::string key = "key " + std::to_string(i % 1000);
    const std::string value(static_cast<std::size_t>(20 + i % 50), 'v');
    ASSERT_EQ(simdr_store_put(store_, key.data(), key.size(), value.data(), value.size(), 0, nullptr, &err), SIMDR_OK);
    model[key] = value;
  }
  ASSERT_EQ(simdr_store_close_checked(store_, &err), SIMDR_OK);
  store_ = nullptr;
  for (const bool is_torn : {false, true}) {
    if (is_torn) {
      FILE* file = std::fopen(store_path_.c_str(), "ab");
      std::fputs("a torn end", file);
      std::fclose(file);
    }
    for (const std::uint32_t mode : {std::uint32_t{SIMDR_OPEN_READ_ONLY}, std::uint32_t{SIMDR_OPEN_EXISTING}}) {
      for (const bool for_ever : {false, true}) {
        std::uint64_t n = 1;
        for (;; ++n) {
          simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
          options.mode = mode;
          t_allocations = {true, for_ever, n, 0, false};
          const simdr_status status = simdr_store_open(store_path_.c_str(), &options, &store_, &err);
          t_allocations = {};
          if (status == SIMDR_OK) break;
          ASSERT_EQ(status, SIMDR_ERR_NO_MEMORY) << n << ": " << err.message;
          ASSERT_EQ(store_, nullptr);
        }
        EXPECT_GT(n, 3u);
        check_all(model, "opened");
        simdr_store_close(store_);
        store_ = nullptr;
      }
    }
  }
}

}  // namespace
