// bench_peers: one engine in one process, so that engines cannot lean on each other's memory and the caller can let them take turns.
//
//   bench_peers list                 the engines that this program was built with
//   bench_peers ENGINE DIRECTORY     reads commands from stdin, writes one line of JSON for each; bench/README.md has them
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "engine.h"
#include "session.h"

namespace bench {
namespace {

std::map<std::string, Registration::Make>& registered() {
  static std::map<std::string, Registration::Make> engines;
  return engines;
}

}  // namespace

Command::Command(const std::string& line) {
  std::istringstream words(line);
  words >> word_;
  for (std::string word; words >> word;) {
    const std::size_t sign = word.find('=');
    if (sign == std::string::npos) throw Failure("not name=value: " + word);
    arguments_[word.substr(0, sign)] = word.substr(sign + 1);
  }
}

std::string Command::text(const std::string& name, const std::string& otherwise) const {
  const auto found = arguments_.find(name);
  return found == arguments_.end() ? otherwise : found->second;
}

std::uint64_t Command::number(const std::string& name, std::uint64_t otherwise) const {
  const std::string word = text(name);
  return word.empty() ? otherwise : std::stoull(word);
}

void Reply::name_it(std::string_view name) {
  if (!members_.empty()) members_ += ", ";
  members_.append("\"").append(name).append("\": ");
}

Reply& Reply::add(std::string_view name, std::uint64_t number) {
  name_it(name);
  members_ += std::to_string(number);
  return *this;
}

Reply& Reply::say(std::string_view name, std::string_view text) {
  name_it(name);
  members_ += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') members_ += '\\';
    members_ += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  members_ += '"';
  return *this;
}

Registration::Registration(const char* name, Make make) { registered()[name] = std::move(make); }

std::vector<std::string> engine_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : registered()) names.push_back(name);
  return names;
}

std::unique_ptr<Session> make_session(const std::string& name, const std::filesystem::path& dir) {
  const auto found = registered().find(name);
  if (found == registered().end()) throw Failure("no such engine: " + name);
  return found->second(dir);
}

namespace {

Reply answer(Session& session, const std::string& line) {
  try {
    return session.run(Command(line));
  } catch (const NotOffered& why) {
    return Reply().say("skip", why.what());
  } catch (const std::exception& error) {
    return Reply().say("error", error.what());
  }
}

int serve(const std::string& engine, const std::string& dir) {
  const std::unique_ptr<Session> session = make_session(engine, dir);
  for (std::string line; std::getline(std::cin, line);) std::cout << answer(*session, line).json() << std::endl;
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  try {
    if (argc == 2 && std::string(argv[1]) == "list") {
      for (const std::string& name : bench::engine_names()) std::puts(name.c_str());
      return 0;
    }
    if (argc == 3) return bench::serve(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_peers: %s\n", error.what());
    return 1;
  }
  std::fputs("usage: bench_peers list | bench_peers ENGINE DIRECTORY\n", stderr);
  return 2;
}
