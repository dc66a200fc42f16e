//! What is done with a store, or with its file, as a whole: the options, the results, and the two calls that need no
//! open store.

const std = @import("std");
const c = @import("c");
const errors = @import("errors.zig");
const keys = @import("keys.zig");
const options = @import("options.zig");

const Diagnostic = errors.Diagnostic;
const Error = errors.Error;

/// The store in numbers; simdr.h says what each is.
pub const Stats = c.simdr_stats;

/// Told bytes done and in all; false stops the call, with error.Stopped.
pub const Progress = struct {
    context: ?*anyopaque = null,
    call: *const fn (context: ?*anyopaque, done: u64, total: u64) bool,

    pub fn trampoline(done: u64, total: u64, user_data: ?*anyopaque) callconv(.c) c_int {
        const self: *const Progress = @ptrCast(@alignCast(user_data.?));
        return @intFromBool(!self.call(self.context, done, total));
    }
};

/// One thing that verify or repair found. `what` is one line, valid during the call.
pub const Fault = struct {
    /// In the file.
    offset: u64,
    /// Bytes concerned.
    size: u64,
    /// Of the entry concerned, or 0.
    key_hash: keys.KeyHash,
    what: []const u8,
};

/// Told each fault; false stops the call, with error.Stopped.
pub const OnFault = struct {
    context: ?*anyopaque = null,
    call: *const fn (context: ?*anyopaque, fault: Fault) bool,

    pub fn trampoline(fault: [*c]const c.simdr_fault, user_data: ?*anyopaque) callconv(.c) c_int {
        const self: *const OnFault = @ptrCast(@alignCast(user_data.?));
        return @intFromBool(!self.call(self.context, .{
            .offset = fault.*.offset,
            .size = fault.*.size,
            .key_hash = @fromBackingInt(fault.*.key_hash),
            .what = std.mem.span(fault.*.what),
        }));
    }
};

/// Told each file, and a SIMDR_* status: 0 when it was stored, else why it was left out. false stops the import, with
/// error.Stopped.
pub const OnFile = struct {
    context: ?*anyopaque = null,
    call: *const fn (context: ?*anyopaque, key: []const u8, size: u64, status: i32) bool,

    pub fn trampoline(key: [*c]const u8, size: u64, status: c.simdr_status, user_data: ?*anyopaque) callconv(.c) c_int {
        const self: *const OnFile = @ptrCast(@alignCast(user_data.?));
        return @intFromBool(!self.call(self.context, std.mem.span(key), size, status));
    }
};

pub const CompactOptions = struct {
    /// Called with the store's write lock held: must not write to it.
    progress: ?Progress = null,
    diagnostic: ?*Diagnostic = null,
};

pub const VerifyOptions = struct {
    on_fault: ?OnFault = null,
    progress: ?Progress = null,
    /// Filled also with error.Corrupt.
    result: ?*VerifyResult = null,
    diagnostic: ?*Diagnostic = null,
};

pub const VerifyResult = struct {
    /// All versions and deletion marks.
    entry_count: u64 = 0,
    /// Bytes.
    checked_size: u64 = 0,
    fault_count: u64 = 0,
};

pub const ImportOptions = struct {
    /// Of the whole.
    durability: options.Durability = .default,
    /// Keys are namespacedKey(namespace, path); null: the path itself.
    namespace: ?[]const u8 = null,
    on_file: ?OnFile = null,
    diagnostic: ?*Diagnostic = null,
};

pub const ImportResult = struct {
    /// Stored.
    file_count: u64,
    /// Bytes.
    stored_size: u64,
    /// Empty files, the one-byte 0x00 file, links, devices: what the format cannot or should not hold.
    skipped_count: u64,
};

pub const RepairOptions = struct {
    on_fault: ?OnFault = null,
    diagnostic: ?*Diagnostic = null,
};

pub const RepairResult = struct {
    /// Entries written to the new store.
    kept_count: u64,
    /// Their payloads, bytes.
    kept_size: u64,
    /// Places of which nothing could be kept.
    lost_count: u64,
    /// Bytes of the file that are in no kept entry, pad or trailer.
    lost_size: u64,
};

/// Rewrites the store at `path`, of any generation, as aligned-64 at `new_path`. `path` is only read.
pub fn upgrade(path: []const u8, new_path: []const u8, open_options: options.OpenOptions) Error!void {
    const from: options.Path = try .of(path, open_options.diagnostic);
    const to: options.Path = try .of(new_path, open_options.diagnostic);
    const raw = open_options.toC();
    try errors.check(Error, c.simdr_upgrade(from.c_str(), to.c_str(), &raw, errors.rawOf(open_options.diagnostic)));
}

/// Writes all entries of `path` whose bytes are intact to a new store at `new_path`. `path` is only read.
pub fn repair(path: []const u8, new_path: []const u8, repair_options: RepairOptions) Error!RepairResult {
    const from: options.Path = try .of(path, repair_options.diagnostic);
    const to: options.Path = try .of(new_path, repair_options.diagnostic);
    var raw = std.mem.zeroes(c.simdr_repair_result);
    raw.size = @sizeOf(c.simdr_repair_result);
    const told = callbackOf(OnFault, &repair_options.on_fault);
    const err = errors.rawOf(repair_options.diagnostic);
    try errors.check(Error, c.simdr_repair(from.c_str(), to.c_str(), told.function, told.user_data, &raw, err));
    return .{
        .kept_count = raw.kept_count,
        .kept_size = raw.kept_size,
        .lost_count = raw.lost_count,
        .lost_size = raw.lost_size,
    };
}

/// A callback as C takes it: both null, or a function and what it is called with.
pub fn Callback(comptime T: type) type {
    return struct { function: ?*const @TypeOf(T.trampoline), user_data: ?*anyopaque };
}

pub fn callbackOf(comptime T: type, given: *const ?T) Callback(T) {
    if (given.*) |*callback| return .{ .function = T.trampoline, .user_data = @constCast(callback) };
    return .{ .function = null, .user_data = null };
}
