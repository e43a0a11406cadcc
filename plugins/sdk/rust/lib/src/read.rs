//! Turns JSON values into typed fields. null counts as absent everywhere.

use crate::json::{Object, Value};

static NONE: Object = Object {
    members: Vec::new(),
};

/// A place for a text, by the name of the member that holds it.
pub type Place<'p, 'a> = (&'static str, &'p mut &'a str);

/// Reads an object: texts go to their places, and rest gets all other members. It is
/// written for a small module rather than for the last nanosecond.
pub fn fill<'a>(
    object: &'a Object,
    texts: &mut [Place<'_, 'a>],
    rest: &mut dyn FnMut(&'a str, &'a Value) -> Result<(), String>,
) -> Result<(), String> {
    for (name, value) in &object.members {
        match texts.iter_mut().find(|place| place.0 == name) {
            Some((_, place)) => **place = text(name, value)?,
            None => rest(name, value)?,
        }
    }
    Ok(())
}

/// The rest of an object that has nothing else.
pub fn ignore<'a>(_: &'a str, _: &'a Value) -> Result<(), String> {
    Ok(())
}

#[cold]
pub fn wrong(name: &str, want: &str) -> String {
    ["\"", name, "\" is not ", want].concat()
}

pub fn text<'a>(name: &str, value: &'a Value) -> Result<&'a str, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null => Ok(""),
        _ => Err(wrong(name, "a string")),
    }
}

pub fn boolean(name: &str, value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(yes) => Ok(*yes),
        Value::Null => Ok(false),
        _ => Err(wrong(name, "true or false")),
    }
}

/// Reads a number of things.
pub fn count(name: &str, value: &Value) -> Result<u64, String> {
    match value {
        Value::Null => Ok(0),
        _ => value
            .as_i64()
            .and_then(|n| u64::try_from(n).ok())
            .ok_or_else(|| wrong(name, "a whole number")),
    }
}

pub fn optional<'a>(name: &str, value: &'a Value) -> Result<Option<&'a Object>, String> {
    match value {
        Value::Object(object) => Ok(Some(object)),
        Value::Null => Ok(None),
        _ => Err(wrong(name, "an object")),
    }
}

/// Reads an object; an absent one is empty.
pub fn object<'a>(name: &str, value: &'a Value) -> Result<&'a Object, String> {
    Ok(optional(name, value)?.unwrap_or(&NONE))
}

pub fn none() -> &'static Object {
    &NONE
}

pub fn array<'a>(name: &str, value: &'a Value) -> Result<&'a [Value], String> {
    match value {
        Value::Array(list) => Ok(list),
        Value::Null => Ok(&[]),
        _ => Err(wrong(name, "an array")),
    }
}

pub fn texts<'a>(name: &str, value: &'a Value) -> Result<Vec<&'a str>, String> {
    let elements = array(name, value)?;
    let mut list = Vec::with_capacity(elements.len());
    for element in elements {
        list.push(text(name, element)?);
    }
    Ok(list)
}

/// Reads an array of objects, each by read.
#[inline(never)]
pub fn list<'a, T>(
    name: &str,
    value: &'a Value,
    read: fn(&'a Object) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let elements = array(name, value)?;
    let mut list = Vec::with_capacity(elements.len());
    for element in elements {
        list.push(read(object(name, element)?)?);
    }
    Ok(list)
}
