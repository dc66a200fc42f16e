// What a store holds after a history, from the operations alone: the second opinion that both libraries are compared with.
#pragma once

#include <map>
#include <vector>

#include "history.h"
#include "simdr.h"

namespace simdr::interop {

class Model {
 public:
  struct Value {
    std::uint64_t hash = 0;
    Payload payload;
    std::int64_t order = 0;  // higher is newer
  };

  // Carries the operation out and returns the status that ours answers it with. `target` is the other store of copy and transfer.
  simdr_status apply(const Op& op, Model* target = nullptr);

  [[nodiscard]] std::vector<Value> newest_first() const;
  [[nodiscard]] const Value* find(std::uint64_t hash) const;
  [[nodiscard]] std::size_t count() const { return live_.size(); }
  // Whether the crate would fail to rewrite it.
  [[nodiscard]] bool holds_zeros() const;

 private:
  void store(const Item& item, const Payload& payload);
  simdr_status store_all(const Op& op);
  simdr_status remove(const Item& item);
  simdr_status rename(const Item& old_item, const Item& new_item);
  simdr_status copy(const Item& item, Model& target) const;
  void compact();

  std::map<std::uint64_t, Value> live_;
  std::int64_t next_order_ = 0;
};

}  // namespace simdr::interop
