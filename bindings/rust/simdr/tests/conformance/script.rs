//! The file of vectors, taken apart.

use crate::token;

pub struct Vector {
    pub name: String,
    pub steps: Vec<Step>,
}

pub struct Step {
    pub line: usize,
    pub verb: String,
    pub arguments: Vec<String>,
    /// With every `HEX*COUNT` written out.
    pub expected: Vec<String>,
}

pub fn parse(text: &str) -> Vec<Vector> {
    let mut vectors = Vec::new();
    let mut open: Option<Vector> = None;
    for (number, line) in (1..).zip(text.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match (line.strip_prefix("vector "), &mut open) {
            (Some(name), None) => open = Some(Vector { name: name.to_owned(), steps: Vec::new() }),
            (None, Some(_)) if line == "end" => vectors.extend(open.take()),
            (None, Some(vector)) => vector.steps.push(parse_step(number, line)),
            _ => panic!("line {number}: not here: {line}"),
        }
    }
    assert!(open.is_none(), "the last vector has no end");
    vectors
}

fn parse_step(line: usize, text: &str) -> Step {
    let (step, expected) = text.split_once(" =>").unwrap_or_else(|| panic!("line {line}: no outcome: {text}"));
    let mut words = step.split(' ').map(str::to_owned);
    let verb = words.next().unwrap_or_default();
    let expected = expected.split_whitespace().map(token::written_out).collect();
    Step { line, verb, arguments: words.collect(), expected }
}
