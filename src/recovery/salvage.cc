#include "recovery/salvage.h"

#include <algorithm>
#include <cinttypes>
#include <new>
#include <vector>

#include "format/guard_line.h"
#include "recovery/chain.h"
#include "recovery/entry_check.h"
#include "recovery/foreign.h"
#include "recovery/intact_finder.h"
#include "recovery/scan_parts.h"

namespace simdr::core {
namespace {

class Salvage {
 public:
  Salvage(ByteView file, const SalvageOptions& options, SalvageSink* sink) noexcept
      : file_(file), options_(options), sink_(sink) {}

  Result<SalvageSummary> run() {
    search();
    if (tails_.empty() && limit_ != file_.size()) {
      believes_guard_ = false;  // one below which nothing is intact is no witness
      search();
    }
    if (tails_.empty()) return not_a_store(file_);
    if (!deliver()) return make_error(Status::kStopped, "stopped by the caller");
    return summary_;
  }

 private:
  void search();
  void find_by_likeliest_layout();
  void find(const Layout& layout);
  bool is_mostly_linked() const noexcept;
  void prefer_packed19_if_it_explains_more();
  void set_limit() noexcept;
  void add_root();
  bool deliver();
  bool tell_entry(const EntryRecord& record, Confidence confidence);
  bool tell_lost(std::uint64_t from, std::uint64_t to);
  std::uint64_t below_phantoms(std::uint64_t tail) const noexcept;
  bool guard_ends_at(std::uint64_t tail, GuardLine* out) const noexcept;

  ByteView file_;
  SalvageOptions options_;
  SalvageSink* sink_;
  SalvageSummary summary_;
  std::vector<std::uint64_t> tails_;  // of what was found; descending while it is found
  std::uint64_t limit_ = 0;           // what lies above was never published
  bool believes_guard_ = true;
};

bool Salvage::guard_ends_at(std::uint64_t tail, GuardLine* out) const noexcept {
  return tail >= kGuardSize && decode_guard(file_.data() + tail - kGuardSize, tail - kGuardSize, out);
}

void Salvage::search() {
  set_limit();
  if (options_.layout) {
    find(*options_.layout);
    return;
  }
  find_by_likeliest_layout();
  if (!is_mostly_linked()) prefer_packed19_if_it_explains_more();
}

void Salvage::find_by_likeliest_layout() {
  const std::vector<Layout> layouts = rank_layouts(file_, limit_, &summary_.work);
  if (!layouts.empty()) {
    find(layouts.front());
  } else {
    summary_.layout = kAligned64;
    add_root();
  }
}

void Salvage::set_limit() noexcept {
  GuardLine guard;
  limit_ = believes_guard_ && guard_ends_at(file_.size(), &guard) ? guard.committed_tail : file_.size();
}

void Salvage::find(const Layout& layout) {
  IntactFinder finder(file_, layout, IntactFinder::Care::kFind);
  GuardLine guard;
  std::uint64_t tail = limit_;
  while ((tail = finder.next_candidate(tail, 0)) != 0) {
    EntryRecord record;
    if (believes_guard_ && guard_ends_at(tail, &guard)) {
      tail = guard.committed_tail;
    } else if (finder.is_intact(tail, &record)) {
      tails_.push_back(tail);
      tail = record.payload_offset;  // its payload is proven; its link is not
    } else {
      --tail;
    }
  }
  summary_.layout = layout;
  add_root();
  summary_.work += finder.work();
  summary_.passed_over += finder.passed_over();
}

bool Salvage::is_mostly_linked() const noexcept {
  std::size_t linked = 0;
  for (std::size_t i = 0; i + 1 < tails_.size(); ++i) {
    EntryRecord record;
    linked += read_entry_ending_at(file_, tails_[i], summary_.layout, &record) && record.prev_tail == tails_[i + 1];
  }
  return linked >= 2 && linked * 4 >= tails_.size();
}

// A packed-19 entry reads as one with a 20-byte trailer when the byte behind it happens to be the one its CRC was cut
// by, so such a file shows some. And every one of the others reads as a packed-19 entry that ends a byte earlier. But
// links are tails, so in the wrong reading none leads to another.
void Salvage::prefer_packed19_if_it_explains_more() {
  std::vector<std::uint64_t> other;
  other.swap(tails_);
  const Layout layout = summary_.layout;
  if (has_intact(file_, limit_, kPacked19, &summary_.work)) {
    find(kPacked19);
  } else {
    summary_.layout = kPacked19;
    add_root();
  }
  if (is_mostly_linked() || other.empty()) return;
  tails_.swap(other);
  summary_.layout = layout;
}

// The entry at the start of the file, which the search leaves to find_roots.
void Salvage::add_root() {
  EntryRecord lowest;
  std::uint64_t limit = limit_;
  if (!tails_.empty() && read_entry_ending_at(file_, tails_.back(), summary_.layout, &lowest)) {
    limit = lowest.payload_offset;
  }
  const auto roots = find_roots(file_, limit, summary_.layout.trailer_size, &summary_.work);
  if (roots.empty()) return;
  const bool is_weak = summary_.layout.trailer_size == kPacked19.trailer_size && !options_.layout && tails_.empty();
  if (!is_weak || is_plausible_packed19_root(file_, roots.back())) tails_.push_back(roots.back());
}

std::uint64_t Salvage::below_phantoms(std::uint64_t tail) const noexcept {
  EntryRecord record;
  while (read_entry_ending_at(file_, tail, summary_.layout, &record) && is_phantom(record)) tail = record.prev_tail;
  return tail;
}

bool Salvage::deliver() {
  if (sink_ != nullptr && !sink_->on_begin(summary_.layout)) return false;
  std::reverse(tails_.begin(), tails_.end());
  const bool is_weak = summary_.layout.trailer_size == kPacked19.trailer_size;
  std::uint64_t end = 0;  // of what is behind
  for (std::size_t i = 0; i < tails_.size(); ++i) {
    EntryRecord record;
    // What claims the guard's own key hash is nobody's entry, intact or not.
    if (!read_entry_ending_at(file_, tails_[i], summary_.layout, &record) || is_phantom(record)) continue;
    const std::uint64_t below = below_phantoms(record.prev_tail);
    bool is_linked = record.prev_tail == 0 || below == end;
    EntryRecord above;
    if (!is_linked && i + 1 < tails_.size() && read_entry_ending_at(file_, tails_[i + 1], summary_.layout, &above)) {
      is_linked = below_phantoms(above.prev_tail) == tails_[i];
    }
    if (!is_linked && is_weak) continue;
    if (below != end && !tell_lost(end, std::max(end, std::min(below, record.payload_offset)))) return false;
    if (!tell_entry(record, is_linked ? Confidence::kLinked : Confidence::kAlone)) return false;
    end = tails_[i];
  }
  return tell_lost(end, limit_);
}

bool Salvage::tell_entry(const EntryRecord& record, Confidence confidence) {
  ++summary_.entry_count;
  summary_.tombstone_count += record.is_tombstone ? 1 : 0;
  summary_.alone_count += confidence == Confidence::kAlone ? 1 : 0;
  return sink_ == nullptr || sink_->on_entry(record, confidence);
}

bool Salvage::tell_lost(std::uint64_t from, std::uint64_t to) {
  if (from >= to) return true;
  ++summary_.lost_count;
  summary_.lost_size += to - from;
  return sink_ == nullptr || sink_->on_lost(from, to);
}

}  // namespace

Result<SalvageSummary> salvage(ByteView file, const SalvageOptions& options, SalvageSink* sink) {
  try {
    return Salvage(file, options, sink).run();
  } catch (const std::bad_alloc&) {
    return make_error(Status::kNoMemory, "no memory to list what is intact in %" PRIu64 " bytes",
                      static_cast<std::uint64_t>(file.size()));
  }
}

}  // namespace simdr::core
