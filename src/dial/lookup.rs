//! Names to addresses.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use crate::runtime::Handle;

/// Of one name, no more addresses are looked at.
const ADDRESSES_MAX: usize = 32;

/// The addresses of `host`, at most 32, in the order of the system's resolver. It blocks, so it
/// runs on the blocking pool; an address written in digits needs none of that. Dropping the future
/// does not end a look-up that has begun.
///
/// # Errors
/// The resolver's; and when called outside a runtime, or when the blocking pool is full.
///
/// ```
/// # windlass::Runtime::new()?.block_on(async {
/// let addresses = windlass::dial::lookup("127.0.0.1", 80).await?;
/// assert_eq!(addresses, ["127.0.0.1:80".parse().unwrap()]);
/// # Ok::<_, std::io::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn lookup(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    let host = host.to_owned();
    let handle = Handle::try_current().map_err(io::Error::other)?;
    let looks = handle.spawn_blocking(move || (host.as_str(), port).to_socket_addrs());
    Ok(looks.await.map_err(io::Error::other)??.take(ADDRESSES_MAX).collect())
}
