#include "index/build_feed.h"

#include <utility>

namespace simdr::core {

void BuildFeed::begin(std::uint64_t end) noexcept {
  worker_.reset();
  items_ = own_items_.data();
  count_ = 0;
  builder_.begin(end);
}

bool BuildFeed::pass_on(ByteView file) {
  const std::size_t count = std::exchange(count_, std::size_t{0});
  if (worker_ != nullptr) {
    worker_->give(count);
    items_ = worker_->room();
    return true;
  }
  if (!builder_.add(file, items_, count)) return false;
  if (crew_ == nullptr || !builder_.expects_many()) return true;
  if (crew_->size() != 0) worker_ = crew_->hire(builder_, file);
  if (worker_ != nullptr) {
    items_ = worker_->room();
  } else {
    crew_ = nullptr;  // nor will there be any
  }
  return true;
}

bool BuildFeed::flush(ByteView file) {
  const std::size_t count = std::exchange(count_, std::size_t{0});
  if (worker_ == nullptr) return builder_.add(file, items_, count) && builder_.flush(file);
  worker_->give(count);
  return worker_->finish() && builder_.flush(file);
}

}  // namespace simdr::core
