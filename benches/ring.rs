//! bench ring
fn main() {
    println!("bench ring {:?}", std::env::args().collect::<Vec<_>>());
}
