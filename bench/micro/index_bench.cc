// The index against maps from the standard library and Boost, at 1 and 10 million keys.
//
// Every lookup ends with the trailer of what it found, as a store's lookup must: the index needs its hash, the maps are
// made to load it. Boost 1.74 has no open-addressing map; unordered_map is chained, flat_map is a sorted array.
#include <benchmark/benchmark.h>
#include <sys/mman.h>

#include <algorithm>
#include <boost/container/flat_map.hpp>
#include <boost/unordered_map.hpp>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/endian.h"
#include "index/build_feed.h"
#include "index/key_index.h"
#include "index/segment_fill.h"

namespace {

using simdr::core::BuildFeed;
using simdr::core::BuildItem;
using simdr::core::BuildLane;
using simdr::core::ByteView;

using simdr::core::KeyIndex;

constexpr std::size_t kEntrySize = 128;  // a value of about 100 bytes

std::uint64_t scramble(std::uint64_t number) {
  std::uint64_t z = number * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  return z ^ (z >> 31);
}

// What the store will give the index: memory that the kernel may back with huge pages.
class HugePageAllocator final : public simdr::core::SlabAllocator {
 public:
  void* allocate(std::size_t size, std::size_t alignment) noexcept override {
    void* slab = ::operator new(size, std::align_val_t{alignment}, std::nothrow);
    if (slab != nullptr && alignment >= (std::size_t{2} << 20)) ::madvise(slab, size, MADV_HUGEPAGE);
    return slab;
  }
  void release(void* slab, std::size_t, std::size_t alignment) noexcept override {
    ::operator delete(slab, std::align_val_t{alignment});
  }
};

HugePageAllocator huge_pages;

// A file of `count` entries; entry i has the key scramble(i). Kept for the next benchmark of the same size.
class File {
 public:
  static const File& of(std::size_t count) {
    static std::unique_ptr<File> last;
    if (last == nullptr || last->count_ != count) {
      last.reset();
      last.reset(new File(count));
    }
    return *last;
  }
  std::size_t count() const { return count_; }
  ByteView view() const { return bytes_; }
  static std::uint64_t offset(std::size_t i) { return i * kEntrySize + 108; }
  std::uint64_t hash_at(std::uint64_t offset) const { return simdr::core::load_le64(bytes_.data() + offset); }

 private:
  explicit File(std::size_t count) : count_(count), bytes_(count * kEntrySize) {
    for (std::size_t i = 0; i < count; ++i) simdr::core::store_le64(bytes_.data() + offset(i), scramble(i));
  }
  std::size_t count_;
  std::vector<std::byte> bytes_;
};

void put_all(KeyIndex& index, const File& file) {
  for (std::size_t i = 0; i < file.count(); ++i) {
    const std::uint64_t hash = scramble(i);
    if (!index.reserve(file.view(), hash)) std::abort();
    index.put(file.view(), hash, File::offset(i));
  }
}

// Random keys in an order the machine cannot guess; `first` beyond the file's count makes misses.
std::vector<std::uint64_t> random_keys(std::size_t first, std::size_t count) {
  std::vector<std::uint64_t> keys(std::size_t{1} << 20);
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = scramble(first + scramble(i + 12345) % count);
  return keys;
}

void add_index_figures(benchmark::State& state, const KeyIndex& index) {
  state.counters["bytes/key"] = static_cast<double>(index.memory_size()) / static_cast<double>(index.count());
  state.counters["load"] = index.load();
}

void find_one_by_one(benchmark::State& state, bool is_hit) {
  const File& file = File::of(static_cast<std::size_t>(state.range(0)));
  KeyIndex index(1, huge_pages);
  put_all(index, file);
  const auto keys = random_keys(is_hit ? 0 : file.count(), file.count());
  std::size_t next = 0;
  std::uint64_t sum = 0;
  for (auto _ : state) {
    sum += index.find(file.view(), keys[next]);
    next = (next + 1) & (keys.size() - 1);
  }
  benchmark::DoNotOptimize(sum);
  add_index_figures(state, index);
}
void IndexFindHit(benchmark::State& state) { find_one_by_one(state, true); }
void IndexFindMiss(benchmark::State& state) { find_one_by_one(state, false); }

// The next key depends on the last answer: the latency of one lookup rather than how many overlap.
void IndexFindHitDependent(benchmark::State& state) {
  const File& file = File::of(static_cast<std::size_t>(state.range(0)));
  KeyIndex index(1, huge_pages);
  put_all(index, file);
  const auto keys = random_keys(0, file.count());
  std::size_t next = 0;
  for (auto _ : state) {
    const std::uint64_t found = index.find(file.view(), keys[next]);
    next = (next + 1 + (found == 0 ? 1 : 0)) & (keys.size() - 1);
    asm volatile("" : "+r"(next) : "r"(found));
  }
}

void find_batches(benchmark::State& state, bool is_hit) {
  const File& file = File::of(static_cast<std::size_t>(state.range(0)));
  const auto batch = static_cast<std::size_t>(state.range(1));
  KeyIndex index(1, huge_pages);
  put_all(index, file);
  const auto keys = random_keys(is_hit ? 0 : file.count(), file.count());
  std::vector<std::uint64_t> offsets(batch);
  std::size_t next = 0;
  for (auto _ : state) {
    index.find_many(file.view(), keys.data() + next, batch, offsets.data());
    benchmark::DoNotOptimize(offsets.data());
    next = (next + batch) & (keys.size() - 1);
  }
  state.counters["time/key"] = benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(batch),
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
void IndexFindManyHit(benchmark::State& state) { find_batches(state, true); }
void IndexFindManyMiss(benchmark::State& state) { find_batches(state, false); }

// The floor of every lookup: the trailer alone, at random, its offset known.
void BareTrailer(benchmark::State& state) {
  const File& file = File::of(static_cast<std::size_t>(state.range(0)));
  auto offsets = random_keys(0, file.count());
  for (std::size_t i = 0; i < offsets.size(); ++i) offsets[i] = File::offset(scramble(i) % file.count());
  std::size_t next = 0;
  std::uint64_t sum = 0;
  for (auto _ : state) {
    sum += file.hash_at(offsets[next]);
    next = (next + 1) & (offsets.size() - 1);
  }
  benchmark::DoNotOptimize(sum);
}

// Two misses, the second where the first says, and so many instructions that wait for neither: what a lookup costs by its length alone. It rises in steps,
// each where the processor's reorder buffer holds one round less.
template <int kInstructions>
void TwoMisses(benchmark::State& state) {
  constexpr std::size_t kWords = std::size_t{1} << 24;  // 128 MiB
  constexpr std::size_t kSlab = kWords * sizeof(std::uint64_t);
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  auto* const words = static_cast<std::uint64_t*>(huge_pages.allocate(kSlab, kHugePage));
  if (words == nullptr) std::abort();
  for (std::size_t i = 0; i < kWords; ++i) words[i] = scramble(i);
  const auto keys = random_keys(0, kWords);
  std::size_t next = 0;
  std::uint64_t sum = 0;
  for (auto _ : state) {
    sum += words[words[keys[next] % kWords] % kWords];
    next = (next + 1) & (keys.size() - 1);
    asm volatile(".rept %c0\n nop\n .endr" : : "i"(kInstructions));
  }
  benchmark::DoNotOptimize(sum);
  huge_pages.release(words, kSlab, kHugePage);
}

template <typename Map>
void map_find(benchmark::State& state, bool is_hit) {
  const File& file = File::of(static_cast<std::size_t>(state.range(0)));
  std::vector<std::pair<std::uint64_t, std::uint64_t>> pairs;
  for (std::size_t i = 0; i < file.count(); ++i) pairs.emplace_back(scramble(i), File::offset(i));
  if constexpr (std::is_same_v<Map, boost::container::flat_map<std::uint64_t, std::uint64_t>>) {
    std::sort(pairs.begin(), pairs.end());  // else building takes quadratic time
  }
  const Map map(pairs.begin(), pairs.end());
  const auto keys = random_keys(is_hit ? 0 : file.count(), file.count());
  std::size_t next = 0;
  std::uint64_t sum = 0;
  for (auto _ : state) {
    const auto found = map.find(keys[next]);
    if (found != map.end()) sum += file.hash_at(found->second);
    next = (next + 1) & (keys.size() - 1);
  }
  benchmark::DoNotOptimize(sum);
}
void StdUnorderedHit(benchmark::State& state) {
  map_find<std::unordered_map<std::uint64_t, std::uint64_t>>(state, true);
}
void StdUnorderedMiss(benchmark::State& state) {
  map_find<std::unordered_map<std::uint64_t, std::uint64_t>>(state, false);
}
void BoostUnorderedHit(benchmark::State& state) {
  map_find<boost::unordered_map<std::uint64_t, std::uint64_t>>(state, true);
}
void BoostUnorderedMiss(benchmark::State& state) {
  map_find<boost::unordered_map<std::uint64_t, std::uint64_t>>(state, false);
}
void BoostFlatSortedHit(benchmark::State& state) {
  map_find<boost::container::flat_map<std::uint64_t, std::uint64_t>>(state, true);
}

// Building.

void add_time_per_key(benchmark::State& state, const File& file) {
  state.counters["time/key"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(file.count()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void IndexPutGrowing(benchmark::State& state) {
  const File& file = File::of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    KeyIndex index(1, huge_pages);
    put_all(index, file);
    add_index_figures(state, index);
  }
  add_time_per_key(state, file);
}

// Puts of keys that are there: what a store that updates in place asks for.
void IndexPutReplacing(benchmark::State& state) {
  const File& file = File::of(static_cast<std::size_t>(state.range(0)));
  KeyIndex index(1, huge_pages);
  put_all(index, file);
  std::size_t i = 0;
  for (auto _ : state) {
    const std::size_t number = scramble(i++) % file.count();
    const std::uint64_t hash = scramble(number);
    if (!index.reserve(file.view(), hash)) std::abort();
    benchmark::DoNotOptimize(index.put(file.view(), hash, File::offset(number)));
  }
}

void IndexPutManyGrowing(benchmark::State& state) {
  const File& file = File::of(static_cast<std::size_t>(state.range(0)));
  std::vector<std::uint64_t> hashes(file.count());
  std::vector<std::uint64_t> offsets(file.count());
  for (std::size_t i = 0; i < file.count(); ++i) {
    hashes[i] = scramble(i);
    offsets[i] = File::offset(i);
  }
  for (auto _ : state) {
    KeyIndex index(1, huge_pages);
    for (std::size_t i = 0; i < file.count(); i += 1000) {
      const std::size_t size = std::min<std::size_t>(1000, file.count() - i);
      std::array<std::uint64_t, 1000> mixed;
      index.mix(&hashes[i], size, mixed.data());
      if (!index.reserve_many(file.view(), mixed.data(), size)) std::abort();
      index.put_many(file.view(), &hashes[i], mixed.data(), &offsets[i], size, nullptr);
    }
  }
  add_time_per_key(state, file);
}

// Divides one segment after the other of an index that was made for so many keys, making the memory empty included.
void IndexDivide(benchmark::State& state) {
  using simdr::core::kSegmentSize;
  using simdr::core::Segment;
  using simdr::core::Slot;
  constexpr std::uint32_t kFull = simdr::core::kFullLog2Groups;
  const File& file = File::of(static_cast<std::size_t>(state.range(0)));
  constexpr std::uint64_t kSeed = 1;
  KeyIndex index(kSeed, huge_pages);
  if (!index.expect(file.count())) std::abort();
  put_all(index, file);
  std::vector<Segment> segments;
  index.for_each_segment([&](simdr::core::SegmentShape shape, ByteView slots) {
    if (shape.log2_groups != kFull) std::abort();
    segments.emplace_back(reinterpret_cast<Slot*>(const_cast<std::byte*>(slots.data())), kFull, shape.depth);
  });
  const simdr::core::HashMixer mix(kSeed);
  void* const low = huge_pages.allocate(2 * kSegmentSize, simdr::core::kSegmentAlignment);
  if (low == nullptr) std::abort();
  void* const high = static_cast<std::byte*>(low) + kSegmentSize;
  std::size_t next = 0;
  std::size_t keys = 0;
  for (auto _ : state) {
    const Segment from = segments[next];
    next = (next + 1) % segments.size();
    std::memset(low, 0, 2 * kSegmentSize);
    const auto counts = simdr::core::split(from, Segment(static_cast<Slot*>(low), kFull, from.depth() + 1),
                                           Segment(static_cast<Slot*>(high), kFull, from.depth() + 1),
                                           simdr::core::HashesInFile(file.view()), mix);
    keys += counts.low + counts.high;
  }
  state.counters["keys"] = benchmark::Counter(static_cast<double>(keys), benchmark::Counter::kAvgIterations);
  state.counters["depth"] = segments[0].depth();
  huge_pages.release(low, 2 * kSegmentSize, simdr::core::kSegmentAlignment);
}

// From the newest to the oldest, as when a store is opened; the second argument says whether the count is known.
void IndexBuild(benchmark::State& state) {
  struct Nobody final : BuildLane::Sink {
    void on_added(std::size_t, const BuildItem*, std::size_t, const KeyIndex::LeftOut&) override {}
  } nobody;
  const File& file = File::of(static_cast<std::size_t>(state.range(0)));
  std::vector<BuildItem> items;
  for (std::size_t i = file.count(); i-- > 0;) items.emplace_back(scramble(i), File::offset(i), std::uint16_t{0});
  for (auto _ : state) {
    KeyIndex index(1, huge_pages);
    if (state.range(1) != 0 && !index.expect(file.count())) std::abort();
    BuildFeed feed(index, huge_pages, nobody, {}, nullptr);
    feed.begin(file.view().size());
    for (std::size_t i = 0; i < items.size(); i += BuildFeed::kMaxBatch) {
      const std::size_t size = std::min(BuildFeed::kMaxBatch, items.size() - i);
      std::copy_n(&items[i], size, feed.room());
      if (!feed.add(file.view(), size)) std::abort();
    }
    if (!feed.flush(file.view()) || !feed.fit(file.view())) std::abort();
  }
  add_time_per_key(state, file);
}

template <typename Map>
void map_put_growing(benchmark::State& state) {
  const File& file = File::of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    Map map;
    for (std::size_t i = 0; i < file.count(); ++i) map[scramble(i)] = File::offset(i);
  }
  add_time_per_key(state, file);
}
void StdUnorderedPutGrowing(benchmark::State& state) {
  map_put_growing<std::unordered_map<std::uint64_t, std::uint64_t>>(state);
}
void BoostUnorderedPutGrowing(benchmark::State& state) {
  map_put_growing<boost::unordered_map<std::uint64_t, std::uint64_t>>(state);
}

// How long single puts take while the index grows from nothing, the reading of the clock included.
void IndexPutStalls(benchmark::State& state) {
  using Clock = std::chrono::steady_clock;
  const File& file = File::of(static_cast<std::size_t>(state.range(0)));
  std::vector<std::uint32_t> nanoseconds(file.count());
  for (auto _ : state) {
    KeyIndex index(1, huge_pages);
    for (std::size_t i = 0; i < file.count(); ++i) {
      const std::uint64_t hash = scramble(i);
      const auto begin = Clock::now();
      if (!index.reserve(file.view(), hash)) std::abort();
      index.put(file.view(), hash, File::offset(i));
      nanoseconds[i] = static_cast<std::uint32_t>((Clock::now() - begin).count());
    }
  }
  std::sort(nanoseconds.begin(), nanoseconds.end());
  const auto at = [&](double share) {
    return static_cast<double>(
        nanoseconds[static_cast<std::size_t>(share * static_cast<double>(nanoseconds.size() - 1))]);
  };
  state.counters["p50_ns"] = at(0.5);
  state.counters["p99_ns"] = at(0.99);
  state.counters["p99.9_ns"] = at(0.999);
  state.counters["p99.99_ns"] = at(0.9999);
  state.counters["10th_worst_ns"] = static_cast<double>(nanoseconds[nanoseconds.size() - 10]);
  state.counters["max_ns"] = static_cast<double>(nanoseconds.back());
}

// Opens, puts and finds little: what a store of a few keys pays.
void IndexOfTenKeys(benchmark::State& state) {
  const File& file = File::of(1'000'000);
  for (auto _ : state) {
    KeyIndex index(1, huge_pages);
    for (std::size_t i = 0; i < 10; ++i) {
      const std::uint64_t hash = scramble(i);
      if (!index.reserve(file.view(), hash)) std::abort();
      index.put(file.view(), hash, File::offset(i));
    }
  }
}

constexpr std::int64_t kSmall = 1'000'000;
constexpr std::int64_t kLarge = 10'000'000;
constexpr std::int64_t kAboutToGrow = 200'000;  // a load of three quarters
constexpr std::int64_t kAboutToMoveTags = 400'000;  // the next division asks the file about every key

void register_size(std::int64_t count) {
  using benchmark::RegisterBenchmark;
  RegisterBenchmark("BareTrailer", BareTrailer)->Arg(count);
  RegisterBenchmark("IndexFindHit", IndexFindHit)->Arg(count);
  RegisterBenchmark("IndexFindHitDependent", IndexFindHitDependent)->Arg(count);
  RegisterBenchmark("StdUnorderedHit", StdUnorderedHit)->Arg(count);
  RegisterBenchmark("BoostUnorderedHit", BoostUnorderedHit)->Arg(count);
  RegisterBenchmark("BoostFlatSortedHit", BoostFlatSortedHit)->Arg(count);
  RegisterBenchmark("IndexFindManyHit", IndexFindManyHit)->Args({count, 64})->Args({count, 1024});
  RegisterBenchmark("IndexFindMiss", IndexFindMiss)->Arg(count);
  RegisterBenchmark("StdUnorderedMiss", StdUnorderedMiss)->Arg(count);
  RegisterBenchmark("BoostUnorderedMiss", BoostUnorderedMiss)->Arg(count);
  RegisterBenchmark("IndexFindManyMiss", IndexFindManyMiss)->Args({count, 64})->Args({count, 1024});
  RegisterBenchmark("IndexPutReplacing", IndexPutReplacing)->Arg(count);
  RegisterBenchmark("IndexPutGrowing", IndexPutGrowing)->Arg(count)->Unit(benchmark::kMillisecond);
  RegisterBenchmark("IndexPutManyGrowing", IndexPutManyGrowing)->Arg(count)->Unit(benchmark::kMillisecond);
  RegisterBenchmark("IndexBuild", IndexBuild)->Args({count, 0})->Args({count, 1})->Unit(benchmark::kMillisecond);
  RegisterBenchmark("StdUnorderedPutGrowing", StdUnorderedPutGrowing)->Arg(count)->Unit(benchmark::kMillisecond);
  RegisterBenchmark("BoostUnorderedPutGrowing", BoostUnorderedPutGrowing)->Arg(count)->Unit(benchmark::kMillisecond);
  RegisterBenchmark("IndexPutStalls", IndexPutStalls)->Arg(count)->Iterations(1)->Unit(benchmark::kMillisecond);
}

template <int... kInstructions>
void register_two_misses() {
  (benchmark::RegisterBenchmark(("TwoMisses/" + std::to_string(kInstructions)).c_str(), TwoMisses<kInstructions>), ...);
}

}  // namespace

int main(int argc, char** argv) {
  register_size(kSmall);
  register_size(kLarge);
  benchmark::RegisterBenchmark("IndexFindMiss", IndexFindMiss)->Arg(kAboutToGrow);
  benchmark::RegisterBenchmark("IndexDivide", IndexDivide)->Arg(kAboutToGrow)->Arg(kAboutToMoveTags);
  benchmark::RegisterBenchmark("IndexOfTenKeys", IndexOfTenKeys);
  register_two_misses<0, 32, 64, 96, 128, 160, 192, 224, 256>();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
