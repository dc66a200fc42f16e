//! Values that were read.

const std = @import("std");
const c = @import("c");
const errors = @import("errors.zig");
const keys = @import("keys.zig");

const Diagnostic = errors.Diagnostic;
const ReadError = errors.ReadError;

/// What the file says of an entry. Offsets are bytes in the file.
pub const EntryInfo = struct {
    key_hash: keys.KeyHash,
    payload_offset: u64,
    payload_size: u64,
    /// Where the payload ends.
    trailer_offset: u64,
    /// Where the entry before ended.
    prev_tail: u64,
    /// Where this one ends.
    tail_offset: u64,
    /// CRC-32 (zlib's) of the payload, as stored.
    checksum: u32,

    pub fn of(raw: c.simdr_entry_info) EntryInfo {
        return .{
            .key_hash = @fromBackingInt(raw.key_hash),
            .payload_offset = raw.payload_offset,
            .payload_size = raw.payload_size,
            .trailer_offset = raw.trailer_offset,
            .prev_tail = raw.prev_tail,
            .tail_offset = raw.tail_offset,
            .checksum = raw.checksum,
        };
    }

    pub fn empty() c.simdr_entry_info {
        var raw = std.mem.zeroes(c.simdr_entry_info);
        raw.size = @sizeOf(c.simdr_entry_info);
        return raw;
    }
};

/// A value whose bytes start on a multiple of `alignment`, and the reference that keeps them mapped. It never changes,
/// and stays readable after later writes, after a compaction and after the close of its store. One reference is one
/// variable: to have it twice, clone() it.
pub fn EntryOf(comptime alignment: usize) type {
    return extern struct {
        handle: ?*c.simdr_entry = null,

        const Self = @This();

        /// What a batch has where a key is absent, and what is left after release().
        pub const none: Self = .{};

        /// Drops the reference. What bytes() gave must not be used any more. A second one does nothing.
        pub fn release(self: *Self) void {
            c.simdr_entry_unref(self.handle);
            self.handle = null;
        }

        /// The value in the mapped file, read-only, valid until release(). Empty when there is none; no value is.
        pub fn bytes(self: Self) []align(alignment) const u8 {
            const handle = self.handle orelse return &.{};
            const data: [*]align(alignment) const u8 = @ptrCast(@alignCast(c.simdr_entry_data(handle).?));
            return data[0..c.simdr_entry_size(handle)];
        }

        /// A second reference, to be released by itself.
        pub fn clone(self: Self) Self {
            return .{ .handle = c.simdr_entry_ref(self.handle orelse return none) };
        }

        /// Reads the value from its start, in place. Valid until release().
        pub fn reader(self: Self) std.Io.Reader {
            return .fixed(self.bytes());
        }

        /// The value as elements in place, valid as bytes(). T is taken as it lies in memory, in this machine's byte
        /// order.
        pub fn slice(self: Self, comptime T: type, diagnostic: ?*Diagnostic) ReadError![]const T {
            comptime checkElement(T);
            const handle = self.handle orelse return errors.closed(diagnostic);
            var data: ?*const anyopaque = null;
            var count: usize = 0;
            const outputs = .{ &data, &count, errors.rawOf(diagnostic) };
            const args = .{ handle, @sizeOf(T), @alignOf(T) } ++ outputs;
            try errors.check(ReadError, @call(.auto, c.simdr_entry_typed_view, args));
            const elements: [*]const T = @ptrCast(@alignCast(data.?));
            return elements[0..count];
        }

        /// slice() where that is possible, else copied into `buffer`. error.TooLarge when it does not fit there.
        pub fn sliceOrCopy(self: Self, comptime T: type, buffer: []T, diagnostic: ?*Diagnostic) ReadError![]const T {
            comptime checkElement(T);
            const handle = self.handle orelse return errors.closed(diagnostic);
            var data: ?*const anyopaque = null;
            var count: usize = 0;
            const outputs = .{ &data, &count, errors.rawOf(diagnostic) };
            const args = .{ handle, @sizeOf(T), @alignOf(T), buffer.ptr, buffer.len * @sizeOf(T) } ++ outputs;
            try errors.check(ReadError, @call(.auto, c.simdr_entry_typed_view_or_copy, args));
            const elements: [*]const T = @ptrCast(@alignCast(data.?));
            return elements[0..count];
        }

        pub fn info(self: Self, diagnostic: ?*Diagnostic) ReadError!EntryInfo {
            const handle = self.handle orelse return errors.closed(diagnostic);
            var raw = EntryInfo.empty();
            try errors.check(ReadError, c.simdr_entry_info_of(handle, &raw, errors.rawOf(diagnostic)));
            return .of(raw);
        }

        /// Whether the value matches its checksum; reads all of it. false when there is none.
        pub fn checksumOk(self: Self) bool {
            return c.simdr_entry_checksum_ok(self.handle orelse return false) != 0;
        }

        /// A number that two entries share exactly when one mapping of one file holds both. 0 when there is none.
        pub fn mappingId(self: Self) u64 {
            return c.simdr_entry_mapping_id(self.handle orelse return 0);
        }

        /// Writes the value to a descriptor.
        pub fn writeFile(self: Self, file: std.Io.File, diagnostic: ?*Diagnostic) ReadError!void {
            const handle = self.handle orelse return errors.closed(diagnostic);
            try errors.check(ReadError, c.simdr_entry_write_fd(handle, file.handle, errors.rawOf(diagnostic)));
        }

        comptime {
            // So that an array of entries is what the library fills.
            std.debug.assert(@sizeOf(Self) == @sizeOf(?*c.simdr_entry));
        }
    };
}

/// A value that is borrowed: no reference, no cost. How long it is valid, its giver says.
pub fn ViewOf(comptime alignment: usize) type {
    return extern struct {
        data: ?[*]align(alignment) const u8 = null,
        len: usize = 0,
        key_hash: keys.KeyHash = @fromBackingInt(0),
        /// In the file.
        payload_offset: u64 = 0,
        /// CRC-32 (zlib's) of the payload, as stored.
        checksum: u32 = 0,
        reserved: u32 = 0,

        const Self = @This();

        /// What a batch has where a key is absent.
        pub const none: Self = .{};

        /// Empty when there is none; no value is.
        pub fn bytes(self: Self) []align(alignment) const u8 {
            return (self.data orelse return &.{})[0..self.len];
        }

        comptime {
            const Raw = c.simdr_view;
            std.debug.assert(@sizeOf(Self) == @sizeOf(Raw));
            std.debug.assert(@offsetOf(Self, "len") == @offsetOf(Raw, "size"));
            std.debug.assert(@offsetOf(Self, "payload_offset") == @offsetOf(Raw, "payload_offset"));
            std.debug.assert(@offsetOf(Self, "checksum") == @offsetOf(Raw, "checksum"));
        }
    };
}

/// Bytes out of a file may become only what every pattern of bytes is a value of.
fn checkElement(comptime T: type) void {
    if (@sizeOf(T) == 0 or !isPlain(T)) @compileError("not every pattern of bytes is a " ++ @typeName(T));
}

fn isPlain(comptime T: type) bool {
    return switch (@typeInfo(T)) {
        .int => |int| int.bits == 8 * @sizeOf(T),
        .float => |float| float.bits == 8 * @sizeOf(T),
        .array => |array| isPlain(array.child),
        .@"struct" => |s| s.layout == .@"extern" and for (s.field_types) |Field| {
            if (!isPlain(Field)) break false;
        } else true,
        else => false,
    };
}
