use crate::parse::{plain, MAX_DEPTH};
use crate::{object, Object, Value};

/// Reads a text, which must be JSON, and writes it again.
fn again(text: &str) -> String {
    Value::parse(text)
        .unwrap_or_else(|e| panic!("{:?}: {}", text, e))
        .to_json()
}

#[test]
fn what_is_read_is_written_unchanged() {
    for text in [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "12345678901234567890123",
        "-0.50e+10",
        "1E400",
        r#""""#,
        r#""é😀 \u0000\"\\\n""#,
        "[]",
        "{}",
        r#"[1,[2,{"a":[]}],null]"#,
        r#"{"z":1,"a":{"":2},"é":"x"}"#,
    ] {
        assert_eq!(again(text), text);
    }
}

#[test]
fn white_space_and_escapes() {
    assert_eq!(
        again(" \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : null } \n"),
        r#"{"a":[1,2],"b":null}"#
    );
    for (text, want) in [
        (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r#""\u00e9\u20ac\ud83d\ude00\uD83D\uDE00""#, "é€😀😀"),
        (r#""a\u0000b""#, "a\0b"),
        // Half a pair is no character.
        (r#""\ud83d""#, "\u{fffd}"),
        (r#""\ud83dx\ude00""#, "\u{fffd}x\u{fffd}"),
        (r#""\ud83d\u0041""#, "\u{fffd}A"),
        (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
    ] {
        assert_eq!(Value::parse(text).unwrap().as_str(), Some(want), "{}", text);
    }
}

#[test]
fn what_is_not_json_is_an_error() {
    for (text, want) in [
        ("", "it ends where a value should be"),
        (" ", "it ends where a value should be"),
        ("nul", "no value begins like this"),
        ("nullx", "something follows the value"),
        ("NaN", "no value begins like this"),
        ("'a'", "no value begins like this"),
        ("{} {}", "something follows the value"),
        ("[", "it ends where a value should be"),
        ("[1", "want a comma"),
        ("[1,]", "no value begins like this"),
        ("[1 2]", "want a comma"),
        ("{", "want the name of a member"),
        ("{a:1}", "want the name of a member"),
        (r#"{"a" 1}"#, "want a colon"),
        (r#"{"a":}"#, "no value begins like this"),
        (r#"{"a":1,}"#, "want the name of a member"),
        (r#"{"a":1 "b":2}"#, "want a comma"),
        (r#"{"a":1]"#, "want a comma"),
        ("01", "something follows the value"),
        ("-", "want a digit"),
        ("+1", "no value begins like this"),
        (".5", "no value begins like this"),
        ("1.", "want a digit"),
        ("1e", "want a digit"),
        ("1x", "something follows the value"),
        ("\"", "it ends inside a string"),
        ("\"abcdefghijk", "it ends inside a string"),
        ("\"\\", "no such escape"),
        (r#""\x""#, "no such escape"),
        (r#""\u12g4""#, "want four hexadecimal digits"),
        (r#""\u12"#, "want four hexadecimal digits"),
        ("\"a\nb\"", "a control character inside a string"),
        ("\"abcdefgh\0b\"", "a control character inside a string"),
        ("\"\\n\u{1f}\"", "a control character inside a string"),
    ] {
        match Value::parse(text) {
            Err(e) => assert!(
                e.starts_with("not valid JSON at byte ") && e.contains(want),
                "{:?}: {}",
                text,
                e
            ),
            Ok(value) => panic!("{:?} is {:?}", text, value),
        }
    }
}

/// Cuts documents short and puts wrong bytes into them; whatever comes of it, it is an
/// answer.
#[test]
fn broken_documents_are_no_trouble() {
    let text = r#"{"a":[1,-2.5e3,true,{"b":"é\ud83d\ude00\n"}],"c":null,"d":"xxxxxxxxxxxxxxxx"}"#;
    for end in 0..text.len() {
        if let Some(part) = text.get(..end) {
            assert!(Value::parse(part).is_err(), "{}", part);
        }
    }
    for at in 0..text.len() {
        for byte in ["\"", "\\", "{", "]", "9", "-", "u", " ", "\u{0}", "é"] {
            if let (Some(before), Some(after)) = (text.get(..at), text.get(at + 1..)) {
                let broken = [before, byte, after].concat();
                if let Ok(value) = Value::parse(&broken) {
                    assert_eq!(Value::parse(&value.to_json()).unwrap(), value, "{}", broken);
                }
            }
        }
    }
}

#[test]
fn depth_is_bounded() {
    let nested = |n: usize| ["[".repeat(n), "]".repeat(n)].concat();
    assert!(Value::parse(&nested(MAX_DEPTH as usize)).is_ok());
    let problem = Value::parse(&nested(MAX_DEPTH as usize + 1)).unwrap_err();
    assert!(problem.contains("nested too deeply"), "{}", problem);
    assert!(Value::parse(&"{\"a\":".repeat(1_000_000)).is_err());
}

#[test]
fn plain_finds_the_first_special_byte() {
    for special in [b'"', b'\\', 0, 0x1f] {
        for at in 0..40 {
            for filler in [b'x', b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xff] {
                let mut bytes = vec![filler; 40];
                bytes[at] = special;
                assert_eq!(plain(&bytes), at, "{} of {}", at, special);
                // One that comes later does not matter, nor does what is before it.
                bytes[39] = b'"';
                assert_eq!(plain(&bytes), at.min(39));
            }
        }
    }
    assert_eq!(plain(&[]), 0);
    assert_eq!(plain("é, nothing else".as_bytes()), 16);
}

#[test]
fn numbers() {
    for (text, want) in [
        ("0", Some(0)),
        ("-7", Some(-7)),
        ("9223372036854775807", Some(i64::MAX)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("1.0", None),
        ("1e3", None),
    ] {
        assert_eq!(Value::parse(text).unwrap().as_i64(), want, "{}", text);
    }
    for (value, want) in [
        (Value::from(0), "0"),
        (Value::from(-1), "-1"),
        (Value::from(i64::MIN), "-9223372036854775808"),
        (Value::from(u64::MAX), "18446744073709551615"),
        (Value::from(7usize), "7"),
        (Value::from(7u32), "7"),
    ] {
        assert_eq!(value.to_json(), want);
    }
    match Value::parse("0.25").unwrap() {
        Value::Number(n) => assert!((n.as_f64() - 0.25).abs() < 1e-9),
        other => panic!("{:?}", other),
    }
}

#[test]
fn objects() {
    let mut o = object! { "b": 1, "a": "x", "list": vec![1, 2], "none": None::<bool>, "deep": object! { "c": true } };
    assert_eq!(
        o.to_json(),
        r#"{"b":1,"a":"x","list":[1,2],"none":null,"deep":{"c":true}}"#
    );
    o.set("a", "y");
    o.set_path(&["deep", "c"], false);
    o.set_path(&["deep", "d", "e"], 3);
    o.set_path(&["b", "f"], "was a number");
    o.set_path(&[], "nothing");
    assert_eq!(o.remove("list"), Some(Value::from(vec![1, 2])));
    assert_eq!(o.remove("list"), None);
    let want = r#"{"b":{"f":"was a number"},"a":"y","none":null,"deep":{"c":false,"d":{"e":3}}}"#;
    assert_eq!(o.to_json(), want);
    assert_eq!(
        o,
        Object::parse(
            r#"{"none":null,"deep":{"d":{"e":3},"c":false},"a":"y","b":{"f":"was a number"}}"#
        )
        .unwrap()
    );
    assert_ne!(o, object! {});
    assert_ne!(object! {}, o);
    assert_eq!(
        (o.len(), o.is_empty(), Object::new().is_empty()),
        (4, false, true)
    );
    assert_eq!(o.text("a"), "y");
    assert_eq!(o.text("deep"), "");
    let value = Value::from(o);
    assert_eq!(
        value.lookup(&["deep", "d", "e"]).and_then(Value::as_i64),
        Some(3)
    );
    assert_eq!(value.lookup(&["a", "d"]), None);
    assert!(Object::parse("[]").is_err());
}

/// As everywhere else in the host, the last of two members with one name counts.
#[test]
fn a_member_that_is_there_twice() {
    let mut o = Object::parse(r#"{"a":1,"b":2,"a":3}"#).unwrap();
    assert_eq!(o.get("a"), Some(&Value::from(3)));
    assert_eq!(o.remove("a"), Some(Value::from(3)));
    assert_eq!(o.to_json(), r#"{"b":2}"#);
}
