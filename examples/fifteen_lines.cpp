// Store a value, read it back as a view into the mapped file.
#include <iostream>
#include <simdr.hpp>

int main() try {
  simdr::Store store("hello.simdr");
  store.put("greeting", "hello, world", simdr::Durability::kCommit);
  if (std::optional<simdr::Entry> entry = store.get("greeting")) {
    std::cout << entry->text() << '\n';
  }
  for (const simdr::Entry& entry : store.entries()) {
    std::cout << entry.size() << " bytes, checksum " << (entry.checksum_ok() ? "good" : "bad") << '\n';
  }
} catch (const simdr::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
