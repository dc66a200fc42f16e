// Taking the command line apart. CLI11 checks options and writes the help; which word is FILE, which the COMMAND and
// which a key is decided here, because a file may be called "ls" and a key "[a,b]", "--" or "".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store.h"

// Of CLI11, whose header is for those who do more with it than pass it on: it takes longer to compile than a command.
namespace CLI {
class App;
}

namespace simdr::cli {

struct CommandLine {
  std::vector<std::string> options;  // those before COMMAND; every command takes them
  std::optional<std::string> file;
  std::optional<std::string> command;
  std::vector<std::string> rest;  // after COMMAND
};

// `general` knows the options that may stand before COMMAND.
[[nodiscard]] CommandLine split(const CLI::App& general, std::span<const std::string> arguments);

// Parses the arguments of one command. Throws what CLI11 throws, or Failure (usage).
void parse(CLI::App& app, std::span<const std::string> arguments);

// Declares the options that every command takes.
void add_general_options(CLI::App& app, Settings& settings);

// Declares a word that is not an option, or one and more. It must be given, unless the word is an optional one.
void add_word(CLI::App& app, const std::string& name, std::string& word, const std::string& help);
void add_word(CLI::App& app, const std::string& name, std::optional<std::string>& word, const std::string& help);
void add_words(CLI::App& app, const std::string& name, std::vector<std::string>& words, const std::string& help);

// Options of one command. One that is not given leaves its value as it is. `type` stands for the text in the help.
void add_flag(CLI::App& app, const std::string& name, bool& given, const std::string& help);
void add_text(CLI::App& app, const std::string& name, std::string& text, const std::string& type,
              const std::string& help);
// A number of bytes: "4096", "64K", "10MB". Units are powers of 1024.
void add_size(CLI::App& app, const std::string& name, std::uint64_t& size, const std::string& help);
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string text);

// The options that several commands share.
void add_hash(CLI::App& app, bool& by_hash);
void add_json(CLI::App& app, bool& json);
void add_sync(CLI::App& app, std::uint32_t& durability);  // SIMDR_DURABILITY_*

}  // namespace simdr::cli
