#include "power_cut.h"

#include <algorithm>
#include <cstring>

#include "base/checked.h"

namespace simdr::core::test {

PowerCut::PowerCut(std::string path, std::optional<Bytes> bytes) : path_(std::move(path)) {
  if (!bytes) return;
  disks_[0].synced = *std::move(bytes);
  synced_name_ = 0;
}

void PowerCut::advance(const DiskEvent& event) {
  using Kind = DiskEvent::Kind;
  switch (event.kind) {
    case Kind::kWrite:
    case Kind::kStore:
    case Kind::kTruncate: {
      Disk& disk = disks_[event.file];
      const std::uint64_t size = disk.sizes.empty() ? disk.synced.size() : disk.sizes.back().size;
      for (const auto& [number, sector] : event.sectors) disk.pending[number].push_back({&sector, disk.sizes.size()});
      if (event.kind == Kind::kTruncate && event.size != size) {
        const std::uint64_t dropped_from = align_up(event.size, kBlockSize) / kSectorSize;
        disk.sizes.push_back({event.size, event.size < size ? dropped_from : kNothingDropped, {}});
      } else if (event.kind == Kind::kWrite && event.size > size) {
        NewSize grown{event.size, kNothingDropped, {}};
        for (const auto& sector : event.sectors) grown.sectors.push_back(sector.first);
        disk.sizes.push_back(std::move(grown));
      }
      break;
    }
    case Kind::kSync: {
      Disk& disk = disks_[event.file];
      disk.synced = newest_of(disk);
      disk.pending.clear();
      disk.sizes.clear();
      break;
    }
    case Kind::kName:
      disks_[event.file];
      if (event.path == path_) pending_names_.push_back(event.file);
      break;
    case Kind::kSyncFolder:
      if (!pending_names_.empty()) synced_name_ = pending_names_.back();
      pending_names_.clear();
      break;
    case Kind::kBegin:
    case Kind::kEnd:
      break;
  }
}

std::optional<std::uint32_t> PowerCut::file_at(std::size_t name_count) const {
  if (name_count == 0) return synced_name_;
  return pending_names_[name_count - 1];
}

bool PowerCut::is_open() const noexcept {
  if (!pending_names_.empty()) return true;
  if (!synced_name_) return false;
  const Disk& disk = disks_.at(*synced_name_);
  return !disk.pending.empty() || !disk.sizes.empty();
}

PowerCut::Choices PowerCut::choices(const Disk& disk, std::uint64_t number, const std::vector<Version>& versions,
                                    std::size_t size_count) {
  Choices found{0, versions.size(), false};
  for (std::size_t i = 0; i < disk.sizes.size(); ++i) {
    if (number < disk.sizes[i].dropped_from) continue;
    // A version is of the blocks from before this cut, or of those that came after it.
    std::size_t cut = 0;
    while (cut < versions.size() && versions[cut].size_count <= i) ++cut;
    if (i < size_count) {
      found.begin = cut;
      found.was_dropped = true;
    } else {
      found.end = std::min(found.end, cut);
    }
  }
  return found;
}

// `versions` holds, for the sectors that are not as they were, which of their later versions counts, and one added to it.
Bytes PowerCut::build(const Disk& disk, std::size_t size_count, const std::map<std::uint64_t, std::size_t>& versions) {
  const std::uint64_t size = size_count == 0 ? disk.synced.size() : disk.sizes[size_count - 1].size;
  Bytes image(static_cast<std::size_t>(size));
  std::uint64_t kept = disk.synced.size();
  for (std::size_t i = 0; i < size_count; ++i) {
    if (disk.sizes[i].dropped_from != kNothingDropped) kept = std::min(kept, disk.sizes[i].dropped_from * kSectorSize);
  }
  std::copy_n(disk.synced.begin(), static_cast<std::size_t>(std::min(size, kept)), image.begin());
  for (const auto& [number, count] : versions) {
    const std::uint64_t at = number * kSectorSize;
    if (count == 0 || at >= size) continue;
    std::memcpy(image.data() + at, disk.pending.at(number)[count - 1].sector->data(),
                static_cast<std::size_t>(std::min(kSectorSize, size - at)));
  }
  return image;
}

Bytes PowerCut::newest_of(const Disk& disk) {
  std::map<std::uint64_t, std::size_t> versions;
  for (const auto& [number, pending] : disk.pending) {
    const Choices possible = choices(disk, number, pending, disk.sizes.size());
    versions[number] = possible.end > possible.begin ? possible.end : 0;
  }
  return build(disk, disk.sizes.size(), versions);
}

std::optional<Bytes> PowerCut::newest() const {
  const std::optional<std::uint32_t> file = file_at(pending_names_.size());
  if (!file) return std::nullopt;
  return newest_of(disks_.at(*file));
}

std::optional<Bytes> PowerCut::draw(Random* random, SizeRule rule) const {
  const std::optional<std::uint32_t> file = file_at(random->below(pending_names_.size() + 1));
  if (!file) return std::nullopt;
  return draw_from(disks_.at(*file), random, rule);
}

Bytes PowerCut::draw_from(const Disk& disk, Random* random, SizeRule rule) {
  std::size_t size_count = disk.sizes.size();
  if (random->below(2) == 0) size_count = static_cast<std::size_t>(random->below(disk.sizes.size() + 1));
  // How much of it arrived: nearly nothing, nearly all, half, all but one sector, or only one sector.
  constexpr std::uint64_t kPercents[] = {3, 20, 50, 80, 97, 100, 0};
  const std::uint64_t percent = kPercents[random->below(7)];
  const std::uint64_t odd = random->below(disk.pending.size());
  std::map<std::uint64_t, std::size_t> versions;
  std::uint64_t place = 0;
  for (const auto& [number, pending] : disk.pending) {
    const Choices possible = choices(disk, number, pending, size_count);
    const bool is_odd = place++ == odd;
    const bool arrived = (random->below(100) < percent) != (is_odd && (percent == 0 || percent == 100));
    if (!arrived || possible.end <= possible.begin) continue;
    const bool is_newest = random->below(3) != 0;
    versions[number] = is_newest ? possible.end : possible.begin + 1 + random->below(possible.end - possible.begin);
  }
  if (rule == SizeRule::kGrowsWithItsBytes) {
    for (std::size_t i = 0; i < size_count; ++i) {
      for (const std::uint64_t number : disk.sizes[i].sectors) {
        const std::vector<Version>& pending = disk.pending.at(number);
        const Choices possible = choices(disk, number, pending, size_count);
        std::size_t least = 0;
        while (pending[least].size_count < i) ++least;
        if (least >= possible.begin && least < possible.end) versions[number] = std::max(versions[number], least + 1);
      }
    }
  }
  return build(disk, size_count, versions);
}

}  // namespace simdr::core::test
