// A line on standard error that says how far a long command is, when somebody is looking.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace simdr::cli {

// Shown only while standard error is a terminal and `wanted` is true; redrawn at most ten times a second and wiped
// when the object goes.
class Progress {
 public:
  Progress(std::string what, bool wanted);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void part(std::uint64_t done, std::uint64_t total);              // bytes of a known whole
  void files(std::uint64_t file_count, std::uint64_t byte_count);  // of an unknown whole
  void wipe();                                                     // before other words are printed

 private:
  [[nodiscard]] bool is_due();
  void draw(const std::string& state);

  std::string what_;
  bool shown_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace simdr::cli
