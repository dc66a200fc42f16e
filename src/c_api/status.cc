// The numbers of simdr.h in words.
#include "c_api/boundary.h"

namespace {

struct StatusWords {
  simdr_status status;
  const char* name;
  const char* text;
};

constexpr StatusWords kWords[] = {
    {SIMDR_OK, "OK", "Done"},
    {SIMDR_NOT_FOUND, "NOT_FOUND", "There is no live entry under the key, or no further one"},
    {SIMDR_EXISTS, "EXISTS", "The key or the file is there already"},
    {SIMDR_CHANGED, "CHANGED", "The entry is no longer the newest under its key"},
    {SIMDR_STOPPED, "STOPPED", "A callback stopped the call"},
    {SIMDR_ERR_INVALID_ARGUMENT, "ERR_INVALID_ARGUMENT", "An argument is NULL or out of its range"},
    {SIMDR_ERR_EMPTY_PAYLOAD, "ERR_EMPTY_PAYLOAD", "A payload of no bytes cannot be stored"},
    {SIMDR_ERR_TOMBSTONE_PAYLOAD, "ERR_TOMBSTONE_PAYLOAD", "The one-byte payload 0x00 cannot be stored"},
    {SIMDR_ERR_RESERVED_HASH, "ERR_RESERVED_HASH", "The key's hash is reserved by the file format"},
    {SIMDR_ERR_TOO_LARGE, "ERR_TOO_LARGE", "A key, batch, payload or store is over its limit"},
    {SIMDR_ERR_OPTIONS_SIZE, "ERR_OPTIONS_SIZE", "A struct's size is impossible, or it sets unknown members"},
    {SIMDR_ERR_UNKNOWN_FLAGS, "ERR_UNKNOWN_FLAGS", "Flags have bits that this version does not know"},
    {SIMDR_ERR_LENGTH_MISMATCH, "ERR_LENGTH_MISMATCH", "Two arrays that belong together differ in length"},
    {SIMDR_ERR_SAME_STORE, "ERR_SAME_STORE", "An entry cannot be copied onto its own store"},
    {SIMDR_ERR_SAME_KEY, "ERR_SAME_KEY", "A key cannot be renamed to itself"},
    {SIMDR_ERR_MISALIGNED, "ERR_MISALIGNED", "The payload does not start on the alignment asked for"},
    {SIMDR_ERR_PARTIAL_ELEMENT, "ERR_PARTIAL_ELEMENT", "The payload is no whole number of elements"},
    {SIMDR_ERR_BAD_STATE, "ERR_BAD_STATE", "The handle cannot do this now"},
    {SIMDR_ERR_NO_SUCH_FILE, "ERR_NO_SUCH_FILE", "There is no such file"},
    {SIMDR_ERR_ACCESS, "ERR_ACCESS", "Permission denied"},
    {SIMDR_ERR_IS_DIRECTORY, "ERR_IS_DIRECTORY", "The path is a directory"},
    {SIMDR_ERR_NOT_REGULAR_FILE, "ERR_NOT_REGULAR_FILE", "The path is no regular file"},
    {SIMDR_ERR_NOT_A_STORE, "ERR_NOT_A_STORE", "The file is no store; it was not changed"},
    {SIMDR_ERR_OLD_GENERATION, "ERR_OLD_GENERATION", "The store is of an older generation, which is read only"},
    {SIMDR_ERR_READ_ONLY, "ERR_READ_ONLY", "The store was opened read-only"},
    {SIMDR_ERR_READ_ONLY_MEDIUM, "ERR_READ_ONLY_MEDIUM", "The file system is read-only"},
    {SIMDR_ERR_LOCKED, "ERR_LOCKED", "Another writer has the store open"},
    {SIMDR_ERR_CORRUPT, "ERR_CORRUPT", "Bytes do not match their checksum or their links"},
    {SIMDR_ERR_IO, "ERR_IO", "The system could not read or write"},
    {SIMDR_ERR_NO_SPACE, "ERR_NO_SPACE", "The disk or the quota is full"},
    {SIMDR_ERR_NO_MEMORY, "ERR_NO_MEMORY", "Out of memory"},
    {SIMDR_ERR_SOURCE, "ERR_SOURCE", "What was to be stored could not be read"},
    {SIMDR_ERR_SINK, "ERR_SINK", "What was read could not be written"},
    {SIMDR_ERR_FORKED, "ERR_FORKED", "A store opened for writing was used in a child process"},
    {SIMDR_ERR_WRITER_FAILED, "ERR_WRITER_FAILED", "An earlier sync or write failed; reopen the store"},
    {SIMDR_ERR_UNSUPPORTED, "ERR_UNSUPPORTED", "Not possible here"},
    {SIMDR_ERR_INTERNAL, "ERR_INTERNAL", "A defect in this library"},
};

const StatusWords* words_of(simdr_status status) noexcept {
  for (const StatusWords& words : kWords) {
    if (words.status == status) return &words;
  }
  return nullptr;
}

using simdr::core::Status;
constexpr bool agree(Status mine, simdr_status theirs) { return static_cast<simdr_status>(mine) == theirs; }
static_assert(agree(Status::kOk, SIMDR_OK) && agree(Status::kNotFound, SIMDR_NOT_FOUND) &&
              agree(Status::kExists, SIMDR_EXISTS) && agree(Status::kChanged, SIMDR_CHANGED) &&
              agree(Status::kStopped, SIMDR_STOPPED));
static_assert(agree(Status::kInvalidArgument, SIMDR_ERR_INVALID_ARGUMENT) &&
              agree(Status::kEmptyPayload, SIMDR_ERR_EMPTY_PAYLOAD) &&
              agree(Status::kTombstonePayload, SIMDR_ERR_TOMBSTONE_PAYLOAD) &&
              agree(Status::kReservedHash, SIMDR_ERR_RESERVED_HASH) && agree(Status::kTooLarge, SIMDR_ERR_TOO_LARGE) &&
              agree(Status::kOptionsSize, SIMDR_ERR_OPTIONS_SIZE) &&
              agree(Status::kUnknownFlags, SIMDR_ERR_UNKNOWN_FLAGS) &&
              agree(Status::kLengthMismatch, SIMDR_ERR_LENGTH_MISMATCH) &&
              agree(Status::kSameStore, SIMDR_ERR_SAME_STORE) && agree(Status::kSameKey, SIMDR_ERR_SAME_KEY) &&
              agree(Status::kMisaligned, SIMDR_ERR_MISALIGNED) &&
              agree(Status::kPartialElement, SIMDR_ERR_PARTIAL_ELEMENT) &&
              agree(Status::kBadState, SIMDR_ERR_BAD_STATE));
static_assert(agree(Status::kNoSuchFile, SIMDR_ERR_NO_SUCH_FILE) && agree(Status::kAccess, SIMDR_ERR_ACCESS) &&
              agree(Status::kIsDirectory, SIMDR_ERR_IS_DIRECTORY) &&
              agree(Status::kNotRegularFile, SIMDR_ERR_NOT_REGULAR_FILE) &&
              agree(Status::kNotAStore, SIMDR_ERR_NOT_A_STORE) &&
              agree(Status::kOldGeneration, SIMDR_ERR_OLD_GENERATION) &&
              agree(Status::kReadOnly, SIMDR_ERR_READ_ONLY) &&
              agree(Status::kReadOnlyMedium, SIMDR_ERR_READ_ONLY_MEDIUM) && agree(Status::kLocked, SIMDR_ERR_LOCKED) &&
              agree(Status::kCorrupt, SIMDR_ERR_CORRUPT) && agree(Status::kIo, SIMDR_ERR_IO) &&
              agree(Status::kNoSpace, SIMDR_ERR_NO_SPACE) && agree(Status::kNoMemory, SIMDR_ERR_NO_MEMORY) &&
              agree(Status::kSource, SIMDR_ERR_SOURCE) && agree(Status::kSink, SIMDR_ERR_SINK) &&
              agree(Status::kForked, SIMDR_ERR_FORKED) && agree(Status::kWriterFailed, SIMDR_ERR_WRITER_FAILED) &&
              agree(Status::kUnsupported, SIMDR_ERR_UNSUPPORTED) && agree(Status::kInternal, SIMDR_ERR_INTERNAL));
static_assert(SIMDR_RESERVED_KEY_HASH == simdr::core::kGuardKeyHash);
static_assert(SIMDR_RESERVED_KEY_HASH_2 == simdr::core::kGuardMagic);

}  // namespace

const char* simdr_status_name(simdr_status status) noexcept {
  const StatusWords* words = words_of(status);
  return words != nullptr ? words->name : "UNKNOWN";
}

const char* simdr_status_text(simdr_status status) noexcept {
  const StatusWords* words = words_of(status);
  return words != nullptr ? words->text : "Not a status of this library";
}
