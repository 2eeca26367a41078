//! What the writer writes is what `serde_json` writes.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::*;

fn check(value: &impl Serialize, is_written_here: bool) {
    assert_eq!(written(value).is_ok(), is_written_here);
    let text = String::from_utf8(to_vec(value).expect("JSON")).expect("a text");
    assert_eq!(text, serde_json::to_string(value).expect("JSON"));
}

#[derive(Serialize)]
enum Choice {
    Plain,
    With(u8),
    Named { inner: u8 },
}

#[derive(Serialize)]
struct Wrapped<'a>(&'a str);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Everything<'a> {
    a_text: &'a str,
    letter: char,
    number: i64,
    half: f64,
    none: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    absent: Option<u8>,
    some: Option<Wrapped<'a>>,
    list: Vec<&'a str>,
    empty: Vec<u8>,
    choice: Choice,
    nothing: (),
    raw: &'a RawValue,
    inner: Inner,
}

#[derive(Serialize)]
struct Inner {
    yes: bool,
    list: Vec<Inner>,
}

#[test]
fn what_answers_have_is_written_as_serde_json_writes_it() {
    let raw: Box<RawValue> = serde_json::from_str(r#"{"a": [1,  "two\u0041"]}"#).expect("JSON");
    let everything = Everything {
        a_text: "a \"quoted\"\n text é",
        letter: '"',
        number: i64::MIN,
        half: 0.5,
        none: None,
        absent: None,
        some: Some(Wrapped("one")),
        list: vec!["a", "\\"],
        empty: vec![],
        choice: Choice::Plain,
        nothing: (),
        raw: &raw,
        inner: Inner { yes: true, list: vec![Inner { yes: false, list: vec![] }] },
    };
    check(&everything, true);
    check(&f64::NAN, true);
    check(&u64::MAX, true);
}

/// So that a new kind of answer is never a wrong one.
#[test]
fn every_other_shape_is_left_to_serde_json() {
    check(&BTreeMap::from([("a", 1)]), false);
    check(&[1, 2], false);
    check(&(1, "two"), false);
    check(&vec![Choice::With(1), Choice::Named { inner: 2 }], false);
    check(&vec![Some(BTreeMap::from([("a", u128::MAX)]))], false);
}
