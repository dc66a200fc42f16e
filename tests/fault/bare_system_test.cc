// A system that lacks what most have. Needs the right to mount.
#include <gtest/gtest.h>

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "store/maintenance.h"
#include "temp_dir.hpp"
#include "workload.h"

namespace simdr::core::test {
namespace {

constexpr int kCannotMount = 77;

bool hide_proc() {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("none", "/proc", "tmpfs", 0, nullptr) == 0;
}

Operation put_one() {
  Operation operation;
  operation.steps.push_back({key_of(1), make_value(1'000, 1, false)});
  return operation;
}

// In a process of its own. 0, or the line of what is not as it must be.
int compact_without_proc(const std::string& folder) {
  if (!hide_proc()) return kCannotMount;
  Session session(system_file_system(), folder + "/store", {});
  const Operation put = put_one();
  if (!session.open() || !session.apply(put) || !session.apply(put)) return __LINE__;
  if (!session.store()->compact({})) return __LINE__;
  if (!backup_store(*session.store(), folder + "/backup")) return __LINE__;
  State state;
  apply_steps(put, &state);
  if (!compare_with(*session.store(), state).empty() || !session.close()) return __LINE__;
  const auto copy = Store::open(system_file_system(), folder + "/backup", {});
  return copy && compare_with(**copy, state).empty() ? 0 : __LINE__;
}

// A new file without a name is named through /proc: before, all of the work was done and then lost.
TEST(BareSystemTest, FilesAreCompactedAndBackedUpWithoutProc) {
  const simdr::test::TempDir folder;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(compact_without_proc(folder.path().string()));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kCannotMount) GTEST_SKIP() << "cannot mount anything over /proc here";
  EXPECT_EQ(WEXITSTATUS(status), 0) << "line";
  // No temporary name is left over.
  for (const auto& item : std::filesystem::directory_iterator(folder.path())) {
    const std::string name = item.path().filename();
    EXPECT_TRUE(name == "store" || name == "backup") << name;
  }
}

}  // namespace
}  // namespace simdr::core::test
