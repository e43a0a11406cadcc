//! SCIM users.

use crate::json::{Object, Value};
use crate::read;

/// The key of the enterprise extension in a user (RFC 7643 section 4.3).
pub const ENTERPRISE_URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A SCIM user (RFC 7643 section 4.1) with the attributes that policies ask for most.
/// What is absent is empty. The document itself holds all others.
#[derive(Clone, Debug, Default)]
pub struct User<'a> {
    pub id: &'a str,
    pub external_id: &'a str,
    pub user_name: &'a str,
    pub name: Name<'a>,
    pub display_name: &'a str,
    pub nick_name: &'a str,
    pub profile_url: &'a str,
    pub title: &'a str,
    pub user_type: &'a str,
    pub preferred_language: &'a str,
    pub locale: &'a str,
    pub timezone: &'a str,
    /// See [`User::is_active`].
    pub active: Option<bool>,
    pub emails: Vec<Entry<'a>>,
    pub phone_numbers: Vec<Entry<'a>>,
    pub addresses: Vec<Address<'a>>,
    pub roles: Vec<Entry<'a>>,
    pub entitlements: Vec<Entry<'a>>,
    pub enterprise: Enterprise<'a>,
}

/// A person's name.
#[derive(Clone, Debug, Default)]
pub struct Name<'a> {
    pub formatted: &'a str,
    pub family_name: &'a str,
    pub given_name: &'a str,
    pub middle_name: &'a str,
    pub honorific_prefix: &'a str,
    pub honorific_suffix: &'a str,
}

/// One element of a multi-valued attribute, such as an e-mail or a role.
#[derive(Clone, Debug, Default)]
pub struct Entry<'a> {
    pub value: &'a str,
    pub display: &'a str,
    /// The type, such as "work".
    pub kind: &'a str,
    pub primary: bool,
}

/// One postal address.
#[derive(Clone, Debug, Default)]
pub struct Address<'a> {
    pub formatted: &'a str,
    pub street_address: &'a str,
    pub locality: &'a str,
    pub region: &'a str,
    pub postal_code: &'a str,
    pub country: &'a str,
    /// The type, such as "work".
    pub kind: &'a str,
    pub primary: bool,
}

/// The enterprise extension of a user.
#[derive(Clone, Debug, Default)]
pub struct Enterprise<'a> {
    pub employee_number: &'a str,
    pub cost_center: &'a str,
    pub organization: &'a str,
    pub division: &'a str,
    pub department: &'a str,
    pub manager: Manager<'a>,
}

/// A user's manager.
#[derive(Clone, Debug, Default)]
pub struct Manager<'a> {
    /// The manager's SCIM id.
    pub value: &'a str,
    pub display_name: &'a str,
}

impl<'a> User<'a> {
    /// Reads a user. Attribute names are matched exactly, since the host sends them as
    /// the schema spells them. The error names an attribute of the wrong type.
    #[inline(never)]
    pub fn read(document: &'a Object) -> Result<User<'a>, String> {
        let mut u = User::default();
        let mut texts = [
            ("id", &mut u.id),
            ("externalId", &mut u.external_id),
            ("userName", &mut u.user_name),
            ("displayName", &mut u.display_name),
            ("nickName", &mut u.nick_name),
            ("profileUrl", &mut u.profile_url),
            ("title", &mut u.title),
            ("userType", &mut u.user_type),
            ("preferredLanguage", &mut u.preferred_language),
            ("locale", &mut u.locale),
            ("timezone", &mut u.timezone),
        ];
        let (active, name, enterprise) = (&mut u.active, &mut u.name, &mut u.enterprise);
        let (emails, phones, addresses) = (&mut u.emails, &mut u.phone_numbers, &mut u.addresses);
        let (roles, entitlements) = (&mut u.roles, &mut u.entitlements);
        read::fill(document, &mut texts, &mut |key, value| {
            let entries = match key {
                "emails" => &mut *emails,
                "phoneNumbers" => &mut *phones,
                "roles" => &mut *roles,
                "entitlements" => &mut *entitlements,
                _ => {
                    match key {
                        "active" if *value != Value::Null => {
                            *active = Some(read::boolean(key, value)?)
                        }
                        "name" => *name = Name::read(read::object(key, value)?)?,
                        "addresses" => *addresses = read::list(key, value, Address::read)?,
                        ENTERPRISE_URN => {
                            *enterprise = Enterprise::read(read::object(key, value)?)?
                        }
                        _ => {}
                    }
                    return Ok(());
                }
            };
            *entries = read::list(key, value, Entry::read)?;
            Ok(())
        })?;
        Ok(u)
    }

    pub(crate) fn of(document: Option<&'a Object>) -> Result<User<'a>, String> {
        document.map_or_else(|| Ok(User::default()), User::read)
    }

    /// Whether the user may use the application: all may whose active is not false.
    pub fn is_active(&self) -> bool {
        self.active != Some(false)
    }

    /// The address to write to: the primary one, else the one of type work, else the
    /// first, else "".
    pub fn email(&self) -> &'a str {
        let (mut best, mut rank) = ("", 0);
        for email in &self.emails {
            let r = match email {
                _ if email.value.is_empty() => 0,
                _ if email.primary => 3,
                _ if email.kind.eq_ignore_ascii_case("work") => 2,
                _ => 1,
            };
            if r > rank {
                best = email.value;
                rank = r;
            }
        }
        best
    }

    /// The name to show: formatted, else given and family name, else display_name, else
    /// user_name.
    pub fn full_name(&self) -> String {
        let both = [self.name.given_name, " ", self.name.family_name].concat();
        let names = [
            self.name.formatted,
            both.trim(),
            self.display_name,
            self.user_name,
        ];
        names
            .iter()
            .find(|name| !name.is_empty())
            .copied()
            .unwrap_or("")
            .into()
    }
}

impl<'a> Name<'a> {
    fn read(object: &'a Object) -> Result<Name<'a>, String> {
        let mut n = Name::default();
        let mut texts = [
            ("formatted", &mut n.formatted),
            ("familyName", &mut n.family_name),
            ("givenName", &mut n.given_name),
            ("middleName", &mut n.middle_name),
            ("honorificPrefix", &mut n.honorific_prefix),
            ("honorificSuffix", &mut n.honorific_suffix),
        ];
        read::fill(object, &mut texts, &mut read::ignore)?;
        Ok(n)
    }
}

impl<'a> Entry<'a> {
    fn read(object: &'a Object) -> Result<Entry<'a>, String> {
        let mut e = Entry::default();
        let mut texts = [
            ("value", &mut e.value),
            ("display", &mut e.display),
            ("type", &mut e.kind),
        ];
        let primary = &mut e.primary;
        read::fill(object, &mut texts, &mut |name, value| {
            is_primary(primary, name, value)
        })?;
        Ok(e)
    }
}

fn is_primary(primary: &mut bool, name: &str, value: &Value) -> Result<(), String> {
    if name == "primary" {
        *primary = read::boolean(name, value)?;
    }
    Ok(())
}

impl<'a> Address<'a> {
    fn read(object: &'a Object) -> Result<Address<'a>, String> {
        let mut a = Address::default();
        let mut texts = [
            ("formatted", &mut a.formatted),
            ("streetAddress", &mut a.street_address),
            ("locality", &mut a.locality),
            ("region", &mut a.region),
            ("postalCode", &mut a.postal_code),
            ("country", &mut a.country),
            ("type", &mut a.kind),
        ];
        let primary = &mut a.primary;
        read::fill(object, &mut texts, &mut |name, value| {
            is_primary(primary, name, value)
        })?;
        Ok(a)
    }
}

impl<'a> Enterprise<'a> {
    fn read(object: &'a Object) -> Result<Enterprise<'a>, String> {
        let mut e = Enterprise::default();
        let mut texts = [
            ("employeeNumber", &mut e.employee_number),
            ("costCenter", &mut e.cost_center),
            ("organization", &mut e.organization),
            ("division", &mut e.division),
            ("department", &mut e.department),
        ];
        let manager = &mut e.manager;
        read::fill(object, &mut texts, &mut |name, value| {
            if name == "manager" {
                *manager = Manager::read(read::object(name, value)?)?;
            }
            Ok(())
        })?;
        Ok(e)
    }
}

impl<'a> Manager<'a> {
    fn read(object: &'a Object) -> Result<Manager<'a>, String> {
        let mut m = Manager::default();
        let mut texts = [
            ("value", &mut m.value),
            ("displayName", &mut m.display_name),
        ];
        read::fill(object, &mut texts, &mut read::ignore)?;
        Ok(m)
    }
}
