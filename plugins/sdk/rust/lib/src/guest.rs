//! What connects the hooks with the host, in WebAssembly alone.

use std::mem::ManuallyDrop;

use crate::hooks::{self, Decide, Import, Map, Policy};
use crate::json::Object;
use crate::{heap, parse};

#[link(wasm_import_module = "scim_policy")]
extern "C" {
    fn input_len() -> u32;
    fn read_input(start: *mut u8, size: u32) -> u32;
    fn write_output(start: *const u8, size: u32);
    #[link_name = "log"]
    fn log_line(start: *const u8, size: u32);
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
extern "C" {
    fn fd_write(fd: u32, pieces: *const Piece, count: u32, written: *mut u32) -> u32;
}

/// One piece of what `fd_write` writes.
#[repr(C)]
struct Piece {
    start: *const u8,
    size: usize,
}

/// Runs once, before all calls; what it leaves in memory is there in every call.
pub fn initialize() {
    heap::reserve();
    std::panic::set_hook(Box::new(|info| {
        let payload = info.payload();
        let what = match (
            payload.downcast_ref::<&str>(),
            payload.downcast_ref::<String>(),
        ) {
            (Some(text), _) => text,
            (_, Some(text)) => text.as_str(),
            _ => "panicked",
        };
        let mut line = String::new();
        if let Some(place) = info.location() {
            line.push_str(place.file());
            line.push(':');
            crate::write::natural(&mut line, place.line().into());
            line.push_str(": ");
        }
        line.push_str(what);
        line.push('\n');
        last_words(&line);
    }));
}

/// Writes to standard error. What a module says there before it gives up is the host's
/// explanation of the crash.
pub(crate) fn last_words(line: &str) {
    let mut written = 0;
    let piece = Piece {
        start: line.as_ptr(),
        size: line.len(),
    };
    // SAFETY: the piece points to a live text, and written is a place of its own.
    unsafe { fd_write(2, &piece, 1, &mut written) };
}

pub fn decide(hook: Decide) -> i32 {
    answer(input().and_then(|input| hooks::decide(hook, &input)))
}

pub fn map(hook: Map) -> i32 {
    answer(input().and_then(|input| hooks::map(hook, &input)))
}

pub fn import(hook: Import) -> i32 {
    answer(input().and_then(|input| hooks::import(hook, &input)))
}

pub fn describe(policy: &Policy) -> i32 {
    answer(Ok(hooks::describe(policy)))
}

/// Reads the input. It is never freed: the host puts the memory back after the call.
#[inline(never)]
fn input() -> Result<ManuallyDrop<Object>, String> {
    // SAFETY: the host writes at most as many bytes as there is room for, and says how many
    // these are.
    let bytes = unsafe {
        let room = input_len() as usize;
        let mut bytes = Vec::with_capacity(room);
        let size = read_input(bytes.as_mut_ptr(), room as u32) as usize;
        bytes.set_len(size.min(room));
        bytes
    };
    let value = match std::str::from_utf8(Vec::leak(bytes)) {
        Ok(text) => parse::kept(text),
        Err(_) => Err("not UTF-8".into()),
    };
    hooks::document(value).map(ManuallyDrop::new)
}

/// Hands an answer to the host, and returns what the hook returns.
fn answer(answer: Result<String, String>) -> i32 {
    let (text, code) = match answer {
        Ok(text) => (text, 0),
        Err(text) => (text, 1),
    };
    // SAFETY: the host only reads the text.
    unsafe { write_output(text.as_ptr(), text.len() as u32) };
    code
}

pub fn log(line: &str) {
    // SAFETY: the host only reads the text.
    unsafe { log_line(line.as_ptr(), line.len() as u32) };
}
