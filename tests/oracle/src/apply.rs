//! The command `apply`: runs a history and prints one result line per operation.

use crate::caught;
use crate::script::Reader;
use crate::session::Session;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

pub fn command(file: &str, script: &str, out: &mut dyn Write) -> Result<(), String> {
    if script == "-" {
        return run(file, io::stdin().lock(), out);
    }
    let input = File::open(script).map_err(|error| format!("{script}: {error}"))?;
    run(file, BufReader::new(input), out)
}

fn run(file: &str, input: impl BufRead, out: &mut dyn Write) -> Result<(), String> {
    let mut session = Session::open(Path::new(file)).map_err(|error| format!("{file}: {error}"))?;
    let mut reader = Reader::new(input);
    while let Some(op) = reader.next_op()? {
        let result = caught::run(|| session.run(&op));
        // Flushed line by line: whoever pipes operations in may wait for each result.
        match result {
            Ok(Ok(tail)) => writeln!(out, "ok {tail}"),
            Ok(Err(error)) => writeln!(out, "err {}", caught::one_line(&error.to_string())),
            Err(message) => writeln!(out, "panic {message}"),
        }
        .and_then(|()| out.flush())
        .map_err(|error| error.to_string())?;
    }
    Ok(())
}
