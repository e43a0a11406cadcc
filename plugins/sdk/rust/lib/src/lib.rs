//! Policies for caddy-scim, written in Rust.
//!
//! A policy is a library with one function for each hook that it has:
//!
//! ```
//! use scim_policy::{policy, DecideInput, Decision, Operation, ScimType};
//!
//! policy! {
//!     name: "departments",
//!     version: "1.0.0",
//!     decide: decide,
//! }
//!
//! fn decide(input: &DecideInput) -> Result<Decision, String> {
//!     if !input.is_user() || input.operation == Operation::Delete {
//!         return Ok(Decision::allow());
//!     }
//!     let user = input.user()?;
//!     Ok(match user.enterprise.department {
//!         "" => Decision::deny([user.user_name, " has no department"].concat())
//!             .status(400)
//!             .scim_type(ScimType::InvalidValue),
//!         "Board" => Decision::hold("A new board member", "the board approves its members"),
//!         _ => Decision::allow(),
//!     })
//! }
//! # fn main() {}
//! ```
//!
//! It is built for `wasm32-unknown-unknown` and tested by plain `cargo test`: the crate
//! works natively as well, where the hooks are ordinary functions and no WebAssembly is
//! involved. It needs nothing but the standard library, of Rust 1.63 or later.
//!
//! A policy is a pure function. It has no files, no network, no clock and no randomness,
//! and what it stores in variables is gone at the next call. An error or a panic makes the
//! request fail with 503 and a delivery be tried again, so return an error only for what is
//! not the identity provider's fault, and [`Decision::deny`] for what is.
//!
//! In WebAssembly the crate brings the global allocator, which gives back only what was
//! allocated last; the host puts the whole memory back after each call.

#![deny(unsafe_op_in_unsafe_fn)]
#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]

mod answer;
#[cfg(not(target_arch = "wasm32"))]
pub mod cases;
mod group;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod guest;
#[cfg(target_arch = "wasm32")]
mod heap;
mod hooks;
mod input;
mod json;
mod parse;
mod read;
mod user;
mod write;

#[cfg(test)]
mod tests;

pub use answer::{
    path_segment, Decision, ImportOutput, Lifecycle, MapOutput, Method, Request, ScimType, Verdict,
};
pub use group::Group;
pub use hooks::{Decide, Import, Map, Policy};
pub use input::{
    Action, Connection, Counts, DecideInput, ImportInput, MapInput, Member, MemberChange,
    Operation, Tenant,
};
pub use json::{Number, Object, Text, Value};
pub use user::{Address, Enterprise, Entry, Manager, Name, User, ENTERPRISE_URN};

/// Makes a library a policy. It takes, in any order and each at most once,
///
/// | | |
/// |---|---|
/// | `name` | what people call the policy; required |
/// | `version` | the author's version, for people |
/// | `settings` | the JSON Schema of the settings, an object, as a text |
/// | `needs` | `["counts"]` for [`Tenant::counts`] |
/// | `decide` | a function from [`&DecideInput`](DecideInput) to `Result<Decision, String>` |
/// | `map` | a function from [`&MapInput`](MapInput) to `Result<MapOutput, String>` |
/// | `import` | a function from [`&ImportInput`](ImportInput) to `Result<ImportOutput, String>` |
/// | `cases` | `include_bytes!("../cases.json")`: golden cases that the module carries along, and that an upload runs |
///
/// and makes a `pub static POLICY: Policy`, for tests.
#[macro_export]
macro_rules! policy {
    ($($field:ident : $value:expr),+ $(,)?) => {
        /// The policy of this library.
        pub static POLICY: $crate::Policy = {
            #[allow(unused_mut)]
            let mut policy = $crate::Policy::EMPTY;
            $( $crate::policy!(@set policy $field $value); )+
            policy
        };

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[export_name = "scim_policy_abi_1"]
            pub extern "C" fn marker() {}

            #[export_name = "_initialize"]
            pub extern "C" fn initialize() {
                $crate::guest::initialize()
            }

            #[export_name = "describe"]
            pub extern "C" fn describe() -> i32 {
                $crate::guest::describe(&POLICY)
            }
        };

        $( $crate::policy!(@export $field $value); )+
    };

    (@set $policy:ident name $value:expr) => { $policy.name = $value };
    (@set $policy:ident version $value:expr) => { $policy.version = $value };
    (@set $policy:ident settings $value:expr) => { $policy.settings = $value };
    (@set $policy:ident needs $value:expr) => { $policy.needs = &$value };
    (@set $policy:ident decide $value:expr) => { $policy.decide = Some($value) };
    (@set $policy:ident map $value:expr) => { $policy.map = Some($value) };
    (@set $policy:ident import $value:expr) => { $policy.import = Some($value) };
    (@set $policy:ident cases $value:expr) => {};

    (@export decide $value:expr) => { $crate::policy!(@hook decide "decide" $value); };
    (@export map $value:expr) => { $crate::policy!(@hook map "map" $value); };
    (@export import $value:expr) => { $crate::policy!(@hook import "import" $value); };
    (@export cases $value:expr) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[link_section = "scim_policy_cases"]
            #[used]
            pub static CASES: [u8; $value.len()] = *$value;
        };
    };
    (@export $other:ident $value:expr) => {};

    (@hook $hook:ident $name:literal $value:expr) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[export_name = $name]
            pub extern "C" fn hook() -> i32 {
                $crate::guest::$hook($value)
            }
        };
    };
}

/// Writes one line to the policy's log, which the tenant's administrators can read. It
/// takes what `format!` takes. The host bounds how much a call may log. Do not log personal
/// data.
#[macro_export]
macro_rules! log {
    ($($argument:tt)+) => {
        $crate::log_line(&::std::fmt::format(::std::format_args!($($argument)+)))
    };
}

/// Writes one line to the policy's log, as [`log!`] does.
pub fn log_line(line: &str) {
    #[cfg(target_arch = "wasm32")]
    guest::log(line);
    #[cfg(not(target_arch = "wasm32"))]
    eprintln!("{}", line);
}
