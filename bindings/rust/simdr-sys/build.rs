//! Finds libsimdr: an installed one through pkg-config or, with the feature `vendored`, one that is built here by Meson.
//!
//! Tells dependent build scripts where the header is (`DEP_SIMDR_INCLUDE`), and this crate's tests (`SIMDR_SYS_INCLUDE`).

use std::env;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What this crate declares is in every library from this version on.
const OLDEST_LIBRARY: &str = "0.1.0";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let include = if env::var_os("CARGO_FEATURE_VENDORED").is_some() { build_vendored() } else { find_installed() };
    println!("cargo::metadata=include={}", include.display());
    println!("cargo::rustc-env=SIMDR_SYS_INCLUDE={}", include.display());
}

fn find_installed() -> PathBuf {
    let library = match pkg_config::Config::new().atleast_version(OLDEST_LIBRARY).probe("simdr") {
        Ok(library) => library,
        Err(error) => fail(&format!(
            "{error}\n\nInstall libsimdr, or set PKG_CONFIG_PATH to the folder of its simdr.pc, \
             or use the feature `vendored`, which builds it by Meson."
        )),
    };
    // A .pc file of a distribution may leave out the folders that the compiler searches anyway.
    let header = library.include_paths.into_iter().find(|folder| folder.join("simdr.h").exists());
    header.unwrap_or_else(|| PathBuf::from(pkg_config::get_variable("simdr", "includedir").unwrap_or_default()))
}

fn build_vendored() -> PathBuf {
    println!("cargo::rerun-if-env-changed=SIMDR_SOURCE_DIR");
    if env::var("HOST") != env::var("TARGET") {
        fail("the feature `vendored` builds for this machine only; install libsimdr for the target and use pkg-config");
    }
    let source = source_folder();
    for part in ["meson.build", "meson_options.txt", "include", "src"] {
        println!("cargo::rerun-if-changed={}", source.join(part).display());
    }
    let build = build_folder(&source);
    if !build.join("build.ninja").exists() {
        let mut setup = Command::new("meson");
        setup.arg("setup").arg(&build).arg(&source);
        setup.args(["--buildtype=release", "-Dtests=disabled", "-Dtools=disabled"]);
        run(setup);
    }
    let mut compile = Command::new("meson");
    compile.args(["compile", "-C"]).arg(&build).arg("simdr:static_library");
    run(compile);
    println!("cargo::rustc-link-search=native={}", build.join("src").display());
    println!("cargo::rustc-link-lib=static=simdr");
    println!("cargo::rustc-link-lib=stdc++");
    source.join("include")
}

/// One for each source folder: Meson goes on building the sources that a folder was set up for.
fn build_folder(source: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    source.hash(&mut hasher);
    PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join(format!("simdr-{:016x}", hasher.finish()))
}

/// The sources around this crate; a copy of it that lies elsewhere must be told.
fn source_folder() -> PathBuf {
    let around = || Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../..");
    let folder = env::var_os("SIMDR_SOURCE_DIR").map_or_else(around, PathBuf::from);
    match folder.canonicalize() {
        Ok(folder) if folder.join("include/simdr.h").exists() => folder,
        _ => fail(&format!(
            "no simdr sources in {}; set SIMDR_SOURCE_DIR to a checkout of simdr, or use an installed library",
            folder.display()
        )),
    }
}

fn run(mut command: Command) {
    match command.status() {
        Ok(status) if status.success() => {}
        Ok(status) => fail(&format!("{command:?}: {status}")),
        Err(error) => fail(&format!("{command:?}: {error}")),
    }
}

fn fail(message: &str) -> ! {
    eprintln!("simdr-sys: {message}");
    std::process::exit(1);
}
