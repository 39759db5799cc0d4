//! Rust source taken apart: code without comments and literals, comments without code, tokens.
//!
//! No full lexer: it knows exactly what must not be mistaken for code (line and nested block
//! comments, strings, raw strings, characters against lifetimes), and nothing else.

/// One line of one comment.
#[derive(Clone, Debug)]
pub(crate) struct Comment {
    /// Counted from 1.
    pub(crate) line: usize,
    /// From `//` or `/*` (or the start of a later line of a block) to the end of the line.
    pub(crate) text: String,
    /// No code stands on the line.
    pub(crate) alone: bool,
}

impl Comment {
    /// What a plain `//` comment says, trimmed; `None` for doc comments and block comments.
    pub(crate) fn plain(&self) -> Option<&str> {
        let said = self.text.strip_prefix("//")?;
        let doc = said.starts_with('!') || (said.starts_with('/') && !said.starts_with("//"));
        (!doc).then(|| said.trim())
    }
}

/// A source split in two; `code` has the same byte offsets and lines as the source.
pub(crate) struct Masked {
    /// The source with comments blanked and each literal turned into `"___"`.
    pub(crate) code: String,
    /// Every comment, a line each, in order.
    pub(crate) comments: Vec<Comment>,
}

/// A word or a mark of the masked code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    /// An identifier, number, lifetime, masked literal, `::`, `=>`, `->` or one mark.
    pub(crate) text: &'a str,
    /// Byte offset in the source.
    pub(crate) start: usize,
    /// Counted from 1.
    pub(crate) line: usize,
}

/// Splits a source into code and comments.
pub(crate) fn mask(source: &str) -> Masked {
    let bytes = source.as_bytes();
    let mut code = bytes.to_vec();
    let mut spans = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let end = if rest.starts_with(b"//") {
            let end = at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            spans.push((at, end));
            blank(&mut code[at..end], b' ');
            end
        } else if rest.starts_with(b"/*") {
            let end = at + block_comment_len(rest);
            spans.push((at, end));
            blank(&mut code[at..end], b' ');
            end
        } else if let Some((open, close)) = literal(bytes, at) {
            blank(&mut code[at..close], b' ');
            blank(&mut code[open..close], b'_');
            code[open] = b'"';
            code[close - 1] = b'"';
            close
        } else {
            at + 1
        };
        at = end;
    }
    let code = String::from_utf8(code).expect("masks replace whole characters by ASCII");
    let comments = comment_lines(source, &code, &spans);
    Masked { code, comments }
}

fn blank(bytes: &mut [u8], with: u8) {
    for byte in bytes.iter_mut().filter(|byte| **byte != b'\n') {
        *byte = with;
    }
}

fn block_comment_len(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The literal that starts here (prefix included): where its quotes open, and the offset after it.
fn literal(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    if bytes[at] == b'\'' {
        return character(bytes, at).map(|close| (at, close));
    }
    if at > 0 && is_word(bytes[at - 1]) {
        return None;
    }
    let prefix = bytes[at..].iter().take(2).take_while(|b| b"rbc".contains(b)).count();
    let hashes = bytes[at + prefix..].iter().take_while(|b| **b == b'#').count();
    let open = at + prefix + hashes;
    let raw = bytes[at..at + prefix].contains(&b'r');
    if prefix == 1 && bytes[at] == b'b' && hashes == 0 && bytes.get(open) == Some(&b'\'') {
        return character(bytes, open).map(|close| (open, close));
    }
    if bytes.get(open) != Some(&b'"') || (hashes > 0 && !raw) {
        return None;
    }
    let mut end = open + 1;
    while end < bytes.len() {
        match bytes[end] {
            b'\\' if !raw => end += 2,
            b'"' if bytes[end + 1..].iter().take(hashes).filter(|b| **b == b'#').count()
                == hashes =>
            {
                return Some((open, end + 1 + hashes));
            }
            _ => end += 1,
        }
    }
    Some((open, bytes.len()))
}

/// The offset after a character literal; `None` where the quote starts a lifetime.
fn character(bytes: &[u8], at: usize) -> Option<usize> {
    let first = *bytes.get(at + 1)?;
    if first == b'\\' {
        let end = at + 3 + bytes.get(at + 3..)?.iter().position(|b| *b == b'\'')?;
        return Some(end + 1);
    }
    let width = match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    };
    (bytes.get(at + 1 + width) == Some(&b'\'')).then_some(at + width + 2)
}

fn comment_lines(source: &str, code: &str, spans: &[(usize, usize)]) -> Vec<Comment> {
    let starts = line_starts(source);
    let mut comments = Vec::new();
    for (start, end) in spans {
        let texts = source[*start..*end].split('\n');
        for (line, text) in (line_at(&starts, *start)..).zip(texts) {
            let from = starts[line - 1];
            let to = starts.get(line).map_or(code.len(), |next| next - 1);
            let alone = code[from..to].trim().is_empty();
            comments.push(Comment { line, text: text.to_owned(), alone });
        }
    }
    comments
}

/// The byte offset at which each line starts.
pub(crate) fn line_starts(source: &str) -> Vec<usize> {
    let breaks = source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect()
}

/// The line (from 1) of a byte offset.
pub(crate) fn line_at(starts: &[usize], offset: usize) -> usize {
    starts.partition_point(|start| *start <= offset)
}

fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Cuts masked code into words and marks.
pub(crate) fn tokens(code: &str) -> Vec<Token<'_>> {
    let bytes = code.as_bytes();
    let starts = line_starts(code);
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest[0].is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let word = |from: usize| from + rest[from..].iter().take_while(|b| is_word(**b)).count();
        let len = match rest[0] {
            b'"' => rest[1..].iter().position(|b| *b == b'"').map_or(rest.len(), |n| n + 2),
            b'\'' => word(1),
            first if is_word(first) => word(0),
            _ if [&b"::"[..], b"=>", b"->"].iter().any(|mark| rest.starts_with(mark)) => 2,
            _ => 1,
        };
        found.push(Token { text: &code[at..at + len], start: at, line: line_at(&starts, at) });
        at += len;
    }
    found
}
