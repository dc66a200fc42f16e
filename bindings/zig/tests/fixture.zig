//! A folder of its own for a test, and the little that tests say often.

const std = @import("std");
const simdr = @import("simdr");

const Io = std.Io;
pub const io = std.testing.io;
pub const gpa = std.testing.allocator;

extern "c" fn mkdtemp(template: [*:0]u8) ?[*:0]u8;

pub const Folder = struct {
    path: [:0]u8,

    pub fn init(allocator: std.mem.Allocator) !Folder {
        const parent = if (std.c.getenv("TMPDIR")) |dir| std.mem.span(dir) else "/tmp";
        const template = try allocator.printSentinel("{s}/simdr-test-XXXXXX", .{parent}, 0);
        errdefer allocator.free(template);
        if (mkdtemp(template) == null) return error.NoFolder;
        return .{ .path = template };
    }

    pub fn deinit(self: *Folder, allocator: std.mem.Allocator, its_io: Io) void {
        Io.Dir.cwd().deleteTree(its_io, self.path) catch {};
        allocator.free(self.path);
    }

    /// To be freed.
    pub fn file(self: Folder, allocator: std.mem.Allocator, name: []const u8) ![]u8 {
        return std.mem.concat(allocator, u8, &.{ self.path, "/", name });
    }
};

/// An open store in a folder that goes with it.
pub const Fixture = struct {
    folder: Folder,
    path: []u8,
    store: simdr.Store,

    pub fn init() !Fixture {
        var folder: Folder = try .init(gpa);
        errdefer folder.deinit(gpa, io);
        const path = try folder.file(gpa, "test.store");
        errdefer gpa.free(path);
        return .{ .folder = folder, .path = path, .store = try .open(path, .{}) };
    }

    pub fn deinit(self: *Fixture) void {
        self.store.close();
        gpa.free(self.path);
        self.folder.deinit(gpa, io);
    }

    pub fn reopen(self: *Fixture, options: simdr.OpenOptions) !void {
        try self.store.closeChecked(null);
        self.store = try .open(self.path, options);
    }

    /// Inverts a byte of the file, behind the library's back.
    pub fn flip(self: *Fixture, offset: u64) !void {
        const file = try Io.Dir.cwd().openFile(io, self.path, .{ .mode = .read_write });
        defer file.close(io);
        var byte: [1]u8 = undefined;
        _ = try file.readPositionalAll(io, &byte, offset);
        byte[0] ^= 0xFF;
        try file.writePositionalAll(io, &byte, offset);
    }

    /// "0" to count-1, each the value of its own key.
    pub fn fillNumbered(self: *Fixture, count: usize) !void {
        var text: [20]u8 = undefined;
        for (0..count) |i| {
            const key = try std.fmt.bufPrint(&text, "{d}", .{i});
            try self.store.put(key, key, .{});
        }
    }
};

pub fn expectValue(store: anytype, key: []const u8, value: []const u8) !void {
    var entry = (try store.get(key, .{})) orelse return error.Absent;
    defer entry.release();
    try std.testing.expectEqualStrings(value, entry.bytes());
}

pub fn expectAbsent(store: anytype, key: []const u8) !void {
    var entry = (try store.get(key, .{})) orelse return;
    entry.release();
    return error.NotAbsent;
}

/// `size` bytes that differ from those of other seeds. To be freed.
pub fn pattern(size: usize, seed: usize) ![]u8 {
    const bytes = try gpa.alloc(u8, size);
    for (bytes, 0..) |*byte, i| byte.* = @truncate(i *% 131 +% seed *% 17 +% 7);
    if (size == 1 and bytes[0] == 0) bytes[0] = 1;
    return bytes;
}
