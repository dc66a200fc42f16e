const std = @import("std");
const simdr = @import("simdr");
const fixture = @import("fixture.zig");

const Fixture = fixture.Fixture;
const expect = std.testing.expect;
const expectEqual = std.testing.expectEqual;
const expectEqualStrings = std.testing.expectEqualStrings;
const expectError = std.testing.expectError;

fn expectWalk(iterator: simdr.ReadError!simdr.Iterator, expected: []const []const u8) !void {
    var it = try iterator;
    defer it.deinit();
    for (expected) |value| {
        var entry = (try it.next()) orelse return error.TooFew;
        defer entry.release();
        try expectEqualStrings(value, entry.bytes());
    }
    try expectEqual(null, try it.next());
}

test "walks newest to oldest" {
    var f: Fixture = try .init();
    defer f.deinit();
    try expectWalk(f.store.iterate(.{}), &.{});
    try f.fillNumbered(4);
    try f.store.put("1", "new", .{});
    try expect(try f.store.remove("2", .{}));
    try expectWalk(f.store.iterate(.{}), &.{ "new", "3", "0" });
    try expectWalk(f.store.iterate(.{ .all_versions = true }), &.{ "new", "3", "2", "1", "0" });
    try expectWalk(f.store.versions("1", .{}), &.{ "new", "1" });
    try expectWalk(f.store.versions(simdr.KeyHash.of("2"), .{}), &.{"2"});
}

test "a walk sees the store as it was" {
    var f: Fixture = try .init();
    defer f.deinit();
    try f.fillNumbered(1000);
    var it = try f.store.iterate(.{});
    defer it.deinit();
    _ = try f.store.remove("0", .{});
    try f.store.put("1", "changed", .{});
    try f.store.compact(.{});

    var views: [64]simdr.View = undefined;
    var seen: usize = 0;
    var text: [20]u8 = undefined;
    while (true) {
        const block = try it.nextViews(&views);
        if (block.len == 0) break;
        for (block) |view| {
            const expected = try std.fmt.bufPrint(&text, "{d}", .{999 - seen});
            try expectEqualStrings(expected, view.bytes());
            try expectEqual(simdr.KeyHash.of(expected), view.key_hash);
            seen += 1;
        }
    }
    try expectEqual(1000, seen);
}

test "a closed walk is an error" {
    var f: Fixture = try .init();
    defer f.deinit();
    var it = try f.store.iterate(.{});
    it.deinit();
    it.deinit();
    try expectError(error.Closed, it.next());
    var views: [1]simdr.View = undefined;
    try expectError(error.Closed, it.nextViews(&views));
}

test "a verifying walk goes on behind damage" {
    var f: Fixture = try .init();
    defer f.deinit();
    try f.fillNumbered(400);
    try f.flip((try f.store.metadata("250", .{})).?.payload_offset);
    var diagnostic: simdr.Diagnostic = .{};
    var it = try f.store.iterate(.{ .verify = true, .diagnostic = &diagnostic });
    defer it.deinit();
    var good: usize = 0;
    var bad: usize = 0;
    while (true) {
        var entry = (it.next() catch |err| {
            try expectEqual(error.Corrupt, err);
            try expect(diagnostic.message().len > 0);
            bad += 1;
            continue;
        }) orelse break;
        entry.release();
        good += 1;
    }
    try expectEqual(399, good);
    try expectEqual(1, bad);
    try expectError(error.Corrupt, f.store.forEach({}, goOn, .{ .verify = true, .thread_count = 1 }));
    try f.store.forEach({}, goOn, .{});
}

fn goOn(_: void, _: simdr.View) bool {
    return true;
}

const Counter = struct {
    calls: std.atomic.Value(usize) = .init(0),
    sum: std.atomic.Value(usize) = .init(0),
    stop_at: usize = std.math.maxInt(usize),

    fn visit(self: *Counter, view: simdr.View) bool {
        const number = std.fmt.parseInt(usize, view.bytes(), 10) catch return false;
        _ = self.sum.fetchAdd(number, .monotonic);
        return self.calls.fetchAdd(1, .monotonic) + 1 < self.stop_at;
    }
};

test "for each visits each once" {
    var f: Fixture = try .init();
    defer f.deinit();
    try f.fillNumbered(5000);
    for ([_]u32{ 0, 1, 2, 7 }) |thread_count| {
        var counter: Counter = .{};
        try f.store.forEach(&counter, Counter.visit, .{ .thread_count = thread_count });
        try expectEqual(5000, counter.calls.load(.monotonic));
        try expectEqual(5000 * 4999 / 2, counter.sum.load(.monotonic));
    }
    var counter: Counter = .{ .stop_at = 10 };
    var diagnostic: simdr.Diagnostic = .{};
    try expectError(error.Stopped, f.store.forEach(&counter, Counter.visit, .{ .diagnostic = &diagnostic }));
    try expect(counter.calls.load(.monotonic) < 5000);
    try expectError(error.InvalidArgument, f.store.forEach({}, goOn, .{ .thread_count = 100_000 }));
}
