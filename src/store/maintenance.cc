#include "store/maintenance.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "recovery/salvage.h"
#include "recovery/verify.h"
#include "store/compaction.h"
#include "store/iterator.h"

namespace simdr::core {
namespace {

const char* fault_text(FaultKind kind) noexcept {
  switch (kind) {
    case FaultKind::kPayload:
      return "the payload, its checksum or its link is damaged: they do not match";
    case FaultKind::kPad:
      return "the padding before the payload is not zero";
    case FaultKind::kLink:
      break;
  }
  return "no entry ends where one must; what lies below cannot be read";
}

FaultReport report_of(const Fault& fault) noexcept {
  FaultReport report{fault.offset, 0, fault.entry.key_hash, fault_text(fault.kind)};
  switch (fault.kind) {
    case FaultKind::kPayload:
      report.size = fault.entry.payload_size();
      break;
    case FaultKind::kPad:
      report.size = fault.entry.payload_offset - fault.offset;
      break;
    case FaultKind::kLink:
      report.size = fault.offset;
      break;
  }
  return report;
}

class VerifyAdapter final : public VerifySink {
 public:
  VerifyAdapter(const OnFault& on_fault, const Progress& progress) : on_fault_(on_fault), progress_(progress) {}

  bool on_fault(const Fault& fault) override {
    if (on_fault_) result_ = on_fault_(report_of(fault));
    return result_ == 0;
  }
  bool on_progress(std::uint64_t done, std::uint64_t total) override {
    if (progress_) result_ = progress_(done, total);
    return result_ == 0;
  }
  [[nodiscard]] int result() const noexcept { return result_; }

 private:
  const OnFault& on_fault_;
  const Progress& progress_;
  int result_ = 0;
};

// A new file that gets its name only when it is complete and on the disk.
class NewFile {
 public:
  NewFile(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

  Result<void> open() {
    // Asked first so that the work is not done for nothing; name_unnamed() makes sure.
    const Result<FileInfo> there = files_.info(path_);
    if (there) return make_error(Status::kExists, "%s: already exists", path_.c_str());
    Result<std::unique_ptr<File>> file = files_.open_unnamed(path_);
    if (!file) return file.error();
    file_ = *std::move(file);
    return {};
  }
  [[nodiscard]] File& file() noexcept { return *file_; }

  Result<void> publish(const FileInfo& like) {
    FileInfo permissions = like;
    const Result<FileInfo> mine = file_->info();
    if (!mine) return mine.error();
    permissions.owner = mine->owner;
    permissions.group = mine->group;
    if (Result<void> set = file_->set_owner_and_permissions(permissions); !set) return set;
    if (Result<void> synced = file_->sync_data(); !synced) return synced;
    if (Result<void> named = files_.name_unnamed(*file_, path_); !named) return named;
    return files_.sync_folder_of(path_);
  }

 private:
  FileSystem& files_;
  std::string path_;
  std::unique_ptr<File> file_;
};

class RepairSink final : public SalvageSink {
 public:
  RepairSink(ByteView file, PackedWriter& writer, const OnFault& on_fault, RepairReport* report)
      : file_(file), writer_(writer), on_fault_(on_fault), report_(report) {}

  bool on_begin(const Layout& layout) override {
    layout_ = layout;
    return true;
  }

  bool on_entry(const EntryRecord& record, Confidence confidence) override {
    const ByteView payload =
        file_.subspan(static_cast<std::size_t>(record.payload_offset), static_cast<std::size_t>(record.payload_size()));
    // In the oldest generation a lone 0x00 was a value; in today's it would delete the key.
    if (!record.is_tombstone && !check_payload_allowed(payload)) {
      return lost({record.payload_offset, payload.size(), record.key_hash,
                   "the one-byte value 0x00 of the oldest generation cannot be stored today"});
    }
    outcome_ = record.is_tombstone ? writer_.add_tombstone(record.key_hash)
                                   : writer_.add(record.key_hash, payload, record.crc32, layout_.trailer_size);
    if (!outcome_) return false;
    ++report_->kept_count;
    report_->kept_size += payload.size();
    if (confidence == Confidence::kLinked || !on_fault_) return true;
    return tell({record.payload_offset, payload.size(), record.key_hash,
                 "kept, but nothing beside its checksum vouches for it"});
  }

  bool on_lost(std::uint64_t from_offset, std::uint64_t to_offset) override {
    return lost({from_offset, to_offset - from_offset, 0, "lost: no intact entry lies here"});
  }

  [[nodiscard]] Result<void> outcome() const {
    if (!outcome_) return outcome_.error();
    if (result_ != 0) return make_callback_error(result_, "on_fault: stopped the repair");
    return {};
  }

 private:
  bool lost(const FaultReport& fault) {
    ++report_->lost_count;
    report_->lost_size += fault.size;
    return tell(fault);
  }
  bool tell(const FaultReport& fault) {
    if (on_fault_) result_ = on_fault_(fault);
    return result_ == 0;
  }

  ByteView file_;
  PackedWriter& writer_;
  const OnFault& on_fault_;
  RepairReport* report_;
  Layout layout_;
  Result<void> outcome_;
  int result_ = 0;
};

// A tail of the image, and what a copy up to there needs behind it to show the same.
Result<std::vector<WriteOp>> settle_on_tail(const FileImage& image, std::uint64_t* out_tail) {
  for (;;) {
    *out_tail = image.tail.load(std::memory_order_acquire);
    const ReadSection section;
    Result<std::vector<WriteOp>> missing = image.unveiling(*out_tail);
    // The first write changes nothing that is shown, and the second comes after its tail.
    if (!missing || missing->empty() || image.tail.load(std::memory_order_acquire) == *out_tail) return missing;
  }
}

Result<void> append(File& file, std::uint64_t tail, const std::vector<WriteOp>& ops) {
  AppendConfig config;
  config.mapped_writes = false;
  Appender appender(file, {tail, tail, tail}, config);
  for (const WriteOp& op : ops) {
    const Result<std::uint64_t> appended =
        op.is_removal ? appender.append_tombstone(op.key_hash) : appender.append_value(op.key_hash, op.payload);
    if (!appended) return appended.error();
  }
  return appender.region().finish(appender.tail());
}

}  // namespace

Result<void> verify_store(const Store& store, const OnFault& on_fault, const Progress& progress, VerifyReport* out) {
  Iterator pin(store, {});  // keeps the mapping, and the tail it began with
  VerifyAdapter adapter(on_fault, progress);
  const VerifySummary summary = verify(pin.file_bytes(), pin.tail(), store.layout(), &adapter);
  out->entry_count = summary.entry_count;
  out->fault_count = summary.fault_count();
  out->checked_size = pin.tail() - summary.unread_size;
  if (adapter.result() != 0) return make_callback_error(adapter.result(), "the callback stopped the verification");
  if (summary.is_sound()) return {};
  return make_error(Status::kCorrupt, "%s: damaged places found: %llu", store.path().c_str(),
                    static_cast<unsigned long long>(summary.fault_count()));
}

Result<void> backup_store(const Store& store, const std::string& out_path) {
  const std::shared_ptr<FileImage> image = store.shared_image();
  std::uint64_t tail = 0;
  const Result<std::vector<WriteOp>> missing = settle_on_tail(*image, &tail);
  if (!missing) return missing.error();
  if (!missing->empty() && image->layout != kAligned64) {
    return make_error(Status::kCorrupt,
                      "%s: torn entries hide older ones in it, and a copy would show them; upgrade it instead",
                      store.path().c_str());
  }
  const Result<FileInfo> info = image->file().info();
  if (!info) return info.error();
  NewFile copy(store.files(), out_path);
  if (Result<void> opened = copy.open(); !opened) return opened;

  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(tail, std::uint64_t{1} << 20)));
  for (std::uint64_t done = 0; done < tail;) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), tail - done));
    if (Result<void> got = image->file().read_at(done, buffer.data(), count); !got) return got;
    const ByteView part(buffer.data(), count);
    if (Result<void> written = copy.file().write_at(done, {&part, 1}); !written) return written;
    done += count;
  }
  if (!missing->empty()) {
    if (Result<void> appended = append(copy.file(), tail, *missing); !appended) return appended;
  }
  return copy.publish(*info);
}

Result<void> upgrade_file(FileSystem& files, const std::string& path, const std::string& out_path,
                          const OpenSettings& settings) {
  OpenSettings reading = settings;
  reading.mode = OpenAs::kReadOnly;
  Result<std::unique_ptr<Store>> store = Store::open(files, path, reading);
  if (!store) return store.error();
  const Result<FileInfo> info = (*store)->shared_image()->file().info();
  if (!info) return info.error();
  NewFile upgraded(files, out_path);
  if (Result<void> opened = upgraded.open(); !opened) return opened;

  Iterator iterator(**store, {});
  std::vector<Found> live;
  Error error;
  for (;;) {
    Found batch[256];
    std::size_t count = 0;
    const Status status = iterator.next(batch, std::size(batch), &count, &error);
    if (status == Status::kNotFound) break;
    if (status != Status::kOk) return error;
    live.insert(live.end(), batch, batch + count);
  }
  PackedWriter writer(upgraded.file());
  for (auto found = live.rbegin(); found != live.rend(); ++found) {
    if (Result<void> allowed = check_payload_allowed(found->payload()); !allowed) {
      return make_error(allowed.error().status, "%s: the entry at offset %llu: %s", path.c_str(),
                        static_cast<unsigned long long>(found->record.payload_offset), allowed.error().message);
    }
    Result<void> added =
        writer.add(found->record.key_hash, found->payload(), found->record.crc32, (*store)->layout().trailer_size);
    if (!added) return added;
  }
  if (Result<void> finished = writer.finish(); !finished) return finished;
  return upgraded.publish(*info);
}

Result<void> repair_file(FileSystem& files, const std::string& path, const std::string& out_path,
                         const OnFault& on_fault, RepairReport* out) {
  Result<std::unique_ptr<File>> damaged = files.open(path, OpenMode::kReadOnly, 0);
  if (!damaged) return damaged.error();
  const Result<bool> locked = (*damaged)->is_locked_by_other();
  if (locked && *locked) return make_error(Status::kLocked, "%s: is open for writing elsewhere", path.c_str());
  const Result<FileInfo> info = (*damaged)->info();
  if (!info) return info.error();
  if (info->size >= kMaxStoreSize) {
    return make_error(Status::kTooLarge, "%s: %llu bytes pass the format's limit of 2^48", path.c_str(),
                      static_cast<unsigned long long>(info->size));
  }
  Result<std::unique_ptr<Mapping>> mapping = (*damaged)->map(0, std::max<std::uint64_t>(info->size, 1), Access::kRead);
  if (!mapping) return mapping_error(path, info->size, mapping.error());
  NewFile repaired(files, out_path);
  if (Result<void> opened = repaired.open(); !opened) return opened;

  const ByteView file((*mapping)->data(), static_cast<std::size_t>(info->size));
  PackedWriter writer(repaired.file());
  RepairSink sink(file, writer, on_fault, out);
  const Result<SalvageSummary> salvaged = salvage(file, {}, &sink);
  if (Result<void> outcome = sink.outcome(); !outcome) return outcome;
  if (!salvaged) return make_error(salvaged.error().status, "%s: %s", path.c_str(), salvaged.error().message);
  if (Result<void> finished = writer.finish(); !finished) return finished;
  return repaired.publish(*info);
}

}  // namespace simdr::core
