//! Reply statuses, and the error of a request that is refused.

use std::fmt;

/// The reply statuses of the services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// 200
    Ok,
    /// 201
    Created,
    /// 202
    Accepted,
    /// 400
    BadRequest,
    /// 404
    NotFound,
    /// 405
    MethodNotAllowed,
    /// 408
    RequestTimeout,
    /// 409
    Conflict,
    /// 413
    ContentTooLarge,
    /// 417
    ExpectationFailed,
    /// 422
    Unprocessable,
    /// 431
    HeadersTooLarge,
    /// 500
    ServerError,
    /// 501
    NotImplemented,
    /// 502
    BadGateway,
    /// 503
    Unavailable,
    /// 504
    GatewayTimeout,
}

impl Status {
    /// Code and reason as they stand in the status line.
    pub fn text(self) -> &'static str {
        match self {
            Status::Ok => "200 OK",
            Status::Created => "201 Created",
            Status::Accepted => "202 Accepted",
            Status::BadRequest => "400 Bad Request",
            Status::NotFound => "404 Not Found",
            Status::MethodNotAllowed => "405 Method Not Allowed",
            Status::RequestTimeout => "408 Request Timeout",
            Status::Conflict => "409 Conflict",
            Status::ContentTooLarge => "413 Content Too Large",
            Status::ExpectationFailed => "417 Expectation Failed",
            Status::Unprocessable => "422 Unprocessable Content",
            Status::HeadersTooLarge => "431 Request Header Fields Too Large",
            Status::ServerError => "500 Internal Server Error",
            Status::NotImplemented => "501 Not Implemented",
            Status::BadGateway => "502 Bad Gateway",
            Status::Unavailable => "503 Service Unavailable",
            Status::GatewayTimeout => "504 Gateway Timeout",
        }
    }
}

/// Why a request is not served. The connection ends after the reply that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Status of the reply.
    pub status: Status,
    /// What was wrong and what would be right; becomes the body of the reply.
    pub why: &'static str,
}

impl Refusal {
    pub(super) const fn new(status: Status, why: &'static str) -> Refusal {
        Refusal { status, why }
    }

    pub(super) const fn bad(why: &'static str) -> Refusal {
        Refusal::new(Status::BadRequest, why)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status.text(), self.why)
    }
}

impl std::error::Error for Refusal {}
