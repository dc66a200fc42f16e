// Which kernel a process gets. The choice is made once per process, so every case here runs in a forked child of its
// own. No test of this program may call kernels() outside such a child: the children would inherit the choice.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "kernel_params.h"
#include "simd/kernels.h"

namespace simdr::core::simd {
namespace {

const char* best_name() {
  for (const char* name : compiled_kernel_names()) {
    if (find_kernels(name) != nullptr) return name;
  }
  return "none";
}

[[noreturn]] void exit_saying_whether_chosen(const char* wanted, const char* expected) {
  if (wanted == nullptr) {
    unsetenv("SIMDR_KERNEL");
  } else {
    setenv("SIMDR_KERNEL", wanted, 1);
  }
  std::_Exit(std::strcmp(kernels().name, expected) == 0 ? 0 : 1);
}

TEST(DispatchTest, ListsScalarLastAndEveryNameOnce) {
  const auto names = compiled_kernel_names();
  ASSERT_FALSE(names.empty());
  EXPECT_STREQ(names.back(), "scalar");
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t j = i + 1; j < names.size(); ++j) EXPECT_STRNE(names[i], names[j]);
  }
}

TEST(DispatchTest, FindsNothingUnderAnUnknownName) {
  EXPECT_EQ(find_kernels("no such kernel"), nullptr);
  EXPECT_EQ(find_kernels(""), nullptr);
  EXPECT_EQ(find_kernels("SCALAR"), nullptr);
  EXPECT_EQ(find_kernels(nullptr), nullptr);
}

TEST(DispatchTest, FindsScalarEverywhere) {
  const Kernels* const scalar = find_kernels("scalar");
  ASSERT_NE(scalar, nullptr);
  EXPECT_STREQ(scalar->name, "scalar");
}

TEST(DispatchTest, ChoosesTheBestKernelByItself) {
  EXPECT_EXIT(exit_saying_whether_chosen(nullptr, best_name()), testing::ExitedWithCode(0), "");
}

TEST(DispatchTest, FallsBackToTheBestKernelForAnUnknownName) {
  EXPECT_EXIT(exit_saying_whether_chosen("no such kernel", best_name()), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(exit_saying_whether_chosen("", best_name()), testing::ExitedWithCode(0), "");
}

TEST(DispatchTest, ChoosesOnlyOnce) {
  EXPECT_EXIT(
      {
        setenv("SIMDR_KERNEL", "scalar", 1);
        const Kernels* const first = &kernels();
        unsetenv("SIMDR_KERNEL");
        std::_Exit(first == &kernels() && first == find_kernels("scalar") ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

class NamedKernelTest : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Compiled, NamedKernelTest, test::all_kernel_names(), test::name_of_case);

TEST_P(NamedKernelTest, IsChosenByTheEnvironmentVariableWhereItRuns) {
  const std::string& name = GetParam();
  const bool runs_here = find_kernels(name.c_str()) != nullptr;
  const char* const expected = runs_here ? name.c_str() : best_name();
  EXPECT_EXIT(exit_saying_whether_chosen(name.c_str(), expected), testing::ExitedWithCode(0), "");
  if (!runs_here) GTEST_SKIP() << "this CPU cannot run the kernel " << name << "; only the way back was tested";
}

}  // namespace
}  // namespace simdr::core::simd
