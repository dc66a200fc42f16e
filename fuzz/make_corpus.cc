// Writes the seed corpora: small stores of every kind, and histories. Usage: make_corpus FOLDER. The same bytes every time.
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "disk.h"
#include "format/guard_line.h"
#include "format/trailer.h"
#include "simd/kernels.h"
#include "workload.h"

namespace simdr::core::test {
namespace {

const std::string kPath = "/disk/store.simdr";

void write_file(const std::filesystem::path& path, const Bytes& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

// A store as the library leaves it: closed, or with its guard where a kill left it, the room before it cut to a little.
Bytes make_store(std::uint64_t seed, bool is_closed) {
  WorkloadShape shape;
  shape.operation_count = 4 + seed % 9;
  shape.key_count = 6;
  shape.max_value_size = 300;
  shape.huge_every = 0;
  RecordingFileSystem files;
  OpenSettings settings;
  settings.reserve_size = RecordingFileSystem::kFileCapacity / 2;
  settings.durability = static_cast<Durability>(1 + seed % 3);
  Session session(files, kPath, settings);
  if (!session.open()) return {};
  for (const Operation& operation : make_workload(seed, shape, {})) (void)session.apply(operation);
  if (is_closed) {
    (void)session.close();
    return files.contents(kPath);
  }
  const Bytes whole = files.contents(kPath);
  Bytes out(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(align_up(session.store()->tail(), 64) + 128));
  GuardLine guard;
  const std::uint64_t line = whole.size() - kGuardSize;
  if (!decode_guard(whole.data() + line, line, &guard)) return {};
  std::byte bytes[kGuardSize];
  encode_guard(bytes, out.size(), guard);
  out.insert(out.end(), bytes, bytes + kGuardSize);
  return out;
}

// A store of an older generation, by hand.
Bytes make_old(const Layout& layout, std::uint64_t seed) {
  Random random(seed);
  Bytes out;
  for (int i = 0; i < 6; ++i) {
    const std::uint64_t prev_tail = out.size();
    const bool is_tombstone = layout.has_tombstones && i == 4;
    const Value value = is_tombstone ? std::make_shared<const Bytes>(1, kTombstoneByte)
                                     : make_value(1 + random.below(120), random.next());
    if (!is_tombstone) out.resize(static_cast<std::size_t>(align_up(prev_tail, layout.alignment)));
    out.insert(out.end(), value->begin(), value->end());
    std::byte trailer[kTrailerSize];
    encode_trailer(trailer, {key_of(static_cast<std::uint64_t>(i % 4)), prev_tail,
                             simd::kernels().crc32(0, value->data(), value->size())});
    out.insert(out.end(), trailer, trailer + layout.trailer_size);
  }
  return out;
}

std::vector<Bytes> make_files() {
  std::vector<Bytes> files;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) files.push_back(make_store(seed, true));
  for (std::uint64_t seed = 11; seed <= 18; ++seed) files.push_back(make_store(seed, false));
  for (const Layout& layout : {kAligned16, kPacked20, kPacked19, Layout{20, 256, true}})
    files.push_back(make_old(layout, 5));
  // Damaged: cut, with zeros behind, with a hole, with another's bytes in front.
  for (std::size_t i = 0; i < 8; ++i) {
    Bytes bytes = files[i];
    if (bytes.size() < 200) continue;
    if (i % 4 == 0) bytes.resize(bytes.size() - 9 - i);
    if (i % 4 == 1) bytes.resize(bytes.size() + 300);
    if (i % 4 == 2) std::memset(bytes.data() + bytes.size() / 2, 0, 64);
    if (i % 4 == 3) bytes.insert(bytes.begin(), 100, std::byte{0x41});
    files.push_back(std::move(bytes));
  }
  files.push_back(Bytes(4096));
  files.push_back(Bytes(100, std::byte{0xFF}));
  return files;
}

void make_histories(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Random random(seed);
    Bytes bytes(static_cast<std::size_t>(20 + random.below(220)));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next() >> 56);
    if (seed % 4 == 0) bytes[1] = bytes[2] = std::byte{0};  // none fails
    write_file(folder / ("history-" + std::to_string(seed)), bytes);
  }
}

// Lists of changes, see index_fuzzer.cc: one of each kind by itself, then some together.
void make_index_changes(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (std::uint64_t seed = 0; seed < 48; ++seed) {
    Random random(seed);
    const std::uint64_t changes = seed < 12 ? 1 : 1 + random.below(6);
    Bytes bytes(static_cast<std::size_t>(1 + 12 * changes));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next() >> 56);
    bytes[0] = static_cast<std::byte>(seed % 2);
    if (seed < 12) bytes[1] = static_cast<std::byte>(seed / 2);
    write_file(folder / ("changes-" + std::to_string(seed)), bytes);
  }
}

}  // namespace
}  // namespace simdr::core::test

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path root = argv[1];
  const auto files = simdr::core::test::make_files();
  for (const char* target : {"open", "scan", "salvage"}) {
    std::filesystem::create_directories(root / target);
    for (std::size_t i = 0; i < files.size(); ++i) {
      simdr::core::test::write_file(root / target / ("store-" + std::to_string(i)), files[i]);
    }
  }
  simdr::core::test::make_index_changes(root / "index");
  simdr::core::test::make_histories(root / "api");
  return 0;
}
