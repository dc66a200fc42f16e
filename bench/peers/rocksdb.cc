// RocksDB. What its wiki says for point lookups on data that fit into memory: bloom filters of 10 bits over whole keys, a hash index in
// each data block, a block cache as large as the data (at least 1 GiB), memtables of 64 MiB with a bloom filter of their own, as many
// background threads as there are CPUs, no compression (no engine here compresses). Values of 4 KiB and more go to blob files. Without
// durability the write-ahead log is off; with it, WriteOptions.sync. Gets pin the block (PinnableSlice), batches are MultiGet. What was
// loaded is compacted before it is read.
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <array>

#include "engine_session.h"

namespace bench {
namespace {

void check(const rocksdb::Status& status, const char* what) {
  if (!status.ok()) throw Failure(std::string("rocksdb: ") + what + ": " + status.ToString());
}

rocksdb::Slice slice(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

class RocksDb {
 public:
  class Reader;

  static std::string settings(const Setup& setup) {
    return std::string(
               "bloom 10 bits, data block hash index, block cache max(1 GiB, data), memtables 64 MiB, "
               "IncreaseParallelism, blob files from 4 KiB, no compression, ") +
           (setup.durability == Durability::kNone ? "disableWAL" : "WriteOptions.sync");
  }

  void create(const Setup& setup) { open(setup); }

  void open(const Setup& setup) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.IncreaseParallelism(static_cast<int>(std::max(2u, std::thread::hardware_concurrency())));
    options.compression = rocksdb::kNoCompression;
    options.write_buffer_size = std::size_t{64} << 20;
    options.memtable_prefix_bloom_size_ratio = 0.02;
    options.memtable_whole_key_filtering = true;
    options.enable_blob_files = setup.value_size >= 4096;
    options.min_blob_size = 4096;
    rocksdb::BlockBasedTableOptions table;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
    table.block_cache = rocksdb::NewLRUCache(std::max(std::size_t{1} << 30, setup.expected_size()));
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    rocksdb::DB* db = nullptr;
    check(rocksdb::DB::Open(options, setup.dir.string(), &db), "open");
    db_.reset(db);
    write_.disableWAL = setup.durability == Durability::kNone;
    write_.sync = setup.durability != Durability::kNone;
  }

  // Memtables that no log backs must reach the disk.
  void close() {
    if (db_ == nullptr) return;
    if (write_.disableWAL) check(db_->Flush({}), "flush");
    check(db_->Close(), "close");
    db_.reset();
  }

  void put(const Key& key, Bytes value) { check(db_->Put(write_, slice(key), slice(value)), "put"); }

  void put_batch(std::span<const Key> keys, Bytes value) {
    rocksdb::WriteBatch batch;
    for (const Key& key : keys) check(batch.Put(slice(key), slice(value)), "batch");
    check(db_->Write(write_, &batch), "write");
  }

  void end_of_writing() {}
  void settle() { compact(); }

  void compact() {
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    check(db_->CompactRange(options, nullptr, nullptr), "compact");
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::WriteOptions write_;
};

class RocksDb::Reader {
 public:
  explicit Reader(const RocksDb& engine) : db_(engine.db_.get()) {}

  bool get(const Key& key, std::uint64_t& sum) {
    values_[0].Reset();
    const rocksdb::Status status = db_->Get({}, db_->DefaultColumnFamily(), slice(key), &values_[0]);
    if (status.IsNotFound()) return false;
    check(status, "get");
    sum += touch(values_[0].data(), values_[0].size());
    return true;
  }

  std::size_t get_many(std::span<const Key> keys, std::uint64_t& sum) {
    for (std::size_t i = 0; i < keys.size(); ++i) names_[i] = slice(keys[i]);
    db_->MultiGet({}, db_->DefaultColumnFamily(), keys.size(), names_.data(), values_.data(), statuses_.data());
    std::size_t found = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (statuses_[i].ok()) {
        sum += touch(values_[i].data(), values_[i].size());
        ++found;
      }
      values_[i].Reset();
    }
    return found;
  }

  ScanResult scan(bool check_sums) {
    ScanResult result;
    rocksdb::ReadOptions options;
    options.verify_checksums = check_sums;
    options.fill_cache = false;
    options.readahead_size = std::size_t{2} << 20;
    const std::unique_ptr<rocksdb::Iterator> iterator(db_->NewIterator(options));
    for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
      result.sum += first_byte(iterator->value().data());
      ++result.entry_count;
    }
    check(iterator->status(), "scan");
    return result;
  }

 private:
  rocksdb::DB* db_;
  std::array<rocksdb::Slice, kBatch> names_;
  std::array<rocksdb::PinnableSlice, kBatch> values_;
  std::array<rocksdb::Status, kBatch> statuses_;
};

const Registration rocks_db("rocksdb", session_of<RocksDb>());

}  // namespace
}  // namespace bench
