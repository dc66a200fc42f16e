// Opening, closing, and what a store says of itself.
#include "c_api/boundary.h"

using namespace simdr::c_api;
namespace core = simdr::core;

namespace {

simdr_status read_layout(const simdr_open_options& options, core::OpenSettings* out, simdr_error* err) noexcept {
  if (options.layout_alignment == 0) {
    if (options.layout_trailer == 0) return SIMDR_OK;
    return report(
        core::make_error(Status::kInvalidArgument, "options.layout_trailer: set without options.layout_alignment"),
        err);
  }
  if (!core::is_power_of_two(options.layout_alignment) || options.layout_alignment > 65536) {
    return report(
        core::make_error(Status::kInvalidArgument, "options.layout_alignment: %u is no power of two up to 65536",
                         options.layout_alignment),
        err);
  }
  core::Layout layout{20, options.layout_alignment, true};
  if (options.layout_trailer == 19 && options.layout_alignment == 1) {
    layout = core::kPacked19;
  } else if (options.layout_trailer != 0 && options.layout_trailer != 20) {
    return report(core::make_error(Status::kInvalidArgument,
                                   "options.layout_trailer: %u is neither 20 nor, with an alignment of 1, 19",
                                   options.layout_trailer),
                  err);
  }
  out->layout = layout;
  return SIMDR_OK;
}

simdr_status read_settings(const simdr_open_options& options, core::OpenSettings* out, simdr_error* err) noexcept {
  constexpr std::uint32_t kKnownFlags = SIMDR_OPEN_VERIFY_READS | SIMDR_OPEN_DIRECT_WRITES | SIMDR_OPEN_INDEX_FILE;
  if (options.mode > SIMDR_OPEN_CREATE_NEW) {
    return report(core::make_error(Status::kInvalidArgument, "options.mode: %u is no mode", options.mode), err);
  }
  if ((options.flags & ~kKnownFlags) != 0) return refuse_flags("options.flags", options.flags & ~kKnownFlags, err);
  if (options.durability > SIMDR_DURABILITY_STRICT) {
    return report(
        core::make_error(Status::kInvalidArgument, "options.durability: %u is no durability", options.durability), err);
  }
  if ((options.file_mode & ~07777u) != 0) {
    return report(core::make_error(Status::kInvalidArgument, "options.file_mode: 0%o has more than permission bits",
                                   options.file_mode),
                  err);
  }
  SIMDR_REFUSE(check_reserved("options.reserved0", options.reserved0, err));
  if (options.window_size != 0 &&
      (options.window_size < core::kMinWindowSize || options.window_size >= core::kMaxStoreSize)) {
    return report(core::make_error(Status::kInvalidArgument, "options.window_size: %llu is below 64 KiB or above 2^48",
                                   static_cast<unsigned long long>(options.window_size)),
                  err);
  }
  if (options.reserve_size >= core::kMaxStoreSize) {
    return report(core::make_error(Status::kInvalidArgument, "options.reserve_size: %llu is above 2^48",
                                   static_cast<unsigned long long>(options.reserve_size)),
                  err);
  }
  out->mode = static_cast<core::OpenAs>(options.mode);
  out->verify_reads = (options.flags & SIMDR_OPEN_VERIFY_READS) != 0;
  out->direct_writes = (options.flags & SIMDR_OPEN_DIRECT_WRITES) != 0;
  out->index_file = (options.flags & SIMDR_OPEN_INDEX_FILE) != 0;
  if (options.durability != 0) out->durability = static_cast<Durability>(options.durability);
  out->lock_timeout_ms = options.lock_timeout_ms;
  if (options.file_mode != 0) out->permissions = options.file_mode;
  if (options.reserve_size != 0) out->reserve_size = options.reserve_size;
  if (options.window_size != 0) out->append.max_window_size = options.window_size;
  out->log = core::Log(options.log, options.log_user_data);
  return read_layout(options, out, err);
}

}  // namespace

namespace simdr::c_api {

simdr_status read_open_options(const simdr_open_options* options, core::OpenSettings* out, simdr_error* err) noexcept {
  simdr_open_options known = SIMDR_OPEN_OPTIONS_INIT;
  SIMDR_REFUSE(read_options("options", options, &known, err));
  return read_settings(known, out, err);
}

}  // namespace simdr::c_api

simdr_status simdr_store_open(const char* path, const simdr_open_options* options, simdr_store** out_store,
                              simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(path);
    SIMDR_NOT_NULL(out_store);
    if (*path == '\0') return report(core::make_error(Status::kInvalidArgument, "path: is empty"), err);
    core::OpenSettings settings;
    SIMDR_REFUSE(read_open_options(options, &settings, err));
    auto handle = std::make_unique<simdr_store>();
    Result<std::unique_ptr<core::Store>> store = core::Store::open(core::system_file_system(), path, settings);
    if (!store) return report(store.error(), err);
    handle->core = *std::move(store);
    *out_store = handle.release();
    return SIMDR_OK;
  });
}

void simdr_store_close(simdr_store* store) noexcept { (void)simdr_store_close_checked(store, nullptr); }

simdr_status simdr_store_close_checked(simdr_store* store, simdr_error* err) noexcept {
  if (store == nullptr) return SIMDR_OK;
  if (store->core->in_child()) {
    store->core->abandon_in_child();
    return SIMDR_OK;
  }
  const std::unique_ptr<simdr_store> owner(store);
  return guarded(err, [&]() -> simdr_status {
    const Result<void> closed = store->core->close();
    return closed ? SIMDR_OK : report(closed.error(), err);
  });
}

const char* simdr_store_path(const simdr_store* store) noexcept { return store->core->path().c_str(); }

int simdr_store_is_read_only(const simdr_store* store) noexcept { return store->core->is_read_only(); }

const char* simdr_store_recovered_from(const simdr_store* store) noexcept {
  const std::string& why = store->core->recovered_from();
  return why.empty() ? nullptr : why.c_str();
}

const char* simdr_store_generation(const simdr_store* store) noexcept { return store->core->generation().c_str(); }

std::uint32_t simdr_store_alignment(const simdr_store* store) noexcept { return store->core->layout().alignment; }

std::uint64_t simdr_store_count(const simdr_store* store) noexcept { return store->core->count(); }

int simdr_store_is_empty(const simdr_store* store) noexcept { return store->core->count() == 0; }

std::uint64_t simdr_store_file_size(const simdr_store* store) noexcept { return store->core->tail(); }

std::uint64_t simdr_store_compaction_savings(const simdr_store* store) noexcept {
  return store->core->compaction_savings();
}

simdr_status simdr_store_stats(const simdr_store* store, simdr_stats* out_stats, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_NOT_NULL(out_stats);
    SIMDR_REFUSE(check_result_size("out_stats", out_stats->size, err));
    const Result<core::Stats> stats = store->core->stats();
    if (!stats) return report(stats.error(), err);
    simdr_stats out = SIMDR_STATS_INIT;
    out.live_count = stats->live_count;
    out.live_size = stats->live_size;
    out.dead_size = stats->dead_size;
    out.total_count = stats->entry_count;
    out.tombstone_count = stats->tombstone_count;
    out.tail_offset = stats->tail;
    out.physical_size = stats->physical_size;
    out.get_hits = stats->get_hits;
    out.get_misses = stats->get_misses;
    out.put_count = stats->put_count;
    out.written_size = stats->written_size;
    out.sync_count = stats->sync_count;
    out.durable_offset = stats->durable_tail;
    out.index_memory_size = stats->index_memory_size;
    out.index_load = stats->index_load;
    out.window_count = stats->window_count;
    write_result(out_stats, out);
    return SIMDR_OK;
  });
}
