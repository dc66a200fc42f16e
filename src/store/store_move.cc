// Writes of what is stored already: under another key, or in another store.
#include <algorithm>
#include <memory>

#include "store/store.h"

namespace simdr::core {

Result<std::uint64_t> Store::rename(std::uint64_t old_hash, std::uint64_t new_hash, Durability durability) {
  durability = durability_or_default(durability);
  if (Result<void> allowed = check_hash_allowed(new_hash); !allowed) return allowed.error();
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  if (old_hash == new_hash) return make_error(Status::kSameKey, "new_key: is the same key as old_key");
  FileImage& now = image();
  Found found;
  MappedFile* mapped = nullptr;
  const Status status = now.find(old_hash, &found.record, &mapped);
  if (status == Status::kNotFound) return make_error(Status::kNotFound, "no entry to rename");
  if (status != Status::kOk) return make_error(status, "the entry to rename no longer reads as one");
  found.data = mapped->bytes().data() + found.record.payload_offset;
  // Written anew it would get a checksum that matches whatever the bytes have become.
  Error damage;
  if (check_payload(found, &damage) != Status::kOk) return damage;
  const WriteOp ops[] = {{new_hash, found.payload()}, {old_hash, {}, true}};
  return finish_write(*std::move(turn), append_all(ops, durability), durability);
}

namespace {

struct ReleaseEntry {
  void operator()(Entry* entry) const noexcept { entry->drop_ref(); }
};
using EntryOwner = std::unique_ptr<Entry, ReleaseEntry>;

}  // namespace

// With a reference; its bytes are intact: written anew they would get a checksum that matches whatever they have become.
Result<Entry*> Store::entry_to_copy(std::uint64_t key_hash, const Store& target) const {
  const Result<FileInfo> mine = shared_image()->file().info();
  if (!mine) return mine.error();
  const Result<FileInfo> others = target.shared_image()->file().info();
  if (!others) return others.error();
  if (mine->same_file(*others)) {
    return make_error(Status::kSameStore, "target: is the same store, %s; rename the key instead", path_.c_str());
  }
  if (Result<void> writable = target.check_writable(); !writable) return writable.error();
  Entry* entry = nullptr;
  Error error;
  const Status status = get(key_hash, &entry, &error);
  if (status == Status::kNotFound) return make_error(Status::kNotFound, "no entry to copy");
  if (status != Status::kOk) return error;
  if (entry->checksum_matches()) return entry;
  const std::uint64_t offset = entry->record().payload_offset;
  entry->drop_ref();
  return make_error(Status::kCorrupt, "the payload at offset %llu does not match its checksum and is not copied",
                    static_cast<unsigned long long>(offset));
}

Result<std::uint64_t> Store::copy_to(std::uint64_t key_hash, Store& target, Durability durability) {
  const Result<Entry*> entry = entry_to_copy(key_hash, target);
  if (!entry) return entry.error();
  const EntryOwner owner(*entry);
  return target.put(key_hash, owner->payload(), durability);
}

Result<std::uint64_t> Store::transfer_to(std::uint64_t key_hash, Store& target, Durability durability) {
  if (Result<void> writable = check_writable(); !writable) return writable.error();
  // Each store's own default, but what survives of the removal must survive of the copy.
  const Durability removal = durability_or_default(durability);
  const Durability copy = std::max(target.durability_or_default(durability), removal);
  for (;;) {
    const Result<Entry*> entry = entry_to_copy(key_hash, target);
    if (!entry) return entry.error();
    const EntryOwner owner(*entry);
    if (Result<std::uint64_t> copied = target.put(key_hash, owner->payload(), copy); !copied) return copied;
    // What was put here meanwhile was not copied and must not go: then it is transferred too.
    Result<std::uint64_t> removed = remove_if_entry(*owner, removal);
    if (removed || removed.error().status != Status::kChanged) return removed;
  }
}

}  // namespace simdr::core
