const std = @import("std");
const simdr = @import("simdr");
const fixture = @import("fixture.zig");

const Fixture = fixture.Fixture;
const gpa = fixture.gpa;

const rounds = 2000;

/// What the threads share. Each read must give one of the values that were put.
const Shared = struct {
    store: *simdr.Store,
    values: [2][]const u8,
    failed: std.atomic.Value(bool) = .init(false),

    const Job = *const fn (*Shared, usize) anyerror!void;

    fn run(self: *Shared, job: Job) void {
        for (0..rounds) |i| {
            job(self, i) catch {
                self.failed.store(true, .monotonic);
                return;
            };
        }
    }

    fn keyOf(i: usize) [1]u8 {
        return .{@truncate(i % 10)};
    }

    fn put(self: *Shared, i: usize) anyerror!void {
        try self.store.put(&keyOf(i), self.values[i % 2], .{});
    }

    fn get(self: *Shared, i: usize) anyerror!void {
        var entry = (try self.store.get(&keyOf(i), .{})) orelse return error.Absent;
        defer entry.release();
        try self.check(entry.bytes());
    }

    fn walk(self: *Shared, i: usize) anyerror!void {
        if (i % 100 != 0) return;
        var it = try self.store.iterate(.{});
        defer it.deinit();
        while (try it.next()) |found| {
            var entry = found;
            defer entry.release();
            try self.check(entry.bytes());
        }
    }

    fn compact(self: *Shared, i: usize) anyerror!void {
        if (i % 500 == 0) try self.store.compact(.{});
    }

    fn check(self: *Shared, bytes: []const u8) !void {
        for (self.values) |value| {
            if (std.mem.eql(u8, value, bytes)) return;
        }
        return error.BytesThatNobodyPut;
    }
};

test "one store from many threads" {
    var f: Fixture = try .init();
    defer f.deinit();
    const short = try fixture.pattern(100, 1);
    defer gpa.free(short);
    const long = try fixture.pattern(5000, 2);
    defer gpa.free(long);
    var shared: Shared = .{ .store = &f.store, .values = .{ short, long } };
    for (0..10) |i| try shared.put(i);

    const jobs = [_]Shared.Job{ Shared.put, Shared.get, Shared.get, Shared.walk, Shared.compact };
    var threads: [jobs.len]std.Thread = undefined;
    for (&threads, jobs) |*thread, job| thread.* = try .spawn(.{}, Shared.run, .{ &shared, job });
    for (threads) |thread| thread.join();
    try std.testing.expect(!shared.failed.load(.monotonic));
    try std.testing.expectEqual(10, f.store.count());
    try f.store.verify(.{});
}

test "an entry is released on another thread, after its store" {
    var f: Fixture = try .init();
    defer f.deinit();
    try f.store.put("k", "value", .{});
    var entry = (try f.store.get("k", .{})).?;
    try f.store.closeChecked(null);
    const Other = struct {
        fn run(given: *simdr.Entry, good: *bool) void {
            good.* = std.mem.eql(u8, "value", given.bytes());
            given.release();
        }
    };
    var good = false;
    const thread: std.Thread = try .spawn(.{}, Other.run, .{ &entry, &good });
    thread.join();
    try std.testing.expect(good);
}
