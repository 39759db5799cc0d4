//! bench executor
fn main() {
    println!("bench executor {:?}", std::env::args().collect::<Vec<_>>());
}
