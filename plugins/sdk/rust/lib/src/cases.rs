//! Golden cases: inputs with what must come of them, run without WebAssembly.

use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::json::{Object, Value};
use crate::Policy;

/// Runs the golden cases of a file against a policy and panics with what went wrong, so
/// that a test is one line:
///
/// ```ignore
/// #[test]
/// fn golden_cases() {
///     scim_policy::cases::run(&POLICY, include_str!("../cases.json"));
/// }
/// ```
///
/// The file is a JSON array; a case has a `name`, a `hook`, an `input`, and either `want`,
/// the answer, or `error` (and `detail`, a part of its message): "policy" for an error
/// that the policy returned and "trap" for a panic. Answers that the host refuses
/// ("output") and "timeout" need the module: `caddy scim policy test` runs all of them.
pub fn run(policy: &Policy, file: &str) {
    if let Err(problem) = check(policy, file) {
        panic!("{}", problem);
    }
}

/// Runs the golden cases of a file as [`run`] does. The error lists all that went wrong.
pub fn check(policy: &Policy, file: &str) -> Result<(), String> {
    Object::parse(&policy.run("describe", "")?)
        .map_err(|e| format!("the settings' schema: {}", e))?;
    let cases = Value::parse(file)?;
    let mut problems = Vec::new();
    for (i, case) in cases
        .as_array()
        .ok_or("the cases are not an array")?
        .iter()
        .enumerate()
    {
        let case = case
            .as_object()
            .ok_or_else(|| format!("case {} is not an object", i))?;
        if let Err(problem) = one(policy, case) {
            problems.push(format!("{}: {}", case.text("name"), problem));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(problems.join("\n"))
}

fn one(policy: &Policy, case: &Object) -> Result<(), String> {
    const FIELDS: [&str; 6] = ["name", "hook", "input", "want", "error", "detail"];
    if let Some((name, _)) = case.iter().find(|(name, _)| !FIELDS.contains(name)) {
        return Err(format!("a case has no field {:?}", name));
    }
    let input = case.get("input").ok_or("has no input")?.to_json();
    let answer = catch_unwind(AssertUnwindSafe(|| policy.run(case.text("hook"), &input)));
    let failure = match (answer, case.text("error")) {
        (_, "output" | "timeout") => return Ok(()),
        (Ok(Ok(answer)), "") => {
            return compare(
                &answer,
                case.get("want").ok_or("has neither want nor error")?,
            )
        }
        (Ok(Ok(answer)), error) => {
            return Err(format!("answered {}, want the error {:?}", answer, error))
        }
        (Ok(Err(message)), "policy") => message,
        (Ok(Err(message)), _) => return Err(format!("failed: {}", message)),
        (Err(panic), "trap") => match panic.downcast::<String>() {
            Ok(message) => *message,
            Err(other) => other.downcast_ref::<&str>().copied().unwrap_or("").into(),
        },
        (Err(_), _) => return Err("panicked".into()),
    };
    if !failure.contains(case.text("detail")) {
        return Err(format!(
            "failed with {:?}, want it to contain {:?}",
            failure,
            case.text("detail")
        ));
    }
    Ok(())
}

/// Compares an answer with what is wanted, after the host's own defaults are filled in.
fn compare(answer: &str, want: &Value) -> Result<(), String> {
    let mut got = Object::parse(answer)?;
    if got.text("verdict") == "deny" && got.get("status").is_none() {
        got.set("status", 403);
    }
    if *want != Value::Object(got) {
        return Err(format!(
            "answered\n\t{}\nwant\n\t{}",
            answer,
            want.to_json()
        ));
    }
    Ok(())
}
