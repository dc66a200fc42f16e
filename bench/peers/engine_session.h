// The workloads, written once and compiled for each engine. Keys, values and readers are made before the clock starts.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "engine.h"
#include "measure.h"
#include "session.h"

namespace bench {

inline constexpr std::size_t kBatch = 1024;

inline void keep(std::uint64_t value) { asm volatile("" : : "r"(value)); }

template <Engine E>
class EngineSession final : public Session {
 public:
  explicit EngineSession(std::filesystem::path dir) { setup_.dir = std::move(dir); }
  ~EngineSession() override { drop(); }

  Reply run(const Command& command) override {
    const std::string& word = command.word();
    if (word == "settings") return settings(command);
    if (word == "fill") return fill(command);
    if (word == "load") return load(command);
    if (word == "open") return open(command);
    if (word == "pass") return pass(command);
    if (word == "compact") return compact();
    if (word == "growth") return growth(command);
    if (word == "mixed") return mixed(command);
    if (word == "leave") return leave();
    if (word == "drop") return drop();
    throw Failure("not a command: " + word);
  }

 private:
  void set_up(const Command& command) {
    setup_.value_size = command.number("size", 100);
    setup_.entry_count = command.number("count", 100000);
    setup_.durability = static_cast<Durability>(command.number("durable", 0));
  }

  Reply settings(const Command& command) {
    set_up(command);
    return Reply().say("settings", E::settings(setup_));
  }

  // A new store, filled against the clock and thrown away: what it left to be written to the disk goes with it.
  Reply fill(const Command& command) {
    drop();
    set_up(command);
    const auto threads = static_cast<unsigned>(command.number("threads", 1));
    const bool in_batches = command.text("kind") == "batch";
    const bool stays = command.number("stay", 0) != 0;
    const std::size_t count = setup_.entry_count;
    const std::vector<Key> keys = keys_in_order(count, count);
    const std::vector<std::uint8_t> value = value_of_size(setup_.value_size);
    create();
    const std::uint64_t nanos = timed(
        threads, [](unsigned) { return 0; },
        [&](int, unsigned t) {
          const auto mine = share(std::span(keys), t, threads);
          if (in_batches) {
            put_in_batches(mine, value);
          } else {
            for (const Key& key : mine) engine_->put(key, value);
          }
          if (threads == 1) engine_->end_of_writing();
        });
    if (stays) {
      engine_->close();
      engine_.reset();
    } else {
      drop();
    }
    return Reply().add("ops", count).add("nanos", nanos);
  }

  // The store that is read from next: built, closed, on the disk, opened again.
  Reply load(const Command& command) {
    drop();
    set_up(command);
    const std::size_t count = setup_.entry_count;
    const std::vector<std::uint8_t> value = value_of_size(setup_.value_size);
    create();
    put_in_batches(keys_in_order(count, command.number("distinct", count)), value);
    engine_->end_of_writing();
    if constexpr (requires { engine_->settle(); }) {
      if (command.number("settle", 1) != 0) engine_->settle();
    }
    engine_->close();
    engine_.reset();
    sync_file_system_of(setup_.dir);
    Reply reply;
    reply.add("disk", disk_size(setup_.dir));
    if (command.number("reopen", 1) != 0) {
      engine_ = std::make_unique<E>();
      engine_->open(setup_);
    }
    return reply;
  }

  // Opens what another process left here, up to the first get, and says what that took. First command of its process, or the
  // memory is not what the engine needs but what is new.
  Reply open(const Command& command) {
    set_up(command);
    const Key key = key_number(setup_.entry_count / 2);
    std::uint64_t sum = 0;
    const Memory before = memory_of_this_process();
    const std::uint64_t start = now_nanos();
    engine_ = std::make_unique<E>();
    engine_->open(setup_);
    typename E::Reader reader(*engine_);
    const bool found = reader.get(key, sum);
    const std::uint64_t nanos = now_nanos() - start;
    const Memory after = memory_of_this_process();
    if (!found) throw Failure("open: a key is missing");
    keep(sum);
    const auto growth = [](std::uint64_t from, std::uint64_t to) { return to > from ? to - from : 0; };
    return Reply()
        .add("ops", setup_.entry_count)
        .add("nanos", nanos)
        .add("anonymous", growth(before.anonymous, after.anonymous))
        .add("resident", growth(before.resident, after.resident));
  }

  Reply pass(const Command& command) {
    if (!engine_) throw Failure("nothing is loaded");
    const std::string what = command.text("what");
    const auto threads = static_cast<unsigned>(command.number("threads", 1));
    const std::size_t count = setup_.entry_count;
    const bool scans = what == "scan" || what == "scancheck";
    const std::size_t draws = command.number("draws", count);
    std::vector<Key> keys;
    if (!scans) keys = keys_at_random(what == "miss" ? count : 0, count, draws);
    const std::uint64_t least = command.number("least", 0) * 1000000;
    std::uint64_t nanos = 0;
    std::uint64_t rounds = 0;
    do {
      nanos += timed(
          threads, [&](unsigned) { return std::make_unique<typename E::Reader>(*engine_); },
          [&](std::unique_ptr<typename E::Reader>& reader, unsigned t) {
            const auto mine = share(std::span<const Key>(keys), t, threads);
            if (what == "get") return get_each(*reader, mine, true);
            if (what == "miss") return get_each(*reader, mine, false);
            if (what == "getmany") return get_in_batches(*reader, mine);
            if (scans) return scan(*reader, what == "scancheck");
            throw Failure("no such pass: " + what);
          });
      ++rounds;
    } while (nanos < least);
    return Reply().add("ops", rounds * (scans ? count * threads : draws)).add("nanos", nanos);
  }

  Reply compact() {
    if (!engine_) throw Failure("nothing is loaded");
    const std::uint64_t start = now_nanos();
    engine_->compact();
    return Reply().add("ops", setup_.entry_count).add("nanos", now_nanos() - start);
  }

  // Every put on its own clock, while the store grows from nothing.
  Reply growth(const Command& command) {
    drop();
    set_up(command);
    const std::vector<std::uint8_t> value = value_of_size(setup_.value_size);
    create();
    const auto latencies = std::make_unique<Histogram>();
    std::uint64_t before = now_nanos();
    const std::uint64_t start = before;
    for (std::size_t i = 0; i < setup_.entry_count; ++i) {
      engine_->put(key_number(i), value);
      const std::uint64_t after = now_nanos();
      latencies->add(after - before);
      before = after;
    }
    Reply reply;
    reply.add("ops", setup_.entry_count).add("nanos", before - start);
    add_latencies(reply, "put", *latencies);
    drop();
    return reply;
  }

  // One thread that gets, alone and then beside one that puts new keys; pace is puts a second, 0 for as fast as it goes.
  Reply mixed(const Command& command) {
    if (!engine_) throw Failure("nothing is loaded");
    const std::uint64_t length = command.number("millis", 500) * 1000000;
    const std::uint64_t pace = command.number("pace", 0);
    const std::uint64_t most = command.number("most", UINT64_MAX);
    const auto alone = std::make_unique<Histogram>();
    const auto beside = std::make_unique<Histogram>();
    const auto puts = std::make_unique<Histogram>();
    const std::vector<Key> keys = keys_at_random(0, setup_.entry_count, std::size_t{1} << 18);
    read_for(length, keys, *alone);
    timed(
        2, [](unsigned) { return 0; },
        [&](int, unsigned t) {
          if (t == 0) return read_for(length, keys, *beside);
          write_for(length, pace, most, *puts);
        });
    Reply reply;
    reply.add("puts", puts->count());
    add_latencies(reply, "alone", *alone);
    add_latencies(reply, "get", *beside);
    add_latencies(reply, "put", *puts);
    return reply;
  }

  void read_for(std::uint64_t length, const std::vector<Key>& keys, Histogram& latencies) {
    typename E::Reader reader(*engine_);
    std::uint64_t sum = 0;
    std::uint64_t before = now_nanos();
    const std::uint64_t end = before + length;
    for (std::size_t i = 0; before < end; ++i) {
      if (!reader.get(keys[i & (keys.size() - 1)], sum)) throw Failure("mixed: a key is missing");
      const std::uint64_t after = now_nanos();
      latencies.add(after - before);
      before = after;
    }
    keep(sum);
  }

  void write_for(std::uint64_t length, std::uint64_t pace, std::uint64_t most, Histogram& latencies) {
    const std::vector<std::uint8_t> value = value_of_size(setup_.value_size);
    const std::uint64_t start = now_nanos();
    std::uint64_t before = start;
    for (std::uint64_t done = 0; before < start + length && done < most; ++done) {
      if (pace != 0 && done > (before - start) * pace / 1000000000) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        before = now_nanos();
        --done;
        continue;
      }
      engine_->put(key_number(first_new_key_++), value);
      const std::uint64_t after = now_nanos();
      latencies.add(after - before);
      before = after;
    }
  }

  // Closes, and leaves the files to the next process.
  Reply leave() {
    if (engine_) engine_->close();
    engine_.reset();
    leaves_files_ = true;
    return {};
  }

  Reply drop() {
    if (engine_) engine_->close();
    engine_.reset();
    if (leaves_files_) return {};
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(setup_.dir, ignored)) {
      std::filesystem::remove_all(entry.path(), ignored);
    }
    return {};
  }

  void create() {
    std::filesystem::create_directories(setup_.dir);
    engine_ = std::make_unique<E>();
    engine_->create(setup_);
  }

  template <typename T>
  static std::span<T> share(std::span<T> all, unsigned t, unsigned threads) {
    const std::size_t begin = all.size() * t / threads;
    return all.subspan(begin, all.size() * (t + 1) / threads - begin);
  }

  void put_in_batches(std::span<const Key> keys, Bytes value) {
    // Not more than 64 MiB at once: a batch of 1,024 large values is nobody's.
    const std::size_t most = std::clamp<std::size_t>((std::size_t{64} << 20) / value.size(), 1, kBatch);
    for (std::size_t i = 0; i < keys.size(); i += most) {
      engine_->put_batch(keys.subspan(i, std::min(most, keys.size() - i)), value);
    }
  }

  static void get_each(typename E::Reader& reader, std::span<const Key> keys, bool stored) {
    std::uint64_t sum = 0;
    for (const Key& key : keys) {
      if (reader.get(key, sum) != stored) throw Failure("get: wrong answer");
    }
    keep(sum);
  }

  static void get_in_batches(typename E::Reader& reader, std::span<const Key> keys) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < keys.size(); i += kBatch) {
      const auto batch = keys.subspan(i, std::min(kBatch, keys.size() - i));
      if (reader.get_many(batch, sum) != batch.size()) throw Failure("getmany: a key is missing");
    }
    keep(sum);
  }

  void scan(typename E::Reader& reader, bool check) const {
    const ScanResult result = reader.scan(check);
    keep(result.sum);
    if (result.entry_count != setup_.entry_count) {
      throw Failure("scan: " + std::to_string(result.entry_count) + " of " + std::to_string(setup_.entry_count));
    }
  }

  static void add_latencies(Reply& reply, const std::string& name, const Histogram& latencies) {
    reply.add(name + "_p50", latencies.quantile(0.5))
        .add(name + "_p99", latencies.quantile(0.99))
        .add(name + "_p999", latencies.quantile(0.999))
        .add(name + "_max", latencies.max());
  }

  Setup setup_;
  std::unique_ptr<E> engine_;
  bool leaves_files_ = false;
  std::uint64_t first_new_key_ = std::uint64_t{1} << 40;
};

template <Engine E>
Registration::Make session_of() {
  return [](const std::filesystem::path& dir) { return std::make_unique<EngineSession<E>>(dir); };
}

}  // namespace bench
