//! What the hooks answer.

use crate::json::{Object, Text, Value};
use crate::write::{self, Fields};

/// An answer to `decide`: [`allow`](Decision::allow), [`deny`](Decision::deny) or
/// [`hold`](Decision::hold) a write.
///
/// The host refuses an answer with a field that does not belong to its verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub verdict: Verdict,
    /// Deny: the HTTP status, 400 to 499 without 401, 407, 408 and 429; 0 stands for 403.
    pub status: u16,
    /// Deny: the error type.
    pub scim_type: Option<ScimType>,
    /// Deny: why, in words that the identity provider shows to its administrator.
    pub detail: Text,
    /// Hold: the headline for the approver.
    pub title: Text,
    /// Hold: more for the approver.
    pub reason: Text,
    /// Hold: after how many seconds it counts as rejected, a minute to 90 days; 0 leaves
    /// it to the tenant's rules.
    pub expires_in: u32,
    /// Allow and hold: what the write does to the account, instead of what the tenant's
    /// rules say.
    pub lifecycle: Option<Lifecycle>,
    /// Allow and hold: the whole resource that shall be stored instead; not for a delete.
    pub after: Option<Object>,
}

/// What shall become of a write, from the mildest to the strictest.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    Allow,
    /// Stored, and kept from the application until somebody approves it.
    Hold,
    /// Refused; nothing is stored.
    Deny,
    /// Whatever the document says, for what this crate cannot say.
    Other(Object),
}

/// The error types of RFC 7644 table 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScimType {
    InvalidFilter,
    TooMany,
    Uniqueness,
    Mutability,
    InvalidSyntax,
    InvalidPath,
    NoTarget,
    InvalidValue,
    InvalidVers,
    Sensitive,
}

/// What shall happen to an account when access is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    Deactivate,
    Suspend,
    Delete,
    Nothing,
}

/// An answer to `map`. No requests stand for the connector's own routes and field map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapOutput {
    /// They are sent in this order; at most 16.
    pub requests: Vec<Request>,
}

/// One HTTP request to the application.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// None for the method of the route that is configured for the action.
    pub method: Option<Method>,
    /// Appended to the application's base URL: one "/" at its start, no fragment, no ".."
    /// segment. Empty for the path of the route that is configured for the action.
    pub path: Text,
    /// None for no body.
    pub body: Option<Value>,
}

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// An answer to `import`: a [`resource`](ImportOutput::resource), or
/// [`skip`](ImportOutput::skip).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ImportOutput {
    /// The account as a SCIM resource. legacy_id is the application's own id of it, empty
    /// where the connector knows where to find it.
    Resource { resource: Object, legacy_id: Text },
    /// The account is left out, such as a robot's. The reason is for the report.
    Skip { reason: Text },
    /// Whatever the document says, for what this crate cannot say.
    Other(Object),
}

impl Decision {
    fn new(verdict: Verdict) -> Decision {
        Decision {
            verdict,
            status: 0,
            scim_type: None,
            detail: Text::default(),
            title: Text::default(),
            reason: Text::default(),
            expires_in: 0,
            lifecycle: None,
            after: None,
        }
    }

    /// Lets the write through.
    pub fn allow() -> Decision {
        Decision::new(Verdict::Allow)
    }

    /// Refuses the write. The detail says why, in words that the identity provider shows
    /// to its administrator. The status is 403 unless [`status`](Decision::status) says
    /// otherwise.
    pub fn deny(detail: impl Into<Text>) -> Decision {
        Decision {
            detail: detail.into(),
            ..Decision::new(Verdict::Deny)
        }
    }

    /// Lets the write wait for an approval. The title is the headline for the approver,
    /// the reason says more and may be empty.
    pub fn hold(title: impl Into<Text>, reason: impl Into<Text>) -> Decision {
        Decision {
            title: title.into(),
            reason: reason.into(),
            ..Decision::new(Verdict::Hold)
        }
    }

    /// An answer that this crate has no words for: the document is what the host gets.
    pub fn other(document: Object) -> Decision {
        Decision::new(Verdict::Other(document))
    }

    /// Deny: the HTTP status, 400 to 499 without 401, 407, 408 and 429.
    #[must_use]
    pub fn status(mut self, status: u16) -> Decision {
        self.status = status;
        self
    }

    /// Deny: the error type.
    #[must_use]
    pub fn scim_type(mut self, scim_type: ScimType) -> Decision {
        self.scim_type = Some(scim_type);
        self
    }

    /// Hold: after how many seconds it counts as rejected, a minute to 90 days.
    #[must_use]
    pub fn expires_in(mut self, seconds: u32) -> Decision {
        self.expires_in = seconds;
        self
    }

    /// Allow and hold: what the write does to the account, instead of what the tenant's
    /// rules say.
    #[must_use]
    pub fn lifecycle(mut self, lifecycle: Lifecycle) -> Decision {
        self.lifecycle = Some(lifecycle);
        self
    }

    /// Allow and hold: the whole resource that shall be stored instead.
    #[must_use]
    pub fn after(mut self, resource: Object) -> Decision {
        self.after = Some(resource);
        self
    }

    pub(crate) fn write(&self, out: &mut String) {
        let verdict = match &self.verdict {
            Verdict::Allow => "allow",
            Verdict::Hold => "hold",
            Verdict::Deny => "deny",
            Verdict::Other(document) => return write::object(out, document),
        };
        let mut fields = Fields::new(out);
        fields.text("verdict", verdict);
        if self.status != 0 {
            write::natural(fields.name("status"), self.status.into());
        }
        fields.text("scim_type", self.scim_type.map_or("", ScimType::as_str));
        fields.text("detail", &self.detail);
        fields.text("title", &self.title);
        fields.text("reason", &self.reason);
        if self.expires_in != 0 {
            write::natural(fields.name("expires_in"), self.expires_in.into());
        }
        fields.text("lifecycle", self.lifecycle.map_or("", Lifecycle::as_str));
        if let Some(after) = &self.after {
            write::object(fields.name("after"), after);
        }
        fields.end();
    }
}

impl ScimType {
    /// The name that the documents use.
    pub fn as_str(self) -> &'static str {
        match self {
            ScimType::InvalidFilter => "invalidFilter",
            ScimType::TooMany => "tooMany",
            ScimType::Uniqueness => "uniqueness",
            ScimType::Mutability => "mutability",
            ScimType::InvalidSyntax => "invalidSyntax",
            ScimType::InvalidPath => "invalidPath",
            ScimType::NoTarget => "noTarget",
            ScimType::InvalidValue => "invalidValue",
            ScimType::InvalidVers => "invalidVers",
            ScimType::Sensitive => "sensitive",
        }
    }
}

impl Lifecycle {
    /// The name that the documents use.
    pub fn as_str(self) -> &'static str {
        match self {
            Lifecycle::Deactivate => "deactivate",
            Lifecycle::Suspend => "suspend",
            Lifecycle::Delete => "delete",
            Lifecycle::Nothing => "nothing",
        }
    }
}

impl MapOutput {
    /// Leaves the action to the connector's own routes and field map.
    pub fn declarative() -> MapOutput {
        MapOutput::default()
    }

    /// Requests that are sent in this order.
    pub fn requests(requests: impl Into<Vec<Request>>) -> MapOutput {
        MapOutput {
            requests: requests.into(),
        }
    }

    pub(crate) fn write(&self, out: &mut String) {
        let mut fields = Fields::new(out);
        write::array(fields.name("requests"), &self.requests, |out, request| {
            request.write(out)
        });
        fields.end();
    }
}

impl Request {
    /// A request with the method and path of the route that is configured for the action.
    pub fn of_route() -> Request {
        Request::default()
    }

    pub fn new(method: Method, path: impl Into<Text>) -> Request {
        Request {
            method: Some(method),
            path: path.into(),
            body: None,
        }
    }

    pub fn get(path: impl Into<Text>) -> Request {
        Request::new(Method::Get, path)
    }

    pub fn post(path: impl Into<Text>) -> Request {
        Request::new(Method::Post, path)
    }

    pub fn put(path: impl Into<Text>) -> Request {
        Request::new(Method::Put, path)
    }

    pub fn patch(path: impl Into<Text>) -> Request {
        Request::new(Method::Patch, path)
    }

    pub fn delete(path: impl Into<Text>) -> Request {
        Request::new(Method::Delete, path)
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Value>) -> Request {
        self.body = Some(body.into());
        self
    }

    fn write(&self, out: &mut String) {
        let mut fields = Fields::new(out);
        fields.text("method", self.method.map_or("", Method::as_str));
        fields.text("path", &self.path);
        if let Some(body) = &self.body {
            write::value(fields.name("body"), body);
        }
        fields.end();
    }
}

impl Method {
    /// The name that the documents use.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

impl ImportOutput {
    /// The account as a SCIM resource.
    pub fn resource(resource: Object) -> ImportOutput {
        ImportOutput::Resource {
            resource,
            legacy_id: Text::default(),
        }
    }

    /// The account as a SCIM resource, with the application's own id of it.
    pub fn with_id(resource: Object, legacy_id: impl Into<Text>) -> ImportOutput {
        ImportOutput::Resource {
            resource,
            legacy_id: legacy_id.into(),
        }
    }

    /// Leaves the account out. The reason is for the report and may be empty.
    pub fn skip(reason: impl Into<Text>) -> ImportOutput {
        ImportOutput::Skip {
            reason: reason.into(),
        }
    }

    /// An answer that this crate has no words for: the document is what the host gets.
    pub fn other(document: Object) -> ImportOutput {
        ImportOutput::Other(document)
    }

    pub(crate) fn write(&self, out: &mut String) {
        if let ImportOutput::Other(document) = self {
            return write::object(out, document);
        }
        let mut fields = Fields::new(out);
        match self {
            ImportOutput::Resource {
                resource,
                legacy_id,
            } => {
                write::object(fields.name("resource"), resource);
                fields.text("legacy_id", legacy_id);
            }
            ImportOutput::Skip { reason } => {
                fields.name("skip").push_str("true");
                fields.text("reason", reason);
            }
            ImportOutput::Other(_) => {}
        }
        fields.end();
    }
}

/// Makes a text fit for one segment of a [`Request`]'s path, or for a value in its query:
/// what is not a letter, a digit or one of `-_~` is percent-encoded, and so is a dot at the
/// start, since no segment may be "." or "..".
pub fn path_segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => {
                out.push(char::from(byte))
            }
            b'.' if i > 0 => out.push('.'),
            _ => {
                out.push('%');
                write::hex(&mut out, byte, b'A');
            }
        }
    }
    out
}
