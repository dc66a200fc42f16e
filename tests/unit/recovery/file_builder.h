// Stores built by hand, in memory, of any generation; and what the tests of this room ask of the code they test.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "format/guard_line.h"
#include "format/layout.h"
#include "format/trailer.h"
#include "recovery/chain.h"
#include "recovery/scanner.h"

namespace simdr::core::test {

using Bytes = std::vector<std::byte>;

inline Bytes to_bytes(const std::string& text) {
  Bytes out(text.size());
  if (!text.empty()) std::memcpy(out.data(), text.data(), text.size());
  return out;
}

// xorshift64: the same bytes everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  Bytes bytes(std::size_t size) {
    Bytes out(size);
    for (std::size_t i = 0; i < size; ++i) {
      if (i % 8 == 0) next();
      out[i] = static_cast<std::byte>(state_ >> (8 * (i % 8)));
    }
    return out;
  }

 private:
  std::uint64_t state_;
};

inline std::uint32_t reference_crc(const std::byte* data, std::size_t size) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const unsigned char*>(data), size));
}

class FileBuilder {
 public:
  explicit FileBuilder(const Layout& layout = kAligned64) : layout_(layout) {}

  // Appends behind whatever the file ends with; the link names the last tail.
  FileBuilder& put(std::uint64_t hash, const Bytes& payload) {
    bytes_.resize(tail_ + padding_to(tail_, layout_.alignment));
    return append(hash, payload);
  }
  FileBuilder& put_tombstone(std::uint64_t hash) {
    bytes_.resize(tail_);
    return append(hash, Bytes{kTombstoneByte});
  }
  FileBuilder& put_random(std::uint64_t hash, std::size_t size) {
    return put(hash, Random(hash * 977 + size + 1).bytes(size));
  }

  // Ends the file in a guard behind `gap` bytes of nobody's; put() goes on behind it, as another program would, when
  // go_on is true.
  FileBuilder& put_guard(std::uint64_t durable, std::uint64_t synced, std::uint64_t committed, std::uint32_t flags = 0,
                         std::uint64_t gap = 100, bool go_on = false) {
    const std::uint64_t line = align_up(bytes_.size() + gap, kGuardLineSize);
    bytes_.resize(line + kGuardSize);
    std::byte guard[kGuardSize];
    encode_guard(guard, line, {durable, synced, 4711, flags, committed});
    std::memcpy(bytes_.data() + line, guard, kGuardSize);
    if (go_on) tail_ = bytes_.size();
    return *this;
  }

  Bytes& bytes() { return bytes_; }
  std::uint64_t tail() const { return tail_; }
  const Layout& layout() const { return layout_; }
  const std::vector<EntryRecord>& records() const { return records_; }  // oldest to newest

 private:
  FileBuilder& append(std::uint64_t hash, const Bytes& payload) {
    const std::uint64_t start = bytes_.size();
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
    const std::uint64_t end = bytes_.size();
    const std::uint32_t crc = stored_crc(reference_crc(payload.data(), payload.size()), layout_.trailer_size);
    std::byte trailer[kTrailerSize];
    encode_trailer(trailer, {hash, tail_, crc});
    bytes_.insert(bytes_.end(), trailer, trailer + layout_.trailer_size);
    const bool is_tombstone = layout_.has_tombstones && payload.size() == 1 && payload[0] == kTombstoneByte;
    records_.push_back({hash, tail_, start, end, crc, is_tombstone});
    tail_ = bytes_.size();
    return *this;
  }

  Layout layout_;
  Bytes bytes_;
  std::uint64_t tail_ = 0;
  std::vector<EntryRecord> records_;
};

// A copy of exactly its size on the heap, so that AddressSanitizer sees one byte read beyond it.
class ExactCopy {
 public:
  explicit ExactCopy(const Bytes& bytes) : size_(bytes.size()), data_(new std::byte[bytes.size()]) {
    if (size_ != 0) std::memcpy(data_.get(), bytes.data(), size_);
  }
  ByteView view() const { return {data_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> data_;
};

class CollectingSink final : public ChainSink {
 public:
  bool on_begin(const Layout& layout) override {
    begun_with = layout;
    ++begin_count;
    records.clear();
    damaged.clear();
    return true;
  }
  bool on_batch(const EntryRecord* batch, std::size_t count) override {
    EXPECT_GE(count, 1u);
    EXPECT_LE(count, kChainBatchSize);
    EXPECT_TRUE(damaged.empty()) << "what is intact comes first";
    records.insert(records.end(), batch, batch + count);
    return true;
  }
  // Among the others, in their places.
  bool on_damaged(const EntryRecord* batch, std::size_t count) override {
    damaged.insert(damaged.end(), batch, batch + count);
    const auto is_newer = [](const EntryRecord& a, const EntryRecord& b) {
      return a.trailer_offset > b.trailer_offset;
    };
    for (std::size_t i = 0; i < count; ++i) {
      records.insert(std::upper_bound(records.begin(), records.end(), batch[i], is_newer), batch[i]);
    }
    return true;
  }

  std::vector<EntryRecord> records;  // newest to oldest
  std::vector<EntryRecord> damaged;  // those of them that were delivered as such
  Layout begun_with;
  int begin_count = 0;
};

struct Scanned {
  bool ok = false;
  Error error;
  ScanResult result;
  std::vector<EntryRecord> records;
  std::vector<EntryRecord> damaged;

  bool has(std::uint64_t trailer_offset) const {
    for (const EntryRecord& record : records) {
      if (record.trailer_offset == trailer_offset) return true;
    }
    return false;
  }
};

inline Scanned scan_copy(const Bytes& bytes, const ScanOptions& options = {}) {
  const ExactCopy copy(bytes);
  CollectingSink sink;
  const auto result = scan(copy.view(), options, &sink);
  Scanned out;
  out.ok = static_cast<bool>(result);
  if (!out.ok) {
    out.error = result.error();
    return out;
  }
  out.result = *result;
  out.records = std::move(sink.records);
  out.damaged = std::move(sink.damaged);
  // What was delivered is what was counted, whatever else holds.
  EXPECT_EQ(out.records.size(), out.result.entry_count + out.result.phantom_count);
  EXPECT_EQ(out.result.skipped_size, bytes.size() - out.result.tail);
  EXPECT_LT(std::strlen(out.result.message), sizeof out.result.message);
  return out;
}

inline void expect_same(const EntryRecord& a, const EntryRecord& b) {
  EXPECT_EQ(a.key_hash, b.key_hash);
  EXPECT_EQ(a.prev_tail, b.prev_tail);
  EXPECT_EQ(a.payload_offset, b.payload_offset);
  EXPECT_EQ(a.trailer_offset, b.trailer_offset);
  EXPECT_EQ(a.crc32, b.crc32);
  EXPECT_EQ(a.is_tombstone, b.is_tombstone);
}

// The first `count` records of the builder, delivered newest to oldest.
inline void expect_chain(const Scanned& scanned, const std::vector<EntryRecord>& oldest_first, std::size_t count) {
  ASSERT_TRUE(scanned.ok) << scanned.error.message;
  ASSERT_EQ(scanned.records.size(), count);
  for (std::size_t i = 0; i < count; ++i) expect_same(scanned.records[i], oldest_first[count - 1 - i]);
}

// Values of many sizes, rewritten and deleted keys.
inline FileBuilder mixed_store(const Layout& layout, std::size_t count, std::uint64_t seed = 1) {
  FileBuilder builder(layout);
  Random random(seed * 7919 + 13);
  for (int i = 0; i < 16; ++i) random.next();  // small seeds start with many zero bits
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t hash = random.next();
    if (layout.has_tombstones && i % 7 == 6) {
      builder.put_tombstone(hash);
    } else if (i % 11 == 5) {
      builder.put(hash, Bytes(2 + random.below(40), std::byte{0}));
    } else {
      builder.put(hash, random.bytes(1 + random.below(i % 5 == 0 ? 700 : 90)));
    }
  }
  return builder;
}

}  // namespace simdr::core::test
