//! Addresses of what is loaded: `http://HOST[:PORT][/PATH]`.

use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// What would be right.
const RIGHT: &str = "give http://HOST:PORT/PATH, such as http://127.0.0.1:8080/hello";

/// The port when none is given.
const PORT: u16 = 80;

/// How long a connect may take.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// An address of a service that speaks HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    /// Host and port as requests name them.
    pub(super) authority: String,
    /// The host alone, without the brackets of IPv6.
    host: String,
    port: u16,
    /// From the first slash on, with the query.
    pub(super) path: String,
}

impl Url {
    /// The URL as it is shown.
    pub(super) fn shown(&self) -> String {
        format!("http://{}{}", self.authority, self.path)
    }

    /// The first of the host's addresses that takes a connection.
    ///
    /// # Errors
    /// The host has no address; or none takes a connection: what the last one said.
    pub(super) fn resolve(&self) -> Result<SocketAddr, String> {
        let found = (self.host.as_str(), self.port).to_socket_addrs();
        let found = found.map_err(|error| format!("{} has no address: {error}", self.host))?;
        let mut said = format!("{} has no address", self.host);
        for addr in found {
            match TcpStream::connect_timeout(&addr, CONNECT_MAX) {
                Ok(_) => return Ok(addr),
                Err(error) => said = format!("{addr} takes no connection: {error}"),
            }
        }
        Err(said)
    }
}

/// The URL that `text` says; without a scheme it is HTTP's.
pub(super) fn parse(text: &str) -> Result<Url, String> {
    let rest = match text.split_once("://") {
        Some(("http", rest)) => rest,
        Some(("https", _)) => return Err(format!("https is not spoken; {RIGHT}")),
        Some(_) => return Err(RIGHT.to_owned()),
        None => text,
    };
    let rest = rest.split('#').next().unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    if let Some(bad) = text.chars().find(|c| !c.is_ascii_graphic()) {
        return Err(format!("{bad:?} stands in it: write it with %, a space as %20"));
    }
    let (host, port) = host_and_port(authority).ok_or(RIGHT)?;
    Ok(Url { authority: authority.to_owned(), host: host.to_owned(), port, path })
}

fn host_and_port(authority: &str) -> Option<(&str, u16)> {
    let (host, rest) = match authority.strip_prefix('[') {
        Some(inner) => inner.split_once(']')?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port = match rest.strip_prefix(':') {
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => port.parse().ok()?,
        None if rest.is_empty() => PORT,
        _ => return None,
    };
    (!host.is_empty() && !host.contains('@') && port > 0).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        for (text, authority, host, port, path) in [
            ("http://127.0.0.1:8080/hello", "127.0.0.1:8080", "127.0.0.1", 8080, "/hello"),
            ("http://a.example", "a.example", "a.example", 80, "/"),
            ("localhost:1?x=1#y", "localhost:1", "localhost", 1, "/?x=1"),
            ("http://[::1]:9/wait/5?a", "[::1]:9", "::1", 9, "/wait/5?a"),
            ("http://[::1]", "[::1]", "::1", 80, "/"),
        ] {
            let (authority, host, path) = (authority.into(), host.into(), path.into());
            assert_eq!(parse(text), Ok(Url { authority, host, port, path }), "{text}");
        }
    }

    #[test]
    fn what_is_no_url_says_what_would_be_right() {
        for wrong in [
            "",
            "http://",
            "http:///hello",
            "https://a/",
            "ftp://a/",
            "http://a:b/",
            "http://a:/",
            "http://a:0/",
            "http://a:65536/",
            "http://[::1/",
            "http://[::1]x/",
            "http://me@a/",
            "http://a:+5/",
        ] {
            let said = parse(wrong).expect_err(wrong);
            assert!(said.contains("http://127.0.0.1:8080/hello"), "{wrong}: {said}");
        }
        assert!(parse("http://a/b c").is_err_and(|said| said.contains("%20")));
        assert!(parse("http://a/\r\nx:y").is_err());
    }
}
