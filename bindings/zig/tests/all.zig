test {
    _ = @import("open_test.zig");
    _ = @import("write_test.zig");
    _ = @import("read_test.zig");
    _ = @import("batch_test.zig");
    _ = @import("iterate_test.zig");
    _ = @import("whole_test.zig");
    _ = @import("threads_test.zig");
}
