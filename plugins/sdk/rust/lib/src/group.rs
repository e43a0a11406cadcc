//! SCIM groups.

use crate::json::Object;
use crate::read;

/// A SCIM group (RFC 7643 section 4.2). Its members are not part of it: what becomes
/// of them is in [`DecideInput::members`](crate::DecideInput::members) and
/// [`MapInput::members`](crate::MapInput::members).
#[derive(Clone, Debug, Default)]
pub struct Group<'a> {
    pub id: &'a str,
    pub external_id: &'a str,
    pub display_name: &'a str,
}

impl<'a> Group<'a> {
    /// Reads a group. What is absent is empty.
    pub fn read(document: &'a Object) -> Result<Group<'a>, String> {
        let mut g = Group::default();
        let mut texts = [
            ("id", &mut g.id),
            ("externalId", &mut g.external_id),
            ("displayName", &mut g.display_name),
        ];
        read::fill(document, &mut texts, &mut read::ignore)?;
        Ok(g)
    }

    pub(crate) fn of(document: Option<&'a Object>) -> Result<Group<'a>, String> {
        document.map_or_else(|| Ok(Group::default()), Group::read)
    }
}
