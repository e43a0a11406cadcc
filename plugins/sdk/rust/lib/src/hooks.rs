//! The hooks between JSON in and JSON out.

use crate::answer::{Decision, ImportOutput, MapOutput};
use crate::input::{DecideInput, ImportInput, MapInput};
use crate::json::{Object, Value};
use crate::write::{self, Fields};

/// What a policy consists of. [`policy!`](crate::policy!) makes one.
#[derive(Clone, Copy)]
pub struct Policy {
    /// What people call the policy.
    pub name: &'static str,
    /// The author's version, for people.
    pub version: &'static str,
    /// The JSON Schema of the settings, an object; empty for none.
    pub settings: &'static str,
    /// What the policy wants to be told beside the write: "counts".
    pub needs: &'static [&'static str],
    pub decide: Option<Decide>,
    pub map: Option<Map>,
    pub import: Option<Import>,
}

/// A `decide` hook.
pub type Decide = fn(&DecideInput) -> Result<Decision, String>;
/// A `map` hook.
pub type Map = fn(&MapInput) -> Result<MapOutput, String>;
/// An `import` hook.
pub type Import = fn(&ImportInput) -> Result<ImportOutput, String>;

impl Policy {
    /// A policy that does nothing.
    pub const EMPTY: Policy = Policy {
        name: "",
        version: "",
        settings: "",
        needs: &[],
        decide: None,
        map: None,
        import: None,
    };

    /// Runs one hook, "decide", "map", "import" or "describe", with a JSON document in and
    /// out, as the host would see it. It lets a test run recorded inputs. An error is what
    /// the host would report as one of the policy's own.
    pub fn run(&self, hook: &str, input: &str) -> Result<String, String> {
        let missing = || ["the policy has no hook ", hook].concat();
        match hook {
            "decide" => decide(
                self.decide.ok_or_else(missing)?,
                &document(Value::parse(input))?,
            ),
            "map" => map(
                self.map.ok_or_else(missing)?,
                &document(Value::parse(input))?,
            ),
            "import" => import(
                self.import.ok_or_else(missing)?,
                &document(Value::parse(input))?,
            ),
            "describe" => Ok(describe(self)),
            _ => Err(missing()),
        }
    }
}

/// Reads what the host sends.
pub(crate) fn document(input: Result<Value, String>) -> Result<Object, String> {
    match input {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(unread("not a JSON object".into())),
        Err(problem) => Err(unread(problem)),
    }
}

pub(crate) fn decide(hook: Decide, document: &Object) -> Result<String, String> {
    let mut out = String::new();
    hook(&DecideInput::read(document).map_err(unread)?)?.write(&mut out);
    Ok(out)
}

pub(crate) fn map(hook: Map, document: &Object) -> Result<String, String> {
    let mut out = String::new();
    hook(&MapInput::read(document).map_err(unread)?)?.write(&mut out);
    Ok(out)
}

pub(crate) fn import(hook: Import, document: &Object) -> Result<String, String> {
    let mut out = String::new();
    hook(&ImportInput::read(document).map_err(unread)?)?.write(&mut out);
    Ok(out)
}

fn unread(problem: String) -> String {
    ["read the input: ", &problem].concat()
}

pub(crate) fn describe(policy: &Policy) -> String {
    let mut out = String::new();
    let mut fields = Fields::new(&mut out);
    let name = |out: &mut String, name: &&str| write::string(out, name);
    fields.text("name", policy.name);
    fields.text("version", policy.version);
    let mut hooks = Vec::with_capacity(3);
    for (hook, present) in [
        ("decide", policy.decide.is_some()),
        ("map", policy.map.is_some()),
        ("import", policy.import.is_some()),
    ] {
        if present {
            hooks.push(hook);
        }
    }
    // An empty list says that there is none, no list would stand for all exports.
    write::array(fields.name("hooks"), &hooks, name);
    if !policy.needs.is_empty() {
        write::array(fields.name("needs"), policy.needs, name);
    }
    if !policy.settings.is_empty() {
        fields.name("settings").push_str(policy.settings);
    }
    fields.end();
    out
}
