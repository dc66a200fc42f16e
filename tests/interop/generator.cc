#include "generator.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace simdr::interop {

std::uint64_t Random::next() {
  state_ += 0x9E3779B97F4A7C15ull;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

std::size_t Random::log_uniform(std::size_t max) {
  const double unit = static_cast<double>(next() >> 11) / 9007199254740992.0;
  const auto drawn = static_cast<std::size_t>(std::exp(std::log(static_cast<double>(max) + 1) * unit));
  return std::clamp<std::size_t>(drawn, 1, max);
}

Generator::Generator(std::uint64_t seed, std::size_t key_count) : random_(seed) {
  std::set<Bytes> seen;
  while (keys_.size() < key_count) {
    Bytes key(random_.log_uniform(301) - 1, '\0');
    for (char& byte : key) byte = static_cast<char>(random_.next());
    if (seen.insert(key).second) keys_.push_back(key);
  }
}

Op Generator::next(const Rules& rules, simdr_status* out_status) {
  Op op = draw(rules);
  *out_status = model_.apply(op, &target_model_);
  return op;
}

Op Generator::draw(const Rules& rules) {
  const std::size_t kind = random_.below(100);
  if (kind < 40) return put(rules);
  if (kind < 52) return batch(rules);
  if (kind < 63) return stream(rules);
  if (kind < 75) return remove();
  if (kind < 82) return remove_batch(rules);
  if (kind < 90) return rename(rules);
  if (kind < 94 && !rules.target.empty()) return hand_over(rules);
  Op op;
  const bool may_compact = rules.compact && (rules.beyond_the_crate || !model_.holds_zeros());
  op.verb = may_compact && random_.chance(35) ? Verb::kCompact : Verb::kReopen;
  return op;
}

Payload Generator::draw_payload(const Rules& rules) {
  if (rules.beyond_the_crate) {
    if (random_.chance(3)) return random_.chance(50) ? Payload() : Payload::fill(0, 1);  // refused
    if (random_.chance(25)) return Payload::fill(0, 1 + random_.log_uniform(rules.max_payload));
  }
  for (;;) {
    const std::size_t size = random_.log_uniform(rules.max_payload);
    const Payload payload = random_.chance(20) ? Payload::fill(static_cast<std::uint8_t>(random_.next()), size)
                                               : Payload::xorshift(random_.next(), size);
    if (!payload.is_zeros()) return payload;
  }
}

Op Generator::put(const Rules& rules) {
  const Item item = keyed(any_key(), draw_payload(rules));
  if (random_.chance(20)) return {Verb::kPutHash, {hashed(item.hash, item.payload)}, 0, {}, {}};
  return {Verb::kPut, {item}, 0, {}, {}};
}

Op Generator::batch(const Rules& rules) {
  Op op{random_.chance(20) ? Verb::kBatchHash : Verb::kBatch, {}, 0, {}, {}};
  for (std::size_t left = random_.log_uniform(25) - 1; left > 0; --left) {
    const Item item = keyed(any_key(), draw_payload(rules));
    op.items.push_back(op.names_hashes() ? hashed(item.hash, item.payload) : item);
  }
  return op;
}

Op Generator::stream(const Rules& rules) {
  Op op{Verb::kStream, {keyed(any_key(), draw_payload(rules))}, 16 + random_.log_uniform(rules.max_payload), {}, {}};
  if (rules.beyond_the_crate && random_.chance(15)) op.fail_at = random_.below(op.items[0].payload.bytes().size() + 1);
  return op;
}

// One of any keys, so often one that was deleted before.
Op Generator::remove() {
  const Item item = keyed(any_key());
  if (random_.chance(20)) return {Verb::kDeleteHashes, {hashed(item.hash)}, 0, {}, {}};
  return {Verb::kDelete, {item}, 0, {}, {}};
}

Op Generator::remove_batch(const Rules& rules) {
  Op op{random_.chance(20) ? Verb::kDeleteHashes : Verb::kBatchDelete, {}, 0, {}, {}};
  for (std::size_t left = random_.log_uniform(8); left > 0; --left) {
    const Item item = keyed(any_key());
    op.items.push_back(op.names_hashes() ? hashed(item.hash) : item);
  }
  if (rules.beyond_the_crate) op.items.push_back(op.items[0]);
  return op;
}

Op Generator::rename(const Rules& rules) {
  const Bytes& from = movable_key(rules);
  const Bytes& to = any_key();
  const bool may = rules.beyond_the_crate || (from != to && is_movable(from, rules));
  return may ? Op{Verb::kRename, {keyed(from), keyed(to)}, 0, {}, {}} : put(rules);
}

Op Generator::hand_over(const Rules& rules) {
  const Bytes& key = movable_key(rules);
  if (!is_movable(key, rules)) return put(rules);
  return {random_.chance(50) ? Verb::kCopy : Verb::kTransfer, {keyed(key)}, 0, {}, rules.target};
}

bool Generator::is_movable(const Bytes& key, const Rules& rules) const {
  const Model::Value* value = model_.find(keyed(key).hash);
  return value != nullptr && (rules.beyond_the_crate || !value->payload.is_zeros());
}

const Bytes& Generator::movable_key(const Rules& rules) {
  const std::size_t start = random_.below(keys_.size());
  for (std::size_t step = 0; step < keys_.size(); ++step) {
    const Bytes& key = keys_[(start + step) % keys_.size()];
    if (is_movable(key, rules)) return key;
  }
  return keys_[start];
}

}  // namespace simdr::interop
