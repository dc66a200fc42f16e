// Histories: what is done to a store, one operation a line. The text is the one tests/oracle/README.md describes, with two
// things more that only ours runs: payloads A+B, and `stream KEY PAYLOAD CHUNK FAIL_AT`, whose source fails after FAIL_AT bytes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "payload.h"

namespace simdr::interop {

enum class Verb {
  kPut,
  kPutHash,
  kBatch,
  kBatchHash,
  kStream,
  kDelete,
  kBatchDelete,
  kDeleteHashes,
  kRename,
  kCopy,
  kTransfer,
  kCompact,
  kReopen,
};

// What an operation names: a key, or a hash alone.
struct Item {
  Bytes key;
  std::uint64_t hash = 0;  // of the key, or what is given instead of one
  Payload payload;
};
Item keyed(Bytes key, Payload payload = {});
Item hashed(std::uint64_t hash, Payload payload = {});

struct Op {
  Verb verb = Verb::kReopen;
  std::vector<Item> items;  // one, or those of a batch; a rename's are the old key and the new one
  std::size_t chunk = 0;  // of a stream
  std::optional<std::size_t> fail_at;  // of a stream
  std::string target;  // of copy and transfer: the other file

  [[nodiscard]] bool names_hashes() const {
    return verb == Verb::kPutHash || verb == Verb::kBatchHash || verb == Verb::kDeleteHashes;
  }
  [[nodiscard]] std::string text() const;  // its lines, without the last line end
};
using History = std::vector<Op>;

std::string text_of(const History& history);
// Ends the test program, naming the line, when the text is no history.
History parse_history(const std::string& text);
// All keys in it, each once, in the order of their first use.
std::vector<Bytes> keys_of(const History& history);

}  // namespace simdr::interop
