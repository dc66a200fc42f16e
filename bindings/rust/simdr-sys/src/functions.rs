//! The functions of `simdr.h`, in its order.

use crate::types::*;
use core::ffi::{c_char, c_int, c_void};

unsafe extern "C" {
    pub fn simdr_status_name(status: simdr_status) -> *const c_char;
    pub fn simdr_status_text(status: simdr_status) -> *const c_char;
    pub fn simdr_version() -> u32;
    pub fn simdr_version_string() -> *const c_char;
    pub fn simdr_kernel_name() -> *const c_char;
    pub fn simdr_get_api(version: u32) -> *const simdr_api;
    pub fn simdr_key_hash(key: *const c_void, key_size: usize) -> u64;
    pub fn simdr_key_hash_many(
        keys: *const simdr_bytes,
        key_count: usize,
        out_hashes: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_namespaced_key(
        ns: *const c_void,
        ns_size: usize,
        key: *const c_void,
        key_size: usize,
        out_key: *mut u8,
    );
    pub fn simdr_store_open(
        path: *const c_char,
        options: *const simdr_open_options,
        out_store: *mut *mut simdr_store,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_close(store: *mut simdr_store);
    pub fn simdr_store_close_checked(store: *mut simdr_store, err: *mut simdr_error) -> simdr_status;
    pub fn simdr_store_path(store: *const simdr_store) -> *const c_char;
    pub fn simdr_store_is_read_only(store: *const simdr_store) -> c_int;
    pub fn simdr_store_recovered_from(store: *const simdr_store) -> *const c_char;
    pub fn simdr_store_generation(store: *const simdr_store) -> *const c_char;
    pub fn simdr_store_alignment(store: *const simdr_store) -> u32;
    pub fn simdr_store_put(
        store: *mut simdr_store,
        key: *const c_void,
        key_size: usize,
        value: *const c_void,
        value_size: usize,
        flags: u32,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_put_hashed(
        store: *mut simdr_store,
        key_hash: u64,
        value: *const c_void,
        value_size: usize,
        flags: u32,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_put_many(
        store: *mut simdr_store,
        keys: *const simdr_bytes,
        key_count: usize,
        values: *const simdr_bytes,
        value_count: usize,
        flags: u32,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_put_many_hashed(
        store: *mut simdr_store,
        key_hashes: *const u64,
        key_count: usize,
        values: *const simdr_bytes,
        value_count: usize,
        flags: u32,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_put_if_absent(
        store: *mut simdr_store,
        key: *const c_void,
        key_size: usize,
        value: *const c_void,
        value_size: usize,
        flags: u32,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_put_if_entry(
        store: *mut simdr_store,
        expected: *const simdr_entry,
        value: *const c_void,
        value_size: usize,
        flags: u32,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_remove(
        store: *mut simdr_store,
        key: *const c_void,
        key_size: usize,
        flags: u32,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_remove_hashed(
        store: *mut simdr_store,
        key_hash: u64,
        flags: u32,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_remove_many(
        store: *mut simdr_store,
        keys: *const simdr_bytes,
        key_count: usize,
        flags: u32,
        out_removed: *mut usize,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_remove_many_hashed(
        store: *mut simdr_store,
        key_hashes: *const u64,
        key_count: usize,
        flags: u32,
        out_removed: *mut usize,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_rename(
        store: *mut simdr_store,
        old_key: *const c_void,
        old_key_size: usize,
        new_key: *const c_void,
        new_key_size: usize,
        flags: u32,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_rename_hashed(
        store: *mut simdr_store,
        old_key_hash: u64,
        new_key_hash: u64,
        flags: u32,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_copy(
        store: *mut simdr_store,
        key: *const c_void,
        key_size: usize,
        target: *mut simdr_store,
        flags: u32,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_copy_hashed(
        store: *mut simdr_store,
        key_hash: u64,
        target: *mut simdr_store,
        flags: u32,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_transfer(
        store: *mut simdr_store,
        key: *const c_void,
        key_size: usize,
        target: *mut simdr_store,
        flags: u32,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_transfer_hashed(
        store: *mut simdr_store,
        key_hash: u64,
        target: *mut simdr_store,
        flags: u32,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_sync(store: *mut simdr_store, durability: u32, err: *mut simdr_error) -> simdr_status;
    pub fn simdr_stream_open(
        store: *mut simdr_store,
        key: *const c_void,
        key_size: usize,
        flags: u32,
        out_stream: *mut *mut simdr_stream,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_stream_open_hashed(
        store: *mut simdr_store,
        key_hash: u64,
        flags: u32,
        out_stream: *mut *mut simdr_stream,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_stream_write(
        stream: *mut simdr_stream,
        data: *const c_void,
        data_size: usize,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_stream_commit(stream: *mut simdr_stream, out_tail: *mut u64, err: *mut simdr_error) -> simdr_status;
    pub fn simdr_stream_free(stream: *mut simdr_stream);
    pub fn simdr_store_put_from(
        store: *mut simdr_store,
        key: *const c_void,
        key_size: usize,
        source: simdr_source_fn,
        user_data: *mut c_void,
        flags: u32,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_put_fd(
        store: *mut simdr_store,
        key: *const c_void,
        key_size: usize,
        fd: c_int,
        flags: u32,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_reserve(
        store: *mut simdr_store,
        key: *const c_void,
        key_size: usize,
        value_size: usize,
        flags: u32,
        out_reservation: *mut *mut simdr_reservation,
        out_data: *mut *mut c_void,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_reservation_commit(
        reservation: *mut simdr_reservation,
        out_tail: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_reservation_abort(reservation: *mut simdr_reservation);
    pub fn simdr_store_get(
        store: *const simdr_store,
        key: *const c_void,
        key_size: usize,
        out_entry: *mut *mut simdr_entry,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_get_hashed(
        store: *const simdr_store,
        key_hash: u64,
        out_entry: *mut *mut simdr_entry,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_view(
        store: *const simdr_store,
        key: *const c_void,
        key_size: usize,
        out_view: *mut simdr_view,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_view_hashed(
        store: *const simdr_store,
        key_hash: u64,
        out_view: *mut simdr_view,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_get_many(
        store: *const simdr_store,
        keys: *const simdr_bytes,
        key_count: usize,
        out_entries: *mut *mut simdr_entry,
        out_found: *mut usize,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_get_many_hashed(
        store: *const simdr_store,
        key_hashes: *const u64,
        key_count: usize,
        verify_keys: *const simdr_bytes,
        verify_key_count: usize,
        out_entries: *mut *mut simdr_entry,
        out_found: *mut usize,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_view_many(
        store: *const simdr_store,
        keys: *const simdr_bytes,
        key_count: usize,
        out_views: *mut simdr_view,
        out_found: *mut usize,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_view_many_hashed(
        store: *const simdr_store,
        key_hashes: *const u64,
        key_count: usize,
        verify_keys: *const simdr_bytes,
        verify_key_count: usize,
        out_views: *mut simdr_view,
        out_found: *mut usize,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_read(
        store: *const simdr_store,
        key: *const c_void,
        key_size: usize,
        value_offset: u64,
        buffer: *mut c_void,
        capacity: usize,
        out_size: *mut usize,
        out_value_size: *mut u64,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_exists(
        store: *const simdr_store,
        key: *const c_void,
        key_size: usize,
        out_exists: *mut c_int,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_exists_hashed(
        store: *const simdr_store,
        key_hash: u64,
        out_exists: *mut c_int,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_last_entry(
        store: *const simdr_store,
        out_entry: *mut *mut simdr_entry,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_metadata(
        store: *const simdr_store,
        key: *const c_void,
        key_size: usize,
        out_info: *mut simdr_entry_info,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_metadata_hashed(
        store: *const simdr_store,
        key_hash: u64,
        out_info: *mut simdr_entry_info,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_entry_ref(entry: *mut simdr_entry) -> *mut simdr_entry;
    pub fn simdr_entry_unref(entry: *mut simdr_entry);
    pub fn simdr_entry_data(entry: *const simdr_entry) -> *const c_void;
    pub fn simdr_entry_size(entry: *const simdr_entry) -> usize;
    pub fn simdr_entry_size_with_metadata(entry: *const simdr_entry) -> u64;
    pub fn simdr_entry_key_hash(entry: *const simdr_entry) -> u64;
    pub fn simdr_entry_checksum(entry: *const simdr_entry) -> u32;
    pub fn simdr_entry_checksum_bytes(entry: *const simdr_entry, out_bytes: *mut u8);
    pub fn simdr_entry_checksum_ok(entry: *const simdr_entry) -> c_int;
    pub fn simdr_entry_start_offset(entry: *const simdr_entry) -> u64;
    pub fn simdr_entry_end_offset(entry: *const simdr_entry) -> u64;
    pub fn simdr_entry_info_of(
        entry: *const simdr_entry,
        out_info: *mut simdr_entry_info,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_entry_address_range(
        entry: *const simdr_entry,
        out_begin: *mut *const c_void,
        out_end: *mut *const c_void,
    );
    pub fn simdr_entry_mapping_id(entry: *const simdr_entry) -> u64;
    pub fn simdr_entry_typed_view(
        entry: *const simdr_entry,
        element_size: usize,
        alignment: usize,
        out_data: *mut *const c_void,
        out_count: *mut usize,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_entry_typed_view_or_copy(
        entry: *const simdr_entry,
        element_size: usize,
        alignment: usize,
        buffer: *mut c_void,
        buffer_size: usize,
        out_data: *mut *const c_void,
        out_count: *mut usize,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_entry_read(entry: *const simdr_entry, position: u64, buffer: *mut c_void, capacity: usize) -> usize;
    pub fn simdr_entry_write_to(
        entry: *const simdr_entry,
        chunk_size: usize,
        sink: simdr_sink_fn,
        user_data: *mut c_void,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_entry_write_fd(entry: *const simdr_entry, fd: c_int, err: *mut simdr_error) -> simdr_status;
    pub fn simdr_iterator_open(
        store: *const simdr_store,
        flags: u32,
        out_iterator: *mut *mut simdr_iterator,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_iterator_open_versions(
        store: *const simdr_store,
        key: *const c_void,
        key_size: usize,
        out_iterator: *mut *mut simdr_iterator,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_iterator_open_versions_hashed(
        store: *const simdr_store,
        key_hash: u64,
        out_iterator: *mut *mut simdr_iterator,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_iterator_next(
        iterator: *mut simdr_iterator,
        out_entry: *mut *mut simdr_entry,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_iterator_next_views(
        iterator: *mut simdr_iterator,
        out_views: *mut simdr_view,
        capacity: usize,
        out_count: *mut usize,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_iterator_free(iterator: *mut simdr_iterator);
    pub fn simdr_store_for_each(
        store: *const simdr_store,
        thread_count: u32,
        flags: u32,
        visit: simdr_visit_fn,
        user_data: *mut c_void,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_count(store: *const simdr_store) -> u64;
    pub fn simdr_store_is_empty(store: *const simdr_store) -> c_int;
    pub fn simdr_store_file_size(store: *const simdr_store) -> u64;
    pub fn simdr_store_compaction_savings(store: *const simdr_store) -> u64;
    pub fn simdr_store_stats(
        store: *const simdr_store,
        out_stats: *mut simdr_stats,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_compact(
        store: *mut simdr_store,
        options: *const simdr_compact_options,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_verify(
        store: *const simdr_store,
        options: *const simdr_verify_options,
        out_result: *mut simdr_verify_result,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_import_directory(
        store: *mut simdr_store,
        directory: *const c_char,
        options: *const simdr_import_options,
        out_result: *mut simdr_import_result,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_store_backup(store: *const simdr_store, path: *const c_char, err: *mut simdr_error) -> simdr_status;
    pub fn simdr_upgrade(
        path: *const c_char,
        out_path: *const c_char,
        options: *const simdr_open_options,
        err: *mut simdr_error,
    ) -> simdr_status;
    pub fn simdr_repair(
        path: *const c_char,
        out_path: *const c_char,
        on_fault: simdr_fault_fn,
        user_data: *mut c_void,
        out_result: *mut simdr_repair_result,
        err: *mut simdr_error,
    ) -> simdr_status;
}
