#include "recordings.h"

#include <sstream>

#include "files.h"

namespace simdr::interop {
namespace {

const char* const kFolder = SIMDR_TEST_DATA "/history/";
const char* const kStores = SIMDR_TEST_DATA "/generations/v0.16.3-alpha/";

constexpr KnownDefect kDefects[] = {
    {"BUG_compact_all_zero", "the crate cannot compact an all-zero value"},
    {"BUG_compact_same_handle", "the crate's handle goes on writing to the file that compaction unlinked"},
    {"BUG_stream_rejected_empty", "a refused empty stream moves the crate's position, and the next write is damaged"},
    {"BUG_stream_rejected_nul",
     "the crate refuses a stream of zeros after it wrote some, and the next write is damaged"},
    {"BUG_stream_rejected_nul_flushed", "the same, with more zeros than its buffer holds"},
    {"batch_delete", "the crate appends two deletions of a key that is named twice in one batch"},
    {"stream_reader_error", "the crate stores what a stream gave before its source failed, as if it were all"},
    {"tomb_twice", "the crate appends a second deletion of a deleted key after a reopen"},
};

// The lines without comments and empty ones.
std::vector<std::string> lines_of(const std::string& path) {
  std::istringstream in(read_file(path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  }
  return lines;
}

}  // namespace

History Recording::history() const { return parse_history(read_file(kFolder + name + ".txt")); }

std::optional<std::string> Recording::file() const {
  const std::string path = kStores + name + ".bin";
  if (!is_there(path)) return std::nullopt;
  return read_file(path);
}

std::vector<Recording> recordings() {
  std::vector<Recording> all;
  for (const std::string& line : lines_of(std::string(kFolder) + "files.txt")) {
    std::istringstream fields(line);
    Recording recording;
    fields >> recording.name >> recording.file_size >> std::hex >> recording.file_crc;
    EXPECT_FALSE(fields.fail()) << line;
    all.push_back(recording);
  }
  return all;
}

std::vector<RecordedState> recorded_states() {
  std::vector<RecordedState> all;
  for (const std::string& line : lines_of(std::string(kStores) + "expected.txt")) {
    std::istringstream fields(line);
    if (line.starts_with("store ")) {
      std::string word;
      RecordedState& state = all.emplace_back();
      fields >> word >> state.name >> state.file_size;
    } else {
      LiveEntry entry;
      std::string crc;
      fields >> std::hex >> entry.hash >> std::dec >> entry.start >> entry.end >> crc >> entry.crc_ok;
      entry.crc = crc_in_file_order(crc);
      all.back().entries.push_back(entry);
    }
    EXPECT_FALSE(fields.fail()) << line;
  }
  return all;
}

const KnownDefect* known_defect(const std::string& name) {
  for (const KnownDefect& defect : kDefects) {
    if (name == defect.name) return &defect;
  }
  return nullptr;
}

std::uint32_t crc_in_file_order(const std::string& digits) {
  std::uint32_t crc = 0;
  const Bytes bytes = from_hex(digits).value_or(Bytes{});
  for (std::size_t i = bytes.size(); i-- > 0;) crc = crc << 8 | static_cast<unsigned char>(bytes[i]);
  return crc;
}

}  // namespace simdr::interop
