#include "base/status.h"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "base/utf8.h"

namespace simdr::core {
namespace {

Status status_of(int os_error) noexcept {
  switch (os_error) {
    case ENOENT:
    case ENOTDIR:
      return Status::kNoSuchFile;
    case EACCES:
    case EPERM:
      return Status::kAccess;
    case EISDIR:
      return Status::kIsDirectory;
    case EROFS:
      return Status::kReadOnlyMedium;
    case ENOSPC:
    case EDQUOT:
      return Status::kNoSpace;
    case ENOMEM:
      return Status::kNoMemory;
    case EFBIG:
    case EOVERFLOW:
      return Status::kTooLarge;
    default:
      return Status::kIo;
  }
}

constexpr std::size_t kMessageRoom = sizeof Error::message - 1;
constexpr std::string_view kGap = "...";
// What a message is about stands at its start, and the end of a path and the reason at its end, which gets more.
constexpr std::size_t kHeadSize = 72;
constexpr std::size_t kTailSize = kMessageRoom - kHeadSize - kGap.size();

// Takes the first character off `text`. Returns it as a message shows it: a byte that is no UTF-8 as \xNN in `escape`.
std::string_view take_character(std::string_view* text, char (&escape)[5]) noexcept {
  const std::size_t size = utf8_length(*text);
  std::string_view character = text->substr(0, size);
  if (size == 0) {
    std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned char>(text->front()));
    character = {escape, sizeof escape - 1};
  }
  text->remove_prefix(std::max<std::size_t>(size, 1));
  return character;
}

// A path is any bytes of any length; a message is UTF-8 and has room for few. So it is cut in its middle, between
// characters.
void set_message(Error* error, std::string_view text) noexcept {
  const bool is_ascii = std::all_of(text.begin(), text.end(), [](char byte) { return (byte & 0x80) == 0; });
  char escape[5];
  std::size_t left = text.size();  // of what is to come, as it is shown
  if (!is_ascii) {
    left = 0;
    for (std::string_view rest = text; !rest.empty();) left += take_character(&rest, escape).size();
  }
  char* to = error->message;
  const auto append = [&](std::string_view part) { to = std::copy(part.begin(), part.end(), to); };
  if (left > kMessageRoom) {
    std::size_t head_left = kHeadSize;
    std::string_view character = take_character(&text, escape);
    for (; character.size() <= head_left; character = take_character(&text, escape)) {
      append(character);
      head_left -= character.size();
      left -= character.size();
    }
    append(kGap);
    for (left -= character.size(); left > kTailSize;) left -= take_character(&text, escape).size();
  }
  if (is_ascii) {
    append(text);
  } else {
    while (!text.empty()) append(take_character(&text, escape));
  }
  *to = '\0';
}

// Room for the longest path that the system takes, and for the words around it.
struct Formatted {
  char text[4096 + 256];
  std::size_t size;
};

[[gnu::format(printf, 2, 0)]] void format_into(Formatted* to, const char* format, va_list args,
                                               std::size_t room) noexcept {
  const int size = std::vsnprintf(to->text, room, format, args);
  to->size = size < 0 ? 0 : std::min(static_cast<std::size_t>(size), room - 1);
}

}  // namespace

Error make_error(Status status, const char* format, ...) noexcept {
  Error error;
  error.status = status;
  Formatted formatted;
  va_list args;
  va_start(args, format);
  format_into(&formatted, format, args, sizeof formatted.text);
  va_end(args);
  set_message(&error, {formatted.text, formatted.size});
  return error;
}

Error make_os_error(int os_error, const char* format, ...) noexcept {
  Error error;
  error.status = status_of(os_error);
  error.os_error = os_error;
  char text[96];
  // GNU strerror_r returns the text, which may or may not be in our buffer; it never allocates with one given.
  const char* words = ::strerror_r(os_error, text, sizeof text);
  Formatted formatted;
  va_list args;
  va_start(args, format);
  // However long the path is, there is room left for the words.
  format_into(&formatted, format, args, sizeof formatted.text - sizeof text - 2);
  va_end(args);
  const int size = std::snprintf(formatted.text + formatted.size, sizeof formatted.text - formatted.size, ": %.*s",
                                 static_cast<int>(sizeof text) - 1, words);
  formatted.size += static_cast<std::size_t>(size);
  set_message(&error, {formatted.text, formatted.size});
  return error;
}

Error make_callback_error(int callback_result, const char* message) noexcept {
  Error error = make_error(Status::kStopped, "%s", message);
  error.callback_result = callback_result;
  return error;
}

}  // namespace simdr::core
