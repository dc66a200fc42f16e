#include "key.h"

#include <charconv>

#include "exit_codes.h"
#include "simdr.h"
#include "text.h"

namespace simdr::cli {
namespace {

constexpr std::size_t kHashDigits = 16;

}  // namespace

Key parse_key(const std::string& argument, bool by_hash) {
  if (!by_hash)
    return {argument, simdr_key_hash(argument.data(), argument.size()), "key " + in_quotes(argument), false};
  std::uint64_t key_hash = 0;
  const char* end = argument.data() + argument.size();
  const auto [stop, error] = std::from_chars(argument.data(), end, key_hash, 16);
  if (argument.size() != kHashDigits || stop != end || error != std::errc{}) {
    throw Failure(ExitCode::kUsage,
                  in_quotes(argument) + ": --hash takes a key as the 16 hexadecimal digits of its hash");
  }
  if (key_hash == SIMDR_RESERVED_KEY_HASH || key_hash == SIMDR_RESERVED_KEY_HASH_2) {
    throw Failure(ExitCode::kUsage, in_quotes(argument) + ": this hash is the format's own and names no key");
  }
  return {{}, key_hash, "hash " + hash_digits(key_hash), true};
}

}  // namespace simdr::cli
