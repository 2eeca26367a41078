//! The values that a browser sent under a portal's cookie name, and which of them may be its session.
//!
//! Owns: what two values under one name mean, and how many are tried.
//! Must not know: cookie syntax, or whether a session lives.

use super::credential::BrowserToken;
use super::error::Refusal;

/// The most values that are tried, for each may cost a call to the store. A browser keeps one cookie for each domain
/// and path, and no honest one has more of the same name.
const MOST: usize = 4;

/// At least one browser token, in the order in which they were sent; or the reason why none counts.
pub type Candidates = Result<Vec<BrowserToken>, Refusal>;

/// `bound_to_host`: the name has the prefix `__Host-`, for which a browser sends only one value. If there are two,
/// somebody has planted one, and nothing tells which is the user's.
pub fn candidates(texts: &[String], bound_to_host: bool) -> Candidates {
    let mut different: Vec<&String> = Vec::new();
    for text in texts {
        if !different.contains(&text) {
            different.push(text);
        }
    }
    if bound_to_host && different.len() > 1 {
        return Err(Refusal::Ambiguous);
    }
    let tokens: Vec<_> =
        different.iter().filter_map(|text| BrowserToken::parse(text).ok()).take(MOST).collect();
    if tokens.is_empty() { Err(Refusal::Malformed) } else { Ok(tokens) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::environment::Environment;
    use crate::domain::user_tag::UserTag;

    fn token() -> String {
        let tag = UserTag::parse("aaaaaaaaaaaaaaaa").expect("a tag");
        BrowserToken::mint(Environment::Live, tag).expose().to_owned()
    }

    #[test]
    fn what_counts_of_several_values() {
        let [a, b, c, d, e] = [(); 5].map(|()| token());
        let texts = |texts: &[&String]| texts.iter().map(|text| (*text).clone()).collect::<Vec<_>>();
        let old = "of-an-older-system".to_owned();
        let table = [
            (texts(&[&a]), true, Ok(vec![&a])),
            (texts(&[&a, &a]), true, Ok(vec![&a])),
            (texts(&[&a, &b]), true, Err(Refusal::Ambiguous)),
            (texts(&[&a, &old]), true, Err(Refusal::Ambiguous)),
            (texts(&[&old]), true, Err(Refusal::Malformed)),
            (texts(&[&a, &b]), false, Ok(vec![&a, &b])),
            (texts(&[&old, &b, &a, &b]), false, Ok(vec![&b, &a])),
            (texts(&[&old, &a, &b, &c, &d, &e]), false, Ok(vec![&a, &b, &c, &d])),
            (texts(&[&old, &String::new()]), false, Err(Refusal::Malformed)),
        ];
        for (texts, bound_to_host, expected) in table {
            let found = candidates(&texts, bound_to_host);
            let found =
                found.as_ref().map(|tokens| tokens.iter().map(BrowserToken::expose).collect::<Vec<_>>());
            let expected = expected.map(|texts| texts.into_iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(found.map_err(|refusal| *refusal), expected);
        }
    }
}
