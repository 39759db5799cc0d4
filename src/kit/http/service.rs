//! The hello service: what each call replies, or for how long it waits first.

use super::call::{Ask, Call};
use super::parser::Request;
use super::refusal::Status;
use super::reply::{Body, Reply};

/// Body of the reply to `GET /hello`.
pub const HELLO: &str = "hello, world";

const HOME: &str = "<!doctype html>
<html lang=\"en\"><head><meta charset=\"utf-8\"><title>windlass</title></head>
<body><h1>windlass</h1>
<p>This service answers to:</p>
<ul>
<li><a href=\"/hello\">GET /hello</a>: the cheapest reply</li>
<li><a href=\"/wait/500\">GET /wait/N</a>: waits N ms for a slow downstream, then replies</li>
<li>POST /echo: sends the body back</li>
</ul></body></html>
";

/// What a request leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Reply now.
    Now(Reply),
    /// Wait for the downstream, in the way of the server model, then reply by [`WaitEnd::reply`].
    Wait {
        /// Milliseconds the downstream takes.
        wait_ms: u32,
    },
    /// Hand this to the server's service; it replies.
    Work(Box<Ask>),
}

/// How waiting for the downstream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitEnd {
    /// It replied (or, where a timer stands in for it, the time is over).
    Done,
    /// It could not be reached, or replied something else than asked for: 502.
    Failed,
    /// It did not reply in time: 504.
    TimedOut,
}

impl WaitEnd {
    /// The reply to the request that waited.
    pub fn reply(self, wait_ms: u32) -> Reply {
        match self {
            WaitEnd::Done => {
                let note = Body::Note(format!("waited {wait_ms} ms\n"));
                Reply::new(Status::Ok, note)
            }
            WaitEnd::Failed => Reply::text(Status::BadGateway, "the downstream failed\n"),
            WaitEnd::TimedOut => {
                Reply::text(Status::GatewayTimeout, "the downstream did not reply in time\n")
            }
        }
    }
}

/// Answers a request; the body of an echo moves into the reply, that of an ask into the ask.
pub fn answer(request: Request) -> Outcome {
    let reply = match request.call {
        Call::Hello => Reply::text(Status::Ok, HELLO),
        Call::Home => Reply::new(Status::Ok, Body::Page(HOME)),
        Call::Echo => Reply::new(Status::Ok, Body::Bytes(request.body)),
        Call::Wait { wait_ms } => return Outcome::Wait { wait_ms },
        Call::Any(mut ask) => {
            ask.body = request.body;
            return Outcome::Work(ask);
        }
        Call::BadWait => {
            Reply::text(Status::BadRequest, "N in /wait/N is a number of ms from 0 to 60000\n")
        }
        Call::Unknown => Reply::text(
            Status::NotFound,
            "no such path; there are: GET /, GET /hello, GET /wait/N, POST /echo\n",
        ),
        Call::WrongMethod { allow } => Reply {
            allow: Some(allow),
            ..Reply::text(Status::MethodNotAllowed, "this path does not know this method\n")
        },
    };
    Outcome::Now(reply)
}
