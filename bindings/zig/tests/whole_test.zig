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

const Seen = struct {
    calls: usize = 0,
    stop: bool = false,
    last: u64 = 0,
    key_hash: simdr.KeyHash = @fromBackingInt(0),
    skipped: usize = 0,

    fn progress(context: ?*anyopaque, done: u64, total: u64) bool {
        const self: *Seen = @ptrCast(@alignCast(context.?));
        if (done > total or done < self.last) return false;
        self.last = done;
        self.calls += 1;
        return !self.stop;
    }

    fn fault(context: ?*anyopaque, given: simdr.Fault) bool {
        const self: *Seen = @ptrCast(@alignCast(context.?));
        if (given.what.len == 0) return false;
        self.key_hash = given.key_hash;
        self.calls += 1;
        return !self.stop;
    }

    fn file(context: ?*anyopaque, key: []const u8, size: u64, status: i32) bool {
        const self: *Seen = @ptrCast(@alignCast(context.?));
        if (key.len == 0 or (size == 0) != (status != 0)) return false;
        self.calls += 1;
        if (status != 0) self.skipped += 1;
        return !self.stop;
    }
};

test "stats count" {
    var f: Fixture = try .init();
    defer f.deinit();
    try f.store.put("a", "1", .{});
    try f.store.put("a", "2", .{});
    try f.store.put("b", "3", .{});
    _ = try f.store.remove("b", .{});
    const stats = try f.store.stats(.{});
    try expectEqual(1, stats.live_count);
    try expectEqual(4, stats.total_count);
    try expectEqual(1, stats.tombstone_count);
    try expectEqual(f.store.fileSize(), stats.tail_offset);
    try expectEqual(1, f.store.count());
    try expect(!f.store.isEmpty());
}

test "compaction saves what it said, and stops when told" {
    var f: Fixture = try .init();
    defer f.deinit();
    const value = try fixture.pattern(1000, 1);
    defer gpa.free(value);
    for (0..100) |_| try f.store.put("k", value, .{});
    const before = f.store.fileSize();
    const savings = f.store.compactionSavings();
    var stopped: Seen = .{ .stop = true };
    var diagnostic: simdr.Diagnostic = .{};
    const stopping: simdr.Progress = .{ .context = &stopped, .call = Seen.progress };
    try expectError(error.Stopped, f.store.compact(.{ .progress = stopping, .diagnostic = &diagnostic }));
    try expect(diagnostic.status() < 0);
    try expectEqual(before, f.store.fileSize());
    var seen: Seen = .{};
    try f.store.compact(.{ .progress = .{ .context = &seen, .call = Seen.progress } });
    try expect(seen.calls > 0);
    const saved = before - f.store.fileSize();
    try expect(savings > 0 and saved >= savings and saved < savings + 64);
    try fixture.expectValue(&f.store, "k", value);
}

fn damaged() !Fixture {
    var f: Fixture = try .init();
    errdefer f.deinit();
    try f.fillNumbered(10);
    const offset = (try f.store.metadata("5", .{})).?.payload_offset;
    try f.reopen(.{});
    try f.flip(offset);
    return f;
}

test "verify finds damage" {
    var f = try damaged();
    defer f.deinit();
    var seen: Seen = .{};
    var steps: Seen = .{};
    var result: simdr.VerifyResult = .{};
    var diagnostic: simdr.Diagnostic = .{};
    try expectError(error.Corrupt, f.store.verify(.{
        .on_fault = .{ .context = &seen, .call = Seen.fault },
        .progress = .{ .context = &steps, .call = Seen.progress },
        .result = &result,
        .diagnostic = &diagnostic,
    }));
    try expect(diagnostic.message().len > 0);
    try expectEqual(10, result.entry_count);
    try expectEqual(1, result.fault_count);
    try expectEqual(1, seen.calls);
    try expectEqual(simdr.KeyHash.of("5"), seen.key_hash);
    try expect(steps.calls > 0);
    var stopped: Seen = .{ .stop = true };
    try expectError(error.Stopped, f.store.verify(.{ .on_fault = .{ .context = &stopped, .call = Seen.fault } }));

    var whole: Fixture = try .init();
    defer whole.deinit();
    try whole.fillNumbered(3);
    try whole.store.verify(.{ .result = &result });
    try expectEqual(3, result.entry_count);
    try expectEqual(0, result.fault_count);
}

test "repair keeps the rest" {
    var f = try damaged();
    defer f.deinit();
    try f.store.closeChecked(null);
    const path = try f.folder.file(gpa, "fixed.store");
    defer gpa.free(path);
    var seen: Seen = .{};
    const result = try simdr.repair(f.path, path, .{ .on_fault = .{ .context = &seen, .call = Seen.fault } });
    try expectEqual(9, result.kept_count);
    try expectEqual(9, result.kept_size);
    try expect(result.lost_count > 0 and result.lost_size > 0 and seen.calls > 0);
    var store: simdr.Store = try .open(path, .{});
    defer store.close();
    try fixture.expectAbsent(&store, "5");
    try fixture.expectValue(&store, "6", "6");
    var diagnostic: simdr.Diagnostic = .{};
    try expectError(error.PathAlreadyExists, simdr.repair(f.path, path, .{ .diagnostic = &diagnostic }));
    try expectError(error.FileNotFound, simdr.repair("/nonexistent/x", path, .{ .diagnostic = &diagnostic }));
    try expect(diagnostic.message().len > 0);
}

test "a backup is a store" {
    var f: Fixture = try .init();
    defer f.deinit();
    try f.fillNumbered(10);
    const path = try f.folder.file(gpa, "backup.store");
    defer gpa.free(path);
    try f.store.backup(path, .{});
    try f.store.put("5", "later", .{});
    var store: simdr.Store = try .open(path, .{});
    defer store.close();
    try fixture.expectValue(&store, "5", "5");
    try expectError(error.PathAlreadyExists, f.store.backup(path, .{}));
    try expectError(error.InvalidArgument, f.store.backup("a\x00b", .{}));
}

test "an older generation is upgraded" {
    var folder: Folder = try .init(gpa);
    defer folder.deinit(gpa, io);
    const old = try folder.file(gpa, "old");
    defer gpa.free(old);
    const new = try folder.file(gpa, "new");
    defer gpa.free(new);
    try std.Io.Dir.cwd().writeFile(io, .{ .sub_path = old, .data = @embedFile("packed.bin") });
    try simdr.upgrade(old, new, .{});
    var before: simdr.AnyStore = try .open(old, .{ .mode = .read_only });
    defer before.close();
    var after: simdr.Store = try .open(new, .{});
    defer after.close();
    try expect(before.count() > 0);
    var from = try before.iterate(.{ .verify = true });
    defer from.deinit();
    var to = try after.iterate(.{ .verify = true });
    defer to.deinit();
    while (try from.next()) |found| {
        var expected = found;
        defer expected.release();
        var entry = (try to.next()) orelse return error.TooFew;
        defer entry.release();
        try expectEqualStrings(expected.bytes(), entry.bytes());
    }
    try expectEqual(null, try to.next());
    try expectError(error.PathAlreadyExists, simdr.upgrade(old, new, .{}));
}

test "imports a folder" {
    var folder: Folder = try .init(gpa);
    defer folder.deinit(gpa, io);
    const sub = try folder.file(gpa, "sub");
    defer gpa.free(sub);
    try std.Io.Dir.cwd().createDirPath(io, sub);
    inline for (.{ .{ "a", "of a" }, .{ "sub/b", "of b" }, .{ "empty", "" } }) |pair| {
        const path = try folder.file(gpa, pair[0]);
        defer gpa.free(path);
        try std.Io.Dir.cwd().writeFile(io, .{ .sub_path = path, .data = pair[1] });
    }
    var f: Fixture = try .init();
    defer f.deinit();
    var seen: Seen = .{};
    const on_file: simdr.OnFile = .{ .context = &seen, .call = Seen.file };
    const result = try f.store.importDirectory(folder.path, .{ .on_file = on_file, .durability = .commit });
    try expectEqual(2, result.file_count);
    try expectEqual(8, result.stored_size);
    try expectEqual(1, result.skipped_count);
    try expectEqual(3, seen.calls);
    try expectEqual(1, seen.skipped);
    try fixture.expectValue(&f.store, "sub/b", "of b");
    _ = try f.store.importDirectory(folder.path, .{ .namespace = "ns" });
    try fixture.expectValue(&f.store, &simdr.namespacedKey("ns", "sub/b"), "of b");
    var stopped: Seen = .{ .stop = true };
    const stopping: simdr.OnFile = .{ .context = &stopped, .call = Seen.file };
    try expectError(error.Stopped, f.store.importDirectory(folder.path, .{ .on_file = stopping }));
    try expectError(error.FileNotFound, f.store.importDirectory("/nonexistent", .{}));
}
