#include "history.h"

#include <cstdio>
#include <cstdlib>
#include <set>
#include <sstream>

#include "simdr.h"

namespace simdr::interop {
namespace {

struct Form {
  const char* word;
  Verb verb;
  bool counted;  // N, then N lines
};
constexpr Form kForms[] = {
    {"put", Verb::kPut, false},
    {"puthash", Verb::kPutHash, false},
    {"batch", Verb::kBatch, true},
    {"batchhash", Verb::kBatchHash, true},
    {"stream", Verb::kStream, false},
    {"del", Verb::kDelete, false},
    {"batchdel", Verb::kBatchDelete, true},
    {"delhash", Verb::kDeleteHashes, true},
    {"rename", Verb::kRename, false},
    {"copy", Verb::kCopy, false},
    {"transfer", Verb::kTransfer, false},
    {"compact", Verb::kCompact, false},
    {"reopen", Verb::kReopen, false},
};

bool has_payload(Verb verb) {
  return verb == Verb::kPut || verb == Verb::kPutHash || verb == Verb::kBatch || verb == Verb::kBatchHash ||
         verb == Verb::kStream;
}

std::string key_text(const Item& item, bool by_hash) {
  if (by_hash) return hash_text(item.hash);
  return item.key.empty() ? "-" : to_hex(item.key);
}

class Parser {
 public:
  explicit Parser(const std::string& text) : in_(text) {}

  History run() {
    History history;
    while (next_line()) {
      if (!line_.empty() && line_[0] != '#') history.push_back(parse_op());
    }
    return history;
  }

 private:
  bool next_line() {
    ++line_number_;
    return static_cast<bool>(std::getline(in_, line_));
  }

  [[noreturn]] void refuse() const {
    std::fprintf(stderr, "history, line %zu: not an operation: %s\n", line_number_, line_.c_str());
    std::abort();
  }

  Op parse_op() {
    std::istringstream fields(line_);
    std::string word;
    fields >> word;
    for (const Form& form : kForms) {
      if (word != form.word) continue;
      Op op;
      op.verb = form.verb;
      if (form.counted) {
        read_batch(fields, op);
      } else {
        read_single(fields, op);
      }
      return op;
    }
    refuse();
  }

  void read_batch(std::istringstream& fields, Op& op) {
    std::size_t count = 0;
    if (!(fields >> count)) refuse();
    for (std::size_t i = 0; i < count; ++i) {
      if (!next_line()) refuse();
      std::istringstream item(line_);
      op.items.push_back(read_item(item, op));
    }
  }

  void read_single(std::istringstream& fields, Op& op) {
    if (op.verb == Verb::kCompact || op.verb == Verb::kReopen) return;
    op.items.push_back(read_item(fields, op));
    if (op.verb == Verb::kRename) op.items.push_back(read_item(fields, op));
    if (op.verb == Verb::kStream) {
      if (!(fields >> op.chunk) || op.chunk == 0) refuse();
      if (std::size_t fail_at; fields >> fail_at) op.fail_at = fail_at;
    }
    if (op.verb == Verb::kCopy || op.verb == Verb::kTransfer) {
      fields.ignore(1);
      if (!std::getline(fields, op.target) || op.target.empty()) refuse();
    }
  }

  Item read_item(std::istringstream& fields, const Op& op) {
    std::string name;
    if (!(fields >> name)) refuse();
    Item item;
    if (op.names_hashes()) {
      const auto hash = number(name, 16);
      if (name.size() != 16 || !hash) refuse();
      item = hashed(*hash);
    } else {
      const auto key = name == "-" ? Bytes{} : from_hex(name);
      if (!key) refuse();
      item = keyed(*key);
    }
    if (has_payload(op.verb)) {
      std::string text;
      fields >> text;
      const auto payload = Payload::parse(text);
      if (!payload) refuse();
      item.payload = *payload;
    }
    return item;
  }

  std::istringstream in_;
  std::string line_;
  std::size_t line_number_ = 0;
};

}  // namespace

Item keyed(Bytes key, Payload payload) {
  const std::uint64_t hash = simdr_key_hash(key.data(), key.size());
  return {std::move(key), hash, std::move(payload)};
}

Item hashed(std::uint64_t hash, Payload payload) { return {{}, hash, std::move(payload)}; }

std::string Op::text() const {
  std::string out;
  bool counted = false;
  for (const Form& form : kForms) {
    if (form.verb != verb) continue;
    out = form.word;
    counted = form.counted;
  }
  if (counted) out += " " + std::to_string(items.size());
  for (const Item& item : items) {
    out += (counted ? "\n" : " ") + key_text(item, names_hashes());
    if (has_payload(verb)) out += " " + item.payload.text();
  }
  if (verb == Verb::kStream) out += " " + std::to_string(chunk);
  if (fail_at) out += " " + std::to_string(*fail_at);
  if (!target.empty()) out += " " + target;
  return out;
}

std::string text_of(const History& history) {
  std::string out;
  for (const Op& op : history) out += op.text() + "\n";
  return out;
}

History parse_history(const std::string& text) { return Parser(text).run(); }

std::vector<Bytes> keys_of(const History& history) {
  std::vector<Bytes> keys;
  std::set<Bytes> seen;
  for (const Op& op : history) {
    if (op.names_hashes()) continue;
    for (const Item& item : op.items) {
      if (seen.insert(item.key).second) keys.push_back(item.key);
    }
  }
  return keys;
}

}  // namespace simdr::interop
