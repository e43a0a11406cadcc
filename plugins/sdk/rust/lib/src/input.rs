//! The documents that the host sends.

use crate::group::Group;
use crate::json::{Object, Value};
use crate::read;
use crate::user::User;

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    Create,
    Update,
    Delete,
}

/// What the application must be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    Create,
    Update,
    Suspend,
    Deactivate,
    Reactivate,
    Delete,
    AddMembers,
    RemoveMembers,
    SetMembers,
}

/// One write, before it is stored: what `decide` gets.
#[derive(Clone, Debug)]
pub struct DecideInput<'a> {
    /// The version of the document, 1.
    pub abi: u64,
    pub operation: Operation,
    /// "User" or "Group".
    pub resource_type: &'a str,
    /// The stored resource; None for a create.
    pub before: Option<&'a Object>,
    /// The resource as it would be stored; None for a delete.
    pub after: Option<&'a Object>,
    /// The paths that differ, such as "name.familyName". It may be empty.
    pub changed: Vec<&'a str>,
    /// What the write does to the members of a group, who are in neither `before`
    /// nor `after`; None where it does nothing to them.
    pub members: Option<MemberChange<'a>>,
    pub connection: Connection<'a>,
    pub tenant: Tenant<'a>,
    /// What the tenant configured for this policy; empty where it did not.
    pub settings: &'a Object,
}

/// One action that the application must be told of: what `map` gets.
#[derive(Clone, Debug)]
pub struct MapInput<'a> {
    /// The version of the document, 1.
    pub abi: u64,
    pub action: Action,
    /// "User" or "Group".
    pub resource_type: &'a str,
    /// The SCIM id.
    pub id: &'a str,
    /// The application's own id; empty before a create.
    pub legacy_id: &'a str,
    /// The resource as the application last acknowledged it; None for a create.
    pub before: Option<&'a Object>,
    /// The resource as it shall be; None for a delete.
    pub after: Option<&'a Object>,
    /// Who joins or leaves the group, for `AddMembers` and `RemoveMembers`; all who are to be in it, for `SetMembers`.
    pub members: Vec<Member<'a>>,
    pub tenant: Tenant<'a>,
    /// What the tenant configured for this policy; empty where it did not.
    pub settings: &'a Object,
}

/// One account as the application tells of it: what `import` gets.
#[derive(Clone, Debug)]
pub struct ImportInput<'a> {
    /// The version of the document, 1.
    pub abi: u64,
    /// What the record becomes: "User" or "Group".
    pub resource_type: &'a str,
    /// The account, of the application's own making.
    pub record: &'a Object,
    pub tenant: Tenant<'a>,
    /// What the tenant configured for this policy; empty where it did not.
    pub settings: &'a Object,
}

/// What a write does to the members of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberChange<'a> {
    /// Every member that the group has is removed first.
    pub clear: bool,
    /// The SCIM ids of who leaves.
    pub remove: Vec<&'a str>,
    /// The SCIM ids of who joins.
    pub add: Vec<&'a str>,
}

/// One member of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member<'a> {
    /// The SCIM id.
    pub id: &'a str,
    /// The application's own id; empty where it has none.
    pub legacy_id: &'a str,
    /// "User" or "Group".
    pub kind: &'a str,
}

/// The identity provider's access through which a write came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection<'a> {
    pub id: &'a str,
    /// "okta", "entra", "onelogin", "jumpcloud", "google" or "generic".
    pub profile: &'a str,
}

/// For whom the policy runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tenant<'a> {
    pub id: &'a str,
    /// How many active users the tenant has paid for, where the operator has said.
    pub seat_limit: Option<u64>,
    /// How many resources there are without the write in question. Only `decide` gets
    /// it, and only where the policy has `needs: ["counts"]`.
    pub counts: Option<Counts>,
}

/// How many resources a tenant has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub users: u64,
    /// The users whose active is not false.
    pub active_users: u64,
    pub groups: u64,
}

/// What all documents have.
struct Common<'a> {
    abi: u64,
    resource_type: &'a str,
    before: Option<&'a Object>,
    after: Option<&'a Object>,
    tenant: Tenant<'a>,
    settings: &'a Object,
}

impl<'a> Common<'a> {
    /// Reads a document: what is common to all, texts into their places, and what is left
    /// by rest.
    fn read(
        document: &'a Object,
        texts: &mut [read::Place<'_, 'a>],
        rest: &mut dyn FnMut(&'a str, &'a Value) -> Result<(), String>,
    ) -> Result<Common<'a>, String> {
        let mut common = Common {
            abi: 0,
            resource_type: "",
            before: None,
            after: None,
            tenant: Tenant::default(),
            settings: read::none(),
        };
        read::fill(document, texts, &mut |name, value| {
            match name {
                "abi" => common.abi = read::count(name, value)?,
                "resource_type" => common.resource_type = read::text(name, value)?,
                "before" => common.before = read::optional(name, value)?,
                "after" => common.after = read::optional(name, value)?,
                "tenant" => common.tenant = Tenant::read(read::object(name, value)?)?,
                "settings" => common.settings = read::object(name, value)?,
                _ => rest(name, value)?,
            }
            Ok(())
        })?;
        Ok(common)
    }
}

impl<'a> DecideInput<'a> {
    /// Whether the resource is a user.
    pub fn is_user(&self) -> bool {
        self.resource_type == "User"
    }

    /// Whether the resource is a group.
    pub fn is_group(&self) -> bool {
        self.resource_type == "Group"
    }

    /// The user as it would be stored; an empty one for a delete.
    pub fn user(&self) -> Result<User<'a>, String> {
        User::of(self.after)
    }

    /// The user as it is stored; an empty one for a create.
    pub fn user_before(&self) -> Result<User<'a>, String> {
        User::of(self.before)
    }

    /// The group as it would be stored; an empty one for a delete.
    pub fn group(&self) -> Result<Group<'a>, String> {
        Group::of(self.after)
    }

    /// The group as it is stored; an empty one for a create.
    pub fn group_before(&self) -> Result<Group<'a>, String> {
        Group::of(self.before)
    }

    /// Reads the document that the host sends. The error names what is wrong with it.
    pub fn read(document: &'a Object) -> Result<DecideInput<'a>, String> {
        let mut operation = "";
        let mut changed = Vec::new();
        let mut members = None;
        let mut connection = Connection::default();
        let common = Common::read(
            document,
            &mut [("operation", &mut operation)],
            &mut |name, value| {
                match name {
                    "changed" => changed = read::texts(name, value)?,
                    "members" => {
                        members = read::optional(name, value)?
                            .map(MemberChange::read)
                            .transpose()?
                    }
                    "connection" => connection = Connection::read(read::object(name, value)?)?,
                    _ => {}
                }
                Ok(())
            },
        )?;
        Ok(DecideInput {
            abi: common.abi,
            // A policy that does not know what is asked must not say yes to it.
            operation: Operation::named(operation)
                .ok_or_else(|| read::wrong("operation", "create, update or delete"))?,
            resource_type: common.resource_type,
            before: common.before,
            after: common.after,
            changed,
            members,
            connection,
            tenant: common.tenant,
            settings: common.settings,
        })
    }
}

impl<'a> MapInput<'a> {
    /// Whether the resource is a user.
    pub fn is_user(&self) -> bool {
        self.resource_type == "User"
    }

    /// Whether the resource is a group.
    pub fn is_group(&self) -> bool {
        self.resource_type == "Group"
    }

    /// The user as it shall be; an empty one for a delete.
    pub fn user(&self) -> Result<User<'a>, String> {
        User::of(self.after)
    }

    /// The user as the application knows it; an empty one for a create.
    pub fn user_before(&self) -> Result<User<'a>, String> {
        User::of(self.before)
    }

    /// The group as it shall be; an empty one for a delete.
    pub fn group(&self) -> Result<Group<'a>, String> {
        Group::of(self.after)
    }

    /// The group as the application knows it; an empty one for a create.
    pub fn group_before(&self) -> Result<Group<'a>, String> {
        Group::of(self.before)
    }

    /// Reads the document that the host sends. The error names what is wrong with it.
    pub fn read(document: &'a Object) -> Result<MapInput<'a>, String> {
        let (mut action, mut id, mut legacy_id) = ("", "", "");
        let mut members = Vec::new();
        let mut texts = [
            ("action", &mut action),
            ("id", &mut id),
            ("legacy_id", &mut legacy_id),
        ];
        let common = Common::read(document, &mut texts, &mut |name, value| {
            if name == "members" {
                members = read::list(name, value, Member::read)?;
            }
            Ok(())
        })?;
        Ok(MapInput {
            abi: common.abi,
            action: Action::named(action)
                .ok_or_else(|| read::wrong("action", "an action that this policy knows"))?,
            resource_type: common.resource_type,
            id,
            legacy_id,
            before: common.before,
            after: common.after,
            members,
            tenant: common.tenant,
            settings: common.settings,
        })
    }
}

impl<'a> ImportInput<'a> {
    /// Whether the record becomes a user.
    pub fn is_user(&self) -> bool {
        self.resource_type == "User"
    }

    /// Whether the record becomes a group.
    pub fn is_group(&self) -> bool {
        self.resource_type == "Group"
    }

    /// Reads the document that the host sends. The error names what is wrong with it.
    pub fn read(document: &'a Object) -> Result<ImportInput<'a>, String> {
        let mut record = read::none();
        let common = Common::read(document, &mut [], &mut |name, value| {
            if name == "record" {
                record = read::object(name, value)?;
            }
            Ok(())
        })?;
        Ok(ImportInput {
            abi: common.abi,
            resource_type: common.resource_type,
            record,
            tenant: common.tenant,
            settings: common.settings,
        })
    }
}

impl Operation {
    /// The name that the documents use.
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::Create => "create",
            Operation::Update => "update",
            Operation::Delete => "delete",
        }
    }

    fn named(name: &str) -> Option<Operation> {
        [Operation::Create, Operation::Update, Operation::Delete]
            .iter()
            .copied()
            .find(|o| o.as_str() == name)
    }
}

impl Action {
    const ALL: [Action; 9] = [
        Action::Create,
        Action::Update,
        Action::Suspend,
        Action::Deactivate,
        Action::Reactivate,
        Action::Delete,
        Action::AddMembers,
        Action::RemoveMembers,
        Action::SetMembers,
    ];

    /// The name that the documents use.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Suspend => "suspend",
            Action::Deactivate => "deactivate",
            Action::Reactivate => "reactivate",
            Action::Delete => "delete",
            Action::AddMembers => "add_members",
            Action::RemoveMembers => "remove_members",
            Action::SetMembers => "set_members",
        }
    }

    fn named(name: &str) -> Option<Action> {
        Action::ALL.iter().copied().find(|a| a.as_str() == name)
    }
}

impl<'a> MemberChange<'a> {
    fn read(object: &'a Object) -> Result<MemberChange<'a>, String> {
        let mut change = MemberChange::default();
        read::fill(object, &mut [], &mut |name, value| {
            match name {
                "clear" => change.clear = read::boolean(name, value)?,
                "remove" => change.remove = read::texts(name, value)?,
                "add" => change.add = read::texts(name, value)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(change)
    }
}

impl<'a> Member<'a> {
    fn read(object: &'a Object) -> Result<Member<'a>, String> {
        let mut m = Member::default();
        let mut texts = [
            ("id", &mut m.id),
            ("legacy_id", &mut m.legacy_id),
            ("type", &mut m.kind),
        ];
        read::fill(object, &mut texts, &mut read::ignore)?;
        Ok(m)
    }
}

impl<'a> Connection<'a> {
    fn read(object: &'a Object) -> Result<Connection<'a>, String> {
        let mut c = Connection::default();
        read::fill(
            object,
            &mut [("id", &mut c.id), ("profile", &mut c.profile)],
            &mut read::ignore,
        )?;
        Ok(c)
    }
}

impl<'a> Tenant<'a> {
    fn read(object: &'a Object) -> Result<Tenant<'a>, String> {
        let mut tenant = Tenant::default();
        let (mut seat_limit, mut counts) = (None, None);
        read::fill(object, &mut [("id", &mut tenant.id)], &mut |name, value| {
            match name {
                "seat_limit" if *value != Value::Null => {
                    seat_limit = Some(read::count(name, value)?)
                }
                "counts" => counts = read::optional(name, value)?.map(Counts::read).transpose()?,
                _ => {}
            }
            Ok(())
        })?;
        tenant.seat_limit = seat_limit;
        tenant.counts = counts;
        Ok(tenant)
    }
}

impl Counts {
    fn read(object: &Object) -> Result<Counts, String> {
        let mut counts = Counts::default();
        for (name, value) in object.iter() {
            match name {
                "users" => counts.users = read::count(name, value)?,
                "active_users" => counts.active_users = read::count(name, value)?,
                "groups" => counts.groups = read::count(name, value)?,
                _ => {}
            }
        }
        Ok(counts)
    }
}
