//! Compares every declaration with the header that the library was found with: prototypes by reading the header, numbers
//! and layouts by asking a C compiler.

use std::collections::BTreeMap;
use std::fs;

mod compiler;
mod layouts;
mod prototypes;

fn header() -> String {
    let path = concat!(env!("SIMDR_SYS_INCLUDE"), "/simdr.h");
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Both sides by name, so that a failure says which name is missing or differs.
fn assert_same(what: &str, header: &BTreeMap<String, String>, here: &BTreeMap<String, String>) {
    assert!(!header.is_empty(), "found no {what} in the header");
    let names = header.keys().chain(here.keys());
    let differing: Vec<String> = names
        .filter(|name| header.get(*name) != here.get(*name))
        .map(|name| format!("{name}\n  header: {:?}\n  here:   {:?}", header.get(name), here.get(name)))
        .collect();
    assert!(differing.is_empty(), "{what} differ:\n{}", differing.join("\n"));
}

#[test]
fn every_function_is_declared_as_in_the_header() {
    let here = prototypes::of_rust_functions(include_str!("../../src/functions.rs"));
    assert_same("functions", &prototypes::of_c_functions(&header()), &here);
}

#[test]
fn every_callback_is_declared_as_in_the_header() {
    let here = prototypes::of_rust_callbacks(include_str!("../../src/types.rs"));
    assert_same("callbacks", &prototypes::of_c_callbacks(&header()), &here);
}

#[test]
fn every_constant_has_the_value_of_the_header() {
    let constants = layouts::constants();
    for name in prototypes::c_constant_names(&header()) {
        assert!(constants.iter().any(|(expression, _)| *expression == name), "{name} is not declared here");
    }
    compiler::assert_values(&constants);
}

#[test]
fn every_struct_has_the_layout_of_the_header() {
    compiler::assert_values(&layouts::structs());
}

#[test]
fn the_library_that_is_linked_is_the_headers() {
    // SAFETY: takes nothing and returns a number.
    let linked = unsafe { simdr_sys::simdr_version() };
    let declared = simdr_sys::SIMDR_VERSION_MAJOR * 1_000_000
        + simdr_sys::SIMDR_VERSION_MINOR * 1_000
        + simdr_sys::SIMDR_VERSION_PATCH;
    assert_eq!(linked, declared);
}
