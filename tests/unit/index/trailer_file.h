// Stands in for the mapped file: a fixed stretch of memory in which each trailer is only its key hash, at uneven
// offsets as in a real file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/endian.h"
#include "index/key_index.h"

namespace simdr::core {

class TrailerFile {
 public:
  explicit TrailerFile(std::size_t trailer_count)
      : bytes_(new std::byte[16 + trailer_count * kStride]()), size_(16 + trailer_count * kStride) {}

  std::uint64_t append(std::uint64_t key_hash) {
    const std::uint64_t offset = end_;
    store_le64(bytes_.get() + offset, key_hash);
    end_ += kStride;
    return offset;
  }
  std::uint64_t hash_at(std::uint64_t offset) const { return load_le64(bytes_.get() + offset); }
  std::uint64_t end() const { return end_; }
  ByteView view() const { return {bytes_.get(), size_}; }
  ByteView view_to(std::uint64_t end) const { return {bytes_.get(), static_cast<std::size_t>(end)}; }

  static constexpr std::uint64_t kFirst = 1;  // the least offset a trailer can have
  static constexpr std::uint64_t kStride = 9;

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_;
  std::uint64_t end_ = kFirst;
};

// Reserve, write the trailer, put: what a store does.
inline std::uint64_t put_new(KeyIndex& index, TrailerFile& file, std::uint64_t key_hash,
                             std::uint64_t* out_offset = nullptr) {
  if (!index.reserve(file.view(), key_hash)) return ~std::uint64_t{0};
  const std::uint64_t offset = file.append(key_hash);
  if (out_offset != nullptr) *out_offset = offset;
  return index.put(file.view(), key_hash, offset);
}

// SplitMix64 as a stream: the same everywhere, unlike the distributions of <random>.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

// The first `count` hashes that an index with this seed mixes into something with `bits` under `mask`.
inline std::vector<std::uint64_t> hashes_that_mix_to(std::uint64_t seed, std::uint64_t mask, std::uint64_t bits,
                                                     std::size_t count) {
  const HashMixer mix(seed);
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t hash = 1; hashes.size() < count; ++hash) {
    if ((mix(hash) & mask) == bits) hashes.push_back(hash);
  }
  return hashes;
}

// reserve_many() of hashes that are not mixed yet.
inline bool reserve_hashes(KeyIndex& index, const TrailerFile& file, const std::uint64_t* hashes, std::size_t count) {
  std::vector<std::uint64_t> mixed(count);
  index.mix(hashes, count, mixed.data());
  return index.reserve_many(file.view(), mixed.data(), count);
}

// Fails when told to, and knows what is still out. Its memory is full of something, or of zeros when told to, and then it says so.
class ScriptedAllocator final : public SlabAllocator {
 public:
  void* allocate(std::size_t size, std::size_t alignment) noexcept override {
    const std::uint64_t number = request_count_++;
    if (number >= first_failing_ && number - first_failing_ < failing_count_) return nullptr;
    if (out_size_ + size > most_out_size_ || size > most_size_) return nullptr;
    void* memory = heap_slab_allocator().allocate(size, alignment);
    if (memory == nullptr) return nullptr;
    std::memset(memory, gives_zeros_ ? 0 : 0xA5, size);
    out_size_ += size;
    return memory;
  }
  bool gives_zeros(std::size_t) const noexcept override { return gives_zeros_; }
  void release(void* slab, std::size_t size, std::size_t alignment) noexcept override {
    out_size_ -= size;
    heap_slab_allocator().release(slab, size, alignment);
  }

  void fail(std::uint64_t first, std::uint64_t count) {
    first_failing_ = first;
    failing_count_ = count;
  }
  void never_fail() { failing_count_ = 0; }
  // Has no more than this.
  void fail_beyond(std::uint64_t out_size) { most_out_size_ = out_size; }
  // Has no more than this in one piece.
  void fail_above(std::size_t size) { most_size_ = size; }
  void give_zeros() { gives_zeros_ = true; }
  std::uint64_t request_count() const { return request_count_; }
  std::uint64_t out_size() const { return out_size_; }

 private:
  std::uint64_t request_count_ = 0;
  std::uint64_t out_size_ = 0;
  std::uint64_t first_failing_ = 0;
  std::uint64_t failing_count_ = 0;
  std::uint64_t most_out_size_ = ~std::uint64_t{0};
  std::size_t most_size_ = ~std::size_t{0};
  bool gives_zeros_ = false;
};

}  // namespace simdr::core
