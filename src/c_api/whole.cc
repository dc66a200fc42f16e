// What is done to a whole store or file.
#include "c_api/boundary.h"
#include "store/import.h"
#include "store/maintenance.h"

using namespace simdr::c_api;
namespace core = simdr::core;

namespace {

core::OnFault fault_function(simdr_fault_fn on_fault, void* user_data) {
  if (on_fault == nullptr) return {};
  return [on_fault, user_data](const core::FaultReport& fault) {
    const simdr_fault told{fault.offset, fault.size, fault.key_hash, fault.what};
    return on_fault(&told, user_data);
  };
}

core::Progress progress_function(simdr_progress_fn progress, void* user_data) {
  if (progress == nullptr) return {};
  return [progress, user_data](std::uint64_t done, std::uint64_t total) { return progress(done, total, user_data); };
}

simdr_status finish(const Result<void>& result, simdr_error* err) noexcept {
  return result ? SIMDR_OK : report(result.error(), err);
}

}  // namespace

simdr_status simdr_store_compact(simdr_store* store, const simdr_compact_options* options, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    simdr_compact_options known = SIMDR_COMPACT_OPTIONS_INIT;
    SIMDR_REFUSE(read_options("options", options, &known, err));
    if (known.flags != 0) return refuse_flags("options.flags", known.flags, err);
    SIMDR_REFUSE(check_reserved("options.reserved", known.reserved, err));
    return finish(store->core->compact(progress_function(known.progress, known.progress_user_data)), err);
  });
}

simdr_status simdr_store_verify(const simdr_store* store, const simdr_verify_options* options,
                                simdr_verify_result* out_result, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    simdr_verify_options known = SIMDR_VERIFY_OPTIONS_INIT;
    SIMDR_REFUSE(read_options("options", options, &known, err));
    if (known.flags != 0) return refuse_flags("options.flags", known.flags, err);
    SIMDR_REFUSE(check_reserved("options.reserved", known.reserved, err));
    SIMDR_NOT_NULL(out_result);
    SIMDR_REFUSE(check_result_size("out_result", out_result->size, err));
    core::VerifyReport report_of_core;
    const Result<void> verified =
        core::verify_store(*store->core, fault_function(known.on_fault, known.on_fault_user_data),
                           progress_function(known.progress, known.progress_user_data), &report_of_core);
    simdr_verify_result result = SIMDR_VERIFY_RESULT_INIT;
    result.entry_count = report_of_core.entry_count;
    result.checked_size = report_of_core.checked_size;
    result.fault_count = report_of_core.fault_count;
    if (verified || verified.error().status == Status::kCorrupt) write_result(out_result, result);
    return finish(verified, err);
  });
}

simdr_status simdr_store_import_directory(simdr_store* store, const char* directory,
                                          const simdr_import_options* options, simdr_import_result* out_result,
                                          simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_NOT_NULL(directory);
    simdr_import_options known = SIMDR_IMPORT_OPTIONS_INIT;
    SIMDR_REFUSE(read_options("options", options, &known, err));
    SIMDR_NOT_NULL(out_result);
    SIMDR_REFUSE(check_result_size("out_result", out_result->size, err));
    SIMDR_REFUSE(check_key("options.ns", known.ns, known.ns_size, err));
    SIMDR_REFUSE(check_reserved("options.reserved", known.reserved, err));
    core::ImportSettings settings;
    SIMDR_REFUSE(read_durability(known.flags, &settings.durability, err));
    if (known.ns != nullptr || known.ns_size != 0) settings.namespace_hash = hash_of(known.ns, known.ns_size);
    if (known.on_file != nullptr) {
      settings.on_file = [&](const std::string& key, std::uint64_t size, Status status) {
        return known.on_file(key.c_str(), size, static_cast<simdr_status>(status), known.on_file_user_data);
      };
    }
    core::ImportReport imported;
    const Result<void> done = core::import_directory(*store->core, directory, settings, &imported);
    simdr_import_result result = SIMDR_IMPORT_RESULT_INIT;
    result.file_count = imported.file_count;
    result.stored_size = imported.stored_size;
    result.skipped_count = imported.skipped_count;
    if (done) write_result(out_result, result);
    return finish(done, err);
  });
}

simdr_status simdr_store_backup(const simdr_store* store, const char* path, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_NOT_NULL(path);
    return finish(core::backup_store(*store->core, path), err);
  });
}

simdr_status simdr_upgrade(const char* path, const char* out_path, const simdr_open_options* options,
                           simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(path);
    SIMDR_NOT_NULL(out_path);
    core::OpenSettings settings;
    SIMDR_REFUSE(read_open_options(options, &settings, err));
    return finish(core::upgrade_file(core::system_file_system(), path, out_path, settings), err);
  });
}

simdr_status simdr_repair(const char* path, const char* out_path, simdr_fault_fn on_fault, void* user_data,
                          simdr_repair_result* out_result, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(path);
    SIMDR_NOT_NULL(out_path);
    SIMDR_NOT_NULL(out_result);
    SIMDR_REFUSE(check_result_size("out_result", out_result->size, err));
    core::RepairReport repaired;
    const Result<void> done =
        core::repair_file(core::system_file_system(), path, out_path, fault_function(on_fault, user_data), &repaired);
    if (!done) return report(done.error(), err);
    simdr_repair_result result = SIMDR_REPAIR_RESULT_INIT;
    result.kept_count = repaired.kept_count;
    result.kept_size = repaired.kept_size;
    result.lost_count = repaired.lost_count;
    result.lost_size = repaired.lost_size;
    write_result(out_result, result);
    return SIMDR_OK;
  });
}
