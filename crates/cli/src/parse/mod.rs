//! Texts of the command line, read as the `docker` command reads them.

pub(crate) mod mount;
pub(crate) mod size;
pub(crate) mod time;

use clap::Args;
use wharf::{Error, ExtraHost, Filters};

/// Conditions on a list or on events.
#[derive(Debug, Args)]
pub(crate) struct FilterArgs {
    /// Only what matches; several times for several conditions
    #[arg(short = 'f', long = "filter", value_name = "KEY=VALUE", value_parser = pair)]
    filters: Vec<(String, String)>,
}

impl FilterArgs {
    pub(crate) fn into_filters(self) -> Filters {
        self.filters.into_iter().collect()
    }
}

/// `KEY=VALUE`, with something on both sides.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => {
            Ok((key.to_owned(), value.to_owned()))
        }
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

/// A label: `KEY=VALUE`, or a key alone, whose value is then empty.
pub(crate) fn label(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    if key.is_empty() {
        return Err("expected KEY=VALUE".to_owned());
    }
    Ok((key.to_owned(), value.to_owned()))
}

/// A line of /etc/hosts: `NAME:IP`, or `NAME=IP`, where brackets around an address are left out.
pub(crate) fn extra_host(text: &str) -> Result<ExtraHost, Error> {
    let Some((name, address)) = text.split_once('=') else {
        return text.parse();
    };
    let inner = address
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    format!("{name}:{}", inner.unwrap_or(address)).parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_its_address_are_read_in_both_forms() {
        for (text, expected) in [
            ("db:10.0.0.1", "db:10.0.0.1"),
            ("db=10.0.0.1", "db:10.0.0.1"),
            ("db:::1", "db:::1"),
            ("db=::1", "db:::1"),
            ("db=[::1]", "db:::1"),
            ("db=host-gateway", "db:host-gateway"),
        ] {
            assert_eq!(extra_host(text).unwrap().to_string(), expected, "{text}");
        }
        for text in ["db", "db=", "db=pier", "db=a:10.0.0.1"] {
            assert!(extra_host(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_pair_has_something_on_both_sides() {
        assert_eq!(
            pair("label=a=b").unwrap(),
            ("label".to_owned(), "a=b".to_owned())
        );
        for text in ["", "name", "=web", "name="] {
            assert!(pair(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_label_may_have_no_value() {
        assert_eq!(label("a").unwrap(), ("a".to_owned(), String::new()));
        assert_eq!(label("a=b=c").unwrap(), ("a".to_owned(), "b=c".to_owned()));
        assert!(label("=b").is_err());
    }
}
