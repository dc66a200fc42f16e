// Records a workload on a disk in memory, cuts the power everywhere in it, and looks at what each disk image yields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "disk.h"
#include "oracle.h"
#include "power_cut.h"
#include "workload.h"

namespace simdr::core::test {

struct PowerTally {
  std::uint64_t states = 0;
  std::uint64_t workloads = 0;
  std::uint64_t prefixes = 0;        // of logs, each with everything arrived
  std::uint64_t mended = 0;          // images whose end recovery had to leave out
  std::uint64_t mixed = 0;  // states of a NONE session that are no prefix of it
  std::uint64_t written_on = 0;  // images that were opened to write, written to, closed and read again
  std::uint64_t cut_again = 0;  // states of a second cut, while such an image was written on
  std::uint64_t crate_checks = 0;
  std::uint64_t nothing_yet = 0;  // refused as no store, where nothing was ever promised
};

class PowerCampaign {
 public:
  PowerCampaign(std::uint64_t seed, Durability durability, Oracle* oracle, std::string folder);

  // One workload, about `states` images of it. Empty, or the first thing that is not as promised.
  std::string run(std::uint64_t states);
  [[nodiscard]] const PowerTally& tally() const noexcept { return tally_; }

 private:
  // Where in the history the power went, in steps of the chain.
  struct Progress {
    std::uint64_t durable = 0;  // all these steps were promised to survive
    std::uint64_t strictly = 0;  // and these for the crate too
    std::uint64_t begun = 0;  // no more than these can be there
    std::uint64_t atomic_from =
        0;  // the operation in flight asked for durability: from here on it is whole or not there
  };

  std::string record();
  void follow(const DiskEvent& event);
  static void keep(const Bytes& image);
  void tell_history(std::size_t until) const;
  std::string check(const std::optional<Bytes>& image);
  std::string check_store(const Store& store);
  std::string check_each_key(const Store& store);
  std::string check_write(const Bytes& image);
  std::string check_backup(RecordingFileSystem& files, const Store& store);
  std::string check_second_cut(const Bytes& image);
  std::string check_crate(const Bytes& image);
  [[nodiscard]] bool may_end_at(std::uint64_t step) const;
  [[nodiscard]] Durability effective(const Operation& operation) const;

  Random random_;
  Durability durability_;
  Oracle* oracle_;
  std::string folder_;
  OpenSettings settings_;

  std::optional<Bytes> before_;  // the file as it was when recording began
  std::vector<Operation> operations_;
  std::vector<std::uint64_t> first_step_;  // of each operation, and one more for the end
  std::vector<Step> steps_;
  std::vector<State> states_;  // after so many steps
  DiskLog log_;
  Progress progress_;
  PowerTally tally_;
};

}  // namespace simdr::core::test
