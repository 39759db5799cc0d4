//! hyper's HTTP/1.1 server on windlass: `GET /` is a page, `GET /hello` a greeting, `POST /echo`
//! sends the body back while it comes.
//!
//! `cargo run --release --example hyper_server`, then `curl http://127.0.0.1:PORT/hello`. Ends when
//! its input has a line or ends: no new connections then, and those that live finish the exchange
//! they are in.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use windlass::channel::{Receiver, Sender, bounded};
use windlass::hyper::{Io, Timer};
use windlass::net::{TcpListener, TcpStream};
use windlass::time::{sleep, timeout};

/// How long a client may take for a head, and for its next request.
const HEAD: Duration = Duration::from_secs(30);

/// How long connections may take to end.
const DRAIN: Duration = Duration::from_secs(10);

const PAGE: &str = "<!doctype html>
<html lang=\"en\"><head><meta charset=\"utf-8\"><title>hyper on windlass</title></head>
<body><p id=\"said\">nothing yet</p><script>
fetch('/echo', { method: 'POST', body: 'heave ho' })
  .then((reply) => reply.text())
  .then((text) => { document.getElementById('said').textContent = 'echoed: ' + text; });
</script></body></html>
";

/// A channel that nothing is sent through: that its senders are gone is the message.
type Gone = Receiver<Infallible>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = windlass::Runtime::new()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        println!("listening on {}", listener.local_addr()?);
        let (running, stopping) = bounded(1);
        let input = windlass::spawn_blocking(move || {
            let line = io::stdin().read_line(&mut String::new());
            drop(running);
            line
        });
        serve(listener, stopping).await;
        input.await??;
        println!("ended");
        Ok(())
    })
}

async fn serve(listener: TcpListener, stopping: Gone) {
    let (alive, all_ended) = bounded(1);
    loop {
        let (stop, accept) = (pin!(stopping.recv()), pin!(listener.accept()));
        match select(stop, accept).await {
            Either::Left(_) => break,
            Either::Right((Ok((stream, _peer)), _)) => {
                // Refused when too many tasks live: the connection closes.
                windlass::spawn(connection(stream, stopping.clone(), alive.clone())).detach();
            }
            Either::Right((Err(error), _)) => {
                eprintln!("accept: {error}");
                sleep(Duration::from_millis(10)).await;
            }
        }
    }
    drop((listener, alive));
    if timeout(DRAIN, all_ended.recv()).await.is_err() {
        eprintln!("some connections did not end within {DRAIN:?}");
    }
}

async fn connection(stream: TcpStream, stopping: Gone, _alive: Sender<Infallible>) {
    // A client that has gone already is found out by the first read.
    let _nodelay = stream.set_nodelay(true);
    let mut http = http1::Builder::new();
    http.timer(Timer).header_read_timeout(HEAD);
    let mut served = pin!(http.serve_connection(Io::new(stream), service_fn(answer)));
    let ended = match select(served.as_mut(), pin!(stopping.recv())).await {
        Either::Left((ended, _)) => ended,
        Either::Right(_) => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    // A client that is gone when the connection closes has lost nothing.
    if let Err(error) = ended
        && !error.is_shutdown()
    {
        eprintln!("connection: {error}");
    }
}

type Body = BoxBody<Bytes, hyper::Error>;

async fn answer(request: Request<Incoming>) -> Result<Response<Body>, hyper::http::Error> {
    let reply = Response::builder();
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => reply.header(header::CONTENT_TYPE, "text/html").body(text(PAGE)),
        (&Method::GET, "/hello") => reply.body(text("hello, world")),
        (&Method::POST, "/echo") => reply.body(request.into_body().boxed()),
        _ => reply.status(StatusCode::NOT_FOUND).body(text("GET /, GET /hello, POST /echo\n")),
    }
}

fn text(text: &'static str) -> Body {
    Full::from(text).map_err(|never| match never {}).boxed()
}
