const std = @import("std");
const simdr = @import("simdr");
const fixture = @import("fixture.zig");

const Fixture = fixture.Fixture;
const expect = std.testing.expect;
const expectEqual = std.testing.expectEqual;
const expectEqualStrings = std.testing.expectEqualStrings;
const expectError = std.testing.expectError;
const expectAbsent = fixture.expectAbsent;
const expectValue = fixture.expectValue;
const gpa = fixture.gpa;
const io = fixture.io;

test "puts and gets every size" {
    var f: Fixture = try .init();
    defer f.deinit();
    for ([_]usize{ 1, 2, 43, 44, 45, 64, 100, 65536, 1 << 20 }) |size| {
        const value = try fixture.pattern(size, size);
        defer gpa.free(value);
        const key = std.mem.asBytes(&size);
        try f.store.put(key, value, .{});
        try expectValue(&f.store, key, value);
        try expectEqualStrings(value, (try f.store.view(key, .{})).?.bytes());
        const room = try gpa.alloc(u8, size + 1);
        defer gpa.free(room);
        const part = (try f.store.read(key, 0, room, .{})).?;
        try expectEqualStrings(value, part.bytes);
        try expectEqual(size, part.value_size);
    }
}

test "keys are any bytes, or their hash" {
    var f: Fixture = try .init();
    defer f.deinit();
    try f.store.put("", "under no bytes", .{});
    try f.store.put(&[_]u8{ 0, 0 }, "under zeros", .{});
    try f.store.put(simdr.KeyHash.of("hashed"), "under a hash", .{});
    try expectValue(&f.store, "", "under no bytes");
    try expectValue(&f.store, &[_]u8{ 0, 0 }, "under zeros");
    try expectValue(&f.store, "hashed", "under a hash");
    try expect(try f.store.exists("hashed", .{}));
    try expect(try f.store.exists(simdr.KeyHash.of(""), .{}));
    try expect(!try f.store.exists("absent", .{}));
    try expectEqual(null, try f.store.get(simdr.KeyHash.of("absent"), .{}));
    try expectEqual(null, try f.store.view("absent", .{}));
    try expectEqual(null, try f.store.metadata("absent", .{}));
    try expectEqual(null, try f.store.read("absent", 0, &.{}, .{}));
}

test "refuses what the format cannot hold, with words" {
    var f: Fixture = try .init();
    defer f.deinit();
    const s = &f.store;
    try s.put("k", "v", .{});
    const before = s.fileSize();
    const Pair = [2]simdr.Bytes;
    const keys: Pair = .{ .of("a"), .of("b") };
    const values: Pair = .{ .of("1"), .of("\x00") };

    var d: simdr.Diagnostic = .{};
    const o: simdr.WriteOptions = .{ .diagnostic = &d };
    const reserved = simdr.reserved_key_hashes;
    try refused(&d, error.EmptyPayload, "value", s.put("k", "", o));
    try refused(&d, error.TombstonePayload, "value", s.put("k", "\x00", o));
    try refused(&d, error.ReservedHash, "hash", s.put(reserved[0], "v", o));
    try refused(&d, error.ReservedHash, "hash", s.put(reserved[1], "v", o));
    try refused(&d, error.TombstonePayload, "entry 1", s.putMany(&keys, &values, o));
    try refused(&d, error.LengthMismatch, "", s.putMany(&keys, values[0..1], o));
    try refused(&d, error.InvalidArgument, "durability", s.sync(.none, &d));
    try refused(&d, error.SameKey, "", s.rename("k", "k", o));
    try expectError(error.SameStore, s.copyTo(s, "k", .{}));
    try expectError(error.InvalidArgument, s.putIfEntry(.none, "v", .{}));
    try expectEqual(before, s.fileSize());
    try expectValue(s, "k", "v");
}

/// `given` must be this error, and the diagnostic say this word. It is emptied for the next one.
fn refused(d: *simdr.Diagnostic, expected: anyerror, word: []const u8, given: anytype) !void {
    try expectError(expected, given);
    try expect(d.message().len > 0);
    try expect(std.mem.find(u8, d.message(), word) != null);
    d.* = .{};
}

test "a read-only store refuses writes" {
    var f: Fixture = try .init();
    defer f.deinit();
    try f.store.put("k", "v", .{});
    try f.reopen(.{ .mode = .read_only });
    var buffer: [16]u8 = undefined;
    try expectError(error.ReadOnly, f.store.put("k", "w", .{}));
    try expectError(error.ReadOnly, f.store.remove("k", .{}));
    try expectError(error.ReadOnly, f.store.stream("k", &buffer, .{}));
    try expectError(error.ReadOnly, f.store.reserve("k", 1, .{}));
    try expectError(error.ReadOnly, f.store.compact(.{}));
}

test "conditional puts say whether they stored" {
    var f: Fixture = try .init();
    defer f.deinit();
    try expect(try f.store.putIfAbsent("k", "first", .{}));
    try expect(!try f.store.putIfAbsent("k", "second", .{}));
    var entry = (try f.store.get("k", .{})).?;
    defer entry.release();
    try expect(try f.store.putIfEntry(entry, "third", .{}));
    try expect(!try f.store.putIfEntry(entry, "fourth", .{}));
    try expectValue(&f.store, "k", "third");
}

test "removes, renames, copies, transfers" {
    var f: Fixture = try .init();
    defer f.deinit();
    var other: Fixture = try .init();
    defer other.deinit();
    const s = &f.store;
    const t = &other.store;
    for ([_][]const u8{ "a", "b", "c", "d", "e", "f" }) |key| try s.put(key, key, .{});

    try expect(try s.remove("a", .{}));
    try expect(!try s.remove("a", .{}));
    try expect(try s.remove(simdr.KeyHash.of("b"), .{}));
    try expectAbsent(s, "b");
    try expect(try s.rename("c", "a longer key", .{}));
    try expect(!try s.rename("c", "x", .{}));
    try expect(try s.rename(simdr.KeyHash.of("a longer key"), simdr.KeyHash.of("CC"), .{}));
    try expectValue(s, "CC", "c");
    try expect(try s.copyTo(t, "d", .{}));
    try expect(!try s.copyTo(t, "nothing", .{}));
    try expect(try s.copyTo(t, simdr.KeyHash.of("CC"), .{}));
    try expect(try s.transferTo(t, "e", .{ .durability = .commit }));
    try expect(try s.transferTo(t, simdr.KeyHash.of("f"), .{}));
    for ([_][]const u8{ "d", "e", "f" }) |key| try expectValue(t, key, key);
    try expectValue(t, "CC", "c");
    try expectValue(s, "d", "d");
    try expectAbsent(s, "e");
    try expectAbsent(s, "f");
}

test "writes tell where the file ends, and sync as asked" {
    var f: Fixture = try .init();
    defer f.deinit();
    var tail: u64 = 0;
    try f.store.put("k", "value", .{ .durability = .commit, .out_tail = &tail });
    try expectEqual(f.store.fileSize(), tail);
    try expectEqual(1, (try f.store.stats(.{})).sync_count);
    try f.store.put("k", "value", .{ .durability = .strict });
    try expectEqual(3, (try f.store.stats(.{})).sync_count);
    try f.store.sync(.commit, null);
    try expectEqual(f.store.fileSize(), (try f.store.stats(.{})).durable_offset);
}

test "commits of streams and reservations tell where the file ends" {
    var f: Fixture = try .init();
    defer f.deinit();
    var tail: u64 = 0;
    var stream = try f.store.stream("streamed", &.{}, .{ .out_tail = &tail });
    defer stream.deinit();
    try stream.interface.writeAll("value");
    try expectEqual(0, tail);
    try stream.commit();
    try expectEqual(f.store.fileSize(), tail);
    try expectError(error.BadState, stream.commit());
    try expectEqual(f.store.fileSize(), tail);

    const streamed = tail;
    var room = try f.store.reserve("built", 5, .{ .out_tail = &tail });
    defer room.abort();
    @memcpy(room.bytes, "value");
    try expectEqual(streamed, tail);
    try room.commit(null);
    try expectEqual(f.store.fileSize(), tail);
    try expect(tail > streamed);

    var given_up = try f.store.reserve("given up", 5, .{ .out_tail = &tail });
    given_up.abort();
    try expectEqual(f.store.fileSize(), tail);
}

test "a stream is a std.Io.Writer, and stores what is committed" {
    var f: Fixture = try .init();
    defer f.deinit();
    const long = try fixture.pattern(100_000, 3);
    defer gpa.free(long);
    for ([_]usize{ 0, 1, 64, 4096 }) |size| {
        const buffer = try gpa.alloc(u8, size);
        defer gpa.free(buffer);
        var stream = try f.store.stream("k", buffer, .{});
        defer stream.deinit();
        const w = &stream.interface;
        try w.print("{d} of {s}, ", .{ size, "these" });
        try w.writeAll(long);
        try w.splatByteAll('x', 10_000);
        try w.writeAll("end");
        try stream.commit();
        try expectError(error.BadState, stream.commit());

        var entry = (try f.store.get("k", .{})).?;
        defer entry.release();
        var reader = entry.reader();
        var start: [100]u8 = undefined;
        const expected = try std.fmt.bufPrint(&start, "{d} of these, ", .{size});
        try expectEqualStrings(expected, try reader.take(expected.len));
        try expectEqualStrings(long, try reader.take(long.len));
        for (try reader.take(10_000)) |byte| try expectEqual('x', byte);
        try expectEqualStrings("end", try reader.take(3));
        try expectError(error.EndOfStream, reader.takeByte());
    }
}

test "a stream that is not committed leaves nothing" {
    var f: Fixture = try .init();
    defer f.deinit();
    var buffer: [64]u8 = undefined;
    {
        var stream = try f.store.stream(simdr.KeyHash.of("k"), &buffer, .{});
        defer stream.deinit();
        try stream.interface.writeAll("given up");
        try stream.interface.flush();
    }
    try expectAbsent(&f.store, "k");

    var diagnostic: simdr.Diagnostic = .{};
    var stream = try f.store.stream("k", &.{}, .{ .diagnostic = &diagnostic });
    try expectError(error.EmptyPayload, stream.commit());
    try expect(diagnostic.message().len > 0);
    stream.deinit();
    stream.deinit();
    try expectError(error.Closed, stream.commit());
    try expectError(error.WriteFailed, stream.interface.writeAll("x"));
    try expectEqual(error.Closed, stream.err.?);
}

test "puts from a reader" {
    var f: Fixture = try .init();
    defer f.deinit();
    const value = try fixture.pattern(300_000, 5);
    defer gpa.free(value);
    var reader: std.Io.Reader = .fixed(value);
    try f.store.putFrom("k", &reader, .{});
    try expectValue(&f.store, "k", value);

    var entry = (try f.store.get("k", .{})).?;
    defer entry.release();
    var in_place = entry.reader();
    try f.store.putFrom("again", &in_place, .{});
    try expectValue(&f.store, "again", value);

    var diagnostic: simdr.Diagnostic = .{};
    var broken: std.Io.Reader = .failing;
    try expectError(error.SourceFailed, f.store.putFrom("k", &broken, .{ .diagnostic = &diagnostic }));
    try expect(diagnostic.message().len > 0);
    var empty: std.Io.Reader = .fixed("");
    try expectError(error.EmptyPayload, f.store.putFrom("k", &empty, .{}));
    try expectValue(&f.store, "k", value);
}

test "puts a file, and writes one" {
    var f: Fixture = try .init();
    defer f.deinit();
    const value = try fixture.pattern(100_000, 9);
    defer gpa.free(value);
    const path = try f.folder.file(gpa, "file");
    defer gpa.free(path);
    try std.Io.Dir.cwd().writeFile(io, .{ .sub_path = path, .data = value });
    {
        const file = try std.Io.Dir.cwd().openFile(io, path, .{});
        defer file.close(io);
        try f.store.putFile("k", file, .{});
        try expectValue(&f.store, "k", value);
        try expectError(error.EmptyPayload, f.store.putFile("k", file, .{}));
    }
    var entry = (try f.store.get("k", .{})).?;
    defer entry.release();
    {
        const file = try std.Io.Dir.cwd().createFile(io, path, .{});
        defer file.close(io);
        try entry.writeFile(file, null);
    }
    const back = try std.Io.Dir.cwd().readFileAlloc(io, path, gpa, .unlimited);
    defer gpa.free(back);
    try expectEqualStrings(value, back);
    const read_only = try std.Io.Dir.cwd().openFile(io, path, .{});
    defer read_only.close(io);
    try expectError(error.SinkFailed, entry.writeFile(read_only, null));
}

test "a reservation is filled in place" {
    var f: Fixture = try .init();
    defer f.deinit();
    {
        var r = try f.store.reserve("k", 10_000, .{});
        defer r.abort();
        try expectEqual([]align(64) u8, @TypeOf(r.bytes));
        @memset(r.bytes, 'r');
        try expectError(error.BadState, f.store.put("x", "y", .{}));
        try expectAbsent(&f.store, "k");
        try r.commit(null);
        try expectError(error.Closed, r.commit(null));
        try expectEqual(0, r.bytes.len);
    }
    try expectEqual(10_000, (try f.store.view("k", .{})).?.bytes().len);
    {
        var r = try f.store.reserve("given up", 5, .{});
        defer r.abort();
    }
    try expectAbsent(&f.store, "given up");
    try f.store.put("the writer's lock", "is free", .{});
    try expectError(error.EmptyPayload, f.store.reserve("k", 0, .{}));
    try expectError(error.TooLarge, f.store.reserve("k", 1 << 50, .{}));
    {
        var r = try f.store.reserve("k", 1, .{});
        r.bytes[0] = 0;
        var diagnostic: simdr.Diagnostic = .{};
        try expectError(error.TombstonePayload, r.commit(&diagnostic));
        try expect(diagnostic.message().len > 0);
        r.abort();
    }
    try f.reopen(.{ .direct_writes = true });
    try expectError(error.Unsupported, f.store.reserve("k", 5, .{}));
}
