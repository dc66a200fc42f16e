// ls, info, stats, version: what there is.
#include <algorithm>
#include <cinttypes>

#include "arguments.h"
#include "command.h"
#include "report.h"
#include "text.h"

namespace simdr::cli {
namespace {

class Ls final : public Command {
 public:
  void add_arguments(CLI::App& app) override {
    add_flag(app, "--json", json_, "Print one JSON object a line; reads every value, to check it");
    add_flag(app, "--all-versions", all_versions_, "List replaced and deleted values too");
  }

  ExitCode run(Context& context) override {
    const Store store(context.file, SIMDR_OPEN_READ_ONLY, context.settings, SIMDR_OPEN_INDEX_FILE);
    const std::uint32_t flags = all_versions_ ? SIMDR_ITERATE_ALL_VERSIONS : 0;
    simdr_iterator* opened = nullptr;
    simdr_error error;
    store.check(simdr_iterator_open(store.get(), flags, &opened, &error), error);
    const Iterator iterator(opened);
    while (true) {
      simdr_entry* next = nullptr;
      const simdr_status status = simdr_iterator_next(iterator.get(), &next, &error);
      if (status == SIMDR_NOT_FOUND) return ExitCode::kDone;
      store.check(status, error);
      const Entry entry(next);
      context.out.line(describe(info_of(store, entry), entry));
    }
  }

 private:
  [[nodiscard]] std::string describe(const simdr_entry_info& info, const Entry& entry) const {
    if (json_) return entry_json(info, simdr_entry_checksum_ok(entry.get()) != 0).str();
    return format("%016" PRIx64 " %12" PRIu64 " %15" PRIu64 " %08" PRIx32, info.key_hash, info.payload_size,
                  info.payload_offset, info.checksum);
  }

  bool json_ = false;
  bool all_versions_ = false;
};

class Info final : public Command {
 public:
  void add_arguments(CLI::App& app) override {
    add_json(app, json_);
    add_flag(app, "--detailed", detailed_, "Accepted for compatibility: the savings are always shown");
  }

  ExitCode run(Context& context) override {
    const Store store(context.file, SIMDR_OPEN_READ_ONLY, context.settings, SIMDR_OPEN_INDEX_FILE);
    const simdr_stats stats = stats_of(store);
    const std::string generation = simdr_store_generation(store.get());
    const std::uint32_t alignment = simdr_store_alignment(store.get());
    const std::uint64_t savings = simdr_store_compaction_savings(store.get());
    const char* recovered_from = simdr_store_recovered_from(store.get());
    if (json_) {
      JsonObject object;
      object.text("file", context.file).text("generation", generation).number("alignment", alignment);
      object.number("file_size", stats.physical_size).number("tail", stats.tail_offset);
      object.number("entries", stats.live_count).number("compaction_savings", savings);
      object.text_or_null("recovered_from", recovered_from);
      context.out.line(object.str());
      return ExitCode::kDone;
    }
    Table table;
    table.row("file", store.name());
    table.row("generation", generation);
    table.row("alignment", human_size(alignment));
    table.row("file size", human_size(stats.physical_size));
    table.row("tail", std::to_string(stats.tail_offset));
    table.row("entries", std::to_string(stats.live_count));
    table.row("compaction savings", human_size(savings));
    table.row("recovered from", recovered_from == nullptr ? "nothing: the file is whole" : recovered_from);
    context.out.write(table.str());
    return ExitCode::kDone;
  }

 private:
  bool json_ = false;
  bool detailed_ = false;
};

class Stats final : public Command {
 public:
  void add_arguments(CLI::App& app) override { add_json(app, json_); }

  ExitCode run(Context& context) override {
    const Store store(context.file, SIMDR_OPEN_READ_ONLY, context.settings, SIMDR_OPEN_INDEX_FILE);
    const simdr_stats stats = stats_of(store);
    JsonObject object;
    Table table;
    for (const Counter& counter : kCounters) {
      object.number(counter.name, stats.*counter.member);
      std::string words = counter.name;
      std::replace(words.begin(), words.end(), '_', ' ');
      table.row(words, std::to_string(stats.*counter.member));
    }
    object.real("index_load", stats.index_load);
    table.row("index load", format("%.3f", stats.index_load));
    if (json_) {
      context.out.line(object.str());
    } else {
      context.out.write(table.str());
    }
    return ExitCode::kDone;
  }

 private:
  // What has a meaning for a store that was just opened for reading; the rest counts since open.
  struct Counter {
    const char* name;
    std::uint64_t simdr_stats::*member;
  };
  static constexpr Counter kCounters[] = {
      {"live_count", &simdr_stats::live_count},
      {"live_size", &simdr_stats::live_size},
      {"dead_size", &simdr_stats::dead_size},
      {"total_count", &simdr_stats::total_count},
      {"tombstone_count", &simdr_stats::tombstone_count},
      {"tail_offset", &simdr_stats::tail_offset},
      {"physical_size", &simdr_stats::physical_size},
      {"durable_offset", &simdr_stats::durable_offset},
      {"index_memory_size", &simdr_stats::index_memory_size},
  };

  bool json_ = false;
};

class Version final : public Command {
 public:
  void add_arguments(CLI::App& app) override { add_json(app, json_); }

  ExitCode run(Context& context) override {
    if (json_) {
      JsonObject object;
      object.text("simdr", SIMDR_VERSION_STRING).text("library", simdr_version_string());
      object.text("kernel", simdr_kernel_name());
      context.out.line(object.str());
      return ExitCode::kDone;
    }
    context.out.line(std::string("simdr ") + SIMDR_VERSION_STRING);
    context.out.line(std::string("library ") + simdr_version_string());
    context.out.line(std::string("kernel ") + simdr_kernel_name());
    return ExitCode::kDone;
  }

 private:
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_ls() { return std::make_unique<Ls>(); }
std::unique_ptr<Command> make_info() { return std::make_unique<Info>(); }
std::unique_ptr<Command> make_stats() { return std::make_unique<Stats>(); }
std::unique_ptr<Command> make_version() { return std::make_unique<Version>(); }

}  // namespace simdr::cli
