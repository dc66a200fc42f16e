// write, delete, rename: one store is changed.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstring>
#include <optional>

#include "arguments.h"
#include "command.h"
#include "signals.h"
#include "text.h"

namespace simdr::cli {
namespace {

// Standard input as the source of a value.
class StandardInput {
 public:
  // Waits for the first two bytes and refuses what can never be stored, for the case that the store does not exist yet:
  // it is not to be created for nothing.
  void look_ahead() {
    while (ahead_size_ < ahead_.size()) {
      const std::optional<std::size_t> size = read_some(ahead_.data() + ahead_size_, ahead_.size() - ahead_size_);
      if (!size) fail();
      if (*size == 0) break;
      ahead_size_ += *size;
    }
    if (ahead_size_ == 0) {
      throw Failure(ExitCode::kUsage, "standard input: it is empty, and an empty value cannot be stored");
    }
    if (ahead_size_ == 1 && ahead_[0] == 0) {
      throw Failure(ExitCode::kUsage, "standard input: the single byte 0x00 marks deleted keys and cannot be stored");
    }
  }

  // Some of what comes next, 0 bytes at the end.
  std::size_t read(void* buffer, std::size_t capacity) {
    if (const std::size_t size = std::min(ahead_size_ - ahead_used_, capacity); size > 0) {
      std::memcpy(buffer, ahead_.data() + ahead_used_, size);
      ahead_used_ += size;
      return size;
    }
    const std::optional<std::size_t> size = read_some(buffer, capacity);
    if (!size) fail();
    return *size;
  }

  // From here on the value counts as whole.
  void check_not_stopped() const {
    if (StopScope::requested()) fail_os(EINTR, "standard input");
  }

 private:
  [[noreturn]] void fail() const { fail_os(os_error_, "standard input"); }

  // What is read once an end was asked for does not count, its end least of all: the same Ctrl-C may have ended who
  // was to write the rest.
  std::optional<std::size_t> read_some(void* buffer, std::size_t capacity) noexcept {
    while (StopScope::wait_for_input(STDIN_FILENO)) {
      const ssize_t size = ::read(STDIN_FILENO, buffer, capacity);
      os_error_ = errno;
      if (StopScope::requested()) break;
      if (size >= 0) return static_cast<std::size_t>(size);
      if (os_error_ != EINTR) return std::nullopt;
    }
    os_error_ = EINTR;
    return std::nullopt;
  }

  std::array<unsigned char, 2> ahead_{};
  std::size_t ahead_size_ = 0;
  std::size_t ahead_used_ = 0;
  int os_error_ = 0;
};

class Write final : public Command {
 public:
  void add_arguments(CLI::App& app) override {
    add_word(app, "KEY", key_, "The key to write");
    add_word(app, "VALUE", value_, "The value; standard input if not given");
    add_hash(app, by_hash_);
    add_sync(app, durability_);
  }

  ExitCode run(Context& context) override {
    const Key key = parse_key(key_, by_hash_);
    const std::uint64_t size = value_ ? write_value(context, key, *value_) : write_input(context, key);
    context.say(file_name(context.file) + ": stored " + key.name + ", " + human_size(size));
    return ExitCode::kDone;
  }

 private:
  std::uint64_t write_value(const Context& context, const Key& key, const std::string& value) const {
    // Before the store is opened, which would create it.
    if (value.empty()) throw Failure(ExitCode::kUsage, key.name + ": an empty value cannot be stored");
    Store store(context.file, SIMDR_OPEN_CREATE, context.settings);
    simdr_error error;
    store.check(simdr_store_put_hashed(store.get(), key.hash, value.data(), value.size(), durability_, nullptr, &error),
                error, key);
    store.close();
    return value.size();
  }

  std::uint64_t write_input(const Context& context, const Key& key) const {
    if (::isatty(STDIN_FILENO) == 1) context.say("reading the value from the terminal; end it with Ctrl-D");
    const StopScope stop;
    StandardInput input;
    if (!file_exists(context.file)) input.look_ahead();
    Store store(context.file, SIMDR_OPEN_CREATE, context.settings);
    simdr_error error;
    simdr_stream* opened = nullptr;
    store.check(simdr_stream_open_hashed(store.get(), key.hash, durability_, &opened, &error), error, key);
    Stream stream(opened);
    std::vector<char> piece(std::size_t{64} * 1024);
    std::uint64_t total_size = 0;
    while (const std::size_t size = input.read(piece.data(), piece.size())) {
      store.check(simdr_stream_write(stream.get(), piece.data(), size, &error), error, key);
      total_size += size;
    }
    input.check_not_stopped();
    store.check(simdr_stream_commit(stream.get(), nullptr, &error), error, key);
    stream.reset();
    store.close();
    return total_size;
  }

  std::string key_;
  std::optional<std::string> value_;
  bool by_hash_ = false;
  std::uint32_t durability_ = SIMDR_DURABILITY_DEFAULT;
};

class Delete final : public Command {
 public:
  void add_arguments(CLI::App& app) override {
    add_words(app, "KEY", arguments_, "The keys to delete, all at once");
    add_hash(app, by_hash_);
    add_sync(app, durability_);
  }

  // Deletes what is there, as one batch, and names what is not: then the exit code is "not found".
  ExitCode run(Context& context) override {
    std::vector<Key> keys;
    for (const std::string& argument : arguments_) keys.push_back(parse_key(argument, by_hash_));
    Store store(context.file, SIMDR_OPEN_EXISTING, context.settings);
    std::vector<std::uint64_t> present;
    std::vector<const Key*> absent;
    for (const Key& key : keys) {
      int exists = 0;
      simdr_error error;
      store.check(simdr_store_exists_hashed(store.get(), key.hash, &exists, &error), error, key);
      if (exists != 0) {
        present.push_back(key.hash);
      } else {
        absent.push_back(&key);
      }
    }
    std::size_t removed_count = 0;
    simdr_error error;
    store.check(simdr_store_remove_many_hashed(store.get(), present.data(), present.size(), durability_, &removed_count,
                                               nullptr, &error),
                error);
    store.close();
    if (removed_count > 0) context.say(format("%s: deleted %zu", store.name().c_str(), removed_count));
    for (const Key* key : absent) {
      print_words(store.name() + ": " + key->name + ": " + simdr_status_text(SIMDR_NOT_FOUND));
    }
    return absent.empty() ? ExitCode::kDone : ExitCode::kNotFound;
  }

 private:
  std::vector<std::string> arguments_;
  bool by_hash_ = false;
  std::uint32_t durability_ = SIMDR_DURABILITY_DEFAULT;
};

class Rename final : public Command {
 public:
  void add_arguments(CLI::App& app) override {
    add_word(app, "OLD", old_key_, "The key to rename");
    add_word(app, "NEW", new_key_, "Its new name; a value that is there is replaced");
    add_hash(app, by_hash_);
    add_sync(app, durability_);
  }

  ExitCode run(Context& context) override {
    const Key from = parse_key(old_key_, by_hash_);
    const Key to = parse_key(new_key_, by_hash_);
    Store store(context.file, SIMDR_OPEN_EXISTING, context.settings, SIMDR_OPEN_VERIFY_READS);
    simdr_error error;
    store.check(simdr_store_rename_hashed(store.get(), from.hash, to.hash, durability_, nullptr, &error), error, from);
    store.close();
    context.say(store.name() + ": renamed " + from.name + " to " + to.name);
    return ExitCode::kDone;
  }

 private:
  std::string old_key_;
  std::string new_key_;
  bool by_hash_ = false;
  std::uint32_t durability_ = SIMDR_DURABILITY_DEFAULT;
};

}  // namespace

std::unique_ptr<Command> make_write() { return std::make_unique<Write>(); }
std::unique_ptr<Command> make_delete() { return std::make_unique<Delete>(); }
std::unique_ptr<Command> make_rename() { return std::make_unique<Rename>(); }

}  // namespace simdr::cli
