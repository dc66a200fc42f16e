// A conversation with one engine: commands in, one line of JSON out for each. main.cc reads them from stdin.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

// `WORD name=value...`
class Command {
 public:
  explicit Command(const std::string& line);
  [[nodiscard]] const std::string& word() const { return word_; }
  [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise = {}) const;
  [[nodiscard]] std::uint64_t number(const std::string& name, std::uint64_t otherwise) const;

 private:
  std::string word_;
  std::map<std::string, std::string> arguments_;
};

// The answer: names and numbers, or a sentence.
class Reply {
 public:
  Reply& add(std::string_view name, std::uint64_t number);
  Reply& say(std::string_view name, std::string_view text);
  [[nodiscard]] std::string json() const { return "{" + members_ + "}"; }

 private:
  void name_it(std::string_view name);
  std::string members_;
};

class Session {
 public:
  virtual ~Session() = default;
  virtual Reply run(const Command& command) = 0;
};

// Each engine's file adds itself here.
struct Registration {
  using Make = std::function<std::unique_ptr<Session>(const std::filesystem::path& dir)>;
  Registration(const char* name, Make make);
};
std::vector<std::string> engine_names();
std::unique_ptr<Session> make_session(const std::string& name, const std::filesystem::path& dir);

}  // namespace bench
