//! Walks over a store.

const std = @import("std");
const c = @import("c");
const errors = @import("errors.zig");
const entry = @import("entry.zig");
const Shared = @import("shared.zig").Shared;

const Diagnostic = errors.Diagnostic;
const ReadError = errors.ReadError;

/// Entries as they were when it was opened, newest to oldest; later writes and compaction do not disturb it. Belongs to
/// one thread at a time. It keeps its store open.
pub fn IteratorOf(comptime alignment: usize) type {
    return struct {
        shared: ?*Shared,
        handle: ?*c.simdr_iterator,
        diagnostic: ?*Diagnostic = null,

        const Self = @This();
        pub const Entry = entry.EntryOf(alignment);
        pub const View = entry.ViewOf(alignment);

        pub fn init(shared: *Shared, handle: *c.simdr_iterator) Self {
            return .{ .shared = shared.acquire(), .handle = handle };
        }

        /// A second one does nothing.
        pub fn deinit(self: *Self) void {
            const shared = self.shared orelse return;
            c.simdr_iterator_free(self.handle);
            self.handle = null;
            self.shared = null;
            shared.release();
        }

        /// The next entry, to be released by the caller; null at the end. error.Corrupt comes with `verify` only, and
        /// the walk may go on behind it. `diagnostic` is a member, so that `while (try it.next())` can be written.
        pub fn next(self: *Self) ReadError!?Entry {
            const handle = self.handle orelse return errors.closed(self.diagnostic);
            var out: ?*c.simdr_entry = null;
            const status = c.simdr_iterator_next(handle, &out, errors.rawOf(self.diagnostic));
            if (!try errors.checkUnless(ReadError, c.SIMDR_NOT_FOUND, status)) return null;
            return .{ .handle = out };
        }

        /// Up to buffer.len at once, without handles; none at the end. The views are valid until deinit(), also across
        /// a compaction.
        pub fn nextViews(self: *Self, buffer: []View) ReadError![]View {
            const handle = self.handle orelse return errors.closed(self.diagnostic);
            var count: usize = 0;
            const err = errors.rawOf(self.diagnostic);
            const status = c.simdr_iterator_next_views(handle, @ptrCast(buffer.ptr), buffer.len, &count, err);
            if (!try errors.checkUnless(ReadError, c.SIMDR_NOT_FOUND, status)) return buffer[0..0];
            return buffer[0..count];
        }
    };
}
