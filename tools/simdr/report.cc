#include "report.h"

#include <cinttypes>

#include "text.h"

namespace simdr::cli {
namespace {

constexpr std::string_view kFaultsStart = "{\"faults\":[";

}  // namespace

JsonObject entry_json(const simdr_entry_info& info, bool checksum_ok) {
  JsonObject object;
  object.text("key_hash", hash_digits(info.key_hash));
  object.number("payload_offset", info.payload_offset).number("payload_size", info.payload_size);
  object.number("prev_tail", info.prev_tail);
  object.text("checksum", format("%08" PRIx32, info.checksum)).flag("checksum_ok", checksum_ok);
  return object;
}

void Table::row(std::string_view name, std::string_view value) {
  constexpr std::size_t kNameWidth = 20;
  text_.append(name);
  if (name.size() < kNameWidth) text_.append(kNameWidth - name.size(), ' ');
  text_.append(" ").append(value).append("\n");
}

void FaultReport::add(const simdr_fault& fault) {
  if (progress_ != nullptr) progress_->wipe();
  ++count_;
  const std::string key_hash = fault.key_hash == 0 ? std::string() : hash_digits(fault.key_hash);
  if (json_) {
    JsonObject object;
    object.number("offset", fault.offset).number("size", fault.size);
    object.text_or_null("key_hash", key_hash.empty() ? nullptr : key_hash.c_str());
    object.text("what", fault.what == nullptr ? "" : fault.what);
    out_.write(count_ == 1 ? kFaultsStart : ",");
    out_.write(object.str());
    return;
  }
  std::string line = format("offset %" PRIu64 ", %" PRIu64 " bytes", fault.offset, fault.size);
  if (!key_hash.empty()) line += ", hash " + key_hash;
  out_.line(line + ": " + (fault.what == nullptr ? "" : fault.what));
}

int FaultReport::on_fault(const simdr_fault* fault, void* report) noexcept {
  auto& self = *static_cast<FaultReport*>(report);
  try {
    self.add(*fault);
    return 0;
  } catch (...) {
    self.failure_ = std::current_exception();
    return 1;
  }
}

void FaultReport::rethrow() const {
  if (failure_ != nullptr) std::rethrow_exception(failure_);
}

void FaultReport::finish(const JsonObject& rest, std::string_view line) {
  if (progress_ != nullptr) progress_->wipe();
  if (!json_) return out_.line(line);
  if (count_ == 0) out_.write(kFaultsStart);
  out_.write("],");
  out_.write(rest.members());
  out_.line("}");
}

void FaultReport::abandon(std::string_view why) {
  if (json_ && count_ > 0) finish(JsonObject().flag("ok", false).text("error", why), "");
}

}  // namespace simdr::cli
