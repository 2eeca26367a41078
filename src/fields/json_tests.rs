//! A text is read as `serde_json` reads it, but for what has two meanings.

use std::cell::Cell;

use super::*;

fn plain(root: Root) -> Value {
    match root {
        Root::Object(fields) => fields.into_iter().map(|(name, value)| (name.to_string(), value)).collect(),
        Root::Other(value) => value,
    }
}

fn places(faults: Faults) -> Vec<String> {
    faults.told().into_iter().map(|fault| fault.location).collect()
}

#[test]
fn a_text_is_read_as_serde_json_reads_it() {
    for text in [
        "null",
        " true ",
        "-7",
        "18446744073709551615",
        "1.5e3",
        r#""é\u00e9\n""#,
        "[1,[],{}]",
        r#"{"b":1,"a":{"c":[{"d":null}]}}"#,
        " \n{}",
    ] {
        let expected: Value = serde_json::from_str(text).expect("JSON");
        let document = read(text, "body").expect("JSON");
        assert_eq!((plain(document.value), document.repeated.is_empty()), (expected, true), "{text}");
    }
    for text in ["", "{", "[1,]", "1 2", "1e999", "\"\\ud800\"", "{\"a\" 1}", &"[".repeat(200)] {
        assert!(read(text, "body").is_err(), "{text}");
    }
}

#[test]
fn private_names_of_serde_json_are_names() {
    for name in [
        "$serde_json::private::Number",
        "$serde_json::private::RawValue",
        "\\u0024serde_json::private::Number",
    ] {
        let text = format!(r#"{{"a":{{"{name}":"1"}}}}"#);
        let document = read(&text, "body").expect("JSON");
        let document = plain(document.value);
        let inner = document["a"].as_object().expect("an object stays one");
        assert_eq!(inner.values().next(), Some(&Value::from("1")), "{text}");
    }
}

#[test]
fn repeated_fields_are_found_at_any_depth() {
    let long = "n".repeat(1_000);
    for (text, expected) in [
        (r#"{"a":1,"b":2,"a":3,"a":4}"#, vec!["body.a", "body.a"]),
        (r#"{"a":1,"\u0061":1}"#, vec!["body.a"]),
        (r#"{"a":[0,{"b":{"c":1,"d":{},"c":1}}]}"#, vec!["body.a[1].b.c"]),
        (r#"{"a":{"x":1},"b":{"x":1},"A":1}"#, vec![]),
        (&*format!(r#"{{"{long}":1,"{long}":1}}"#), vec![&*format!("body.{}…", &long[..64])]),
    ] {
        let document = read(text, "body").expect("JSON");
        let places = places(document.repeated);
        assert_eq!(places, expected, "{text}");
    }
}

#[test]
fn repeated_fields_are_found_among_few_and_many() {
    for count in [1, FEW_FIELDS - 1, FEW_FIELDS, FEW_FIELDS + 1, 2 * FEW_FIELDS] {
        let names: Vec<_> = (0..count).map(|number| format!("n{number}")).collect();
        let twice: Vec<_> = names.iter().chain(&names).map(|name| format!("\"{name}\":1")).collect();
        let document = read(&format!("{{{}}}", twice.join(",")), "body").expect("JSON");
        let places = places(document.repeated);
        assert_eq!(places, names.iter().map(|name| format!("body.{name}")).collect::<Vec<_>>());
        assert_eq!(plain(document.value).as_object().map(|fields| fields.len()), Some(count));
    }
}

#[test]
fn repeated_fields_are_found_before_at_and_after_the_last_of_the_few() {
    let mut names: Vec<usize> = (0..FEW_FIELDS - 1).collect();
    names.extend([5, 0, FEW_FIELDS - 1, FEW_FIELDS - 1, 7, FEW_FIELDS, FEW_FIELDS, 1, FEW_FIELDS - 1]);
    names.extend(FEW_FIELDS + 1..100);
    names.extend([99, FEW_FIELDS, 2]);
    let fields: Vec<_> = names.iter().map(|name| format!("\"n{name}\":1")).collect();
    let document = read(&format!("{{{}}}", fields.join(",")), "body").expect("JSON");
    let expected = [5, 0, FEW_FIELDS - 1, 7, FEW_FIELDS, 1, FEW_FIELDS - 1, 99, FEW_FIELDS, 2];
    assert_eq!(places(document.repeated), expected.map(|name| format!("body.n{name}")));
    assert_eq!(plain(document.value).as_object().map(|fields| fields.len()), Some(100));
}

/// A name that counts how often it is compared.
#[derive(Clone, Eq)]
struct Counted(usize);

impl Hash for Counted {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

thread_local!(static COMPARED: Cell<usize> = const { Cell::new(0) });

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        COMPARED.set(COMPARED.get() + 1);
        self.0 == other.0
    }
}

#[test]
fn many_names_are_not_compared_one_with_another() {
    const MANY: usize = 4_000;
    let (mut fields, mut names): (Vec<(Counted, ())>, _) = (Vec::new(), HashSet::new());
    for number in 0..MANY {
        assert!(!is_among(&fields, &mut names, &Counted(number)));
        fields.push((Counted(number), ()));
    }
    // A set compares a few that fall together, and which they are is random: every tenth, not two of each.
    let most = FEW_FIELDS * FEW_FIELDS + 2 * MANY;
    assert!(COMPARED.get() < most, "{} comparisons of {MANY} names", COMPARED.get());
    assert!(fields.iter().all(|(name, ())| is_among(&fields, &mut names, name)));
}

#[test]
fn of_thousands_of_repeated_fields_few_are_written_and_all_are_counted() {
    let (depth, times) = (120, 2_500);
    let twice = r#""a":0,"#.repeat(times);
    let deep = format!(r#"{}{{{twice}"z":0}}{}"#, r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let outermost = format!(r#"{{{twice}"z":0}}"#);
    for text in [deep, outermost] {
        let repeated = read(&text, "body").expect("JSON").repeated.told();
        let last = repeated.last().map(|fault| (&*fault.location, &*fault.message));
        assert_eq!((repeated.len(), last), (51, Some(("body", &*format!("and {} more", times - 51)))));
    }
}

#[test]
fn a_field_is_handed_on_to_the_letter() {
    let text =
        r#"{ "m" : { "n" : 1.50 , "big":123456789012345678901234567890, "s": "a \" b\\" , "t":[ 1 , 2 ] } }"#;
    let expected = r#"{"n":1.50,"big":123456789012345678901234567890,"s":"a \" b\\","t":[1,2]}"#;
    assert_eq!(text_of(text.as_bytes(), "m").as_deref(), Some(expected));
    assert_eq!(text_of(text.as_bytes(), "x"), None);
}
