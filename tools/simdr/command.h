// What a command is, and what makes one of each; main.cc lists them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "output.h"
#include "store.h"

namespace CLI {
class App;
}

namespace simdr::cli {

// What a command is run on.
struct Context {
  std::string file;  // FILE as given
  Settings settings;
  Output out;

  // "simdr: words" on standard error, for what went well; --quiet silences it.
  void say(const std::string& words) const {
    if (!settings.quiet) print_words(words);
  }
};

class Command {
 public:
  Command() = default;
  virtual ~Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  // Declares the command's arguments; the members they go to must live until run() has returned.
  virtual void add_arguments(CLI::App& app) = 0;
  // Does the work. Throws Failure when it cannot; a code other than kDone is an answer and has been explained.
  virtual ExitCode run(Context& context) = 0;
};

struct CommandEntry {
  const char* name;
  const char* summary;
  std::unique_ptr<Command> (*make)();
};

// One per command, in the file named after its group.
std::unique_ptr<Command> make_read();  // commands_read.cc
std::unique_ptr<Command> make_exists();
std::unique_ptr<Command> make_metadata();
std::unique_ptr<Command> make_write();  // commands_write.cc
std::unique_ptr<Command> make_delete();
std::unique_ptr<Command> make_rename();
std::unique_ptr<Command> make_copy();  // commands_between.cc
std::unique_ptr<Command> make_move();
std::unique_ptr<Command> make_ls();  // commands_report.cc
std::unique_ptr<Command> make_info();
std::unique_ptr<Command> make_stats();
std::unique_ptr<Command> make_version();
std::unique_ptr<Command> make_verify();  // commands_check.cc
std::unique_ptr<Command> make_repair();
std::unique_ptr<Command> make_compact();  // commands_whole.cc
std::unique_ptr<Command> make_index();
std::unique_ptr<Command> make_import();
std::unique_ptr<Command> make_backup();
std::unique_ptr<Command> make_upgrade();

}  // namespace simdr::cli
