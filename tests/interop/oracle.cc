#include "oracle.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "files.h"

namespace simdr::interop {
namespace {

// In the child, after fork(): async-signal-safe calls only.
[[noreturn]] void become(const std::vector<const char*>& arguments, int in, int out) {
  if (in >= 0) dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  if (in < 0) dup2(out, STDERR_FILENO);  // what a single command says of its failure
  execv(arguments[0], const_cast<char* const*>(arguments.data()));
  _exit(127);
}

bool make_pipe(int (&ends)[2]) { return pipe2(ends, O_CLOEXEC) == 0; }

// What the build left: a line `ok PROGRAM`, or `missing REASON`.
std::string program_of_build(std::string* why_not) {
  const std::string path = SIMDR_ORACLE_STATUS;
  if (!is_there(path)) {
    *why_not = path + " was not made by the build";
    return {};
  }
  std::string line = read_file(path);
  line = line.substr(0, line.find('\n'));
  if (line.starts_with("ok ")) return line.substr(3);
  *why_not = line;
  return {};
}

}  // namespace

Oracle* Oracle::get(std::string* why_not) {
  static std::string reason;
  static const std::unique_ptr<Oracle> oracle = []() -> std::unique_ptr<Oracle> {
    const char* given = std::getenv("SIMDR_ORACLE");
    const std::string program = given != nullptr ? given : program_of_build(&reason);
    if (program.empty()) return nullptr;
    if (access(program.c_str(), X_OK) != 0) {
      reason = program + ": " + std::strerror(errno);
      return nullptr;
    }
    if (TempDir().path().find(' ') != std::string::npos) {
      reason = "it takes no file names with spaces, and TMPDIR has one";
      return nullptr;
    }
    // Meson sets it. Ours has read it by now and keeps to it; the crate, which takes 64 MiB at every start, would become a
    // hundred times slower.
    unsetenv("MALLOC_PERTURB_");
    std::unique_ptr<Oracle> made(new Oracle(program));
    if (made->start()) return made;
    reason = program + " does not start";
    return nullptr;
  }();
  *why_not = reason;
  return oracle.get();
}

bool Oracle::start() {
  int to_child[2];
  int from_child[2];
  if (!make_pipe(to_child) || !make_pipe(from_child)) return false;
  const std::vector<const char*> arguments = {program_.c_str(), "serve", nullptr};
  server_ = fork();
  if (server_ == 0) become(arguments, to_child[0], from_child[1]);
  close(to_child[0]);
  close(from_child[1]);
  commands_ = fdopen(to_child[1], "w");
  answers_ = fdopen(from_child[0], "r");
  return server_ > 0 && commands_ != nullptr && answers_ != nullptr;
}

Oracle::~Oracle() {
  if (commands_ != nullptr) std::fclose(commands_);
  if (answers_ != nullptr) std::fclose(answers_);
  if (server_ > 0) waitpid(server_, nullptr, 0);
}

std::vector<std::string> Oracle::ask(const std::string& command) {
  std::fprintf(commands_, "%s\n", command.c_str());
  std::fflush(commands_);
  std::vector<std::string> lines;
  char* line = nullptr;
  std::size_t capacity = 0;
  for (;;) {
    const ssize_t size = getline(&line, &capacity, answers_);
    if (size <= 0) {
      std::fprintf(stderr, "the oracle ended at: %s\n", command.c_str());
      std::abort();
    }
    const std::string text(line, static_cast<std::size_t>(size - 1));
    if (text == ".") break;
    lines.push_back(text);
  }
  std::free(line);
  return lines;
}

std::vector<std::string> Oracle::apply(const std::string& file, const History& history) {
  const std::string script = file + ".script";
  write_file(script, text_of(history));
  return ask("apply " + file + " " + script);
}

std::string Oracle::random(std::uint64_t seed, std::size_t count, const std::string& file, const std::string& script,
                           const std::vector<std::string>& more) {
  const std::string seed_text = std::to_string(seed);
  const std::string count_text = std::to_string(count);
  std::vector<const char*> arguments = {program_.c_str(),   "random",     seed_text.c_str(),
                                        count_text.c_str(), file.c_str(), script.c_str()};
  for (const std::string& argument : more) arguments.push_back(argument.c_str());
  arguments.push_back(nullptr);
  int from_child[2];
  if (!make_pipe(from_child)) return std::strerror(errno);
  const pid_t child = fork();
  if (child == 0) become(arguments, -1, from_child[1]);
  close(from_child[1]);
  std::string said;
  char buffer[512];
  for (ssize_t got; (got = read(from_child[0], buffer, sizeof buffer)) > 0;)
    said.append(buffer, static_cast<std::size_t>(got));
  close(from_child[0]);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return "failed: " + said;
  }
  return said;
}

}  // namespace simdr::interop
