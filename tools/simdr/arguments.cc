#include "arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <string_view>

#include "simdr.h"
#include "text.h"

namespace simdr::cli {
namespace {

// In front of every word that is not an option while CLI11 has it, so that nothing in the word means anything to it.
constexpr char kMark = '=';

const CLI::Validator kUnmark(
    [](std::string& word) {
      if (!word.empty() && word.front() == kMark) word.erase(0, 1);
      return std::string();
    },
    "");

bool is_option(const std::string& argument) { return argument.size() > 1 && argument.front() == '-'; }

bool wants_value(const CLI::App& app, const std::string& option_name) {
  const CLI::Option* option = app.get_option_no_throw(option_name);
  return option != nullptr && option->get_items_expected_max() > 0;
}

// True when the word after `argument` is its value: "--name value", "-b 4K", "-qb 4K".
bool takes_next_word(const CLI::App& app, const std::string& argument) {
  if (argument.starts_with("--")) return argument.find('=') == std::string::npos && wants_value(app, argument);
  for (std::size_t i = 1; i < argument.size(); ++i) {
    if (wants_value(app, std::string("-") + argument[i])) return i + 1 == argument.size();
  }
  return false;
}

// Said here and not by CLI11, which would first complain of what the unknown option made it miss.
void check_known(const CLI::App& app, const std::string& argument) {
  const auto check_name = [&](const std::string& name) {
    if (app.get_option_no_throw(name) != nullptr) return;
    throw Failure(ExitCode::kUsage, in_quotes(name) + ": unknown option (put -- before a word that begins with -)");
  };
  if (argument.starts_with("--")) return check_name(argument.substr(0, argument.find('=')));
  for (std::size_t i = 1; i < argument.size(); ++i) {
    const std::string name = std::string("-") + argument[i];
    check_name(name);
    if (wants_value(app, name)) return;  // what follows is its value
  }
}

}  // namespace

CommandLine split(const CLI::App& general, std::span<const std::string> arguments) {
  CommandLine line;
  bool options_ended = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!options_ended && argument == "--") {
      options_ended = true;
    } else if (!options_ended && is_option(argument)) {
      line.options.push_back(argument);
      if (takes_next_word(general, argument) && i + 1 < arguments.size()) line.options.push_back(arguments[++i]);
    } else if (!line.file) {
      line.file = argument;
      options_ended = false;  // one "--" protects one word; the command's own arguments have their own
    } else {
      line.command = argument;
      line.rest.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, arguments.end());
      break;
    }
  }
  return line;
}

void parse(CLI::App& app, std::span<const std::string> arguments) {
  std::vector<std::string> options;
  std::vector<std::string> words;
  bool options_ended = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!options_ended && argument == "--") {
      options_ended = true;
    } else if (!options_ended && is_option(argument)) {
      check_known(app, argument);
      options.push_back(argument);
      if (takes_next_word(app, argument) && i + 1 < arguments.size()) options.push_back(arguments[++i]);
    } else {
      words.push_back(kMark + argument);
    }
  }
  // CLI11 takes them back to front.
  options.insert(options.end(), words.begin(), words.end());
  std::reverse(options.begin(), options.end());
  app.allow_extras();
  app.parse(std::move(options));
  const std::vector<std::string> extra = app.remaining();
  if (!extra.empty()) {
    throw Failure(ExitCode::kUsage, in_quotes(extra.front().substr(1)) + ": one argument too many");
  }
}

void add_general_options(CLI::App& app, Settings& settings) {
  app.set_help_flag("-h,--help", "Show this help");
  app.set_version_flag("--version", std::string("simdr ") + SIMDR_VERSION_STRING, "Show the version");
  app.add_option_function<std::string>(
         "--lock-timeout",
         [&settings](const std::string& text) {
           const char* end = text.data() + text.size();
           const auto [stop, error] = std::from_chars(text.data(), end, settings.lock_timeout_ms);
           if (error != std::errc{} || stop != end) {
             throw CLI::ValidationError("--lock-timeout",
                                        "'" + text + "' is not a number of milliseconds up to 2^32 - 1");
           }
         },
         "How long to wait for another writer; not at all if 0")
      ->type_name("MS");
  app.add_option_function<std::string>(
         "--generation",
         [&settings](const std::string& name) {
           if (!parse_generation(name, settings)) {
             throw CLI::ValidationError("--generation", "'" + name + "' is not aligned-N, packed-20 or packed-19");
           }
         },
         "Read FILE as this format (aligned-64, aligned-16, packed-20, packed-19) instead of detecting it")
      ->type_name("NAME");
  app.add_flag("-q,--quiet", settings.quiet, "Only errors and warnings on standard error");
}

void add_word(CLI::App& app, const std::string& name, std::string& word, const std::string& help) {
  app.add_option(name, word, help)->required()->transform(kUnmark)->type_name("");
}

void add_word(CLI::App& app, const std::string& name, std::optional<std::string>& word, const std::string& help) {
  // CLI11's own way with an optional takes an empty word for none.
  app.add_option_function<std::string>(
         name, [&word](const std::string& given) { word = given; }, help)
      ->transform(kUnmark)
      ->type_name("");
}

void add_words(CLI::App& app, const std::string& name, std::vector<std::string>& words, const std::string& help) {
  app.add_option(name, words, help)->required()->transform(kUnmark)->type_name("");
}

void add_flag(CLI::App& app, const std::string& name, bool& given, const std::string& help) {
  app.add_flag(name, given, help);
}

void add_text(CLI::App& app, const std::string& name, std::string& text, const std::string& type,
              const std::string& help) {
  app.add_option(name, text, help)->type_name(type);
}

void add_hash(CLI::App& app, bool& by_hash) {
  app.add_flag("--hash", by_hash, "Keys are given as the 16 hexadecimal digits of their hash");
}

void add_json(CLI::App& app, bool& json) { app.add_flag("--json", json, "Print JSON"); }

void add_sync(CLI::App& app, std::uint32_t& durability) {
  app.add_option_function<std::string>(
         "--sync",
         [&durability](const std::string& name) {
           if (name == "none") {
             durability = SIMDR_DURABILITY_NONE;
           } else if (name == "commit") {
             durability = SIMDR_DURABILITY_COMMIT;
           } else if (name == "strict") {
             durability = SIMDR_DURABILITY_STRICT;
           } else {
             throw CLI::ValidationError("--sync", "'" + name + "' is not none, commit or strict");
           }
         },
         "How far the write is on its way to the disk before it counts: none, commit or strict")
      ->type_name("LEVEL");
}

std::optional<std::uint64_t> parse_size(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(stop, static_cast<std::size_t>(end - stop));
  unsigned shift = 0;
  if (unit == "k" || unit == "kb") {
    shift = 10;
  } else if (unit == "m" || unit == "mb") {
    shift = 20;
  } else if (unit == "g" || unit == "gb") {
    shift = 30;
  } else if (!unit.empty()) {
    return std::nullopt;
  }
  if (number > std::numeric_limits<std::uint64_t>::max() >> shift) return std::nullopt;
  return number << shift;
}

void add_size(CLI::App& app, const std::string& name, std::uint64_t& size, const std::string& help) {
  app.add_option_function<std::string>(
         name,
         [&size, name](const std::string& text) {
           const auto parsed = parse_size(text);
           if (!parsed) throw CLI::ValidationError(name, "'" + text + "' is not a size such as 4096, 64K or 10MB");
           size = *parsed;
         },
         help)
      ->type_name("SIZE");
}

}  // namespace simdr::cli
