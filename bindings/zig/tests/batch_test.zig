const std = @import("std");
const simdr = @import("simdr");
const fixture = @import("fixture.zig");

const Bytes = simdr.Bytes;
const Fixture = fixture.Fixture;
const KeyHash = simdr.KeyHash;
const expect = std.testing.expect;
const expectEqual = std.testing.expectEqual;
const expectEqualStrings = std.testing.expectEqualStrings;
const expectError = std.testing.expectError;
const gpa = fixture.gpa;

const count = 300;

/// Values of many sizes, and the arrays that batches are given as.
const Batch = struct {
    texts: [count][8]u8,
    keys: [count]Bytes,
    hashes: [count]KeyHash,
    values: [count]Bytes,

    fn init(self: *Batch) !void {
        for (0..count) |i| {
            const key = try std.fmt.bufPrint(&self.texts[i], "key {d}", .{i});
            self.keys[i] = .of(key);
            self.hashes[i] = .of(key);
            self.values[i] = .of(try fixture.pattern(([_]usize{ 1, 100, 1023, 65536 })[i % 4], i));
        }
    }

    fn deinit(self: *Batch) void {
        for (0..count) |i| gpa.free(self.value(i));
    }

    fn value(self: *const Batch, i: usize) []const u8 {
        return self.values[i].ptr.?[0..self.values[i].len];
    }
};

test "batches go in and come out" {
    var batch: Batch = undefined;
    try batch.init();
    defer batch.deinit();
    var by_key: Fixture = try .init();
    defer by_key.deinit();
    var by_hash: Fixture = try .init();
    defer by_hash.deinit();
    try by_key.store.putMany(@as([]const Bytes, &batch.keys), &batch.values, .{});
    try by_hash.store.putMany(@as([]const KeyHash, &batch.hashes), &batch.values, .{});

    for ([_]*simdr.Store{ &by_key.store, &by_hash.store }) |store| {
        var entries: [count]simdr.Entry = undefined;
        try expectEqual(count, try store.getMany(&batch.keys, &entries, .{}));
        for (&entries, 0..) |*entry, i| {
            try expectEqualStrings(batch.value(i), entry.bytes());
            entry.release();
        }
        var views: [count]simdr.View = undefined;
        try expectEqual(count, try store.viewMany(&batch.hashes, &views, .{}));
        for (views, 0..) |view, i| {
            try expectEqualStrings(batch.value(i), view.bytes());
            try expectEqual(batch.hashes[i], view.key_hash);
        }
        try expectEqual(count / 2, try store.removeMany(batch.keys[0 .. count / 2], .{}));
        try expectEqual(count / 2, try store.removeMany(&batch.hashes, .{}));
        try expect(store.isEmpty());
    }
}

test "absent keys are none" {
    var f: Fixture = try .init();
    defer f.deinit();
    try f.fillNumbered(2);
    const keys = [_]Bytes{ .of("0"), .of("absent"), .of("1") };
    var entries: [3]simdr.Entry = undefined;
    try expectEqual(2, try f.store.getMany(&keys, &entries, .{}));
    defer for (&entries) |*entry| entry.release();
    try expectEqualStrings("0", entries[0].bytes());
    try expectEqual(simdr.Entry.none, entries[1]);
    try expectEqual(0, entries[1].bytes().len);
    try expectEqualStrings("1", entries[2].bytes());
    var views: [3]simdr.View = undefined;
    try expectEqual(2, try f.store.viewMany(&keys, &views, .{}));
    try expectEqual(0, views[1].bytes().len);

    const hashes = [_]KeyHash{ .of("0"), .of("1") };
    var verified: [2]simdr.Entry = undefined;
    try expectEqual(1, try f.store.getManyVerified(&hashes, &.{ .of("0"), .of("another") }, &verified, .{}));
    try expectEqual(simdr.Entry.none, verified[1]);
    verified[0].release();
}

test "buffers of the wrong size are errors" {
    var f: Fixture = try .init();
    defer f.deinit();
    const keys = [_]Bytes{ .of("0"), .of("1") };
    const hashes = [_]KeyHash{ .of("0"), .of("1") };
    var entries: [3]simdr.Entry = undefined;
    var views: [1]simdr.View = undefined;
    var diagnostic: simdr.Diagnostic = .{};
    try expectError(error.LengthMismatch, f.store.getMany(&keys, &entries, .{ .diagnostic = &diagnostic }));
    try expect(diagnostic.message().len > 0);
    try expectError(error.LengthMismatch, f.store.viewMany(&hashes, &views, .{}));
    try expectError(error.LengthMismatch, f.store.getManyVerified(&hashes, &keys, &entries, .{}));
    try expectError(error.LengthMismatch, f.store.getManyVerified(&hashes, keys[0..1], entries[0..2], .{}));
    const too_many = try gpa.alloc(KeyHash, simdr.max_batch_count + 1);
    defer gpa.free(too_many);
    try expectError(error.TooLarge, f.store.removeMany(too_many, .{}));
}

test "a batch is all or nothing" {
    var f: Fixture = try .init();
    defer f.deinit();
    const keys = [_]Bytes{ .of("a"), .of("a") };
    try expectError(error.EmptyPayload, f.store.putMany(&keys, &[_]Bytes{ .of("1"), .of("") }, .{}));
    try expectEqual(0, f.store.fileSize());
    try f.store.putMany(&keys, &[_]Bytes{ .of("1"), .of("2") }, .{});
    try fixture.expectValue(&f.store, "a", "2");
    try f.store.putMany(&[_]Bytes{}, &[_]Bytes{}, .{});
    try expectEqual(0, try f.store.getMany(&[_]Bytes{}, &.{}, .{}));
}
