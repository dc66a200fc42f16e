// The scanner on exactly these bytes, so that AddressSanitizer sees one read beside them; its work stays linear.
#include <cstring>
#include <memory>

#include "recovery/scanner.h"
#include "recovery/verify.h"
#include "targets.h"

namespace simdr::core::test {
namespace {

class Counter final : public ChainSink {
 public:
  bool on_begin(const Layout&) override {
    count_ = 0;
    return true;
  }
  bool on_batch(const EntryRecord*, std::size_t count) override {
    count_ += count;
    return true;
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  std::uint64_t count_ = 0;
};

void scan_as(ByteView file, const ScanOptions& options) {
  Counter counter;
  const Result<ScanResult> scanned = scan(file, options, &counter);
  if (!scanned) {
    require(scanned.error().status == Status::kNotAStore || scanned.error().status == Status::kCorrupt, "a verdict");
    return;
  }
  require(scanned->tail <= file.size(), "the tail lies in the file");
  require(scanned->skipped_size == file.size() - scanned->tail, "what is not in the chain is told");
  require(counter.count() == scanned->entry_count + scanned->phantom_count, "what was delivered was counted");
  require_linear(scanned->work, file.size());
  const VerifySummary summary = verify(file, scanned->tail, scanned->layout, nullptr);
  require(summary.entry_count <= scanned->entry_count, "no more can be verified than is there");
}

}  // namespace

void fuzz_scan(const std::uint8_t* data, std::size_t size) {
  const std::unique_ptr<std::byte[]> copy(new std::byte[size]);
  if (size != 0) std::memcpy(copy.get(), data, size);
  const ByteView file(copy.get(), size);
  scan_as(file, {});
  for (const Layout& layout : {kAligned64, kAligned16, kPacked20, kPacked19}) scan_as(file, {layout});
}

}  // namespace simdr::core::test
