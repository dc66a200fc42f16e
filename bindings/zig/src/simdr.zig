//! simdr: an append-only store of key -> bytes in one memory-mapped file, read without a copy. The Zig side of
//! libsimdr.
//!
//! Ordinary outcomes are values: an absent key is null, a condition that does not hold is false. The rest are errors of
//! the sets OpenError, ReadError and WriteError, and a Diagnostic, where one is given, has the library's words. Handles
//! are released by `defer`: a second release does nothing, and a use after it is error.Closed, or nothing where there
//! is no error to return.

const std = @import("std");
const c = @import("c");
const errors = @import("errors.zig");
const keys = @import("keys.zig");
const options = @import("options.zig");
const streams = @import("stream.zig");
const whole = @import("whole.zig");

pub const StoreOf = @import("store.zig").StoreOf;
/// What this library writes: values start on multiples of 64 bytes.
pub const Store = StoreOf(64);
/// Reads files of every generation.
pub const AnyStore = StoreOf(1);
pub const Entry = Store.Entry;
pub const View = Store.View;
pub const Iterator = Store.Iterator;
pub const Stream = streams.Stream;
pub const Reservation = streams.Reservation;
pub const EntryInfo = @import("entry.zig").EntryInfo;

pub const Error = errors.Error;
pub const OpenError = errors.OpenError;
pub const ReadError = errors.ReadError;
pub const WriteError = errors.WriteError;
pub const Diagnostic = errors.Diagnostic;

pub const KeyHash = keys.KeyHash;
pub const Bytes = keys.Bytes;
pub const keyHashes = keys.keyHashes;
pub const namespacedKey = keys.namespacedKey;
pub const reserved_key_hashes = keys.reserved_key_hashes;
pub const max_key_size = keys.max_key_size;
pub const max_batch_count = keys.max_batch_count;

pub const OpenOptions = options.OpenOptions;
pub const WriteOptions = options.WriteOptions;
pub const ReadOptions = options.ReadOptions;
pub const IterateOptions = options.IterateOptions;
pub const ForEachOptions = options.ForEachOptions;
pub const Mode = options.Mode;
pub const Durability = options.Durability;
pub const Log = options.Log;
pub const LogLevel = options.LogLevel;

pub const Stats = whole.Stats;
pub const Progress = whole.Progress;
pub const Fault = whole.Fault;
pub const OnFault = whole.OnFault;
pub const OnFile = whole.OnFile;
pub const CompactOptions = whole.CompactOptions;
pub const VerifyOptions = whole.VerifyOptions;
pub const VerifyResult = whole.VerifyResult;
pub const ImportOptions = whole.ImportOptions;
pub const ImportResult = whole.ImportResult;
pub const RepairOptions = whole.RepairOptions;
pub const RepairResult = whole.RepairResult;
pub const upgrade = whole.upgrade;
pub const repair = whole.repair;

/// Of the library that runs, such as "0.1.0".
pub fn version() [:0]const u8 {
    return std.mem.span(c.simdr_version_string());
}

/// "scalar", "avx2", "vpclmul", "avx512", "neon" or "armcrc": the copy and checksum kernels in use.
pub fn kernelName() [:0]const u8 {
    return std.mem.span(c.simdr_kernel_name());
}

/// A SIMDR_* number's name without prefix, such as "NOT_FOUND".
pub fn statusName(status: i32) [:0]const u8 {
    return std.mem.span(c.simdr_status_name(status));
}

/// One sentence about a SIMDR_* number.
pub fn statusText(status: i32) [:0]const u8 {
    return std.mem.span(c.simdr_status_text(status));
}

test {
    _ = errors;
}
