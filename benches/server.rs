//! bench server
fn main() { println!("bench server {:?}", std::env::args().collect::<Vec<_>>()); }
