// Kyoto Cabinet's HashDB. Twice as many buckets as entries with linear chains (TLINEAR), which its documents ask for then; the whole file
// mapped (tune_map). Durable: synchronize(true) after each put, since the log of its transactions is per transaction. Gets copy into
// a buffer of the caller's; scans see records in place, through a visitor.
#include <kchashdb.h>

#include <vector>

#include "engine_session.h"

namespace bench {
namespace {

const char* chars(Bytes bytes) { return reinterpret_cast<const char*>(bytes.data()); }

class Kyoto {
 public:
  class Reader;

  static std::string settings(const Setup& setup) {
    return std::string("HashDB, TLINEAR, tune_buckets(2 x entries), tune_map(2 x data)") +
           (setup.durability == Durability::kNone ? "" : ", synchronize(hard) after each put");
  }

  void create(const Setup& setup) { open_as(setup, kyotocabinet::HashDB::OTRUNCATE); }
  void open(const Setup& setup) { open_as(setup, 0); }
  void close() {
    if (is_open_ && !db_.close()) fail("close");
    is_open_ = false;
  }

  void put(const Key& key, Bytes value) {
    if (!db_.set(chars(key), key.size(), chars(value), value.size())) fail("set");
    if (is_durable_ && !db_.synchronize(true)) fail("synchronize");
  }
  // set_bulk is this loop too, and wants strings.
  void put_batch(std::span<const Key> keys, Bytes value) {
    for (const Key& key : keys) {
      if (!db_.set(chars(key), key.size(), chars(value), value.size())) fail("set");
    }
    if (is_durable_ && !db_.synchronize(true)) fail("synchronize");
  }
  void end_of_writing() {}
  void compact() {
    if (!db_.defrag(0)) fail("defrag");
  }

 private:
  [[noreturn]] void fail(const char* what) {
    throw Failure(std::string("kyoto: ") + what + ": " + db_.error().message());
  }

  void open_as(const Setup& setup, std::uint32_t flags) {
    value_size_ = setup.value_size;
    is_durable_ = setup.durability != Durability::kNone;
    db_.tune_options(kyotocabinet::HashDB::TLINEAR);
    db_.tune_buckets(static_cast<std::int64_t>(2 * setup.entry_count));
    db_.tune_map(static_cast<std::int64_t>(std::max(std::size_t{64} << 20, 2 * setup.expected_size())));
    flags |= kyotocabinet::HashDB::OWRITER | kyotocabinet::HashDB::OCREATE;
    if (!db_.open((setup.dir / "store.kch").string(), flags)) fail("open");
    is_open_ = true;
  }

  kyotocabinet::HashDB db_;
  std::size_t value_size_ = 0;
  bool is_open_ = false;
  bool is_durable_ = false;
};

class Kyoto::Reader {
 public:
  explicit Reader(Kyoto& engine) : engine_(engine), buffer_(engine.value_size_) {}

  bool get(const Key& key, std::uint64_t& sum) {
    const std::int32_t size = engine_.db_.get(chars(key), key.size(), buffer_.data(), buffer_.size());
    if (size < 0) return false;
    sum += touch(buffer_.data(), static_cast<std::size_t>(size));
    return true;
  }

  // get_bulk is this loop too, and fills a map.
  std::size_t get_many(std::span<const Key> keys, std::uint64_t& sum) {
    std::size_t found = 0;
    for (const Key& key : keys) found += get(key, sum);
    return found;
  }

  ScanResult scan(bool check_sums) {
    if (check_sums) throw NotOffered("Kyoto has no checksums without compression");
    class Visitor final : public kyotocabinet::DB::Visitor {
     public:
      ScanResult result;

     private:
      const char* visit_full(const char*, std::size_t, const char* value, std::size_t, std::size_t*) override {
        result.sum += first_byte(value);
        ++result.entry_count;
        return NOP;
      }
    };
    Visitor visitor;
    if (!engine_.db_.iterate(&visitor, false)) engine_.fail("iterate");
    return visitor.result;
  }

 private:
  Kyoto& engine_;
  std::vector<char> buffer_;
};

const Registration kyoto("kyoto", session_of<Kyoto>());

}  // namespace
}  // namespace bench
