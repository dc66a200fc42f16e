// Kills a writing process at any instant and looks at what is left. More than the usual:
//
//   crash_kill --points 100000 --seed 7
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/sanitizers.h"
#include "kill_campaign.h"
#include "temp_dir.h"

namespace simdr::core::test {
namespace {

std::uint64_t g_points = 2000;
std::uint64_t g_seed = 1;

class KillTest : public ::testing::Test {
 protected:
  void SetUp() override { temp_dir_make(&folder_); }
  void TearDown() override { temp_dir_remove(&folder_); }

  void kill(KillPlan::Where where, std::uint64_t points) {
    const std::unique_ptr<Oracle> oracle = Oracle::start();
    KillCampaign campaign(folder_.path, g_seed, oracle.get());
    while (campaign.tally().points < points) {
      const std::string wrong = campaign.run(where);
      ASSERT_EQ(wrong, "") << "at point " << campaign.tally().points;
    }
    const KillTally& tally = campaign.tally();
    std::printf(
        "%llu kills (%llu on what an earlier one left), %llu runs ended first; the operation in flight was there %llu "
        "times, was not %llu times, changed nothing %llu times; %llu temporary names left; %llu files shown to the "
        "crate%s\n",
        static_cast<unsigned long long>(tally.points), static_cast<unsigned long long>(tally.on_crashed_file),
        static_cast<unsigned long long>(tally.ran_through), static_cast<unsigned long long>(tally.whole_in_flight),
        static_cast<unsigned long long>(tally.no_in_flight), static_cast<unsigned long long>(tally.between),
        static_cast<unsigned long long>(tally.left_over_files), static_cast<unsigned long long>(tally.crate_checks),
        oracle == nullptr ? ": SKIPPED, no oracle built" : "");
    EXPECT_GT(tally.no_in_flight + tally.whole_in_flight, 0u);
  }

  struct temp_dir folder_;
};

TEST_F(KillTest, AtSystemCallsAndInsideWrites) { kill(KillPlan::Where::kSystemCall, g_points * 6 / 10); }

TEST_F(KillTest, BetweenTheInstructionsOfAnOperation) {
  if (!can_step_instructions()) GTEST_SKIP() << "no single-stepping on this processor";
  if (SIMDR_TSAN)
    GTEST_SKIP() << "ThreadSanitizer waits for itself in a signal that comes between instructions of its own";
  kill(KillPlan::Where::kInstruction, g_points * 3 / 10);
}

TEST_F(KillTest, AtRandomInstants) { kill(KillPlan::Where::kInstant, g_points / 10); }

TEST_F(KillTest, TheCratesOwnRecoveryWasAsked) {
  if (Oracle::start() == nullptr) GTEST_SKIP() << "the oracle is not built (tests/oracle/README.md): set SIMDR_ORACLE";
}

void read_arguments(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--points") == 0) g_points = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--seed") == 0) g_seed = std::strtoull(argv[i + 1], nullptr, 10);
  }
}

}  // namespace
}  // namespace simdr::core::test

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  simdr::core::test::read_arguments(argc, argv);
  return RUN_ALL_TESTS();
}
