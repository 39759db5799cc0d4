//! Which request is which: method and path, without doing anything yet.

use crate::kit::http::{Ask, Method, Reply, Status};

use super::id::OrderId;
use super::replies::error;

/// Most dead letters told at a time, since each may be long; and how many are where nothing else is
/// asked for.
const DEAD_MAX: usize = 100;
const DEAD_COMMON: usize = 20;

const PATHS: &str = "no such path; there are: GET /, POST /orders, GET /orders/{id}, \
    GET /orders/{id}/events, GET /summary, GET /audit, GET /metrics, GET /dead-letters, \
    POST /dead-letters/{id}/retry";

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// `GET /`
    Page,
    /// `POST /orders`
    Post,
    /// `GET /orders/{id}`
    Order(OrderId),
    /// `GET /orders/{id}/events`
    Events(OrderId),
    /// `GET /summary`
    Summary,
    /// `GET /audit`
    Audit,
    /// `GET /metrics`
    Metrics,
    /// `GET /dead-letters?after={id}&max={n}`
    Dead {
        /// The number of the order before the first one told.
        after: u64,
        /// How many at most.
        max: usize,
    },
    /// `POST /dead-letters/{id}/retry`
    Retry(OrderId),
    /// Nothing that there is.
    Wrong(Reply),
}

/// The route of a request to the service of the database with this number.
pub(super) fn route(ask: &Ask, epoch: u32) -> Route {
    let parts: Vec<&str> = ask.path.split('/').skip(1).collect();
    let (route, method) = match parts[..] {
        [""] => (Route::Page, Method::Get),
        ["orders"] => (Route::Post, Method::Post),
        ["orders", id] => (of_order(id, epoch, Route::Order), Method::Get),
        ["orders", id, "events"] => (of_order(id, epoch, Route::Events), Method::Get),
        ["summary"] => (Route::Summary, Method::Get),
        ["audit"] => (Route::Audit, Method::Get),
        ["metrics"] => (Route::Metrics, Method::Get),
        ["dead-letters"] => (dead(&ask.query, epoch), Method::Get),
        ["dead-letters", id, "retry"] => (of_order(id, epoch, Route::Retry), Method::Post),
        _ => return Route::Wrong(error(Status::NotFound, "", PATHS)),
    };
    match (method, ask.method) {
        (right, asked) if right == asked => route,
        (Method::Post, _) => wrong_method("POST"),
        _ => wrong_method("GET, HEAD"),
    }
}

fn wrong_method(allow: &'static str) -> Route {
    let reply = error(Status::MethodNotAllowed, "", "this path does not know this method");
    Route::Wrong(Reply { allow: Some(allow), ..reply })
}

fn of_order(id: &str, epoch: u32, route: impl FnOnce(OrderId) -> Route) -> Route {
    match id.parse::<OrderId>() {
        Ok(id) if id.epoch == epoch => route(id),
        _ => Route::Wrong(unknown()),
    }
}

/// The reply about an order that does not exist.
pub(super) fn unknown() -> Reply {
    error(Status::NotFound, "id", "no such order")
}

fn dead(query: &str, epoch: u32) -> Route {
    let (mut after, mut max) = (0, DEAD_COMMON);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let taken = match name {
            "after" => match value.parse::<OrderId>() {
                Ok(id) if id.epoch == epoch => Ok((id.number, max)),
                _ => Err(("after", "must be the id of an order")),
            },
            "max" => match value.parse() {
                Ok(number) if (1..=DEAD_MAX).contains(&number) => Ok((after, number)),
                _ => Err(("max", "must be a number from 1 to 100")),
            },
            _ => Err(("", "the query knows `after` and `max`")),
        };
        match taken {
            Ok(both) => (after, max) = both,
            Err((field, why)) => return Route::Wrong(error(Status::BadRequest, field, why)),
        }
    }
    Route::Dead { after, max }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routed(method: Method, target: &str) -> Route {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (path, query) = (path.to_owned(), query.to_owned());
        route(&Ask { method, path, query, key: None, body: Vec::new() }, 0xab)
    }

    #[test]
    fn each_path_has_its_route() {
        let id = OrderId { epoch: 0xab, number: 7 };
        let get = |target| routed(Method::Get, target);
        assert_eq!(get("/"), Route::Page);
        assert_eq!(routed(Method::Post, "/orders"), Route::Post);
        assert_eq!(get("/orders/000000ab-7"), Route::Order(id));
        assert_eq!(get("/orders/000000ab-7/events"), Route::Events(id));
        assert_eq!(get("/summary"), Route::Summary);
        assert_eq!(get("/audit"), Route::Audit);
        assert_eq!(get("/metrics?x"), Route::Metrics);
        assert_eq!(get("/dead-letters"), Route::Dead { after: 0, max: 20 });
        let some = "/dead-letters?after=000000ab-7&max=5";
        assert_eq!(get(some), Route::Dead { after: 7, max: 5 });
        assert_eq!(routed(Method::Post, "/dead-letters/000000ab-7/retry"), Route::Retry(id));
    }

    #[test]
    fn what_is_wrong_is_told() {
        let status = |route| match route {
            Route::Wrong(reply) => reply.status,
            other => panic!("{other:?}"),
        };
        let get = |target| status(routed(Method::Get, target));
        for unknown in ["", "*", "/order", "/orders/", "/orders/7", "/orders/000000ac-7", "//"] {
            assert_eq!(get(unknown), Status::NotFound, "{unknown}");
        }
        assert_eq!(get("/orders"), Status::MethodNotAllowed);
        assert_eq!(status(routed(Method::Other, "/metrics")), Status::MethodNotAllowed);
        for bad in ["max=0", "max=101", "after=7", "first=1", "max"] {
            let target = format!("/dead-letters?{bad}");
            assert_eq!(status(routed(Method::Get, &target)), Status::BadRequest, "{bad}");
        }
    }
}
