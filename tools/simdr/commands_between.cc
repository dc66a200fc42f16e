// copy, move: a value goes from one store to another.
#include "arguments.h"
#include "command.h"
#include "text.h"

namespace simdr::cli {
namespace {

class Between : public Command {
 public:
  void add_arguments(CLI::App& app) override {
    add_word(app, "KEY", key_, "The key whose value goes there");
    add_word(app, "TARGET", target_, "The other store; created if it does not exist");
    add_hash(app, by_hash_);
    add_sync(app, durability_);
  }

 protected:
  // The target is opened, and perhaps created, only after everything that can be wrong with the source is known.
  [[nodiscard]] Key check_source(const Context& context, const Store& source) const {
    const Key key = parse_key(key_, by_hash_);
    static_cast<void>(get_entry(source, key));
    if (is_same_file(context.file, target_)) {
      throw Failure(ExitCode::kUsage, file_name(target_) + ": it is the store that the value comes from");
    }
    return key;
  }

  // --generation speaks of FILE only: the target is written, so it is of the current format.
  static Settings target_settings(const Context& context) {
    Settings settings = context.settings;
    settings.layout_alignment = settings.layout_trailer = 0;
    return settings;
  }

  std::string key_;
  std::string target_;
  bool by_hash_ = false;
  std::uint32_t durability_ = SIMDR_DURABILITY_DEFAULT;
};

class Copy final : public Between {
 public:
  ExitCode run(Context& context) override {
    const Store source(context.file, SIMDR_OPEN_READ_ONLY, context.settings,
                       SIMDR_OPEN_VERIFY_READS | SIMDR_OPEN_INDEX_FILE);
    const Key key = check_source(context, source);
    Store target(target_, SIMDR_OPEN_CREATE, target_settings(context));
    simdr_error error;
    target.check(simdr_store_copy_hashed(source.get(), key.hash, target.get(), durability_, nullptr, &error), error,
                 key);
    target.close();
    context.say(target.name() + ": copied " + key.name + " from " + source.name());
    return ExitCode::kDone;
  }
};

class Move final : public Between {
 public:
  ExitCode run(Context& context) override {
    Store source(context.file, SIMDR_OPEN_EXISTING, context.settings, SIMDR_OPEN_VERIFY_READS);
    const Key key = check_source(context, source);
    Store target(target_, SIMDR_OPEN_CREATE, target_settings(context));
    simdr_error error;
    source.check(simdr_store_transfer_hashed(source.get(), key.hash, target.get(), durability_, nullptr, &error), error,
                 key);
    // The copy first: should the second close fail, the value is in both stores and not in neither.
    target.close();
    source.close();
    context.say(target.name() + ": moved " + key.name + " from " + source.name());
    return ExitCode::kDone;
  }
};

}  // namespace

std::unique_ptr<Command> make_copy() { return std::make_unique<Copy>(); }
std::unique_ptr<Command> make_move() { return std::make_unique<Move>(); }

}  // namespace simdr::cli
