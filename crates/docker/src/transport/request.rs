//! A request, before anybody knows which connection it takes.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, UPGRADE};
use http::{HeaderMap, Method};
use http_body_util::Full;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::error::Failure;

/// What stands in a path or a query as it is. Everything else is escaped, so that no name can
/// climb out of its place, start a query or end the path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
/// The engine's router wants the parts of an image's name unescaped.
const ESCAPED_IN_IMAGES: &AsciiSet = &ESCAPED.remove(b'/').remove(b':').remove(b'@');

/// A name or an id as one segment of a path.
pub(crate) fn segment(name: &str) -> String {
    utf8_percent_encode(name, ESCAPED).to_string()
}

/// The name of an image as part of a path.
pub(crate) fn image_segment(name: &str) -> String {
    utf8_percent_encode(name, ESCAPED_IN_IMAGES).to_string()
}

/// One request to the engine, without the version that goes before its path.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
    versioned: bool,
}

impl Request {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    fn new(method: Method, path: impl Into<String>) -> Self {
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        Self {
            method,
            path: path.into(),
            headers,
            body,
            versioned: true,
        }
    }

    pub(crate) fn query(mut self, key: &str, value: impl AsRef<str>) -> Self {
        self.path
            .push(if self.path.contains('?') { '&' } else { '?' });
        self.path.push_str(key);
        self.path.push('=');
        self.path
            .extend(utf8_percent_encode(value.as_ref(), ESCAPED));
        self
    }

    /// Without a version in its path: for what is asked before one was agreed on.
    pub(crate) fn unversioned(mut self) -> Self {
        self.versioned = false;
        self
    }

    /// A flag as every engine reads it: Podman refuses what it cannot parse, Docker takes nearly
    /// any word for true.
    pub(crate) fn flag(self, key: &str, value: bool) -> Self {
        self.query(key, if value { "true" } else { "false" })
    }

    pub(crate) fn json(mut self, body: &impl Serialize) -> Result<Self, Failure> {
        self.body = serde_json::to_vec(body)
            .map_err(Failure::unsendable)?
            .into();
        Ok(self.header(CONTENT_TYPE, HeaderValue::from_static("application/json")))
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Asks for the bare connection instead of an answer with a body.
    pub(crate) fn upgrade(self) -> Self {
        self.header(CONNECTION, HeaderValue::from_static("Upgrade"))
            .header(UPGRADE, HeaderValue::from_static("tcp"))
    }

    /// Whether the same request may reach the engine twice.
    pub(crate) fn may_repeat(&self) -> bool {
        self.method == Method::GET
    }

    pub(crate) fn to_http(
        &self,
        prefix: &str,
        host: &HeaderValue,
    ) -> Result<http::Request<Full<Bytes>>, Failure> {
        let prefix = if self.versioned { prefix } else { "" };
        let mut request = http::Request::builder()
            .method(self.method.clone())
            .uri(format!("{prefix}{}", self.path))
            .body(Full::new(self.body.clone()))
            .map_err(Failure::unsendable)?;
        request.headers_mut().clone_from(&self.headers);
        request
            .headers_mut()
            .insert(http::header::HOST, host.clone());
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(request: &Request) -> String {
        let host = HeaderValue::from_static("localhost");
        request.to_http("/v1.41", &host).unwrap().uri().to_string()
    }

    #[test]
    fn nothing_in_a_name_leaves_its_segment() {
        for (name, path) in [
            ("web-1_a.b", "web-1_a.b"),
            ("../info", "..%2Finfo"),
            ("x#y", "x%23y"),
            ("x?force=1", "x%3Fforce%3D1"),
            ("%2e%2e", "%252e%252e"),
            ("a b\n", "a%20b%0A"),
        ] {
            let request = Request::get(format!("/containers/{}/json", segment(name)));
            assert_eq!(uri(&request), format!("/v1.41/containers/{path}/json"));
        }
        assert_eq!(
            image_segment("h:5000/a/b@sha256:0?x"),
            "h:5000/a/b@sha256:0%3Fx"
        );
    }

    #[test]
    fn queries_are_escaped() {
        let request = Request::get("/x").query("a", "1 &2").flag("b", true);
        assert_eq!(uri(&request), "/v1.41/x?a=1%20%262&b=true");
    }
}
