// LevelDB. Bloom filters of 10 bits, a write buffer of 64 MiB so that the log-structured tree is not merged all the time, tables of 32 MiB,
// a block cache of 512 MiB, no compression (no engine here compresses). It cannot do without its log; durable: WriteOptions.sync.
// Gets copy into a string that is used again. What was loaded is compacted before
// it is read.
#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>

#include "engine_session.h"

namespace bench {
namespace {

void check(const leveldb::Status& status, const char* what) {
  if (!status.ok()) throw Failure(std::string("leveldb: ") + what + ": " + status.ToString());
}

leveldb::Slice slice(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

class LevelDb {
 public:
  class Reader;

  static std::string settings(const Setup& setup) {
    return std::string("bloom 10 bits, write buffer 64 MiB, tables 32 MiB, block cache 512 MiB, no compression") +
           (setup.durability == Durability::kNone ? "" : ", WriteOptions.sync");
  }

  void create(const Setup& setup) { open(setup); }

  void open(const Setup& setup) {
    filter_.reset(leveldb::NewBloomFilterPolicy(10));
    cache_.reset(leveldb::NewLRUCache(std::size_t{512} << 20));
    leveldb::Options options;
    options.create_if_missing = true;
    options.write_buffer_size = std::size_t{64} << 20;
    options.max_file_size = std::size_t{32} << 20;
    options.compression = leveldb::kNoCompression;
    options.filter_policy = filter_.get();
    options.block_cache = cache_.get();
    leveldb::DB* db = nullptr;
    check(leveldb::DB::Open(options, setup.dir.string(), &db), "open");
    db_.reset(db);
    write_.sync = setup.durability != Durability::kNone;
  }

  void close() {
    db_.reset();
    cache_.reset();
    filter_.reset();
  }

  void put(const Key& key, Bytes value) { check(db_->Put(write_, slice(key), slice(value)), "put"); }

  void put_batch(std::span<const Key> keys, Bytes value) {
    leveldb::WriteBatch batch;
    for (const Key& key : keys) batch.Put(slice(key), slice(value));
    check(db_->Write(write_, &batch), "write");
  }

  void end_of_writing() {}
  void settle() { compact(); }
  void compact() { db_->CompactRange(nullptr, nullptr); }

 private:
  std::unique_ptr<const leveldb::FilterPolicy> filter_;
  std::unique_ptr<leveldb::Cache> cache_;
  std::unique_ptr<leveldb::DB> db_;
  leveldb::WriteOptions write_;
};

class LevelDb::Reader {
 public:
  explicit Reader(const LevelDb& engine) : db_(engine.db_.get()) {}

  bool get(const Key& key, std::uint64_t& sum) {
    const leveldb::Status status = db_->Get({}, slice(key), &value_);
    if (status.IsNotFound()) return false;
    check(status, "get");
    sum += touch(value_.data(), value_.size());
    return true;
  }

  // There is no call for many.
  std::size_t get_many(std::span<const Key> keys, std::uint64_t& sum) {
    std::size_t found = 0;
    for (const Key& key : keys) found += get(key, sum);
    return found;
  }

  ScanResult scan(bool check_sums) {
    ScanResult result;
    leveldb::ReadOptions options;
    options.verify_checksums = check_sums;
    options.fill_cache = false;
    const std::unique_ptr<leveldb::Iterator> iterator(db_->NewIterator(options));
    for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
      result.sum += first_byte(iterator->value().data());
      ++result.entry_count;
    }
    check(iterator->status(), "scan");
    return result;
  }

 private:
  leveldb::DB* db_;
  std::string value_;
};

const Registration level_db("leveldb", session_of<LevelDb>());

}  // namespace
}  // namespace bench
