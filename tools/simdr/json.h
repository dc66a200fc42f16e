// One JSON object on one line, member by member. Strings are always valid JSON: what is no UTF-8 becomes U+FFFD.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace simdr::cli {

// "text" with its quotes.
[[nodiscard]] std::string json_string(std::string_view text);

class JsonObject {
 public:
  JsonObject& number(std::string_view name, std::uint64_t value);
  JsonObject& real(std::string_view name, double value);
  JsonObject& flag(std::string_view name, bool value);
  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& text_or_null(std::string_view name, const char* value);  // NULL is null

  [[nodiscard]] std::string str() const { return "{" + members_ + "}"; }
  // The members without braces, for an object that is printed piece by piece.
  [[nodiscard]] const std::string& members() const noexcept { return members_; }

 private:
  JsonObject& add(std::string_view name, std::string_view value);

  std::string members_;
};

}  // namespace simdr::cli
