#include "recovery/scan_parts.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <vector>

#include "recovery/entry_check.h"

namespace simdr::core {
namespace {

// What the layout vote of one scan may read: enough for any sane store, little beside a large one.
constexpr std::uint64_t kMaxVoteSize = 64 * 1024 * 1024;
constexpr std::uint64_t kMaxPlausibleRoot = 1024 * 1024;

class CensusSink final : public ChainSink {
 public:
  CensusSink(ByteView file, const Layout& layout, std::uint64_t limit, Census* census, ChainSink* next) noexcept
      : file_(file), layout_(layout), left_(limit), census_(census), next_(next) {}

  bool on_batch(const EntryRecord* records, std::size_t count) override {
    EntryRecord intact[kChainBatchSize];
    std::size_t intact_count = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (is_phantom(records[i]) || look_at(records[i])) {
        intact[intact_count++] = records[i];
      } else if (next_ != nullptr) {
        damaged_.push_back(records[i].trailer_offset);
      }
    }
    if (next_ == nullptr) return census_->complete;
    if (intact_count == 0 || next_->on_batch(intact, intact_count)) return true;
    census_->stopped = true;
    return false;
  }

  void deliver_damaged() {
    EntryRecord batch[kChainBatchSize];
    std::size_t count = 0;
    for (std::size_t i = 0; i < damaged_.size(); ++i) {
      // It was read from there before.
      if (read_entry_record(file_, damaged_[i], layout_, &batch[count])) ++count;
      if (count != kChainBatchSize && i + 1 != damaged_.size()) continue;
      if (count != 0 && !next_->on_damaged(batch, count)) {
        census_->stopped = true;
        return;
      }
      count = 0;
    }
  }
  [[nodiscard]] std::uint64_t left() const noexcept { return left_; }

 private:
  bool look_at(const EntryRecord& record) {
    const std::uint64_t size = record.payload_size();
    if (size > left_) census_->complete = false;
    if (!census_->complete) return true;
    left_ -= size;
    if (crc_matches(file_, record, layout_)) {
      ++census_->intact_count;
      census_->intact_size += record.trailer_offset + layout_.trailer_size - record.prev_tail;
      return true;
    }
    if (census_->damaged_count < census_->damaged.size()) {
      census_->damaged[static_cast<std::size_t>(census_->damaged_count)] = record.trailer_offset;
    }
    ++census_->damaged_count;
    return false;
  }

  ByteView file_;
  Layout layout_;
  std::uint64_t left_;
  Census* census_;
  ChainSink* next_;
  std::vector<std::uint64_t> damaged_;
};

}  // namespace

bool CheckingSink::on_batch(const EntryRecord* records, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (is_phantom(records[i])) continue;
    bytes_read_ += records[i].payload_size();
    // The pad too: where the payload reads like the filler that lay there before, only the pad tells that it never
    // arrived.
    if (!crc_matches(file_, records[i], layout_) || !is_pad_zero(file_, records[i])) {
      failed_ = true;
      return false;
    }
  }
  return next_ == nullptr || next_->on_batch(records, count);
}

bool VotingSink::on_batch(const EntryRecord* records, std::size_t count) {
  if (vote_ && !vote_->is_decided() && bytes_read_ < kMaxVoteSize) ask(records, count);
  if (ruled_out()) return false;
  return next_ == nullptr || next_->on_batch(records, count);
}

void VotingSink::ask(const EntryRecord* records, std::size_t count) {
  const LayoutVote::Silence silence = vote_->silence();
  bool are_silent = true;  // without a branch for each: it is so of nearly all
  for (std::size_t i = 0; i < count; ++i) are_silent &= silence.covers(records[i].prev_tail, records[i].trailer_offset);
  if (are_silent) return;
  for (std::size_t i = 0; i < count && !vote_->is_decided() && bytes_read_ < kMaxVoteSize; ++i) {
    const std::uint64_t size = records[i].trailer_offset - records[i].prev_tail;
    if (vote_->ask(file_, records[i].trailer_offset + layout_.trailer_size, kMaxVoteSize - bytes_read_) !=
        LayoutVote::Answer::kSilent) {
      bytes_read_ += size;
    }
  }
}

Census take_census(ByteView file, std::uint64_t tail, const Layout& layout, std::uint64_t limit, std::uint64_t* work,
                   ChainSink* sink) {
  Census census;
  CensusSink looking(file, layout, limit, &census, sink);
  const ChainWalk walk = walk_chain(file, tail, 0, layout, &looking);
  *work += walk.entry_count + (limit - looking.left());
  if (!census.stopped) looking.deliver_damaged();
  return census;
}

bool find_stale_guard(ByteView file, std::uint64_t tail, GuardLine* out, std::uint64_t* work) noexcept {
  if (file.size() < kGuardSize) return false;
  for (std::uint64_t line = align_down(file.size() - kGuardSize, kGuardLineSize); line >= tail;
       line -= kGuardLineSize) {
    ++*work;
    if (decode_guard(file.data() + line, line, out)) return true;
    if (line == 0) break;
  }
  return false;
}

bool is_plausible_packed19_root(ByteView file, std::uint64_t tail) noexcept {
  if (tail > kMaxPlausibleRoot) return false;
  const std::byte* hash = file.data() + tail - kPacked19.trailer_size + kTrailerKeyHashAt;
  return std::count(hash, hash + 8, std::byte{0}) <= 1;
}

void add_counts(ScanResult* result, const ChainWalk& walk) noexcept {
  result->entry_count += walk.entry_count;
  result->tombstone_count += walk.tombstone_count;
  result->phantom_count += walk.phantom_count;
}

const char* reason_text(Reason reason) noexcept {
  switch (reason) {
    case Reason::kClean:
      return "clean";
    case Reason::kGuarded:
      return "guarded";
    case Reason::kGuardedRolledBack:
      return "rolled back to what was surely written";
    case Reason::kTornTail:
      return "torn tail";
    case Reason::kBrokenChain:
      return "broken chain";
    case Reason::kDamagedHead:
      return "damaged first entry";
  }
  return "unknown";
}

void write_message(ScanResult* result, std::uint64_t file_size) noexcept {
  result->message[0] = '\0';
  if (result->reason == Reason::kClean || result->reason == Reason::kGuarded) return;
  std::size_t used = 0;
  const auto add = [&](int length) {
    used = std::min(used + static_cast<std::size_t>(std::max(length, 0)), sizeof result->message - 1);
  };
  add(std::snprintf(result->message, sizeof result->message,
                    "%s: tail %" PRIu64 " of %" PRIu64 " bytes, %" PRIu64 " entries", reason_text(result->reason),
                    result->tail, file_size, result->entry_count));
  if (result->damaged_count != 0) {
    add(std::snprintf(result->message + used, sizeof result->message - used,
                      "; %" PRIu64 " damaged%s, the newest at %" PRIu64, result->damaged_count,
                      result->tail == file_size ? "" : " and passed over", result->damaged[0]));
  }
  if (result->unreachable_count != 0) {
    add(std::snprintf(result->message + used, sizeof result->message - used,
                      "; %" PRIu64 " intact above the tail, not linked to it", result->unreachable_count));
  }
}

}  // namespace simdr::core
