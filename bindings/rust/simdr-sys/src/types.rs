//! The structs, handles and callbacks of `simdr.h`. `INIT` of a struct is its `_INIT` macro.

use core::ffi::{c_char, c_int, c_void};
use core::marker::{PhantomData, PhantomPinned};
use core::ptr;

pub type simdr_status = i32;

pub type simdr_log_fn = Option<unsafe extern "C" fn(level: i32, message: *const c_char, user_data: *mut c_void)>;
pub type simdr_source_fn = Option<
    unsafe extern "C" fn(buffer: *mut c_void, capacity: usize, out_size: *mut usize, user_data: *mut c_void) -> c_int,
>;
pub type simdr_sink_fn =
    Option<unsafe extern "C" fn(data: *const c_void, size: usize, user_data: *mut c_void) -> c_int>;
pub type simdr_visit_fn = Option<unsafe extern "C" fn(view: *const simdr_view, user_data: *mut c_void) -> c_int>;
pub type simdr_progress_fn = Option<unsafe extern "C" fn(done: u64, total: u64, user_data: *mut c_void) -> c_int>;
pub type simdr_fault_fn = Option<unsafe extern "C" fn(fault: *const simdr_fault, user_data: *mut c_void) -> c_int>;
pub type simdr_import_fn = Option<
    unsafe extern "C" fn(key: *const c_char, file_size: u64, status: simdr_status, user_data: *mut c_void) -> c_int,
>;

macro_rules! handles {
    ($($name:ident)*) => {$(
        /// Opaque: only ever behind a pointer that the library handed out.
        #[repr(C)]
        pub struct $name {
            _data: [u8; 0],
            _marker: PhantomData<(*mut u8, PhantomPinned)>,
        }
    )*};
}
handles! { simdr_api simdr_store simdr_entry simdr_iterator simdr_stream simdr_reservation }

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct simdr_error {
    pub status: simdr_status,
    pub os_error: i32,
    pub callback_result: i32,
    pub reserved: u32,
    pub message: [c_char; 240],
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct simdr_bytes {
    pub data: *const c_void,
    pub size: usize,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct simdr_open_options {
    pub size: usize,
    pub mode: u32,
    pub flags: u32,
    pub durability: u32,
    pub lock_timeout_ms: u32,
    pub file_mode: u32,
    pub layout_alignment: u32,
    pub layout_trailer: u32,
    pub reserved0: u32,
    pub reserve_size: u64,
    pub window_size: u64,
    pub log: simdr_log_fn,
    pub log_user_data: *mut c_void,
}

impl simdr_open_options {
    pub const INIT: Self = Self {
        size: size_of::<Self>(),
        mode: 0,
        flags: 0,
        durability: 0,
        lock_timeout_ms: 0,
        file_mode: 0,
        layout_alignment: 0,
        layout_trailer: 0,
        reserved0: 0,
        reserve_size: 0,
        window_size: 0,
        log: None,
        log_user_data: ptr::null_mut(),
    };
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct simdr_view {
    pub data: *const c_void,
    pub size: usize,
    pub key_hash: u64,
    pub payload_offset: u64,
    pub checksum: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct simdr_entry_info {
    pub size: usize,
    pub key_hash: u64,
    pub payload_offset: u64,
    pub payload_size: u64,
    pub trailer_offset: u64,
    pub prev_tail: u64,
    pub tail_offset: u64,
    pub checksum: u32,
    pub reserved: u32,
}

impl simdr_entry_info {
    pub const INIT: Self = Self {
        size: size_of::<Self>(),
        key_hash: 0,
        payload_offset: 0,
        payload_size: 0,
        trailer_offset: 0,
        prev_tail: 0,
        tail_offset: 0,
        checksum: 0,
        reserved: 0,
    };
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct simdr_stats {
    pub size: usize,
    pub live_count: u64,
    pub live_size: u64,
    pub dead_size: u64,
    pub total_count: u64,
    pub tombstone_count: u64,
    pub tail_offset: u64,
    pub physical_size: u64,
    pub get_hits: u64,
    pub get_misses: u64,
    pub put_count: u64,
    pub written_size: u64,
    pub sync_count: u64,
    pub durable_offset: u64,
    pub index_memory_size: u64,
    pub index_load: f64,
    pub window_count: u64,
}

impl simdr_stats {
    pub const INIT: Self = Self {
        size: size_of::<Self>(),
        live_count: 0,
        live_size: 0,
        dead_size: 0,
        total_count: 0,
        tombstone_count: 0,
        tail_offset: 0,
        physical_size: 0,
        get_hits: 0,
        get_misses: 0,
        put_count: 0,
        written_size: 0,
        sync_count: 0,
        durable_offset: 0,
        index_memory_size: 0,
        index_load: 0.0,
        window_count: 0,
    };
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct simdr_compact_options {
    pub size: usize,
    pub flags: u32,
    pub reserved: u32,
    pub progress: simdr_progress_fn,
    pub progress_user_data: *mut c_void,
}

impl simdr_compact_options {
    pub const INIT: Self =
        Self { size: size_of::<Self>(), flags: 0, reserved: 0, progress: None, progress_user_data: ptr::null_mut() };
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct simdr_fault {
    pub offset: u64,
    pub size: u64,
    pub key_hash: u64,
    pub what: *const c_char,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct simdr_verify_options {
    pub size: usize,
    pub flags: u32,
    pub reserved: u32,
    pub on_fault: simdr_fault_fn,
    pub on_fault_user_data: *mut c_void,
    pub progress: simdr_progress_fn,
    pub progress_user_data: *mut c_void,
}

impl simdr_verify_options {
    pub const INIT: Self = Self {
        size: size_of::<Self>(),
        flags: 0,
        reserved: 0,
        on_fault: None,
        on_fault_user_data: ptr::null_mut(),
        progress: None,
        progress_user_data: ptr::null_mut(),
    };
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct simdr_verify_result {
    pub size: usize,
    pub entry_count: u64,
    pub checked_size: u64,
    pub fault_count: u64,
}

impl simdr_verify_result {
    pub const INIT: Self = Self { size: size_of::<Self>(), entry_count: 0, checked_size: 0, fault_count: 0 };
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct simdr_import_options {
    pub size: usize,
    pub flags: u32,
    pub reserved: u32,
    pub ns: *const c_void,
    pub ns_size: usize,
    pub on_file: simdr_import_fn,
    pub on_file_user_data: *mut c_void,
}

impl simdr_import_options {
    pub const INIT: Self = Self {
        size: size_of::<Self>(),
        flags: 0,
        reserved: 0,
        ns: ptr::null(),
        ns_size: 0,
        on_file: None,
        on_file_user_data: ptr::null_mut(),
    };
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct simdr_import_result {
    pub size: usize,
    pub file_count: u64,
    pub stored_size: u64,
    pub skipped_count: u64,
}

impl simdr_import_result {
    pub const INIT: Self = Self { size: size_of::<Self>(), file_count: 0, stored_size: 0, skipped_count: 0 };
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct simdr_repair_result {
    pub size: usize,
    pub kept_count: u64,
    pub kept_size: u64,
    pub lost_count: u64,
    pub lost_size: u64,
}

impl simdr_repair_result {
    pub const INIT: Self = Self { size: size_of::<Self>(), kept_count: 0, kept_size: 0, lost_count: 0, lost_size: 0 };
}
