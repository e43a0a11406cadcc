//! The policy {{.Name}} wants a department of every user.

use scim_policy::{policy, DecideInput, Decision, Operation, ScimType};

policy! {
    name: "{{.Name}}",
    version: "0.1.0",
    settings: SETTINGS,
    cases: include_bytes!("../cases.json"),
    decide: decide,
}

/// The JSON Schema of what a tenant configures.
const SETTINGS: &str = r#"{
    "type": "object",
    "properties": {
        "board": {"type": "string", "minLength": 1, "description": "the department whose new members somebody must approve; Board if absent"}
    },
    "additionalProperties": false
}"#;

fn decide(input: &DecideInput) -> Result<Decision, String> {
    if !input.is_user() || input.operation == Operation::Delete {
        return Ok(Decision::allow());
    }
    let board = match input.settings.text("board") {
        "" => "Board",
        board => board,
    };
    let user = input.user()?;
    let department = user.enterprise.department;
    if department.is_empty() {
        let detail = [user.user_name, " has no department"].concat();
        return Ok(Decision::deny(detail)
            .status(400)
            .scim_type(ScimType::InvalidValue));
    }
    if department == board {
        let title = ["New board member: ", user.user_name].concat();
        return Ok(Decision::hold(title, "the board approves its members"));
    }
    Ok(Decision::allow())
}

#[cfg(test)]
mod tests {
    use super::*;
    use scim_policy::Object;

    #[test]
    fn golden_cases() {
        scim_policy::cases::run(&POLICY, include_str!("../cases.json"));
    }

    #[test]
    fn a_user_without_a_department() {
        let input = Object::parse(
            r#"{"operation": "create", "resource_type": "User", "after": {"userName": "ada"}}"#,
        )
        .unwrap();
        let decision = decide(&DecideInput::read(&input).unwrap()).unwrap();
        assert_eq!(decision.detail, "ada has no department");
    }
}
