//! Executes tests/data/conformance/vectors.txt, or the file that its argument names, and prints each vector as a test
//! of the Test Anything Protocol. The README beside those vectors says what their lines mean.

const std = @import("std");
const simdr = @import("simdr");
const Folder = @import("fixture.zig").Folder;

const Allocator = std.mem.Allocator;
const Io = std.Io;

pub fn main(init: std.process.Init) !u8 {
    var buffer: [4096]u8 = undefined;
    var stdout = Io.File.stdout().writer(init.io, &buffer);
    const out = &stdout.interface;

    var arena_state: std.heap.ArenaAllocator = .init(init.gpa);
    defer arena_state.deinit();
    const args = try init.minimal.args.toSlice(init.arena.allocator());
    const vectors = if (args.len > 1)
        try Io.Dir.cwd().readFileAlloc(init.io, args[1], init.arena.allocator(), .unlimited)
    else
        @embedFile("vectors.txt");
    var failed = false;
    var count: usize = 0;
    var name: []const u8 = "";
    var runner: Runner = undefined;
    var lines = std.mem.tokenizeScalar(u8, vectors, '\n');
    while (lines.next()) |line| {
        if (line[0] == '#') continue;
        if (std.mem.cutPrefix(u8, line, "vector ")) |its_name| {
            _ = arena_state.reset(.retain_capacity);
            name = its_name;
            runner = .{ .arena = arena_state.allocator(), .io = init.io, .folder = try .init(init.gpa) };
        } else if (std.mem.eql(u8, line, "end")) {
            count += 1;
            if (runner.wrong == null and runner.store != null) runner.wrong = "a store is left open";
            const wrong = runner.wrong;
            failed = failed or wrong != null;
            try out.print("{s} - conformance/{s}\n", .{ if (wrong == null) "ok" else "not ok", name });
            if (wrong) |text| try out.print("# {s}\n", .{text});
            runner.end(init.gpa);
        } else try runner.execute(line);
    }
    try out.print("1..{d}\n", .{count});
    try out.flush();
    return @intFromBool(failed);
}

/// Executes the steps of one vector, in a folder of its own, on at most one open store. Memory is the arena's.
const Runner = struct {
    arena: Allocator,
    io: Io,
    folder: Folder,
    store: ?simdr.AnyStore = null,
    /// The first step that did not do what it should.
    wrong: ?[]const u8 = null,
    args: std.mem.TokenIterator(u8, .scalar) = undefined,
    results: std.ArrayList(u8) = .empty,
    diagnostic: simdr.Diagnostic = .{},

    fn end(self: *Runner, gpa: Allocator) void {
        if (self.store) |*store| store.close();
        self.folder.deinit(gpa, self.io);
    }

    fn execute(self: *Runner, line: []const u8) !void {
        if (self.wrong != null) return;
        const call, const expected = std.mem.cut(u8, line, " => ") orelse .{ line, "an outcome" };
        self.args = std.mem.tokenizeScalar(u8, call, ' ');
        self.results = .empty;
        self.diagnostic = .{};
        const outcome = outcome: {
            self.step(self.args.next() orelse "") catch |err| break :outcome try self.nameOf(err);
            break :outcome try std.mem.concat(self.arena, u8, &.{ "ok", self.results.items });
        };
        const wanted = try self.writtenOut(expected);
        if (!std.mem.eql(u8, outcome, wanted)) {
            const words = .{ start(call), start(outcome), start(wanted) };
            self.wrong = try self.arena.print("{s} gives {s}, wanted {s}", words);
        }
    }

    fn start(text: []const u8) []const u8 {
        return text[0..@min(text.len, 200)];
    }

    /// What an error is in the vectors: the status's name, without ERR_.
    fn nameOf(self: *Runner, err: anyerror) ![]const u8 {
        if (err == error.NotFound) return "NOT_FOUND";
        if (err == error.Exists or err == error.PathAlreadyExists) return "EXISTS";
        if (self.diagnostic.status() == 0) return self.arena.print("not an error of the library: {t}", .{err});
        const name = simdr.statusName(self.diagnostic.status());
        return std.mem.cutPrefix(u8, name, "ERR_") orelse name;
    }

    /// Has HEX*COUNT written out.
    fn writtenOut(self: *Runner, outcome: []const u8) ![]const u8 {
        var out: std.ArrayList(u8) = .empty;
        var tokens = std.mem.tokenizeScalar(u8, outcome, ' ');
        while (tokens.next()) |text| {
            if (out.items.len > 0) try out.append(self.arena, ' ');
            const digits, const times = std.mem.cut(u8, text, "*") orelse .{ text, "1" };
            for (0..try std.fmt.parseInt(usize, times, 10)) |_| try out.appendSlice(self.arena, digits);
        }
        return out.items;
    }

    const Verb = enum {
        open,
        open_verifying,
        close,
        put,
        put_hashed,
        put_if_absent,
        put_batch,
        put_stream,
        get,
        get_hashed,
        get_batch,
        exists,
        remove,
        remove_batch,
        rename,
        count,
        iterate,
        versions,
        checksum,
        start_offset,
        aligned,
        file_size,
        compact,
        verify,
        recovered,
        generation,
        alignment,
        key_hash,
        namespaced_key,
        write_file,
        append_file,
        cut_file,
        flip_byte,
        read_file,
        file_hash,
    };

    fn step(self: *Runner, word: []const u8) !void {
        const d = &self.diagnostic;
        const write: simdr.WriteOptions = .{ .diagnostic = d };
        const read: simdr.ReadOptions = .{ .diagnostic = d };
        switch (std.meta.stringToEnum(Verb, word) orelse return error.NoSuchVerb) {
            .open => try self.open(false),
            .open_verifying => try self.open(true),
            .close => {
                var store = try self.opened();
                try store.closeChecked(d);
                self.store = null;
            },
            .put => {
                const key = try self.bytes();
                try (try self.opened()).put(key, try self.bytes(), write);
            },
            .put_hashed => {
                const hash = try self.keyHash();
                try (try self.opened()).put(hash, try self.bytes(), write);
            },
            .put_if_absent => {
                const key = try self.bytes();
                if (!try (try self.opened()).putIfAbsent(key, try self.bytes(), write)) return error.Exists;
            },
            .put_batch => try self.putBatch(),
            .put_stream => try self.putStream(),
            .get => try self.tellEntry(try (try self.opened()).get(try self.bytes(), read)),
            .get_hashed => try self.tellEntry(try (try self.opened()).get(try self.keyHash(), read)),
            .get_batch => try self.getBatch(),
            .exists => try self.tellBool(try (try self.opened()).exists(try self.bytes(), read)),
            .remove => if (!try (try self.opened()).remove(try self.bytes(), write)) return error.NotFound,
            .remove_batch => try self.tell("{d}", .{try (try self.opened()).removeMany(try self.allBytes(), write)}),
            .rename => {
                const old = try self.bytes();
                if (!try (try self.opened()).rename(old, try self.bytes(), write)) return error.NotFound;
            },
            .count => try self.tell("{d}", .{(try self.opened()).count()}),
            .iterate => try self.walk(try (try self.opened()).iterate(.{ .diagnostic = d })),
            .versions => try self.walk(try (try self.opened()).versions(try self.bytes(), read)),
            .checksum => try self.tell("{x:0>8}", .{(try self.metadata()).checksum}),
            .start_offset => try self.tell("{d}", .{(try self.metadata()).payload_offset}),
            .aligned => {
                var entry = (try (try self.opened()).get(try self.bytes(), read)) orelse return error.NotFound;
                defer entry.release();
                try self.tellBool(@intFromPtr(entry.bytes().ptr) % try self.number() == 0);
            },
            .file_size => try self.tell("{d}", .{(try self.opened()).fileSize()}),
            .compact => try (try self.opened()).compact(.{ .diagnostic = d }),
            .verify => try (try self.opened()).verify(.{ .diagnostic = d }),
            .recovered => try self.tellBool((try self.opened()).recoveredFrom() != null),
            .generation => try self.tell("{s}", .{(try self.opened()).generation().?}),
            .alignment => try self.tell("{d}", .{(try self.opened()).payloadAlignment()}),
            .key_hash => try self.tell("{x:0>16}", .{simdr.KeyHash.of(try self.bytes()).number()}),
            .namespaced_key => {
                const namespace = try self.bytes();
                try self.tellBytes(&simdr.namespacedKey(namespace, try self.bytes()));
            },
            .write_file => {
                const path = try self.file();
                try self.writeFile(path, try self.bytes());
            },
            .append_file => {
                const path = try self.file();
                const content = try self.readFile(path);
                try self.writeFile(path, try std.mem.concat(self.arena, u8, &.{ content, try self.bytes() }));
            },
            .cut_file => {
                const path = try self.file();
                const content = try self.readFile(path);
                try self.writeFile(path, content[0..try self.number()]);
            },
            .flip_byte => {
                const path = try self.file();
                const content = try self.readFile(path);
                content[try self.number()] ^= 0xFF;
                try self.writeFile(path, content);
            },
            .read_file => try self.tellBytes(try self.readFile(try self.file())),
            .file_hash => try self.tell("{x:0>16}", .{simdr.KeyHash.of(try self.readFile(try self.file())).number()}),
        }
    }

    fn open(self: *Runner, verify: bool) !void {
        const path = try self.file();
        const mode = std.meta.stringToEnum(simdr.Mode, try self.token()) orelse return error.NoSuchMode;
        self.store = try .open(path, .{ .mode = mode, .verify_reads = verify, .diagnostic = &self.diagnostic });
    }

    fn opened(self: *Runner) !*simdr.AnyStore {
        return if (self.store) |*store| store else error.NoStoreIsOpen;
    }

    fn putBatch(self: *Runner) !void {
        const all = try self.allBytes();
        const half = try self.arena.alloc(simdr.Bytes, all.len);
        const keys, const values = .{ half[0 .. all.len / 2], half[all.len / 2 ..] };
        for (keys, values, 0..) |*key, *value, i| key.*, value.* = .{ all[2 * i], all[2 * i + 1] };
        try (try self.opened()).putMany(keys, values, .{ .diagnostic = &self.diagnostic });
    }

    fn putStream(self: *Runner) !void {
        // Without a buffer each piece is a call of its own.
        var stream = try (try self.opened()).stream(try self.bytes(), &.{}, .{ .diagnostic = &self.diagnostic });
        defer stream.deinit();
        while (self.args.peek() != null) stream.interface.writeAll(try self.bytes()) catch return stream.err.?;
        try stream.commit();
    }

    fn getBatch(self: *Runner) !void {
        const keys = try self.allBytes();
        const entries = try self.arena.alloc(simdr.AnyStore.Entry, keys.len);
        _ = try (try self.opened()).getMany(keys, entries, .{ .diagnostic = &self.diagnostic });
        defer for (entries) |*entry| entry.release();
        for (entries) |entry| {
            if (entry.handle == null) try self.tell("absent", .{}) else try self.tellBytes(entry.bytes());
        }
    }

    fn walk(self: *Runner, iterator: simdr.AnyStore.Iterator) !void {
        var it = iterator;
        defer it.deinit();
        while (try it.next()) |entry| try self.tellEntry(entry);
    }

    fn metadata(self: *Runner) !simdr.EntryInfo {
        const store = try self.opened();
        return (try store.metadata(try self.bytes(), .{ .diagnostic = &self.diagnostic })) orelse error.NotFound;
    }

    fn token(self: *Runner) ![]const u8 {
        return self.args.next() orelse error.TooFewArguments;
    }

    fn bytes(self: *Runner) ![]const u8 {
        const text = try self.token();
        if (std.mem.eql(u8, text, "-")) return "";
        const hex = try self.writtenOut(text);
        return std.fmt.hexToBytes(try self.arena.alloc(u8, hex.len / 2), hex);
    }

    fn allBytes(self: *Runner) ![]const simdr.Bytes {
        var all: std.ArrayList(simdr.Bytes) = .empty;
        while (self.args.peek() != null) try all.append(self.arena, .of(try self.bytes()));
        return all.items;
    }

    fn keyHash(self: *Runner) !simdr.KeyHash {
        return @fromBackingInt(try std.fmt.parseInt(u64, try self.token(), 16));
    }

    fn number(self: *Runner) !usize {
        return std.fmt.parseInt(usize, try self.token(), 10);
    }

    fn file(self: *Runner) ![]const u8 {
        return self.folder.file(self.arena, try self.token());
    }

    fn readFile(self: *Runner, path: []const u8) ![]u8 {
        return Io.Dir.cwd().readFileAlloc(self.io, path, self.arena, .unlimited);
    }

    fn writeFile(self: *Runner, path: []const u8, content: []const u8) !void {
        try Io.Dir.cwd().writeFile(self.io, .{ .sub_path = path, .data = content });
    }

    fn tell(self: *Runner, comptime format: []const u8, values: anytype) !void {
        try self.results.appendSlice(self.arena, try self.arena.print(" " ++ format, values));
    }

    fn tellBytes(self: *Runner, given: []const u8) !void {
        if (given.len == 0) try self.tell("-", .{}) else try self.tell("{x}", .{given});
    }

    fn tellBool(self: *Runner, given: bool) !void {
        try self.tell("{d}", .{@intFromBool(given)});
    }

    /// Releases it.
    fn tellEntry(self: *Runner, given: ?simdr.AnyStore.Entry) !void {
        var entry = given orelse return error.NotFound;
        defer entry.release();
        try self.tellBytes(entry.bytes());
    }
};
