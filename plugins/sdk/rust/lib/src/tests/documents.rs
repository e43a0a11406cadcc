use crate::{
    Action, Counts, DecideInput, Group, ImportInput, MapInput, Member, MemberChange, Object,
    Operation, User,
};

const EVERYTHING: &str = r#" {
    "schemas": ["a", {"b": [1, -2.5e3, true, null, "]}\"\\"]}],
    "id": "1", "externalId": "2", "userName": "3", "displayName": "4", "nickName": "5", "profileUrl": "6",
    "title": "7", "userType": "8", "preferredLanguage": "9", "locale": "10", "timezone": "11", "active": false,
    "name": {"formatted": "a", "familyName": "b", "givenName": "c", "middleName": "d", "honorificPrefix": "e", "honorificSuffix": "f", "x": 1},
    "emails": [{"value": "a", "type": "b", "display": "c", "primary": true, "x": []}, {}, null],
    "phoneNumbers": [{"value": "p"}], "roles": [{"value": "r"}], "entitlements": [{"value": "e"}],
    "addresses": [{"formatted": "a", "streetAddress": "b", "locality": "c", "region": "d", "postalCode": "e", "country": "f", "type": "g", "primary": true, "x": {}}],
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "a", "costCenter": "b", "organization": "c",
        "division": "d", "department": "e", "manager": {"value": "f", "displayName": "g", "$ref": "h"}, "x": "y"},
    "x": null
} "#;

#[test]
fn user() {
    let document = Object::parse(EVERYTHING).unwrap();
    let u = User::read(&document).unwrap();
    assert_eq!(
        [
            u.id,
            u.external_id,
            u.user_name,
            u.display_name,
            u.nick_name,
            u.profile_url,
            u.title,
            u.user_type
        ],
        ["1", "2", "3", "4", "5", "6", "7", "8"]
    );
    assert_eq!(
        [u.preferred_language, u.locale, u.timezone],
        ["9", "10", "11"]
    );
    assert_eq!((u.active, u.is_active()), (Some(false), false));
    let n = &u.name;
    assert_eq!(
        [
            n.formatted,
            n.family_name,
            n.given_name,
            n.middle_name,
            n.honorific_prefix,
            n.honorific_suffix
        ],
        ["a", "b", "c", "d", "e", "f"]
    );
    assert_eq!(u.emails.len(), 3);
    let e = &u.emails[0];
    assert_eq!(
        (e.value, e.kind, e.display, e.primary),
        ("a", "b", "c", true)
    );
    assert_eq!(
        [
            u.phone_numbers[0].value,
            u.roles[0].value,
            u.entitlements[0].value
        ],
        ["p", "r", "e"]
    );
    let a = &u.addresses[0];
    assert_eq!(
        [
            a.formatted,
            a.street_address,
            a.locality,
            a.region,
            a.postal_code,
            a.country,
            a.kind
        ],
        ["a", "b", "c", "d", "e", "f", "g"]
    );
    assert!(a.primary);
    let x = &u.enterprise;
    assert_eq!(
        [
            x.employee_number,
            x.cost_center,
            x.organization,
            x.division,
            x.department,
            x.manager.value,
            x.manager.display_name
        ],
        ["a", "b", "c", "d", "e", "f", "g"]
    );
    // The document itself is unchanged.
    assert_eq!(Object::parse(&document.to_json()).unwrap(), document);
}

#[test]
fn absent_and_null() {
    for text in [
        "{}",
        r#"{"active":null,"emails":null,"userName":null,"name":null,"addresses":null}"#,
    ] {
        let document = Object::parse(text).unwrap();
        let u = User::read(&document).unwrap();
        assert_eq!(
            (
                u.user_name,
                u.email(),
                u.emails.len(),
                u.active,
                u.is_active()
            ),
            ("", "", 0, None, true)
        );
        assert_eq!(u.full_name(), "");
        assert_eq!(Group::read(&document).unwrap().display_name, "");
    }
}

#[test]
fn wrong_types() {
    for (text, want) in [
        (r#"{"id":1}"#, "\"id\" is not a string"),
        (r#"{"active":"true"}"#, "\"active\" is not true or false"),
        (r#"{"emails":{}}"#, "\"emails\" is not an array"),
        (r#"{"emails":["a"]}"#, "\"emails\" is not an object"),
        (
            r#"{"emails":[{"primary":1}]}"#,
            "\"primary\" is not true or false",
        ),
        (
            r#"{"addresses":[{"country":1}]}"#,
            "\"country\" is not a string",
        ),
        (r#"{"name":"Ada"}"#, "\"name\" is not an object"),
        (
            r#"{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":[]}}"#,
            "\"manager\" is not an object",
        ),
    ] {
        assert_eq!(User::read(&Object::parse(text).unwrap()).unwrap_err(), want);
    }
    assert!(Group::read(&Object::parse(r#"{"displayName":1}"#).unwrap()).is_err());
    for (text, want) in [
        ("{}", "\"operation\" is not create, update or delete"),
        (
            r#"{"operation":"Create"}"#,
            "\"operation\" is not create, update or delete",
        ),
        (
            r#"{"operation":"create","abi":"1"}"#,
            "\"abi\" is not a whole number",
        ),
        (
            r#"{"operation":"create","before":[]}"#,
            "\"before\" is not an object",
        ),
        (
            r#"{"operation":"create","changed":[1]}"#,
            "\"changed\" is not a string",
        ),
        (
            r#"{"operation":"create","members":[]}"#,
            "\"members\" is not an object",
        ),
        (
            r#"{"operation":"create","members":{"clear":"x"}}"#,
            "\"clear\" is not true or false",
        ),
        (
            r#"{"operation":"create","tenant":{"seat_limit":-1}}"#,
            "\"seat_limit\" is not a whole number",
        ),
        (
            r#"{"operation":"create","settings":"x"}"#,
            "\"settings\" is not an object",
        ),
    ] {
        assert_eq!(
            DecideInput::read(&Object::parse(text).unwrap()).unwrap_err(),
            want
        );
    }
    assert!(MapInput::read(&Object::parse(r#"{"action":"set_password"}"#).unwrap()).is_err());
    assert!(
        MapInput::read(&Object::parse(r#"{"action":"create","members":{}}"#).unwrap()).is_err()
    );
    assert!(ImportInput::read(&Object::parse(r#"{"record":[]}"#).unwrap()).is_err());
}

#[test]
fn email_and_full_name() {
    for (text, want) in [
        (r#"[{"value":"a"},{"value":"b"}]"#, "a"),
        (
            r#"[{"value":"a","type":"home"},{"value":"b","type":"Work"}]"#,
            "b",
        ),
        (
            r#"[{"value":"a"},{"value":"b","type":"work"},{"value":"c","primary":true}]"#,
            "c",
        ),
        (r#"[{"value":"","primary":true},{"value":"b"}]"#, "b"),
        (
            r#"[{"value":"a","primary":true},{"value":"b","primary":true}]"#,
            "a",
        ),
    ] {
        let document = Object::parse(&format!("{{\"emails\":{}}}", text)).unwrap();
        assert_eq!(User::read(&document).unwrap().email(), want, "{}", text);
    }
    for (text, want) in [
        (
            r#"{"name":{"formatted":"A B","givenName":"x"},"displayName":"d"}"#,
            "A B",
        ),
        (
            r#"{"name":{"givenName":"A","familyName":"B"},"displayName":"d"}"#,
            "A B",
        ),
        (r#"{"name":{"familyName":"B"},"displayName":"d"}"#, "B"),
        (r#"{"displayName":"d","userName":"u"}"#, "d"),
        (r#"{"userName":"u"}"#, "u"),
    ] {
        assert_eq!(
            User::read(&Object::parse(text).unwrap())
                .unwrap()
                .full_name(),
            want,
            "{}",
            text
        );
    }
}

#[test]
fn decide_input() {
    let document = Object::parse(
        r#"{"abi":1,"operation":"update","resource_type":"User","before":{"userName":"a"},"after":{"userName":"b"},
        "changed":["x","y.z"],"connection":{"id":"c","profile":"okta","new":1},
        "tenant":{"id":"t","seat_limit":25,"counts":{"users":3,"active_users":2,"groups":1,"new":0},"new":[]},
        "settings":{"domain":"d"},"new":{"x":[{}]}}"#,
    )
    .unwrap();
    let input = DecideInput::read(&document).unwrap();
    assert_eq!(
        (input.abi, input.operation, input.resource_type),
        (1, Operation::Update, "User")
    );
    assert!(input.is_user() && !input.is_group());
    assert_eq!(
        (
            input.user_before().unwrap().user_name,
            input.user().unwrap().user_name
        ),
        ("a", "b")
    );
    assert_eq!(input.changed, ["x", "y.z"]);
    assert_eq!(input.members, None);
    assert_eq!(
        (
            input.connection.id,
            input.connection.profile,
            input.tenant.id
        ),
        ("c", "okta", "t")
    );
    assert_eq!(input.tenant.seat_limit, Some(25));
    assert_eq!(
        input.tenant.counts,
        Some(Counts {
            users: 3,
            active_users: 2,
            groups: 1
        })
    );
    assert_eq!(input.settings.text("domain"), "d");
}

#[test]
fn members() {
    let document = Object::parse(
        r#"{"operation":"delete","resource_type":"Group","before":{"displayName":"g"},
        "members":{"clear":true,"remove":["a","b\u00e9"],"add":["c"],"new":[1]}}"#,
    )
    .unwrap();
    let input = DecideInput::read(&document).unwrap();
    assert!(input.is_group() && input.after.is_none() && input.settings.is_empty());
    assert_eq!(input.group_before().unwrap().display_name, "g");
    assert_eq!(input.group().unwrap().display_name, "");
    assert_eq!(
        input.members,
        Some(MemberChange {
            clear: true,
            remove: vec!["a", "bé"],
            add: vec!["c"]
        })
    );

    let document = Object::parse(
        r#"{"abi":1,"action":"add_members","resource_type":"Group","id":"g","legacy_id":"7",
        "members":[{"id":"u1","legacy_id":"8","type":"User","new":{}},{},null],"new":7}"#,
    )
    .unwrap();
    let input = MapInput::read(&document).unwrap();
    assert_eq!(
        (input.action, input.id, input.legacy_id),
        (Action::AddMembers, "g", "7")
    );
    let want = [
        Member {
            id: "u1",
            legacy_id: "8",
            kind: "User",
        },
        Member::default(),
        Member::default(),
    ];
    assert_eq!(input.members, want);
}
