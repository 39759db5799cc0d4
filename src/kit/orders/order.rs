//! What an order is, and what is none: from JSON, field by field.

use std::fmt;

use serde::Serialize;

use super::json::Json;

/// Most bytes of an order's JSON.
pub const ORDER_BYTES_MAX: usize = 64 * 1024;

/// Deepest JSON that is looked at; an order has three levels.
const DEPTH_MAX: usize = 16;

const CUSTOMER_CHARS_MAX: usize = 100;
const NOTE_CHARS_MAX: usize = 1_000;
const SKU_BYTES_MAX: usize = 64;
const ITEMS_MAX: usize = 100;
const QUANTITY_MAX: u64 = 10_000;
const PRICE_CENTS_MAX: u64 = 100_000_000;

/// Dearest order: 10^12 cents, far from where sums over all orders would overflow.
const TOTAL_CENTS_MAX: u64 = 1_000_000_000_000;

/// An order, found valid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Order {
    /// Who orders.
    pub customer: String,
    /// What is ordered.
    pub items: Vec<Item>,
    /// What the customer wishes to be known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// The article.
    pub sku: String,
    /// How many.
    pub quantity: u64,
    /// The price of one.
    pub price_cents: u64,
}

/// What kind of wrong an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It cannot be read: 400.
    Unreadable,
    /// It is too large to be read: 413.
    TooLarge,
    /// It can be read and does not make sense: 422.
    Invalid,
}

/// Why an order is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderError {
    /// What kind of wrong it is.
    pub wrong: Wrong,
    /// Which field, such as `items[2].quantity`; empty when it is the whole.
    pub field: String,
    /// What is wrong with it and what would be right.
    pub why: String,
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => f.write_str(&self.why),
            field => write!(f, "{field}: {}", self.why),
        }
    }
}

impl std::error::Error for OrderError {}

fn invalid(field: impl Into<String>, why: impl Into<String>) -> OrderError {
    OrderError { wrong: Wrong::Invalid, field: field.into(), why: why.into() }
}

impl Order {
    /// Reads an order.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Order, OrderError> {
        let whole = |wrong, why| OrderError { wrong, field: String::new(), why };
        if bytes.len() > ORDER_BYTES_MAX {
            let why = format!("{} bytes; an order has at most {ORDER_BYTES_MAX}", bytes.len());
            return Err(whole(Wrong::TooLarge, why));
        }
        let json: Json = serde_json::from_slice(bytes)
            .map_err(|error| whole(Wrong::Unreadable, format!("no JSON: {error}")))?;
        let depth = json.depth();
        if depth > DEPTH_MAX {
            let why = format!("{depth} lists and objects within each other; at most {DEPTH_MAX}");
            return Err(whole(Wrong::Unreadable, why));
        }
        let [customer, items, note] = fields("", json, ["customer", "items", "note"])?;
        let order = Order {
            customer: text("customer", required("customer", customer)?, CUSTOMER_CHARS_MAX)?,
            items: items_of(required("items", items)?)?,
            note: match note {
                None | Some(Json::Null) => None,
                Some(note) => Some(text("note", note, NOTE_CHARS_MAX)?),
            },
        };
        let total = order.total_cents();
        if total > TOTAL_CENTS_MAX {
            let why = format!("they cost {total} cents together; at most {TOTAL_CENTS_MAX}");
            return Err(invalid("items", why));
        }
        Ok(order)
    }

    /// As JSON, always in the same form: two orders are the same if this is.
    pub fn to_json(&self) -> String {
        // Text and numbers only: nothing in it can fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What it costs. At most 100 items of 10,000 pieces of 10^8 cents, so this cannot overflow.
    pub fn total_cents(&self) -> u64 {
        self.items.iter().map(|item| item.quantity * item.price_cents).sum()
    }
}

fn items_of(json: Json) -> Result<Vec<Item>, OrderError> {
    let Json::List(list) = json else {
        return Err(invalid("items", format!("{}; must be a list", json.kind())));
    };
    if !(1..=ITEMS_MAX).contains(&list.len()) {
        let why = format!("{} of them; an order has 1 to {ITEMS_MAX}", list.len());
        return Err(invalid("items", why));
    }
    list.into_iter().enumerate().map(|(at, json)| item(&format!("items[{at}]"), json)).collect()
}

fn item(place: &str, json: Json) -> Result<Item, OrderError> {
    let names = ["sku", "quantity", "price_cents"];
    let [sku, quantity, price_cents] = fields(place, json, names)?;
    let [in_sku, in_quantity, in_price] = names.map(|name| format!("{place}.{name}"));
    let sku = text(&in_sku, required(&in_sku, sku)?, SKU_BYTES_MAX)?;
    if !sku.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(invalid(in_sku, "must be visible ASCII characters"));
    }
    Ok(Item {
        sku,
        quantity: number(&in_quantity, required(&in_quantity, quantity)?, 1, QUANTITY_MAX)?,
        price_cents: number(&in_price, required(&in_price, price_cents)?, 0, PRICE_CENTS_MAX)?,
    })
}

/// Takes an object apart: its fields of these names, and no others.
fn fields<const N: usize>(
    place: &str,
    json: Json,
    names: [&str; N],
) -> Result<[Option<Json>; N], OrderError> {
    let Json::Object(entries) = json else {
        return Err(invalid(place, format!("{}; must be an object", json.kind())));
    };
    let mut found = [const { None }; N];
    for (name, value) in entries {
        let field = match place {
            "" => name.clone(),
            place => format!("{place}.{name}"),
        };
        match names.iter().position(|known| *known == name) {
            Some(at) if found[at].is_none() => found[at] = Some(value),
            Some(_) => return Err(invalid(field, "given twice")),
            None => {
                let why = format!("no such field; there are: {}", names.join(", "));
                return Err(invalid(shortened(field), why));
            }
        }
    }
    Ok(found)
}

/// The name of an unknown field goes back to who sent it: not all of it, where it is long.
fn shortened(field: String) -> String {
    match field.char_indices().nth(80) {
        Some((end, _)) => format!("{}..", &field[..end]),
        None => field,
    }
}

fn required(field: &str, json: Option<Json>) -> Result<Json, OrderError> {
    json.ok_or_else(|| invalid(field, "is missing"))
}

fn text(field: &str, json: Json, chars_max: usize) -> Result<String, OrderError> {
    let Json::Text(text) = json else {
        return Err(invalid(field, format!("{}; must be a text", json.kind())));
    };
    let chars = text.chars().count();
    if text.trim().is_empty() || chars > chars_max {
        let why = format!("{chars} characters; must be 1 to {chars_max}, and not all blank");
        return Err(invalid(field, why));
    }
    if text.chars().any(char::is_control) {
        return Err(invalid(field, "holds a control character"));
    }
    Ok(text)
}

fn number(field: &str, json: Json, least: u64, most: u64) -> Result<u64, OrderError> {
    let Json::Number(number) = json else {
        return Err(invalid(field, format!("{}; must be a number", json.kind())));
    };
    match number.as_u64() {
        Some(whole) if (least..=most).contains(&whole) => Ok(whole),
        _ => {
            Err(invalid(field, format!("{number}; must be a whole number from {least} to {most}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"customer":"Ada","items":[
        {"sku":"anchor","quantity":2,"price_cents":1250},
        {"sku":"rope-10m","quantity":1,"price_cents":0}],"note":null}"#;

    fn wrong(json: &str) -> OrderError {
        Order::parse(json.as_bytes()).expect_err(json)
    }

    #[test]
    fn a_good_order_is_read_and_written() {
        let order = Order::parse(GOOD.as_bytes()).expect("an order");
        assert_eq!((order.total_cents(), order.items.len(), &order.note), (2500, 2, &None));
        let written = serde_json::to_vec(&order).expect("JSON");
        assert_eq!(Order::parse(&written).expect("an order"), order);
    }

    #[test]
    fn what_cannot_be_read_is_400_or_413() {
        for broken in ["", "{", "[1,", "{\"customer\"}", "nonsense", "{}x", "\u{0}"] {
            assert_eq!(wrong(broken).wrong, Wrong::Unreadable, "{broken:?}");
        }
        assert_eq!(Order::parse(b"\"\xff\"").unwrap_err().wrong, Wrong::Unreadable);
        for depth in [17, 127, 100_000 / 4] {
            let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            assert_eq!(wrong(&deep).wrong, Wrong::Unreadable, "{depth}");
        }
        let large = GOOD.replace("null", &format!("\"{}\"", "x".repeat(ORDER_BYTES_MAX)));
        assert_eq!(wrong(&large).wrong, Wrong::TooLarge);
    }

    #[test]
    fn what_makes_no_sense_names_its_field() {
        let many = GOOD.replace(
            '[',
            &format!("[{}", r#"{"sku":"a","quantity":1,"price_cents":1},"#.repeat(100)),
        );
        for (json, field, why) in [
            ("[]", "", "must be an object"),
            ("{}", "customer", "missing"),
            (&GOOD.replace("\"Ada\"", "7"), "customer", "must be a text"),
            (&GOOD.replace("Ada", " "), "customer", "1 to 100"),
            (&GOOD.replace("Ada", "A\\u0000"), "customer", "control"),
            (&GOOD.replace("\"customer\"", "\"customers\""), "customers", "no such field"),
            (&GOOD.replace("\"note\"", "\"customer\""), "customer", "twice"),
            (&GOOD.replace("null", "[]"), "note", "must be a text"),
            (r#"{"customer":"A","items":[]}"#, "items", "1 to 100"),
            (r#"{"customer":"A","items":{}}"#, "items", "must be a list"),
            (r#"{"customer":"A","items":[7]}"#, "items[0]", "must be an object"),
            (&many, "items", "102 of them"),
            (&GOOD.replace("anchor", "an anchor"), "items[0].sku", "visible"),
            (&GOOD.replace(":2,", ":0,"), "items[0].quantity", "from 1 to 10000"),
            (&GOOD.replace(":2,", ":-2,"), "items[0].quantity", "-2; must be a whole"),
            (&GOOD.replace(":2,", ":1e300,"), "items[0].quantity", "1e+300; must be a whole"),
            (&GOOD.replace(":2,", ":2.5,"), "items[0].quantity", "2.5; must be a whole"),
            (&GOOD.replace(":2,", ":\"2\","), "items[0].quantity", "must be a number"),
            (
                &GOOD.replace(":2,", ":18446744073709551616,"),
                "items[0].quantity",
                "must be a whole",
            ),
            (&GOOD.replace("1250", "100000001"), "items[0].price_cents", "100000000"),
            (&GOOD.replace(",\"price_cents\":0", ""), "items[1].price_cents", "missing"),
            (&GOOD.replace("\"quantity\":1", "\"colour\":1"), "items[1].colour", "no such field"),
        ] {
            let error = wrong(json);
            assert_eq!((error.wrong, error.field.as_str()), (Wrong::Invalid, field), "{json}");
            assert!(error.why.contains(why), "{json}: {error}");
        }
    }

    #[test]
    fn dear_orders_are_absurd() {
        let dear = GOOD.replace(":2,", ":10000,").replace("1250", "100000000");
        assert_eq!(
            Order::parse(dear.as_bytes()).expect("an order").total_cents(),
            1_000_000_000_000
        );
        let dearer = dear.replace("\"price_cents\":0", "\"price_cents\":1");
        assert_eq!(wrong(&dearer).field, "items");
    }
}
