//! A store: open, write, read, walk, maintain.

const std = @import("std");
const c = @import("c");
const errors = @import("errors.zig");
const entry = @import("entry.zig");
const iterator = @import("iterator.zig");
const keys = @import("keys.zig");
const opts = @import("options.zig");
const stream_file = @import("stream.zig");
const whole = @import("whole.zig");
const Shared = @import("shared.zig").Shared;

const Bytes = keys.Bytes;
const Diagnostic = errors.Diagnostic;
const Error = errors.Error;
const KeyHash = keys.KeyHash;
const OpenError = errors.OpenError;
const ReadError = errors.ReadError;
const ReadOptions = opts.ReadOptions;
const Reservation = stream_file.Reservation;
const Stream = stream_file.Stream;
const WriteError = errors.WriteError;
const WriteOptions = opts.WriteOptions;
const check = errors.check;
const checkUnless = errors.checkUnless;
const rawOf = errors.rawOf;

/// A store whose values start on multiples of `alignment` in memory: 64 for what this library writes. Stores of older
/// generations have smaller ones; StoreOf(1) reads them all.
///
/// A `key` is bytes or a KeyHash. Every call but close() may be made from any number of threads at once. One open store
/// is one variable: pass it by pointer, do not copy it.
pub fn StoreOf(comptime alignment: usize) type {
    return struct {
        shared: ?*Shared,

        const Self = @This();
        pub const Entry = entry.EntryOf(alignment);
        pub const View = entry.ViewOf(alignment);
        pub const Iterator = iterator.IteratorOf(alignment);

        /// error.Misaligned when the file's values start on multiples of less than this type's alignment.
        pub fn open(path: []const u8, options: opts.OpenOptions) OpenError!Self {
            const name: opts.Path = try .of(path, options.diagnostic);
            const raw = options.toC();
            var handle: ?*c.simdr_store = null;
            try check(OpenError, c.simdr_store_open(name.c_str(), &raw, &handle, rawOf(options.diagnostic)));
            if (c.simdr_store_alignment(handle.?) % alignment != 0) {
                c.simdr_store_close(handle);
                const words = "path: the store's payloads start on smaller multiples than the store type asks for";
                errors.describe(options.diagnostic, c.SIMDR_ERR_MISALIGNED, words);
                return error.Misaligned;
            }
            return .{ .shared = try .create(handle.?) };
        }

        /// Ends the use of the store: what was written and not yet synced is synced, and the file is cut to its last
        /// entry. Entries stay readable. Iterators, streams and reservations that are still open keep the file open
        /// till they end. A second one does nothing. Must not race other calls.
        pub fn close(self: *Self) void {
            const shared = self.shared orelse return;
            self.shared = null;
            shared.release();
        }

        /// close() that says what failed; the store is closed in any case, but for error.BadState: an iterator, stream
        /// or reservation is still open, and so is the store.
        pub fn closeChecked(self: *Self, diagnostic: ?*Diagnostic) Error!void {
            const shared = self.shared orelse return errors.closed(diagnostic);
            if (shared.users.load(.acquire) != 1) {
                const words = "store: an iterator, stream or reservation of it is open";
                errors.describe(diagnostic, c.SIMDR_ERR_BAD_STATE, words);
                return error.BadState;
            }
            self.shared = null;
            try shared.releaseChecked(diagnostic);
        }

        fn live(self: *const Self, diagnostic: ?*Diagnostic) error{Closed}!*c.simdr_store {
            return (self.shared orelse return errors.closed(diagnostic)).handle;
        }

        /// null after close(), as with the others that only tell something.
        fn liveOrNull(self: *const Self) ?*c.simdr_store {
            return (self.shared orelse return null).handle;
        }

        /// As it was given to open(); valid until close().
        pub fn filePath(self: *const Self) ?[:0]const u8 {
            return std.mem.span(c.simdr_store_path(self.liveOrNull() orelse return null));
        }

        pub fn isReadOnly(self: *const Self) bool {
            return c.simdr_store_is_read_only(self.liveOrNull() orelse return false) != 0;
        }

        /// null when the file was whole; else one line on what was wrong and what was left out. Valid until close().
        pub fn recoveredFrom(self: *const Self) ?[:0]const u8 {
            const text: ?[*:0]const u8 = c.simdr_store_recovered_from(self.liveOrNull() orelse return null);
            return std.mem.span(text orelse return null);
        }

        /// "aligned-64", "aligned-16", "packed-20", "packed-19", or "aligned-N". Valid until close().
        pub fn generation(self: *const Self) ?[:0]const u8 {
            return std.mem.span(c.simdr_store_generation(self.liveOrNull() orelse return null));
        }

        /// Values start on multiples of this many bytes; at least the type's. 0 after close().
        pub fn payloadAlignment(self: *const Self) u32 {
            return c.simdr_store_alignment(self.liveOrNull() orelse return 0);
        }

        /// Live entries; 0 after close().
        pub fn count(self: *const Self) u64 {
            return c.simdr_store_count(self.liveOrNull() orelse return 0);
        }

        pub fn isEmpty(self: *const Self) bool {
            return c.simdr_store_is_empty(self.liveOrNull() orelse return true) != 0;
        }

        /// The size that the file has once the store is closed; 0 after close().
        pub fn fileSize(self: *const Self) u64 {
            return c.simdr_store_file_size(self.liveOrNull() orelse return 0);
        }

        /// What compact() would save, bytes; 0 after close().
        pub fn compactionSavings(self: *const Self) u64 {
            return c.simdr_store_compaction_savings(self.liveOrNull() orelse return 0);
        }

        pub fn stats(self: *const Self, options: ReadOptions) ReadError!whole.Stats {
            const handle = try self.live(options.diagnostic);
            var raw = std.mem.zeroes(c.simdr_stats);
            raw.size = @sizeOf(c.simdr_stats);
            try check(ReadError, c.simdr_store_stats(handle, &raw, rawOf(options.diagnostic)));
            return raw;
        }

        /// Stores `value` as the newest under `key`. Both are copied before it returns.
        pub fn put(self: *Self, key: anytype, value: []const u8, options: WriteOptions) WriteError!void {
            const handle = try self.live(options.diagnostic);
            const rest = .{ value.ptr, value.len } ++ options.last();
            try check(WriteError, keys.call(c.simdr_store_put, c.simdr_store_put_hashed, handle, key, rest));
        }

        /// Stores all values or none, in order; a kill at any instant (a power cut, with .commit or .strict) leaves all
        /// or none. A key given twice keeps its last value. `names` are []const Bytes or []const KeyHash, as many as
        /// there are values.
        pub fn putMany(self: *Self, names: anytype, values: []const Bytes, options: WriteOptions) WriteError!void {
            const handle = try self.live(options.diagnostic);
            const rest = .{ names.len, keys.rawBytes(values), values.len } ++ options.last();
            try check(WriteError, if (comptime areHashes(@TypeOf(names)))
                @call(.auto, c.simdr_store_put_many_hashed, .{ handle, keys.rawHashes(names) } ++ rest)
            else
                @call(.auto, c.simdr_store_put_many, .{ handle, keys.rawBytes(names) } ++ rest));
        }

        /// False when the key has a live entry; nothing is written then.
        pub fn putIfAbsent(self: *Self, key: []const u8, value: []const u8, options: WriteOptions) WriteError!bool {
            const handle = try self.live(options.diagnostic);
            const args = .{ handle, key.ptr, key.len, value.ptr, value.len } ++ options.last();
            return checkUnless(WriteError, c.SIMDR_EXISTS, @call(.auto, c.simdr_store_put_if_absent, args));
        }

        /// Stores `value` only if `expected`, read from this store, is still the newest under its key; else false.
        /// After a compaction an entry read before it counts as changed.
        pub fn putIfEntry(self: *Self, expected: Entry, value: []const u8, options: WriteOptions) WriteError!bool {
            const handle = try self.live(options.diagnostic);
            const args = .{ handle, expected.handle, value.ptr, value.len } ++ options.last();
            return checkUnless(WriteError, c.SIMDR_CHANGED, @call(.auto, c.simdr_store_put_if_entry, args));
        }

        /// False when there is nothing to remove; nothing is written then.
        pub fn remove(self: *Self, key: anytype, options: WriteOptions) WriteError!bool {
            const handle = try self.live(options.diagnostic);
            const status = keys.call(c.simdr_store_remove, c.simdr_store_remove_hashed, handle, key, options.last());
            return checkUnless(WriteError, c.SIMDR_NOT_FOUND, status);
        }

        /// All or none, as with putMany(). Absent keys, and a key given a second time, are passed over. How many were
        /// removed.
        pub fn removeMany(self: *Self, names: anytype, options: WriteOptions) WriteError!usize {
            const handle = try self.live(options.diagnostic);
            var removed: usize = 0;
            const flags, const out_tail, const err = options.last();
            const rest = .{ names.len, flags, &removed, out_tail, err };
            try check(WriteError, if (comptime areHashes(@TypeOf(names)))
                @call(.auto, c.simdr_store_remove_many_hashed, .{ handle, keys.rawHashes(names) } ++ rest)
            else
                @call(.auto, c.simdr_store_remove_many, .{ handle, keys.rawBytes(names) } ++ rest));
            return removed;
        }

        /// Moves the newest value of `old_key` to `new_key`, replacing what was there, as one atomic batch. False when
        /// there is none. Both keys are bytes, or both are a KeyHash.
        pub fn rename(self: *Self, old_key: anytype, new_key: anytype, options: WriteOptions) WriteError!bool {
            const handle = try self.live(options.diagnostic);
            const status = if (@TypeOf(old_key) == KeyHash) hashes: {
                const old: KeyHash, const new: KeyHash = .{ old_key, new_key };
                const args = .{ handle, old.number(), new.number() } ++ options.last();
                break :hashes @call(.auto, c.simdr_store_rename_hashed, args);
            } else bytes: {
                const old: []const u8, const new: []const u8 = .{ old_key, new_key };
                const args = .{ handle, old.ptr, old.len, new.ptr, new.len } ++ options.last();
                break :bytes @call(.auto, c.simdr_store_rename, args);
            };
            return checkUnless(WriteError, c.SIMDR_NOT_FOUND, status);
        }

        /// Stores the newest value of `key` in `target` too, under the same key. False when there is none. `options`
        /// are the target's.
        pub fn copyTo(self: *const Self, target: *Self, key: anytype, options: WriteOptions) WriteError!bool {
            const handle = try self.live(options.diagnostic);
            const to = try target.live(options.diagnostic);
            const rest = .{to} ++ options.last();
            const status = keys.call(c.simdr_store_copy, c.simdr_store_copy_hashed, handle, key, rest);
            return checkUnless(WriteError, c.SIMDR_NOT_FOUND, status);
        }

        /// copyTo(), then remove() here. A crash between them leaves the entry in both. `options.out_tail` is this
        /// store's.
        pub fn transferTo(self: *Self, target: *Self, key: anytype, options: WriteOptions) WriteError!bool {
            const handle = try self.live(options.diagnostic);
            const to = try target.live(options.diagnostic);
            const rest = .{to} ++ options.last();
            const status = keys.call(c.simdr_store_transfer, c.simdr_store_transfer_hashed, handle, key, rest);
            return checkUnless(WriteError, c.SIMDR_NOT_FOUND, status);
        }

        /// Makes all that was acknowledged before the call survive a power cut.
        pub fn sync(self: *Self, durability: opts.Durability, diagnostic: ?*Diagnostic) WriteError!void {
            const handle = try self.live(diagnostic);
            try check(WriteError, c.simdr_store_sync(handle, @backingInt(durability), rawOf(diagnostic)));
        }

        /// A value of unknown length, written through `interface` with this buffer and stored by commit().
        /// `options.out_tail` is commit()'s, and `options.diagnostic` also that of the stream's own calls; both must live
        /// as long as it.
        pub fn stream(self: *Self, key: anytype, buffer: []u8, options: WriteOptions) WriteError!Stream {
            const handle = try self.live(options.diagnostic);
            var out: ?*c.simdr_stream = null;
            try check(WriteError, keys.call(c.simdr_stream_open, c.simdr_stream_open_hashed, handle, key, .{
                @backingInt(options.durability), &out, rawOf(options.diagnostic),
            }));
            return .init(self.shared.?, out.?, buffer, options);
        }

        /// Stores all that `reader` yields up to its end. Where it fails nothing is stored: error.SourceFailed.
        pub fn putFrom(self: *Self, key: []const u8, reader: *std.Io.Reader, options: WriteOptions) WriteError!void {
            const handle = try self.live(options.diagnostic);
            const args = .{ handle, key.ptr, key.len, pull, reader } ++ options.last();
            try check(WriteError, @call(.auto, c.simdr_store_put_from, args));
        }

        fn pull(buffer: ?*anyopaque, capacity: usize, out_size: [*c]usize, user_data: ?*anyopaque) callconv(.c) c_int {
            const reader: *std.Io.Reader = @ptrCast(@alignCast(user_data.?));
            const room: [*]u8 = @ptrCast(buffer.?);
            out_size.* = reader.readSliceShort(room[0..capacity]) catch return 1;
            return 0;
        }

        /// Stores all that `file` yields from its position to its end.
        pub fn putFile(self: *Self, key: []const u8, file: std.Io.File, options: WriteOptions) WriteError!void {
            const handle = try self.live(options.diagnostic);
            const args = .{ handle, key.ptr, key.len, file.handle } ++ options.last();
            try check(WriteError, @call(.auto, c.simdr_store_put_fd, args));
        }

        /// Room for a value of `size` bytes in the file itself, to be filled and committed. `options.out_tail` is
        /// commit()'s, and must live until then.
        pub fn reserve(self: *Self, key: []const u8, size: usize, options: WriteOptions) WriteError!Reservation {
            const handle = try self.live(options.diagnostic);
            var out: ?*c.simdr_reservation = null;
            var data: ?*anyopaque = null;
            const flags, const out_tail, const err = options.last();
            try check(WriteError, c.simdr_store_reserve(handle, key.ptr, key.len, size, flags, &out, &data, err));
            return .init(self.shared.?, out.?, data.?, size, out_tail);
        }

        /// The newest value under `key`, to be released; null when there is none.
        pub fn get(self: *const Self, key: anytype, options: ReadOptions) ReadError!?Entry {
            const handle = try self.live(options.diagnostic);
            var out: ?*c.simdr_entry = null;
            const rest = .{ &out, rawOf(options.diagnostic) };
            const status = keys.call(c.simdr_store_get, c.simdr_store_get_hashed, handle, key, rest);
            if (!try checkUnless(ReadError, c.SIMDR_NOT_FOUND, status)) return null;
            return .{ .handle = out };
        }

        /// The same, borrowed: valid until the store is closed or compacted. For hot loops.
        pub fn view(self: *const Self, key: anytype, options: ReadOptions) ReadError!?View {
            const handle = try self.live(options.diagnostic);
            var out: View = .none;
            const status = keys.call(c.simdr_store_view, c.simdr_store_view_hashed, handle, key, .{
                @as([*c]c.simdr_view, @ptrCast(&out)), rawOf(options.diagnostic),
            });
            if (!try checkUnless(ReadError, c.SIMDR_NOT_FOUND, status)) return null;
            return out;
        }

        /// get() of many, their cache misses overlapped. `names` are []const Bytes or []const KeyHash; `out` has a
        /// place for each, and gets Entry.none where the key is absent. How many were there.
        pub fn getMany(self: *const Self, names: anytype, out: []Entry, options: ReadOptions) ReadError!usize {
            const handle = try self.live(options.diagnostic);
            if (out.len != names.len) return keys.lengthMismatch(options.diagnostic);
            const raw: [*c]?*c.simdr_entry = @ptrCast(out.ptr);
            var found: usize = 0;
            const err = rawOf(options.diagnostic);
            try check(ReadError, if (comptime areHashes(@TypeOf(names)))
                c.simdr_store_get_many_hashed(handle, keys.rawHashes(names), names.len, null, 0, raw, &found, err)
            else
                c.simdr_store_get_many(handle, keys.rawBytes(names), names.len, raw, &found, err));
            return found;
        }

        /// view() of many.
        pub fn viewMany(self: *const Self, names: anytype, out: []View, options: ReadOptions) ReadError!usize {
            const handle = try self.live(options.diagnostic);
            if (out.len != names.len) return keys.lengthMismatch(options.diagnostic);
            const raw: [*c]c.simdr_view = @ptrCast(out.ptr);
            var found: usize = 0;
            const err = rawOf(options.diagnostic);
            try check(ReadError, if (comptime areHashes(@TypeOf(names)))
                c.simdr_store_view_many_hashed(handle, keys.rawHashes(names), names.len, null, 0, raw, &found, err)
            else
                c.simdr_store_view_many(handle, keys.rawBytes(names), names.len, raw, &found, err));
            return found;
        }

        /// getMany() of hashes that are said to be of these keys: one that does not hash to its number counts as
        /// absent.
        pub fn getManyVerified(
            self: *const Self,
            hashes: []const KeyHash,
            names: []const Bytes,
            out: []Entry,
            options: ReadOptions,
        ) ReadError!usize {
            const handle = try self.live(options.diagnostic);
            if (out.len != hashes.len) return keys.lengthMismatch(options.diagnostic);
            var found: usize = 0;
            const raw: [*c]?*c.simdr_entry = @ptrCast(out.ptr);
            const verify_args = .{ keys.rawBytes(names), names.len, raw, &found, rawOf(options.diagnostic) };
            const args = .{ handle, keys.rawHashes(hashes), hashes.len } ++ verify_args;
            try check(ReadError, @call(.auto, c.simdr_store_get_many_hashed, args));
            return found;
        }

        /// What is in `buffer` of the newest value under `key`, from `offset` on, and its whole size; null when there
        /// is none. It reads the file and not the mapping: where the disk fails, or another program has cut the file,
        /// it is error.InputOutput and not a signal.
        pub fn read(self: *const Self, key: []const u8, offset: u64, buffer: []u8, options: ReadOptions) ReadError!?Part {
            const handle = try self.live(options.diagnostic);
            var size: usize = 0;
            var value_size: u64 = 0;
            const args = .{ handle, key.ptr, key.len, offset, buffer.ptr, buffer.len };
            const outputs = .{ &size, &value_size, rawOf(options.diagnostic) };
            const status = @call(.auto, c.simdr_store_read, args ++ outputs);
            if (!try checkUnless(ReadError, c.SIMDR_NOT_FOUND, status)) return null;
            return .{ .bytes = buffer[0..size], .value_size = value_size };
        }

        pub const Part = struct { bytes: []u8, value_size: u64 };

        pub fn exists(self: *const Self, key: anytype, options: ReadOptions) ReadError!bool {
            const handle = try self.live(options.diagnostic);
            var out: c_int = 0;
            const rest = .{ &out, rawOf(options.diagnostic) };
            try check(ReadError, keys.call(c.simdr_store_exists, c.simdr_store_exists_hashed, handle, key, rest));
            return out != 0;
        }

        /// The live entry that was written last, to be released; null in an empty store.
        pub fn last(self: *const Self, options: ReadOptions) ReadError!?Entry {
            const handle = try self.live(options.diagnostic);
            var out: ?*c.simdr_entry = null;
            const status = c.simdr_store_last_entry(handle, &out, rawOf(options.diagnostic));
            if (!try checkUnless(ReadError, c.SIMDR_NOT_FOUND, status)) return null;
            return .{ .handle = out };
        }

        /// What the file says of the newest value under `key`; null when there is none.
        pub fn metadata(self: *const Self, key: anytype, options: ReadOptions) ReadError!?entry.EntryInfo {
            const handle = try self.live(options.diagnostic);
            var raw = entry.EntryInfo.empty();
            const rest = .{ &raw, rawOf(options.diagnostic) };
            const status = keys.call(c.simdr_store_metadata, c.simdr_store_metadata_hashed, handle, key, rest);
            if (!try checkUnless(ReadError, c.SIMDR_NOT_FOUND, status)) return null;
            return .of(raw);
        }

        /// The live entries, or all versions, newest to oldest. `options.diagnostic` is also the iterator's, and must
        /// live as long as it.
        pub fn iterate(self: *const Self, options: opts.IterateOptions) ReadError!Iterator {
            const handle = try self.live(options.diagnostic);
            var out: ?*c.simdr_iterator = null;
            try check(ReadError, c.simdr_iterator_open(handle, options.flags(), &out, rawOf(options.diagnostic)));
            var it: Iterator = .init(self.shared.?, out.?);
            it.diagnostic = options.diagnostic;
            return it;
        }

        /// All versions of one key, newest to oldest, without deletions.
        pub fn versions(self: *const Self, key: anytype, options: ReadOptions) ReadError!Iterator {
            const handle = try self.live(options.diagnostic);
            var out: ?*c.simdr_iterator = null;
            const rest = .{ &out, rawOf(options.diagnostic) };
            const status = keys.call(c.simdr_iterator_open_versions, c.simdr_iterator_open_versions_hashed, handle, key, rest);
            try check(ReadError, status);
            var it: Iterator = .init(self.shared.?, out.?);
            it.diagnostic = options.diagnostic;
            return it;
        }

        /// Calls `visit` with every live entry once, on several threads at once, in no order. false from it stops the
        /// walk, with error.Stopped. A view is valid as one from view().
        pub fn forEach(
            self: *const Self,
            context: anytype,
            comptime visit: fn (@TypeOf(context), View) bool,
            options: opts.ForEachOptions,
        ) ReadError!void {
            const handle = try self.live(options.diagnostic);
            const Context = @TypeOf(context);
            const trampoline = struct {
                fn call(raw: [*c]const c.simdr_view, user_data: ?*anyopaque) callconv(.c) c_int {
                    const given: *const Context = @ptrCast(@alignCast(user_data.?));
                    const seen: *const View = @ptrCast(@alignCast(raw));
                    return @intFromBool(!visit(given.*, seen.*));
                }
            };
            const flags: u32 = if (options.verify) c.SIMDR_ITERATE_VERIFY else 0;
            const user_data: *anyopaque = @ptrCast(@constCast(&context));
            const err = rawOf(options.diagnostic);
            try check(ReadError, c.simdr_store_for_each(handle, options.thread_count, flags, trampoline.call, user_data, err));
        }

        /// Writes the live entries to a new file, syncs it and renames it over the old one. Readers go on meanwhile,
        /// writers wait; entries and iterators keep the old file, views do not.
        pub fn compact(self: *Self, options: whole.CompactOptions) Error!void {
            const handle = try self.live(options.diagnostic);
            const told = whole.callbackOf(whole.Progress, &options.progress);
            var raw = std.mem.zeroes(c.simdr_compact_options);
            raw.size = @sizeOf(c.simdr_compact_options);
            raw.progress = told.function;
            raw.progress_user_data = told.user_data;
            try check(Error, c.simdr_store_compact(handle, &raw, rawOf(options.diagnostic)));
        }

        /// Checks every checksum, link and pad byte up to the tail. error.Corrupt when something was found.
        pub fn verify(self: *const Self, options: whole.VerifyOptions) Error!void {
            const handle = try self.live(options.diagnostic);
            const faults = whole.callbackOf(whole.OnFault, &options.on_fault);
            const progress = whole.callbackOf(whole.Progress, &options.progress);
            var raw = std.mem.zeroes(c.simdr_verify_options);
            raw.size = @sizeOf(c.simdr_verify_options);
            raw.on_fault = faults.function;
            raw.on_fault_user_data = faults.user_data;
            raw.progress = progress.function;
            raw.progress_user_data = progress.user_data;
            var result = std.mem.zeroes(c.simdr_verify_result);
            result.size = @sizeOf(c.simdr_verify_result);
            const status = c.simdr_store_verify(handle, &raw, &result, rawOf(options.diagnostic));
            if (options.result) |out| out.* = .{
                .entry_count = result.entry_count,
                .checked_size = result.checked_size,
                .fault_count = result.fault_count,
            };
            try check(Error, status);
        }

        /// Stores every regular file under `directory`, under its path relative to it with '/' between the parts.
        pub fn importDirectory(self: *Self, directory: []const u8, options: whole.ImportOptions) Error!whole.ImportResult {
            const handle = try self.live(options.diagnostic);
            const name: opts.Path = try .of(directory, options.diagnostic);
            const files = whole.callbackOf(whole.OnFile, &options.on_file);
            var raw = std.mem.zeroes(c.simdr_import_options);
            raw.size = @sizeOf(c.simdr_import_options);
            raw.flags = @backingInt(options.durability);
            if (options.namespace) |namespace| {
                raw.ns = namespace.ptr;
                raw.ns_size = namespace.len;
            }
            raw.on_file = files.function;
            raw.on_file_user_data = files.user_data;
            var result = std.mem.zeroes(c.simdr_import_result);
            result.size = @sizeOf(c.simdr_import_result);
            const err = rawOf(options.diagnostic);
            try check(Error, c.simdr_store_import_directory(handle, name.c_str(), &raw, &result, err));
            return .{
                .file_count = result.file_count,
                .stored_size = result.stored_size,
                .skipped_count = result.skipped_count,
            };
        }

        /// A consistent copy of the store as it is now, while it may be written: a new file at `path`, synced.
        pub fn backup(self: *const Self, path: []const u8, options: ReadOptions) Error!void {
            const handle = try self.live(options.diagnostic);
            const name: opts.Path = try .of(path, options.diagnostic);
            try check(Error, c.simdr_store_backup(handle, name.c_str(), rawOf(options.diagnostic)));
        }
    };
}

fn areHashes(comptime Names: type) bool {
    return std.meta.Elem(Names) == KeyHash;
}
