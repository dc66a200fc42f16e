// What the machine can do for each workload when nothing else is in the way. No store: a file of entries in simdr's shape, a table in
// memory, and loops as bare as they can be. What an engine is to be measured against.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "bare.h"
#include "engine_session.h"

namespace bench {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;

// A file of entries, mapped, and a table of 16-byte slots, half full: hash, and where the trailer is.
class Data {
 public:
  Data(const std::filesystem::path& path, std::size_t count, std::size_t value_size)
      : slot_count_(std::bit_ceil(2 * count)), slots_(slot_count_ * sizeof(Slot)) {
    const Descriptor file(path, O_RDWR | O_CREAT | O_TRUNC);
    const std::vector<std::uint8_t> value = value_of_size(value_size);
    StagedWriter writer(file.number());
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t hash = hash_of(key_number(i));
      add(hash, writer.append(hash, value));
    }
    writer.flush();
    (void)::fdatasync(file.number());
    tail_ = writer.tail();
    void* mapped = ::mmap(nullptr, tail_, PROT_READ, MAP_SHARED | MAP_POPULATE, file.number(), 0);
    if (mapped == MAP_FAILED) throw Failure("limits: mmap");
    file_ = static_cast<const std::uint8_t*>(mapped);
  }
  ~Data() { ::munmap(const_cast<std::uint8_t*>(file_), tail_); }
  Data(const Data&) = delete;
  Data& operator=(const Data&) = delete;

  struct Slot {
    std::uint64_t hash;
    std::uint64_t trailer;  // 0: empty
  };

  [[nodiscard]] const Slot* home(std::uint64_t hash) const { return slots() + (hash & (slot_count_ - 1)); }
  [[nodiscard]] std::uint64_t find(std::uint64_t hash) const {
    for (const Slot* slot = home(hash);; slot = slot + 1 == slots() + slot_count_ ? slots() : slot + 1) {
      if (slot->trailer == 0 || slot->hash == hash) return slot->trailer;
    }
  }
  // The trailer says where the payload starts; then all of its lines are looked at.
  [[nodiscard]] std::uint64_t touch_payload(std::uint64_t trailer) const {
    const std::uint64_t start = payload_start(prev_tail(trailer));
    return touch(file_ + start, trailer - start);
  }
  [[nodiscard]] std::uint64_t prev_tail(std::uint64_t trailer) const {
    std::uint64_t tail;
    std::memcpy(&tail, file_ + trailer + 8, 8);
    return tail;
  }
  [[nodiscard]] const std::uint8_t* file() const { return file_; }
  [[nodiscard]] std::uint64_t tail() const { return tail_; }

 private:
  [[nodiscard]] Slot* slots() const { return reinterpret_cast<Slot*>(slots_.data()); }
  void add(std::uint64_t hash, std::uint64_t trailer) {
    std::size_t at = hash & (slot_count_ - 1);
    while (slots()[at].trailer != 0) at = (at + 1) & (slot_count_ - 1);
    slots()[at] = {hash, trailer};
  }

  std::size_t slot_count_;
  Region slots_;
  const std::uint8_t* file_ = nullptr;
  std::uint64_t tail_ = 0;
};

// As fast as one thread reads: widest registers, several sums at once.
__attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3"))) std::uint64_t sum_of(
    const std::uint64_t* words, std::size_t count) {
  std::uint64_t sums[32] = {};
  for (std::size_t i = 0; i + 32 <= count; i += 32) {
    for (std::size_t j = 0; j < 32; ++j) sums[j] += words[i + j];
  }
  std::uint64_t sum = 0;
  for (const std::uint64_t part : sums) sum += part;
  return sum;
}

class Limits final : public Session {
 public:
  Limits(std::filesystem::path dir, bool has_index) : dir_(std::move(dir)), has_index_(has_index) {}
  ~Limits() override { drop(); }

  Reply run(const Command& command) override {
    const std::string& word = command.word();
    if (word == "settings") {
      return Reply().say("settings", has_index_ ? "the same loops, and each key put into a bare table in memory"
                                                : "no store at all: bare loops over the same bytes");
    }
    if (word == "staged") return staged(command);
    if (word == "pagecache") return page_cache(command);
    if (word == "load") return load(command);
    if (word == "pass") return pass(command);
    if (word == "drop") return drop();
    throw Failure("not a command: " + word);
  }

 private:
  [[nodiscard]] std::filesystem::path path() const {
    std::filesystem::create_directories(dir_);
    return dir_ / "limits.bin";
  }

  Reply staged(const Command& command) {
    const std::size_t count = command.number("count", 100000);
    const std::vector<Key> keys = keys_in_order(count, count);
    const std::vector<std::uint8_t> value = value_of_size(command.number("size", 100));
    std::uint64_t nanos;
    {
      const Descriptor file(path(), O_RDWR | O_CREAT | O_TRUNC);
      StagedWriter writer(file.number());
      BareTable table(has_index_ ? count : 1);
      const std::uint64_t start = now_nanos();
      if (!has_index_) {
        for (const Key& key : keys) keep(writer.append(hash_of(key), value));
      } else if (command.text("kind") == "batch") {
        put_in_batches(keys, value, writer, table);
      } else {
        for (const Key& key : keys) {
          const std::uint64_t hash = hash_of(key);
          table.insert(hash, writer.append(hash, value));
        }
      }
      writer.flush();
      nanos = now_nanos() - start;
    }
    drop();
    return Reply().add("ops", count).add("nanos", nanos);
  }

  // The lines of the table are asked for as far ahead as it takes to get them.
  static void put_in_batches(std::span<const Key> keys, Bytes value, StagedWriter& writer, BareTable& table) {
    constexpr std::size_t kBatch = 1024, kAhead = 16;
    std::uint64_t hashes[kBatch];
    for (std::size_t first = 0; first < keys.size(); first += kBatch) {
      const std::size_t count = std::min(kBatch, keys.size() - first);
      for (std::size_t i = 0; i < count; ++i) hashes[i] = hash_of(keys[first + i]);
      for (std::size_t i = 0; i < count; ++i) {
        if (i + kAhead < count) table.prefetch(hashes[i + kAhead]);
        table.insert(hashes[i], writer.append(hashes[i], value));
      }
    }
  }

  // 1 MiB at a time out of memory that is in the cache or not as it comes: 64 MiB of it. With sync=1 up to the disk.
  Reply page_cache(const Command& command) {
    const std::size_t count = std::max<std::size_t>(1, command.number("bytes", kPiece) / kPiece);
    if (source_ == nullptr) source_ = std::make_unique<Region>(64 * kPiece);
    std::uint64_t nanos;
    {
      const Descriptor file(path(), O_RDWR | O_CREAT | O_TRUNC);
      const std::uint64_t start = now_nanos();
      for (std::size_t i = 0; i < count; ++i) {
        write_all(file.number(), source_->data() + i % 64 * kPiece, kPiece, i * kPiece);
      }
      if (command.number("sync", 0) != 0 && ::fdatasync(file.number()) != 0) throw Failure("limits: fdatasync");
      nanos = now_nanos() - start;
    }
    drop();
    return Reply().add("ops", count).add("nanos", nanos);
  }

  Reply load(const Command& command) {
    drop();
    count_ = command.number("count", 100000);
    data_ = std::make_unique<Data>(path(), count_, command.number("size", 100));
    return {};
  }

  Reply pass(const Command& command) {
    if (!data_) throw Failure("nothing is loaded");
    const std::string what = command.text("what");
    const auto threads = static_cast<unsigned>(command.number("threads", 1));
    const std::size_t draws = command.number("draws", count_);
    std::vector<Key> keys;
    const bool looks_up = what == "get" || what == "getmany" || what == "miss";
    std::unique_ptr<BareTable> table;
    if (what == "index") table = std::make_unique<BareTable>(count_);
    if (looks_up) keys = keys_at_random(what == "miss" ? count_ : 0, count_, draws);
    const std::uint64_t least = command.number("least", 0) * 1000000;
    std::uint64_t nanos = 0;
    std::uint64_t rounds = 0;
    do {
      nanos += timed(
          threads, [](unsigned) { return 0; },
          [&](int, unsigned t) {
            const std::size_t begin = keys.size() * t / threads;
            const auto mine = std::span<const Key>(keys).subspan(begin, keys.size() * (t + 1) / threads - begin);
            if (what == "get" || what == "miss") return probe(mine);
            if (what == "getmany") return probe_many(mine);
            if (what == "scan") return walk();
            if (what == "index") return index_all(*table);
            if (what == "scancheck")
              return keep(sum_of(reinterpret_cast<const std::uint64_t*>(data_->file()), data_->tail() / 8));
            throw Failure("no such pass: " + what);
          });
      ++rounds;
    } while (nanos < least);
    return Reply().add("ops", rounds * (looks_up ? draws : count_ * threads)).add("nanos", nanos);
  }

  void probe(std::span<const Key> keys) const {
    std::uint64_t sum = 0;
    for (const Key& key : keys) {
      const std::uint64_t trailer = data_->find(hash_of(key));
      if (trailer != 0) sum += data_->touch_payload(trailer);
    }
    keep(sum);
  }

  // Three passes over 64 keys at a time: the slots' lines asked for, then the trailers', then the payloads'.
  void probe_many(std::span<const Key> keys) const {
    constexpr std::size_t kBlock = 64;
    std::uint64_t sum = 0;
    std::uint64_t hashes[kBlock], trailers[kBlock];
    for (std::size_t first = 0; first < keys.size(); first += kBlock) {
      const std::size_t count = std::min(kBlock, keys.size() - first);
      for (std::size_t i = 0; i < count; ++i) __builtin_prefetch(data_->home(hashes[i] = hash_of(keys[first + i])));
      for (std::size_t i = 0; i < count; ++i) {
        __builtin_prefetch(data_->file() + (trailers[i] = data_->find(hashes[i])));
      }
      for (std::size_t i = 0; i < count; ++i)
        __builtin_prefetch(data_->file() + payload_start(data_->prev_tail(trailers[i])));
      for (std::size_t i = 0; i < count; ++i) sum += data_->touch_payload(trailers[i]);
    }
    keep(sum);
  }

  // The chain from the newest entry to the oldest, the first byte of each; what will be needed is asked for ahead.
  void walk() const {
    std::uint64_t sum = 0;
    for (std::uint64_t tail = data_->tail(); tail != 0;) {
      tail = data_->prev_tail(tail - kTrailerSize);
      const std::uint8_t* payload = data_->file() + payload_start(tail);
      if (tail > 6144) __builtin_prefetch(data_->file() + tail - 6144);
      sum += *payload;
    }
    keep(sum);
  }

  // The same walk, but for the payloads, and every key into the table.
  void index_all(BareTable& table) const {
    constexpr std::size_t kAhead = 16;
    struct Waiting {
      std::uint64_t hash, trailer;
    } waiting[kAhead];
    std::size_t count = 0;
    for (std::uint64_t tail = data_->tail(); tail != 0; ++count) {
      const std::uint64_t trailer = tail - kTrailerSize;
      Waiting& oldest = waiting[count % kAhead];
      if (count >= kAhead) table.insert(oldest.hash, oldest.trailer);
      std::memcpy(&oldest.hash, data_->file() + trailer, 8);
      oldest.trailer = trailer;
      table.prefetch(oldest.hash);
      tail = data_->prev_tail(trailer);
      if (tail > 6144) __builtin_prefetch(data_->file() + tail - 6144);
    }
    for (std::size_t i = count > kAhead ? count - kAhead : 0; i < count; ++i) {
      table.insert(waiting[i % kAhead].hash, waiting[i % kAhead].trailer);
    }
  }

  Reply drop() {
    data_.reset();
    std::error_code ignored;
    std::filesystem::remove(dir_ / "limits.bin", ignored);
    return {};
  }

  std::filesystem::path dir_;
  bool has_index_;
  std::size_t count_ = 0;
  std::unique_ptr<Data> data_;
  std::unique_ptr<Region> source_;
};

const Registration limits("limits", [](const std::filesystem::path& dir) -> std::unique_ptr<Session> {
  return std::make_unique<Limits>(dir, false);
});
const Registration limits_indexed("limits-indexed", [](const std::filesystem::path& dir) -> std::unique_ptr<Session> {
  return std::make_unique<Limits>(dir, true);
});

}  // namespace
}  // namespace bench
