// What may be on the disk when the power goes, after a prefix of a recorded log.
//
// What a completed sync covered is there. Of all that came later each 512-byte sector is, independently, as it was, as any of
// the later writes made it, or as the last one did; a sector that was never on the disk reads as zeros. The size of the
// file is any that it had since, and blocks behind a size that it was cut to are gone with that size. Names follow in their order, as far as they came. A sector is never torn.
//
// With SizeRule::kGrowsWithItsBytes a size that a write extended the file to implies that write's bytes (what ext4 in its
// default mode, XFS and others see to); with kAnySize it does not.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "disk.h"
#include "workload.h"

namespace simdr::core::test {

enum class SizeRule : std::uint8_t { kAnySize, kGrowsWithItsBytes };

class PowerCut {
 public:
  // File number 0 of the log is at `path` already, with `bytes`, all on the disk; nothing is there when `bytes` is absent.
  PowerCut(std::string path, std::optional<Bytes> bytes);

  void advance(const DiskEvent& event);  // which must outlive this

  // True when more than one image is possible now.
  [[nodiscard]] bool is_open() const noexcept;
  // Everything that was written is there.
  [[nodiscard]] std::optional<Bytes> newest() const;
  // One of the possible images; nothing when the file has no name yet.
  [[nodiscard]] std::optional<Bytes> draw(Random* random, SizeRule rule) const;

 private:
  struct Version {
    const Sector* sector;
    std::size_t size_count;  // how many of `sizes` came before
  };
  struct NewSize {
    std::uint64_t size;
    std::uint64_t dropped_from;  // sectors from here on are gone; kNothingDropped where the file grew
    std::vector<std::uint64_t> sectors;  // of the write that extended the file to it
  };
  struct Disk {
    Bytes synced;  // all that is beyond it reads as zeros
    std::map<std::uint64_t, std::vector<Version>> pending;  // since the sync, oldest first
    std::vector<NewSize> sizes;  // since the sync, oldest first
  };
  // Which versions of a sector there can be when the size is the `size_count`-th since the sync: [begin, end) of
  // those pending, and, at `begin` itself, what was there before: zeros where the sector was dropped.
  struct Choices {
    std::size_t begin;
    std::size_t end;
    bool was_dropped;
  };
  static constexpr std::uint64_t kNothingDropped = ~std::uint64_t{0};

  static Choices choices(const Disk& disk, std::uint64_t number, const std::vector<Version>& versions,
                         std::size_t size_count);
  static Bytes build(const Disk& disk, std::size_t size_count, const std::map<std::uint64_t, std::size_t>& versions);
  static Bytes newest_of(const Disk& disk);
  static Bytes draw_from(const Disk& disk, Random* random, SizeRule rule);
  [[nodiscard]] std::optional<std::uint32_t> file_at(std::size_t name_count) const;

  std::string path_;
  std::map<std::uint32_t, Disk> disks_;
  std::optional<std::uint32_t> synced_name_;
  std::vector<std::uint32_t> pending_names_;
};

}  // namespace simdr::core::test
