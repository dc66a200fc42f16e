// A set of offsets: the tails a search has walked over, so that it does not walk the same stretch again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace simdr::core {

class TailMarks {
 public:
  // `tail` is never 0. May throw std::bad_alloc.
  void insert(std::uint64_t tail) {
    if ((count_ + 1) * 2 > slots_.size()) grow();
    if (put(tail)) ++count_;
  }

  [[nodiscard]] bool contains(std::uint64_t tail) const noexcept {
    if (slots_.empty()) return false;
    for (std::size_t at = home(tail);; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at] == tail) return true;
      if (slots_[at] == 0) return false;
    }
  }

 private:
  [[nodiscard]] std::size_t home(std::uint64_t tail) const noexcept {
    // Two rounds: hostile tails may share any bits they like, but not those of this.
    tail = (tail ^ (tail >> 31)) * 0x9E37'79B9'7F4A'7C15ull;
    tail = (tail ^ (tail >> 29)) * 0xD6E8'FEB8'6659'FD93ull;
    return static_cast<std::size_t>(tail >> 20) & (slots_.size() - 1);
  }

  bool put(std::uint64_t tail) noexcept {
    std::size_t at = home(tail);
    while (slots_[at] != 0) {
      if (slots_[at] == tail) return false;
      at = (at + 1) & (slots_.size() - 1);
    }
    slots_[at] = tail;
    return true;
  }

  void grow() {
    std::vector<std::uint64_t> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (const std::uint64_t tail : old) {
      if (tail != 0) put(tail);
    }
  }

  std::vector<std::uint64_t> slots_;
  std::size_t count_ = 0;
};

}  // namespace simdr::core
