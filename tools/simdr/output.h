// Standard output, where the data go, and standard error, where the words go.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace simdr::cli {

// Buffered standard output. A full disk or a closed pipe is a Failure and never goes unnoticed: flush() is called
// before a command counts as done. Nothing is flushed by the destructor, which could not report.
class Output {
 public:
  void write(std::string_view text);
  void line(std::string_view text);
  // `data` as it is, past the buffer, in pieces of at most chunk_size bytes. It may lie in the mapped file `source`,
  // whose failure is told from that of standard output.
  void write_bytes(const void* data, std::size_t size, std::size_t chunk_size, const std::string& source);
  void flush();
  [[nodiscard]] static bool is_terminal() noexcept;

 private:
  std::string buffer_;
};

// "simdr: words\n" in one write, so that lines of several processes do not mix. Errors are ignored: there is nobody
// left to tell.
void print_words(std::string_view words) noexcept;

// Makes sure that descriptors 0 to 2 are taken. Were one of them closed, the store could be opened under its number
// and be overwritten by our own messages. The stand-in fails on use, as the closed one would have.
void occupy_standard_descriptors() noexcept;

}  // namespace simdr::cli
