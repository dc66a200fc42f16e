// Who takes part in building an index besides the thread that finds the entries. What they are, threads or queues in a test, is their crew's to say:
// this room knows of none.
#pragma once

#include <cstddef>
#include <memory>

#include "base/bytes.h"
#include "index/key_index.h"

namespace simdr::core {

// What can be fed with the entries of a file, newest to oldest.
class BuildIntake {
 public:
  // At most KeyIndex::kMostItems, all older than those that came before; always of the same file. False is out of memory, and so is std::bad_alloc: the
  // build is void then.
  [[nodiscard]] virtual bool add(ByteView file, const BuildItem* items, std::size_t count) = 0;

 protected:
  ~BuildIntake() = default;
};

// Somebody who feeds one intake, mostly from a thread of their own. Is called by one thread at a time.
class BuildWorker {
 public:
  virtual ~BuildWorker() = default;  // nobody is in the intake any more
  // For KeyIndex::kMostItems, to be filled and given.
  [[nodiscard]] virtual BuildItem* room() noexcept = 0;
  // Has the first `count` in the room added, after all that was given before. Then there is another room.
  virtual void give(std::size_t count) = 0;
  // give() would wait: there is something else to do meanwhile.
  [[nodiscard]] virtual bool is_behind() const noexcept = 0;
  // Waits until the intake has had all that was given. False: there was no memory for some of it.
  [[nodiscard]] virtual bool finish() = 0;
};

class BuildCrew {
 public:
  // At most so many workers.
  [[nodiscard]] virtual std::size_t size() const noexcept = 0;
  // One for this intake; nullptr when there can be none. The intake and the file outlive it.
  [[nodiscard]] virtual std::unique_ptr<BuildWorker> hire(BuildIntake& intake, ByteView file) = 0;

 protected:
  ~BuildCrew() = default;
};

}  // namespace simdr::core
