//! The test guest of the Rust SDK, see package tck.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use scim_policy::{
    log, object, policy, DecideInput, Decision, ImportInput, ImportOutput, Lifecycle, MapInput,
    MapOutput, Object, Request, ScimType, Value,
};

policy! {
    name: "tck",
    version: "1.0.0",
    settings: r#"{"type":"object","properties":{"tck":{"type":"string"}}}"#,
    needs: ["counts"],
    decide: decide,
    map: map,
    import: import,
}

/// How many calls this memory has seen.
static CALLS: AtomicU32 = AtomicU32::new(0);

/// Says which behaviour a case wants of a hook.
fn behaviour(settings: &Object) -> Result<&str, String> {
    CALLS.fetch_add(1, Relaxed);
    match settings.get("tck") {
        None => Ok(""),
        Some(Value::String(behaviour)) => Ok(behaviour),
        Some(_) => Err("the setting tck is not a string".into()),
    }
}

fn decide(input: &DecideInput) -> Result<Decision, String> {
    let want = behaviour(input.settings)?;
    let calls = CALLS.load(Relaxed);
    let (before, after) = (input.user_before()?, input.user()?);
    Ok(match want {
        "deny" => Decision::deny(["tck denies ", after.user_name].concat())
            .status(409)
            .scim_type(ScimType::Uniqueness),
        "deny_plainly" => Decision::deny("tck denies"),
        "hold" => {
            let abi = input.abi.to_string();
            let changed = input.changed.join(",");
            let facts = [
                &*abi,
                input.operation.as_str(),
                input.resource_type,
                before.user_name,
                after.user_name,
                &changed,
                input.connection.id,
                input.connection.profile,
                input.tenant.id,
            ];
            let facts: Vec<&str> = facts
                .iter()
                .copied()
                .filter(|fact| !fact.is_empty())
                .collect();
            Decision::hold("tck", facts.join(" "))
        }
        "counts" => Decision::hold("tck", tenant(input)),
        "expires" => Decision::hold("tck", "an hour").expires_in(3600),
        "members" => return hold_members(input),
        "lifecycle" => Decision::allow().lifecycle(Lifecycle::Suspend),
        "rewrite" => Decision::allow().after(input.after.cloned().unwrap_or_default()),
        "state" if calls != 1 => {
            Decision::deny(["tck has seen ", &calls.to_string(), " calls"].concat())
        }
        "wrong" => Decision::other(object! { "verdict": "maybe" }),
        "error" => return Err("tck error é".into()),
        "panic" => panic!("tck panic"),
        "loop" => loop {
            CALLS.fetch_add(1, Relaxed);
        },
        "log" => {
            log!("tck: {}", "first");
            log!("tck: zweite Zeile äöü");
            Decision::allow()
        }
        _ => Decision::allow(),
    })
}

/// Shows what is known of the tenant.
fn tenant(input: &DecideInput) -> String {
    let (tenant, seats) = (&input.tenant, input.tenant.seat_limit.unwrap_or(0));
    match tenant.counts {
        None => format!("{}: {} seats, not counted", tenant.id, seats),
        Some(c) => {
            format!(
                "{}: {} of {} seats, {} users, {} groups",
                tenant.id, c.active_users, seats, c.users, c.groups
            )
        }
    }
}

/// Shows a group and what becomes of its members.
fn hold_members(input: &DecideInput) -> Result<Decision, String> {
    let (before, after) = (input.group_before()?, input.group()?);
    let members = match &input.members {
        None => "members stay".into(),
        Some(m) => format!(
            "clear {} remove {} add {}",
            m.clear,
            m.remove.join(","),
            m.add.join(",")
        ),
    };
    let reason = [
        before.display_name,
        "; ",
        after.external_id,
        " ",
        after.display_name,
        "; ",
        &members,
    ]
    .concat();
    Ok(Decision::hold("tck", reason))
}

fn map(input: &MapInput) -> Result<MapOutput, String> {
    match behaviour(input.settings)? {
        "none" => return Ok(MapOutput::declarative()),
        "error" => return Err("tck error é".into()),
        _ => {}
    }
    let (before, after) = (input.user_before()?, input.user()?);
    let mut body = object! {
        "abi": input.abi,
        "action": input.action.as_str(),
        "resource_type": input.resource_type,
        "id": input.id,
        "legacy_id": input.legacy_id,
        "before": before.user_name,
        "after": after.user_name,
        "tenant": input.tenant.id,
    };
    if !input.members.is_empty() {
        let members: Vec<Object> = input.members.iter().map(member).collect();
        body.set("members", members);
    }
    let path = ["/tck/", input.legacy_id, "?of=", input.id].concat();
    Ok(MapOutput::requests([
        Request::patch(path).body(body),
        Request::of_route(),
    ]))
}

fn member(member: &scim_policy::Member) -> Object {
    let mut shown = object! { "id": member.id, "type": member.kind };
    if !member.legacy_id.is_empty() {
        shown.set("legacy_id", member.legacy_id);
    }
    shown
}

fn import(input: &ImportInput) -> Result<ImportOutput, String> {
    let login = input.record.text("login");
    match behaviour(input.settings)? {
        "skip" => return Ok(ImportOutput::skip(["tck skips ", login].concat())),
        "wrong" => return Ok(ImportOutput::other(Object::new())),
        "error" => return Err("tck error é".into()),
        _ => {}
    }
    let resource = object! {
        "userName": login,
        "displayName": format!("{} {} {}", input.abi, input.resource_type, input.tenant.id),
        "record": input.record.clone(),
    };
    Ok(ImportOutput::with_id(
        resource,
        String::from(input.record.text("id")),
    ))
}
