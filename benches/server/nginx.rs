//! nginx, where it is installed: this process becomes one, with a listener it was given.

use std::env;
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, IntoRawFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use windlass::kit::http::HELLO;

use crate::smol_server::listen;

/// Where it may be; `PATH` of a user may not name the second.
const PLACES: [&str; 2] = ["nginx", "/usr/sbin/nginx"];

/// Where it is.
pub(crate) fn program() -> Result<&'static str, String> {
    let starts = |place: &&str| {
        Command::new(place).arg("-v").output().is_ok_and(|output| output.status.success())
    };
    let found = PLACES.into_iter().find(starts);
    found.ok_or_else(|| format!("not installed: neither in PATH nor at {}", PLACES[1]))
}

/// Becomes nginx: one process, one worker, on a free port. Returns only with an error.
///
/// The listener is made here and handed over, as nginx does it to itself when it is upgraded in
/// place: so the port is known and answers from the start.
pub(crate) fn become_one(ready: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let program = program().map_err(|why| io::Error::new(io::ErrorKind::NotFound, why))?;
    let listener = listen()?;
    let addr = listener.local_addr()?;
    let dir = directory(process::id());
    fs::create_dir_all(&dir)?;
    let config = dir.join("nginx.conf");
    fs::write(&config, text(addr, &dir))?;
    let descriptor = kept_over_exec(listener)?;
    ready(addr);
    let mut command = Command::new(program);
    command.env("NGINX", format!("{descriptor};")).arg("-p").arg(&dir).arg("-c").arg(&config);
    Err(command.arg("-e").arg(dir.join("error.log")).exec())
}

/// Where the process of this number keeps its files; who ends it removes them.
pub(crate) fn directory(pid: u32) -> PathBuf {
    env::temp_dir().join(format!("windlass-nginx-{pid}"))
}

fn text(addr: SocketAddr, dir: &Path) -> String {
    let dir = dir.display();
    format!(
        "daemon off; master_process off; pid {dir}/pid; error_log {dir}/error.log;
events {{ worker_connections 16384; multi_accept on; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 3600s; tcp_nodelay on;
  client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/fastcgi; uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
  server {{
    listen {addr} backlog=4096;
    location = /hello {{ default_type text/plain; return 200 \"{HELLO}\"; }}
  }}
}}
"
    )
}

/// The listener's descriptor, which survives this process's becoming another program.
fn kept_over_exec(listener: TcpListener) -> io::Result<i32> {
    let descriptor = listener.as_raw_fd();
    // SAFETY: the descriptor is open; the call changes its flags and touches no memory.
    if unsafe { libc::fcntl(descriptor, libc::F_SETFD, 0) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call takes no pointer. nginx does not watch its standard input as we do: it ends
    // when the bench does.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    Ok(listener.into_raw_fd())
}
