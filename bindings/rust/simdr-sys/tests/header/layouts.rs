//! What this crate holds the header's numbers and layouts to be: C expressions with their values.

use simdr_sys::*;
use std::mem::offset_of;

pub type Value = (String, u64);

macro_rules! constants {
    ($($name:ident)*) => {
        // A negative status is sign-extended, as C does it.
        pub fn constants() -> Vec<Value> {
            vec![$((stringify!($name).to_owned(), $name as u64)),*]
        }
    };
}

constants! {
    SIMDR_VERSION_MAJOR SIMDR_VERSION_MINOR SIMDR_VERSION_PATCH
    SIMDR_OK SIMDR_NOT_FOUND SIMDR_EXISTS SIMDR_CHANGED SIMDR_STOPPED
    SIMDR_ERR_INVALID_ARGUMENT SIMDR_ERR_EMPTY_PAYLOAD SIMDR_ERR_TOMBSTONE_PAYLOAD SIMDR_ERR_RESERVED_HASH
    SIMDR_ERR_TOO_LARGE SIMDR_ERR_OPTIONS_SIZE SIMDR_ERR_UNKNOWN_FLAGS SIMDR_ERR_LENGTH_MISMATCH
    SIMDR_ERR_SAME_STORE SIMDR_ERR_SAME_KEY SIMDR_ERR_MISALIGNED SIMDR_ERR_PARTIAL_ELEMENT SIMDR_ERR_BAD_STATE
    SIMDR_ERR_NO_SUCH_FILE SIMDR_ERR_ACCESS SIMDR_ERR_IS_DIRECTORY SIMDR_ERR_NOT_REGULAR_FILE
    SIMDR_ERR_NOT_A_STORE SIMDR_ERR_OLD_GENERATION SIMDR_ERR_READ_ONLY SIMDR_ERR_READ_ONLY_MEDIUM
    SIMDR_ERR_LOCKED SIMDR_ERR_CORRUPT SIMDR_ERR_IO SIMDR_ERR_NO_SPACE SIMDR_ERR_NO_MEMORY SIMDR_ERR_SOURCE
    SIMDR_ERR_SINK SIMDR_ERR_FORKED SIMDR_ERR_WRITER_FAILED SIMDR_ERR_UNSUPPORTED SIMDR_ERR_INTERNAL
    SIMDR_MAX_KEY_SIZE SIMDR_MAX_BATCH_COUNT SIMDR_RESERVED_KEY_HASH SIMDR_RESERVED_KEY_HASH_2
    SIMDR_OPEN_CREATE SIMDR_OPEN_EXISTING SIMDR_OPEN_READ_ONLY SIMDR_OPEN_CREATE_NEW
    SIMDR_OPEN_VERIFY_READS SIMDR_OPEN_DIRECT_WRITES SIMDR_OPEN_INDEX_FILE
    SIMDR_DURABILITY_DEFAULT SIMDR_DURABILITY_NONE SIMDR_DURABILITY_COMMIT SIMDR_DURABILITY_STRICT
    SIMDR_LOG_ERROR SIMDR_LOG_WARNING SIMDR_LOG_INFO
    SIMDR_ITERATE_ALL_VERSIONS SIMDR_ITERATE_VERIFY
}

fn size_of_field<Struct, Field>(_: fn(&Struct) -> &Field) -> u64 {
    size_of::<Field>() as u64
}

macro_rules! structs {
    ($($name:ident { $($field:ident)* })*) => {
        pub fn structs() -> Vec<Value> {
            let mut values = Vec::new();
            $(
                values.push((format!("sizeof({})", stringify!($name)), size_of::<$name>() as u64));
                $(
                    let field = format!("{}, {}", stringify!($name), stringify!($field));
                    values.push((format!("offsetof({field})"), offset_of!($name, $field) as u64));
                    let field = format!("(({} *)0)->{}", stringify!($name), stringify!($field));
                    values.push((format!("sizeof({field})"), size_of_field(|it: &$name| &it.$field)));
                )*
                // Does not compile when a field is not listed above.
                let _ = |$name { $($field: _),* }: $name| ();
            )*
            values
        }
    };
}

structs! {
    simdr_error { status os_error callback_result reserved message }
    simdr_bytes { data size }
    simdr_open_options {
        size mode flags durability lock_timeout_ms file_mode layout_alignment layout_trailer reserved0 reserve_size
        window_size log log_user_data
    }
    simdr_view { data size key_hash payload_offset checksum reserved }
    simdr_entry_info {
        size key_hash payload_offset payload_size trailer_offset prev_tail tail_offset checksum reserved
    }
    simdr_stats {
        size live_count live_size dead_size total_count tombstone_count tail_offset physical_size get_hits get_misses
        put_count written_size sync_count durable_offset index_memory_size index_load window_count
    }
    simdr_compact_options { size flags reserved progress progress_user_data }
    simdr_fault { offset size key_hash what }
    simdr_verify_options { size flags reserved on_fault on_fault_user_data progress progress_user_data }
    simdr_verify_result { size entry_count checked_size fault_count }
    simdr_import_options { size flags reserved ns ns_size on_file on_file_user_data }
    simdr_import_result { size file_count stored_size skipped_count }
    simdr_repair_result { size kept_count kept_size lost_count lost_size }
}
