//! bench z_report
fn main() {
    println!("bench z_report {:?}", std::env::args().collect::<Vec<_>>());
}
