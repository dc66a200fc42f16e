//! Measures what calls through the Zig binding cost, on the keys and in the orders of bench/peers/keys.h. Prints a line
//! "WORKLOAD VALUE_SIZE OPS NANOS" for each workload, as bench/harness/bindings.py wants them.

const std = @import("std");
const simdr = @import("simdr");

const Io = std.Io;
const batch_size = 1024;
/// In a turn of reading: short passes are run several times.
const least_nanos = 100 * std.time.ns_per_ms;

pub fn main(init: std.process.Init) !void {
    const arena = init.arena.allocator();
    const args = try init.minimal.args.toSlice(arena);
    const dir = argument(args, "--dir") orelse ".";
    const size = try std.fmt.parseInt(usize, argument(args, "--size") orelse "100", 10);
    const count = try std.fmt.parseInt(usize, argument(args, "--count") orelse "100000", 10);

    var buffer: [1024]u8 = undefined;
    var stdout = Io.File.stdout().writer(init.io, &buffer);
    var bench: Bench = .{
        .io = init.io,
        .out = &stdout.interface,
        .path = try arena.print("{s}/store.simdr", .{dir}),
        .keys = try arena.alloc(Key, count),
        .draws = try arena.alloc(Key, count),
        .value = try valueOfSize(arena, size),
    };
    for (bench.keys, 0..) |*key, i| key.* = keyNumber(i);
    var random: Xorshift64 = .{ .x = 88172645463325252 };
    for (bench.draws) |*key| key.* = keyNumber(random.next() % count);
    try bench.run();
    try stdout.interface.flush();
}

fn argument(args: []const [:0]const u8, name: []const u8) ?[]const u8 {
    for (args[0 .. args.len - 1], args[1..]) |arg, next| {
        if (std.mem.eql(u8, arg, name)) return next;
    }
    return null;
}

const Key = [16]u8;

const Bench = struct {
    io: Io,
    out: *Io.Writer,
    path: []const u8,
    keys: []Key,
    draws: []Key,
    value: []const u8,
    /// Keeps the compiler from leaving the work out.
    sum: u64 = 0,

    const Work = fn (*Bench, *simdr.Store) anyerror!void;

    fn run(self: *Bench) !void {
        defer Io.Dir.cwd().deleteFile(self.io, self.path) catch {};
        // The first fill is not told: it is what gives the file system and the host's memory their warmth.
        _ = try self.fill(put);
        try self.tell("put", self.keys.len, try self.fill(put));
        try self.tell("batch", self.keys.len, try self.fill(putMany));
        var store: simdr.Store = try .open(self.path, .{});
        defer store.close();
        try self.pass(&store, "get", get);
        try self.pass(&store, "getmany", getMany);
        try self.pass(&store, "view", view);
        try self.pass(&store, "viewmany", viewMany);
        if (self.sum == 0) return error.NoByteWasSeen;
    }

    fn tell(self: *Bench, workload: []const u8, ops: usize, nanos: u64) !void {
        try self.out.print("{s}\t{d}\t{d}\t{d}\n", .{ workload, self.value.len, ops, nanos });
    }

    fn now(self: *Bench) i96 {
        return Io.Clock.awake.now(self.io).nanoseconds;
    }

    /// Makes the store anew, and gives what writing to it took.
    fn fill(self: *Bench, comptime write: Work) !u64 {
        Io.Dir.cwd().deleteFile(self.io, self.path) catch |err| if (err != error.FileNotFound) return err;
        var store: simdr.Store = try .open(self.path, .{ .mode = .create_new });
        defer store.close();
        const start = self.now();
        try write(self, &store);
        return @intCast(self.now() - start);
    }

    /// Reads all draws, once untimed and then for a while, and tells what that took.
    fn pass(self: *Bench, store: *simdr.Store, name: []const u8, comptime read: Work) !void {
        try read(self, store);
        var ops: usize = 0;
        const start = self.now();
        while (self.now() - start < least_nanos) : (ops += self.draws.len) try read(self, store);
        try self.tell(name, ops, @intCast(self.now() - start));
    }

    fn put(self: *Bench, store: *simdr.Store) anyerror!void {
        for (self.keys) |*key| try store.put(key, self.value, .{});
    }

    fn putMany(self: *Bench, store: *simdr.Store) anyerror!void {
        var keys: [batch_size]simdr.Bytes = undefined;
        const values: [batch_size]simdr.Bytes = @splat(.of(self.value));
        var rest: []Key = self.keys;
        while (rest.len > 0) {
            const count = fillNames(&keys, rest);
            try store.putMany(@as([]const simdr.Bytes, keys[0..count]), values[0..count], .{});
            rest = rest[count..];
        }
    }

    fn get(self: *Bench, store: *simdr.Store) anyerror!void {
        for (self.draws) |*key| {
            var entry = (try store.get(key, .{})) orelse return error.Absent;
            defer entry.release();
            self.touch(entry.bytes());
        }
    }

    fn getMany(self: *Bench, store: *simdr.Store) anyerror!void {
        var keys: [batch_size]simdr.Bytes = undefined;
        var entries: [batch_size]simdr.Entry = undefined;
        var rest: []Key = self.draws;
        while (rest.len > 0) {
            const count = fillNames(&keys, rest);
            _ = try store.getMany(@as([]const simdr.Bytes, keys[0..count]), entries[0..count], .{});
            for (entries[0..count]) |*entry| {
                self.touch(entry.bytes());
                entry.release();
            }
            rest = rest[count..];
        }
    }

    fn view(self: *Bench, store: *simdr.Store) anyerror!void {
        for (self.draws) |*key| self.touch(((try store.view(key, .{})) orelse return error.Absent).bytes());
    }

    fn viewMany(self: *Bench, store: *simdr.Store) anyerror!void {
        var keys: [batch_size]simdr.Bytes = undefined;
        var views: [batch_size]simdr.View = undefined;
        var rest: []Key = self.draws;
        while (rest.len > 0) {
            const count = fillNames(&keys, rest);
            _ = try store.viewMany(@as([]const simdr.Bytes, keys[0..count]), views[0..count], .{});
            for (views[0..count]) |found| self.touch(found.bytes());
            rest = rest[count..];
        }
    }

    fn fillNames(names: []simdr.Bytes, keys: []const Key) usize {
        const count = @min(names.len, keys.len);
        for (names[0..count], keys[0..count]) |*name, *key| name.* = .of(key);
        return count;
    }

    /// What a user of a value does at the least: looks at every cache line of it.
    fn touch(self: *Bench, value: []const u8) void {
        var sum: u64 = 0;
        var i: usize = 0;
        while (i < value.len) : (i += 64) sum += value[i];
        self.sum += sum;
    }
};

const Xorshift64 = struct {
    x: u64,

    fn next(self: *Xorshift64) u64 {
        self.x ^= self.x << 13;
        self.x ^= self.x >> 7;
        self.x ^= self.x << 17;
        return self.x;
    }
};

fn keyNumber(i: u64) Key {
    var key: Key = undefined;
    std.mem.writeInt(u64, key[0..8], i, .little);
    std.mem.writeInt(u64, key[8..16], i *% 0x9E3779B97F4A7C15, .little);
    return key;
}

fn valueOfSize(arena: std.mem.Allocator, size: usize) ![]const u8 {
    var random: Xorshift64 = .{ .x = 1 };
    const value = try arena.alloc(u8, size + 8);
    var i: usize = 0;
    while (i < size) : (i += 8) std.mem.writeInt(u64, value[i..][0..8], random.next(), .little);
    return value[0..size];
}
