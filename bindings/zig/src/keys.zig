//! Keys and batches of keys and values as the library takes them.

const std = @import("std");
const c = @import("c");
const errors = @import("errors.zig");

/// A key's identity in a file: its XXH3-64, no seed. Every call with a key takes bytes or one of these.
pub const KeyHash = enum(u64) {
    _,

    pub fn of(key: []const u8) KeyHash {
        return @fromBackingInt(c.simdr_key_hash(key.ptr, key.len));
    }

    pub fn number(self: KeyHash) u64 {
        return @backingInt(self);
    }
};

/// Nothing can be stored under these: they are the format's own.
pub const reserved_key_hashes = [_]KeyHash{
    @fromBackingInt(c.SIMDR_RESERVED_KEY_HASH),
    @fromBackingInt(c.SIMDR_RESERVED_KEY_HASH_2),
};
pub const max_key_size: usize = c.SIMDR_MAX_KEY_SIZE;
pub const max_batch_count: usize = c.SIMDR_MAX_BATCH_COUNT;

/// A key or a value in a batch: a slice in C's layout, so that an array of them crosses the boundary as it is.
pub const Bytes = extern struct {
    ptr: ?[*]const u8,
    len: usize,

    pub fn of(slice: []const u8) Bytes {
        return .{ .ptr = slice.ptr, .len = slice.len };
    }

    comptime {
        std.debug.assert(@sizeOf(Bytes) == @sizeOf(c.simdr_bytes));
        std.debug.assert(@offsetOf(Bytes, "len") == @offsetOf(c.simdr_bytes, "size"));
    }
};

pub fn rawBytes(batch: []const Bytes) [*c]const c.simdr_bytes {
    return @ptrCast(batch.ptr);
}

pub fn rawHashes(hashes: []const KeyHash) [*c]const u64 {
    return @ptrCast(hashes.ptr);
}

/// KeyHash.of each. `out` must have a place for each key.
pub fn keyHashes(keys: []const Bytes, out: []KeyHash, diagnostic: ?*errors.Diagnostic) errors.ReadError!void {
    if (out.len != keys.len) return lengthMismatch(diagnostic);
    const err = errors.rawOf(diagnostic);
    try errors.check(errors.ReadError, c.simdr_key_hash_many(rawBytes(keys), keys.len, @ptrCast(out.ptr), err));
}

pub fn lengthMismatch(diagnostic: ?*errors.Diagnostic) error{LengthMismatch} {
    errors.describe(diagnostic, c.SIMDR_ERR_LENGTH_MISMATCH, "out: must have as many places as there are keys");
    return error.LengthMismatch;
}

/// A key that no other namespace shares.
pub fn namespacedKey(namespace: []const u8, key: []const u8) [16]u8 {
    var out: [16]u8 = undefined;
    c.simdr_namespaced_key(namespace.ptr, namespace.len, key.ptr, key.len, &out);
    return out;
}

/// Calls `plain` with a key's bytes or `hashed` with its hash, `first` before it and `rest` behind it.
pub fn call(comptime plain: anytype, comptime hashed: anytype, first: anytype, key: anytype, rest: anytype) c.simdr_status {
    if (@TypeOf(key) == KeyHash) return @call(.auto, hashed, .{ first, key.number() } ++ rest);
    const bytes: []const u8 = key;
    return @call(.auto, plain, .{ first, bytes.ptr, bytes.len } ++ rest);
}
