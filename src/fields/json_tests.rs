//! A text is read as `serde_json` reads it, but for what has two meanings.

use super::*;

fn plain(root: Root) -> Value {
    match root {
        Root::Object(fields) => fields.into_iter().map(|(name, value)| (name.to_string(), value)).collect(),
        Root::Other(value) => value,
    }
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
        assert_eq!((plain(document.value), document.repeated.len()), (expected, 0), "{text}");
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
        let places: Vec<_> = document.repeated.iter().map(|fault| &*fault.location).collect();
        assert_eq!(places, expected, "{text}");
    }
}

#[test]
fn repeated_fields_are_found_among_few_and_many() {
    for count in [1, FEW_FIELDS - 1, FEW_FIELDS, FEW_FIELDS + 1, 3 * FEW_FIELDS] {
        let names: Vec<_> = (0..count).map(|number| format!("n{number}")).collect();
        let twice: Vec<_> = names.iter().chain(&names).map(|name| format!("\"{name}\":1")).collect();
        let document = read(&format!("{{{}}}", twice.join(",")), "body").expect("JSON");
        let places: Vec<_> = document.repeated.iter().map(|fault| fault.location.clone()).collect();
        assert_eq!(places, names.iter().map(|name| format!("body.{name}")).collect::<Vec<_>>());
        assert_eq!(plain(document.value).as_object().map(|fields| fields.len()), Some(count));
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
