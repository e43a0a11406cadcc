//! E-mail addresses, RFC 5321 section 4.1.2 with the letters of RFC 6531.

/// The longest address that can be sent to, in bytes.
const LONGEST: usize = 254;

/// The domain of an address. What different programs could read differently is an error:
/// only an address that has one meaning says anything about where mail goes.
pub fn domain(address: &str) -> Result<&str, &'static str> {
    if address.len() > LONGEST {
        return Err("an e-mail address has at most 254 bytes");
    }
    let at = match address.strip_prefix('"') {
        Some(rest) => end_of_quoted(rest)? + 2,
        None => address.find('@').ok_or("not an e-mail address")?,
    };
    let (local, rest) = address.split_at(at);
    let domain = rest.strip_prefix('@').ok_or("not an e-mail address")?;
    if !local.starts_with('"') && !is_dot_atom(local) {
        return Err("not an e-mail address");
    }
    if domain.contains('@') {
        return Err("an e-mail address has one \"@\"");
    }
    Ok(domain)
}

/// Where a quoted local part ends whose first quote is taken off.
fn end_of_quoted(rest: &str) -> Result<usize, &'static str> {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if c.is_control() => return Err("not an e-mail address"),
            // Well formed, and some programs take what follows for the domain.
            '@' => return Err("an e-mail address has one \"@\""),
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Ok(at),
            _ => {}
        }
    }
    Err("not an e-mail address")
}

fn is_dot_atom(local: &str) -> bool {
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom))
}

fn is_atom(c: char) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        _ if c.is_ascii() => "!#$%&'*+-/=?^_`{|}~".contains(c),
        _ => !c.is_control() && !c.is_whitespace(),
    }
}
