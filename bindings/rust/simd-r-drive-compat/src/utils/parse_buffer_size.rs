/// A size such as `1024`, `64K`, `2mb` or `1GB`, in bytes; units are powers of 1024.
pub fn parse_buffer_size(size_str: &str) -> Result<usize, String> {
    let text = size_str.trim().to_lowercase();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit_size: usize = match unit {
        "" => 1,
        "k" | "kb" => 1 << 10,
        "m" | "mb" => 1 << 20,
        "g" | "gb" => 1 << 30,
        _ => return Err(format!("Invalid buffer size unit: {unit}")),
    };
    let size = number.parse().ok().and_then(|number: usize| number.checked_mul(unit_size));
    size.ok_or_else(|| format!("Failed to parse buffer size: {text}"))
}
