// compact, index, import, backup, upgrade: the whole store is rewritten, indexed, filled or copied.
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "arguments.h"
#include "command.h"
#include "progress.h"
#include "signals.h"
#include "text.h"

namespace simdr::cli {
namespace {

class Compact final : public Command {
 public:
  void add_arguments(CLI::App&) override {}

  ExitCode run(Context& context) override {
    Store store(context.file, SIMDR_OPEN_EXISTING, context.settings);
    const std::uint64_t size_before = simdr_store_file_size(store.get());
    {
      const StopScope stop;
      Progress progress("compacting", !context.settings.quiet);
      simdr_compact_options options = SIMDR_COMPACT_OPTIONS_INIT;
      options.progress = on_progress;
      options.progress_user_data = &progress;
      simdr_error error;
      const simdr_status status = simdr_store_compact(store.get(), &options, &error);
      progress.wipe();
      store.check(status, error);
    }
    const std::uint64_t size_after = simdr_store_file_size(store.get());
    store.close();
    context.say(store.name() + ": compacted from " + human_size(size_before) + " to " + human_size(size_after));
    return ExitCode::kDone;
  }

 private:
  static int on_progress(std::uint64_t done, std::uint64_t total, void* progress) noexcept {
    static_cast<Progress*>(progress)->part(done, total);
    return StopScope::requested() ? 1 : 0;
  }
};

class Index final : public Command {
 public:
  void add_arguments(CLI::App&) override {}

  // Only a writer's close writes the index file, and only of a store that is whole.
  ExitCode run(Context& context) override {
    Store store(context.file, SIMDR_OPEN_EXISTING, context.settings, SIMDR_OPEN_INDEX_FILE);
    if (simdr_store_recovered_from(store.get()) != nullptr) {
      throw Failure(ExitCode::kCorrupt, store.name() + ": a damaged store is not indexed; repair it");
    }
    // What a crashed writer left at the end of the file goes with the first write of a session, which a sync is.
    simdr_error error;
    store.check(simdr_store_sync(store.get(), SIMDR_DURABILITY_COMMIT, &error), error);
    const simdr_stats stats = stats_of(store);
    const std::string warning = store.close();
    if (!warning.empty()) throw Failure(ExitCode::kIo, on_one_line(warning));
    context.say(store.name() + (stats.tail_offset == 0
                                    ? std::string(": is empty and needs no index")
                                    : ": indexed, " + counted(stats.live_count, "entry", "entries")));
    return ExitCode::kDone;
  }
};

class Import final : public Command {
 public:
  void add_arguments(CLI::App& app) override {
    add_word(app, "DIR", directory_, "The directory whose files are stored, under their paths in it");
    add_text(app, "--namespace", namespace_, "NS", "Store under namespaced keys");
    add_sync(app, durability_);
  }

  ExitCode run(Context& context) override {
    check_directory(context);
    Store store(context.file, SIMDR_OPEN_CREATE, context.settings);
    const simdr_import_result result = import(context, store);
    store.close();
    context.say(store.name() + ": stored " + counted(result.file_count, "file", "files") + ", " +
                human_size(result.stored_size) + "; left out " + std::to_string(result.skipped_count));
    return ExitCode::kDone;
  }

 private:
  // Before the store is opened, which would create it.
  void check_directory(const Context& context) const {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::file_status status = fs::status(directory_, error);
    if (error) fail_os(error.value(), file_name(directory_));
    if (!fs::is_directory(status)) fail_os(ENOTDIR, file_name(directory_));
    // Absolute first: of a relative path without a part that exists, weakly_canonical makes nothing.
    const fs::path file = fs::weakly_canonical(fs::absolute(context.file, error), error);
    const fs::path inside = file.lexically_relative(fs::canonical(directory_, error));
    if (!inside.empty() && *inside.begin() != ".." && *inside.begin() != ".") {
      throw Failure(ExitCode::kUsage, file_name(context.file) + ": it lies in " + file_name(directory_) +
                                          " and would be stored in itself");
    }
  }

  struct Watch {
    const Context& context;
    Progress& progress;
    std::uint64_t file_count = 0;
    std::uint64_t byte_count = 0;
  };

  [[nodiscard]] simdr_import_result import(const Context& context, const Store& store) const {
    const StopScope stop;
    Progress progress("importing", !context.settings.quiet);
    Watch watch{context, progress};
    simdr_import_options options = SIMDR_IMPORT_OPTIONS_INIT;
    options.flags = durability_;
    options.ns = namespace_.empty() ? nullptr : namespace_.data();
    options.ns_size = namespace_.size();
    options.on_file = on_file;
    options.on_file_user_data = &watch;
    simdr_import_result result = SIMDR_IMPORT_RESULT_INIT;
    simdr_error error;
    const simdr_status status =
        simdr_store_import_directory(store.get(), directory_.c_str(), &options, &result, &error);
    progress.wipe();
    check(status, error, store.name() + ": import of " + file_name(directory_), {context.file, directory_});
    return result;
  }

  static int on_file(const char* key, std::uint64_t file_size, simdr_status status, void* watch_pointer) noexcept {
    auto& watch = *static_cast<Watch*>(watch_pointer);
    if (status == SIMDR_OK) {
      ++watch.file_count;
      watch.byte_count += file_size;
      watch.progress.files(watch.file_count, watch.byte_count);
    } else {
      watch.progress.wipe();
      watch.context.say("left out " + in_quotes(key) + ": " + simdr_status_text(status));
    }
    return StopScope::requested() ? 1 : 0;
  }

  std::string directory_;
  std::string namespace_;
  std::uint32_t durability_ = SIMDR_DURABILITY_DEFAULT;
};

class Backup final : public Command {
 public:
  void add_arguments(CLI::App& app) override { add_word(app, "OUT", out_path_, "The copy; nothing may be there yet"); }

  ExitCode run(Context& context) override {
    const Store store(context.file, SIMDR_OPEN_READ_ONLY, context.settings);
    simdr_error error;
    const simdr_status status = simdr_store_backup(store.get(), out_path_.c_str(), &error);
    check(status, error, store.name() + ": backup to " + file_name(out_path_), {context.file, out_path_});
    context.say(file_name(out_path_) + ": copied " + human_size(simdr_store_file_size(store.get())) + " of " +
                store.name());
    return ExitCode::kDone;
  }

 private:
  std::string out_path_;
};

class Upgrade final : public Command {
 public:
  void add_arguments(CLI::App& app) override {
    add_word(app, "OUT", out_path_, "The new store; nothing may be there yet");
  }

  ExitCode run(Context& context) override {
    const simdr_open_options options = open_options(context.settings);
    simdr_error error;
    const simdr_status status = simdr_upgrade(context.file.c_str(), out_path_.c_str(), &options, &error);
    check(status, error, file_name(context.file) + ": upgrade to " + file_name(out_path_), {context.file, out_path_});
    context.say(file_name(out_path_) + ": upgraded from " + file_name(context.file));
    return ExitCode::kDone;
  }

 private:
  std::string out_path_;
};

}  // namespace

std::unique_ptr<Command> make_index() { return std::make_unique<Index>(); }
std::unique_ptr<Command> make_compact() { return std::make_unique<Compact>(); }
std::unique_ptr<Command> make_import() { return std::make_unique<Import>(); }
std::unique_ptr<Command> make_backup() { return std::make_unique<Backup>(); }
std::unique_ptr<Command> make_upgrade() { return std::make_unique<Upgrade>(); }

}  // namespace simdr::cli
