// Draws histories that go further than the oracle's own: with `Rules::everything()` they do what the crate does wrong and we do
// right.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model.h"

namespace simdr::interop {

// Splitmix64: good from any seed, small ones and 0 included.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
  bool chance(unsigned percent) { return below(100) < percent; }
  // In 1..max, its logarithm uniform: as many of 1 to 10 as of 100 to 1000.
  std::size_t log_uniform(std::size_t max);

 private:
  std::uint64_t state_;
};

struct Rules {
  std::size_t max_payload = 3000;
  bool compact = true;
  // All-zero payloads of two bytes or more, compactions and renames of them, streams of them, keys deleted twice and
  // twice in one batch, streams whose source fails, and payloads that must be refused.
  bool beyond_the_crate = true;
  std::string target;  // the other file of copy and transfer; empty for none of either

  static Rules everything() { return {}; }
  static Rules of_the_crate() { return {3000, true, false, {}}; }
};

class Generator {
 public:
  Generator(std::uint64_t seed, std::size_t key_count);

  // Draws an operation and carries it out on the models. *out_status is what ours must answer.
  Op next(const Rules& rules, simdr_status* out_status);

  [[nodiscard]] const Model& model() const { return model_; }
  [[nodiscard]] const Model& target_model() const { return target_model_; }
  [[nodiscard]] const std::vector<Bytes>& keys() const { return keys_; }

 private:
  Op draw(const Rules& rules);
  Payload draw_payload(const Rules& rules);
  Op put(const Rules& rules);
  Op batch(const Rules& rules);
  Op stream(const Rules& rules);
  Op remove();
  Op remove_batch(const Rules& rules);
  Op rename(const Rules& rules);
  Op hand_over(const Rules& rules);
  const Bytes& any_key() { return keys_[random_.below(keys_.size())]; }
  // Whether its value is there, and can be copied by those who play by the rules.
  [[nodiscard]] bool is_movable(const Bytes& key, const Rules& rules) const;
  // One that is movable, if there is any.
  const Bytes& movable_key(const Rules& rules);

  Random random_;
  std::vector<Bytes> keys_;
  Model model_;
  Model target_model_;
};

}  // namespace simdr::interop
