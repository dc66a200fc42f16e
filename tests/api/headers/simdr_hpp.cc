// simdr.hpp compiles alone, twice, in more than one file of a program, and with every member template instantiated. Never run.
#include "simdr.hpp"

void use(simdr::Store& store, const simdr::Entry& entry, const simdr::View& view);
void use(simdr::Store& store, const simdr::Entry& entry, const simdr::View& view) {
  const std::vector<std::string> keys{"a", "b"};
  const std::vector<simdr::KeyHash> hashes = simdr::key_hashes(keys);
  const std::vector<std::pair<std::string, std::vector<int>>> pairs;
  const std::vector<std::pair<simdr::KeyHash, std::string_view>> hashed_pairs;
  store.put_many(pairs);
  store.put_many(hashed_pairs);
  store.put_many({{"a", "b"}});
  store.remove_many(keys);
  store.remove_many(hashes);
  (void)store.get_many(keys);
  (void)store.get_many(hashes);
  (void)store.get_many(hashes, keys);
  (void)store.view_many(keys);
  (void)store.view_many(hashes);
  (void)store.view_many(hashes, keys);
  (void)entry.as<float>();
  (void)entry.as_or_copy<double>();
  (void)view.as<int>();
  store.put_from("key", [](std::span<std::byte>) { return std::size_t{0}; });
  store.for_each([](const simdr::View&) { return true; });
  entry.write_to([](std::span<const std::byte>) {});
  for (const simdr::Entry& one : store.entries()) (void)one.size();
  for (const simdr::View& one : store.views()) (void)one.size();
}

#include "simdr.hpp"  // the second time
