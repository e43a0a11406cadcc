//! Whoever joins one of some departments waits for an approval, and the question expires.

use scim_policy::{policy, DecideInput, Decision, Object, Operation, User, Value};

policy! {
    name: "approval",
    version: "1.0.0",
    settings: include_str!("settings.json"),
    decide: decide,
    cases: include_bytes!("../cases.json"),
}

fn decide(input: &DecideInput) -> Result<Decision, String> {
    let departments = departments(input.settings)?;
    if !input.is_user() || input.operation == Operation::Delete {
        return Ok(Decision::allow());
    }
    let user = input.user()?;
    let wanted = match find(&departments, &user) {
        // Who is in one of them already has been approved. What the host calls before is the
        // last state that nobody has to approve any more, so a second, harmless change of
        // somebody who waits is no way in.
        Some(department) if find(&departments, &input.user_before()?) != Some(department) => department,
        _ => return Ok(Decision::allow()),
    };
    let title = match input.operation {
        Operation::Create => ["New in ", wanted, ": ", user.user_name].concat(),
        _ => ["Moves to ", wanted, ": ", user.user_name].concat(),
    };
    let hold = Decision::hold(title, ["The department ", wanted, " approves who joins it"].concat());
    Ok(hold.expires_in(expires_in(input.settings)?))
}

/// The department of the settings that a user is in.
fn find<'a>(departments: &[&'a str], user: &User) -> Option<&'a str> {
    let own = folded(user.enterprise.department);
    departments.iter().find(|department| folded(department) == own).copied()
}

/// Identity providers pass on what somebody typed.
fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

fn departments(settings: &Object) -> Result<Vec<&str>, String> {
    let list = settings.get("departments").and_then(Value::as_array).ok_or("settings: departments: is missing")?;
    list.iter()
        .map(|name| name.as_str().filter(|name| !name.trim().is_empty()))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| "settings: departments: want names".into())
}

/// After how many seconds nobody needs to answer any more; 0 leaves it to the tenant's rules.
fn expires_in(settings: &Object) -> Result<u32, String> {
    match settings.get("expires_in") {
        None => Ok(0),
        Some(seconds) => seconds
            .as_i64()
            .and_then(|seconds| u32::try_from(seconds).ok())
            .ok_or_else(|| "settings: expires_in: want seconds".into()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn golden_cases() {
        scim_policy::cases::run(&super::POLICY, include_str!("../cases.json"));
    }
}
