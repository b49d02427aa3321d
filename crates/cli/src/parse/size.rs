//! Amounts of bytes.

/// A number of bytes, with or without a unit: `512m`, `1.5g`, `64KiB`, `4096`. All units are powers of 1024.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let bad = || format!("{text:?} is no size: use a number and b, k, m, g or t");
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| bad())?;
    let exponent = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 1,
        "m" | "mb" | "mib" => 2,
        "g" | "gb" | "gib" => 3,
        "t" | "tb" | "tib" => 4,
        _ => return Err(bad()),
    };
    let bytes = number * 1024_f64.powi(exponent);
    // An f64 of this size still counts every byte.
    if bytes > 2_f64.powi(53) {
        return Err(format!("{text:?} is more than any machine has"));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked above"
    )]
    Ok(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_docker_reads_them() {
        for (text, expected) in [
            ("0", 0),
            ("4096", 4096),
            ("512b", 512),
            ("64k", 64 << 10),
            ("512m", 512 << 20),
            ("512M", 512 << 20),
            ("1.5g", 3 << 29),
            ("1 GB", 1 << 30),
            ("2TiB", 2 << 40),
        ] {
            assert_eq!(bytes(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "m", "-1", "1.2.3", "1x", "1kk", "abc", "9999999t"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
