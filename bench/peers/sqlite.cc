// SQLite with one table of key and value. WAL; synchronous OFF, or FULL for durable puts; 256 MiB of page cache, the file mapped; prepared
// statements used again. WITHOUT ROWID up to 256 bytes, where its documents recommend it, else a rowid table with a unique
// index, and pages of 16 KiB from 64 KiB values on. A single put is a transaction of its own, a batch is one transaction. Each reading thread
// has its own connection; writers share one under a lock, which is faster than connections that wait for each other's. Values
// are borrowed until the statement is reset.
#include <sqlite3.h>

#include <mutex>

#include "engine_session.h"

namespace bench {
namespace {

class Connection {
 public:
  Connection(const std::string& path, bool is_durable, std::size_t value_size) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    check(sqlite3_open_v2(path.c_str(), &db_, flags, nullptr), "open");
    sqlite3_busy_timeout(db_, 10000);
    run(value_size >= 65536 ? "PRAGMA page_size = 16384" : "PRAGMA page_size = 4096");
    run("PRAGMA journal_mode = WAL");
    run(is_durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF");
    run("PRAGMA cache_size = -262144");
    run("PRAGMA mmap_size = 17179869184");
  }
  ~Connection() {
    for (sqlite3_stmt* statement : statements_) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void check(int code, const char* what) const {
    if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) {
      throw Failure(std::string("sqlite: ") + what + ": " + (db_ != nullptr ? sqlite3_errmsg(db_) : "no memory"));
    }
  }
  void run(const char* sql) const { check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr), sql); }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr), sql);
    statements_.push_back(statement);
    return statement;
  }

 private:
  sqlite3* db_ = nullptr;
  std::vector<sqlite3_stmt*> statements_;
};

class Sqlite {
 public:
  class Reader;

  static std::string settings(const Setup& setup) {
    return std::string("WAL, synchronous=") + (setup.durability == Durability::kNone ? "OFF" : "FULL") +
           ", cache 256 MiB, mmap 16 GiB, prepared statements, " +
           (setup.value_size <= 256 ? "WITHOUT ROWID" : "rowid and unique index");
  }

  void create(const Setup& setup) {
    connect(setup);
    writer_->run(setup.value_size <= 256 ? "CREATE TABLE t (k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID"
                                         : "CREATE TABLE t (k BLOB PRIMARY KEY, v BLOB)");
    insert_ = writer_->prepare("INSERT OR REPLACE INTO t VALUES (?1, ?2)");
  }
  void open(const Setup& setup) {
    connect(setup);
    insert_ = writer_->prepare("INSERT OR REPLACE INTO t VALUES (?1, ?2)");
  }
  void close() { writer_.reset(); }

  void put(const Key& key, Bytes value) {
    const std::lock_guard lock(mutex_);
    insert(key, value);
  }
  void put_batch(std::span<const Key> keys, Bytes value) {
    const std::lock_guard lock(mutex_);
    writer_->run("BEGIN IMMEDIATE");
    for (const Key& key : keys) insert(key, value);
    writer_->run("COMMIT");
  }
  void end_of_writing() {}
  void compact() { writer_->run("VACUUM"); }

 private:
  void connect(const Setup& setup) {
    path_ = (setup.dir / "store.sqlite").string();
    value_size_ = setup.value_size;
    is_durable_ = setup.durability != Durability::kNone;
    writer_ = std::make_unique<Connection>(path_, is_durable_, value_size_);
  }
  void insert(const Key& key, Bytes value) {
    sqlite3_bind_blob(insert_, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
    sqlite3_bind_blob64(insert_, 2, value.data(), value.size(), SQLITE_STATIC);
    writer_->check(sqlite3_step(insert_), "insert");
    writer_->check(sqlite3_reset(insert_), "insert");
  }

  std::string path_;
  std::size_t value_size_ = 0;
  bool is_durable_ = false;
  std::mutex mutex_;
  std::unique_ptr<Connection> writer_;
  sqlite3_stmt* insert_ = nullptr;
};

class Sqlite::Reader {
 public:
  explicit Reader(const Sqlite& engine)
      : connection_(engine.path_, engine.is_durable_, engine.value_size_),
        select_(connection_.prepare("SELECT v FROM t WHERE k = ?1")),
        all_(connection_.prepare("SELECT v FROM t")) {}

  bool get(const Key& key, std::uint64_t& sum) {
    sqlite3_bind_blob(select_, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
    const int code = sqlite3_step(select_);
    connection_.check(code, "select");
    if (code == SQLITE_ROW) {
      const void* data = sqlite3_column_blob(select_, 0);
      sum += touch(data, static_cast<std::size_t>(sqlite3_column_bytes(select_, 0)));
    }
    sqlite3_reset(select_);
    return code == SQLITE_ROW;
  }
  std::size_t get_many(std::span<const Key> keys, std::uint64_t& sum) {
    connection_.run("BEGIN");
    std::size_t found = 0;
    for (const Key& key : keys) found += get(key, sum);
    connection_.run("COMMIT");
    return found;
  }
  ScanResult scan(bool check_sums) {
    if (check_sums) throw NotOffered("SQLite has no checksums by default");
    ScanResult result;
    int code;
    while ((code = sqlite3_step(all_)) == SQLITE_ROW) {
      result.sum += first_byte(sqlite3_column_blob(all_, 0));
      ++result.entry_count;
    }
    connection_.check(code, "scan");
    sqlite3_reset(all_);
    return result;
  }

 private:
  Connection connection_;
  sqlite3_stmt* select_;
  sqlite3_stmt* all_;
};

const Registration sqlite("sqlite", session_of<Sqlite>());

}  // namespace
}  // namespace bench
