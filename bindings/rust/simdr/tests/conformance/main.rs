//! Runs the vectors of `tests/data/conformance`, which every language passes. Its README says what a line of them means.

mod files;
mod runner;
mod script;
#[path = "../api/temp.rs"]
#[allow(dead_code)]
mod temp;
mod token;

use runner::Runner;
use script::Vector;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use temp::TempFolder;

fn main() -> ExitCode {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/data/conformance/vectors.txt");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let vectors = script::parse(&text);
    assert!(!vectors.is_empty(), "{}: no vectors", path.display());
    let failures = vectors.iter().filter(|vector| !passes(vector)).count();
    println!("\n{} vectors, {failures} failed", vectors.len());
    // 101 is what other tests end with when they fail.
    ExitCode::from(if failures == 0 { 0 } else { 101 })
}

fn passes(vector: &Vector) -> bool {
    let folder = TempFolder::new();
    let result = catch_unwind(AssertUnwindSafe(|| run(vector, &folder))).unwrap_or_else(|_| Err("panicked".to_owned()));
    println!("test {} ... {}", vector.name, if result.is_ok() { "ok" } else { "FAILED" });
    if let Err(words) = &result {
        println!("{words}");
    }
    result.is_ok()
}

fn run(vector: &Vector, folder: &Path) -> Result<(), String> {
    let mut runner = Runner::new(folder);
    for step in &vector.steps {
        let line = step.line;
        let outcome = runner.run(&step.verb, &step.arguments).map_err(|words| format!("line {line}: {words}"))?;
        if outcome != step.expected {
            let (expected, outcome) = (step.expected.join(" "), outcome.join(" "));
            return Err(format!("line {line}: {}\n  expected: {expected}\n  outcome:  {outcome}", step.verb));
        }
    }
    if runner.is_open() { Err("it leaves its store open".to_owned()) } else { Ok(()) }
}
