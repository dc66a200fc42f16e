// What bare loops are made of: a file, memory, an append and a table, each with nothing but what the machine must do.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <cstring>
#include <filesystem>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine.h"
#include "keys.h"
#include "simd/kernels.h"

namespace bench {

constexpr std::size_t kTrailerSize = 20;  // key hash 8, where the entry before ended 8, CRC-32 4
constexpr std::size_t kStaging = std::size_t{4} << 20;

inline std::uint64_t payload_start(std::uint64_t tail) { return (tail + 63) & ~std::uint64_t{63}; }

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

inline void write_all(int fd, const std::uint8_t* data, std::size_t size, std::uint64_t offset) {
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

inline std::uint64_t hash_of(const Key& key) { return XXH3_64bits(key.data(), key.size()); }

// An index that only has to take in keys: 8-byte slots, half full at most, 16 bits of the hash and where the trailer is. It is as
// large as it will be from the start, its memory was touched, and what it finds is not compared with the file.
class BareTable {
 public:
  explicit BareTable(std::size_t count) : slot_count_(std::bit_ceil(2 * count)), slots_(slot_count_ * 8) {}

  void prefetch(std::uint64_t hash) const { __builtin_prefetch(slots() + home(hash), 1); }
  void insert(std::uint64_t hash, std::uint64_t trailer) {
    std::size_t at = home(hash);
    const std::uint64_t tag = hash >> 48;
    while (slots()[at] != 0 && slots()[at] >> 48 != tag) at = (at + 1) & (slot_count_ - 1);
    slots()[at] = tag << 48 | trailer;
  }

 private:
  [[nodiscard]] std::size_t home(std::uint64_t hash) const { return hash & (slot_count_ - 1); }
  [[nodiscard]] std::uint64_t* slots() const { return reinterpret_cast<std::uint64_t*>(slots_.data()); }

  std::size_t slot_count_;
  Region slots_;
};

}  // namespace bench
