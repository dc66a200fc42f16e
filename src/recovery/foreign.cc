#include "recovery/foreign.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "format/layout.h"
#include "recovery/entry_check.h"

namespace simdr::core {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::string_view bytes;
  const char* name;
};

constexpr Magic kMagics[] = {
    {"\x7f"
     "ELF"sv,
     "a program or library (ELF)"},
    {"\x89PNG\r\n\x1a\n"sv, "a picture (PNG)"},
    {"\xff\xd8\xff"sv, "a picture (JPEG)"},
    {"GIF8"sv, "a picture (GIF)"},
    {"%PDF-"sv, "a PDF document"},
    {"PK\x03\x04"sv, "a ZIP archive"},
    {"\x1f\x8b"sv, "a gzip archive"},
    {"\x28\xb5\x2f\xfd"sv, "a Zstandard archive"},
    {"\xfd"
     "7zXZ\0"sv,
     "an xz archive"},
    {"SQLite format 3\0"sv, "an SQLite database"},
    {"MZ"sv, "a Windows program"},
};

bool is_text(ByteView bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) {
    const auto c = std::to_integer<unsigned>(byte);
    return (c >= 0x20 && c != 0x7F) || (c >= 0x09 && c <= 0x0D);
  });
}

bool is_all(ByteView bytes, std::byte value) noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [value](std::byte byte) { return byte == value; });
}

}  // namespace

Error not_a_store(ByteView file) noexcept {
  const auto size = static_cast<unsigned long long>(file.size());
  const ByteView head = file.first(std::min<std::size_t>(file.size(), 4096));
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());

  for (const Magic& magic : kMagics) {
    if (text.starts_with(magic.bytes)) {
      return make_error(Status::kNotAStore, "not a store: this looks like %s, and no entry is found in it", magic.name);
    }
  }
  if (is_all(head, std::byte{0}) && is_all_zero(file)) {
    return make_error(Status::kNotAStore, "not a store: all of its %llu bytes are zero", size);
  }
  if (is_all(head, std::byte{0xFF}) && is_all(file, std::byte{0xFF})) {
    return make_error(Status::kNotAStore, "not a store: all of its %llu bytes are 0xFF", size);
  }
  if (is_text(head)) return make_error(Status::kNotAStore, "not a store: this looks like text");
  if (file.size() <= kPacked19.trailer_size) {
    return make_error(Status::kNotAStore, "not a store: %llu bytes are too few for an entry", size);
  }
  return make_error(Status::kNotAStore,
                    "not a store: among its %llu bytes there is no entry whose checksum matches and whose links lead "
                    "to the start",
                    size);
}

}  // namespace simdr::core
