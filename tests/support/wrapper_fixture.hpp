// What the tests of simdr.hpp share: a folder for their files, and the status of what a call throws.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "simdr.hpp"
#include "temp_dir.hpp"

namespace simdr::test {

class WrapperFixture : public testing::Test {
 protected:
  std::string file(const char* name) const { return dir_.file(name); }

  TempDir dir_;
};

// The status of the simdr::Error that the call throws; SIMDR_OK where it throws none.
template <typename Call>
simdr_status thrown_by(Call&& call) {
  try {
    call();
  } catch (const simdr::Error& error) {
    EXPECT_STRNE(error.what(), "");
    EXPECT_STREQ(error.name(), simdr_status_name(error.status()));
    return error.status();
  }
  return SIMDR_OK;
}

}  // namespace simdr::test
