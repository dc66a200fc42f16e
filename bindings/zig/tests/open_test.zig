const std = @import("std");
const simdr = @import("simdr");
const fixture = @import("fixture.zig");

const Fixture = fixture.Fixture;
const Folder = fixture.Folder;
const expect = std.testing.expect;
const expectEqual = std.testing.expectEqual;
const expectEqualStrings = std.testing.expectEqualStrings;
const expectError = std.testing.expectError;
const gpa = fixture.gpa;
const io = fixture.io;

test "opens in every mode" {
    var folder: Folder = try .init(gpa);
    defer folder.deinit(gpa, io);
    const path = try folder.file(gpa, "a.store");
    defer gpa.free(path);

    var diagnostic: simdr.Diagnostic = .{};
    for ([_]simdr.Mode{ .existing, .read_only }) |mode| {
        try expectError(error.FileNotFound, simdr.Store.open(path, .{ .mode = mode, .diagnostic = &diagnostic }));
        try expect(std.mem.find(u8, diagnostic.message(), path) != null);
        try expectEqual(@backingInt(std.posix.E.NOENT), diagnostic.osError());
        try expectEqualStrings("ERR_NO_SUCH_FILE", simdr.statusName(diagnostic.status()));
    }
    {
        var store: simdr.Store = try .open(path, .{ .mode = .create_new });
        defer store.close();
        try store.put("k", "v", .{});
    }
    try expectError(error.PathAlreadyExists, simdr.Store.open(path, .{ .mode = .create_new }));
    for ([_]simdr.Mode{ .create, .existing, .read_only }) |mode| {
        var store: simdr.Store = try .open(path, .{ .mode = mode });
        defer store.close();
        try fixture.expectValue(&store, "k", "v");
        try expectEqual(mode == .read_only, store.isReadOnly());
        try expectEqualStrings(path, store.filePath().?);
        try expectEqualStrings("aligned-64", store.generation().?);
        try expectEqual(64, store.payloadAlignment());
        try expectEqual(null, store.recoveredFrom());
    }
}

const no_store: [10_000]u8 = @splat('x');
const too_long: [5_000]u8 = @splat('x');

test "refuses what is no store, with words" {
    var folder: Folder = try .init(gpa);
    defer folder.deinit(gpa, io);
    const text = try folder.file(gpa, "text");
    defer gpa.free(text);
    try std.Io.Dir.cwd().writeFile(io, .{ .sub_path = text, .data = &no_store });
    const fresh = try folder.file(gpa, "fresh");
    defer gpa.free(fresh);

    const Case = struct { path: []const u8, expected: anyerror, options: simdr.OpenOptions = .{} };
    for ([_]Case{
        .{ .path = "a\x00b", .expected = error.InvalidArgument },
        .{ .path = "", .expected = error.InvalidArgument },
        .{ .path = &too_long, .expected = error.InvalidArgument },
        .{ .path = folder.path, .expected = error.IsDir },
        .{ .path = "/dev/null", .expected = error.NotRegularFile },
        .{ .path = text, .expected = error.NotAStore },
        .{ .path = fresh, .expected = error.InvalidArgument, .options = .{ .window_size = 1 } },
        .{ .path = fresh, .expected = error.InvalidArgument, .options = .{ .layout_alignment = 3 } },
    }) |case| {
        var diagnostic: simdr.Diagnostic = .{};
        var options = case.options;
        options.diagnostic = &diagnostic;
        try expectError(case.expected, simdr.Store.open(case.path, options));
        try expect(diagnostic.message().len > 0);
        try expect(diagnostic.status() < 0);
        // Nobody has to ask for the words.
        try expectError(case.expected, simdr.Store.open(case.path, case.options));
    }
}

test "a second writer is locked out" {
    var f: Fixture = try .init();
    defer f.deinit();
    try expectError(error.Locked, simdr.Store.open(f.path, .{}));
    try expectError(error.Locked, simdr.Store.open(f.path, .{ .lock_timeout_ms = 1 }));
    var reader: simdr.Store = try .open(f.path, .{ .mode = .read_only });
    reader.close();
}

test "every call after close is error.Closed" {
    var f: Fixture = try .init();
    defer f.deinit();
    try f.store.put("k", "v", .{});
    var entry = (try f.store.get("k", .{})).?;
    defer entry.release();
    var other: Fixture = try .init();
    defer other.deinit();

    f.store.close();
    f.store.close();
    const s = &f.store;
    var diagnostic: simdr.Diagnostic = .{};
    try expectError(error.Closed, s.closeChecked(&diagnostic));
    try expectEqualStrings("used after its close", diagnostic.message());

    const hash: simdr.KeyHash = .of("k");
    const keys = [_]simdr.Bytes{.of("k")};
    const hashes = [_]simdr.KeyHash{hash};
    var entries: [1]simdr.Entry = undefined;
    var views: [1]simdr.View = undefined;
    var buffer: [8]u8 = undefined;
    var reader: std.Io.Reader = .fixed("x");
    try expectError(error.Closed, s.put("k", "v", .{}));
    try expectError(error.Closed, s.put(hash, "v", .{}));
    try expectError(error.Closed, s.putMany(&keys, &keys, .{}));
    try expectError(error.Closed, s.putMany(&hashes, &keys, .{}));
    try expectError(error.Closed, s.putIfAbsent("k", "v", .{}));
    try expectError(error.Closed, s.putIfEntry(entry, "v", .{}));
    try expectError(error.Closed, s.remove("k", .{}));
    try expectError(error.Closed, s.removeMany(&keys, .{}));
    try expectError(error.Closed, s.rename("k", "l", .{}));
    try expectError(error.Closed, s.copyTo(&other.store, "k", .{}));
    try expectError(error.Closed, other.store.copyTo(s, "k", .{}));
    try expectError(error.Closed, s.transferTo(&other.store, "k", .{}));
    try expectError(error.Closed, s.sync(.commit, null));
    try expectError(error.Closed, s.stream("k", &buffer, .{}));
    try expectError(error.Closed, s.putFrom("k", &reader, .{}));
    try expectError(error.Closed, s.putFile("k", .stdin(), .{}));
    try expectError(error.Closed, s.reserve("k", 1, .{}));
    try expectError(error.Closed, s.get("k", .{}));
    try expectError(error.Closed, s.view("k", .{}));
    try expectError(error.Closed, s.getMany(&keys, &entries, .{}));
    try expectError(error.Closed, s.getManyVerified(&hashes, &keys, &entries, .{}));
    try expectError(error.Closed, s.viewMany(&keys, &views, .{}));
    try expectError(error.Closed, s.read("k", 0, &buffer, .{}));
    try expectError(error.Closed, s.exists("k", .{}));
    try expectError(error.Closed, s.last(.{}));
    try expectError(error.Closed, s.metadata("k", .{}));
    try expectError(error.Closed, s.iterate(.{}));
    try expectError(error.Closed, s.versions("k", .{}));
    try expectError(error.Closed, s.forEach({}, ignore, .{}));
    try expectError(error.Closed, s.stats(.{}));
    try expectError(error.Closed, s.compact(.{}));
    try expectError(error.Closed, s.verify(.{}));
    try expectError(error.Closed, s.importDirectory(".", .{}));
    try expectError(error.Closed, s.backup("x", .{}));
    try expectEqual(0, s.count());
    try expect(s.isEmpty());
    try expectEqual(0, s.fileSize());
    try expectEqual(0, s.compactionSavings());
    try expectEqual(null, s.filePath());
    try expectEqual(null, s.generation());
    try expectEqual(null, s.recoveredFrom());
    try expectEqual(0, s.payloadAlignment());
    try expect(!s.isReadOnly());
}

fn ignore(_: void, _: simdr.View) bool {
    return true;
}

/// Counts what a log is told, and keeps the last of it.
const Lines = struct {
    count: usize = 0,
    level: simdr.LogLevel = .info,
    text: [1000]u8 = undefined,
    len: usize = 0,

    fn call(context: ?*anyopaque, level: simdr.LogLevel, message: []const u8) void {
        const self: *@This() = @ptrCast(@alignCast(context.?));
        self.count += 1;
        self.level = level;
        self.len = @min(message.len, self.text.len);
        @memcpy(self.text[0..self.len], message[0..self.len]);
    }
};

test "the log tells what a damaged end cost" {
    var f: Fixture = try .init();
    defer f.deinit();
    try f.store.put("a", "first", .{});
    try f.store.put("b", "second", .{});
    const size = f.store.fileSize();
    try f.store.closeChecked(null);
    {
        const file = try std.Io.Dir.cwd().openFile(io, f.path, .{ .mode = .read_write });
        defer file.close(io);
        try file.setLength(io, size - 1);
    }
    var lines: Lines = .{};
    const log: simdr.Log = .{ .context = &lines, .call = Lines.call };
    f.store = try .open(f.path, .{ .log = &log });
    try fixture.expectValue(&f.store, "a", "first");
    try fixture.expectAbsent(&f.store, "b");
    try expectEqual(1, lines.count);
    try expectEqual(simdr.LogLevel.warning, lines.level);
    try expect(std.mem.find(u8, lines.text[0..lines.len], f.store.recoveredFrom().?) != null);
}

test "an index file is saved by a writer and used by a reader" {
    var f: Fixture = try .init();
    defer f.deinit();
    const index = try f.folder.file(gpa, "test.store.index");
    defer gpa.free(index);
    try f.reopen(.{ .index_file = true });
    try f.fillNumbered(300);
    try expectError(error.FileNotFound, std.Io.Dir.cwd().access(io, index, .{}));
    try f.store.closeChecked(null);
    try std.Io.Dir.cwd().access(io, index, .{});

    var lines: Lines = .{};
    const log: simdr.Log = .{ .context = &lines, .call = Lines.call };
    f.store = try .open(f.path, .{ .mode = .read_only, .index_file = true, .log = &log });
    try expectEqual(1, lines.count);
    try expectEqual(simdr.LogLevel.info, lines.level);
    try expect(std.mem.find(u8, lines.text[0..lines.len], ".index: used, the store was not walked") != null);
    try expectEqual(300, f.store.count());
    var text: [20]u8 = undefined;
    for (0..300) |i| {
        const key = try std.fmt.bufPrint(&text, "{d}", .{i});
        try fixture.expectValue(&f.store, key, key);
    }
    try fixture.expectAbsent(&f.store, "300");
}

test "what is open keeps the store open" {
    var f: Fixture = try .init();
    defer f.deinit();
    try f.fillNumbered(10);
    var it = try f.store.iterate(.{});
    defer it.deinit();
    var buffer: [16]u8 = undefined;
    var stream = try f.store.stream("late", &buffer, .{});
    defer stream.deinit();

    var diagnostic: simdr.Diagnostic = .{};
    try expectError(error.BadState, f.store.closeChecked(&diagnostic));
    try expect(std.mem.find(u8, diagnostic.message(), "open") != null);
    f.store.close();
    try expectError(error.Closed, f.store.get("1", .{}));
    try expectError(error.Locked, simdr.Store.open(f.path, .{}));

    var first = (try it.next()).?;
    defer first.release();
    try expectEqualStrings("9", first.bytes());
    try stream.interface.writeAll("stored after the close");
    try stream.commit();
    it.deinit();
    try expectError(error.Closed, it.next());
    stream.deinit();

    f.store = try .open(f.path, .{});
    try fixture.expectValue(&f.store, "late", "stored after the close");
}

test "version, kernels and statuses have names" {
    try expect(simdr.version().len > 0);
    try expect(simdr.kernelName().len > 0);
    try expectEqualStrings("NOT_FOUND", simdr.statusName(-1));
    try expect(simdr.statusText(-1).len > 0);
}

test "a store type of a larger alignment refuses an older file" {
    var folder: Folder = try .init(gpa);
    defer folder.deinit(gpa, io);
    const path = try folder.file(gpa, "packed.bin");
    defer gpa.free(path);
    try std.Io.Dir.cwd().writeFile(io, .{ .sub_path = path, .data = @embedFile("packed.bin") });

    var diagnostic: simdr.Diagnostic = .{};
    try expectError(error.Misaligned, simdr.Store.open(path, .{ .mode = .read_only, .diagnostic = &diagnostic }));
    try expect(diagnostic.message().len > 0);
    try expectError(error.OldGeneration, simdr.AnyStore.open(path, .{ .mode = .existing }));

    var store: simdr.AnyStore = try .open(path, .{ .mode = .read_only });
    defer store.close();
    try expectEqual(1, store.payloadAlignment());
    try expectEqual([]align(1) const u8, @TypeOf((try store.last(.{})).?.bytes()));
    var misaligned: usize = 0;
    var it = try store.iterate(.{ .verify = true });
    defer it.deinit();
    while (try it.next()) |found| {
        var entry = found;
        defer entry.release();
        if (entry.bytes().len % 8 != 0) continue;
        const room = try gpa.alloc(u64, entry.bytes().len / 8);
        defer gpa.free(room);
        if (entry.slice(u64, null)) |_| {} else |err| {
            try expectEqual(error.Misaligned, err);
            misaligned += 1;
            try expectError(error.TooLarge, entry.sliceOrCopy(u64, room[0..0], null));
        }
        try std.testing.expectEqualSlices(u8, entry.bytes(), std.mem.sliceAsBytes(try entry.sliceOrCopy(u64, room, null)));
    }
    try expect(misaligned > 0);
}
