//! Filters, as the engine reads them.

use std::collections::{BTreeMap, HashMap};

use wharf_core::Filters;

use crate::error::Failure;
use crate::transport::Request;

/// `{"label":["a=b"]}`: the one form that all versions of all engines read.
pub(crate) fn query(request: Request, filters: &Filters) -> Result<Request, Failure> {
    if filters.is_empty() {
        return Ok(request);
    }
    let map: BTreeMap<_, _> = filters.iter().collect();
    let json = serde_json::to_string(&map).map_err(Failure::unsendable)?;
    Ok(request.query("filters", json))
}

/// The same, as bollard takes it.
pub(crate) fn map(filters: &Filters) -> Option<HashMap<String, Vec<String>>> {
    (!filters.is_empty()).then(|| {
        filters
            .iter()
            .map(|(key, values)| (key.to_owned(), values.to_vec()))
            .collect()
    })
}
