// Kills, looks at what is left, and goes on with it: each point is one kill.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "oracle.h"
#include "victim.h"
#include "workload.h"

namespace simdr::core::test {

struct KillTally {
  std::uint64_t points = 0;           // children killed
  std::uint64_t ran_through = 0;      // children that came to their end first
  std::uint64_t whole_in_flight = 0;  // the operation in flight was there whole
  std::uint64_t no_in_flight = 0;     // it was not there at all
  std::uint64_t between = 0;          // nothing was in flight, or it changed nothing
  std::uint64_t on_crashed_file = 0;  // the child had opened what an earlier kill left
  std::uint64_t crate_checks = 0;
  std::uint64_t left_over_files = 0;  // temporary names of compactions
};

class KillCampaign {
 public:
  // Works in the existing folder `folder`. `oracle` may be null.
  KillCampaign(std::string folder, std::uint64_t seed, Oracle* oracle);

  // Kills once on a fresh store, and then up to three times more on what is left. Empty, or the first thing that is
  // not as promised.
  std::string run(KillPlan::Where where);

  [[nodiscard]] const KillTally& tally() const noexcept { return tally_; }

 private:
  KillPlan draw_plan(KillPlan::Where where, std::uint64_t operation_count, std::uint64_t call_count);
  OpenSettings draw_settings();
  std::string kill_once(KillPlan::Where where, std::uint64_t workload_seed, State* state, bool* out_killed);
  std::string inspect(const std::vector<Operation>& operations, const Death& death, State* state);
  std::string ask_crate(const State& state);
  std::string go_on_writing(State state);
  std::string clean_up(bool with_store);

  std::string folder_;
  std::string path_;
  Random random_;
  Oracle* oracle_;
  OpenSettings settings_;
  std::uint64_t seed_;
  std::uint64_t chain_count_ = 0;
  std::uint64_t workload_seed_ = 0;
  std::uint64_t workload_calls_ = 0;  // of a run to the end on a fresh store
  std::uint64_t workload_microseconds_ = 0;
  KillTally tally_;
};

}  // namespace simdr::core::test
