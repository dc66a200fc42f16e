// Taking the command line apart. CLI11 checks options and writes the help; which word is FILE, which the COMMAND and
// which a key is decided here, because a file may be called "ls" and a key "[a,b]", "--" or "".
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store.h"

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

// Declares a word that is not an option. It must be given unless `required` is false.
CLI::Option* add_word(CLI::App& app, const std::string& name, std::string& word, const std::string& help,
                      bool required = true);
CLI::Option* add_words(CLI::App& app, const std::string& name, std::vector<std::string>& words,
                       const std::string& help);

// The options that several commands share.
void add_hash(CLI::App& app, bool& by_hash);
void add_json(CLI::App& app, bool& json);
void add_sync(CLI::App& app, std::uint32_t& durability);  // SIMDR_DURABILITY_*

// An option that takes a number of bytes: "4096", "64K", "10MB". Units are powers of 1024.
CLI::Option* add_size(CLI::App& app, const std::string& name, std::uint64_t& size, const std::string& help);
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string text);

}  // namespace simdr::cli
