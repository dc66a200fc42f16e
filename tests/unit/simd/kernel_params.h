// The names of all compiled kernels as test parameters.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "simd/kernels.h"

namespace simdr::core::simd::test {

inline auto all_kernel_names() {
  const auto names = compiled_kernel_names();
  return testing::ValuesIn(std::vector<std::string>(names.begin(), names.end()));
}

inline std::string name_of_case(const testing::TestParamInfo<std::string>& param) { return param.param; }

}  // namespace simdr::core::simd::test
