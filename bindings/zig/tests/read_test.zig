const std = @import("std");
const simdr = @import("simdr");
const fixture = @import("fixture.zig");

const Fixture = fixture.Fixture;
const expect = std.testing.expect;
const expectEqual = std.testing.expectEqual;
const expectEqualStrings = std.testing.expectEqualStrings;
const expectError = std.testing.expectError;
const gpa = fixture.gpa;

test "an entry is the mapped bytes, aligned" {
    var f: Fixture = try .init();
    defer f.deinit();
    const value = try fixture.pattern(1000, 1);
    defer gpa.free(value);
    try f.store.put("k", value, .{});
    var entry = (try f.store.get("k", .{})).?;
    defer entry.release();
    const bytes: []align(64) const u8 = entry.bytes();
    try expectEqualStrings(value, bytes);
    var again = (try f.store.get("k", .{})).?;
    defer again.release();
    try expectEqual(bytes.ptr, again.bytes().ptr);
    const info = try entry.info(null);
    try expectEqual(simdr.KeyHash.of("k"), info.key_hash);
    try expectEqual(1000, info.payload_size);
    try expectEqual(std.hash.Crc32.hash(value), info.checksum);
    try expectEqual(info, (try f.store.metadata("k", .{})).?);
    try expectEqual(info, (try f.store.metadata(info.key_hash, .{})).?);
    try expect(entry.checksumOk());
    const view = (try f.store.view("k", .{})).?;
    try expectEqual(bytes.ptr, view.bytes().ptr);
    try expectEqual(info.payload_offset, view.payload_offset);
    try expectEqual(info.checksum, view.checksum);
    try expectEqual(info.key_hash, view.key_hash);
}

test "an entry outlives writes, compaction and its store" {
    var f: Fixture = try .init();
    defer f.deinit();
    try f.store.put("k", "old", .{});
    var old = (try f.store.get("k", .{})).?;
    defer old.release();
    try f.store.put("k", "new", .{});
    try f.store.compact(.{});
    var new = (try f.store.get("k", .{})).?;
    defer new.release();
    try expect(old.mappingId() != new.mappingId());
    try f.store.closeChecked(null);
    try expectEqualStrings("old", old.bytes());
    try expectEqualStrings("new", new.bytes());
    try expect(old.checksumOk());
}

test "a released entry gives nothing, and its clone stays" {
    var f: Fixture = try .init();
    defer f.deinit();
    try f.store.put("k", "value", .{});
    var entry = (try f.store.get("k", .{})).?;
    var clone = entry.clone();
    defer clone.release();
    entry.release();
    entry.release();
    var diagnostic: simdr.Diagnostic = .{};
    for ([_]simdr.Entry{ entry, .none }) |gone| {
        try expectEqual(0, gone.bytes().len);
        try expectError(error.Closed, gone.info(&diagnostic));
        try expectEqualStrings("used after its close", diagnostic.message());
        try expectError(error.Closed, gone.slice(u8, null));
        try expectError(error.Closed, gone.sliceOrCopy(u8, &.{}, null));
        try expectError(error.Closed, gone.writeFile(.stdout(), null));
        try expect(!gone.checksumOk());
        try expectEqual(0, gone.mappingId());
        var reader = gone.reader();
        try expectError(error.EndOfStream, reader.takeByte());
        var none = gone.clone();
        none.release();
    }
    try expectEqualStrings("value", clone.bytes());
}

test "typed slices lie in the file" {
    var f: Fixture = try .init();
    defer f.deinit();
    const Point = extern struct { x: f32, y: f32 };
    const points = [_]Point{ .{ .x = 1, .y = 2 }, .{ .x = 3, .y = 4 } };
    try f.store.put("points", std.mem.asBytes(&points), .{});
    var entry = (try f.store.get("points", .{})).?;
    defer entry.release();
    const stored = try entry.slice(Point, null);
    try std.testing.expectEqualSlices(Point, &points, stored);
    try expectEqual(@as(*const anyopaque, entry.bytes().ptr), @as(*const anyopaque, stored.ptr));
    var none: [0]Point = .{};
    try expectEqual(stored.ptr, (try entry.sliceOrCopy(Point, &none, null)).ptr);
    var diagnostic: simdr.Diagnostic = .{};
    try expectError(error.PartialElement, entry.slice([3]u16, &diagnostic));
    try expect(diagnostic.message().len > 0);
}

test "reads parts of a value from the file" {
    var f: Fixture = try .init();
    defer f.deinit();
    try f.store.put("k", "0123456789", .{});
    var buffer: [4]u8 = undefined;
    const middle = (try f.store.read("k", 3, &buffer, .{})).?;
    try expectEqualStrings("3456", middle.bytes);
    try expectEqual(10, middle.value_size);
    try expectEqualStrings("89", (try f.store.read("k", 8, &buffer, .{})).?.bytes);
    try expectEqual(0, (try f.store.read("k", 10, &buffer, .{})).?.bytes.len);
    try expectEqual(10, (try f.store.read("k", 1 << 60, &.{}, .{})).?.value_size);
}

test "verified reads refuse damage" {
    var f: Fixture = try .init();
    defer f.deinit();
    try f.fillNumbered(3);
    const offset = (try f.store.metadata("1", .{})).?.payload_offset;
    try f.store.closeChecked(null);
    try f.flip(offset);
    f.store = try .open(f.path, .{ .verify_reads = true });
    var diagnostic: simdr.Diagnostic = .{};
    try expectError(error.Corrupt, f.store.get("1", .{ .diagnostic = &diagnostic }));
    try expect(diagnostic.message().len > 0);
    try expectError(error.Corrupt, f.store.view("1", .{}));
    var entries: [2]simdr.Entry = undefined;
    try expectError(error.Corrupt, f.store.getMany(&[_]simdr.Bytes{ .of("0"), .of("1") }, &entries, .{}));
    try fixture.expectValue(&f.store, "0", "0");
}

test "the last entry" {
    var f: Fixture = try .init();
    defer f.deinit();
    try expectEqual(null, try f.store.last(.{}));
    try f.fillNumbered(3);
    var entry = (try f.store.last(.{})).?;
    defer entry.release();
    try expectEqualStrings("2", entry.bytes());
}

test "keys and namespaces hash as the format says" {
    try expectEqual(0x2d06800538d394c2, simdr.KeyHash.of("").number());
    const key = simdr.namespacedKey("users", "42");
    try expectEqualStrings(std.mem.asBytes(&simdr.KeyHash.of("users").number()), key[0..8]);
    try expectEqualStrings(std.mem.asBytes(&simdr.KeyHash.of("42").number()), key[8..16]);
    var hashes: [2]simdr.KeyHash = undefined;
    try simdr.keyHashes(&.{ .of("users"), .of("42") }, &hashes, null);
    try expectEqual([2]simdr.KeyHash{ .of("users"), .of("42") }, hashes);
    var diagnostic: simdr.Diagnostic = .{};
    try expectError(error.LengthMismatch, simdr.keyHashes(&.{.of("users")}, &hashes, &diagnostic));
    try expect(diagnostic.message().len > 0);
}
