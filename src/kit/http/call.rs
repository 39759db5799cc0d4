//! What a request asks for: a call of the hello service, or whatever another service makes of it.

/// Longest wait that `/wait/N` grants, in milliseconds.
pub const WAIT_MS_MAX: u32 = 60_000;

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`, or `HEAD`, whose reply goes without its body.
    Get,
    /// `POST`
    Post,
    /// Any other.
    Other,
}

/// A request to a service that reads paths itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The method.
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// The query, without its question mark; empty when there is none.
    pub query: String,
    /// Value of the `idempotency-key` header.
    pub key: Option<String>,
    /// The body, decoded.
    pub body: Vec<u8>,
}

/// What a request asks for. Decided when its head is whole, so that the hello service need not keep
/// any path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// `GET /`: a page for browsers.
    Home,
    /// `GET /hello`: the cheapest reply.
    Hello,
    /// `GET /wait/N`: wait for a slow downstream, then reply.
    Wait {
        /// Milliseconds the downstream takes.
        wait_ms: u32,
    },
    /// `POST /echo`: the body comes back.
    Echo,
    /// `/wait/N` with an N that is no number from 0 to [`WAIT_MS_MAX`]: 400.
    BadWait,
    /// A path that does not exist: 404.
    Unknown,
    /// A path that exists, asked with a method it does not know: 405.
    WrongMethod {
        /// Value of the `allow` header.
        allow: &'static str,
    },
    /// Whatever the server's service makes of it; its body comes when it is whole.
    Any(Box<Ask>),
}

impl Call {
    /// The call that `method` and `target` name. `HEAD` names what `GET` names.
    pub fn of(method: &str, target: &str) -> Call {
        let path = path_of(target);
        let (call, allow) = match path {
            "/hello" => (Call::Hello, "GET, HEAD"),
            "/" => (Call::Home, "GET, HEAD"),
            "/echo" => (Call::Echo, "POST"),
            _ => match path.strip_prefix("/wait/") {
                Some(wait) => (wait_of(wait), "GET, HEAD"),
                None => return Call::Unknown,
            },
        };
        let allowed = match call {
            Call::Echo => method == "POST",
            _ => matches!(method, "GET" | "HEAD"),
        };
        if allowed { call } else { Call::WrongMethod { allow } }
    }

    /// Whether its body is of use.
    pub(super) fn takes_body(&self) -> bool {
        match self {
            Call::Echo => true,
            Call::Any(ask) => ask.method == Method::Post,
            _ => false,
        }
    }
}

impl Ask {
    /// What `method` and `target` ask for, still without a body.
    pub(super) fn of(method: &str, target: &str, key: Option<String>) -> Ask {
        let method = match method {
            "GET" | "HEAD" => Method::Get,
            "POST" => Method::Post,
            _ => Method::Other,
        };
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let (path, query) = (path_of(target).to_owned(), query.to_owned());
        Ask { method, path, query, key, body: Vec::new() }
    }
}

/// The path of a target in origin form or absolute form, without its query.
fn path_of(target: &str) -> &str {
    let target = match target.strip_prefix("http://") {
        Some(rest) => match rest.find(['/', '?']) {
            Some(at) if rest.as_bytes()[at] == b'/' => &rest[at..],
            _ => "/",
        },
        None => target,
    };
    match target.find('?') {
        Some(at) => &target[..at],
        None => target,
    }
}

fn wait_of(text: &str) -> Call {
    let digits = !text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<u32>() {
        Ok(wait_ms) if digits && wait_ms <= WAIT_MS_MAX => Call::Wait { wait_ms },
        _ => Call::BadWait,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_name_their_calls() {
        let get = |target| Call::of("GET", target);
        assert_eq!(get("/"), Call::Home);
        assert_eq!(get("/hello"), Call::Hello);
        assert_eq!(get("/hello?a=b"), Call::Hello);
        assert_eq!(get("http://127.0.0.1:8080/hello"), Call::Hello);
        assert_eq!(get("http://127.0.0.1:8080"), Call::Home);
        assert_eq!(get("http://127.0.0.1?x=/hello"), Call::Home);
        assert_eq!(get("/wait/0"), Call::Wait { wait_ms: 0 });
        assert_eq!(get("/wait/60000"), Call::Wait { wait_ms: 60_000 });
        for bad in ["/wait/", "/wait/60001", "/wait/+5", "/wait/5/", "/wait/-1", "/wait/4294967301"]
        {
            assert_eq!(get(bad), Call::BadWait, "{bad}");
        }
        for unknown in ["*", "hello", "/hello/", "/HELLO", "//hello", "/echo2"] {
            assert_eq!(get(unknown), Call::Unknown, "{unknown}");
        }
        assert_eq!(Call::of("HEAD", "/hello"), Call::Hello);
        assert_eq!(Call::of("POST", "/hello"), Call::WrongMethod { allow: "GET, HEAD" });
        assert_eq!(Call::of("get", "/hello"), Call::WrongMethod { allow: "GET, HEAD" });
        assert_eq!(Call::of("GET", "/echo"), Call::WrongMethod { allow: "POST" });
        assert_eq!(Call::of("POST", "/echo"), Call::Echo);
    }

    #[test]
    fn asks_hold_what_their_targets_say() {
        let ask = |method, target| {
            let Ask { method, path, query, .. } = Ask::of(method, target, None);
            (method, path, query)
        };
        let of = |method, path: &str, query: &str| (method, path.to_owned(), query.to_owned());
        assert_eq!(ask("GET", "/orders/7?a=b&c"), of(Method::Get, "/orders/7", "a=b&c"));
        assert_eq!(ask("HEAD", "http://a:80/x"), of(Method::Get, "/x", ""));
        assert_eq!(ask("POST", "http://a?q"), of(Method::Post, "/", "q"));
        assert_eq!(ask("DELETE", "*"), of(Method::Other, "*", ""));
    }
}
