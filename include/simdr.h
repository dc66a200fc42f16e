/* simdr.h - an append-only store of key -> bytes in one memory-mapped file. The whole C ABI of libsimdr.
 *
 * CONVENTIONS (docs/C_API.md says why)
 *
 *  Status     Every call that can fail returns simdr_status: SIMDR_OK (0) or a negative number. SIMDR_NOT_FOUND and
 *             its kind (-1 .. -9) are ordinary outcomes; -10 and below are errors.
 *  Errors     The last parameter of such a call is `simdr_error *err`. It may be NULL. On an error it is filled
 *             without allocating: status, the operating system's number, and words that name what was wrong with
 *             which argument. It is untouched on SIMDR_OK and on ordinary outcomes, but for SIMDR_STOPPED, which fills
 *             it too. There is no "last error".
 *  Outputs    `out_` parameters are written on SIMDR_OK only, unless a call says otherwise.
 *  NULL       Not allowed where the comment does not say "may be NULL": SIMDR_ERR_INVALID_ARGUMENT from calls that return
 *             a status; the others, which only look something up, must not be given NULL. A byte range is
 *             always `const void *x, size_t x_size`; a NULL pointer is allowed when the size is 0.
 *  Options    Options and results: structs whose first member is `size` grow at the end. Initialise them with their
 *             _INIT macro. Zero in any member means the default. A shorter struct (an older program) is accepted; a
 *             longer one too if what this library does not know is zero; otherwise SIMDR_ERR_OPTIONS_SIZE. A NULL
 *             struct is all defaults.
 *  Flags      Unknown bits are refused: SIMDR_ERR_UNKNOWN_FLAGS.
 *  Ownership  Handles are opaque. What a call hands out is released by the call named in its comment; that call
 *             returns void and accepts NULL. Nothing is ever to be passed to free().
 *  Threads    A simdr_store may be used from any number of threads at once; only simdr_store_close must not race other
 *             calls on that store. A simdr_entry may be used, referenced and released on any thread, also
 *             after its store was closed. Iterators, streams and reservations belong to one thread at a time.
 *  Unchanged  A call that fails leaves the store as it was: not one byte of what was stored changes.
 *  Callbacks  `(fn, user_data)`, user_data last inside too. Called on the calling thread unless said otherwise, with no
 *             lock held unless said otherwise; must not throw or longjmp. Non-zero stops the call, which returns
 *             SIMDR_STOPPED and hands the number back in err->callback_result.
 *  Limits     Offsets and sizes are bytes. A store ends before 2^48 (256 TiB). A key's identity is the 64-bit XXH3 hash of
 *             its bytes; the key itself is not stored, and two keys with one hash are one key to the file.
 *             A payload is 1 byte or more; the single byte 0x00 marks a deleted key and cannot be stored as a value. */
#ifndef SIMDR_H
#define SIMDR_H
/* The comments beside members and constants are lined up by hand. */
/* clang-format off */

#include <stddef.h>
#include <stdint.h>

#define SIMDR_VERSION_MAJOR 0
#define SIMDR_VERSION_MINOR 1
#define SIMDR_VERSION_PATCH 0
#define SIMDR_VERSION_STRING "0.1.0"

#if defined(SIMDR_STATIC)
#define SIMDR_API
#elif defined(_WIN32)
#if defined(SIMDR_BUILDING)
#define SIMDR_API __declspec(dllexport)
#else
#define SIMDR_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define SIMDR_API __attribute__((visibility("default")))
#else
#define SIMDR_API
#endif

#ifdef __cplusplus
#define SIMDR_NOEXCEPT noexcept
extern "C" {
#else
#define SIMDR_NOEXCEPT
#endif

/* ---------------------------------------------------------------------------------------------- status and errors */

typedef int32_t simdr_status;

#define SIMDR_OK 0
/* Ordinary outcomes. */
#define SIMDR_NOT_FOUND (-1) /* no live entry under the key; also: an iterator is at its end */
#define SIMDR_EXISTS (-2)    /* put_if_absent: the key is there; create_new, backup, ...: the file is there */
#define SIMDR_CHANGED (-3)   /* put_if_entry: the entry is no longer the newest under its key */
#define SIMDR_STOPPED (-4)   /* a callback returned non-zero */
/* Errors: an argument. */
#define SIMDR_ERR_INVALID_ARGUMENT (-10)  /* NULL where none is allowed, or a value out of its range */
#define SIMDR_ERR_EMPTY_PAYLOAD (-11)     /* a payload of no bytes cannot be stored */
#define SIMDR_ERR_TOMBSTONE_PAYLOAD (-12) /* the one-byte payload 0x00 cannot be stored: it marks a deleted key */
#define SIMDR_ERR_RESERVED_HASH (-13)     /* the format's own (SIMDR_RESERVED_KEY_HASH, _RESERVED_KEY_HASH_2) */
#define SIMDR_ERR_TOO_LARGE (-14)         /* a key, batch, payload or store over its limit */
#define SIMDR_ERR_OPTIONS_SIZE (-15)      /* an options struct of an impossible size, or with unknown members set */
#define SIMDR_ERR_UNKNOWN_FLAGS (-16)
#define SIMDR_ERR_LENGTH_MISMATCH (-17)   /* two arrays that belong together have different lengths */
#define SIMDR_ERR_SAME_STORE (-18)        /* copy or transfer of an entry onto its own store */
#define SIMDR_ERR_SAME_KEY (-19)          /* rename of a key onto itself */
#define SIMDR_ERR_MISALIGNED (-20)        /* typed view: the payload does not start on the asked alignment */
#define SIMDR_ERR_PARTIAL_ELEMENT (-21)   /* typed view: the payload is no whole number of elements */
#define SIMDR_ERR_BAD_STATE (-22)         /* the handle cannot do this now: a stream after its commit, ... */
/* Errors: the file or the system. */
#define SIMDR_ERR_NO_SUCH_FILE (-30)
#define SIMDR_ERR_ACCESS (-31)           /* permission denied */
#define SIMDR_ERR_IS_DIRECTORY (-32)
#define SIMDR_ERR_NOT_REGULAR_FILE (-33) /* a fifo, socket or device */
#define SIMDR_ERR_NOT_A_STORE (-34)      /* nothing in the file reads as a store; it was not changed */
#define SIMDR_ERR_OLD_GENERATION (-35)   /* writing to a store of an older format; upgrade it first */
#define SIMDR_ERR_READ_ONLY (-36)        /* writing through a store opened read-only */
#define SIMDR_ERR_READ_ONLY_MEDIUM (-37) /* the file system is mounted read-only */
#define SIMDR_ERR_LOCKED (-38)           /* another writer has the store open */
#define SIMDR_ERR_CORRUPT (-39)          /* bytes that do not match their checksum or their links */
#define SIMDR_ERR_IO (-40)
#define SIMDR_ERR_NO_SPACE (-41)         /* disk or quota full */
#define SIMDR_ERR_NO_MEMORY (-42)
#define SIMDR_ERR_SOURCE (-43)           /* reading what was to be stored failed */
#define SIMDR_ERR_SINK (-44)             /* writing what was read failed */
#define SIMDR_ERR_FORKED (-45)           /* a store opened for writing, used in a child process after fork() */
#define SIMDR_ERR_WRITER_FAILED (-46)    /* an earlier sync or write failed for good; close and reopen */
#define SIMDR_ERR_UNSUPPORTED (-47)
#define SIMDR_ERR_INTERNAL (-48)         /* a defect in this library; please report it */

/* Caller-owned, of fixed size; needs no initialisation. */
typedef struct simdr_error {
  simdr_status status;
  int32_t os_error;        /* errno, or 0 */
  int32_t callback_result; /* what the callback returned, with SIMDR_STOPPED and SIMDR_ERR_SOURCE and _SINK */
  uint32_t reserved;
  char message[240];       /* UTF-8, NUL-terminated, one line, without a full stop */
} simdr_error;

/* The constant's name without prefix, such as "NOT_FOUND"; "UNKNOWN" for a number that is none. Static. */
SIMDR_API const char *simdr_status_name(simdr_status status) SIMDR_NOEXCEPT;
/* One sentence about it. Static. */
SIMDR_API const char *simdr_status_text(simdr_status status) SIMDR_NOEXCEPT;

/* ------------------------------------------------------------------------------------------------ version and CPU */

/* major * 1000000 + minor * 1000 + patch of the library that runs; compare with SIMDR_VERSION_*. */
SIMDR_API uint32_t simdr_version(void) SIMDR_NOEXCEPT;
SIMDR_API const char *simdr_version_string(void) SIMDR_NOEXCEPT; /* static */
/* "scalar", "avx2", "vpclmul", "avx512", "neon" or "armcrc", to which later versions may add: the copy and checksum kernels in
 * use, the best that this CPU runs. The environment variable SIMDR_KERNEL, read at the first use in the process, names another.
 * Static. */
SIMDR_API const char *simdr_kernel_name(void) SIMDR_NOEXCEPT;

/* All functions of this header in one static table (simdr_api.h), so that a program that loads the library at run time
 * has one symbol to look up. NULL when this library has no table of that version (SIMDR_API_TABLE_VERSION). */
struct simdr_api;
SIMDR_API const struct simdr_api *simdr_get_api(uint32_t version) SIMDR_NOEXCEPT;

/* ------------------------------------------------------------------------------------------------------- the keys */

typedef struct simdr_bytes {
  const void *data; /* may be NULL when size is 0 */
  size_t size;
} simdr_bytes;

#define SIMDR_MAX_KEY_SIZE 0xFFFFFFFFu   /* bytes */
#define SIMDR_MAX_BATCH_COUNT 0x1000000u /* entries in one batch: 16,777,216 */
#define SIMDR_RESERVED_KEY_HASH UINT64_C(0xF1D05EAF00D51D3D)
#define SIMDR_RESERVED_KEY_HASH_2 UINT64_C(0x0A1A0D53494452A7)

/* XXH3-64 of the key, no seed: the key's identity in the file. Any size, also 0. */
SIMDR_API uint64_t simdr_key_hash(const void *key, size_t key_size) SIMDR_NOEXCEPT;
SIMDR_API simdr_status simdr_key_hash_many(const simdr_bytes *keys, size_t key_count, uint64_t *out_hashes,
                                           simdr_error *err) SIMDR_NOEXCEPT;
/* A key of 16 bytes that no other namespace shares: hash(ns) then hash(key), little-endian. */
SIMDR_API void simdr_namespaced_key(const void *ns, size_t ns_size, const void *key, size_t key_size,
                                    uint8_t out_key[16]) SIMDR_NOEXCEPT;

/* ------------------------------------------------------------------------------------------------------- the store */

typedef struct simdr_store simdr_store;
typedef struct simdr_entry simdr_entry;
typedef struct simdr_iterator simdr_iterator;
typedef struct simdr_stream simdr_stream;
typedef struct simdr_reservation simdr_reservation;

/* simdr_open_options.mode */
#define SIMDR_OPEN_CREATE 0     /* read and write; an absent file is created (exclusively) */
#define SIMDR_OPEN_EXISTING 1   /* read and write; an absent file is SIMDR_ERR_NO_SUCH_FILE */
#define SIMDR_OPEN_READ_ONLY 2  /* no lock, changes nothing, sees what was committed when it opened */
#define SIMDR_OPEN_CREATE_NEW 3 /* read and write; a file that is there is SIMDR_EXISTS */

/* simdr_open_options.flags */
#define SIMDR_OPEN_VERIFY_READS 0x1u  /* get and view check the checksum: SIMDR_ERR_CORRUPT instead of wrong bytes */
#define SIMDR_OPEN_DIRECT_WRITES 0x2u /* never store through a mapping: every put is a system call. The default on
                                         file systems where a mapped store can fail later (btrfs, ZFS, network) */
#define SIMDR_OPEN_INDEX_FILE 0x4u    /* keep the key index in a file beside the store, <path>.index, so that opening
                                         need not walk the store: see below */

/* How far a write is on its way to the disk when its call returns. */
#define SIMDR_DURABILITY_DEFAULT 0u /* in a call: as the store was opened; in open: NONE */
#define SIMDR_DURABILITY_NONE 1u    /* survives the death of this process, not a power cut */
#define SIMDR_DURABILITY_COMMIT 2u  /* survives a power cut, for this library's readers; one fdatasync, shared */
#define SIMDR_DURABILITY_STRICT 3u  /* and for the Rust crate's recovery too, as long as every write of the session is
                                       STRICT (docs/RELIABILITY.md); two fdatasyncs, shared */

#define SIMDR_LOG_ERROR 1
#define SIMDR_LOG_WARNING 2
#define SIMDR_LOG_INFO 3
/* May be called on any thread that uses the store, with locks held: must not call back into the store. `message` is
 * valid during the call. */
typedef void (*simdr_log_fn)(int32_t level, const char *message, void *user_data);

typedef struct simdr_open_options {
  size_t size;
  uint32_t mode;            /* SIMDR_OPEN_* */
  uint32_t flags;           /* SIMDR_OPEN_* bits */
  uint32_t durability;      /* of every write that does not say otherwise */
  uint32_t lock_timeout_ms; /* how long to wait for another writer: 0 not at all, UINT32_MAX for ever */
  uint32_t file_mode;       /* permission bits of a created file, less the umask; 0 means 0666 */
  uint32_t layout_alignment; /* read the file as this generation: 0 detect it, else a power of two up to 65536 */
  uint32_t layout_trailer;   /* with layout_alignment: 20 (0 means 20), or 19 for the oldest generation */
  uint32_t reserved0;
  uint64_t reserve_size;     /* bytes of address space to reserve for the mapping, and behind a file that is longer;
                                0 means 1 TiB, or what can be had */
  uint64_t window_size;      /* upper bound of the append window, bytes; 0 means 2 MiB; at least 64 KiB */
  simdr_log_fn log;          /* may be NULL */
  void *log_user_data;
} simdr_open_options;
#define SIMDR_OPEN_OPTIONS_INIT {sizeof(simdr_open_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL}

/* SIMDR_OPEN_INDEX_FILE: opening walks the store from its newest entry to its oldest to build the key index in memory, which
 * takes some 25 to 50 ns for each entry. With this flag a writer's close saves the index in the file <path>.index (links
 * in `path` resolved; 10 to 21 bytes for each key; synced), and an open with it reads that instead: in a quarter of the
 * time, read-only in a thirtieth. A reader never writes it; an empty store has none.
 * It is used only while nothing has touched the store since: same size, inode, times of modification and change. So not
 * after a copy, a rename, a change of permissions or a crash of the writer, nor beside a writer that has written; opening
 * then walks as it does without the flag, and the next writer's close makes the file anew. It may be deleted at any time.
 * The log is told whether it was used. Nothing that is wrong with it is an error, and a file of that name that is no index
 * file is left alone. Damage inside the store, which walking may find, is then found by simdr_verify() and by reading. */

/* Opens the store in the file `path` (the system's own encoding, NUL-terminated).
 * An existing file is never changed by opening it. A damaged end is left out and told by
 * simdr_store_recovered_from(); a file that is no store is SIMDR_ERR_NOT_A_STORE. One writer per file, across processes and
 * within one: a second is SIMDR_ERR_LOCKED after the timeout. A store of an older generation opens read-only only.
 * From some hundred thousand keys on, up to three threads help, one for each further CPU that the caller may run on. They
 * take none of its signals, and are gone when this returns.
 * Ownership: *out_store is released by simdr_store_close().
 * options may be NULL. Errors: all of the file's kind, and those of the arguments. */
SIMDR_API simdr_status simdr_store_open(const char *path, const simdr_open_options *options, simdr_store **out_store,
                                        simdr_error *err) SIMDR_NOEXCEPT;

/* Ends the use of the store: what was written and not yet synced is synced, and the file is cut to its last entry. A file
 * that was not written to stays as it was found.
 * Entries stay readable; iterators, streams and reservations must have been released before. NULL is allowed.
 * In a child of fork() it only releases memory. */
SIMDR_API void simdr_store_close(simdr_store *store) SIMDR_NOEXCEPT;
/* The same, saying what failed; the handle is gone in any case, and the file is whole in any case: the next open finds
 * every write that was acknowledged. */
SIMDR_API simdr_status simdr_store_close_checked(simdr_store *store, simdr_error *err) SIMDR_NOEXCEPT;

/* The path as it was given. Valid until close. */
SIMDR_API const char *simdr_store_path(const simdr_store *store) SIMDR_NOEXCEPT;
SIMDR_API int simdr_store_is_read_only(const simdr_store *store) SIMDR_NOEXCEPT;
/* NULL when the file was whole; else one line on what was wrong and what was left out. Valid until close. */
SIMDR_API const char *simdr_store_recovered_from(const simdr_store *store) SIMDR_NOEXCEPT;
/* "aligned-64", "aligned-16", "packed-20", "packed-19", or "aligned-N". Valid until close. */
SIMDR_API const char *simdr_store_generation(const simdr_store *store) SIMDR_NOEXCEPT;
/* Payloads start on multiples of this many bytes in the file; 1 in packed generations. */
SIMDR_API uint32_t simdr_store_alignment(const simdr_store *store) SIMDR_NOEXCEPT;

/* ---------------------------------------------------------------------------------------------------------- writing
 *
 * `flags` of every write is one SIMDR_DURABILITY_* value. `out_tail`, which may be NULL, receives the offset at which
 * the file's last entry then ends.
 * All writes of one store, from any thread, happen one after the other. What is common to all of them:
 * SIMDR_ERR_READ_ONLY, SIMDR_ERR_FORKED, SIMDR_ERR_WRITER_FAILED, SIMDR_ERR_NO_SPACE, SIMDR_ERR_IO, SIMDR_ERR_NO_MEMORY,
 * SIMDR_ERR_TOO_LARGE, SIMDR_ERR_BAD_STATE (this thread holds a reservation). Where a call fails after its data were
 * written but could not be synced, it says SIMDR_ERR_WRITER_FAILED or SIMDR_ERR_IO, and the write may or may not be
 * there after reopening. */

/* Stores `value` as the newest under `key`. The bytes are copied before the call returns. */
SIMDR_API simdr_status simdr_store_put(simdr_store *store, const void *key, size_t key_size, const void *value,
                                       size_t value_size, uint32_t flags, uint64_t *out_tail,
                                       simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API simdr_status simdr_store_put_hashed(simdr_store *store, uint64_t key_hash, const void *value,
                                              size_t value_size, uint32_t flags, uint64_t *out_tail,
                                              simdr_error *err) SIMDR_NOEXCEPT;

/* Stores all values or none, in order; a kill or (COMMIT, STRICT) a power cut at any instant leaves all or none. A key
 * given twice keeps its last value. key_count must equal value_count; 0 is allowed and writes nothing. */
SIMDR_API simdr_status simdr_store_put_many(simdr_store *store, const simdr_bytes *keys, size_t key_count,
                                            const simdr_bytes *values, size_t value_count, uint32_t flags,
                                            uint64_t *out_tail, simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API simdr_status simdr_store_put_many_hashed(simdr_store *store, const uint64_t *key_hashes, size_t key_count,
                                                   const simdr_bytes *values, size_t value_count, uint32_t flags,
                                                   uint64_t *out_tail, simdr_error *err) SIMDR_NOEXCEPT;

/* SIMDR_EXISTS when the key has a live entry; nothing is written then. */
SIMDR_API simdr_status simdr_store_put_if_absent(simdr_store *store, const void *key, size_t key_size,
                                                 const void *value, size_t value_size, uint32_t flags,
                                                 uint64_t *out_tail, simdr_error *err) SIMDR_NOEXCEPT;
/* Stores `value` only if `expected`, an entry read from this store, is still the newest under its key; else
 * SIMDR_CHANGED. After a compaction an entry read before it counts as changed. */
SIMDR_API simdr_status simdr_store_put_if_entry(simdr_store *store, const simdr_entry *expected, const void *value,
                                                size_t value_size, uint32_t flags, uint64_t *out_tail,
                                                simdr_error *err) SIMDR_NOEXCEPT;

/* SIMDR_NOT_FOUND when there is nothing to remove; nothing is written then. */
SIMDR_API simdr_status simdr_store_remove(simdr_store *store, const void *key, size_t key_size, uint32_t flags,
                                          uint64_t *out_tail, simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API simdr_status simdr_store_remove_hashed(simdr_store *store, uint64_t key_hash, uint32_t flags,
                                                 uint64_t *out_tail, simdr_error *err) SIMDR_NOEXCEPT;
/* All or none, as with put_many. Absent keys, and a key given a second time, are passed over. *out_removed, which may be
 * NULL, receives how many were removed; 0 is SIMDR_OK. */
SIMDR_API simdr_status simdr_store_remove_many(simdr_store *store, const simdr_bytes *keys, size_t key_count,
                                               uint32_t flags, size_t *out_removed, uint64_t *out_tail,
                                               simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API simdr_status simdr_store_remove_many_hashed(simdr_store *store, const uint64_t *key_hashes,
                                                      size_t key_count, uint32_t flags, size_t *out_removed,
                                                      uint64_t *out_tail, simdr_error *err) SIMDR_NOEXCEPT;

/* Moves the newest value of old_key to new_key, replacing what was there: one atomic batch of the value under the new key
 * and a deletion of the old one. SIMDR_NOT_FOUND; SIMDR_ERR_SAME_KEY. */
SIMDR_API simdr_status simdr_store_rename(simdr_store *store, const void *old_key, size_t old_key_size,
                                          const void *new_key, size_t new_key_size, uint32_t flags,
                                          uint64_t *out_tail, simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API simdr_status simdr_store_rename_hashed(simdr_store *store, uint64_t old_key_hash, uint64_t new_key_hash,
                                                 uint32_t flags, uint64_t *out_tail, simdr_error *err) SIMDR_NOEXCEPT;
/* Stores the newest value of `key` in `target` too, under the same key. SIMDR_NOT_FOUND; SIMDR_ERR_SAME_STORE when
 * both handles are of one file. `flags` and `out_tail` are the target's. */
SIMDR_API simdr_status simdr_store_copy(simdr_store *store, const void *key, size_t key_size, simdr_store *target,
                                        uint32_t flags, uint64_t *out_tail, simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API simdr_status simdr_store_copy_hashed(simdr_store *store, uint64_t key_hash, simdr_store *target,
                                               uint32_t flags, uint64_t *out_tail, simdr_error *err) SIMDR_NOEXCEPT;
/* Copy, then remove here. The copy is complete in `target` (and synced, with COMMIT or STRICT) before the removal, so a crash
 * between them leaves the entry in both. Without a durability in `flags` each store has its own default, but the copy is
 * never less durable than the removal. out_tail is this store's. */
SIMDR_API simdr_status simdr_store_transfer(simdr_store *store, const void *key, size_t key_size,
                                            simdr_store *target, uint32_t flags, uint64_t *out_tail,
                                            simdr_error *err) SIMDR_NOEXCEPT;

SIMDR_API simdr_status simdr_store_transfer_hashed(simdr_store *store, uint64_t key_hash, simdr_store *target,
                                                   uint32_t flags, uint64_t *out_tail,
                                                   simdr_error *err) SIMDR_NOEXCEPT;

/* Makes all that was acknowledged before the call survive a power cut. SIMDR_DURABILITY_COMMIT or _STRICT. */
SIMDR_API simdr_status simdr_store_sync(simdr_store *store, uint32_t durability, simdr_error *err) SIMDR_NOEXCEPT;

/* --- values of unknown length. They spool (memory, then an unlinked temporary file beside the store) and are appended whole by
 * the commit: a slow source blocks nobody, a failed one leaves nothing. --- */

/* Ownership: *out_stream is released by simdr_stream_free(), committed or not; it must not outlive the store. */
SIMDR_API simdr_status simdr_stream_open(simdr_store *store, const void *key, size_t key_size, uint32_t flags,
                                         simdr_stream **out_stream, simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API simdr_status simdr_stream_open_hashed(simdr_store *store, uint64_t key_hash, uint32_t flags,
                                                simdr_stream **out_stream, simdr_error *err) SIMDR_NOEXCEPT;
/* After an error the stream can only be freed. */
SIMDR_API simdr_status simdr_stream_write(simdr_stream *stream, const void *data, size_t data_size,
                                          simdr_error *err) SIMDR_NOEXCEPT;
/* Appends what was written as one entry. Once only. SIMDR_ERR_EMPTY_PAYLOAD when nothing was written. */
SIMDR_API simdr_status simdr_stream_commit(simdr_stream *stream, uint64_t *out_tail, simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API void simdr_stream_free(simdr_stream *stream) SIMDR_NOEXCEPT;

/* Fills `buffer` with up to `capacity` bytes and sets *out_size; 0 ends the stream. Non-zero: SIMDR_ERR_SOURCE, with the
 * number in err->callback_result. */
typedef int (*simdr_source_fn)(void *buffer, size_t capacity, size_t *out_size, void *user_data);
SIMDR_API simdr_status simdr_store_put_from(simdr_store *store, const void *key, size_t key_size,
                                            simdr_source_fn source, void *user_data, uint32_t flags,
                                            uint64_t *out_tail, simdr_error *err) SIMDR_NOEXCEPT;
/* Stores all that `fd` yields from its position to its end. The descriptor stays the caller's. */
SIMDR_API simdr_status simdr_store_put_fd(simdr_store *store, const void *key, size_t key_size, int fd,
                                          uint32_t flags, uint64_t *out_tail, simdr_error *err) SIMDR_NOEXCEPT;

/* --- a value built in place --- */

/* Hands out value_size writable bytes in the mapped file, on a 64-byte boundary, to be filled by the caller and published by
 * simdr_reservation_commit(): no copy is made. Until commit or abort all other writers of the store wait, and a write
 * by the same thread is SIMDR_ERR_BAD_STATE. The bytes are unspecified at first and are the caller's until then.
 * May be committed or aborted by another thread. SIMDR_ERR_UNSUPPORTED where the store writes without a mapping
 * (SIMDR_OPEN_DIRECT_WRITES).
 * Ownership: *out_reservation is released by commit (also by one that fails) or abort. */
SIMDR_API simdr_status simdr_store_reserve(simdr_store *store, const void *key, size_t key_size, size_t value_size,
                                           uint32_t flags, simdr_reservation **out_reservation, void **out_data,
                                           simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API simdr_status simdr_reservation_commit(simdr_reservation *reservation, uint64_t *out_tail,
                                                simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API void simdr_reservation_abort(simdr_reservation *reservation) SIMDR_NOEXCEPT;

/* ---------------------------------------------------------------------------------------------------------- reading */

/* The newest value under `key`, as a handle that keeps its bytes mapped by itself: valid after later writes, after
 * compaction and after close. Ownership: *out_entry is a new reference, released by simdr_entry_unref().
 * SIMDR_NOT_FOUND; SIMDR_ERR_CORRUPT (with SIMDR_OPEN_VERIFY_READS); SIMDR_ERR_NO_MEMORY. */
SIMDR_API simdr_status simdr_store_get(const simdr_store *store, const void *key, size_t key_size,
                                       simdr_entry **out_entry, simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API simdr_status simdr_store_get_hashed(const simdr_store *store, uint64_t key_hash, simdr_entry **out_entry,
                                              simdr_error *err) SIMDR_NOEXCEPT;

/* Bytes in the mapped file, borrowed: no allocation, no counter. Valid until the store is closed or compacted. */
typedef struct simdr_view {
  const void *data;        /* on a multiple of simdr_store_alignment() */
  size_t size;             /* of the payload, bytes */
  uint64_t key_hash;
  uint64_t payload_offset; /* in the file */
  uint32_t checksum;       /* CRC-32 (zlib's) of the payload, as stored */
  uint32_t reserved;
} simdr_view;

SIMDR_API simdr_status simdr_store_view(const simdr_store *store, const void *key, size_t key_size,
                                        simdr_view *out_view, simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API simdr_status simdr_store_view_hashed(const simdr_store *store, uint64_t key_hash, simdr_view *out_view,
                                               simdr_error *err) SIMDR_NOEXCEPT;

/* Many at once, their cache misses overlapped. out_entries and out_views have key_count places; a place whose key is absent
 * gets NULL (a view: data NULL, size 0). *out_found may be NULL. On an error nothing is handed out.
 * `verify_keys`, which may be NULL with a count of 0, holds the keys that key_hashes are said to be of: one that does not
 * hash to its number counts as absent. Its count must equal key_count: SIMDR_ERR_LENGTH_MISMATCH. */
SIMDR_API simdr_status simdr_store_get_many(const simdr_store *store, const simdr_bytes *keys, size_t key_count,
                                            simdr_entry **out_entries, size_t *out_found,
                                            simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API simdr_status simdr_store_get_many_hashed(const simdr_store *store, const uint64_t *key_hashes,
                                                   size_t key_count, const simdr_bytes *verify_keys,
                                                   size_t verify_key_count, simdr_entry **out_entries,
                                                   size_t *out_found, simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API simdr_status simdr_store_view_many(const simdr_store *store, const simdr_bytes *keys, size_t key_count,
                                             simdr_view *out_views, size_t *out_found,
                                             simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API simdr_status simdr_store_view_many_hashed(const simdr_store *store, const uint64_t *key_hashes,
                                                    size_t key_count, const simdr_bytes *verify_keys,
                                                    size_t verify_key_count, simdr_view *out_views,
                                                    size_t *out_found, simdr_error *err) SIMDR_NOEXCEPT;

/* Copies up to `capacity` bytes of the value from `value_offset` on by reading the file, not the mapping: a failing disk or a
 * file cut short by another program is SIMDR_ERR_IO and not a signal. *out_size is what was copied, *out_value_size
 * (may be NULL) the whole. An offset at or past the end copies nothing. */
SIMDR_API simdr_status simdr_store_read(const simdr_store *store, const void *key, size_t key_size,
                                        uint64_t value_offset, void *buffer, size_t capacity, size_t *out_size,
                                        uint64_t *out_value_size, simdr_error *err) SIMDR_NOEXCEPT;

/* *out_exists is 0 or 1. */
SIMDR_API simdr_status simdr_store_exists(const simdr_store *store, const void *key, size_t key_size,
                                          int *out_exists, simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API simdr_status simdr_store_exists_hashed(const simdr_store *store, uint64_t key_hash, int *out_exists,
                                                 simdr_error *err) SIMDR_NOEXCEPT;
/* The live entry that was written last. SIMDR_NOT_FOUND in an empty store. A lookup's work where the newest entry is live; those that
 * were replaced or removed since are walked over, one by one, as by an iterator. Neither writers nor a compaction wait for that. */
SIMDR_API simdr_status simdr_store_last_entry(const simdr_store *store, simdr_entry **out_entry,
                                              simdr_error *err) SIMDR_NOEXCEPT;

/* What the file says of an entry. */
typedef struct simdr_entry_info {
  size_t size;             /* of this struct: set it before the call (SIMDR_ENTRY_INFO_INIT) */
  uint64_t key_hash;
  uint64_t payload_offset; /* in the file, bytes */
  uint64_t payload_size;
  uint64_t trailer_offset; /* where the payload ends */
  uint64_t prev_tail;      /* where the entry before ended */
  uint64_t tail_offset;    /* where this one ends */
  uint32_t checksum;
  uint32_t reserved;
} simdr_entry_info;
#define SIMDR_ENTRY_INFO_INIT {sizeof(simdr_entry_info), 0, 0, 0, 0, 0, 0, 0, 0}

/* The same without a handle: the metadata of the newest value under `key`. */
SIMDR_API simdr_status simdr_store_metadata(const simdr_store *store, const void *key, size_t key_size,
                                            simdr_entry_info *out_info, simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API simdr_status simdr_store_metadata_hashed(const simdr_store *store, uint64_t key_hash,
                                                   simdr_entry_info *out_info, simdr_error *err) SIMDR_NOEXCEPT;

/* ---------------------------------------------------------------------------------------------------------- entries
 *
 * A simdr_entry never changes. All of these are safe on any thread while the caller holds a reference. They do not accept
 * NULL, except simdr_entry_unref(). */

SIMDR_API simdr_entry *simdr_entry_ref(simdr_entry *entry) SIMDR_NOEXCEPT; /* returns its argument */
SIMDR_API void simdr_entry_unref(simdr_entry *entry) SIMDR_NOEXCEPT;       /* may be NULL */

/* The payload; valid until the last reference is dropped. Aligned to simdr_store_alignment(). */
SIMDR_API const void *simdr_entry_data(const simdr_entry *entry) SIMDR_NOEXCEPT;
SIMDR_API size_t simdr_entry_size(const simdr_entry *entry) SIMDR_NOEXCEPT;
/* Payload and trailer, without the pad before it: payload size + 20, or + 19 in a "packed-19" store. */
SIMDR_API uint64_t simdr_entry_size_with_metadata(const simdr_entry *entry) SIMDR_NOEXCEPT;
SIMDR_API uint64_t simdr_entry_key_hash(const simdr_entry *entry) SIMDR_NOEXCEPT;
/* The stored CRC-32, as a number and as its 4 bytes in the order of the file. */
SIMDR_API uint32_t simdr_entry_checksum(const simdr_entry *entry) SIMDR_NOEXCEPT;
SIMDR_API void simdr_entry_checksum_bytes(const simdr_entry *entry, uint8_t out_bytes[4]) SIMDR_NOEXCEPT;
/* 1 when the payload matches its checksum; reads all of it. */
SIMDR_API int simdr_entry_checksum_ok(const simdr_entry *entry) SIMDR_NOEXCEPT;
SIMDR_API uint64_t simdr_entry_start_offset(const simdr_entry *entry) SIMDR_NOEXCEPT; /* of the payload, in the file */
SIMDR_API uint64_t simdr_entry_end_offset(const simdr_entry *entry) SIMDR_NOEXCEPT;   /* one past its last byte */
SIMDR_API simdr_status simdr_entry_info_of(const simdr_entry *entry, simdr_entry_info *out_info,
                                           simdr_error *err) SIMDR_NOEXCEPT;
/* [*out_begin, *out_end) in memory; valid as simdr_entry_data(). */
SIMDR_API void simdr_entry_address_range(const simdr_entry *entry, const void **out_begin,
                                         const void **out_end) SIMDR_NOEXCEPT;
/* A number that two entries share exactly when one mapping of one file holds both. Unique in the process's life. */
SIMDR_API uint64_t simdr_entry_mapping_id(const simdr_entry *entry) SIMDR_NOEXCEPT;

/* The payload as *out_count elements of element_size bytes, in place. `alignment` is a power of two, 0 for element_size
 * rounded down to one. SIMDR_ERR_MISALIGNED; SIMDR_ERR_PARTIAL_ELEMENT. *out_data is valid as simdr_entry_data(). */
SIMDR_API simdr_status simdr_entry_typed_view(const simdr_entry *entry, size_t element_size, size_t alignment,
                                              const void **out_data, size_t *out_count,
                                              simdr_error *err) SIMDR_NOEXCEPT;
/* In place where that is possible, else copied into `buffer` of buffer_size bytes (which must then be aligned itself):
 * *out_data is one or the other. SIMDR_ERR_TOO_LARGE when the copy does not fit. */
SIMDR_API simdr_status simdr_entry_typed_view_or_copy(const simdr_entry *entry, size_t element_size,
                                                      size_t alignment, void *buffer, size_t buffer_size,
                                                      const void **out_data, size_t *out_count,
                                                      simdr_error *err) SIMDR_NOEXCEPT;

/* Copies up to `capacity` bytes of the payload from `position` on; returns how many, 0 at the end. */
SIMDR_API size_t simdr_entry_read(const simdr_entry *entry, uint64_t position, void *buffer,
                                  size_t capacity) SIMDR_NOEXCEPT;
/* Hands the payload to `sink` in chunks of at most chunk_size bytes (0: 64 KiB). Non-zero: SIMDR_STOPPED. */
typedef int (*simdr_sink_fn)(const void *data, size_t size, void *user_data);
SIMDR_API simdr_status simdr_entry_write_to(const simdr_entry *entry, size_t chunk_size, simdr_sink_fn sink,
                                            void *user_data, simdr_error *err) SIMDR_NOEXCEPT;
/* Writes the payload to a descriptor. SIMDR_ERR_SINK. */
SIMDR_API simdr_status simdr_entry_write_fd(const simdr_entry *entry, int fd, simdr_error *err) SIMDR_NOEXCEPT;

/* -------------------------------------------------------------------------------------------------------- iterating */

#define SIMDR_ITERATE_ALL_VERSIONS 0x1u /* every entry that was ever written and is still in the file, without deletions */
#define SIMDR_ITERATE_VERIFY 0x2u       /* check each checksum on the way: SIMDR_ERR_CORRUPT, and next goes on after it */

/* The live entries as they are now, newest to oldest, one per key; later writes and compaction do not disturb it.
 * Ownership: *out_iterator is released by simdr_iterator_free(), before the store is closed. One thread at a time. */
SIMDR_API simdr_status simdr_iterator_open(const simdr_store *store, uint32_t flags, simdr_iterator **out_iterator,
                                           simdr_error *err) SIMDR_NOEXCEPT;
/* All versions of one key, newest to oldest, without deletions. Walks the file. */
SIMDR_API simdr_status simdr_iterator_open_versions(const simdr_store *store, const void *key, size_t key_size,
                                                    simdr_iterator **out_iterator, simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API simdr_status simdr_iterator_open_versions_hashed(const simdr_store *store, uint64_t key_hash,
                                                           simdr_iterator **out_iterator,
                                                           simdr_error *err) SIMDR_NOEXCEPT;
/* SIMDR_OK with a new reference to the next entry; SIMDR_NOT_FOUND at the end. */
SIMDR_API simdr_status simdr_iterator_next(simdr_iterator *iterator, simdr_entry **out_entry,
                                           simdr_error *err) SIMDR_NOEXCEPT;
/* Up to `capacity` at once, without handles: 64 are a good number, of which the bytes are still in the processor's first
 * cache when they are looked at. Views are valid until simdr_iterator_free(), also after compaction.
 * *out_count is 0, with SIMDR_NOT_FOUND, at the end only. */
SIMDR_API simdr_status simdr_iterator_next_views(simdr_iterator *iterator, simdr_view *out_views, size_t capacity,
                                                 size_t *out_count, simdr_error *err) SIMDR_NOEXCEPT;
SIMDR_API void simdr_iterator_free(simdr_iterator *iterator) SIMDR_NOEXCEPT;

/* Called on several threads at once, in no order. `view` is valid during the call; *view may be copied and is then valid
 * as from simdr_store_view(). */
typedef int (*simdr_visit_fn)(const simdr_view *view, void *user_data);
/* Every live entry once, on thread_count threads (0: one for each CPU that the caller may run on; at most 1024), the
 * caller's among them. Sees a snapshot. flags: SIMDR_ITERATE_VERIFY. */
SIMDR_API simdr_status simdr_store_for_each(const simdr_store *store, uint32_t thread_count, uint32_t flags,
                                            simdr_visit_fn visit, void *user_data, simdr_error *err) SIMDR_NOEXCEPT;

/* ------------------------------------------------------------------------------------------------ the whole store */

SIMDR_API uint64_t simdr_store_count(const simdr_store *store) SIMDR_NOEXCEPT; /* live entries */
SIMDR_API int simdr_store_is_empty(const simdr_store *store) SIMDR_NOEXCEPT;
/* Bytes up to the end of the last entry: the size the file has once the store is closed. */
SIMDR_API uint64_t simdr_store_file_size(const simdr_store *store) SIMDR_NOEXCEPT;
/* What compaction would save, bytes: file size less what the live entries take when packed anew. Up to 63 bytes less than
 * that, since the padding after the entry that would come last is counted. */
SIMDR_API uint64_t simdr_store_compaction_savings(const simdr_store *store) SIMDR_NOEXCEPT;

typedef struct simdr_stats {
  size_t size;                 /* of this struct (SIMDR_STATS_INIT) */
  uint64_t live_count;
  uint64_t live_size;          /* payloads and trailers of live entries, bytes */
  uint64_t dead_size;          /* replaced and deleted entries, deletion marks, and all pads, bytes */
  uint64_t total_count;        /* entries in the file, dead ones and deletion marks included */
  uint64_t tombstone_count;
  uint64_t tail_offset;
  uint64_t physical_size;      /* of the file now; beyond tail_offset while it is open for writing */
  uint64_t get_hits;           /* since open; may lag behind by what other threads are doing just now */
  uint64_t get_misses;
  uint64_t put_count;          /* entries appended since open, deletion marks included */
  uint64_t written_size;       /* bytes appended since open */
  uint64_t sync_count;         /* fdatasyncs since open */
  uint64_t durable_offset;     /* everything below is on the disk */
  uint64_t index_memory_size;  /* bytes */
  double index_load;           /* occupied part of it, 0 to 1 */
  uint64_t window_count;       /* append windows taken since open */
} simdr_stats;
#define SIMDR_STATS_INIT {sizeof(simdr_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.0, 0}
SIMDR_API simdr_status simdr_store_stats(const simdr_store *store, simdr_stats *out_stats,
                                         simdr_error *err) SIMDR_NOEXCEPT;

/* done and total in bytes. Non-zero stops: SIMDR_STOPPED, and nothing has changed. */
typedef int (*simdr_progress_fn)(uint64_t done, uint64_t total, void *user_data);

typedef struct simdr_compact_options {
  size_t size;
  uint32_t flags;    /* none yet */
  uint32_t reserved;
  simdr_progress_fn progress; /* may be NULL; called with the store's write lock held: must not write to it */
  void *progress_user_data;
} simdr_compact_options;
#define SIMDR_COMPACT_OPTIONS_INIT {sizeof(simdr_compact_options), 0, 0, NULL, NULL}
/* Writes the live entries, newest first, to a new file beside the store (exclusively created, of the same mode and owner),
 * syncs it and renames it over the old one. Readers go on meanwhile; writers wait. This handle goes on, on the new file;
 * entries and iterators keep the old one. A kill at any instant leaves the old file or the new one. Takes 16 bytes of memory
 * for each live key meanwhile. The old file is let go of by a thread of the library, which takes no signals: its disk space
 * comes back a little after the call, and closing the store waits for that thread. Entries whose
 * checksum fails are SIMDR_ERR_CORRUPT, and nothing has changed: repair the store. SIMDR_ERR_BAD_STATE when another file has
 * taken the place of the store's. */
SIMDR_API simdr_status simdr_store_compact(simdr_store *store, const simdr_compact_options *options,
                                           simdr_error *err) SIMDR_NOEXCEPT;

/* One fault found by verify or repair. `what` is one line, valid during the call. */
typedef struct simdr_fault {
  uint64_t offset;   /* in the file */
  uint64_t size;     /* bytes concerned */
  uint64_t key_hash; /* of the entry concerned, or 0 */
  const char *what;
} simdr_fault;
typedef int (*simdr_fault_fn)(const simdr_fault *fault, void *user_data);

typedef struct simdr_verify_options {
  size_t size;
  uint32_t flags; /* none yet */
  uint32_t reserved;
  simdr_fault_fn on_fault; /* may be NULL */
  void *on_fault_user_data;
  simdr_progress_fn progress; /* may be NULL */
  void *progress_user_data;
} simdr_verify_options;
#define SIMDR_VERIFY_OPTIONS_INIT {sizeof(simdr_verify_options), 0, 0, NULL, NULL, NULL, NULL}

typedef struct simdr_verify_result {
  size_t size; /* of this struct (SIMDR_VERIFY_RESULT_INIT) */
  uint64_t entry_count; /* all versions and deletion marks */
  uint64_t checked_size; /* bytes */
  uint64_t fault_count;
} simdr_verify_result;
#define SIMDR_VERIFY_RESULT_INIT {sizeof(simdr_verify_result), 0, 0, 0}
/* Checks every checksum, link and pad byte up to the tail. SIMDR_OK when nothing was found; SIMDR_ERR_CORRUPT when
 * something was (*out_result is written then too). The key hashes are covered by no checksum of the format. */
SIMDR_API simdr_status simdr_store_verify(const simdr_store *store, const simdr_verify_options *options,
                                          simdr_verify_result *out_result, simdr_error *err) SIMDR_NOEXCEPT;

/* Called after each file; `key` is the relative path, `status` SIMDR_OK or why it was left out. */
typedef int (*simdr_import_fn)(const char *key, uint64_t file_size, simdr_status status, void *user_data);
typedef struct simdr_import_options {
  size_t size;
  uint32_t flags;      /* SIMDR_DURABILITY_* of the whole */
  uint32_t reserved;
  const void *ns;      /* namespace: keys are simdr_namespaced_key(ns, path); NULL with ns_size 0: the path itself */
  size_t ns_size;
  simdr_import_fn on_file; /* may be NULL */
  void *on_file_user_data;
} simdr_import_options;
#define SIMDR_IMPORT_OPTIONS_INIT {sizeof(simdr_import_options), 0, 0, NULL, 0, NULL, NULL}
typedef struct simdr_import_result {
  size_t size; /* of this struct (SIMDR_IMPORT_RESULT_INIT) */
  uint64_t file_count;    /* stored */
  uint64_t stored_size;   /* bytes */
  uint64_t skipped_count; /* empty files, the one-byte 0x00 file, links, devices: what the format cannot or should not hold */
} simdr_import_result;
#define SIMDR_IMPORT_RESULT_INIT {sizeof(simdr_import_result), 0, 0, 0}
/* Stores every regular file under `directory`, under its path relative to it with '/' between the parts. Symbolic links are not
 * followed. A file that cannot be read ends the import: SIMDR_ERR_SOURCE; what was stored before stays. */
SIMDR_API simdr_status simdr_store_import_directory(simdr_store *store, const char *directory,
                                                    const simdr_import_options *options,
                                                    simdr_import_result *out_result, simdr_error *err) SIMDR_NOEXCEPT;

/* A consistent copy of the store as it is now, while it may be written: a new file at `path` (SIMDR_EXISTS if there is one),
 * synced. */
SIMDR_API simdr_status simdr_store_backup(const simdr_store *store, const char *path, simdr_error *err) SIMDR_NOEXCEPT;

/* Rewrites a store of any generation as aligned-64, live entries in their order. `path` is only read. */
SIMDR_API simdr_status simdr_upgrade(const char *path, const char *out_path, const simdr_open_options *options,
                                     simdr_error *err) SIMDR_NOEXCEPT;

typedef struct simdr_repair_result {
  size_t size; /* of this struct (SIMDR_REPAIR_RESULT_INIT) */
  uint64_t kept_count;   /* entries written to out_path */
  uint64_t kept_size;    /* their payloads, bytes */
  uint64_t lost_count;   /* places of which nothing could be kept */
  uint64_t lost_size;    /* bytes of the file that are in no kept entry, pad or trailer */
} simdr_repair_result;
#define SIMDR_REPAIR_RESULT_INIT {sizeof(simdr_repair_result), 0, 0, 0, 0}
/* Writes all entries of `path` whose bytes are intact, also those that no chain reaches, to the new store out_path
 * (SIMDR_EXISTS if there is a file), and reports what was lost, and what was kept although only its checksum vouches
 * for it. `path` is only read. on_fault may be NULL. */
SIMDR_API simdr_status simdr_repair(const char *path, const char *out_path, simdr_fault_fn on_fault,
                                    void *user_data, simdr_repair_result *out_result,
                                    simdr_error *err) SIMDR_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif /* SIMDR_H */
