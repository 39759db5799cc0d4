//! The client side of a wait: the request to the downstream, and how its reply is read.

use std::net::SocketAddr;

/// Most bytes of a downstream's reply.
const REPLY_BYTES_MAX: usize = 4 * 1024;

/// The request that makes the downstream wait. It ends the connection, so that the downstream
/// closes first and keeps the port in its TIME_WAIT, not the caller.
pub fn downstream_request(downstream: SocketAddr, wait_ms: u32) -> Vec<u8> {
    format!("GET /wait/{wait_ms} HTTP/1.1\r\nhost: {downstream}\r\nconnection: close\r\n\r\n")
        .into_bytes()
}

/// Reads the reply of the downstream, which ends with its connection.
#[derive(Debug, Default)]
pub struct DownstreamReply {
    bytes: Vec<u8>,
}

impl DownstreamReply {
    /// Takes the next bytes; `false` when the reply is longer than any the service gives.
    pub fn feed(&mut self, bytes: &[u8]) -> bool {
        self.bytes.extend_from_slice(bytes);
        self.bytes.len() <= REPLY_BYTES_MAX
    }

    /// Whether the reply that has come, now that the connection has ended, is whole and says 200.
    pub fn is_ok(&self) -> bool {
        let mut headers = [httparse::EMPTY_HEADER; 16];
        let mut reply = httparse::Response::new(&mut headers);
        let Ok(httparse::Status::Complete(head_bytes)) = reply.parse(&self.bytes) else {
            return false;
        };
        let length = reply
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case("content-length"))
            .and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok());
        reply.code == Some(200) && length == Some(self.bytes.len() - head_bytes)
    }
}
