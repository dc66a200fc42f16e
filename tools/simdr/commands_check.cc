// verify, repair: what is wrong with a file, and what can be saved of it.
#include "arguments.h"
#include "command.h"
#include "report.h"
#include "text.h"

namespace simdr::cli {
namespace {

class Verify final : public Command {
 public:
  void add_arguments(CLI::App& app) override { add_json(app, json_); }

  ExitCode run(Context& context) override {
    const Store store(context.file, SIMDR_OPEN_READ_ONLY, context.settings);
    Progress progress("verifying", !context.settings.quiet);
    FaultReport report(context.out, &progress, json_);
    simdr_verify_options options = SIMDR_VERIFY_OPTIONS_INIT;
    options.on_fault = FaultReport::on_fault;
    options.on_fault_user_data = &report;
    options.progress = on_progress;
    options.progress_user_data = &progress;
    simdr_verify_result result = SIMDR_VERIFY_RESULT_INIT;
    simdr_error error;
    const simdr_status status = simdr_store_verify(store.get(), &options, &result, &error);
    report.rethrow();
    if (status != SIMDR_OK && status != SIMDR_ERR_CORRUPT) {
      report.abandon(error.message);
      store.check(status, error);
    }

    report_left_out(store, report);
    const bool ok = status == SIMDR_OK && report.count() == 0;
    JsonObject rest;
    rest.number("entries", result.entry_count).number("checked_size", result.checked_size).flag("ok", ok);
    const std::string faults = counted(report.count(), "fault", "faults");
    report.finish(rest, store.name() + ": " + counted(result.entry_count, "entry", "entries") + ", " +
                            human_size(result.checked_size) + " checked: " + (ok ? "no faults" : faults));
    if (ok) return ExitCode::kDone;
    print_words(store.name() + ": " + faults + " found");
    return ExitCode::kCorrupt;
  }

 private:
  // What recovery left out lies behind the tail, where the library's verification does not go. Whatever it says of the
  // rest, a file that needed recovery is not whole.
  static void report_left_out(const Store& store, FaultReport& report) {
    const char* damage = simdr_store_recovered_from(store.get());
    if (damage == nullptr) return;
    const simdr_stats stats = stats_of(store);
    if (stats.physical_size == stats.tail_offset && report.count() > 0) return;
    report.add({stats.tail_offset, stats.physical_size - stats.tail_offset, 0, damage});
  }

  static int on_progress(std::uint64_t done, std::uint64_t total, void* progress) noexcept {
    static_cast<Progress*>(progress)->part(done, total);
    return 0;
  }

  bool json_ = false;
};

class Repair final : public Command {
 public:
  void add_arguments(CLI::App& app) override {
    add_word(app, "OUT", out_path_, "The new store; nothing may be there yet");
    add_json(app, json_);
  }

  ExitCode run(Context& context) override {
    FaultReport report(context.out, nullptr, json_);
    simdr_repair_result result = SIMDR_REPAIR_RESULT_INIT;
    simdr_error error;
    const simdr_status status =
        simdr_repair(context.file.c_str(), out_path_.c_str(), FaultReport::on_fault, &report, &result, &error);
    report.rethrow();
    if (status != SIMDR_OK) report.abandon(error.message);
    check(status, error, file_name(context.file) + ": repair to " + file_name(out_path_), {context.file, out_path_});

    JsonObject rest;
    rest.number("kept_entries", result.kept_count).number("kept_size", result.kept_size);
    rest.number("lost_count", result.lost_count).number("lost_size", result.lost_size);
    report.finish(rest, file_name(out_path_) + ": kept " + counted(result.kept_count, "entry", "entries") + ", " +
                            human_size(result.kept_size) + "; lost " + human_size(result.lost_size) + " in " +
                            counted(result.lost_count, "place", "places"));
    return ExitCode::kDone;
  }

 private:
  std::string out_path_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_verify() { return std::make_unique<Verify>(); }
std::unique_ptr<Command> make_repair() { return std::make_unique<Repair>(); }

}  // namespace simdr::cli
