//! The command `serve`: many `apply`, `dump` and `get` commands in one process.
//!
//! One command a line on stdin, fields separated by one space (so no spaces in file names). Each answer is
//! the output of the command, then `error MESSAGE` or `panic MESSAGE` if it did not get through, then a line `.`.

use crate::{apply, caught, inspect};
use std::io::{self, BufRead, Write};

pub fn command(out: &mut dyn Write) -> Result<(), String> {
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        answer(&line, out).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn answer(line: &str, out: &mut dyn Write) -> io::Result<()> {
    match caught::run(|| execute(line, out)) {
        Ok(Ok(())) => {}
        Ok(Err(message)) => writeln!(out, "error {}", caught::one_line(&message))?,
        Err(message) => writeln!(out, "panic {message}")?,
    }
    writeln!(out, ".")?;
    out.flush()
}

fn execute(line: &str, out: &mut dyn Write) -> Result<(), String> {
    let fields: Vec<&str> = line.split(' ').collect();
    match fields[..] {
        // `-` would take the commands that follow for the history.
        ["apply", file, script] if script != "-" => apply::command(file, script, out),
        ["dump", file] => inspect::dump(file, out),
        ["get", file, ref keys @ ..] => inspect::get(file, keys, out),
        _ => Err(format!("not a command: {line}")),
    }
}
