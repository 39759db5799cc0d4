//! The service on hyper, as a user of hyper would write it: hyper's own parser, replies and `date`
//! header in place of the kit's.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use windlass::hyper::Io;
use windlass::kit::http::HELLO;

use crate::{smol_server, tokio_server};

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// Starts it on tokio, on a free port of 127.0.0.1; it runs as long as the runtime returned.
pub(crate) fn start_on_tokio(
    workers: Option<usize>,
) -> io::Result<(tokio::runtime::Runtime, SocketAddr)> {
    let runtime = tokio_server::multi_thread(workers)?;
    let listener = runtime.block_on(async { tokio_server::listen() })?;
    let addr = listener.local_addr()?;
    runtime.spawn(accept_all_on_tokio(listener));
    Ok((runtime, addr))
}

async fn accept_all_on_tokio(listener: tokio::net::TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // An error here and below is a client that has gone.
                let _ = stream.set_nodelay(true);
                tokio::spawn(async move {
                    let service = service_fn(|request| answer(request, tokio::time::sleep));
                    let io = TokioIo::new(stream);
                    drop(http1::Builder::new().serve_connection(io, service).await);
                });
            }
            // Descriptors may be short for a while.
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

/// Starts it on windlass, on a free port of 127.0.0.1; it runs as long as the runtime returned.
pub(crate) fn start_on_windlass(
    workers: Option<usize>,
) -> Result<(windlass::Runtime, SocketAddr), String> {
    let mut builder = windlass::Runtime::builder();
    if let Some(workers) = workers {
        builder = builder.workers(workers);
    }
    let runtime = builder.build().map_err(|error| error.to_string())?;
    let listener = smol_server::listen().map_err(|error| error.to_string())?;
    let addr = listener.local_addr().map_err(|error| error.to_string())?;
    let listener = windlass::net::TcpListener::from_std(listener);
    let listener = listener.map_err(|error| error.to_string())?;
    drop(runtime.spawn(accept_all_on_windlass(listener)));
    Ok((runtime, addr))
}

async fn accept_all_on_windlass(listener: windlass::net::TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // An error here and below is a client that has gone.
                let _ = stream.set_nodelay(true);
                drop(windlass::spawn(async move {
                    let service = service_fn(|request| answer(request, windlass::time::sleep));
                    let connection =
                        http1::Builder::new().serve_connection(Io::new(stream), service);
                    drop(connection.await);
                }));
            }
            // Descriptors may be short for a while.
            Err(_) => windlass::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

/// `GET /hello` and `GET /wait/N`; the rest is not found.
async fn answer<S: Future<Output = ()>>(
    request: Request<Incoming>,
    sleep: impl FnOnce(Duration) -> S,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path();
    let wait_ms = path.strip_prefix("/wait/").and_then(|ms| ms.parse::<u32>().ok());
    let mut reply = match (path, wait_ms) {
        ("/hello", _) => Response::new(Full::new(Bytes::from_static(HELLO.as_bytes()))),
        (_, Some(wait_ms)) => {
            sleep(Duration::from_millis(wait_ms.into())).await;
            Response::new(Full::new(Bytes::from(format!("waited {wait_ms} ms\n"))))
        }
        _ => {
            let mut reply = Response::new(Full::new(Bytes::from_static(b"no such path\n")));
            *reply.status_mut() = StatusCode::NOT_FOUND;
            reply
        }
    };
    reply.headers_mut().insert(CONTENT_TYPE, TEXT);
    Ok(reply)
}
