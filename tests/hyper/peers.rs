//! A server and a client, both hyper's, both on windlass.

#![allow(dead_code, reason = "each test target uses a part of it")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use http_body_util::{BodyExt, Empty, Full, combinators::BoxBody};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, header};
use windlass::hyper::{Io, Timer};
use windlass::net::{TcpListener, TcpStream};
use windlass::time::timeout;
use windlass::{Runtime, spawn};

use crate::support::BOUND;

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Reply = Response<BoxBody<Bytes, hyper::Error>>;

/// Where the server listens, and how many connections it has taken.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    pub(crate) connections: Arc<AtomicUsize>,
}

/// Starts hyper's server on the runtime; it ends with it.
pub(crate) fn serve(runtime: &Runtime) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    let accept = async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut http = http1::Builder::new();
            http.timer(Timer);
            let served = http.serve_connection(Io::new(stream), service_fn(answer));
            // How a connection ends shows at its client.
            spawn(async move { drop(served.with_upgrades().await) }).detach();
        }
    };
    runtime.spawn(accept).detach();
    Server { addr, connections }
}

async fn answer(mut request: Request<Incoming>) -> Result<Reply, Failure> {
    let reply = Response::builder();
    Ok(match request.uri().path() {
        "/hello" => reply.body(text("hello, world"))?,
        // The length is said where it is known, else the reply is chunked.
        "/echo" => {
            let coding = request.headers().get(header::TRANSFER_ENCODING).cloned();
            let coding = coding.unwrap_or(header::HeaderValue::from_static("none"));
            reply.header("x-coding", coding).body(request.into_body().boxed())?
        }
        // Replies when the body is whole.
        "/gather" => {
            let body = request.into_body().collect().await?.to_bytes();
            reply.body(Full::from(body).map_err(|never| match never {}).boxed())?
        }
        "/upgrade" => {
            let upgraded = hyper::upgrade::on(&mut request);
            spawn(async move { drop(echo_upgraded(upgraded).await) }).detach();
            let reply = reply.status(StatusCode::SWITCHING_PROTOCOLS);
            reply.header(header::UPGRADE, "echo").body(text(""))?
        }
        _ => reply.status(StatusCode::NOT_FOUND).body(text("no such path"))?,
    })
}

async fn echo_upgraded(upgraded: hyper::upgrade::OnUpgrade) -> Result<(), Failure> {
    let (reader, mut writer) = AsyncReadExt::split(Io::new(upgraded.await?));
    futures_util::io::copy(reader, &mut writer).await?;
    Ok(writer.close().await?)
}

fn text(text: &'static str) -> BoxBody<Bytes, hyper::Error> {
    Full::from(text).map_err(|never| match never {}).boxed()
}

/// hyper's client, connected; its connection is a task of its own.
pub(crate) async fn connect<B>(addr: SocketAddr) -> Result<SendRequest<B>, Failure>
where
    B: Body<Data: Send, Error: Into<Failure>> + Send + 'static,
{
    let stream = TcpStream::connect(addr).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = hyper::client::conn::http1::handshake(Io::new(stream)).await?;
    // Its error shows at the request that fails.
    spawn(async move { drop(connection.with_upgrades().await) }).detach();
    Ok(sender)
}

pub(crate) fn get(path: &str) -> Request<Empty<Bytes>> {
    Request::get(path).header(header::HOST, "test").body(Empty::new()).expect("a request")
}

pub(crate) fn post<B>(path: &str, body: B) -> Request<B> {
    Request::post(path).header(header::HOST, "test").body(body).expect("a request")
}

/// Runs the test on the runtime, within the bound.
pub(crate) fn within<T>(runtime: &Runtime, test: impl Future<Output = Result<T, Failure>>) -> T {
    runtime.block_on(timeout(BOUND, test)).expect("within the bound").expect("no error")
}
