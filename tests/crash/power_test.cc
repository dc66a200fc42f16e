// Cuts the power anywhere in recorded workloads (power_cut.h says what may then be on the disk). More than the usual:
//
//   crash_power --states 1000000 --seed 7
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "power_campaign.h"
#include "temp_dir.h"

namespace simdr::core::test {
namespace {

std::uint64_t g_states = 20'000;
std::uint64_t g_seed = 1;

class PowerTest : public ::testing::Test {
 protected:
  void SetUp() override { temp_dir_make(&folder_); }
  void TearDown() override { temp_dir_remove(&folder_); }

  void cut(Durability durability, std::uint64_t states) {
    const std::unique_ptr<Oracle> oracle = durability == Durability::kStrict ? Oracle::start() : nullptr;
    PowerCampaign campaign(g_seed, durability, oracle.get(), folder_.path);
    while (campaign.tally().states < states) {
      const std::string wrong = campaign.run(400);
      ASSERT_EQ(wrong, "") << "after " << campaign.tally().states << " states";
    }
    const PowerTally& tally = campaign.tally();
    std::printf(
        "%llu states of %llu workloads (%llu of them prefixes); %llu with an end left out; %llu mixed; "
        "%llu written on; %llu of a second cut; %llu shown to the crate%s\n",
        static_cast<unsigned long long>(tally.states), static_cast<unsigned long long>(tally.workloads),
        static_cast<unsigned long long>(tally.prefixes), static_cast<unsigned long long>(tally.mended),
        static_cast<unsigned long long>(tally.mixed), static_cast<unsigned long long>(tally.written_on),
        static_cast<unsigned long long>(tally.cut_again), static_cast<unsigned long long>(tally.crate_checks),
        durability == Durability::kStrict && oracle == nullptr ? ": SKIPPED, no oracle built" : "");
    EXPECT_GT(tally.written_on, 0u);
    EXPECT_GT(tally.cut_again, 0u);
  }

  struct temp_dir folder_;
};

TEST_F(PowerTest, CommitLosesNothingThatWasAcknowledged) { cut(Durability::kCommit, g_states * 4 / 10); }
TEST_F(PowerTest, StrictLosesNothingForTheCrateEither) { cut(Durability::kStrict, g_states * 4 / 10); }
TEST_F(PowerTest, NoneHidesNothingOldAndInventsNothing) { cut(Durability::kNone, g_states * 2 / 10); }

void read_arguments(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--states") == 0) g_states = std::strtoull(argv[i + 1], nullptr, 10);
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
