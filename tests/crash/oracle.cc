#include "oracle.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdlib>
#include <vector>

#include "format/guard_line.h"
#include "simd/kernels.h"

namespace simdr::core::test {
namespace {

std::string find_program() {
  if (const char* named = std::getenv("SIMDR_ORACLE"); named != nullptr) return named;
  std::vector<std::string> places;
  if (const char* target = std::getenv("CARGO_TARGET_DIR"); target != nullptr) {
    places.push_back(std::string(target) + "/release/simdr-oracle");
  }
#ifdef SIMDR_SOURCE_ROOT
  places.push_back(SIMDR_SOURCE_ROOT "/tests/oracle/target/release/simdr-oracle");
#endif
  for (const std::string& place : places) {
    if (::access(place.c_str(), X_OK) == 0) return place;
  }
  return {};
}

}  // namespace

std::unique_ptr<Oracle> Oracle::start() {
  const std::string program = find_program();
  if (program.empty() || ::access(program.c_str(), X_OK) != 0) return nullptr;
  int down[2];
  int up[2];
  if (::pipe2(down, O_CLOEXEC) != 0 || ::pipe2(up, O_CLOEXEC) != 0) return nullptr;
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(down[0], 0);
    ::dup2(up[1], 1);
    ::execl(program.c_str(), program.c_str(), "serve", static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(down[0]);
  ::close(up[1]);
  if (child < 0) return nullptr;
  ::signal(SIGPIPE, SIG_IGN);
  return std::unique_ptr<Oracle>(new Oracle(child, ::fdopen(down[1], "w"), ::fdopen(up[0], "r")));
}

Oracle::~Oracle() {
  std::fclose(to_);
  std::fclose(from_);
  ::waitpid(child_, nullptr, 0);
}

bool Oracle::dump(const std::string& path, Contents* out, std::string* why) {
  out->clear();
  std::fprintf(to_, "dump %s\n", path.c_str());
  if (std::fflush(to_) != 0) {
    *why = "the oracle is gone";
    return false;
  }
  bool good = true;
  char line[512];
  while (std::fgets(line, sizeof line, from_) != nullptr) {
    if (line[0] == '.' && line[1] == '\n') return good;
    std::uint64_t key = 0;
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    Entry entry;
    int is_valid = 0;
    if (std::sscanf(line, "entry %" SCNx64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNx32 " %d", &key, &start, &end,
                    &entry.size, &entry.crc32, &is_valid) == 6) {
      entry.is_valid = is_valid != 0;
      (*out)[key] = entry;
    } else if (std::string(line).starts_with("error") || std::string(line).starts_with("panic")) {
      *why = line;
      good = false;
    }
  }
  *why = "the oracle is gone";
  return false;
}

std::string compare_with(const Oracle::Contents& contents, const State& state) {
  for (const auto& [key, value] : state) {
    const auto found = contents.find(key);
    if (found == contents.end()) return "the crate lost key " + std::to_string(key);
    const std::uint32_t crc = simd::kernels().crc32(0, value->data(), value->size());
    if (found->second.size != value->size() || found->second.crc32 != crc || !found->second.is_valid) {
      return "the crate has other bytes for key " + std::to_string(key);
    }
  }
  // One that it takes for an entry ends where a guard does, or, where the committed tail is torn, behind the guard's durable
  // mark: a guard's first 20 bytes read as a trailer too, whose key hash is the magic.
  const std::size_t phantoms = contents.count(kGuardKeyHash) + contents.count(kGuardMagic);
  if (phantoms > 1 || contents.size() != state.size() + phantoms) {
    std::string surplus;
    for (const auto& item : contents) {
      char text[20];
      std::snprintf(text, sizeof text, "%016" PRIx64 " ", item.first);
      if (!state.contains(item.first)) surplus += text;
    }
    return "the crate holds " + std::to_string(contents.size()) + " keys, " + std::to_string(phantoms) +
           " of them phantoms, not " + std::to_string(state.size()) + ": " + surplus;
  }
  return {};
}

}  // namespace simdr::core::test
