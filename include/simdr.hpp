// simdr.hpp - RAII and value types over simdr.h, for C++20. Header-only; it calls simdr.h and decides nothing itself.
//
//  Errors     An error status is thrown as simdr::Error. Ordinary outcomes (SIMDR_NOT_FOUND and its kind) are not: they
//             are an empty optional, false or a count. Where there is no room for one, as in opening, they are thrown.
//  Ownership  Store, Stream, Reservation and Iterator own their handle, are moved and not copied, and release it in the
//             destructor. Entry is counted: a copy is one more reference. What has been moved from may be destroyed or
//             assigned to, and nothing else. Spans and string_views point into the mapped file; who keeps them alive is
//             said at each. Streams, reservations, iterators and ranges must be gone before the store is closed.
//  Threads    As in simdr.h: every Store member but the destructor, close() and assignment may be called from any number
//             of threads at once; a distinct copy of an Entry, and const members of a shared one, on any thread.
//             Iterators, ranges, streams and reservations belong to one thread at a time.
//  Callbacks  Any callable. One that returns void goes on; one that returns bool stops the call with false. What it throws
//             does not cross the C boundary: the call stops, and the exception is thrown again here once it is back.
//  More       Every member says which simdr.h call it is; limits, atomicity and durability are described there.
#ifndef SIMDR_HPP
#define SIMDR_HPP

#include <array>
#include <atomic>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "simdr.h"

namespace simdr {

// What an error status becomes. Copying it neither allocates nor throws.
class Error : public std::exception {
 public:
  explicit Error(const simdr_error& error) noexcept : error_(error) {}
  // For a status that came without words: they are then simdr_status_text().
  explicit Error(simdr_status status) noexcept : error_{status, 0, 0, 0, {}} {
    std::strncpy(error_.message, simdr_status_text(status), sizeof(error_.message) - 1);
  }
  simdr_status status() const noexcept { return error_.status; }  // SIMDR_*
  std::int32_t os_error() const noexcept { return error_.os_error; }  // errno, or 0
  const char* name() const noexcept { return simdr_status_name(error_.status); }  // static
  const char* what() const noexcept override { return error_.message; }  // lives as long as this object

 private:
  simdr_error error_;
};

// The parameter type of keys and values: borrowed bytes, made from strings and from contiguous ranges of trivially copyable
// things. It owns nothing: the bytes must stay until the call that it is passed to returns. char arrays are C strings.
class Bytes {
 public:
  constexpr Bytes() noexcept = default;
  constexpr Bytes(const void* data, std::size_t size) noexcept : raw_{data, size} {}
  template <typename Text>
    requires std::convertible_to<const Text&, std::string_view>
  constexpr Bytes(const Text& text) : Bytes(std::string_view(text).data(), std::string_view(text).size()) {}
  template <typename Range>
    requires(!std::convertible_to<const Range&, std::string_view> && std::ranges::contiguous_range<const Range> &&
             std::ranges::sized_range<const Range> &&
             std::is_trivially_copyable_v<std::ranges::range_value_t<const Range>>)
  constexpr Bytes(const Range& range)
      : Bytes(std::ranges::data(range), std::ranges::size(range) * sizeof(std::ranges::range_value_t<const Range>)) {}

  constexpr const void* data() const noexcept { return raw_.data; }
  constexpr std::size_t size() const noexcept { return raw_.size; }
  constexpr simdr_bytes raw() const noexcept { return raw_; }

 private:
  simdr_bytes raw_{nullptr, 0};
};

enum class KeyHash : std::uint64_t {};  // what key_hash() gives: a key's identity in the file

// How far a write is on its way to the disk when its call returns; see SIMDR_DURABILITY_*.
enum class Durability : std::uint32_t {
  kDefault = SIMDR_DURABILITY_DEFAULT,
  kNone = SIMDR_DURABILITY_NONE,
  kCommit = SIMDR_DURABILITY_COMMIT,
  kStrict = SIMDR_DURABILITY_STRICT,
};
enum class OpenMode : std::uint32_t {
  kCreate = SIMDR_OPEN_CREATE,
  kExisting = SIMDR_OPEN_EXISTING,
  kReadOnly = SIMDR_OPEN_READ_ONLY,
  kCreateNew = SIMDR_OPEN_CREATE_NEW,
};
enum class LogLevel : std::int32_t { kError = SIMDR_LOG_ERROR, kWarning = SIMDR_LOG_WARNING, kInfo = SIMDR_LOG_INFO };

using EntryInfo = simdr_entry_info;  // plain structs of simdr.h, returned by value with their size set
using Stats = simdr_stats;
using VerifyResult = simdr_verify_result;
using ImportResult = simdr_import_result;
using RepairResult = simdr_repair_result;
struct RemoveResult {
  std::size_t removed_count;
  std::uint64_t tail;
};
struct ReadResult {
  std::size_t read_size;
  std::uint64_t value_size;
};

namespace detail {

template <auto Free>
struct Release {
  template <typename T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};
template <typename T, auto Free>
using Handle = std::unique_ptr<T, Release<Free>>;

// A callable of which there is one that must not be called. Lambdas become pointers, too, but never null ones.
template <typename Function>
inline constexpr bool kMayBeNull = requires(const Function& f) { f == nullptr; } &&
                                   (std::is_pointer_v<Function> || !requires(const Function& f) { +f; });
template <typename Function, typename... Args>
bool goes_on(Function& function, Args&&... args) {
  using Answer = std::invoke_result_t<Function&, Args...>;
  static_assert(std::is_void_v<Answer> || std::same_as<Answer, bool>, "a simdr callback returns void or bool");
  if constexpr (std::is_void_v<Answer>)
    return std::invoke(function, std::forward<Args>(args)...), true;
  else
    return std::invoke(function, std::forward<Args>(args)...);
}

// Stands between a callable and the C library. Several threads may throw: the first wins, and the C call joins them all
// before it returns, which is what makes rethrow() see it.
template <typename Function>
class Carrier {
 public:
  explicit Carrier(Function& function) noexcept : function_(function) {}
  template <typename Body>
  int run(Body&& body) noexcept {
    try {
      return body(function_) ? 0 : 1;
    } catch (...) {
      if (!taken_.test_and_set()) thrown_ = std::current_exception();
      return 1;
    }
  }
  template <typename... Args>
  static int call(void* self, Args&&... args) noexcept {
    return static_cast<Carrier*>(self)->run([&](Function& f) { return goes_on(f, std::forward<Args>(args)...); });
  }
  void rethrow() {
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  Function& function_;
  std::exception_ptr thrown_;
  std::atomic_flag taken_;
};

// Calls simdr.h: function(args..., err). Throws what the callbacks threw, then errors; returns SIMDR_OK or the ordinary outcome.
template <typename... Carriers, typename Function, typename... Args>
simdr_status carried(std::tuple<Carriers&...> carriers, Function function, Args... args) {
  simdr_error error;
  const simdr_status status = function(args..., &error);
  std::apply([](auto&... carrier) { (carrier.rethrow(), ...); }, carriers);
  if (status <= SIMDR_ERR_INVALID_ARGUMENT) throw Error(error);
  return status;
}
template <typename Function, typename... Args>
simdr_status outcome(Function function, Args... args) {
  return carried(std::tuple<>(), function, args...);
}
// For calls of which only SIMDR_OK can be passed on.
template <typename Function, typename... Args>
void require(Function function, Args... args) {
  if (const simdr_status status = outcome(function, args...); status != SIMDR_OK) throw Error(status);
}
// For writes, which end in (out_tail, err): the tail, or nothing when an ordinary outcome kept them from writing.
template <typename Function, typename... Args>
std::optional<std::uint64_t> tail_of(Function function, Args... args) {
  std::uint64_t tail = 0;
  return outcome(function, args..., &tail) == SIMDR_OK ? std::optional(tail) : std::nullopt;
}
template <typename Function, typename... Args>
std::uint64_t written(Function function, Args... args) {
  std::uint64_t tail = 0;
  require(function, args..., &tail);
  return tail;
}

constexpr simdr_bytes raw(const Bytes& bytes) noexcept { return bytes.raw(); }
constexpr std::uint64_t raw(KeyHash hash) noexcept { return static_cast<std::uint64_t>(hash); }
constexpr std::uint32_t raw(Durability durability) noexcept { return static_cast<std::uint32_t>(durability); }

// An element, as a range yields it, whose bytes are still there when the loop has gone on.
template <typename Element, typename Plain = std::remove_cvref_t<Element>>
inline constexpr bool kStays =
    std::is_lvalue_reference_v<Element> || std::is_pointer_v<Plain> || std::same_as<Plain, Bytes> ||
    std::same_as<Plain, KeyHash> || std::ranges::enable_borrowed_range<Plain>;
template <typename Range, typename To>
concept RangeOf = std::ranges::forward_range<Range> && std::convertible_to<std::ranges::range_reference_t<Range>, To> &&
                  kStays<std::ranges::range_reference_t<Range>>;
template <typename Pair, std::size_t I>
inline constexpr bool kPartStays =
    std::is_lvalue_reference_v<Pair> || kStays<std::tuple_element_t<I, std::remove_cvref_t<Pair>>>;
template <typename Range, typename Key, typename Pair = std::ranges::range_reference_t<Range>>
concept RangeOfPairs = std::ranges::forward_range<Range> && std::tuple_size<std::remove_cvref_t<Pair>>::value == 2 &&
                       std::convertible_to<std::tuple_element_t<0, std::remove_cvref_t<Pair>>, Key> &&
                       std::convertible_to<std::tuple_element_t<1, std::remove_cvref_t<Pair>>, Bytes> &&
                       kPartStays<Pair, 0> && kPartStays<Pair, 1>;

template <typename Range>
concept RangeOfKeys = RangeOf<Range, Bytes> || RangeOf<Range, KeyHash>;

template <typename To, typename Range>
auto raw_all(Range&& range) {
  std::vector<decltype(raw(std::declval<To>()))> all;
  for (auto&& element : range) all.push_back(raw(static_cast<To>(element)));
  return all;
}
template <typename Range>
auto raw_keys(Range&& keys) {
  return raw_all<std::conditional_t<RangeOf<Range, KeyHash>, KeyHash, Bytes>>(keys);
}
// Of a call and its _hashed sister the one that takes the arguments.
template <typename Plain, typename Hashed>
auto either(Plain plain, Hashed hashed) {
  return [=](auto... args) {
    if constexpr (std::invocable<Plain, decltype(args)...>)
      return plain(args...);
    else
      return hashed(args...);
  };
}

}  // namespace detail

// A callback that options can hold. Empty means none, and so do an empty std::function and a null pointer.
template <typename... Args>
class Callback {
 public:
  Callback() = default;
  template <typename Function>
    requires(std::invocable<Function&, Args...> && !std::same_as<std::remove_cvref_t<Function>, Callback>)
  Callback(Function&& function) {
    std::decay_t<Function> own(std::forward<Function>(function));
    if constexpr (detail::kMayBeNull<std::decay_t<Function>>) {
      if (own == nullptr) return;
    }
    call_ = [f = std::move(own)](Args... args) mutable { return detail::goes_on(f, args...); };
  }
  explicit operator bool() const noexcept { return static_cast<bool>(call_); }
  bool operator()(Args... args) const { return call_(args...); }

 private:
  std::function<bool(Args...)> call_;
};

namespace detail {

template <typename Progress>
int call_progress(std::uint64_t done, std::uint64_t total, void* self) noexcept {
  return Progress::call(self, done, total);
}
template <typename OnFault>
int call_fault(const simdr_fault* fault, void* self) noexcept {
  return OnFault::call(self, *fault);
}

}  // namespace detail

// Options, for designated initialisers: Store("a.simdr", {.mode = OpenMode::kReadOnly}). Zero means the default; the
// members are those of the C structs.
struct OpenOptions {
  OpenMode mode = OpenMode::kCreate;
  bool verify_reads = false;
  bool direct_writes = false;
  // Opening takes the key index from <path>.index instead of walking the store. A writer's close saves it there; a reader
  // uses it and never writes it.
  bool index_file = false;
  Durability durability = Durability::kDefault;
  std::uint32_t lock_timeout_ms = 0;  // UINT32_MAX: for ever
  std::uint32_t file_mode = 0;
  std::uint32_t layout_alignment = 0;
  std::uint32_t layout_trailer = 0;
  std::uint64_t reserve_size = 0;
  std::uint64_t window_size = 0;
  // On any thread that uses the store, with locks held: must not use the store. What it throws is dropped.
  std::function<void(LogLevel, std::string_view)> log = {};
};
struct IterateOptions {
  bool all_versions = false;
  bool verify = false;  // a checksum that fails is thrown by begin() or ++; begin() again goes on after it
};
struct ForEachOptions {
  std::uint32_t thread_count = 0;  // 0: one for each CPU that the caller may run on
  bool verify = false;
};
struct CompactOptions {
  Callback<std::uint64_t, std::uint64_t> progress = {};  // done and total in bytes; must not write to the store
};
struct VerifyOptions {
  Callback<const simdr_fault&> on_fault = {};
  Callback<std::uint64_t, std::uint64_t> progress = {};
};
struct ImportOptions {
  Durability durability = Durability::kDefault;
  std::optional<Bytes> name_space = {};  // keys are then namespaced_key(*name_space, path)
  Callback<std::string_view, std::uint64_t, simdr_status> on_file =
      {};  // relative path, size, SIMDR_OK or why it was left out
};

// Bytes in the mapped file, borrowed and not counted. Where it came from says how long it is valid.
class View {
 public:
  explicit View(const simdr_view& view) noexcept : raw_(view) {}
  std::span<const std::byte> bytes() const noexcept { return {static_cast<const std::byte*>(raw_.data), raw_.size}; }
  std::string_view text() const noexcept { return {static_cast<const char*>(raw_.data), raw_.size}; }
  std::size_t size() const noexcept { return raw_.size; }
  // The payload as T in place. Throws SIMDR_ERR_MISALIGNED and SIMDR_ERR_PARTIAL_ELEMENT, as Entry::as() does.
  template <typename T>
  std::span<const T> as() const {
    static_assert(std::is_trivially_copyable_v<T>);
    if (reinterpret_cast<std::uintptr_t>(raw_.data) % alignof(T) != 0) throw Error(SIMDR_ERR_MISALIGNED);
    if (raw_.size % sizeof(T) != 0) throw Error(SIMDR_ERR_PARTIAL_ELEMENT);
    return {static_cast<const T*>(raw_.data), raw_.size / sizeof(T)};
  }
  KeyHash key_hash() const noexcept { return KeyHash{raw_.key_hash}; }
  std::uint64_t payload_offset() const noexcept { return raw_.payload_offset; }
  std::uint32_t checksum() const noexcept { return raw_.checksum; }
  const simdr_view& raw() const noexcept { return raw_; }

 private:
  simdr_view raw_;
};

template <typename T>
class Elements;

// One stored value, counted. It keeps its bytes mapped by itself: all that it hands out is valid until the last copy is
// gone, also after later writes, compaction and the end of the store. An Entry is never empty unless moved from.
class Entry {
 public:
  explicit Entry(simdr_entry* adopted) noexcept : entry_(adopted) {}  // takes over one reference
  Entry(const Entry& other) noexcept : entry_(other.entry_ ? simdr_entry_ref(other.entry_) : nullptr) {}
  Entry(Entry&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  Entry& operator=(Entry other) noexcept { return std::swap(entry_, other.entry_), *this; }
  ~Entry() { simdr_entry_unref(entry_); }

  std::size_t size() const noexcept { return simdr_entry_size(entry_); }
  const void* data() const noexcept { return simdr_entry_data(entry_); }
  std::span<const std::byte> bytes() const noexcept { return {static_cast<const std::byte*>(data()), size()}; }
  std::string_view text() const noexcept { return {static_cast<const char*>(data()), size()}; }

  // The payload as T in place, valid as bytes(). Throws SIMDR_ERR_MISALIGNED and SIMDR_ERR_PARTIAL_ELEMENT.
  template <typename T>
  std::span<const T> as() const {
    static_assert(std::is_trivially_copyable_v<T>);
    const void* found = nullptr;
    std::size_t count = 0;
    detail::require(simdr_entry_typed_view, entry_, sizeof(T), alignof(T), &found, &count);
    return {static_cast<const T*>(found), count};
  }
  // The same, copied where it cannot be had in place. Throws SIMDR_ERR_PARTIAL_ELEMENT.
  template <typename T>
  Elements<T> as_or_copy() const;

  std::uint64_t size_with_metadata() const noexcept { return simdr_entry_size_with_metadata(entry_); }
  KeyHash key_hash() const noexcept { return KeyHash{simdr_entry_key_hash(entry_)}; }
  std::uint32_t checksum() const noexcept { return simdr_entry_checksum(entry_); }
  std::array<std::uint8_t, 4> checksum_bytes() const noexcept {
    std::array<std::uint8_t, 4> bytes;
    simdr_entry_checksum_bytes(entry_, bytes.data());
    return bytes;
  }
  bool checksum_ok() const noexcept { return simdr_entry_checksum_ok(entry_) != 0; }  // reads the whole payload
  std::uint64_t start_offset() const noexcept { return simdr_entry_start_offset(entry_); }
  std::uint64_t end_offset() const noexcept { return simdr_entry_end_offset(entry_); }
  std::uint64_t mapping_id() const noexcept { return simdr_entry_mapping_id(entry_); }
  std::pair<const void*, const void*> address_range() const noexcept {
    std::pair<const void*, const void*> range;
    simdr_entry_address_range(entry_, &range.first, &range.second);
    return range;
  }
  EntryInfo info() const {
    EntryInfo info = SIMDR_ENTRY_INFO_INIT;
    detail::require(simdr_entry_info_of, entry_, &info);
    return info;
  }

  // Copies from `position` on; returns how many bytes, 0 at the end.
  std::size_t read(std::uint64_t position, std::span<std::byte> into) const noexcept {
    return simdr_entry_read(entry_, position, into.data(), into.size());
  }
  // Hands the payload to sink(std::span<const std::byte>) in chunks (chunk_size 0: 64 KiB). False: the sink stopped it.
  template <typename Sink>
  bool write_to(Sink&& sink, std::size_t chunk_size = 0) const {
    detail::Carrier carrier(sink);
    const auto call = [](const void* data, std::size_t size, void* self) {
      return decltype(carrier)::call(self, std::span(static_cast<const std::byte*>(data), size));
    };
    return detail::carried(std::tie(carrier), simdr_entry_write_to, entry_, chunk_size, call, &carrier) == SIMDR_OK;
  }
  void write_fd(int fd) const { detail::require(simdr_entry_write_fd, entry_, fd); }  // throws SIMDR_ERR_SINK
  simdr_entry* native() const noexcept { return entry_; }  // for calls of simdr.h; still this object's reference

 private:
  simdr_entry* entry_;
};

// What as_or_copy() gives: a span that is valid as long as this object, in the mapped file or in a copy.
template <typename T>
class Elements {
 public:
  Elements(Entry entry, std::unique_ptr<T[]> copy, std::span<const T> span) noexcept
      : entry_(std::move(entry)), copy_(std::move(copy)), span_(span) {}
  std::span<const T> span() const noexcept { return span_; }
  bool copied() const noexcept { return copy_ != nullptr; }
  auto begin() const noexcept { return span_.begin(); }
  auto end() const noexcept { return span_.end(); }
  std::size_t size() const noexcept { return span_.size(); }
  const T& operator[](std::size_t i) const noexcept { return span_[i]; }

 private:
  Entry entry_;
  std::unique_ptr<T[]> copy_;
  std::span<const T> span_;
};

template <typename T>
Elements<T> Entry::as_or_copy() const {
  static_assert(std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>);
  const void* found = nullptr;
  std::size_t count = 0;
  std::unique_ptr<T[]> copy;
  const auto view = [&](std::size_t room, simdr_error* err) {
    return simdr_entry_typed_view_or_copy(entry_, sizeof(T), alignof(T), copy.get(), room, &found, &count, err);
  };
  if (view(0, nullptr) == SIMDR_ERR_TOO_LARGE) {  // without room it succeeds only in place
    copy = std::make_unique_for_overwrite<T[]>(size() / sizeof(T));
  }
  detail::require(view, copy ? size() : 0);
  return Elements<T>(*this, std::move(copy), std::span(static_cast<const T*>(found), count));
}

// A walk over entries, newest to oldest, as they were when it began. Released before its store is closed.
class Iterator {
 public:
  explicit Iterator(simdr_iterator* adopted) noexcept : handle_(adopted) {}
  std::optional<Entry> next() {  // nothing at the end; throws SIMDR_ERR_CORRUPT when verifying, and goes on after it
    simdr_entry* entry = nullptr;
    const simdr_status status = detail::outcome(simdr_iterator_next, handle_.get(), &entry);
    return status == SIMDR_OK ? std::optional<Entry>(std::in_place, entry) : std::nullopt;
  }
  // Fills a front part of `out`; returns how many, 0 at the end. They are valid until this object is gone.
  std::size_t next_views(std::span<simdr_view> out) {
    std::size_t count = 0;
    detail::outcome(simdr_iterator_next_views, handle_.get(), out.data(), out.size(), &count);
    return count;
  }

 private:
  detail::Handle<simdr_iterator, simdr_iterator_free> handle_;
};

namespace detail {

struct EntrySource {  // one entry at a time, each counted
  using Value = Entry;
  Iterator from;
  std::optional<Entry> current = {};
  bool advance() { return (current = from.next()).has_value(); }
};
struct ViewSource {  // borrowed views, fetched many at a time
  using Value = View;
  Iterator from;
  std::vector<simdr_view> fetched = std::vector<simdr_view>(64);
  std::size_t count = 0, next = 0;
  std::optional<View> current = {};
  bool advance() {
    if (next == count) {
      next = count = 0;  // before what may throw: whoever goes on after it is not to get the last batch again
      count = from.next_views(fetched);
    }
    return count == 0 ? (current.reset(), false) : (current.emplace(fetched[next++]), true);
  }
};

}  // namespace detail

// A single-pass range over a store (std::ranges::input_range and view). What * gives lasts until ++: copy an Entry to keep it.
template <typename Source>
class Walk : public std::ranges::view_base {
 public:
  class iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = typename Source::Value;
    using difference_type = std::ptrdiff_t;
    iterator() = default;
    explicit iterator(Source* source) noexcept : source_(source) {}
    const value_type& operator*() const noexcept { return *source_->current; }
    const value_type* operator->() const noexcept { return &*source_->current; }
    iterator& operator++() { return source_->advance(), *this; }
    void operator++(int) { source_->advance(); }
    bool operator==(std::default_sentinel_t) const noexcept { return !source_->current; }

   private:
    Source* source_ = nullptr;
  };
  explicit Walk(Iterator from) : source_{std::move(from)} {}
  iterator begin() { return source_.advance(), iterator(&source_); }  // goes on where an earlier begin() or ++ stopped
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  Source source_;
};
using EntryRange = Walk<detail::EntrySource>;
using ViewRange = Walk<detail::ViewSource>;  // its views are valid until the range is gone

// A value of unknown length on its way in; nothing of it is in the store before commit(). Dropping it drops the value.
class Stream {
 public:
  explicit Stream(simdr_stream* adopted) noexcept : handle_(adopted) {}
  void write(const Bytes& data) {  // after it has thrown, the stream can only be destroyed
    detail::require(simdr_stream_write, handle_.get(), data.data(), data.size());
  }
  std::uint64_t commit() { return detail::written(simdr_stream_commit, handle_.get()); }  // once only; returns the tail

 private:
  detail::Handle<simdr_stream, simdr_stream_free> handle_;
};

// Room in the mapped file for a value built in place. All other writers of the store wait until commit() or the end of this
// object, which aborts. bytes() is valid until either.
class Reservation {
 public:
  Reservation(simdr_reservation* adopted, void* data, std::size_t size) noexcept
      : handle_(adopted), bytes_(static_cast<std::byte*>(data), size) {}
  std::span<std::byte> bytes() const noexcept { return bytes_; }
  // Once only; returns the tail. Also when it throws, the room is gone.
  std::uint64_t commit() { return detail::written(simdr_reservation_commit, handle_.release()); }

 private:
  detail::Handle<simdr_reservation, simdr_reservation_abort> handle_;
  std::span<std::byte> bytes_;
};

// A store in one file. Reading members are const. Every writing member takes how durable the write is when it returns, and
// returns the file's tail after it; the store is as it was when one throws.
class Store {
 public:
  explicit Store(const std::string& path,
                 const OpenOptions& options = {});  // simdr_store_open; throws also SIMDR_EXISTS
  Store(Store&&) noexcept = default;
  Store& operator=(Store other) noexcept {
    return std::swap(handle_, other.handle_), std::swap(log_, other.log_), *this;
  }
  ~Store() = default;  // simdr_store_close: what goes wrong is not told
  void close() { detail::require(simdr_store_close_checked, handle_.release()); }  // once only

  // For calls of simdr.h; still owned by this object.
  simdr_store* native() const noexcept { return handle_.get(); }
  const char* path() const noexcept {
    return simdr_store_path(native());
  }  // this and the next two are valid until close
  const char* generation() const noexcept { return simdr_store_generation(native()); }
  const char* recovered_from() const noexcept { return simdr_store_recovered_from(native()); }  // nullptr: was whole
  bool is_read_only() const noexcept { return simdr_store_is_read_only(native()) != 0; }
  std::uint32_t alignment() const noexcept { return simdr_store_alignment(native()); }
  std::uint64_t count() const noexcept { return simdr_store_count(native()); }  // live entries
  bool empty() const noexcept { return simdr_store_is_empty(native()) != 0; }
  std::uint64_t file_size() const noexcept { return simdr_store_file_size(native()); }
  std::uint64_t compaction_savings() const noexcept { return simdr_store_compaction_savings(native()); }
  Stats stats() const {
    Stats stats = SIMDR_STATS_INIT;
    detail::require(simdr_store_stats, native(), &stats);
    return stats;
  }

  // --- writing

  std::uint64_t put(const Bytes& key, const Bytes& value, Durability durability = {}) {
    return detail::written(simdr_store_put, native(), key.data(), key.size(), value.data(), value.size(),
                           detail::raw(durability));
  }
  std::uint64_t put(KeyHash hash, const Bytes& value, Durability durability = {}) {
    return detail::written(simdr_store_put_hashed, native(), detail::raw(hash), value.data(), value.size(),
                           detail::raw(durability));
  }
  // All pairs or none: any forward range of (key or KeyHash, value), such as a std::map or a vector of pairs.
  template <typename Range>
    requires(detail::RangeOfPairs<Range, Bytes> || detail::RangeOfPairs<Range, KeyHash>)
  std::uint64_t put_many(Range&& pairs, Durability durability = {}) {
    using Key = std::conditional_t<detail::RangeOfPairs<Range, KeyHash>, KeyHash, Bytes>;
    std::vector<decltype(detail::raw(std::declval<Key>()))> keys;
    std::vector<simdr_bytes> values;
    for (auto&& pair : pairs) {  // not std::views::keys, which clang 14 cannot make of a span
      keys.push_back(detail::raw(static_cast<Key>(std::get<0>(pair))));
      values.push_back(detail::raw(static_cast<Bytes>(std::get<1>(pair))));
    }
    return detail::written(detail::either(simdr_store_put_many, simdr_store_put_many_hashed), native(), keys.data(),
                           keys.size(), values.data(), values.size(), detail::raw(durability));
  }
  std::uint64_t put_many(std::initializer_list<std::pair<Bytes, Bytes>> pairs, Durability durability = {}) {
    return put_many(std::span(pairs.begin(), pairs.size()), durability);
  }
  // Nothing when the key is there already.
  std::optional<std::uint64_t> put_if_absent(const Bytes& key, const Bytes& value, Durability durability = {}) {
    return detail::tail_of(simdr_store_put_if_absent, native(), key.data(), key.size(), value.data(), value.size(),
                           detail::raw(durability));
  }
  // Nothing when `expected` is no longer the newest under its key.
  std::optional<std::uint64_t> put_if_entry(const Entry& expected, const Bytes& value, Durability durability = {}) {
    return detail::tail_of(simdr_store_put_if_entry, native(), expected.native(), value.data(), value.size(),
                           detail::raw(durability));
  }
  // Nothing when there was nothing to remove. So with rename, copy_to and transfer_to.
  std::optional<std::uint64_t> remove(const Bytes& key, Durability durability = {}) {
    return detail::tail_of(simdr_store_remove, native(), key.data(), key.size(), detail::raw(durability));
  }
  std::optional<std::uint64_t> remove(KeyHash hash, Durability durability = {}) {
    return detail::tail_of(simdr_store_remove_hashed, native(), detail::raw(hash), detail::raw(durability));
  }
  // All that are there or, when it throws, none. Any forward range of keys or of KeyHash.
  template <detail::RangeOfKeys Range>
  RemoveResult remove_many(Range&& keys, Durability durability = {}) {
    RemoveResult result{};
    const auto all = detail::raw_keys(keys);
    result.tail = detail::written(detail::either(simdr_store_remove_many, simdr_store_remove_many_hashed), native(),
                                  all.data(), all.size(), detail::raw(durability), &result.removed_count);
    return result;
  }
  std::optional<std::uint64_t> rename(const Bytes& old_key, const Bytes& new_key, Durability durability = {}) {
    return detail::tail_of(simdr_store_rename, native(), old_key.data(), old_key.size(), new_key.data(), new_key.size(),
                           detail::raw(durability));
  }
  std::optional<std::uint64_t> rename(KeyHash old_hash, KeyHash new_hash, Durability durability = {}) {
    return detail::tail_of(simdr_store_rename_hashed, native(), detail::raw(old_hash), detail::raw(new_hash),
                           detail::raw(durability));
  }
  // The tail is the target's.
  std::optional<std::uint64_t> copy_to(Store& target, const Bytes& key, Durability durability = {}) {
    return detail::tail_of(simdr_store_copy, native(), key.data(), key.size(), target.native(),
                           detail::raw(durability));
  }
  std::optional<std::uint64_t> copy_to(Store& target, KeyHash hash, Durability durability = {}) {
    return detail::tail_of(simdr_store_copy_hashed, native(), detail::raw(hash), target.native(),
                           detail::raw(durability));
  }
  // The tail is this store's.
  std::optional<std::uint64_t> transfer_to(Store& target, const Bytes& key, Durability durability = {}) {
    return detail::tail_of(simdr_store_transfer, native(), key.data(), key.size(), target.native(),
                           detail::raw(durability));
  }
  std::optional<std::uint64_t> transfer_to(Store& target, KeyHash hash, Durability durability = {}) {
    return detail::tail_of(simdr_store_transfer_hashed, native(), detail::raw(hash), target.native(),
                           detail::raw(durability));
  }
  void sync(Durability durability = Durability::kCommit) {
    detail::require(simdr_store_sync, native(), detail::raw(durability));
  }

  Stream stream(const Bytes& key, Durability durability = {}) {
    simdr_stream* stream = nullptr;
    detail::require(simdr_stream_open, native(), key.data(), key.size(), detail::raw(durability), &stream);
    return Stream(stream);
  }
  Stream stream(KeyHash hash, Durability durability = {}) {
    simdr_stream* stream = nullptr;
    detail::require(simdr_stream_open_hashed, native(), detail::raw(hash), detail::raw(durability), &stream);
    return Stream(stream);
  }
  // Stores what source(std::span<std::byte>) fills in, call by call; it returns how many bytes, 0 at the end.
  template <typename Source>
  std::uint64_t put_from(const Bytes& key, Source&& source, Durability durability = {}) {
    detail::Carrier carrier(source);
    const auto call = [](void* buffer, std::size_t capacity, std::size_t* out_size, void* self) {
      return static_cast<decltype(carrier)*>(self)->run([&](auto& fill) {
        *out_size = std::invoke(fill, std::span(static_cast<std::byte*>(buffer), capacity));
        return true;
      });
    };
    std::uint64_t tail = 0;
    detail::carried(std::tie(carrier), simdr_store_put_from, native(), key.data(), key.size(), call, &carrier,
                    detail::raw(durability), &tail);
    return tail;
  }
  std::uint64_t put_fd(const Bytes& key, int fd, Durability durability = {}) {
    return detail::written(simdr_store_put_fd, native(), key.data(), key.size(), fd, detail::raw(durability));
  }
  Reservation reserve(const Bytes& key, std::size_t value_size, Durability durability = {}) {
    simdr_reservation* reservation = nullptr;
    void* data = nullptr;
    detail::require(simdr_store_reserve, native(), key.data(), key.size(), value_size, detail::raw(durability),
                    &reservation, &data);
    return Reservation(reservation, data, value_size);
  }

  // --- reading. Absent is an empty optional; throws SIMDR_ERR_CORRUPT for a store opened with verify_reads.

  std::optional<Entry> get(const Bytes& key) const {
    return entry_from(simdr_store_get, native(), key.data(), key.size());
  }
  std::optional<Entry> get(KeyHash hash) const {
    return entry_from(simdr_store_get_hashed, native(), detail::raw(hash));
  }
  std::optional<Entry> last_entry() const { return entry_from(simdr_store_last_entry, native()); }
  // Borrowed: valid until the store is closed or compacted. No allocation, no count.
  std::optional<View> view(const Bytes& key) const {
    return view_from(simdr_store_view, native(), key.data(), key.size());
  }
  std::optional<View> view(KeyHash hash) const {
    return view_from(simdr_store_view_hashed, native(), detail::raw(hash));
  }

  // Many at once, in the order of the keys: any forward range of keys or of KeyHash.
  template <detail::RangeOfKeys Range>
  std::vector<std::optional<Entry>> get_many(Range&& keys) const {
    return many<Entry, simdr_entry*>(simdr_store_get_many, simdr_store_get_many_hashed, detail::raw_keys(keys), {});
  }
  // A key that does not hash to the number at its place counts as absent; so in view_many.
  template <detail::RangeOf<KeyHash> Hashes, detail::RangeOf<Bytes> Keys>
  std::vector<std::optional<Entry>> get_many(Hashes&& hashes, Keys&& verify_keys) const {
    return many<Entry, simdr_entry*>(simdr_store_get_many, simdr_store_get_many_hashed,
                                     detail::raw_all<KeyHash>(hashes), detail::raw_all<Bytes>(verify_keys));
  }
  template <detail::RangeOfKeys Range>
  std::vector<std::optional<View>> view_many(Range&& keys) const {
    return many<View, simdr_view>(simdr_store_view_many, simdr_store_view_many_hashed, detail::raw_keys(keys), {});
  }
  template <detail::RangeOf<KeyHash> Hashes, detail::RangeOf<Bytes> Keys>
  std::vector<std::optional<View>> view_many(Hashes&& hashes, Keys&& verify_keys) const {
    return many<View, simdr_view>(simdr_store_view_many, simdr_store_view_many_hashed, detail::raw_all<KeyHash>(hashes),
                                  detail::raw_all<Bytes>(verify_keys));
  }

  // Copies from the file, not from the mapping: a failing disk is SIMDR_ERR_IO and not a signal.
  std::optional<ReadResult> read(const Bytes& key, std::uint64_t value_offset, std::span<std::byte> into) const {
    ReadResult result{};
    const simdr_status status = detail::outcome(simdr_store_read, native(), key.data(), key.size(), value_offset,
                                                into.data(), into.size(), &result.read_size, &result.value_size);
    return status == SIMDR_OK ? std::optional(result) : std::nullopt;
  }
  bool exists(const Bytes& key) const {
    int exists = 0;
    detail::require(simdr_store_exists, native(), key.data(), key.size(), &exists);
    return exists != 0;
  }
  bool exists(KeyHash hash) const {
    int exists = 0;
    detail::require(simdr_store_exists_hashed, native(), detail::raw(hash), &exists);
    return exists != 0;
  }
  std::optional<EntryInfo> metadata(const Bytes& key) const {
    EntryInfo info = SIMDR_ENTRY_INFO_INIT;
    const simdr_status status = detail::outcome(simdr_store_metadata, native(), key.data(), key.size(), &info);
    return status == SIMDR_OK ? std::optional(info) : std::nullopt;
  }
  std::optional<EntryInfo> metadata(KeyHash hash) const {
    EntryInfo info = SIMDR_ENTRY_INFO_INIT;
    const simdr_status status = detail::outcome(simdr_store_metadata_hashed, native(), detail::raw(hash), &info);
    return status == SIMDR_OK ? std::optional(info) : std::nullopt;
  }

  // --- iterating, over the entries as they are now, newest to oldest. Later writes and compaction do not disturb it.

  Iterator iterate(const IterateOptions& options = {}) const {
    return iterator_from(
        simdr_iterator_open, native(),
        (options.all_versions ? SIMDR_ITERATE_ALL_VERSIONS : 0u) | (options.verify ? SIMDR_ITERATE_VERIFY : 0u));
  }
  EntryRange entries(const IterateOptions& options = {}) const { return EntryRange(iterate(options)); }
  ViewRange views(const IterateOptions& options = {}) const { return ViewRange(iterate(options)); }
  // All versions of one key. Walks the file.
  EntryRange versions(const Bytes& key) const {
    return EntryRange(iterator_from(simdr_iterator_open_versions, native(), key.data(), key.size()));
  }
  EntryRange versions(KeyHash hash) const {
    return EntryRange(iterator_from(simdr_iterator_open_versions_hashed, native(), detail::raw(hash)));
  }
  // Calls visit(const View&) for every live entry on several threads at once. False: it stopped the walk.
  template <typename Visit>
  bool for_each(Visit&& visit, const ForEachOptions& options = {}) const {
    detail::Carrier carrier(visit);
    const auto call = [](const simdr_view* view, void* self) { return decltype(carrier)::call(self, View(*view)); };
    return detail::carried(std::tie(carrier), simdr_store_for_each, native(), options.thread_count,
                           options.verify ? SIMDR_ITERATE_VERIFY : 0u, call, &carrier) == SIMDR_OK;
  }

  // --- the whole store

  // False: the progress callback stopped it, and nothing has changed.
  bool compact(const CompactOptions& options = {}) {
    detail::Carrier progress(options.progress);
    simdr_compact_options raw = SIMDR_COMPACT_OPTIONS_INIT;
    raw.progress = options.progress ? &detail::call_progress<decltype(progress)> : nullptr;
    raw.progress_user_data = &progress;
    return detail::carried(std::tie(progress), simdr_store_compact, native(), &raw) == SIMDR_OK;
  }
  // What was found is in fault_count, not thrown. Nothing: a callback stopped it.
  std::optional<VerifyResult> verify(const VerifyOptions& options = {}) const;
  // Nothing: the callback stopped it; what was stored by then stays.
  std::optional<ImportResult> import_directory(const std::string& directory, const ImportOptions& options = {});
  void backup(const std::string& path) const { detail::require(simdr_store_backup, native(), path.c_str()); }

 private:
  using Log = std::function<void(LogLevel, std::string_view)>;
  template <typename... Args>
  static std::optional<Entry> entry_from(Args... args) {
    simdr_entry* entry = nullptr;
    return detail::outcome(args..., &entry) == SIMDR_OK ? std::optional<Entry>(std::in_place, entry) : std::nullopt;
  }
  template <typename... Args>
  static std::optional<View> view_from(Args... args) {
    simdr_view view;
    return detail::outcome(args..., &view) == SIMDR_OK ? std::optional<View>(std::in_place, view) : std::nullopt;
  }
  template <typename... Args>
  static Iterator iterator_from(Args... args) {
    simdr_iterator* iterator = nullptr;
    detail::require(args..., &iterator);
    return Iterator(iterator);
  }
  static bool is_there(const simdr_entry* entry) noexcept { return entry != nullptr; }
  static bool is_there(const simdr_view& view) noexcept { return view.data != nullptr; }
  template <typename Value, typename Place, typename Get, typename GetHashed, typename Keys>
  std::vector<std::optional<Value>> many(Get plain, GetHashed hashed, const Keys& keys,
                                         const std::vector<simdr_bytes>& verify) const {
    std::vector<std::optional<Value>> values(keys.size());
    std::vector<Place> places(keys.size());
    if constexpr (std::same_as<Keys, std::vector<simdr_bytes>>) {
      detail::require(plain, native(), keys.data(), keys.size(), places.data(), nullptr);
    } else {
      detail::require(hashed, native(), keys.data(), keys.size(), verify.data(), verify.size(), places.data(), nullptr);
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (is_there(places[i])) values[i].emplace(places[i]);
    }
    return values;
  }

  std::unique_ptr<Log> log_;  // the library calls it until the handle, which is destroyed first, is closed
  detail::Handle<simdr_store, simdr_store_close> handle_;
};

namespace detail {

inline void call_log(std::int32_t level, const char* message, void* user_data) noexcept {
  try {
    (*static_cast<std::function<void(LogLevel, std::string_view)>*>(user_data))(LogLevel{level}, message);
  } catch (...) {  // no call of this thread's own could hand it on
  }
}
inline simdr_open_options raw(const OpenOptions& options) noexcept {
  simdr_open_options raw = SIMDR_OPEN_OPTIONS_INIT;
  raw.mode = static_cast<std::uint32_t>(options.mode);
  raw.flags = (options.verify_reads ? SIMDR_OPEN_VERIFY_READS : 0u) |
              (options.direct_writes ? SIMDR_OPEN_DIRECT_WRITES : 0u) |
              (options.index_file ? SIMDR_OPEN_INDEX_FILE : 0u);
  raw.durability = detail::raw(options.durability);
  raw.lock_timeout_ms = options.lock_timeout_ms;
  raw.file_mode = options.file_mode;
  raw.layout_alignment = options.layout_alignment;
  raw.layout_trailer = options.layout_trailer;
  raw.reserve_size = options.reserve_size;
  raw.window_size = options.window_size;
  return raw;
}

}  // namespace detail

inline Store::Store(const std::string& path, const OpenOptions& options)
    : log_(options.log ? std::make_unique<Log>(options.log) : nullptr) {
  simdr_open_options raw = detail::raw(options);
  raw.log = log_ ? &detail::call_log : nullptr;
  raw.log_user_data = log_.get();
  simdr_store* store = nullptr;
  detail::require(simdr_store_open, path.c_str(), &raw, &store);
  handle_.reset(store);
}

inline std::optional<VerifyResult> Store::verify(const VerifyOptions& options) const {
  detail::Carrier on_fault(options.on_fault);
  detail::Carrier progress(options.progress);
  simdr_verify_options raw = SIMDR_VERIFY_OPTIONS_INIT;
  raw.on_fault = options.on_fault ? &detail::call_fault<decltype(on_fault)> : nullptr;
  raw.on_fault_user_data = &on_fault;
  raw.progress = options.progress ? &detail::call_progress<decltype(progress)> : nullptr;
  raw.progress_user_data = &progress;
  VerifyResult result = SIMDR_VERIFY_RESULT_INIT;
  const auto verify = [&](simdr_error* err) {
    const simdr_status status = simdr_store_verify(native(), &raw, &result, err);
    return status == SIMDR_ERR_CORRUPT ? SIMDR_OK : status;  // the result says so
  };
  return detail::carried(std::tie(on_fault, progress), verify) == SIMDR_OK ? std::optional(result) : std::nullopt;
}

inline std::optional<ImportResult> Store::import_directory(const std::string& directory, const ImportOptions& options) {
  detail::Carrier on_file(options.on_file);
  const auto call = [](const char* key, std::uint64_t size, simdr_status status, void* self) {
    return decltype(on_file)::call(self, key, size, status);
  };
  simdr_import_options raw = SIMDR_IMPORT_OPTIONS_INIT;
  raw.flags = detail::raw(options.durability);
  raw.ns = options.name_space ? options.name_space->data() : nullptr;
  raw.ns_size = options.name_space ? options.name_space->size() : 0;
  if (options.on_file) raw.on_file = call;
  raw.on_file_user_data = &on_file;
  ImportResult result = SIMDR_IMPORT_RESULT_INIT;
  const simdr_status status =
      detail::carried(std::tie(on_file), simdr_store_import_directory, native(), directory.c_str(), &raw, &result);
  return status == SIMDR_OK ? std::optional(result) : std::nullopt;
}

// Rewrites a store of any generation as the new file out_path, newest format; `path` is only read. Throws SIMDR_EXISTS.
inline void upgrade(const std::string& path, const std::string& out_path, const OpenOptions& options = {}) {
  const simdr_open_options raw = detail::raw(options);
  detail::require(simdr_upgrade, path.c_str(), out_path.c_str(), &raw);
}
// Writes all intact entries of `path`, which is only read, to the new store out_path and calls on_fault for what was lost.
// Nothing: on_fault stopped it. Throws SIMDR_EXISTS.
inline std::optional<RepairResult> repair(const std::string& path, const std::string& out_path,
                                          const Callback<const simdr_fault&>& on_fault = {}) {
  detail::Carrier carrier(on_fault);
  RepairResult result = SIMDR_REPAIR_RESULT_INIT;
  const auto repair = [&](simdr_error* err) {
    return simdr_repair(path.c_str(), out_path.c_str(), on_fault ? &detail::call_fault<decltype(carrier)> : nullptr,
                        &carrier, &result, err);
  };
  const simdr_status status = detail::carried(std::tie(carrier), repair);
  if (status == SIMDR_EXISTS) throw Error(status);
  return status == SIMDR_OK ? std::optional(result) : std::nullopt;
}

// XXH3-64, no seed: the identity of the key in the file.
inline KeyHash key_hash(const Bytes& key) noexcept { return KeyHash{simdr_key_hash(key.data(), key.size())}; }
template <detail::RangeOf<Bytes> Range>
std::vector<KeyHash> key_hashes(Range&& keys) {
  const auto all = detail::raw_all<Bytes>(keys);
  std::vector<std::uint64_t> hashes(all.size());
  detail::require(simdr_key_hash_many, all.data(), all.size(), hashes.data());
  std::vector<KeyHash> typed;
  for (const std::uint64_t hash : hashes) typed.push_back(KeyHash{hash});
  return typed;
}
// A key that no other namespace shares.
inline std::array<std::uint8_t, 16> namespaced_key(const Bytes& name_space, const Bytes& key) noexcept {
  std::array<std::uint8_t, 16> out;
  simdr_namespaced_key(name_space.data(), name_space.size(), key.data(), key.size(), out.data());
  return out;
}

// Of the library that runs, which may be newer than the header. Static strings.
inline std::uint32_t version() noexcept { return simdr_version(); }
inline const char* version_string() noexcept { return simdr_version_string(); }
inline const char* kernel_name() noexcept { return simdr_kernel_name(); }

}  // namespace simdr
#endif  // SIMDR_HPP
