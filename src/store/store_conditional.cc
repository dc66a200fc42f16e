// Writes that depend on what the key has now.
#include "store/store.h"

namespace simdr::core {

Result<std::uint64_t> Store::put_if_absent(std::uint64_t key_hash, ByteView payload, Durability durability) {
  durability = durability_or_default(durability);
  if (Result<void> allowed = check_hash_allowed(key_hash); !allowed) return allowed.error();
  if (Result<void> allowed = check_payload_allowed(payload); !allowed) return allowed.error();
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  FileImage& now = image();
  if (now.index.find(now.mapped()->bytes(), key_hash) != KeyIndex::kAbsent) {
    return make_error(Status::kExists, "the key has an entry");
  }
  return finish_write(*std::move(turn), append_one({key_hash, payload}, durability), durability);
}

Result<std::uint64_t> Store::put_if_entry(const Entry& expected, ByteView payload, Durability durability) {
  durability = durability_or_default(durability);
  if (Result<void> allowed = check_payload_allowed(payload); !allowed) return allowed.error();
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  FileImage& now = image();
  const std::uint64_t key_hash = expected.record().key_hash;
  if (expected.image_id() != now.id() ||
      now.index.find(now.mapped()->bytes(), key_hash) != expected.record().trailer_offset) {
    return make_error(Status::kChanged, "the entry is no longer the newest under its key");
  }
  return finish_write(*std::move(turn), append_one({key_hash, payload}, durability), durability);
}

Result<std::uint64_t> Store::remove_if_entry(const Entry& expected, Durability durability) {
  durability = durability_or_default(durability);
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  FileImage& now = image();
  const EntryRecord& record = expected.record();
  if (expected.image_id() != now.id() ||
      now.index.find(now.mapped()->bytes(), record.key_hash) != record.trailer_offset) {
    return make_error(Status::kChanged, "the entry is no longer the newest under its key");
  }
  return finish_write(*std::move(turn), append_one({record.key_hash, {}, true}, durability), durability);
}

}  // namespace simdr::core
