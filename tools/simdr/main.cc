// simdr FILE COMMAND ...: the command line of a simdr store.
#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "arguments.h"
#include "command.h"
#include "signals.h"
#include "text.h"

namespace simdr::cli {
namespace {

constexpr std::array kCommands{
    CommandEntry{"read", "Write the value of a key to standard output", make_read},
    CommandEntry{"write", "Store a value, or what standard input yields, under a key", make_write},
    CommandEntry{"copy", "Copy a key's value to another store", make_copy},
    CommandEntry{"move", "Move a key's value to another store", make_move},
    CommandEntry{"rename", "Give a key's value another key", make_rename},
    CommandEntry{"delete", "Delete keys", make_delete},
    CommandEntry{"exists", "Tell by the exit code whether a key is there", make_exists},
    CommandEntry{"metadata", "Show what the file says of a key's value", make_metadata},
    CommandEntry{"ls", "List the entries, newest first", make_ls},
    CommandEntry{"info", "Show the state of the store", make_info},
    CommandEntry{"stats", "Show the counters of the store", make_stats},
    CommandEntry{"import", "Store every file of a directory tree", make_import},
    CommandEntry{"compact", "Rewrite the file without what was replaced or deleted", make_compact},
    CommandEntry{"index", "Keep the index in FILE.index, so that reading need not walk the store", make_index},
    CommandEntry{"verify", "Check every checksum and link", make_verify},
    CommandEntry{"backup", "Copy the store as it is now, also while it is written", make_backup},
    CommandEntry{"repair", "Write all that is intact to a new store", make_repair},
    CommandEntry{"upgrade", "Rewrite a store of an older format to a new store", make_upgrade},
    CommandEntry{"version", "Show the versions and the kernels in use", make_version},
};

const CommandEntry* find_command(const std::string& name) {
  for (const CommandEntry& entry : kCommands) {
    if (name == entry.name) return &entry;
  }
  return nullptr;
}

std::string general_help(const CLI::App& general) {
  std::string text = "simdr - a store of key -> bytes in one file\n\nUsage: simdr [OPTIONS] FILE COMMAND [ARGUMENTS]\n";
  text += "       simdr COMMAND --help\n\nCommands:\n";
  for (const CommandEntry& entry : kCommands) text += format("  %-10s %s\n", entry.name, entry.summary);
  text += "\nOptions, before or after COMMAND:\n";
  // CLI11's own list, without its heading.
  const std::string options = CLI::Formatter().make_groups(&general, CLI::AppFormatMode::Normal);
  const std::size_t heading_end = options.find("Options:\n");
  text += heading_end == std::string::npos ? options : options.substr(heading_end + 9);
  text += "\nExit codes: 0 done, 1 key not found, 2 usage, 3 corrupt, 4 I/O, 5 locked, 6 not a store\n";
  return text;
}

void add_arguments(CLI::App& app, Command& command, Settings& settings) {
  command.add_arguments(app);
  add_general_options(app, settings);
}

std::string app_name(const CommandEntry& entry) { return std::string("simdr FILE ") + entry.name; }

ExitCode run_command(const CommandEntry& entry, const CommandLine& line, Context& context) {
  const auto command = entry.make();
  CLI::App app(entry.summary, app_name(entry));
  add_arguments(app, *command, context.settings);
  std::vector<std::string> arguments = line.options;
  arguments.insert(arguments.end(), line.rest.begin(), line.rest.end());
  try {
    parse(app, arguments);
  } catch (const CLI::CallForHelp&) {
    context.out.write(app.help());
    return ExitCode::kDone;
  }
  context.file = line.file.value_or("");
  return command->run(context);
}

// What is left when there is no FILE with a COMMAND: help, a version, or a mistake.
ExitCode run_without_command(CLI::App& general, const CommandLine& line, Context& context) {
  const CommandEntry* named = line.file ? find_command(*line.file) : nullptr;
  if (named != nullptr && named->make == make_version) {
    return run_command(*named, {line.options, {}, {}, {}}, context);
  }
  try {
    parse(general, line.options);
  } catch (const CLI::CallForHelp&) {
    if (named == nullptr) {
      context.out.write(general_help(general));
      return ExitCode::kDone;
    }
    return run_command(*named, {{}, {}, {}, {"--help"}}, context);
  }
  throw Failure(ExitCode::kUsage, line.file ? file_name(*line.file) + ": no COMMAND was given; see simdr --help"
                                            : "no FILE and COMMAND were given; see simdr --help");
}

ExitCode run(const std::vector<std::string>& arguments, Context& context) {
  CLI::App general;
  Settings unused;  // the command parses them again, into its own
  add_general_options(general, unused);
  const CommandLine line = split(general, arguments);
  try {
    if (!line.command) return run_without_command(general, line, context);
    const CommandEntry* entry = find_command(*line.command);
    if (entry == nullptr) {
      throw Failure(ExitCode::kUsage, in_quotes(*line.command) + ": unknown command; see simdr --help");
    }
    install_signal_handlers(line.file->c_str());
    return run_command(*entry, line, context);
  } catch (const CLI::CallForVersion& version) {
    context.out.line(version.what());
    return ExitCode::kDone;
  } catch (const CLI::ParseError& error) {
    throw Failure(ExitCode::kUsage, (line.command ? *line.command + ": " : std::string()) + error.what());
  }
}

// Prints what went wrong, after what was already put out.
ExitCode explain(const Failure& failure, Context& context) {
  try {
    context.out.flush();
  } catch (const Failure&) {
    // The first failure is the one to tell.
  }
  if (StopScope::requested()) return failure.code();
  print_words(failure.what());
  return failure.code();
}

ExitCode run_guarded(const std::vector<std::string>& arguments, Context& context) {
  try {
    const ExitCode code = run(arguments, context);
    context.out.flush();
    return code;
  } catch (const Failure& failure) {
    return explain(failure, context);
  } catch (const std::bad_alloc&) {
    print_words("out of memory");
  } catch (const std::exception& error) {
    print_words(error.what());
  }
  return ExitCode::kIo;
}

}  // namespace
}  // namespace simdr::cli

int main(int argc, char** argv) {
  using namespace simdr::cli;
  occupy_standard_descriptors();
  install_signal_handlers("");
  Context context;
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const ExitCode code = run_guarded(arguments, context);
  die_of_requested_signal();
  return static_cast<int>(code);
}
