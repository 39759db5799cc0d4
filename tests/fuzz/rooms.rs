//! What is fuzzed: the very source files of the kit's HTTP and of its orders' JSON, without the
//! rest of the kit and what that needs (a database, for one), so that a target builds in seconds.

#[path = "."]
pub mod kit {
    #[path = "../../src/kit/http/mod.rs"]
    #[allow(dead_code, reason = "the targets use parts of the room")]
    pub mod http;

    #[path = "."]
    pub mod orders {
        #[path = "../../src/kit/orders/json.rs"]
        mod json;
        #[path = "../../src/kit/orders/order.rs"]
        mod order;

        pub use order::{Order, OrderError};
    }
}
