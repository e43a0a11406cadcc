use crate::{
    cases, object, DecideInput, Decision, ImportInput, ImportOutput, MapInput, MapOutput, Policy,
    Request,
};

crate::policy! {
    name: "full",
    version: "1",
    settings: r#"{"type":"object"}"#,
    needs: ["counts"],
    cases: include_bytes!("../../Cargo.toml"),
    map: map,
    decide: decide,
    import: import,
}

fn decide(input: &DecideInput) -> Result<Decision, String> {
    match input.resource_type {
        "error" => Err("no".into()),
        "panic" => panic!("give up"),
        "deny" => Ok(Decision::deny("taken").status(409)),
        "plain" => Ok(Decision::deny("no")),
        _ => Ok(Decision::hold("look", input.operation.as_str())),
    }
}

fn map(input: &MapInput) -> Result<MapOutput, String> {
    crate::log!("mapped {}", input.action.as_str());
    let after = input.after.cloned().unwrap_or_default();
    Ok(MapOutput::requests([Request::patch(
        ["/", input.legacy_id].concat(),
    )
    .body(after)]))
}

fn import(input: &ImportInput) -> Result<ImportOutput, String> {
    match input.record.text("kind") {
        "robot" => Ok(ImportOutput::skip("robot")),
        _ => Ok(ImportOutput::resource(
            object! { "userName": input.record.text("login") },
        )),
    }
}

const ONLY_MAP: Policy = Policy {
    name: "x",
    map: Some(map),
    ..Policy::EMPTY
};

#[test]
fn answers() {
    for (policy, hook, input, want) in [
        (
            &POLICY,
            "decide",
            r#"{"operation":"create"}"#,
            r#"{"verdict":"hold","title":"look","reason":"create"}"#,
        ),
        (
            &POLICY,
            "decide",
            r#"{"operation":"update","resource_type":"deny"}"#,
            r#"{"verdict":"deny","status":409,"detail":"taken"}"#,
        ),
        (
            &POLICY,
            "map",
            r#"{"action":"update","legacy_id":"7","after":{"a":1}}"#,
            r#"{"requests":[{"method":"PATCH","path":"/7","body":{"a":1}}]}"#,
        ),
        (
            &POLICY,
            "import",
            r#"{"record":{"login":"ada"}}"#,
            r#"{"resource":{"userName":"ada"}}"#,
        ),
        (
            &POLICY,
            "describe",
            "",
            r#"{"name":"full","version":"1","hooks":["decide","map","import"],"needs":["counts"],"settings":{"type":"object"}}"#,
        ),
        (&ONLY_MAP, "describe", "", r#"{"name":"x","hooks":["map"]}"#),
        (&Policy::EMPTY, "describe", "", r#"{"hooks":[]}"#),
    ] {
        assert_eq!(
            policy.run(hook, input).as_deref(),
            Ok(want),
            "{} {}",
            hook,
            input
        );
    }
}

#[test]
fn failures() {
    for (policy, hook, input, want) in [
        (
            &POLICY,
            "decide",
            r#"{"operation":"create","resource_type":"error"}"#,
            "no",
        ),
        (
            &POLICY,
            "decide",
            "{",
            "read the input: not valid JSON at byte 1: want the name of a member",
        ),
        (
            &POLICY,
            "decide",
            "",
            "read the input: not valid JSON at byte 0: it ends where a value should be",
        ),
        (&POLICY, "decide", "[]", "read the input: not a JSON object"),
        (
            &POLICY,
            "decide",
            r#"{"operation":1}"#,
            "read the input: \"operation\" is not a string",
        ),
        (
            &POLICY,
            "map",
            "{}",
            "read the input: \"action\" is not an action that this policy knows",
        ),
        (
            &ONLY_MAP,
            "decide",
            r#"{"operation":"create"}"#,
            "the policy has no hook decide",
        ),
        (&POLICY, "Decide", "{}", "the policy has no hook Decide"),
    ] {
        assert_eq!(
            policy.run(hook, input).unwrap_err(),
            want,
            "{} {}",
            hook,
            input
        );
    }
}

#[test]
fn golden_cases() {
    let good = r#"[
        {"name": "hold", "hook": "decide", "input": {"operation": "create"}, "want": {"reason": "create", "title": "look", "verdict": "hold"}},
        {"name": "status", "hook": "decide", "input": {"operation": "create", "resource_type": "plain"}, "want": {"verdict": "deny", "status": 403, "detail": "no"}},
        {"name": "error", "hook": "decide", "input": {"operation": "create", "resource_type": "error"}, "error": "policy", "detail": "n"},
        {"name": "panic", "hook": "decide", "input": {"operation": "create", "resource_type": "panic"}, "error": "trap", "detail": "give up"},
        {"name": "skip", "hook": "import", "input": {"record": {"kind": "robot"}}, "want": {"skip": true, "reason": "robot"}},
        {"name": "only the host knows", "hook": "map", "input": {}, "error": "output"}
    ]"#;
    cases::run(&POLICY, good);
    for (file, want) in [
        ("[", "not valid JSON"),
        ("{}", "the cases are not an array"),
        ("[1]", "case 0 is not an object"),
        (
            r#"[{"name":"a","hook":"decide","want":{}}]"#,
            "a: has no input",
        ),
        (
            r#"[{"name":"a","hook":"decide","input":{"operation":"create"}}]"#,
            "a: has neither want nor error",
        ),
        (
            r#"[{"name":"a","hok":"decide"}]"#,
            "a: a case has no field \"hok\"",
        ),
        (
            r#"[{"name":"a","hook":"decide","input":{"operation":"create"},"want":{}}]"#,
            "a: answered",
        ),
        (
            r#"[{"name":"a","hook":"decide","input":{"operation":"create"},"error":"policy"}]"#,
            "want the error",
        ),
        (
            r#"[{"name":"a","hook":"decide","input":{},"want":{}}]"#,
            "a: failed: read the input",
        ),
        (
            r#"[{"name":"a","hook":"decide","input":{},"error":"policy","detail":"x"}]"#,
            "want it to contain",
        ),
        (
            r#"[{"name":"a","hook":"decide","input":{"operation":"create","resource_type":"panic"},"want":{}}]"#,
            "a: panicked",
        ),
    ] {
        let problem = cases::check(&POLICY, file).unwrap_err();
        assert!(problem.contains(want), "{}: {}", file, problem);
    }
    let broken = Policy {
        settings: "{",
        ..POLICY
    };
    assert!(cases::check(&broken, "[]")
        .unwrap_err()
        .contains("the settings' schema"));
}
