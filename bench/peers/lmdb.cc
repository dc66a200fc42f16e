// LMDB. Its people's advice for speed without durability: MDB_WRITEMAP (no copy of dirty pages) and MDB_NOSYNC; MDB_NORDAHEAD for
// random reads; a map far larger than the data. Durable: the defaults, one fdatasync in each commit. One read transaction per thread,
// renewed for each get (a transaction kept open would keep pages from being used again) and once for each batch. Values are
// borrowed from the map.
#include <lmdb.h>
#include <unistd.h>

#include "engine_session.h"

namespace bench {
namespace {

void check(int code, const char* what) {
  if (code != MDB_SUCCESS) throw Failure(std::string("lmdb: ") + what + ": " + mdb_strerror(code));
}

MDB_val as_val(const void* data, std::size_t size) { return {size, const_cast<void*>(data)}; }

class Lmdb {
 public:
  class Reader;

  static std::string settings(const Setup& setup) {
    return setup.durability == Durability::kNone
               ? "MDB_WRITEMAP, MDB_NOSYNC, MDB_NORDAHEAD, MDB_NOTLS; map 8 GiB + 4 x data"
               : "defaults (fdatasync per commit), MDB_NORDAHEAD, MDB_NOTLS";
  }

  ~Lmdb() { close(); }
  void create(const Setup& setup) { open(setup); }

  void open(const Setup& setup) {
    dir_ = setup.dir;
    check(mdb_env_create(&env_), "env_create");
    check(mdb_env_set_mapsize(env_, (std::size_t{8} << 30) + 4 * setup.expected_size()), "set_mapsize");
    check(mdb_env_set_maxreaders(env_, 256), "set_maxreaders");
    unsigned flags = MDB_NORDAHEAD | MDB_NOTLS;
    if (setup.durability == Durability::kNone) flags |= MDB_WRITEMAP | MDB_NOSYNC;
    check(mdb_env_open(env_, setup.dir.c_str(), flags, 0644), "env_open");
    MDB_txn* txn = nullptr;
    check(mdb_txn_begin(env_, nullptr, 0, &txn), "txn_begin");
    check(mdb_dbi_open(txn, nullptr, 0, &dbi_), "dbi_open");
    check(mdb_txn_commit(txn), "txn_commit");
  }

  void close() {
    if (env_ != nullptr) mdb_env_close(env_);
    env_ = nullptr;
  }

  void put(const Key& key, Bytes value) { put_batch({&key, 1}, value); }

  void put_batch(std::span<const Key> keys, Bytes value) {
    MDB_txn* txn = nullptr;
    check(mdb_txn_begin(env_, nullptr, 0, &txn), "txn_begin");
    for (const Key& key : keys) {
      MDB_val name = as_val(key.data(), key.size());
      MDB_val data = as_val(value.data(), value.size());
      check(mdb_put(txn, dbi_, &name, &data, 0), "put");
    }
    check(mdb_txn_commit(txn), "txn_commit");
  }

  void end_of_writing() {}

  void compact() {
    const std::filesystem::path copy = dir_ / "compacted";
    std::filesystem::create_directories(copy);
    check(mdb_env_copy2(env_, copy.c_str(), MDB_CP_COMPACT), "copy2");
  }

 private:
  MDB_env* env_ = nullptr;
  MDB_dbi dbi_ = 0;
  std::filesystem::path dir_;
};

class Lmdb::Reader {
 public:
  explicit Reader(const Lmdb& engine) : dbi_(engine.dbi_) {
    check(mdb_txn_begin(engine.env_, nullptr, MDB_RDONLY, &txn_), "txn_begin");
    mdb_txn_reset(txn_);
  }
  ~Reader() { mdb_txn_abort(txn_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool get(const Key& key, std::uint64_t& sum) { return get_many({&key, 1}, sum) == 1; }

  std::size_t get_many(std::span<const Key> keys, std::uint64_t& sum) {
    check(mdb_txn_renew(txn_), "txn_renew");
    std::size_t found = 0;
    for (const Key& key : keys) {
      MDB_val name = as_val(key.data(), key.size());
      MDB_val data;
      const int code = mdb_get(txn_, dbi_, &name, &data);
      if (code == MDB_NOTFOUND) continue;
      check(code, "get");
      sum += touch(data.mv_data, data.mv_size);
      ++found;
    }
    mdb_txn_reset(txn_);
    return found;
  }

  ScanResult scan(bool check_sums) {
    if (check_sums) throw NotOffered("LMDB has no checksums");
    ScanResult result;
    check(mdb_txn_renew(txn_), "txn_renew");
    MDB_cursor* cursor = nullptr;
    check(mdb_cursor_open(txn_, dbi_, &cursor), "cursor_open");
    MDB_val key, data;
    while (mdb_cursor_get(cursor, &key, &data, MDB_NEXT) == MDB_SUCCESS) {
      result.sum += first_byte(data.mv_data);
      ++result.entry_count;
    }
    mdb_cursor_close(cursor);
    mdb_txn_reset(txn_);
    return result;
  }

 private:
  MDB_dbi dbi_;
  MDB_txn* txn_ = nullptr;
};

const Registration lmdb("lmdb", session_of<Lmdb>());

}  // namespace
}  // namespace bench
