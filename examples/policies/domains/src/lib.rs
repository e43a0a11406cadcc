//! E-mail addresses of users must be in one of the tenant's domains.

use scim_policy::{policy, DecideInput, Decision, Object, Operation, ScimType, User, Value};

mod address;
mod domain;

use domain::{AllowList, Domain};

policy! {
    name: "domains",
    version: "1.0.0",
    settings: include_str!("settings.json"),
    decide: decide,
    cases: include_bytes!("../cases.json"),
}

fn decide(input: &DecideInput) -> Result<Decision, String> {
    let allowed = allowed(input.settings)?;
    if !input.is_user() || input.operation == Operation::Delete {
        return Ok(Decision::allow());
    }
    let (user, before) = (input.user()?, input.user_before()?);
    if !user.is_active() {
        // Whatever their addresses, taking access away is not refused. They are looked at when
        // access is given back.
        return Ok(Decision::allow());
    }
    // What somebody has who has access stays, so that a new list does not get in the way of
    // every other change.
    let kept = if input.before.is_some() && before.is_active() { addresses(input.settings, &before) } else { vec![] };
    for (attribute, text) in addresses(input.settings, &user) {
        if kept.iter().any(|(_, known)| *known == text) {
            continue;
        }
        let problem = match address::domain(text) {
            Err(problem) => problem.into(),
            Ok(name) => match Domain::read(name) {
                None => ["the domain ", &quoted(name), " is none"].concat(),
                Some(domain) if !allowed.has(&domain) => {
                    ["the domain ", &quoted(name), " is not one of the organisation's"].concat()
                }
                Some(_) => continue,
            },
        };
        return Ok(Decision::deny([attribute, ": ", &problem].concat()).status(400).scim_type(ScimType::InvalidValue));
    }
    Ok(Decision::allow())
}

/// A user's addresses, with the attributes that they are in.
fn addresses<'a>(settings: &Object, user: &User<'a>) -> Vec<(&'static str, &'a str)> {
    let mut list: Vec<_> = user.emails.iter().map(|email| ("emails.value", email.value)).collect();
    if settings.get("user_name").and_then(Value::as_bool) == Some(true) {
        list.push(("userName", user.user_name));
    }
    list
}

fn allowed(settings: &Object) -> Result<AllowList, String> {
    let list = settings.get("domains").and_then(Value::as_array).ok_or("settings: domains: is missing")?;
    let mut allowed = AllowList::default();
    for entry in list {
        let text = entry.as_str().unwrap_or("");
        if !allowed.add(text) {
            return Err(["settings: domains: ", &quoted(text), " is not a domain"].concat());
        }
    }
    Ok(allowed)
}

/// A text for a message, on one line and with a bound on its length.
fn quoted(text: &str) -> String {
    const MOST: usize = 80;
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = text.chars().take(MOST).map(plain).collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    ["\"", &short, "\""].concat()
}

#[cfg(test)]
mod tests {
    #[test]
    fn golden_cases() {
        scim_policy::cases::run(&super::POLICY, include_str!("../cases.json"));
    }
}
