// tkrzw's HashDBM, the fastest of its file databases. Twice as many buckets as entries, which its documents ask for; 5-byte offsets
// where 4 are too few; the file as it comes (mapped, for parallel use); updates in place. Durable: Synchronize(true) after each put, since
// there is no log. Gets copy into a string that is used again; scans see records in place, through a processor.
#include <tkrzw_dbm_hash.h>

#include "engine_session.h"

namespace bench {
namespace {

void check(const tkrzw::Status& status, const char* what) {
  if (status != tkrzw::Status::SUCCESS) throw Failure(std::string("tkrzw: ") + what + ": " + tkrzw::ToString(status));
}

std::string_view view(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

class Tkrzw {
 public:
  class Reader;

  static std::string settings(const Setup& setup) {
    return std::string("HashDBM, num_buckets = 2 x entries, update in place") +
           (setup.durability == Durability::kNone ? "" : ", Synchronize(hard) after each put");
  }

  void create(const Setup& setup) {
    tkrzw::HashDBM::TuningParameters tuning;
    tuning.num_buckets = static_cast<std::int64_t>(2 * setup.entry_count);
    tuning.offset_width = setup.expected_size() > (std::size_t{24} << 30) ? 5 : 4;
    check(db_.OpenAdvanced(path(setup), true, tkrzw::File::OPEN_TRUNCATE, tuning), "create");
    is_durable_ = setup.durability != Durability::kNone;
  }
  void open(const Setup& setup) {
    check(db_.OpenAdvanced(path(setup), true), "open");
    is_durable_ = setup.durability != Durability::kNone;
  }
  void close() {
    if (db_.IsOpen()) check(db_.Close(), "close");
  }

  void put(const Key& key, Bytes value) {
    check(db_.Set(view(key), view(value)), "set");
    if (is_durable_) check(db_.Synchronize(true), "synchronize");
  }
  // SetMulti is this loop too.
  void put_batch(std::span<const Key> keys, Bytes value) {
    for (const Key& key : keys) check(db_.Set(view(key), view(value)), "set");
    if (is_durable_) check(db_.Synchronize(true), "synchronize");
  }
  void end_of_writing() {}
  void compact() { check(db_.Rebuild(), "rebuild"); }

 private:
  static std::string path(const Setup& setup) { return (setup.dir / "store.tkh").string(); }

  tkrzw::HashDBM db_;
  bool is_durable_ = false;
};

class Tkrzw::Reader {
 public:
  explicit Reader(Tkrzw& engine) : db_(engine.db_) {}

  bool get(const Key& key, std::uint64_t& sum) {
    const tkrzw::Status status = db_.Get(view(key), &value_);
    if (status == tkrzw::Status::NOT_FOUND_ERROR) return false;
    check(status, "get");
    sum += touch(value_.data(), value_.size());
    return true;
  }

  // GetMulti is this loop too, and fills a map.
  std::size_t get_many(std::span<const Key> keys, std::uint64_t& sum) {
    std::size_t found = 0;
    for (const Key& key : keys) found += get(key, sum);
    return found;
  }

  ScanResult scan(bool check_sums) {
    if (check_sums) throw NotOffered("tkrzw has no checksums by default");
    class Visitor final : public tkrzw::DBM::RecordProcessor {
     public:
      std::string_view ProcessFull(std::string_view, std::string_view value) override {
        result.sum += first_byte(value.data());
        ++result.entry_count;
        return NOOP;
      }
      ScanResult result;
    };
    Visitor visitor;
    check(db_.ProcessEach(&visitor, false), "process_each");
    return visitor.result;
  }

 private:
  tkrzw::HashDBM& db_;
  std::string value_;
};

const Registration tkrzw_hash("tkrzw", session_of<Tkrzw>());

}  // namespace
}  // namespace bench
