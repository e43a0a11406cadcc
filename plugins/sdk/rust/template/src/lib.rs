//! The policy {{.Name}} wants a department of every user.

use scim_policy::{policy, DecideInput, Decision, Operation, ScimType};

policy! {
    name: "{{.Name}}",
    version: "0.1.0",
    cases: include_bytes!("../cases.json"),
    decide: decide,
}

fn decide(input: &DecideInput) -> Result<Decision, String> {
    if !input.is_user() || input.operation == Operation::Delete {
        return Ok(Decision::allow());
    }
    let user = input.user()?;
    Ok(match user.enterprise.department {
        "" => Decision::deny([user.user_name, " has no department"].concat())
            .status(400)
            .scim_type(ScimType::InvalidValue),
        "Board" => Decision::hold(
            ["New board member: ", user.user_name].concat(),
            "the board approves its members",
        ),
        _ => Decision::allow(),
    })
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
