//! JSON values: what a document holds that the typed structs do not know.

use std::borrow::Cow;

/// A text of a document. In a policy it is part of the input, so that cloning it
/// costs nothing.
pub type Text = Cow<'static, str>;

/// One JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(Number),
    String(Text),
    Array(Vec<Value>),
    Object(Object),
}

/// A number as it is written. It keeps every digit: what is read is written again
/// unchanged, even if no type of Rust could hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(pub(crate) Text);

/// A JSON object. It keeps the order of its members. Where the input names a member
/// twice, the last one counts.
#[derive(Clone, Debug, Default)]
pub struct Object {
    pub(crate) members: Vec<(Text, Value)>,
}

impl Value {
    /// Reads one JSON value. The error says what is wrong and where.
    pub fn parse(text: &str) -> Result<Value, String> {
        crate::parse::borrowed(text)
    }

    /// Writes the value without white space.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        crate::write::value(&mut out, self);
        out
    }

    /// The member of an object that the names lead to, one object after the other.
    pub fn lookup(&self, names: &[&str]) -> Option<&Value> {
        let mut value = self;
        for name in names {
            value = value.as_object()?.get(name)?;
        }
        Some(value)
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(yes) => Some(*yes),
            _ => None,
        }
    }

    /// A whole number that fits; None for 1.0 and 1e3 as well.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Value::Array(list) => Some(list),
            _ => None,
        }
    }

    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }
}

impl Number {
    /// The number as it is written, such as `-2.5e3`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A whole number that fits; None for 1.0 and 1e3 as well.
    pub fn as_i64(&self) -> Option<i64> {
        let (negative, digits) = match self.0.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, &*self.0),
        };
        let mut n: i64 = 0;
        for digit in digits.bytes() {
            if !digit.is_ascii_digit() {
                return None;
            }
            let digit = i64::from(digit - b'0');
            n = n.checked_mul(10)?;
            n = if negative {
                n.checked_sub(digit)?
            } else {
                n.checked_add(digit)?
            };
        }
        Some(n)
    }

    /// The nearest number with a fraction. It makes a policy 15 KB larger.
    pub fn as_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }
}

impl Object {
    pub fn new() -> Object {
        Object::default()
    }

    /// Reads a JSON object. The error says what is wrong and where.
    pub fn parse(text: &str) -> Result<Object, String> {
        match Value::parse(text)? {
            Value::Object(object) => Ok(object),
            _ => Err("not a JSON object".into()),
        }
    }

    /// Writes the object without white space.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        crate::write::object(&mut out, self);
        out
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The members in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.members.iter().map(|(name, value)| (&**name, value))
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members
            .iter()
            .rev()
            .find(|m| m.0 == name)
            .map(|m| &m.1)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.members
            .iter_mut()
            .rev()
            .find(|m| m.0 == name)
            .map(|m| &mut m.1)
    }

    /// The text of a member; "" if there is none or it is no text.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).and_then(Value::as_str).unwrap_or("")
    }

    /// Sets a member, in its place if it is there already.
    pub fn set(&mut self, name: impl Into<Text>, value: impl Into<Value>) {
        self.put(name.into(), value.into());
    }

    fn put(&mut self, name: Text, value: Value) {
        match self.get_mut(&name) {
            Some(place) => *place = value,
            None => self.members.push((name, value)),
        }
    }

    /// Sets the member that the names lead to, and makes the objects on the way. A
    /// value on the way that is no object is replaced by one.
    pub fn set_path(&mut self, names: &[&str], value: impl Into<Value>) {
        let (last, way) = match names.split_last() {
            Some(split) => split,
            None => return,
        };
        let mut object = self;
        for name in way {
            object = object.object_at(name);
        }
        object.set(String::from(*last), value);
    }

    fn object_at(&mut self, name: &str) -> &mut Object {
        let at = match self.members.iter().rposition(|m| m.0 == name) {
            Some(at) => at,
            None => {
                self.members.push((String::from(name).into(), Value::Null));
                self.members.len() - 1
            }
        };
        let place = &mut self.members[at].1;
        if !matches!(place, Value::Object(_)) {
            *place = Value::Object(Object::new());
        }
        match place {
            Value::Object(object) => object,
            _ => unreachable!(),
        }
    }

    /// Takes a member away and returns it.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let mut removed = None;
        while let Some(at) = self.members.iter().rposition(|m| m.0 == name) {
            let (_, value) = self.members.remove(at);
            removed = removed.or(Some(value));
        }
        removed
    }
}

/// Two objects are equal if they have the same members, in whatever order.
impl PartialEq for Object {
    fn eq(&self, other: &Object) -> bool {
        let within =
            |a: &Object, b: &Object| a.members.iter().all(|(name, _)| a.get(name) == b.get(name));
        within(self, other) && within(other, self)
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Value {
        Value::Bool(yes)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::String(Cow::Owned(text.into()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::String(Cow::Owned(text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Value {
        text.as_str().into()
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Value {
        Value::String(text)
    }
}

impl From<&Text> for Value {
    fn from(text: &Text) -> Value {
        Value::String(text.clone())
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Value {
        Value::Number(number)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Value {
        Value::Object(object)
    }
}

impl From<&Value> for Value {
    fn from(value: &Value) -> Value {
        value.clone()
    }
}

/// None is null.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(list: Vec<T>) -> Value {
        Value::Array(list.into_iter().map(Into::into).collect())
    }
}

macro_rules! from_whole_numbers {
    ($($number:ident as $wide:ident by $write:ident),*) => {$(
        impl From<$number> for Value {
            fn from(n: $number) -> Value {
                let mut digits = String::new();
                crate::write::$write(&mut digits, n as $wide);
                Value::Number(Number(digits.into()))
            }
        }
    )*};
}

from_whole_numbers!(i32 as i64 by whole, i64 as i64 by whole, u32 as u64 by natural, u64 as u64 by natural, usize as u64 by natural);

/// Makes an [`Object`](crate::Object): `object! { "name": user.user_name, "active": true }`. A value is
/// anything that can become a [`Value`](crate::Value).
#[macro_export]
macro_rules! object {
    ($($name:literal : $value:expr),* $(,)?) => {{
        #[allow(unused_mut)]
        let mut object = $crate::Object::new();
        $( object.set($name, $value); )*
        object
    }};
}
