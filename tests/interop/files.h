// Files of a test: a folder of its own, whole files in and out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace simdr::interop {

// Under $TMPDIR or /tmp, or, where many files are to be synced, in memory if the system has a place for that. Removed with
// all that is in it.
class TempDir {
 public:
  enum class Place { kDisk, kMemory };
  explicit TempDir(Place place = Place::kDisk);
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The three end the test program when the file system fails them.
std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view bytes);
std::uint64_t size_of(const std::string& path);

bool is_there(const std::string& path);  // a link counts, whatever it points to

}  // namespace simdr::interop
