// A C++ program outside of this tree. Stores in the file it is given, reads back.
#include <cstdio>
#include <simdr.hpp>

int main(int argc, char** argv) try {
  if (argc != 2) return 2;
  simdr::Store store(argv[1]);
  store.put("key", "value");
  const auto entry = store.get("key");
  std::printf("consumed %s\n", simdr::version_string());
  return entry && entry->text() == "value" ? 0 : 1;
} catch (const simdr::Error& error) {
  std::fprintf(stderr, "consumer: %s\n", error.what());
  return 1;
}
