// read, exists, metadata: one key is looked up and nothing changes.
#include <algorithm>
#include <cinttypes>
#include <limits>

#include "arguments.h"
#include "command.h"
#include "report.h"
#include "text.h"

namespace simdr::cli {
namespace {

class Read final : public Command {
 public:
  void add_arguments(CLI::App& app) override {
    add_word(app, "KEY", key_, "The key to read");
    add_hash(app, by_hash_);
    add_size(app, "-b,--buffer-size", buffer_size_, "Write in pieces of this size; 64K if not given");
    add_size(app, "--offset", offset_, "Leave out this much of the value's start");
    add_size(app, "--length", length_, "Write no more than this much");
    add_flag(app, "--no-verify", no_verify_, "Write the value even if it does not match its checksum");
  }

  ExitCode run(Context& context) override {
    if (buffer_size_ == 0) throw Failure(ExitCode::kUsage, "--buffer-size: must be more than 0");
    const Key key = parse_key(key_, by_hash_);
    const Store store(context.file, SIMDR_OPEN_READ_ONLY, context.settings,
                      (no_verify_ ? 0 : SIMDR_OPEN_VERIFY_READS) | SIMDR_OPEN_INDEX_FILE);
    const Entry entry = get_entry(store, key);
    const std::uint64_t size = simdr_entry_size(entry.get());
    const std::uint64_t start = std::min(offset_, size);
    const std::uint64_t length = std::min(length_, size - start);
    const char* data = static_cast<const char*>(simdr_entry_data(entry.get())) + start;
    context.out.write_bytes(data, length, buffer_size_, store.name());
    if (Output::is_terminal() && (length == 0 || data[length - 1] != '\n')) context.out.write("\n");
    return ExitCode::kDone;
  }

 private:
  std::string key_;
  bool by_hash_ = false;
  bool no_verify_ = false;
  std::uint64_t buffer_size_ = std::uint64_t{64} * 1024;
  std::uint64_t offset_ = 0;
  std::uint64_t length_ = std::numeric_limits<std::uint64_t>::max();
};

class Exists final : public Command {
 public:
  void add_arguments(CLI::App& app) override {
    add_word(app, "KEY", key_, "The key to look for");
    add_hash(app, by_hash_);
  }

  ExitCode run(Context& context) override {
    const Key key = parse_key(key_, by_hash_);
    const Store store(context.file, SIMDR_OPEN_READ_ONLY, context.settings, SIMDR_OPEN_INDEX_FILE);
    int exists = 0;
    simdr_error error;
    store.check(simdr_store_exists_hashed(store.get(), key.hash, &exists, &error), error, key);
    return exists != 0 ? ExitCode::kDone : ExitCode::kNotFound;
  }

 private:
  std::string key_;
  bool by_hash_ = false;
};

class Metadata final : public Command {
 public:
  void add_arguments(CLI::App& app) override {
    add_word(app, "KEY", key_, "The key to query");
    add_hash(app, by_hash_);
    add_json(app, json_);
  }

  ExitCode run(Context& context) override {
    const Key key = parse_key(key_, by_hash_);
    const Store store(context.file, SIMDR_OPEN_READ_ONLY, context.settings, SIMDR_OPEN_INDEX_FILE);
    const Entry entry = get_entry(store, key);
    const simdr_entry_info info = info_of(store, entry);
    const bool checksum_ok = simdr_entry_checksum_ok(entry.get()) != 0;
    const std::uint64_t whole_size = simdr_entry_size_with_metadata(entry.get());
    if (json_) {
      JsonObject object = entry_json(info, checksum_ok);
      object.number("trailer_offset", info.trailer_offset).number("tail_offset", info.tail_offset);
      object.number("size_with_metadata", whole_size);
      object.text_or_null("key", key.is_hash ? nullptr : key.text.c_str());
      context.out.line(object.str());
      return ExitCode::kDone;
    }
    Table table;
    if (!key.is_hash) table.row("key", in_quotes(key.text));
    table.row("key hash", hash_digits(info.key_hash));
    table.row("payload size", human_size(info.payload_size));
    table.row("size with metadata", human_size(whole_size));
    table.row("payload offset", format("%" PRIu64 " to %" PRIu64, info.payload_offset, info.trailer_offset));
    table.row("trailer offset", format("%" PRIu64 " to %" PRIu64, info.trailer_offset, info.tail_offset));
    table.row("previous tail", std::to_string(info.prev_tail));
    table.row("checksum", format("%08" PRIx32 " %s", info.checksum, checksum_ok ? "(matches)" : "(DOES NOT MATCH)"));
    context.out.write(table.str());
    return ExitCode::kDone;
  }

 private:
  std::string key_;
  bool by_hash_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_read() { return std::make_unique<Read>(); }
std::unique_ptr<Command> make_exists() { return std::make_unique<Exists>(); }
std::unique_ptr<Command> make_metadata() { return std::make_unique<Metadata>(); }

}  // namespace simdr::cli
