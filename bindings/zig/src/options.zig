//! How to open and how to write.

const std = @import("std");
const c = @import("c");
const errors = @import("errors.zig");

pub const Mode = enum(u32) {
    /// Read and write; an absent file is made.
    create = c.SIMDR_OPEN_CREATE,
    /// Read and write; an absent file is error.FileNotFound.
    existing = c.SIMDR_OPEN_EXISTING,
    /// No lock, changes nothing, sees what was committed when it opened.
    read_only = c.SIMDR_OPEN_READ_ONLY,
    /// Read and write; a file that is there is error.PathAlreadyExists.
    create_new = c.SIMDR_OPEN_CREATE_NEW,
};

/// How far a write is on its way to the disk when its call returns.
pub const Durability = enum(u32) {
    /// In a call: as the store was opened; in opening: `none`.
    default = c.SIMDR_DURABILITY_DEFAULT,
    /// Survives the death of this process, not a power cut.
    none = c.SIMDR_DURABILITY_NONE,
    /// Survives a power cut; one fdatasync, shared.
    commit = c.SIMDR_DURABILITY_COMMIT,
    /// And for the Rust crate's recovery too, if every write of the session is; two fdatasyncs, shared.
    strict = c.SIMDR_DURABILITY_STRICT,
};

pub const LogLevel = enum(i32) { err = c.SIMDR_LOG_ERROR, warning = c.SIMDR_LOG_WARNING, info = c.SIMDR_LOG_INFO, _ };

/// Gets what belongs to no caller's error. Called on any thread that uses the store, with its locks held: must not call
/// the store.
pub const Log = struct {
    context: ?*anyopaque = null,
    call: *const fn (context: ?*anyopaque, level: LogLevel, message: []const u8) void,

    fn trampoline(level: i32, message: [*c]const u8, user_data: ?*anyopaque) callconv(.c) void {
        const log: *const Log = @ptrCast(@alignCast(user_data.?));
        log.call(log.context, @fromBackingInt(level), std.mem.span(message));
    }
};

pub const OpenOptions = struct {
    mode: Mode = .create,
    /// Reads check the checksum: error.Corrupt instead of wrong bytes.
    verify_reads: bool = false,
    /// Never store through a mapping: every put is a system call.
    direct_writes: bool = false,
    /// Take the key index from the file `<path>.index` instead of walking the store to build it. A writer's close saves
    /// it there; a reader uses it and never writes it.
    index_file: bool = false,
    /// Of every write that does not say otherwise.
    durability: Durability = .default,
    /// How long to wait for another writer: 0 not at all, maxInt(u32) for ever.
    lock_timeout_ms: u32 = 0,
    /// Permission bits of a created file, less the umask; 0 means 0o666.
    file_mode: u32 = 0,
    /// Read the file as this generation: 0 detects it, else a power of two up to 65536.
    layout_alignment: u32 = 0,
    /// With layout_alignment: 20 (0 means 20), or 19 for the oldest generation.
    layout_trailer: u32 = 0,
    /// Bytes of address space to reserve for the mapping; 0 means 1 TiB, or what can be had.
    reserve_size: u64 = 0,
    /// Upper bound of the append window, bytes; 0 means 2 MiB.
    window_size: u64 = 0,
    /// Must stay where it is until the store is closed.
    log: ?*const Log = null,
    diagnostic: ?*errors.Diagnostic = null,

    pub fn toC(self: OpenOptions) c.simdr_open_options {
        var raw = std.mem.zeroes(c.simdr_open_options);
        raw.size = @sizeOf(c.simdr_open_options);
        raw.mode = @backingInt(self.mode);
        if (self.verify_reads) raw.flags |= c.SIMDR_OPEN_VERIFY_READS;
        if (self.direct_writes) raw.flags |= c.SIMDR_OPEN_DIRECT_WRITES;
        if (self.index_file) raw.flags |= c.SIMDR_OPEN_INDEX_FILE;
        raw.durability = @backingInt(self.durability);
        raw.lock_timeout_ms = self.lock_timeout_ms;
        raw.file_mode = self.file_mode;
        raw.layout_alignment = self.layout_alignment;
        raw.layout_trailer = self.layout_trailer;
        raw.reserve_size = self.reserve_size;
        raw.window_size = self.window_size;
        if (self.log) |log| {
            raw.log = Log.trampoline;
            raw.log_user_data = @constCast(log);
        }
        return raw;
    }
};

pub const WriteOptions = struct {
    durability: Durability = .default,
    /// Receives the offset at which the file's last entry then ends.
    out_tail: ?*u64 = null,
    diagnostic: ?*errors.Diagnostic = null,

    /// What every write takes last: flags, out_tail, err.
    pub fn last(self: WriteOptions) struct { u32, ?*u64, ?*c.simdr_error } {
        return .{ @backingInt(self.durability), self.out_tail, errors.rawOf(self.diagnostic) };
    }
};

pub const ReadOptions = struct { diagnostic: ?*errors.Diagnostic = null };

pub const IterateOptions = struct {
    /// Every entry that was ever written and is still in the file, without deletions.
    all_versions: bool = false,
    /// Check each checksum on the way.
    verify: bool = false,
    diagnostic: ?*errors.Diagnostic = null,

    pub fn flags(self: IterateOptions) u32 {
        var bits: u32 = 0;
        if (self.all_versions) bits |= c.SIMDR_ITERATE_ALL_VERSIONS;
        if (self.verify) bits |= c.SIMDR_ITERATE_VERIFY;
        return bits;
    }
};

pub const ForEachOptions = struct {
    /// 0: one for each CPU that the caller may run on; at most 1024.
    thread_count: u32 = 0,
    verify: bool = false,
    diagnostic: ?*errors.Diagnostic = null,
};

/// A path as C takes it, on the stack.
pub const Path = struct {
    buffer: [4096]u8,

    pub fn of(path: []const u8, diagnostic: ?*errors.Diagnostic) error{InvalidArgument}!Path {
        var self: Path = undefined;
        if (path.len >= self.buffer.len or std.mem.findScalar(u8, path, 0) != null) {
            const words = "path: has a zero byte in it, or 4,096 bytes or more";
            errors.describe(diagnostic, c.SIMDR_ERR_INVALID_ARGUMENT, words);
            return error.InvalidArgument;
        }
        @memcpy(self.buffer[0..path.len], path);
        self.buffer[path.len] = 0;
        return self;
    }

    pub fn c_str(self: *const Path) [*c]const u8 {
        return &self.buffer;
    }
};
