// Executes tests/data/conformance/vectors.txt through simdr.hpp; its README.md says what the verbs are. Prints TAP.
// usage: conformance_cpp VECTORS
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "simdr.hpp"
#include "temp_dir.hpp"

namespace {

using Words = std::vector<std::string>;

// --- tokens

std::string to_hex(simdr::Bytes bytes) {
  if (bytes.size() == 0) return "-";
  std::string hex;
  const auto* at = static_cast<const unsigned char*>(bytes.data());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    hex += "0123456789abcdef"[at[i] >> 4];
    hex += "0123456789abcdef"[at[i] & 15];
  }
  return hex;
}
std::string to_digits(std::uint64_t number, std::size_t count) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(number));
  return std::string(digits).substr(16 - count);
}
std::string written_out(const std::string& token) {  // HEX*COUNT
  const std::size_t star = token.find('*');
  if (star == std::string::npos) return token;
  std::string all;
  for (auto count = std::stoull(token.substr(star + 1)); count > 0; --count) all += token.substr(0, star);
  return all;
}
std::string bytes_of(const std::string& token) {
  std::string bytes;
  if (token == "-") return bytes;
  const std::string hex = written_out(token);
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}
simdr::KeyHash hash_of(const std::string& token) { return simdr::KeyHash{std::stoull(token, nullptr, 16)}; }
Words all_bytes(const Words& words) {
  Words all;
  for (const std::string& word : words) all.push_back(bytes_of(word));
  return all;
}

// An outcome that is no exception of the wrapper's: thrown by a verb as its status.
simdr_status unless(bool done, simdr_status outcome) { return done ? SIMDR_OK : outcome; }
template <typename Value>
const Value& value_of(const std::optional<Value>& found) {
  if (!found) throw simdr::Error(SIMDR_NOT_FOUND);
  return *found;
}

// --- the vector that runs

class Run {
 public:
  // The outcome of a step.
  std::string run(const std::string& verb, const Words& arguments) {
    const auto found = verbs().find(verb);
    if (found == verbs().end()) throw std::invalid_argument("unknown verb " + verb);
    Words results;
    simdr_status status;
    try {
      status = found->second(*this, arguments, results);
    } catch (const simdr::Error& error) {
      status = error.status();
    }
    if (status != SIMDR_OK) {
      const std::string name = simdr_status_name(status);
      return name.starts_with("ERR_") ? name.substr(4) : name;
    }
    std::string outcome = "ok";
    for (const std::string& result : results) outcome += " " + result;
    return outcome;
  }
  bool is_closed() const { return !store_; }

 private:
  using Verb = std::function<simdr_status(Run&, const Words&, Words&)>;
  static const std::map<std::string, Verb>& verbs();

  std::string path(const std::string& name) const { return dir_.file(name.c_str()); }
  simdr::Store& store() {
    if (!store_) throw std::logic_error("no store is open");
    return *store_;
  }
  simdr::Entry entry(const Words& in) { return value_of(store().get(bytes_of(in.at(0)))); }
  simdr_status open(const Words& in, bool verify_reads) {
    static const std::map<std::string, simdr::OpenMode> modes = {{"create", simdr::OpenMode::kCreate},
                                                                 {"existing", simdr::OpenMode::kExisting},
                                                                 {"read_only", simdr::OpenMode::kReadOnly},
                                                                 {"create_new", simdr::OpenMode::kCreateNew}};
    if (store_) throw std::logic_error("a store is open");
    simdr::OpenOptions options;
    options.mode = modes.at(in.at(1));
    options.verify_reads = verify_reads;
    store_.emplace(path(in.at(0)), options);
    return SIMDR_OK;
  }
  simdr_status close() {
    store().close();
    store_.reset();
    return SIMDR_OK;
  }
  simdr_status put_batch(const Words& in) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (std::size_t i = 0; i + 1 < in.size(); i += 2) pairs.emplace_back(bytes_of(in[i]), bytes_of(in[i + 1]));
    store().put_many(pairs);
    return SIMDR_OK;
  }
  simdr_status put_stream(const Words& in) {
    simdr::Stream stream = store().stream(bytes_of(in.at(0)));
    for (std::size_t i = 1; i < in.size(); ++i) stream.write(bytes_of(in[i]));
    stream.commit();
    return SIMDR_OK;
  }
  simdr_status get_batch(const Words& in, Words& out) {
    for (const std::optional<simdr::Entry>& entry : store().get_many(all_bytes(in)))
      out.push_back(entry ? to_hex(entry->bytes()) : "absent");
    return SIMDR_OK;
  }
  static simdr_status values(simdr::EntryRange range, Words& out) {
    for (const simdr::Entry& entry : range) out.push_back(to_hex(entry.bytes()));
    return SIMDR_OK;
  }
  simdr_status verify() {
    const std::optional<simdr::VerifyResult> result = store().verify();
    return unless(result && result->fault_count == 0, SIMDR_ERR_CORRUPT);
  }
  simdr_status write_file(const Words& in, std::ios::openmode mode) {
    std::ofstream file(path(in.at(0)), std::ios::binary | mode);
    const std::string bytes = bytes_of(in.at(1));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush();
    return unless(file.good(), SIMDR_ERR_IO);
  }
  std::string read_file(const std::string& name) {
    std::ifstream file(path(name), std::ios::binary);
    if (!file) throw simdr::Error(SIMDR_ERR_IO);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  simdr_status flip_byte(const Words& in) {
    std::fstream file(path(in.at(0)), std::ios::binary | std::ios::in | std::ios::out);
    const std::streamoff offset = std::stoll(in.at(1));
    const int byte = file.seekg(offset).get();
    file.seekp(offset).put(static_cast<char>(~byte)).flush();
    return unless(file.good(), SIMDR_ERR_IO);
  }

  simdr::test::TempDir dir_;
  std::optional<simdr::Store> store_;  // closed before the folder goes
};

const std::map<std::string, Run::Verb>& Run::verbs() {
  using R = Run&;
  using In = const Words&;
  using Out = Words&;
  static const auto number = [](Words& out, std::uint64_t value) {
    out.push_back(std::to_string(value));
    return SIMDR_OK;
  };
  static const std::map<std::string, Verb> all = {
      {"open", [](R run, In in, Out) { return run.open(in, false); }},
      {"open_verifying", [](R run, In in, Out) { return run.open(in, true); }},
      {"close", [](R run, In, Out) { return run.close(); }},
      {"put", [](R run, In in, Out) { return run.store().put(bytes_of(in.at(0)), bytes_of(in.at(1))), SIMDR_OK; }},
      {"put_hashed",
       [](R run, In in, Out) { return run.store().put(hash_of(in.at(0)), bytes_of(in.at(1))), SIMDR_OK; }},
      {"put_if_absent",
       [](R run, In in, Out) {
         return unless(run.store().put_if_absent(bytes_of(in.at(0)), bytes_of(in.at(1))).has_value(), SIMDR_EXISTS);
       }},
      {"put_batch", [](R run, In in, Out) { return run.put_batch(in); }},
      {"put_stream", [](R run, In in, Out) { return run.put_stream(in); }},
      {"get", [](R run, In in, Out out) { return out.push_back(to_hex(run.entry(in).bytes())), SIMDR_OK; }},
      {"get_hashed",
       [](R run, In in, Out out) {
         return out.push_back(to_hex(value_of(run.store().get(hash_of(in.at(0)))).bytes())), SIMDR_OK;
       }},
      {"get_batch", [](R run, In in, Out out) { return run.get_batch(in, out); }},
      {"exists", [](R run, In in, Out out) { return number(out, run.store().exists(bytes_of(in.at(0)))); }},
      {"remove",
       [](R run, In in, Out) { return unless(run.store().remove(bytes_of(in.at(0))).has_value(), SIMDR_NOT_FOUND); }},
      {"remove_batch",
       [](R run, In in, Out out) { return number(out, run.store().remove_many(all_bytes(in)).removed_count); }},
      {"rename",
       [](R run, In in, Out) {
         return unless(run.store().rename(bytes_of(in.at(0)), bytes_of(in.at(1))).has_value(), SIMDR_NOT_FOUND);
       }},
      {"count", [](R run, In, Out out) { return number(out, run.store().count()); }},
      {"iterate", [](R run, In, Out out) { return values(run.store().entries(), out); }},
      {"versions", [](R run, In in, Out out) { return values(run.store().versions(bytes_of(in.at(0))), out); }},
      {"checksum",
       [](R run, In in, Out out) { return out.push_back(to_digits(run.entry(in).checksum(), 8)), SIMDR_OK; }},
      {"start_offset", [](R run, In in, Out out) { return number(out, run.entry(in).start_offset()); }},
      {"aligned",
       [](R run, In in, Out out) {
         const auto address = reinterpret_cast<std::uintptr_t>(run.entry(in).data());
         return number(out, address % std::stoull(in.at(1)) == 0);
       }},
      {"file_size", [](R run, In, Out out) { return number(out, run.store().file_size()); }},
      {"compact", [](R run, In, Out) { return unless(run.store().compact(), SIMDR_STOPPED); }},
      {"verify", [](R run, In, Out) { return run.verify(); }},
      {"recovered", [](R run, In, Out out) { return number(out, run.store().recovered_from() != nullptr); }},
      {"generation", [](R run, In, Out out) { return out.emplace_back(run.store().generation()), SIMDR_OK; }},
      {"alignment", [](R run, In, Out out) { return number(out, run.store().alignment()); }},
      {"key_hash",
       [](R, In in, Out out) {
         const auto hash = static_cast<std::uint64_t>(simdr::key_hash(bytes_of(in.at(0))));
         return out.push_back(to_digits(hash, 16)), SIMDR_OK;
       }},
      {"namespaced_key",
       [](R, In in, Out out) {
         return out.push_back(to_hex(simdr::namespaced_key(bytes_of(in.at(0)), bytes_of(in.at(1))))), SIMDR_OK;
       }},
      {"write_file", [](R run, In in, Out) { return run.write_file(in, std::ios::trunc); }},
      {"append_file", [](R run, In in, Out) { return run.write_file(in, std::ios::app); }},
      {"cut_file",
       [](R run, In in, Out) {
         return std::filesystem::resize_file(run.path(in.at(0)), std::stoull(in.at(1))), SIMDR_OK;
       }},
      {"flip_byte", [](R run, In in, Out) { return run.flip_byte(in); }},
      {"read_file", [](R run, In in, Out out) { return out.push_back(to_hex(run.read_file(in.at(0)))), SIMDR_OK; }},
      {"file_hash",
       [](R run, In in, Out out) {
         const auto hash = static_cast<std::uint64_t>(simdr::key_hash(run.read_file(in.at(0))));
         return out.push_back(to_digits(hash, 16)), SIMDR_OK;
       }},
  };
  return all;
}

// Whether the step's outcome is what it says; throws when it cannot be run.
bool holds(Run& run, const std::string& line, int line_number) {
  std::istringstream in(line);
  const Words words{std::istream_iterator<std::string>(in), {}};
  const auto arrow = std::find(words.begin(), words.end(), "=>");
  if (arrow == words.begin() || words.end() - arrow < 2) throw std::invalid_argument("no step");
  std::string expected;
  for (auto word = arrow + 1; word != words.end(); ++word)
    expected += (expected.empty() ? "" : " ") + written_out(*word);
  const std::string outcome = run.run(words[0], Words(words.begin() + 1, arrow));
  if (outcome == expected) return true;
  std::cerr << "# line " << line_number << ": got  " << outcome.substr(0, 200) << "\n# line " << line_number
            << ": want " << expected.substr(0, 200) << "\n";
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  std::ifstream file(argc == 2 ? argv[1] : "");
  if (!file) {
    std::cerr << "usage: conformance_cpp VECTORS\n";
    return 2;
  }
  std::string line, name;
  std::optional<Run> run;
  bool good = true, all_good = true;
  int vector_count = 0;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    if (line.starts_with("vector ")) {
      name = line.substr(7);
      run.emplace();
      good = true;
    } else if (line == "end") {
      good = good && run->is_closed();
      run.reset();
      std::cout << (good ? "ok " : "not ok ") << ++vector_count << " - conformance/" << name << std::endl;
      all_good = all_good && good;
    } else if (good) {
      try {
        good = holds(run.value(), line, number);
      } catch (const std::exception& error) {
        std::cerr << "# line " << number << ": cannot be run: " << error.what() << "\n";
        good = false;
      }
    }
  }
  std::cout << "1.." << vector_count << "\n";
  return all_good && vector_count > 0 ? 0 : 1;
}
