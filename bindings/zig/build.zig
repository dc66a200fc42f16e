//! The package "simdr": a module of that name, linked with the libsimdr that pkg-config finds, or with one that Meson
//! builds from the source tree named by -Dsource.

const std = @import("std");

pub fn build(b: *std.Build) void {
    const target = b.standardTargetOptions(.{});
    const optimize = b.standardOptimizeOption(.{});
    const source = b.option([]const u8, "source", "Build libsimdr with Meson from this tree; else pkg-config finds it");

    const header = b.addTranslateC(.{
        .root_source_file = b.path("src/c.h"),
        .target = target,
        .optimize = optimize,
    });
    const module = b.addModule("simdr", .{
        .root_source_file = b.path("src/simdr.zig"),
        .target = target,
        .optimize = optimize,
    });
    if (source) |tree| {
        const built = buildLibrary(b, tree);
        header.addIncludePath(built.path(b, "include"));
        module.addLibraryPath(built.path(b, "lib"));
        module.addRPath(built.path(b, "lib"));
        module.linkSystemLibrary("simdr", .{ .use_pkg_config = .no });
    } else {
        header.linkSystemLibrary("simdr", .{ .use_pkg_config = .force });
    }
    module.addImport("c", header.createModule());

    const programs: Programs = .{ .b = b, .module = module, .target = target, .optimize = optimize };
    addTests(programs);
    const bench = b.addExecutable(.{ .name = "bench", .root_module = programs.root("benchmark/main.zig") });
    b.step("bench-program", "Install what bench runs").dependOn(&b.addInstallArtifact(bench, .{}).step);
}

/// The folder that the library is installed into. Made anew when a file of the tree has changed, which the script tells
/// in a dependency file.
fn buildLibrary(b: *std.Build, tree: []const u8) std.Build.LazyPath {
    const run = b.addSystemCommand(&.{"sh"});
    run.setName("build libsimdr");
    run.addFileArg(b.path("build_library.sh"));
    run.addArg(tree);
    run.addDirectoryArg(b.graph.path(.local_cache, ""));
    const installed = run.addOutputDirectoryArg("simdr");
    _ = run.addDepFileOutputArg("simdr.d");
    return installed;
}

/// What the tests and the benchmark are made with.
const Programs = struct {
    b: *std.Build,
    module: *std.Build.Module,
    target: std.Build.ResolvedTarget,
    optimize: std.builtin.Optimize,

    fn root(self: Programs, path: []const u8) *std.Build.Module {
        return self.b.createModule(.{
            .root_source_file = self.b.path(path),
            .target = self.target,
            .optimize = self.optimize,
            .imports = &.{.{ .name = "simdr", .module = self.module }},
        });
    }
};

fn addTests(programs: Programs) void {
    const b = programs.b;
    const inner = b.addTest(.{ .name = "inner", .root_module = programs.module });
    const unit = b.addTest(.{ .name = "unit", .root_module = programs.root("tests/all.zig") });
    const conformance = b.addExecutable(.{ .name = "conformance", .root_module = programs.root("tests/conformance.zig") });
    // What all bindings are tested with lies outside of this package.
    const data = "../../tests/data/";
    conformance.root_module.addAnonymousImport("vectors.txt", .{
        .root_source_file = b.path(data ++ "conformance/vectors.txt"),
    });
    unit.root_module.addAnonymousImport("packed.bin", .{
        .root_source_file = b.path(data ++ "generations/v0.12.0-alpha/sizes.bin"),
    });

    const run_conformance = b.addRunArtifact(conformance);
    run_conformance.expectExitCode(0);
    const step = b.step("test", "Run all tests");
    step.dependOn(&b.addRunArtifact(inner).step);
    step.dependOn(&b.addRunArtifact(unit).step);
    step.dependOn(&run_conformance.step);

    const install = b.step("test-programs", "Install the tests as programs");
    for ([_]*std.Build.Step.Compile{ inner, unit, conformance }) |test_program| {
        install.dependOn(&b.addInstallArtifact(test_program, .{}).step);
    }
}
