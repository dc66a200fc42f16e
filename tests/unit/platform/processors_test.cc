#include "platform/processors.h"

#include <gtest/gtest.h>

#include <sched.h>

namespace simdr::core {
namespace {

TEST(ProcessorsTest, CountsThoseThatTheThreadMayRunOn) {
  cpu_set_t all;
  if (::sched_getaffinity(0, sizeof all, &all) != 0) GTEST_SKIP() << "more processors than a cpu_set_t can say";
  EXPECT_EQ(usable_processor_count(), static_cast<std::size_t>(CPU_COUNT(&all)));
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int i = 0; CPU_COUNT(&one) == 0; ++i) {
    if (CPU_ISSET(i, &all)) CPU_SET(i, &one);
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(usable_processor_count(), 1u);
  ASSERT_EQ(::sched_setaffinity(0, sizeof all, &all), 0);
}

}  // namespace
}  // namespace simdr::core
