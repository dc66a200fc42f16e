// Going over many entries.
#include "c_api/boundary.h"
#include "store/for_each.h"

using namespace simdr::c_api;
namespace core = simdr::core;

namespace {

simdr_status open_iterator(const simdr_store* store, const core::Iterator::Options& options,
                           simdr_iterator** out_iterator) {
  *out_iterator = new simdr_iterator{core::Iterator(*store->core, options)};
  return SIMDR_OK;
}

}  // namespace

simdr_status simdr_iterator_open(const simdr_store* store, std::uint32_t flags, simdr_iterator** out_iterator,
                                 simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    constexpr std::uint32_t kKnown = SIMDR_ITERATE_ALL_VERSIONS | SIMDR_ITERATE_VERIFY;
    SIMDR_NOT_NULL(store);
    if ((flags & ~kKnown) != 0) return refuse_flags("flags", flags & ~kKnown, err);
    SIMDR_NOT_NULL(out_iterator);
    core::Iterator::Options options;
    options.all_versions = (flags & SIMDR_ITERATE_ALL_VERSIONS) != 0;
    options.verify = (flags & SIMDR_ITERATE_VERIFY) != 0;
    return open_iterator(store, options, out_iterator);
  });
}

simdr_status simdr_iterator_open_versions(const simdr_store* store, const void* key, std::size_t key_size,
                                          simdr_iterator** out_iterator, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_REFUSE(check_key("key", key, key_size, err));
    return simdr_iterator_open_versions_hashed(store, hash_of(key, key_size), out_iterator, err);
  });
}

simdr_status simdr_iterator_open_versions_hashed(const simdr_store* store, std::uint64_t key_hash,
                                                 simdr_iterator** out_iterator, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    SIMDR_NOT_NULL(out_iterator);
    core::Iterator::Options options;
    options.only_key_hash = key_hash;
    return open_iterator(store, options, out_iterator);
  });
}

simdr_status simdr_iterator_next(simdr_iterator* iterator, simdr_entry** out_entry, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(iterator);
    SIMDR_NOT_NULL(out_entry);
    Error error;
    core::Entry* entry = nullptr;
    const Status status = iterator->core.next_entry(&entry, &error);
    if (status == Status::kOk) *out_entry = to_c(entry);
    if (status == Status::kOk || status == Status::kNotFound) return static_cast<simdr_status>(status);
    return report(error, err);
  });
}

simdr_status simdr_iterator_next_views(simdr_iterator* iterator, simdr_view* out_views, std::size_t capacity,
                                       std::size_t* out_count, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(iterator);
    SIMDR_REFUSE(check_bytes("out_views", out_views, capacity, err));
    SIMDR_NOT_NULL(out_count);
    if (capacity == 0) return report(core::make_error(Status::kInvalidArgument, "capacity: is 0"), err);
    Error error;
    std::size_t count = 0;
    const auto emit = [&out_views](const core::EntryRecord& record, const std::byte* data) {
      *out_views++ = to_view({record, data});
    };
    const Status status = iterator->core.next_each(capacity, &count, &error, emit);
    if (status == Status::kOk || status == Status::kNotFound) {
      *out_count = count;
      return static_cast<simdr_status>(status);
    }
    return report(error, err);
  });
}

void simdr_iterator_free(simdr_iterator* iterator) noexcept { delete iterator; }

simdr_status simdr_store_for_each(const simdr_store* store, std::uint32_t thread_count, std::uint32_t flags,
                                  simdr_visit_fn visit, void* user_data, simdr_error* err) noexcept {
  return guarded(err, [&]() -> simdr_status {
    SIMDR_NOT_NULL(store);
    if ((flags & ~SIMDR_ITERATE_VERIFY) != 0) return refuse_flags("flags", flags & ~SIMDR_ITERATE_VERIFY, err);
    SIMDR_NOT_NULL(visit);
    if (thread_count > 1024) {
      return report(core::make_error(Status::kInvalidArgument, "thread_count: %u is above 1024", thread_count), err);
    }
    const auto visit_found = [&](const core::Found& found) {
      const simdr_view view = to_view(found);
      return visit(&view, user_data);
    };
    Error error;
    int result = 0;
    const Status status = core::for_each_live(*store->core, thread_count, (flags & SIMDR_ITERATE_VERIFY) != 0,
                                              visit_found, &result, &error);
    error.callback_result = result;
    return status == Status::kOk ? SIMDR_OK : report(error, err);
  });
}
