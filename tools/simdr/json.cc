#include "json.h"

#include <cmath>

#include "base/utf8.h"
#include "text.h"

namespace simdr::cli {

std::string json_string(std::string_view text) {
  std::string result = "\"";
  while (!text.empty()) {
    const std::size_t size = core::utf8_length(text);
    const std::string_view character = text.substr(0, size == 0 ? 1 : size);
    text.remove_prefix(character.size());
    const auto first = static_cast<unsigned char>(character[0]);
    if (size == 0) {
      result += "\\ufffd";
    } else if (character == "\"" || character == "\\") {
      result.append("\\").append(character);
    } else if (character == "\n") {
      result += "\\n";
    } else if (first < 0x20 || first == 0x7F) {
      result += format("\\u%04x", first);
    } else {
      result.append(character);
    }
  }
  return result + "\"";
}

JsonObject& JsonObject::add(std::string_view name, std::string_view value) {
  if (!members_.empty()) members_ += ",";
  members_.append(json_string(name)).append(":").append(value);
  return *this;
}

JsonObject& JsonObject::number(std::string_view name, std::uint64_t value) { return add(name, std::to_string(value)); }

JsonObject& JsonObject::real(std::string_view name, double value) {
  return add(name, std::isfinite(value) ? format("%.6g", value) : std::string("null"));
}

JsonObject& JsonObject::flag(std::string_view name, bool value) { return add(name, value ? "true" : "false"); }

JsonObject& JsonObject::text(std::string_view name, std::string_view value) { return add(name, json_string(value)); }

JsonObject& JsonObject::text_or_null(std::string_view name, const char* value) {
  return value == nullptr ? add(name, "null") : text(name, value);
}

}  // namespace simdr::cli
