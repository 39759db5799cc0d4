//! Arbitrary bytes as an order's JSON: what is taken is written as JSON that is the same order.

#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass::kit::orders::Order;

fuzz_target!(|input: &[u8]| {
    match Order::parse(input) {
        Ok(order) => {
            assert_eq!(Order::parse(order.to_json().as_bytes()), Ok(order));
        }
        Err(error) => assert!(!error.why.is_empty(), "{error:?}"),
    }
});
