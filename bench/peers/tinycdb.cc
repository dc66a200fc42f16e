// tinycdb, write-once: a file is built whole, then read. So the time of its puts includes cdb_make_finish(), it takes one
// writing thread, nothing can be put beside readers, and what is not durable by then is not at all. Values are borrowed from the map.
#include <cdb.h>
#include <fcntl.h>
#include <unistd.h>

#include "engine_session.h"

namespace bench {
namespace {

constexpr unsigned kKeySize = sizeof(Key);

class TinyCdb {
 public:
  class Reader;

  static std::string settings(const Setup&) { return "write-once: cdb_make_add, then cdb_make_finish"; }

  ~TinyCdb() { close(); }

  void create(const Setup& setup) {
    if (setup.durability != Durability::kNone) throw NotOffered("tinycdb is written once");
    fd_ = ::open(path(setup).c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd_ < 0 || cdb_make_start(&make_, fd_) != 0) throw Failure("tinycdb: create");
    is_making_ = true;
  }
  void open(const Setup& setup) {
    fd_ = ::open(path(setup).c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) throw Failure("tinycdb: open");
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  void put(const Key& key, Bytes value) {
    if (!is_making_) throw NotOffered("tinycdb is written once");
    if (cdb_make_add(&make_, key.data(), kKeySize, value.data(), static_cast<unsigned>(value.size())) != 0) {
      throw Failure("tinycdb: add");
    }
  }
  void put_batch(std::span<const Key> keys, Bytes value) {
    for (const Key& key : keys) put(key, value);
  }
  void end_of_writing() {
    if (cdb_make_finish(&make_) != 0) throw Failure("tinycdb: finish");
    is_making_ = false;
  }
  void compact() { throw NotOffered("tinycdb is written once"); }

 private:
  static std::string path(const Setup& setup) { return (setup.dir / "store.cdb").string(); }

  int fd_ = -1;
  cdb_make make_{};
  bool is_making_ = false;
};

class TinyCdb::Reader {
 public:
  explicit Reader(const TinyCdb& engine) {
    if (cdb_init(&cdb_, engine.fd_) != 0) throw Failure("tinycdb: init");
  }
  ~Reader() { cdb_free(&cdb_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool get(const Key& key, std::uint64_t& sum) {
    if (cdb_find(&cdb_, key.data(), kKeySize) <= 0) return false;
    sum += touch(cdb_getdata(&cdb_), cdb_datalen(&cdb_));
    return true;
  }
  std::size_t get_many(std::span<const Key> keys, std::uint64_t& sum) {
    std::size_t found = 0;
    for (const Key& key : keys) found += get(key, sum);
    return found;
  }
  ScanResult scan(bool check_sums) {
    if (check_sums) throw NotOffered("tinycdb has no checksums");
    ScanResult result;
    unsigned position;
    cdb_seqinit(&position, &cdb_);
    while (cdb_seqnext(&position, &cdb_) > 0) {
      result.sum += first_byte(cdb_getdata(&cdb_));
      ++result.entry_count;
    }
    return result;
  }

 private:
  cdb cdb_{};
};

const Registration tiny_cdb("tinycdb", session_of<TinyCdb>());

}  // namespace
}  // namespace bench
