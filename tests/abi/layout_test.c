/* The layout of every public struct and the value of every public constant on 64-bit machines, as programs built against
 * earlier versions have them compiled in. A line here may be added; one that has to be changed is a break of the ABI, and
 * then the soname changes. Options and result structs may grow at their end: their size is not asserted, their offsets are. */
#include <limits.h>
#include <stddef.h>
#include <stdio.h>

#include "simdr_api.h"

#if UINTPTR_MAX == 0xFFFFFFFFFFFFFFFFu

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type)
#define AT_LEAST(type, bytes) _Static_assert(sizeof(type) >= (bytes), "size of " #type)
#define AT(type, member, offset) _Static_assert(offsetof(type, member) == (offset), #type "." #member)
#define VALUE(name, value) _Static_assert((name) == (value), #name)

SIZE(simdr_status, 4);

SIZE(simdr_error, 256);
AT(simdr_error, status, 0);
AT(simdr_error, os_error, 4);
AT(simdr_error, callback_result, 8);
AT(simdr_error, reserved, 12);
AT(simdr_error, message, 16);

SIZE(simdr_bytes, 16);
AT(simdr_bytes, data, 0);
AT(simdr_bytes, size, 8);

SIZE(simdr_view, 40);
AT(simdr_view, data, 0);
AT(simdr_view, size, 8);
AT(simdr_view, key_hash, 16);
AT(simdr_view, payload_offset, 24);
AT(simdr_view, checksum, 32);
AT(simdr_view, reserved, 36);

AT_LEAST(simdr_open_options, 72);
AT(simdr_open_options, size, 0);
AT(simdr_open_options, mode, 8);
AT(simdr_open_options, flags, 12);
AT(simdr_open_options, durability, 16);
AT(simdr_open_options, lock_timeout_ms, 20);
AT(simdr_open_options, file_mode, 24);
AT(simdr_open_options, layout_alignment, 28);
AT(simdr_open_options, layout_trailer, 32);
AT(simdr_open_options, reserved0, 36);
AT(simdr_open_options, reserve_size, 40);
AT(simdr_open_options, window_size, 48);
AT(simdr_open_options, log, 56);
AT(simdr_open_options, log_user_data, 64);

AT_LEAST(simdr_entry_info, 64);
AT(simdr_entry_info, size, 0);
AT(simdr_entry_info, key_hash, 8);
AT(simdr_entry_info, payload_offset, 16);
AT(simdr_entry_info, payload_size, 24);
AT(simdr_entry_info, trailer_offset, 32);
AT(simdr_entry_info, prev_tail, 40);
AT(simdr_entry_info, tail_offset, 48);
AT(simdr_entry_info, checksum, 56);
AT(simdr_entry_info, reserved, 60);

AT_LEAST(simdr_stats, 136);
AT(simdr_stats, size, 0);
AT(simdr_stats, live_count, 8);
AT(simdr_stats, live_size, 16);
AT(simdr_stats, dead_size, 24);
AT(simdr_stats, total_count, 32);
AT(simdr_stats, tombstone_count, 40);
AT(simdr_stats, tail_offset, 48);
AT(simdr_stats, physical_size, 56);
AT(simdr_stats, get_hits, 64);
AT(simdr_stats, get_misses, 72);
AT(simdr_stats, put_count, 80);
AT(simdr_stats, written_size, 88);
AT(simdr_stats, sync_count, 96);
AT(simdr_stats, durable_offset, 104);
AT(simdr_stats, index_memory_size, 112);
AT(simdr_stats, index_load, 120);
AT(simdr_stats, window_count, 128);

AT_LEAST(simdr_compact_options, 32);
AT(simdr_compact_options, flags, 8);
AT(simdr_compact_options, progress, 16);
AT(simdr_compact_options, progress_user_data, 24);

SIZE(simdr_fault, 32);
AT(simdr_fault, offset, 0);
AT(simdr_fault, size, 8);
AT(simdr_fault, key_hash, 16);
AT(simdr_fault, what, 24);

AT_LEAST(simdr_verify_options, 48);
AT(simdr_verify_options, flags, 8);
AT(simdr_verify_options, on_fault, 16);
AT(simdr_verify_options, on_fault_user_data, 24);
AT(simdr_verify_options, progress, 32);
AT(simdr_verify_options, progress_user_data, 40);

AT_LEAST(simdr_verify_result, 32);
AT(simdr_verify_result, entry_count, 8);
AT(simdr_verify_result, checked_size, 16);
AT(simdr_verify_result, fault_count, 24);

AT_LEAST(simdr_import_options, 48);
AT(simdr_import_options, flags, 8);
AT(simdr_import_options, ns, 16);
AT(simdr_import_options, ns_size, 24);
AT(simdr_import_options, on_file, 32);
AT(simdr_import_options, on_file_user_data, 40);

AT_LEAST(simdr_import_result, 32);
AT(simdr_import_result, file_count, 8);
AT(simdr_import_result, stored_size, 16);
AT(simdr_import_result, skipped_count, 24);

AT_LEAST(simdr_repair_result, 40);
AT(simdr_repair_result, kept_count, 8);
AT(simdr_repair_result, kept_size, 16);
AT(simdr_repair_result, lost_count, 24);
AT(simdr_repair_result, lost_size, 32);

/* The functions behind these: table_test.c. */
AT_LEAST(simdr_api, 768);
AT(simdr_api, size, 0);
AT(simdr_api, table_version, 8);
AT(simdr_api, library_version, 12);
AT(simdr_api, entry_address_range, 16);
AT(simdr_api, version_string, 760);

VALUE(SIMDR_OK, 0);
VALUE(SIMDR_NOT_FOUND, -1);
VALUE(SIMDR_EXISTS, -2);
VALUE(SIMDR_CHANGED, -3);
VALUE(SIMDR_STOPPED, -4);
VALUE(SIMDR_ERR_INVALID_ARGUMENT, -10);
VALUE(SIMDR_ERR_EMPTY_PAYLOAD, -11);
VALUE(SIMDR_ERR_TOMBSTONE_PAYLOAD, -12);
VALUE(SIMDR_ERR_RESERVED_HASH, -13);
VALUE(SIMDR_ERR_TOO_LARGE, -14);
VALUE(SIMDR_ERR_OPTIONS_SIZE, -15);
VALUE(SIMDR_ERR_UNKNOWN_FLAGS, -16);
VALUE(SIMDR_ERR_LENGTH_MISMATCH, -17);
VALUE(SIMDR_ERR_SAME_STORE, -18);
VALUE(SIMDR_ERR_SAME_KEY, -19);
VALUE(SIMDR_ERR_MISALIGNED, -20);
VALUE(SIMDR_ERR_PARTIAL_ELEMENT, -21);
VALUE(SIMDR_ERR_BAD_STATE, -22);
VALUE(SIMDR_ERR_NO_SUCH_FILE, -30);
VALUE(SIMDR_ERR_ACCESS, -31);
VALUE(SIMDR_ERR_IS_DIRECTORY, -32);
VALUE(SIMDR_ERR_NOT_REGULAR_FILE, -33);
VALUE(SIMDR_ERR_NOT_A_STORE, -34);
VALUE(SIMDR_ERR_OLD_GENERATION, -35);
VALUE(SIMDR_ERR_READ_ONLY, -36);
VALUE(SIMDR_ERR_READ_ONLY_MEDIUM, -37);
VALUE(SIMDR_ERR_LOCKED, -38);
VALUE(SIMDR_ERR_CORRUPT, -39);
VALUE(SIMDR_ERR_IO, -40);
VALUE(SIMDR_ERR_NO_SPACE, -41);
VALUE(SIMDR_ERR_NO_MEMORY, -42);
VALUE(SIMDR_ERR_SOURCE, -43);
VALUE(SIMDR_ERR_SINK, -44);
VALUE(SIMDR_ERR_FORKED, -45);
VALUE(SIMDR_ERR_WRITER_FAILED, -46);
VALUE(SIMDR_ERR_UNSUPPORTED, -47);
VALUE(SIMDR_ERR_INTERNAL, -48);

VALUE(SIMDR_OPEN_CREATE, 0);
VALUE(SIMDR_OPEN_EXISTING, 1);
VALUE(SIMDR_OPEN_READ_ONLY, 2);
VALUE(SIMDR_OPEN_CREATE_NEW, 3);
VALUE(SIMDR_OPEN_VERIFY_READS, 1);
VALUE(SIMDR_OPEN_DIRECT_WRITES, 2);
VALUE(SIMDR_OPEN_INDEX_FILE, 4);
VALUE(SIMDR_DURABILITY_DEFAULT, 0);
VALUE(SIMDR_DURABILITY_NONE, 1);
VALUE(SIMDR_DURABILITY_COMMIT, 2);
VALUE(SIMDR_DURABILITY_STRICT, 3);
VALUE(SIMDR_API_TABLE_VERSION, 1);
VALUE(SIMDR_LOG_ERROR, 1);
VALUE(SIMDR_LOG_WARNING, 2);
VALUE(SIMDR_LOG_INFO, 3);
VALUE(SIMDR_ITERATE_ALL_VERSIONS, 1);
VALUE(SIMDR_ITERATE_VERIFY, 2);
VALUE(SIMDR_MAX_KEY_SIZE, 0xFFFFFFFF);
VALUE(SIMDR_MAX_BATCH_COUNT, 16777216);
VALUE(SIMDR_RESERVED_KEY_HASH, 0xF1D05EAF00D51D3D);
VALUE(SIMDR_RESERVED_KEY_HASH_2, 0x0A1A0D53494452A7);
#endif

/* An INIT macro that fell behind its struct would leave members without a value of their own: zero all the same, but the
 * size must be the struct's. */
int main(void) {
  const simdr_open_options open_options = SIMDR_OPEN_OPTIONS_INIT;
  const simdr_entry_info entry_info = SIMDR_ENTRY_INFO_INIT;
  const simdr_stats stats = SIMDR_STATS_INIT;
  const simdr_compact_options compact_options = SIMDR_COMPACT_OPTIONS_INIT;
  const simdr_verify_options verify_options = SIMDR_VERIFY_OPTIONS_INIT;
  const simdr_verify_result verify_result = SIMDR_VERIFY_RESULT_INIT;
  const simdr_import_options import_options = SIMDR_IMPORT_OPTIONS_INIT;
  const simdr_import_result import_result = SIMDR_IMPORT_RESULT_INIT;
  const simdr_repair_result repair_result = SIMDR_REPAIR_RESULT_INIT;
  const int good = open_options.size == sizeof(open_options) && entry_info.size == sizeof(entry_info) &&
                   stats.size == sizeof(stats) && compact_options.size == sizeof(compact_options) &&
                   verify_options.size == sizeof(verify_options) && verify_result.size == sizeof(verify_result) &&
                   import_options.size == sizeof(import_options) && import_result.size == sizeof(import_result) &&
                   repair_result.size == sizeof(repair_result);
  puts("1..2");
  puts("ok 1 - sizes_offsets_and_constants_are_those_of_the_abi"); /* or this file had not compiled */
  printf("%sok 2 - every_init_macro_sets_the_size_of_its_struct\n", good ? "" : "not ");
  return !good;
}
