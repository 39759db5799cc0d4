//! The name of an order: which database, and the how-manieth in it.
//!
//! It is also what the slow service knows the order by (its idempotency key). Two databases number
//! their orders alike, so each has a number of its own in front: else the orders of a fresh
//! database would be taken for those of the last one, and never be done.

use std::fmt;
use std::str::FromStr;

/// The name of an order, such as `3f2a91c0-17`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId {
    /// The number of the database.
    pub epoch: u32,
    /// The number of the order in it, from 1 on.
    pub number: u64,
}

/// A text that names no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoOrderId;

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{}", self.epoch, self.number)
    }
}

impl FromStr for OrderId {
    type Err = NoOrderId;

    fn from_str(text: &str) -> Result<OrderId, NoOrderId> {
        let (epoch, number) = text.split_once('-').ok_or(NoOrderId)?;
        let id = OrderId {
            epoch: u32::from_str_radix(epoch, 16).map_err(|_| NoOrderId)?,
            number: number.parse().map_err(|_| NoOrderId)?,
        };
        // One order has one name.
        if id.to_string() == text && i64::try_from(id.number).is_ok() {
            Ok(id)
        } else {
            Err(NoOrderId)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_has_one_name() {
        let id = OrderId { epoch: 0xab, number: 17 };
        assert_eq!((id.to_string().as_str(), "000000ab-17".parse()), ("000000ab-17", Ok(id)));
        for wrong in [
            "",
            "17",
            "ab-17",
            "000000AB-17",
            "000000ab-017",
            "000000ab-+17",
            "000000ab-",
            "000000ab-17 ",
            "-17",
            "000000ab-18446744073709551615",
        ] {
            assert_eq!(wrong.parse::<OrderId>(), Err(NoOrderId), "{wrong}");
        }
    }
}
