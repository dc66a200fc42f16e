//! Values whose size is not known beforehand, or that are built in the file itself.

const std = @import("std");
const c = @import("c");
const errors = @import("errors.zig");
const Shared = @import("shared.zig").Shared;

const Diagnostic = errors.Diagnostic;
const WriteError = errors.WriteError;
const WriteOptions = @import("options.zig").WriteOptions;

/// Takes a value piece by piece through `interface`. It spools, in memory and then in an unlinked file beside the
/// store, and is stored whole by commit(): a slow source blocks nobody, and what is not committed leaves nothing.
/// Belongs to one thread at a time, must not be moved while `interface` is in use, and keeps its store open.
pub const Stream = struct {
    interface: std.Io.Writer,
    /// What is behind error.WriteFailed of the interface.
    err: ?WriteError = null,
    out_tail: ?*u64,
    diagnostic: ?*Diagnostic,
    shared: ?*Shared,
    handle: ?*c.simdr_stream,

    pub fn init(shared: *Shared, handle: *c.simdr_stream, buffer: []u8, options: WriteOptions) Stream {
        return .{
            .interface = .{ .vtable = &.{ .drain = drain }, .buffer = buffer },
            .out_tail = options.out_tail,
            .diagnostic = options.diagnostic,
            .shared = shared.acquire(),
            .handle = handle,
        };
    }

    /// Gives up what was not committed. A second one does nothing.
    pub fn deinit(self: *Stream) void {
        const shared = self.shared orelse return;
        c.simdr_stream_free(self.handle);
        self.handle = null;
        self.shared = null;
        shared.release();
    }

    /// Stores what was written as one entry. Once only. error.EmptyPayload when nothing was written.
    pub fn commit(self: *Stream) WriteError!void {
        self.interface.flush() catch return self.err.?;
        const handle = self.handle orelse return errors.closed(self.diagnostic);
        try errors.check(WriteError, c.simdr_stream_commit(handle, self.out_tail, errors.rawOf(self.diagnostic)));
    }

    fn drain(writer: *std.Io.Writer, data: []const []const u8, splat: usize) std.Io.Writer.Error!usize {
        const self: *Stream = @alignCast(@fieldParentPtr("interface", writer));
        try self.write(writer.buffered());
        writer.end = 0;
        var count: usize = 0;
        for (data[0 .. data.len - 1]) |piece| {
            try self.write(piece);
            count += piece.len;
        }
        for (0..splat) |_| {
            try self.write(data[data.len - 1]);
            count += data[data.len - 1].len;
        }
        return count;
    }

    fn write(self: *Stream, piece: []const u8) std.Io.Writer.Error!void {
        if (piece.len == 0) return;
        self.writeOrSay(piece) catch |err| {
            self.err = err;
            return error.WriteFailed;
        };
    }

    fn writeOrSay(self: *Stream, piece: []const u8) WriteError!void {
        const handle = self.handle orelse return errors.closed(self.diagnostic);
        try errors.check(WriteError, c.simdr_stream_write(handle, piece.ptr, piece.len, errors.rawOf(self.diagnostic)));
    }
};

/// Room for a value in the mapped file itself, on a multiple of 64 bytes. Until its end all other writers of the store
/// wait, and a write by the thread that reserved is error.BadState. It keeps its store open.
pub const Reservation = struct {
    shared: ?*Shared,
    handle: ?*c.simdr_reservation,
    /// To be filled; unspecified at first. Empty after commit() and abort().
    bytes: []align(64) u8,
    out_tail: ?*u64,

    pub fn init(
        shared: *Shared,
        handle: *c.simdr_reservation,
        data: *anyopaque,
        size: usize,
        out_tail: ?*u64,
    ) Reservation {
        const many: [*]align(64) u8 = @ptrCast(@alignCast(data));
        return .{ .shared = shared.acquire(), .handle = handle, .bytes = many[0..size], .out_tail = out_tail };
    }

    /// Stores what was filled in. It ends the reservation, also when it fails.
    pub fn commit(self: *Reservation, diagnostic: ?*Diagnostic) WriteError!void {
        const handle = self.handle orelse return errors.closed(diagnostic);
        defer self.end();
        try errors.check(WriteError, c.simdr_reservation_commit(handle, self.out_tail, errors.rawOf(diagnostic)));
    }

    /// Gives the room back. After commit(), and a second time, it does nothing: made for defer.
    pub fn abort(self: *Reservation) void {
        const handle = self.handle orelse return;
        defer self.end();
        c.simdr_reservation_abort(handle);
    }

    fn end(self: *Reservation) void {
        self.shared.?.release();
        self.* = .{ .shared = null, .handle = null, .bytes = &.{}, .out_tail = null };
    }
};
