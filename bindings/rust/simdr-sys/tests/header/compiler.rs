//! Asks the C compiler what expressions over `simdr.h` are worth.

use crate::layouts::Value;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

pub fn assert_values(expected: &[Value]) {
    let found = values_of(expected.iter().map(|(expression, _)| expression.as_str()));
    assert_eq!(found.len(), expected.len());
    let wrong: Vec<String> = expected
        .iter()
        .zip(found)
        .filter(|((_, here), header)| here != header)
        .map(|((expression, here), header)| format!("{expression}: header {header}, here {here}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn values_of<'a>(expressions: impl Iterator<Item = &'a str>) -> Vec<u64> {
    let program = compile(&program_printing(expressions));
    let output = Command::new(&program).output().expect("the compiled program starts");
    assert!(output.status.success(), "{}: {}", program.display(), output.status);
    let lines = String::from_utf8(output.stdout).expect("it prints numbers");
    lines.lines().map(|line| line.parse().expect("it prints one number a line")).collect()
}

fn program_printing<'a>(expressions: impl Iterator<Item = &'a str>) -> String {
    let prints = expressions.map(|expression| format!("  printf(\"%llu\\n\", (unsigned long long)({expression}));\n"));
    format!(
        "#include <simdr.h>\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {{\n{}  return 0;\n}}\n",
        prints.collect::<String>()
    )
}

fn compile(source: &str) -> PathBuf {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let stem = format!("header-{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
    let (source_file, program) = (folder.join(format!("{stem}.c")), folder.join(stem));
    fs::write(&source_file, source).expect("the target folder is writable");
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let mut words = compiler.split_whitespace();
    let mut command = Command::new(words.next().expect("CC names a compiler"));
    command.args(words).args(["-std=c99", "-I", env!("SIMDR_SYS_INCLUDE"), "-o"]).arg(&program).arg(&source_file);
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
    program
}
