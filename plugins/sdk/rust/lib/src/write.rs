//! Writes JSON without white space.

use crate::json::{Object, Value};
use crate::parse::plain;

pub fn value(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => out.push_str(number.as_str()),
        Value::String(text) => string(out, text),
        Value::Array(list) => array(out, list, self::value),
        Value::Object(members) => object(out, members),
    }
}

pub fn object(out: &mut String, object: &Object) {
    let mut separator = '{';
    for (name, member) in &object.members {
        out.push(separator);
        string(out, name);
        out.push(':');
        value(out, member);
        separator = ',';
    }
    if separator == '{' {
        out.push('{');
    }
    out.push('}');
}

pub fn array<T>(out: &mut String, list: &[T], write: fn(&mut String, &T)) {
    out.push('[');
    for (i, element) in list.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write(out, element);
    }
    out.push(']');
}

/// Writes a string with its quotation marks.
pub fn string(out: &mut String, text: &str) {
    out.push('"');
    let bytes = text.as_bytes();
    let mut done = 0;
    while let Some(&byte) = bytes.get(done) {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0..=0x1f => {
                out.push_str("\\u00");
                hex(out, byte, b'a');
            }
            _ => {
                // What is escaped is one byte long, so both ends are between characters.
                let run = plain(bytes.get(done..).unwrap_or_default());
                out.push_str(text.get(done..done + run).unwrap_or_default());
                done += run;
                continue;
            }
        }
        done += 1;
    }
    out.push('"');
}

/// Writes the two hexadecimal digits of a byte; ten is a or A.
pub fn hex(out: &mut String, byte: u8, ten: u8) {
    for digit in [byte >> 4, byte & 15] {
        out.push(char::from(if digit < 10 {
            b'0' + digit
        } else {
            ten + digit - 10
        }));
    }
}

/// Writes a whole number.
pub fn whole(out: &mut String, n: i64) {
    if n < 0 {
        out.push('-');
    }
    natural(out, n.unsigned_abs());
}

/// Writes a whole number that is not negative.
pub fn natural(out: &mut String, mut n: u64) {
    let mut digits = [0; 20];
    let mut first = digits.len();
    for (at, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + (n % 10) as u8;
        first = at;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    for &digit in digits.iter().skip(first) {
        out.push(char::from(digit));
    }
}

/// Writes an object field by field and leaves out what is absent.
pub struct Fields<'a> {
    out: &'a mut String,
    separator: char,
}

impl<'a> Fields<'a> {
    pub fn new(out: &'a mut String) -> Fields<'a> {
        Fields {
            out,
            separator: '{',
        }
    }

    /// Begins a field. The caller writes its value.
    pub fn name(&mut self, name: &str) -> &mut String {
        self.out.push(self.separator);
        self.separator = ',';
        string(self.out, name);
        self.out.push(':');
        self.out
    }

    /// Writes a text, unless it is empty.
    pub fn text(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            string(self.name(name), text);
        }
    }

    pub fn end(self) {
        if self.separator == '{' {
            self.out.push('{');
        }
        self.out.push('}');
    }
}
