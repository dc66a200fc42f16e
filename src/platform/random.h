// Numbers nobody can guess: seeds against chosen hashes, names of temporary files.
#pragma once

#include <cstdint>

namespace simdr::core {

[[nodiscard]] std::uint64_t random_u64() noexcept;

}  // namespace simdr::core
