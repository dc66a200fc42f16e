// Every file of every corpus through its target, as an ordinary test; and each through the mutator, some times over.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "targets.h"

namespace simdr::core::test {
namespace {

struct Corpus {
  const char* name;
  FuzzTarget target;
};

class ReplayTest : public ::testing::TestWithParam<Corpus> {
 protected:
  static std::vector<std::vector<std::uint8_t>> read_corpus(const char* name) {
    std::vector<std::filesystem::path> paths;
    for (const auto& item : std::filesystem::directory_iterator(std::string(SIMDR_FUZZ_CORPUS "/") + name))
      paths.push_back(item.path());
    std::sort(paths.begin(), paths.end());
    std::vector<std::vector<std::uint8_t>> inputs;
    for (const auto& path : paths) {
      std::ifstream file(path, std::ios::binary);
      inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return inputs;
  }
};

TEST_P(ReplayTest, EveryInput) {
  const auto inputs = read_corpus(GetParam().name);
  ASSERT_GT(inputs.size(), 10u);
  for (const auto& input : inputs) GetParam().target(input.data(), input.size());
  GetParam().target(nullptr, 0);
  std::printf("%zu inputs\n", inputs.size());
}

// Of targets whose inputs are files.
class FileReplayTest : public ReplayTest {};

TEST_P(FileReplayTest, EveryInputMutated) {
  for (const auto& input : read_corpus(GetParam().name)) {
    for (std::uint32_t seed = 0; seed < 40; ++seed) {
      std::vector<std::uint8_t> bytes = input;
      const std::size_t size = bytes.size();
      bytes.resize(size + 8192);
      const std::size_t changed = mutate_store(bytes.data(), size, bytes.size(), seed);
      if (changed != 0) GetParam().target(bytes.data(), changed);
    }
  }
}

constexpr auto kName = [](const auto& given) { return std::string(given.param.name); };
const Corpus kFiles[] = {{"open", fuzz_open}, {"scan", fuzz_scan}, {"salvage", fuzz_salvage}};
INSTANTIATE_TEST_SUITE_P(Files, ReplayTest, ::testing::ValuesIn(kFiles), kName);
INSTANTIATE_TEST_SUITE_P(Files, FileReplayTest, ::testing::ValuesIn(kFiles), kName);
INSTANTIATE_TEST_SUITE_P(Histories, ReplayTest, ::testing::Values(Corpus{"index", fuzz_index}, Corpus{"api", fuzz_api}),
                         kName);

}  // namespace
}  // namespace simdr::core::test
