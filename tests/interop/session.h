// Runs histories against a file through the C API, as a program would.
#pragma once

#include <string>

#include "history.h"
#include "simdr.h"

namespace simdr::interop {

struct Outcome {
  simdr_status status = SIMDR_OK;
  std::uint64_t tail = 0;  // after an operation that wrote; the file's size after compact and reopen
  std::string message;     // of an error
};

inline constexpr std::uint32_t kReadingAndWriting[] = {SIMDR_OPEN_READ_ONLY, SIMDR_OPEN_EXISTING};
simdr_open_options opened_as(std::uint32_t mode);  // SIMDR_OPEN_*, all else by default

// A store that is open for as long as the session lives. Opening ends the test program when it fails.
class Session {
 public:
  explicit Session(std::string path, simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Streams with an even chunk size are pushed, the others pulled. After `compact` the handle simply goes on.
  Outcome run(const Op& op, std::uint32_t flags = SIMDR_DURABILITY_DEFAULT);
  void close();
  [[nodiscard]] simdr_store* store() const { return store_; }

 private:
  void open();
  Outcome put(const Op& op, std::uint32_t flags);
  Outcome put_batch(const Op& op, std::uint32_t flags);
  Outcome push_stream(const Op& op, std::uint32_t flags);
  Outcome pull_stream(const Op& op, std::uint32_t flags);
  Outcome remove_batch(const Op& op, std::uint32_t flags);
  Outcome hand_over(const Op& op, std::uint32_t flags);

  std::string path_;
  simdr_open_options options_;
  simdr_store* store_ = nullptr;
};

}  // namespace simdr::interop
