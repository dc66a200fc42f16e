#include "recovery/verify.h"

#include <algorithm>

#include "recovery/entry_check.h"

namespace simdr::core {
namespace {

constexpr std::uint64_t kProgressStep = 16 * 1024 * 1024;

// The walk hands over batches whose lines it has just fetched, so small payloads are read from the cache.
class Verifier final : public ChainSink {
 public:
  Verifier(ByteView file, std::uint64_t tail, const Layout& layout, VerifySink* sink) noexcept
      : file_(file), layout_(layout), sink_(sink), total_(tail), next_report_(kProgressStep) {
    summary_.unread_size = tail;
  }

  bool on_batch(const EntryRecord* records, std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i) {
      if (!look_at(records[i])) {
        summary_.stopped = true;
        return false;
      }
      last_ = records[i];
      summary_.unread_size = records[i].prev_tail;
    }
    return true;
  }

  VerifySummary finish(const ChainWalk& walk) {
    if (!summary_.stopped && walk.end != ChainEnd::kArrived) {
      if (!report({FaultKind::kLink, walk.break_offset, last_})) summary_.stopped = true;
    }
    if (!summary_.stopped && sink_ != nullptr && !sink_->on_progress(total_, total_)) summary_.stopped = true;
    return summary_;
  }

 private:
  bool look_at(const EntryRecord& record) {
    if (is_phantom(record)) {
      ++summary_.phantom_count;
      return true;
    }
    ++summary_.entry_count;
    summary_.tombstone_count += record.is_tombstone ? 1 : 0;
    summary_.payload_size += record.payload_size();
    if (!crc_matches(file_, record, layout_) && !report({FaultKind::kPayload, record.payload_offset, record})) {
      return false;
    }
    return look_at_pad(record) && tell_progress(record.prev_tail);
  }

  bool look_at_pad(const EntryRecord& record) {
    const ByteView pad = file_.subspan(static_cast<std::size_t>(record.prev_tail),
                                       static_cast<std::size_t>(record.payload_offset - record.prev_tail));
    if (is_all_zero(pad)) return true;
    const auto wrong = std::find_if(pad.begin(), pad.end(), [](std::byte byte) { return byte != std::byte{0}; });
    return report({FaultKind::kPad, record.prev_tail + static_cast<std::uint64_t>(wrong - pad.begin()), record});
  }

  bool report(const Fault& fault) {
    switch (fault.kind) {
      case FaultKind::kPayload:
        ++summary_.payload_faults;
        break;
      case FaultKind::kPad:
        ++summary_.pad_faults;
        break;
      case FaultKind::kLink:
        ++summary_.link_faults;
        break;
    }
    return sink_ == nullptr || sink_->on_fault(fault);
  }

  bool tell_progress(std::uint64_t offset) {
    const std::uint64_t done = total_ - offset;
    if (sink_ == nullptr || done < next_report_) return true;
    next_report_ = done + kProgressStep;
    return sink_->on_progress(done, total_);
  }

  ByteView file_;
  Layout layout_;
  VerifySink* sink_;
  std::uint64_t total_;
  std::uint64_t next_report_;
  EntryRecord last_;
  VerifySummary summary_;
};

}  // namespace

VerifySummary verify(ByteView file, std::uint64_t tail, const Layout& layout, VerifySink* sink) {
  Verifier verifier(file, tail, layout, sink);
  const ChainWalk walk = walk_chain(file, tail, 0, layout, &verifier);
  return verifier.finish(walk);
}

}  // namespace simdr::core
