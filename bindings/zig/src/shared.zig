//! The C handle of a store, and who uses it: the Store, and its iterators, streams and reservations. The last one
//! closes it, so that none of them is left with a handle that is gone.

const std = @import("std");
const c = @import("c");
const errors = @import("errors.zig");

pub const Shared = struct {
    handle: *c.simdr_store,
    users: std.atomic.Value(usize) = .init(1),

    /// Takes over the handle, also when it fails.
    pub fn create(handle: *c.simdr_store) error{OutOfMemory}!*Shared {
        const shared = std.heap.c_allocator.create(Shared) catch {
            c.simdr_store_close(handle);
            return error.OutOfMemory;
        };
        shared.* = .{ .handle = handle };
        return shared;
    }

    pub fn acquire(self: *Shared) *Shared {
        _ = self.users.fetchAdd(1, .monotonic);
        return self;
    }

    pub fn release(self: *Shared) void {
        if (self.users.fetchSub(1, .acq_rel) != 1) return;
        c.simdr_store_close(self.handle);
        std.heap.c_allocator.destroy(self);
    }

    /// For the only user.
    pub fn releaseChecked(self: *Shared, diagnostic: ?*errors.Diagnostic) errors.Error!void {
        defer std.heap.c_allocator.destroy(self);
        try errors.check(errors.Error, c.simdr_store_close_checked(self.handle, errors.rawOf(diagnostic)));
    }
};
