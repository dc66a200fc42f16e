//! Turns panics of the crate into messages, and any message into one line.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

/// Panics are reported as results, so the default report on stderr would only say everything twice.
pub fn silence_panics() {
    panic::set_hook(Box::new(|_| {}));
}

/// Runs `work`; a panic inside becomes `Err` with its message on one line.
///
/// A store that was in use may be left with poisoned locks. That is what a user of the crate would have
/// in hand as well, so it is kept rather than hidden.
pub fn run<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| one_line(&message(&*payload)))
}

pub fn message(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "(no text)".to_owned()
    }
}

/// Results are one line each, so line ends, and the backslash that announces them, are escaped.
pub fn one_line(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_escaped() {
        assert_eq!(one_line("a\nb\\c\r"), "a\\nb\\\\c\\r");
    }

    #[test]
    fn a_panic_is_a_message() {
        let number = 7;
        assert_eq!(run(|| 1), Ok(1));
        assert_eq!(run(|| -> u8 { panic!("bad {number}") }), Err("bad 7".to_owned()));
    }
}
