//! Reads prototypes out of C and Rust text, both as `name -> "arguments -> result"` in Rust's types.
//!
//! Knows as much of either language as `simdr.h` and this crate use.

use std::collections::BTreeMap;

type Prototypes = BTreeMap<String, String>;

pub fn of_c_functions(header: &str) -> Prototypes {
    let declarations = without_preprocessor(&without_comments(header));
    let mut found = Prototypes::new();
    for declaration in declarations.split("SIMDR_API").skip(1) {
        let (before, arguments) = in_parentheses(declaration);
        let (result, name) = c_declarator(before);
        found.insert(name, prototype(c_arguments(arguments), &result));
    }
    found
}

pub fn of_c_callbacks(header: &str) -> Prototypes {
    let declarations = without_preprocessor(&without_comments(header));
    let mut found = Prototypes::new();
    for declaration in declarations.split("typedef").skip(1).filter_map(|text| text.split(';').next()) {
        let Some((result, rest)) = declaration.split_once("(*") else { continue };
        let (name, rest) = rest.split_once(')').expect("a callback's name ends with a parenthesis");
        found.insert(
            name.trim().to_owned(),
            prototype(c_arguments(in_parentheses(rest).1), &rust_type(&tokens(result))),
        );
    }
    found
}

/// The macros that are numbers. The others are made of text, of braces, or of nothing, or attributes.
pub fn c_constant_names(header: &str) -> Vec<String> {
    let header = without_comments(header);
    let defines = header.lines().filter_map(|line| line.strip_prefix("#define "));
    defines
        .filter_map(|define| define.trim().split_once(' '))
        .filter(|(name, value)| name.starts_with("SIMDR_") && !name.contains('(') && is_number(value))
        .map(|(name, _)| name.to_owned())
        .collect()
}

fn is_number(value: &str) -> bool {
    let digits = value.trim().trim_start_matches("UINT64_C").trim_start_matches(['(', '-']);
    digits.starts_with(|first: char| first.is_ascii_digit())
}

pub fn of_rust_functions(source: &str) -> Prototypes {
    let declarations = source.split("pub fn ").skip(1);
    declarations
        .map(|declaration| {
            let (name, _) = declaration.split_once('(').expect("a function has arguments");
            (name.to_owned(), rust_prototype(declaration))
        })
        .collect()
}

pub fn of_rust_callbacks(source: &str) -> Prototypes {
    let aliases = source.split("pub type ").skip(1).filter_map(|text| text.split(';').next());
    aliases
        .filter(|alias| alias.contains("extern \"C\" fn"))
        .map(|alias| {
            let (name, declaration) = alias.split_once('=').expect("an alias is of something");
            assert!(declaration.contains("Option<"), "{name}: a C function pointer may be NULL");
            (name.trim().to_owned(), rust_prototype(declaration.trim_end().trim_end_matches([',', '>', ' ', '\n'])))
        })
        .collect()
}

fn rust_prototype(declaration: &str) -> String {
    let declaration = declaration.split(';').next().expect("split gives at least one part");
    let (_, arguments) = in_parentheses(declaration);
    let after = &declaration[declaration.rfind(')').expect("in_parentheses found it")..];
    let result = after.split_once("->").map_or("c_void".to_owned(), |(_, result)| plain(result));
    let arguments = arguments.split(',').map(plain).filter(|argument| !argument.is_empty()).collect();
    prototype(arguments, &result)
}

fn prototype(arguments: Vec<String>, result: &str) -> String {
    format!("({}) -> {result}", arguments.join(", "))
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn c_arguments(arguments: &str) -> Vec<String> {
    let arguments = arguments.split(',').map(str::trim).filter(|argument| *argument != "void");
    arguments
        .map(|argument| {
            let (argument, is_array) = argument.split_once('[').map_or((argument, false), |(before, _)| (before, true));
            let (rust, name) = c_declarator(argument);
            format!("{name}: {}{rust}", if is_array { "*mut " } else { "" })
        })
        .collect()
}

/// `const void *key` as (`*const c_void`, `key`).
fn c_declarator(declarator: &str) -> (String, String) {
    let mut tokens = tokens(declarator);
    let name = tokens.pop().expect("a declarator ends with a name");
    (rust_type(&tokens), name)
}

fn rust_type(tokens: &[String]) -> String {
    let (mut rust, mut is_const) = (String::new(), false);
    for token in tokens {
        match token.as_str() {
            "struct" => {}
            "const" => is_const = true,
            "*" => rust = format!("{}{rust}", if std::mem::take(&mut is_const) { "*const " } else { "*mut " }),
            "void" => rust = "c_void".to_owned(),
            "char" => rust = "c_char".to_owned(),
            "int" => rust = "c_int".to_owned(),
            "size_t" => rust = "usize".to_owned(),
            "uint8_t" => rust = "u8".to_owned(),
            "uint32_t" => rust = "u32".to_owned(),
            "uint64_t" => rust = "u64".to_owned(),
            "int32_t" => rust = "i32".to_owned(),
            other => rust = other.to_owned(),
        }
    }
    rust
}

fn tokens(text: &str) -> Vec<String> {
    text.replace('*', " * ").split_whitespace().map(str::to_owned).collect()
}

/// What is before the first parenthesis, and what is between it and the one that closes it.
fn in_parentheses(text: &str) -> (&str, &str) {
    let open = text.find('(').unwrap_or_else(|| panic!("no arguments in {text:?}"));
    let close = open + text[open..].find(')').unwrap_or_else(|| panic!("no end of the arguments in {text:?}"));
    (&text[..open], &text[open + 1..close])
}

fn without_comments(source: &str) -> String {
    let mut parts = source.split("/*");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + " " + part.split_once("*/").map_or("", |(_, after)| after))
}

fn without_preprocessor(source: &str) -> String {
    source.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n")
}
