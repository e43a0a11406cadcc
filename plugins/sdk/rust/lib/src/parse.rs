//! Reads JSON (RFC 8259), strictly and in one pass.

use std::borrow::Cow;

use crate::json::{Number, Object, Text, Value};
use crate::write;

/// How deep objects and arrays may be nested. The host's documents are far below.
pub const MAX_DEPTH: u32 = 128;

/// Reads a value whose texts are parts of the input.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
pub fn kept(text: &'static str) -> Result<Value, String> {
    document(text, Cow::Borrowed)
}

/// Reads a value that does not need the input any more.
pub fn borrowed(text: &str) -> Result<Value, String> {
    document(text, |part| Cow::Owned(part.into()))
}

fn document<'a>(text: &'a str, keep: fn(&'a str) -> Text) -> Result<Value, String> {
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        pos: 0,
        keep,
    };
    let value = parser.value(0).and_then(|value| match parser.peek() {
        None => Ok(value),
        Some(_) => Err("something follows the value"),
    });
    value.map_err(|problem| {
        let mut message = String::from("not valid JSON at byte ");
        write::natural(&mut message, parser.pos as u64);
        message.push_str(": ");
        message.push_str(problem);
        message
    })
}

type Problem = &'static str;

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,
    keep: fn(&'a str) -> Text,
}

impl<'a> Parser<'a> {
    /// Passes over white space and returns the byte after it.
    fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.bytes.get(self.pos) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => self.pos += 1,
                _ => return Some(byte),
            }
        }
        None
    }

    /// Passes over a byte if it is what comes next, white space aside.
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.pos += usize::from(found);
        found
    }

    fn value(&mut self, depth: u32) -> Result<Value, Problem> {
        match self.peek() {
            Some(b'"') => self.string().map(Value::String),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => Err("no value begins like this"),
            None => Err("it ends where a value should be"),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Problem> {
        match self.bytes.get(self.pos..self.pos + word.len()) {
            Some(found) if found == word.as_bytes() => {
                self.pos += word.len();
                Ok(value)
            }
            _ => Err("no value begins like this"),
        }
    }

    fn object(&mut self, depth: u32) -> Result<Value, Problem> {
        let mut members = Vec::new();
        self.enter(depth)?;
        if self.eat(b'}') {
            return Ok(Value::Object(Object { members }));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err("want the name of a member");
            }
            let name = self.string()?;
            if !self.eat(b':') {
                return Err("want a colon");
            }
            let value = self.value(depth + 1)?;
            if members.is_empty() {
                members.reserve(8);
            }
            members.push((name, value));
            if self.eat(b'}') {
                return Ok(Value::Object(Object { members }));
            }
            if !self.eat(b',') {
                return Err("want a comma or the end of the object");
            }
        }
    }

    fn array(&mut self, depth: u32) -> Result<Value, Problem> {
        let mut list = Vec::new();
        self.enter(depth)?;
        if self.eat(b']') {
            return Ok(Value::Array(list));
        }
        loop {
            list.push(self.value(depth + 1)?);
            if self.eat(b']') {
                return Ok(Value::Array(list));
            }
            if !self.eat(b',') {
                return Err("want a comma or the end of the array");
            }
        }
    }

    /// Passes over the opening bracket.
    fn enter(&mut self, depth: u32) -> Result<(), Problem> {
        if depth >= MAX_DEPTH {
            return Err("it is nested too deeply");
        }
        self.pos += 1;
        Ok(())
    }

    fn number(&mut self) -> Result<Value, Problem> {
        let start = self.pos;
        if self.bytes.get(self.pos) == Some(&b'-') {
            self.pos += 1;
        }
        if self.bytes.get(self.pos) == Some(&b'0') {
            self.pos += 1;
        } else {
            self.digits()?;
        }
        if self.bytes.get(self.pos) == Some(&b'.') {
            self.pos += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.pos) {
            self.pos += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.pos) {
                self.pos += 1;
            }
            self.digits()?;
        }
        // What follows a number is checked by whoever reads on: "01" and "1x" fail there.
        Ok(Value::Number(Number((self.keep)(self.since(start)?))))
    }

    fn digits(&mut self) -> Result<(), Problem> {
        let start = self.pos;
        while matches!(self.bytes.get(self.pos), Some(b'0'..=b'9')) {
            self.pos += 1;
        }
        if self.pos == start {
            return Err("want a digit");
        }
        Ok(())
    }

    /// Reads a string whose quotation mark comes next.
    fn string(&mut self) -> Result<Text, Problem> {
        self.pos += 1;
        let start = self.pos;
        self.plain();
        if self.bytes.get(self.pos) == Some(&b'"') {
            let part = self.since(start)?;
            self.pos += 1;
            return Ok((self.keep)(part));
        }
        self.escaped(start).map(Cow::Owned)
    }

    /// Goes on with a string that began at start, from its first backslash.
    fn escaped(&mut self, start: usize) -> Result<String, Problem> {
        let mut text = String::from(self.since(start)?);
        loop {
            match self.bytes.get(self.pos) {
                Some(b'"') => {
                    self.pos += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.pos += 1;
                    text.push(self.escape()?);
                }
                Some(0..=0x1f) => return Err("a control character inside a string"),
                Some(_) => {
                    let start = self.pos;
                    self.plain();
                    text.push_str(self.since(start)?);
                }
                None => return Err("it ends inside a string"),
            }
        }
    }

    /// Passes over what needs no work inside a string.
    fn plain(&mut self) {
        if let Some(rest) = self.bytes.get(self.pos..) {
            self.pos += plain(rest);
        }
    }

    /// The input from start to here. Both stand beside an ASCII character, so that
    /// no character is torn apart.
    fn since(&self, start: usize) -> Result<&'a str, Problem> {
        self.text
            .get(start..self.pos)
            .ok_or("a character is torn apart")
    }

    /// Reads what follows a backslash.
    fn escape(&mut self) -> Result<char, Problem> {
        let byte = self.bytes.get(self.pos);
        self.pos += 1;
        Ok(match byte {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let unit = self.hex()?;
                match char::from_u32(unit) {
                    Some(c) => c,
                    None => self.pair(unit),
                }
            }
            _ => return Err("no such escape"),
        })
    }

    /// Reads the second half of a surrogate pair. Half a pair stands for U+FFFD, as it
    /// does in Go.
    fn pair(&mut self, high: u32) -> char {
        let before = self.pos;
        if high < 0xdc00 && self.bytes.get(before..before + 2) == Some(b"\\u") {
            self.pos += 2;
            if let Ok(low @ 0xdc00..=0xdfff) = self.hex() {
                if let Some(c) = char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
                {
                    return c;
                }
            }
            self.pos = before;
        }
        char::REPLACEMENT_CHARACTER
    }

    fn hex(&mut self) -> Result<u32, Problem> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = match self.bytes.get(self.pos) {
                Some(digit @ b'0'..=b'9') => digit - b'0',
                Some(digit @ b'a'..=b'f') => digit - b'a' + 10,
                Some(digit @ b'A'..=b'F') => digit - b'A' + 10,
                _ => return Err("want four hexadecimal digits"),
            };
            unit = unit << 4 | u32::from(digit);
            self.pos += 1;
        }
        Ok(unit)
    }
}

/// Returns how many bytes at the start can stand in a string as they are: neither a
/// quotation mark nor a backslash nor a control character.
#[inline(never)]
pub fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    // Eight at a time. (x - ONES) & !x has the high bit of each byte that is 0, and may have
    // it of bytes above one that is; the same holds for "is less than 32".
    let mut done = 0;
    for eight in bytes.chunks_exact(8) {
        let mut word = [0; 8];
        word.copy_from_slice(eight);
        let word = u64::from_le_bytes(word);
        let quote = word ^ (ONES * b'"' as u64);
        let backslash = word ^ (ONES * b'\\' as u64);
        let special = (quote.wrapping_sub(ONES) & !quote)
            | (backslash.wrapping_sub(ONES) & !backslash)
            | (word.wrapping_sub(ONES * 32) & !word);
        if special & HIGH != 0 {
            return done + ((special & HIGH).trailing_zeros() / 8) as usize;
        }
        done += 8;
    }
    for &byte in bytes.get(done..).unwrap_or_default() {
        if byte == b'"' || byte == b'\\' || byte < b' ' {
            break;
        }
        done += 1;
    }
    done
}
