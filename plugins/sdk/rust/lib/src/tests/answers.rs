use crate::{
    object, path_segment, Decision, ImportOutput, Lifecycle, MapOutput, Method, Object, Request,
    ScimType, Value,
};

fn written(write: impl Fn(&mut String)) -> String {
    let mut out = String::new();
    write(&mut out);
    assert!(Value::parse(&out).is_ok(), "{}", out);
    out
}

#[test]
fn decisions() {
    for (decision, want) in [
        (Decision::allow(), r#"{"verdict":"allow"}"#),
        (
            Decision::deny("no \"é\""),
            r#"{"verdict":"deny","detail":"no \"é\""}"#,
        ),
        (
            Decision::deny(String::from("taken"))
                .status(409)
                .scim_type(ScimType::Uniqueness),
            r#"{"verdict":"deny","status":409,"scim_type":"uniqueness","detail":"taken"}"#,
        ),
        (
            Decision::hold("look", ""),
            r#"{"verdict":"hold","title":"look"}"#,
        ),
        (
            Decision::hold("look", "why")
                .expires_in(3600)
                .lifecycle(Lifecycle::Suspend),
            r#"{"verdict":"hold","title":"look","reason":"why","expires_in":3600,"lifecycle":"suspend"}"#,
        ),
        (
            Decision::allow().after(object! { "a": 1 }),
            r#"{"verdict":"allow","after":{"a":1}}"#,
        ),
        (
            Decision::other(object! { "verdict": "maybe" }),
            r#"{"verdict":"maybe"}"#,
        ),
    ] {
        assert_eq!(written(|out| decision.write(out)), want);
    }
}

#[test]
fn map_outputs() {
    let output = MapOutput::requests([
        Request::patch(["/a/", &path_segment("x/y")].concat()).body(object! { "a": true }),
        Request::new(Method::Get, "/b"),
        Request::of_route().body(vec!["x"]),
        Request::delete("/c"),
    ]);
    let want = r#"{"requests":[{"method":"PATCH","path":"/a/x%2Fy","body":{"a":true}},{"method":"GET","path":"/b"},{"body":["x"]},{"method":"DELETE","path":"/c"}]}"#;
    assert_eq!(written(|out| output.write(out)), want);
    assert_eq!(
        written(|out| MapOutput::declarative().write(out)),
        r#"{"requests":[]}"#
    );
}

#[test]
fn import_outputs() {
    for (output, want) in [
        (
            ImportOutput::resource(object! { "a": 1 }),
            r#"{"resource":{"a":1}}"#,
        ),
        (
            ImportOutput::with_id(object! {}, "7"),
            r#"{"resource":{},"legacy_id":"7"}"#,
        ),
        (
            ImportOutput::skip("robot"),
            r#"{"skip":true,"reason":"robot"}"#,
        ),
        (ImportOutput::skip(""), r#"{"skip":true}"#),
        (ImportOutput::other(Object::new()), "{}"),
    ] {
        assert_eq!(written(|out| output.write(out)), want);
    }
}

#[test]
fn path_segments() {
    for (text, want) in [
        ("", ""),
        ("aZ09-_~", "aZ09-_~"),
        ("a.b@c d", "a.b%40c%20d"),
        ("..", "%2E."),
        (".", "%2E"),
        ("é/", "%C3%A9%2F"),
        ("%2e?#", "%252e%3F%23"),
    ] {
        assert_eq!(path_segment(text), want);
    }
}
