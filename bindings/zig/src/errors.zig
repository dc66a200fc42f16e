//! Statuses of the library as Zig errors, and the words that go with them.

const std = @import("std");
const c = @import("c");

/// An argument is wrong, or the handle cannot do this now.
pub const ArgumentError = error{
    /// The handle was closed, released, committed or aborted.
    Closed,
    InvalidArgument,
    TooLarge,
    OptionsSize,
    UnknownFlags,
    LengthMismatch,
    BadState,
};

/// What can happen to every call that does not only look something up in memory.
pub const SystemError = error{
    InputOutput,
    OutOfMemory,
    Unsupported,
    Forked,
    /// A defect of the library; please report it.
    Internal,
    /// A status that this binding does not expect here. A Diagnostic has its number and its words.
    Unexpected,
};

pub const ReadError = ArgumentError || SystemError || error{
    Corrupt,
    Misaligned,
    PartialElement,
    /// A callback said so.
    Stopped,
    /// Writing what was read failed.
    SinkFailed,
};

pub const WriteError = ArgumentError || SystemError || error{
    EmptyPayload,
    TombstonePayload,
    ReservedHash,
    SameStore,
    SameKey,
    ReadOnly,
    NoSpaceLeft,
    /// An earlier sync or write failed for good; close and reopen.
    WriterFailed,
    /// Reading what was to be stored failed.
    SourceFailed,
    /// What was to be moved or copied does not match its checksum.
    Corrupt,
};

pub const OpenError = ArgumentError || SystemError || error{
    FileNotFound,
    PathAlreadyExists,
    AccessDenied,
    IsDir,
    NotRegularFile,
    NotAStore,
    /// Writing to a store of an older format; upgrade it first.
    OldGeneration,
    ReadOnlyFileSystem,
    Locked,
    NoSpaceLeft,
    Corrupt,
    /// The file's payloads start on multiples of less than the store type's alignment: see `StoreOf`.
    Misaligned,
};

/// Everything. What works on a whole store can fail in all of these ways.
pub const Error = OpenError || WriteError || ReadError;

const rows = .{
    .{ c.SIMDR_STOPPED, error.Stopped },
    .{ c.SIMDR_EXISTS, error.PathAlreadyExists },
    .{ c.SIMDR_ERR_INVALID_ARGUMENT, error.InvalidArgument },
    .{ c.SIMDR_ERR_EMPTY_PAYLOAD, error.EmptyPayload },
    .{ c.SIMDR_ERR_TOMBSTONE_PAYLOAD, error.TombstonePayload },
    .{ c.SIMDR_ERR_RESERVED_HASH, error.ReservedHash },
    .{ c.SIMDR_ERR_TOO_LARGE, error.TooLarge },
    .{ c.SIMDR_ERR_OPTIONS_SIZE, error.OptionsSize },
    .{ c.SIMDR_ERR_UNKNOWN_FLAGS, error.UnknownFlags },
    .{ c.SIMDR_ERR_LENGTH_MISMATCH, error.LengthMismatch },
    .{ c.SIMDR_ERR_SAME_STORE, error.SameStore },
    .{ c.SIMDR_ERR_SAME_KEY, error.SameKey },
    .{ c.SIMDR_ERR_MISALIGNED, error.Misaligned },
    .{ c.SIMDR_ERR_PARTIAL_ELEMENT, error.PartialElement },
    .{ c.SIMDR_ERR_BAD_STATE, error.BadState },
    .{ c.SIMDR_ERR_NO_SUCH_FILE, error.FileNotFound },
    .{ c.SIMDR_ERR_ACCESS, error.AccessDenied },
    .{ c.SIMDR_ERR_IS_DIRECTORY, error.IsDir },
    .{ c.SIMDR_ERR_NOT_REGULAR_FILE, error.NotRegularFile },
    .{ c.SIMDR_ERR_NOT_A_STORE, error.NotAStore },
    .{ c.SIMDR_ERR_OLD_GENERATION, error.OldGeneration },
    .{ c.SIMDR_ERR_READ_ONLY, error.ReadOnly },
    .{ c.SIMDR_ERR_READ_ONLY_MEDIUM, error.ReadOnlyFileSystem },
    .{ c.SIMDR_ERR_LOCKED, error.Locked },
    .{ c.SIMDR_ERR_CORRUPT, error.Corrupt },
    .{ c.SIMDR_ERR_IO, error.InputOutput },
    .{ c.SIMDR_ERR_NO_SPACE, error.NoSpaceLeft },
    .{ c.SIMDR_ERR_NO_MEMORY, error.OutOfMemory },
    .{ c.SIMDR_ERR_SOURCE, error.SourceFailed },
    .{ c.SIMDR_ERR_SINK, error.SinkFailed },
    .{ c.SIMDR_ERR_FORKED, error.Forked },
    .{ c.SIMDR_ERR_WRITER_FAILED, error.WriterFailed },
    .{ c.SIMDR_ERR_UNSUPPORTED, error.Unsupported },
    .{ c.SIMDR_ERR_INTERNAL, error.Internal },
};

/// The error in the set `E` that this status is; error.Unexpected when it is none of them.
pub fn errorOf(comptime E: type, status: c.simdr_status) E {
    inline for (rows) |row| {
        const is_in_set = (E || @TypeOf(row[1])) == E;
        if (is_in_set and status == row[0]) return row[1];
    }
    return error.Unexpected;
}

/// Nothing for SIMDR_OK, else an error.
pub fn check(comptime E: type, status: c.simdr_status) E!void {
    if (status != c.SIMDR_OK) return errorOf(E, status);
}

/// False for the ordinary outcome `ordinary`, true for SIMDR_OK, else an error.
pub fn checkUnless(comptime E: type, ordinary: c.simdr_status, status: c.simdr_status) E!bool {
    if (status == ordinary) return false;
    try check(E, status);
    return true;
}

/// What an error cannot carry: the library's own words on what was wrong with which argument, and the system's number.
/// Give one to a call to have it filled when that call returns an error; otherwise it is left as it was.
pub const Diagnostic = struct {
    raw: c.simdr_error = std.mem.zeroes(c.simdr_error),

    /// One line, "" while there was no error.
    pub fn message(self: *const Diagnostic) []const u8 {
        return std.mem.sliceTo(@as([]const u8, &self.raw.message), 0);
    }

    /// A SIMDR_* number, 0 while there was no error.
    pub fn status(self: *const Diagnostic) i32 {
        return self.raw.status;
    }

    /// errno, or 0.
    pub fn osError(self: *const Diagnostic) i32 {
        return self.raw.os_error;
    }
};

/// The `err` argument of a call.
pub fn rawOf(diagnostic: ?*Diagnostic) ?*c.simdr_error {
    return if (diagnostic) |d| &d.raw else null;
}

/// For what this binding refuses by itself: `text` is as the library would put it.
pub fn describe(diagnostic: ?*Diagnostic, status: c.simdr_status, text: []const u8) void {
    const d = diagnostic orelse return;
    d.raw = std.mem.zeroes(c.simdr_error);
    d.raw.status = status;
    @memcpy(d.raw.message[0..text.len], text);
}

pub fn closed(diagnostic: ?*Diagnostic) error{Closed} {
    describe(diagnostic, c.SIMDR_ERR_BAD_STATE, "used after its close");
    return error.Closed;
}

const testing = std.testing;

test "every status of the header is an error of this binding" {
    for ([_][2]c.simdr_status{ .{ -22, -10 }, .{ -48, -30 } }) |range| {
        var status = range[0];
        while (status <= range[1]) : (status += 1) {
            try testing.expect(!std.mem.eql(u8, "UNKNOWN", std.mem.span(c.simdr_status_name(status))));
            const err = errorOf(Error, status);
            try testing.expect(err != error.Unexpected);
        }
    }
    // The numbers behind these are free: a new status is to be added here.
    for ([_]c.simdr_status{ -23, -49 }) |free| {
        try testing.expectEqualStrings("UNKNOWN", std.mem.span(c.simdr_status_name(free)));
        try testing.expectEqual(error.Unexpected, errorOf(Error, free));
    }
}

test "an error outside of the set is error.Unexpected" {
    try testing.expectEqual(error.Locked, errorOf(OpenError, c.SIMDR_ERR_LOCKED));
    try testing.expectEqual(error.Unexpected, errorOf(ReadError, c.SIMDR_ERR_LOCKED));
    try testing.expectEqual(error.Corrupt, errorOf(ReadError, c.SIMDR_ERR_CORRUPT));
    try check(ReadError, c.SIMDR_OK);
    try testing.expectError(error.Stopped, check(ReadError, c.SIMDR_STOPPED));
    try testing.expect(!try checkUnless(ReadError, c.SIMDR_NOT_FOUND, c.SIMDR_NOT_FOUND));
    try testing.expectError(error.InputOutput, checkUnless(ReadError, c.SIMDR_NOT_FOUND, c.SIMDR_ERR_IO));
}
