// A store in a folder of its own, and what its tests compare it with.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "store/iterator.h"
#include "store/store.h"
#include "temp_dir.hpp"

namespace simdr::core {

using Model = std::map<std::uint64_t, std::string>;

inline ByteView view_of(const std::string& text) { return as_bytes(text.data(), text.size()); }
inline std::string text_of(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

inline OpenSettings read_only() {
  OpenSettings settings;
  settings.mode = OpenAs::kReadOnly;
  return settings;
}

class StoreTest : public ::testing::Test {
 protected:
  void open(OpenSettings settings = {}) {
    auto opened = Store::open(system_file_system(), path_, settings);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = *std::move(opened);
  }
  void close() {
    const auto closed = store_->close();
    ASSERT_TRUE(closed) << closed.error().message;
    store_.reset();
  }

  static Model contents(const Store& store) {
    Model found;
    Iterator iterator(store, {});
    Error error;
    Found one;
    std::size_t count = 0;
    std::uint64_t before = ~std::uint64_t{0};
    while (iterator.next(&one, 1, &count, &error) == Status::kOk) {
      EXPECT_LT(one.record.trailer_offset, before) << "newest to oldest";
      before = one.record.trailer_offset;
      EXPECT_TRUE(found.emplace(one.record.key_hash, text_of(one.payload())).second) << "one entry a key";
    }
    return found;
  }
  void expect_is(const Model& model) {
    EXPECT_EQ(contents(*store_), model);
    EXPECT_EQ(store_->count(), model.size());
    Error error;
    for (const auto& [hash, value] : model) {
      Found found;
      ASSERT_EQ(store_->view(hash, &found, &error), Status::kOk) << hash;
      EXPECT_EQ(text_of(found.payload()), value);
    }
  }

  test::TempDir folder_;
  const std::string path_ = folder_.file("store");
  std::unique_ptr<Store> store_;
};

}  // namespace simdr::core
