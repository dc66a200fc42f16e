// Every live entry once, on several threads.
#pragma once

#include <cstdint>
#include <functional>

#include "store/store.h"

namespace simdr::core {

// `visit` is called on several threads at once; non-zero stops, and is put into *out_result with Status::kStopped.
Status for_each_live(const Store& store, unsigned thread_count, bool verify,
                     const std::function<int(const Found&)>& visit, int* out_result, Error* error);

}  // namespace simdr::core
