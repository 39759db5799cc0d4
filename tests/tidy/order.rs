//! Puts the files of a room in an order in which each uses only what stands above it.

/// The order nearest to the present one, or the files that use each other in a circle.
///
/// `uses` holds pairs: who uses, what is used.
pub(crate) fn bottom_up(files: &[String], uses: &[(String, String)]) -> Result<String, String> {
    let mut placed: Vec<&String> = Vec::new();
    while placed.len() < files.len() {
        let waits = |file: &String| {
            uses.iter().any(|(user, used)| user == file && used != file && !placed.contains(&used))
        };
        let mut left = files.iter().filter(|file| !placed.contains(file));
        match left.find(|file| !waits(file)) {
            Some(next) => placed.push(next),
            None => return Err(circle(files, uses, &placed)),
        }
    }
    Ok(joined(&placed, ", "))
}

/// One circle among the files that are not placed: each of them uses another such file.
fn circle(files: &[String], uses: &[(String, String)], placed: &[&String]) -> String {
    let mut way: Vec<&String> = Vec::new();
    let mut next = files.iter().find(|file| !placed.contains(file));
    while let Some(file) = next {
        if let Some(start) = way.iter().position(|seen| *seen == file) {
            way.push(file);
            return joined(&way[start..], " uses ");
        }
        way.push(file);
        next = uses
            .iter()
            .find(|(user, used)| user == file && used != file && !placed.contains(&used))
            .map(|(_, used)| used);
    }
    joined(&way, " uses ")
}

fn joined(names: &[&String], between: &str) -> String {
    let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    names.join(between)
}

#[cfg(test)]
mod planted {
    use super::*;

    fn order(files: &str, uses: &[(&str, &str)]) -> Result<String, String> {
        let files: Vec<String> = files.split(' ').map(str::to_owned).collect();
        let uses: Vec<_> = uses.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
        bottom_up(&files, &uses)
    }

    #[test]
    fn the_order_is_found_or_the_circle() {
        assert_eq!(order("a b c", &[("b", "a"), ("c", "a")]), Ok("a, b, c".to_owned()));
        assert_eq!(order("a b c", &[("a", "c"), ("b", "a")]), Ok("c, a, b".to_owned()));
        let circle = order("a b c d", &[("b", "a"), ("c", "b"), ("c", "d"), ("d", "c")]);
        assert_eq!(circle, Err("c uses d uses c".to_owned()));
    }
}
