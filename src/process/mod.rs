//! Waiting for child processes without blocking a worker.
//!
//! The processes are the standard library's; their ends are told by `SIGCHLD`. Dropping a future
//! never kills a child: it runs on, and somebody has to wait for it.
//!
//! ```
//! use std::process::Command;
//!
//! windlass::Runtime::new()?.block_on(async {
//!     let said = windlass::process::output(Command::new("echo").arg("ahoy"), 1024).await?;
//!     assert!(said.status.success());
//!     assert_eq!(said.stdout, b"ahoy\n");
//!     Ok::<_, std::io::Error>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod child;

pub use child::{output, wait};
