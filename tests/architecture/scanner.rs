//! Enough of Rust's grammar to find every path that a file names: its code without comments, texts and test
//! modules, and the paths in it with the groups of `use` written out.

/// The code alone: comments gone, texts and characters empty, items under `#[cfg(test)]` left out.
pub fn code_of(text: &str) -> String {
    without_test_items(&without_comments_and_texts(text))
}

fn without_comments_and_texts(text: &str) -> String {
    let (mut code, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        let before = code.chars().next_back();
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            length_of_comment(rest)
        } else if first == '"' {
            length_of_text(rest)
        } else if !before.is_some_and(is_word) && length_of_raw_text(rest).is_some() {
            length_of_raw_text(rest).unwrap_or_default()
        } else if first == '\'' {
            length_of_character(rest)
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        // Something stands for it, so that what is left and right of it does not grow together.
        code.push(' ');
        rest = &rest[skipped..];
    }
    code
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn length_of_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let two = rest.as_bytes().get(at..at + 2);
        match two {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// Up to the quote that no backslash precedes.
fn length_of_text(rest: &str) -> usize {
    let quote = rest.as_bytes()[0];
    let mut at = 1;
    while at < rest.len() {
        match rest.as_bytes()[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Of `r"…"`, `r#"…"#` and so on, also with a `b` or `c` before it.
fn length_of_raw_text(rest: &str) -> Option<usize> {
    let after_r = rest.trim_start_matches(['b', 'c']).strip_prefix('r')?;
    let hashes = after_r.bytes().take_while(|&byte| byte == b'#').count();
    let content = after_r[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = content.find(&end).map_or(content.len(), |at| at + end.len());
    Some(rest.len() - content.len() + length)
}

/// Of `'x'`; a lifetime's quote stands alone.
fn length_of_character(rest: &str) -> usize {
    let mut chars = rest.chars().skip(1);
    match (chars.next(), chars.next()) {
        (Some('\\'), _) => length_of_text(rest),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 1,
    }
}

fn without_test_items(code: &str) -> String {
    let (mut kept, mut rest) = (String::new(), code);
    while let Some((before, item)) = rest.split_once("#[cfg(test)]") {
        kept.push_str(before);
        rest = &item[length_of_item(item)..];
    }
    kept + rest
}

/// Up to its `;`, or to the end of its first block.
fn length_of_item(item: &str) -> usize {
    let mut depth = 0;
    for (at, c) in item.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 && matches!(c, ';' | '}') {
            return at + 1;
        }
    }
    item.len()
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Colons,
    Other(char),
}

fn tokens_of(code: &str) -> Vec<Token> {
    let (mut tokens, mut rest) = (Vec::new(), code);
    while let Some(first) = rest.chars().next() {
        let length = if is_word(first) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            tokens.push(Token::Name(rest[..length].to_owned()));
            length
        } else if rest.starts_with("::") {
            tokens.push(Token::Colons);
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(Token::Other(first));
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// Every path of the code, a single name too. `use a::{b, c::d}` names `a::b` and `a::c::d`.
pub fn paths_in(code: &str) -> Vec<Vec<String>> {
    let tokens = tokens_of(code);
    let (mut paths, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        at = match &tokens[at] {
            // What follows may begin with `::`.
            Token::Name(name) if name == "use" => at + 1,
            Token::Name(_) => read_path(&tokens, at, &[], &mut paths),
            Token::Colons | Token::Other(_) => at + 1,
        };
    }
    paths
}

/// Reads the path or group that begins at `at`; where it ends.
fn read_path(tokens: &[Token], mut at: usize, before: &[String], paths: &mut Vec<Vec<String>>) -> usize {
    let mut path = before.to_vec();
    loop {
        match tokens.get(at) {
            Some(Token::Name(name)) => path.push(name.clone()),
            Some(Token::Other('*')) => path.push("*".to_owned()),
            Some(Token::Other('{')) => return read_group(tokens, at + 1, &path, paths),
            _ => {
                paths.push(path);
                return at;
            }
        }
        at += 1;
        if tokens.get(at) != Some(&Token::Colons) {
            paths.push(path);
            return at;
        }
        at += 1;
    }
}

fn read_group(tokens: &[Token], mut at: usize, before: &[String], paths: &mut Vec<Vec<String>>) -> usize {
    loop {
        at = match tokens.get(at) {
            None => return at,
            Some(Token::Other('}')) => return at + 1,
            Some(Token::Other(',')) => at + 1,
            // The new name of `x as y`.
            Some(Token::Name(name)) if name == "as" => at + 2,
            Some(_) => read_path(tokens, at, before, paths).max(at + 1),
        };
    }
}

#[test]
fn paths_are_written_out() {
    let of = |code: &str| paths_in(code).iter().map(|path| path.join("::")).collect::<Vec<_>>();
    assert_eq!(
        of("use a::{b, c::{d, self}, e as f, g::*};"),
        ["a::b", "a::c::d", "a::c::self", "a::e", "a::g::*"]
    );
    assert_eq!(of("use ::a::b as c;"), ["a::b", "as", "c"]);
    assert_eq!(of("a::b::<c::D>(e)"), ["a::b", "c::D", "e"]);
    assert_eq!(of("match x { a::B => {} }"), ["match", "x", "a::B"]);
    assert_eq!(of("a * b"), ["a", "b"]);
}

#[test]
fn only_code_is_left() {
    let squeezed = |text: &str| code_of(text).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(squeezed("a // b\nc /* d /* e */ f */ g"), "a c g");
    assert_eq!(squeezed(r#"a("b \" c", b"d", r"e", 'f', '\'', '\u{1}', "\\") g"#), "a( , b , , , , , ) g");
    assert_eq!(squeezed("br##\"a\"# b\"## c"), "c");
    assert_eq!(squeezed("fn f<'a>(x: &'a T, r: U)"), "fn f< a>(x: & a T, r: U)");
    assert_eq!(squeezed("a #[cfg(test)] mod t { b { c } d } e"), "a e");
    assert_eq!(squeezed("a #[cfg(test)] #[path = \"x;y\"] mod t; e"), "a e");
    assert_eq!(squeezed("a #[cfg(test)] use b::{c, d}; e"), "a ; e");
}
