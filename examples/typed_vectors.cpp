// Vectors of floats in one file, searched where they lie: no parsing, no copy. Every payload starts on a 64-byte boundary,
// so a loop over it vectorises as over any aligned array.
#include <cmath>
#include <functional>
#include <iostream>
#include <limits>
#include <numeric>
#include <simdr.hpp>

namespace {

constexpr std::size_t kDimensions = 256;
constexpr int kVectors = 10'000;

std::vector<float> make_vector(int number) {
  std::vector<float> vector(kDimensions);
  for (std::size_t i = 0; i < kDimensions; ++i) {
    vector[i] = std::sin(static_cast<float>(number) * 0.37f + static_cast<float>(i) * 0.11f);
  }
  return vector;
}

float distance(std::span<const float> a, std::span<const float> b) {
  return std::transform_reduce(a.begin(), a.end(), b.begin(), 0.0f, std::plus<>(),
                               [](float x, float y) { return (x - y) * (x - y); });
}

// All of them in one atomic batch.
void fill(simdr::Store& store) {
  std::vector<std::pair<std::string, std::vector<float>>> batch;
  for (int number = 0; number < kVectors; ++number) batch.emplace_back(std::to_string(number), make_vector(number));
  store.put_many(batch, simdr::Durability::kCommit);
}

// The key of the stored vector nearest to `query`: one pass over the mapped file.
simdr::KeyHash nearest(const simdr::Store& store, std::span<const float> query) {
  simdr::KeyHash best{};
  float best_distance = std::numeric_limits<float>::infinity();
  for (const simdr::View& view : store.views()) {
    const float found = distance(view.as<float>(), query);
    if (found < best_distance) best_distance = found, best = view.key_hash();
  }
  return best;
}

}  // namespace

int main() try {
  simdr::Store store("vectors.simdr");
  if (store.empty()) fill(store);

  // One vector built in place in the file, without a copy.
  simdr::Reservation room = store.reserve("built in place", kDimensions * sizeof(float));
  const auto floats = reinterpret_cast<float*>(room.bytes().data());
  std::iota(floats, floats + kDimensions, 0.0f);
  room.commit();

  const simdr::KeyHash found = nearest(store, make_vector(4711));
  std::cout << store.count() << " vectors of " << store.get(found)->as<float>().size()
            << " floats; nearest to number 4711 is " << (found == simdr::key_hash("4711") ? "itself" : "another")
            << '\n';
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
