//! What holds for every connection of a server, and what bounds the bytes of a request.

/// Most headers a request may carry; more are refused with 431.
pub const HEADERS_MAX: usize = 64;

/// Bounds on the bytes of one request; what exceeds them is refused, never cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of request line and headers together; more are refused with 431.
    pub header_bytes_max: usize,
    /// Most bytes of a body after decoding; more are refused with 413.
    pub body_bytes_max: usize,
}

impl Default for Limits {
    /// 16 KiB of headers, 64 MiB of body.
    fn default() -> Limits {
        Limits { header_bytes_max: 16 * 1024, body_bytes_max: 64 * 1024 * 1024 }
    }
}

/// Whose paths a server knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paths {
    /// Those of the hello service, which is answered where a request is read.
    #[default]
    Hello,
    /// Any: each request is handed, as an [`Ask`](super::Ask), to a service that the server has.
    Any,
}

/// What holds for every connection of a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Bounds on requests.
    pub limits: Limits,
    /// Close after each reply.
    pub close_each: bool,
    /// Whose paths the server knows.
    pub paths: Paths,
}
