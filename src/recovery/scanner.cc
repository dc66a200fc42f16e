#include "recovery/scanner.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <new>
#include <utility>

#include "recovery/entry_check.h"
#include "recovery/foreign.h"
#include "recovery/scan_parts.h"
#include "recovery/sweep.h"

namespace simdr::core {
namespace {

// The end of a file is one place, and a CRC of 32 bits is proof enough that a trailer of zeros is one there; one of 24 is not.
bool is_hole_of_24_bits(ByteView file, std::uint64_t tail, const Layout& layout) noexcept {
  return layout == kPacked19 && is_zero_trailer(file, tail, layout.trailer_size);
}

constexpr std::uint64_t kMaxLayoutQuestion = 64 * 1024;

// One scan: the file, what is asked of it, and the verdict as it forms.
class Scan {
 public:
  Scan(ByteView file, const ScanOptions& options, ChainSink* sink) noexcept
      : file_(file), options_(options), sink_(sink) {}

  Result<ScanResult> run();

 private:
  enum class Try : std::uint8_t { kAdmitted, kRefused, kHeadless, kStopped };

  // By the guard.
  bool find_guard() noexcept;
  Try try_guard();
  Try try_boundary(std::uint64_t tail);
  Try try_torn_session();

  // Without one.
  Try try_end();
  Try search();
  Try search_20();
  Try search_chain(const Layout& layout);
  Try admit_single(std::uint32_t trailer_size);
  Try choose(Sweep& sweep, const FoundChain& whole);
  void roll_back_to_stale_guard(FoundChain& chain);

  Try take(const FoundChain& chain, Reason reason);
  Try pass_over_torn(ChainSink* sink);
  Try deliver(std::uint64_t tail, Layout layout, std::optional<LayoutVote> vote);
  Layout guarded_layout() const noexcept { return options_.layout.value_or(kAligned64); }
  Result<ScanResult> finish(Try outcome);

  ByteView file_;
  ScanOptions options_;
  ChainSink* sink_;
  ScanResult result_;
  FoundChain headless_;  // admitted but for its oldest entry, by the guard
  bool session_is_atomic_ = false;
  bool holds_torn_ = false;  // of what a guard counts as durable, too, all is to be checked
  bool doubts_alignment_ = false;  // of the last search
  bool is_surely_20_ = false;
  std::uint64_t intact_seen_ = 0;
  std::uint64_t newest_intact_ = 0;
};

Result<ScanResult> Scan::run() {
  result_.layout = options_.layout.value_or(kAligned64);
  if (file_.empty()) {
    result_.layout_ambiguous = !options_.layout;
    return finish(Try::kAdmitted);
  }
  const bool has_guard = find_guard();
  holds_torn_ = options_.holds_torn || (has_guard && (result_.guard.flags & kGuardHoldsTorn) != 0);
  ChainSink* const sink = holds_torn_ ? std::exchange(sink_, nullptr) : sink_;  // the tail first
  Try outcome = has_guard ? try_guard() : try_end();
  sink_ = sink;
  if (outcome == Try::kRefused || outcome == Try::kHeadless) {
    outcome = search();
  } else if (outcome == Try::kAdmitted && holds_torn_) {
    outcome = pass_over_torn(sink_);
    if (result_.damaged_count != 0) result_.reason = Reason::kGuardedRolledBack;
  }
  return finish(outcome);
}

bool Scan::find_guard() noexcept {
  if (file_.size() < kGuardSize) return false;
  const std::uint64_t line_offset = file_.size() - kGuardSize;
  result_.has_guard = decode_guard(file_.data() + line_offset, line_offset, &result_.guard);
  return result_.has_guard;
}

// Committed, synced and durable tail are ends of batches. A guard is only written by the current generation.
Scan::Try Scan::try_guard() {
  const GuardLine& guard = result_.guard;
  session_is_atomic_ = (guard.flags & kGuardAllSynced) != 0;
  result_.reason = Reason::kGuarded;
  if (guard.committed_tail == 0) return Try::kAdmitted;

  Try outcome = try_boundary(guard.committed_tail);
  if (outcome != Try::kRefused) return outcome;

  result_.reason = Reason::kGuardedRolledBack;
  if (guard.synced_tail != guard.committed_tail && guard.synced_tail > guard.durable_tail) {
    outcome = try_boundary(guard.synced_tail);
    if (outcome != Try::kRefused) return outcome;
  }
  if (!session_is_atomic_) {
    outcome = try_torn_session();
    if (outcome != Try::kRefused) return outcome;
  }
  // Nothing of this session was ever promised: the store as it was before its first entry.
  if (guard.durable_tail == 0 && session_is_atomic_) {
    result_.tail = 0;
    if (sink_ != nullptr && !sink_->on_begin(guarded_layout())) return Try::kStopped;
    return Try::kAdmitted;
  }
  return guard.durable_tail == 0 ? Try::kRefused : try_boundary(guard.durable_tail);
}

// Delivers in the same pass that checks: the CRCs above the durable mark, that the mark is hit, and the way to 0.
Scan::Try Scan::try_boundary(std::uint64_t tail) {
  const Layout layout = guarded_layout();
  const std::uint64_t mark = std::min(result_.guard.durable_tail, tail);
  if (sink_ != nullptr && !sink_->on_begin(layout)) return Try::kStopped;

  CheckingSink checking(file_, layout, sink_);
  const ChainWalk above = walk_chain(file_, tail, mark, layout, &checking);
  result_.work += checking.bytes_read() + above.entry_count;
  if (above.end == ChainEnd::kStopped) return checking.failed() ? Try::kRefused : Try::kStopped;
  if (above.end != ChainEnd::kArrived) return Try::kRefused;

  const ChainWalk below = walk_chain(file_, mark, 0, layout, sink_);
  result_.work += below.entry_count;
  if (below.end == ChainEnd::kStopped) return Try::kStopped;
  if (below.end != ChainEnd::kArrived) return Try::kRefused;

  // With nothing above the mark, the newest entry is below it, and must match as the newest of any chain must.
  const EntryRecord& oldest = below.entry_count != 0 ? below.oldest : above.oldest;
  EntryRecord newest;
  if (tail == mark && (!read_entry_ending_at(file_, tail, layout, &newest) ||
                       (!is_phantom(newest) && !crc_matches(file_, newest, layout)))) {
    return Try::kRefused;
  }
  if (!crc_matches(file_, oldest, layout)) {
    // A hole reads as a trailer that ends a chain at 0: what lies below it is not to be hidden by that.
    if (may_be_holed_trailer(oldest)) return Try::kRefused;
    headless_ = {.tail = tail, .layout = layout, .oldest_matches = false};
    return Try::kHeadless;
  }
  result_.tail = tail;
  add_counts(&result_, above);
  add_counts(&result_, below);
  return Try::kAdmitted;
}

// A session that promised nothing: whatever of it arrived on the disk, as far as it hangs together.
Scan::Try Scan::try_torn_session() {
  const GuardLine& guard = result_.guard;
  const std::uint64_t mark = guard.durable_tail;
  IntactFinder finder(file_.first(static_cast<std::size_t>(guard.committed_tail)), guarded_layout(),
                      IntactFinder::Care::kFind);
  Sweep sweep(file_, finder, mark, Sweep::Demand::kEvery);
  FoundChain chain = sweep.run(guard.committed_tail);
  result_.work += finder.work() + sweep.steps();
  if (chain.tail == 0 && mark == 0) {
    const auto roots = find_roots(file_, guard.committed_tail, kTrailerSize, &result_.work);
    if (!roots.empty()) chain.tail = roots.back();
  }
  if (chain.tail == 0) return Try::kRefused;
  result_.unreachable_count = sweep.intact_seen();
  result_.newest_unreachable = sweep.newest_intact();
  return try_boundary(chain.tail);
}

Scan::Try Scan::try_end() {
  const std::uint64_t tail = file_.size();
  result_.reason = Reason::kClean;
  if (options_.layout) {
    EntryRecord newest;
    if (!read_entry_ending_at(file_, tail, *options_.layout, &newest) ||
        is_hole_of_24_bits(file_, tail, *options_.layout) || !crc_matches(file_, newest, *options_.layout)) {
      return Try::kRefused;
    }
    result_.work += newest.payload_size();
    return deliver(tail, *options_.layout, std::nullopt);
  }
  const auto detected = detect_layout(file_, tail);
  if (!detected || is_hole_of_24_bits(file_, tail, detected->layout)) return Try::kRefused;
  if (detected->layout == kPacked19) return deliver(tail, kPacked19, std::nullopt);
  const Try outcome = deliver(tail, detected->layout, detected->vote);
  if (outcome != Try::kRefused) return outcome;
  // A packed-19 file whose last bytes happen to read as an entry with a 20-byte trailer.
  EntryRecord newest;
  if (!read_entry_ending_at(file_, tail, kPacked19, &newest) || !crc_matches(file_, newest, kPacked19)) return outcome;
  return deliver(tail, kPacked19, std::nullopt);
}

// Walks the whole chain into the sink; begins anew when an entry on the way rules the layout out.
Scan::Try Scan::deliver(std::uint64_t tail, Layout layout, std::optional<LayoutVote> vote) {
  for (;;) {
    if (sink_ != nullptr && !sink_->on_begin(layout)) return Try::kStopped;
    VotingSink voting(file_, layout, vote, sink_);
    const ChainWalk walk = walk_chain(file_, tail, 0, layout, &voting);
    result_.work += walk.entry_count + voting.bytes_read();
    vote = voting.vote();
    // Where a pad would leave no room for the payload, it is perhaps the pad that is wrong.
    if (walk.end == ChainEnd::kNoEntry && vote && walk.break_offset > kTrailerSize) {
      vote->ask(file_, walk.break_offset, kMaxLayoutQuestion);
    }
    if (vote && !vote->admits(layout)) {
      layout = vote->best();
      continue;
    }
    if (walk.end == ChainEnd::kStopped) return Try::kStopped;
    if (walk.end != ChainEnd::kArrived || walk.entry_count == 0) return Try::kRefused;

    result_.work += walk.oldest.payload_size();
    result_.tail = tail;
    result_.layout = layout;
    // A lone packed-19 entry is also what is left of any other whose last byte is missing.
    result_.layout_ambiguous = vote ? !vote->is_decided() : !options_.layout && walk.entry_count == 1;
    result_.entry_count = result_.tombstone_count = result_.phantom_count = 0;
    add_counts(&result_, walk);
    return crc_matches(file_, walk.oldest, layout) ? Try::kAdmitted : Try::kHeadless;
  }
}

// Chains of several entries first, of either trailer: what lies at the start of a packed-19 file reads as an entry
// with a 20-byte trailer when the byte behind it happens to be the one that its CRC was cut by.
Scan::Try Scan::search() {
  const bool ask_20 = !options_.layout || options_.layout->trailer_size == kTrailerSize;
  Try outcome = ask_20 ? search_20() : Try::kRefused;
  const bool ask_19 = options_.layout ? !ask_20 : !is_surely_20_;
  if (outcome == Try::kRefused && ask_19 && has_intact(file_, file_.size(), kPacked19, &result_.work)) {
    outcome = search_chain(kPacked19);
  }
  if (outcome == Try::kRefused && ask_20) outcome = admit_single(kTrailerSize);
  if (outcome == Try::kRefused && ask_19) outcome = admit_single(kPacked19.trailer_size);
  return outcome;
}

Scan::Try Scan::search_20() {
  if (options_.layout) return search_chain(*options_.layout);
  for (const Layout& layout : rank_layouts(file_, file_.size(), &result_.work)) {
    doubts_alignment_ = false;
    const Try outcome = search_chain(layout);
    if (outcome != Try::kRefused || !doubts_alignment_) return outcome;
  }
  return Try::kRefused;
}

Scan::Try Scan::search_chain(const Layout& layout) {
  IntactFinder finder(file_, layout, IntactFinder::Care::kFind);
  Sweep sweep(file_, finder, 0, Sweep::Demand::kNewestAndOldest);
  std::uint64_t from = file_.size();
  if (result_.has_guard) {
    // What lies between the committed tail and the guard was never published, but it may hang together and be linked
    // to the committed tail. A chain up there that does not go through it proves the guard to be foreign.
    sweep.forbid_passing(result_.guard.committed_tail);
    // And of a session of whole batches nothing above a mark that can be reached is to be shown.
    const std::uint64_t mark = result_.guard.durable_tail;
    if (session_is_atomic_ && mark != 0 &&
        walk_chain(file_, mark, 0, guarded_layout(), nullptr).end == ChainEnd::kArrived) {
      from = mark;
    }
  }
  FoundChain whole = sweep.run(from);
  result_.work += finder.work() + sweep.steps();
  doubts_alignment_ = sweep.doubts_alignment();
  is_surely_20_ |= layout.trailer_size == kTrailerSize && sweep.linked_seen() >= 2;
  if (sweep.intact_seen() > intact_seen_ && layout.trailer_size == kTrailerSize) {
    intact_seen_ = sweep.intact_seen();
    newest_intact_ = sweep.newest_intact();
  }
  if (whole.tail != 0) roll_back_to_stale_guard(whole);
  return choose(sweep, whole);
}

// A chain with an oldest entry that fails is taken when it keeps more than one without fault.
Scan::Try Scan::choose(Sweep& sweep, const FoundChain& whole) {
  FoundChain best = whole;
  std::uint64_t best_size = 0;
  std::vector<FoundChain> headless = sweep.headless();
  // What the guard admits has every entry above the durable mark intact; no other chain in its file need have.
  if (headless_.tail != 0) headless.assign(1, headless_);
  if (!headless.empty() && whole.tail != 0) {
    best_size = take_census(file_, whole.tail, whole.layout, options_.census_limit, &result_.work).intact_size;
  } else if (!headless.empty() && headless[0].layout.trailer_size == kTrailerSize) {
    // A store of a single entry is no chain that a sweep finds, but an intact one all the same: admit_single() takes it.
    const auto roots = find_roots(file_, file_.size(), kTrailerSize, &result_.work);
    if (!roots.empty()) best_size = roots.back();
  }
  for (const FoundChain& chain : headless) {
    // A hole reads as a trailer that ends a chain at 0. In a file that was never closed it is where a write did not
    // arrive, and what lies below may have been promised, so a chain from above is not to hide it. In one that ends
    // with its newest entry it is damage like any other, and the larger part is kept.
    if (chain.ends_in_hole && chain.tail != file_.size()) continue;
    const Census census = take_census(file_, chain.tail, chain.layout, options_.census_limit, &result_.work);
    // A CRC of 24 bits proves little alone.
    const std::uint64_t needed = chain.layout == kPacked19 ? 3 : 1;
    if (census.intact_count >= needed && census.intact_size > best_size) {
      best = chain;
      best_size = census.intact_size;
    }
  }
  if (best.tail == 0) return Try::kRefused;
  result_.unreachable_count = best.intact_above;
  result_.newest_unreachable = best.intact_above != 0 ? sweep.newest_intact() : 0;
  return take(best, best.intact_above != 0 ? Reason::kBrokenChain : Reason::kTornTail);
}

// A store of one entry, with something behind it that is none. All such chains start at 0: one pass finds them.
Scan::Try Scan::admit_single(std::uint32_t trailer_size) {
  const auto roots = find_roots(file_, file_.size(), trailer_size, &result_.work);
  for (auto root = roots.rbegin(); root != roots.rend(); ++root) {
    if (trailer_size == kPacked19.trailer_size && !options_.layout && !is_plausible_packed19_root(file_, *root))
      continue;
    FoundChain chain;
    chain.tail = *root;
    chain.layout = trailer_size == kTrailerSize ? guarded_layout() : kPacked19;
    result_.unreachable_count = intact_seen_;
    result_.newest_unreachable = newest_intact_;
    return take(chain, intact_seen_ != 0 ? Reason::kBrokenChain : Reason::kTornTail);
  }
  return Try::kRefused;
}

// A file may end in junk where its last guard should be (the disk lost it, or a copy was cut) and an older guard of
// the same session still lie above the chain. If that session promised whole batches, only its marks are ends of
// batches.
void Scan::roll_back_to_stale_guard(FoundChain& chain) {
  if (result_.has_guard) return;
  GuardLine guard;
  if (!find_stale_guard(file_, chain.tail, &guard, &result_.work) || (guard.flags & kGuardAllSynced) == 0) return;
  for (const std::uint64_t mark : {guard.committed_tail, guard.synced_tail, guard.durable_tail}) {
    EntryRecord newest;
    if (mark == 0 || mark > chain.tail || !read_entry_ending_at(file_, mark, chain.layout, &newest)) continue;
    if (!crc_matches(file_, newest, chain.layout)) continue;
    if (walk_chain(file_, chain.tail, mark, chain.layout, nullptr).end != ChainEnd::kArrived) continue;
    chain.tail = mark;
    chain.intact_above = 0;  // promised to nobody: no write that goes on from here destroys what anybody counts on
    return;
  }
}

Scan::Try Scan::take(const FoundChain& chain, Reason reason) {
  std::optional<LayoutVote> vote;
  if (!options_.layout && chain.layout.trailer_size == kTrailerSize) vote = vote_on_layout(file_, chain.tail);
  // A file that ends with its newest entry was closed: what is damaged in it was whole once, and is shown to be damaged.
  const bool is_torn = chain.tail != file_.size() || holds_torn_;
  ChainSink* const sink = is_torn ? std::exchange(sink_, nullptr) : sink_;  // the layout first
  const Try outcome = deliver(chain.tail, vote ? vote->best() : chain.layout, vote);
  sink_ = sink;
  if (outcome != Try::kAdmitted && outcome != Try::kHeadless) return outcome;

  if (pass_over_torn(is_torn ? sink_ : nullptr) == Try::kStopped) return Try::kStopped;
  result_.reason = outcome == Try::kHeadless ? Reason::kDamagedHead : reason;
  if (result_.has_guard && outcome == Try::kAdmitted && chain.tail <= result_.guard.committed_tail) {
    result_.reason = Reason::kGuardedRolledBack;
  }
  return Try::kAdmitted;
}

// Checks all of the chain that was admitted, and delivers it to `sink` (may be null): what matches, and at the end what does not.
Scan::Try Scan::pass_over_torn(ChainSink* sink) {
  if (sink != nullptr && !sink->on_begin(result_.layout)) return Try::kStopped;
  const Census census = take_census(file_, result_.tail, result_.layout, options_.census_limit, &result_.work, sink);
  if (census.stopped) return Try::kStopped;
  result_.census_taken = true;
  result_.census_complete = census.complete;
  result_.damaged_count = census.damaged_count;
  result_.damaged = census.damaged;
  result_.intact_size = census.intact_size;
  return Try::kAdmitted;
}

Result<ScanResult> Scan::finish(Try outcome) {
  if (options_.work != nullptr) *options_.work = result_.work;
  if (outcome == Try::kStopped) return make_error(Status::kStopped, "stopped by the caller");
  if (outcome != Try::kAdmitted) {
    if (intact_seen_ == 0) return not_a_store(file_);
    return make_error(Status::kCorrupt,
                      "%" PRIu64 " intact entries, the newest ending at %" PRIu64
                      ", but no chain of them reaches the start of the file; repair can save them",
                      intact_seen_, newest_intact_);
  }
  result_.skipped_size = file_.size() - result_.tail;
  write_message(&result_, file_.size());
  return result_;
}

}  // namespace

Result<ScanResult> scan(ByteView file, const ScanOptions& options, ChainSink* sink) {
  try {
    return Scan(file, options, sink).run();
  } catch (const std::bad_alloc&) {
    return make_error(Status::kNoMemory, "no memory to search a damaged file of %" PRIu64 " bytes",
                      static_cast<std::uint64_t>(file.size()));
  }
}

}  // namespace simdr::core
