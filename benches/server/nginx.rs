//! nginx, where it is installed: this process becomes one.

use std::env;
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command, ExitCode};
use std::thread;
use std::time::Duration;

use windlass::kit::http::HELLO;

use crate::smol_server::listen;

/// Tells this program to wait for a listener and to say so.
const ANNOUNCE: &str = "WINDLASS_BENCH_ANNOUNCE";

/// How often the listener is tried, and the time between.
const TRIES: u32 = 500;
const PAUSE: Duration = Duration::from_millis(10);

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
/// nginx does not say when it listens: a process beside, this program again, tries to connect until
/// that is so, and says it in its place.
pub(crate) fn become_one() -> io::Result<()> {
    let program = program().map_err(|why| io::Error::new(io::ErrorKind::NotFound, why))?;
    // Free, unless another program takes it this very moment.
    let addr = listen()?.local_addr()?;
    let dir = directory(process::id());
    fs::create_dir_all(&dir)?;
    let config = dir.join("nginx.conf");
    fs::write(&config, text(addr, &dir))?;
    // SAFETY: the call takes no pointer. nginx does not watch its standard input as we do: it ends
    // when the bench does.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    Command::new(env::current_exe()?).env(ANNOUNCE, addr.to_string()).spawn()?;
    let mut command = Command::new(program);
    command.arg("-p").arg(&dir).arg("-c").arg(&config);
    Err(command.arg("-e").arg(dir.join("error.log")).exec())
}

/// Whether this process is the one beside; if so it has done its work.
pub(crate) fn announce_if_told() -> Option<ExitCode> {
    let addr = env::var(ANNOUNCE).ok()?.parse::<SocketAddr>().ok()?;
    for _ in 0..TRIES {
        if TcpStream::connect(addr).is_ok() {
            println!("listening on {addr}");
            return Some(ExitCode::SUCCESS);
        }
        thread::sleep(PAUSE);
    }
    Some(ExitCode::FAILURE)
}

/// What it leaves behind: removed when this is dropped, after the process has been ended.
pub(crate) struct Files(PathBuf);

impl Files {
    /// Those of the process of this number.
    pub(crate) fn of(pid: u32) -> Files {
        Files(directory(pid))
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // It may go on writing there until it is killed; what it leaves is a few empty files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Where the process of this number keeps its files.
fn directory(pid: u32) -> PathBuf {
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
