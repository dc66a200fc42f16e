// The main job, shown on real input: a tree of files goes into one store and comes back out of it without a copy, every byte compared
// with the files. Prints what was done and how fast. Ends with 1 when anything is not as it was.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <simdr.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

double mebibytes(std::uint64_t size) { return static_cast<double>(size) / (1024.0 * 1024.0); }

// One line of the report: what, how long, how many of what a second, how many bytes a second.
void tell(const char* what, double seconds, std::uint64_t count, const char* unit, std::uint64_t size) {
  std::printf("%-34s %9.1f ms  %11.0f %s/s  %9.0f MiB/s\n", what, seconds * 1e3, static_cast<double>(count) / seconds,
              unit, mebibytes(size) / seconds);
}

// A folder that is gone with everything in it when the program ends.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "simdr-demo-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot create a folder like " + name);
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

// A file's bytes, mapped.
class FileBytes {
 public:
  explicit FileBytes(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (descriptor < 0 || ::fstat(descriptor, &status) != 0) throw std::runtime_error("cannot read " + path);
    size_ = static_cast<std::size_t>(status.st_size);
    data_ = size_ == 0 ? nullptr : ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE | MAP_POPULATE, descriptor, 0);
    ::close(descriptor);
    if (data_ == MAP_FAILED) throw std::runtime_error("cannot map " + path);
  }
  ~FileBytes() {
    if (data_ != nullptr) ::munmap(data_, size_);
  }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] bool equals(std::span<const std::byte> bytes) const {
    return bytes.size() == size_ && (size_ == 0 || std::memcmp(bytes.data(), data_, size_) == 0);
  }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

// Once through all files, so that what follows measures the store and not the disk they lie on.
void warm_up(const std::string& tree) {
  std::uint64_t count = 0;
  std::uint64_t size = 0;
  const Stopwatch watch;
  for (const fs::directory_entry& found :
       fs::recursive_directory_iterator(tree, fs::directory_options::skip_permission_denied)) {
    if (found.is_symlink() || !found.is_regular_file()) continue;
    const FileBytes file(found.path().string());
    ++count;
    size += file.size();
  }
  tell("read the files once, to compare", watch.seconds(), count, "files", size);
}

struct Imported {
  std::vector<std::string> keys;
  std::uint64_t size = 0;
};

Imported import_tree(const std::string& tree, const std::string& store_path) {
  Imported imported;
  simdr::Store store(store_path, {.mode = simdr::OpenMode::kCreateNew});
  const auto remember = [&](std::string_view key, std::uint64_t, simdr_status status) {
    if (status == SIMDR_OK) imported.keys.emplace_back(key);
  };
  const Stopwatch watch;
  const simdr::ImportResult result = *store.import_directory(tree, {.on_file = remember});
  tell("import", watch.seconds(), result.file_count, "files", result.stored_size);
  imported.size = result.stored_size;

  const Stopwatch closing;
  store.close();
  std::printf("%-34s %9.1f ms\n", "close (syncs to the disk)", closing.seconds() * 1e3);
  std::printf("  %" PRIu64 " files, %.1f MiB; %" PRIu64 " left out: empty files, links and the like\n",
              result.file_count, mebibytes(result.stored_size), result.skipped_count);
  std::printf("  the store is one file of %.1f MiB\n", mebibytes(fs::file_size(store_path)));
  return imported;
}

// Takes a borrowed view of every value and looks at each of its bytes.
bool read_all(const simdr::Store& store, const Imported& imported) {
  std::uint64_t sum = 0;
  std::uint64_t missing = 0;
  const Stopwatch watch;
  for (const std::string& key : imported.keys) {
    const std::optional<simdr::View> view = store.view(key);
    if (!view) {
      ++missing;
      continue;
    }
    const char* at = reinterpret_cast<const char*>(view->bytes().data());
    std::size_t i = 0;
    for (; i + 8 <= view->size(); i += 8) {
      std::uint64_t word;
      std::memcpy(&word, at + i, sizeof word);
      sum += word;
    }
    for (; i < view->size(); ++i) sum += static_cast<unsigned char>(at[i]);
  }
  tell("read back, no copy, every byte", watch.seconds(), imported.keys.size(), "values", imported.size);
  if (missing != 0) std::printf("  MISSING: %" PRIu64 " keys (sum %" PRIx64 ")\n", missing, sum);
  return missing == 0 && sum != 1;  // the sum is looked at so that no compiler leaves the reading out
}

void look_up_all(const simdr::Store& store, const Imported& imported) {
  constexpr int kRounds = 10;
  std::uint64_t size = 0;
  const Stopwatch watch;
  for (int round = 0; round < kRounds; ++round) {
    for (const std::string& key : imported.keys) {
      if (const std::optional<simdr::View> view = store.view(key)) size += view->size();
    }
  }
  const double seconds = watch.seconds();
  const double count = static_cast<double>(imported.keys.size()) * kRounds;
  std::printf("%-34s %9.1f ms  %11.0f keys/s   (%.0f ns each)%s\n", "look up, hashing the key", seconds * 1e3,
              count / seconds, seconds / count * 1e9, size == imported.size * kRounds ? "" : "  WRONG SIZES");
}

bool compare_with_files(const simdr::Store& store, const std::string& tree, const Imported& imported) {
  std::uint64_t different = 0;
  const Stopwatch watch;
  for (const std::string& key : imported.keys) {
    const std::optional<simdr::View> view = store.view(key);
    const std::string path = tree + "/" + key;
    if (view && FileBytes(path).equals(view->bytes())) continue;
    if (++different <= 10) std::printf("  DIFFERENT: %s\n", path.c_str());
  }
  tell("compare with the files", watch.seconds(), imported.keys.size(), "files", imported.size);
  return different == 0;
}

bool verify(const simdr::Store& store) {
  const Stopwatch watch;
  const simdr::VerifyResult result = *store.verify();
  tell("verify all checksums and links", watch.seconds(), result.entry_count, "entries", result.checked_size);
  return result.fault_count == 0;
}

bool run(const std::string& tree) {
  const ScratchFolder scratch;
  const std::string path = scratch.file("demo.simdr");
  std::printf("simdr %s, %s kernels\nfrom %s\nto   %s\n\n", simdr::version_string(), simdr::kernel_name(), tree.c_str(),
              path.c_str());
  warm_up(tree);
  const Imported imported = import_tree(tree, path);

  const Stopwatch opening;
  const simdr::Store store(path, {.mode = simdr::OpenMode::kReadOnly});
  tell("open it again", opening.seconds(), store.count(), "entries", store.file_size());

  bool good = store.count() == imported.keys.size();
  good = read_all(store, imported) && good;
  look_up_all(store, imported);
  good = compare_with_files(store, tree, imported) && good;
  good = verify(store) && good;
  if (good) {
    std::printf("\nall %zu values are byte for byte their files; every checksum matches\n", imported.keys.size());
  } else {
    std::printf("\nNOT GOOD: the store does not hold what the files do\n");
  }
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
    return 2;
  }
  try {
    return run(argv[1]) ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s: %s\n", argv[0], failure.what());
    return EXIT_FAILURE;
  }
}
