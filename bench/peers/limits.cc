// What the machine can do for each workload when nothing else is in the way. No store: a file of entries in simdr's shape, a table in
// memory, and loops as bare as they can be. What an engine is to be measured against.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine_session.h"
#include "simd/kernels.h"

namespace bench {
namespace {

constexpr std::size_t kTrailerSize = 20;  // key hash 8, where the entry before ended 8, CRC-32 4
constexpr std::size_t kStaging = std::size_t{4} << 20;
constexpr std::size_t kPiece = std::size_t{1} << 20;

std::uint64_t payload_start(std::uint64_t tail) { return (tail + 63) & ~std::uint64_t{63}; }

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0) throw Failure("limits: cannot open " + path.string());
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return fd_; }

 private:
  int fd_;
};

void write_all(int fd, const std::uint8_t* data, std::size_t size, std::uint64_t offset) {
  while (size > 0) {
    const ssize_t written = ::pwrite(fd, data, size, static_cast<off_t>(offset));
    if (written <= 0) throw Failure("limits: pwrite");
    data += written;
    size -= static_cast<std::size_t>(written);
    offset += static_cast<std::size_t>(written);
  }
}

// Anonymous memory in huge pages where there are any, touched.
class Region {
 public:
  explicit Region(std::size_t size) : size_(size) {
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw Failure("limits: no memory");
    data_ = static_cast<std::uint8_t*>(memory);
    ::madvise(data_, size, MADV_HUGEPAGE);
    std::memset(data_, 0, size);
  }
  ~Region() { ::munmap(data_, size_); }
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;
  [[nodiscard]] std::uint8_t* data() const { return data_; }

 private:
  std::uint8_t* data_;
  std::size_t size_;
};

// A staged append: pad, payload copied and summed in one pass, trailer, into a buffer that one pwrite per 4 MiB empties.
class StagedWriter {
 public:
  explicit StagedWriter(int fd) : fd_(fd), staging_(kStaging + 64) {}

  std::uint64_t append(std::uint64_t key_hash, Bytes payload) {
    const std::uint64_t start = payload_start(tail_);
    const std::uint64_t end = start + payload.size() + kTrailerSize;
    if (end - flushed_ > kStaging) flush();
    std::uint8_t* to = staging_.data() + (tail_ - flushed_);
    std::memset(to, 0, start - tail_);
    to += start - tail_;
    const std::uint32_t crc = kernels_.copy_crc32(0, to, payload.data(), payload.size());
    to += payload.size();
    std::memcpy(to, &key_hash, 8);
    std::memcpy(to + 8, &tail_, 8);
    std::memcpy(to + 16, &crc, 4);
    tail_ = end;
    return end - kTrailerSize;
  }
  void flush() {
    write_all(fd_, staging_.data(), tail_ - flushed_, flushed_);
    flushed_ = tail_;
  }
  [[nodiscard]] std::uint64_t tail() const { return tail_; }

 private:
  int fd_;
  Region staging_;
  const simdr::core::simd::Kernels& kernels_ = simdr::core::simd::kernels();
  std::uint64_t tail_ = 0;
  std::uint64_t flushed_ = 0;
};

std::uint64_t hash_of(const Key& key) { return XXH3_64bits(key.data(), key.size()); }

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
  explicit Limits(std::filesystem::path dir) : dir_(std::move(dir)) {}
  ~Limits() override { drop(); }

  Reply run(const Command& command) override {
    const std::string& word = command.word();
    if (word == "settings") return Reply().say("settings", "no store at all: bare loops over the same bytes");
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
      const std::uint64_t start = now_nanos();
      for (const Key& key : keys) keep(writer.append(hash_of(key), value));
      writer.flush();
      nanos = now_nanos() - start;
    }
    drop();
    return Reply().add("ops", count).add("nanos", nanos);
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

  Reply drop() {
    data_.reset();
    std::error_code ignored;
    std::filesystem::remove(dir_ / "limits.bin", ignored);
    return {};
  }

  std::filesystem::path dir_;
  std::size_t count_ = 0;
  std::unique_ptr<Data> data_;
  std::unique_ptr<Region> source_;
};

const Registration limits("limits", [](const std::filesystem::path& dir) -> std::unique_ptr<Session> {
  return std::make_unique<Limits>(dir);
});

}  // namespace
}  // namespace bench
