//! Domains, and lists of those that are allowed.

/// The longest label and the longest name that there can be, RFC 1035 section 2.3.4.
const LONGEST_LABEL: usize = 63;
const LONGEST_NAME: usize = 253;

/// The dots that RFC 3490 section 3.1 has beside the plain one.
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// A domain in one form whichever way it was written: lower case, and labels with letters
/// beyond ASCII as the name system has them, "xn--…".
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct Domain(String);

impl Domain {
    /// Reads a domain; None for what is none. Letters that only a full table of Unicode
    /// would tell to be the same are not: what is not understood is not allowed.
    pub fn read(text: &str) -> Option<Domain> {
        if text.len() > 4 * LONGEST_NAME {
            return None;
        }
        let mut name = String::new();
        for label in text.split(&DOTS[..]) {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(&read_label(label)?);
        }
        // A name without a dot is a machine's, and one that ends in a number is an address.
        let last = name.rsplit('.').next()?;
        let whole = name.len() <= LONGEST_NAME && name.contains('.') && !last.bytes().all(|b| b.is_ascii_digit());
        whole.then(|| Domain(name))
    }
}

fn read_label(label: &str) -> Option<String> {
    let lower = label.to_lowercase();
    let ascii = if lower.is_ascii() { lower } else { ["xn--", &punycode(&lower)?].concat() };
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let good = !ascii.is_empty()
        && ascii.len() <= LONGEST_LABEL
        && ascii.bytes().all(fits)
        && !ascii.starts_with('-')
        && !ascii.ends_with('-');
    good.then(|| ascii)
}

/// Encodes a label, RFC 3492 section 6.3.
fn punycode(label: &str) -> Option<String> {
    let points: Vec<u32> = label.chars().map(u32::from).collect();
    if points.len() > LONGEST_LABEL {
        return None;
    }
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = out.len() as u32;
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (128, 0u32, 72, basic);
    while (handled as usize) < points.len() {
        let next = *points.iter().filter(|&&p| p >= n).min()?;
        delta = delta.checked_add((next - n).checked_mul(handled + 1)?)?;
        n = next;
        for &p in &points {
            if p < n {
                delta = delta.checked_add(1)?;
            } else if p == n {
                write_number(&mut out, delta, bias);
                bias = adapt(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.checked_add(1)?;
        n += 1;
    }
    Some(out)
}

/// Writes a number of variable length, whose digits end where their value says.
fn write_number(out: &mut String, mut q: u32, bias: u32) {
    let mut k = 36;
    loop {
        let t = k.max(bias + 1).min(bias + 26) - bias;
        if q < t {
            break;
        }
        out.push(digit(t + (q - t) % (36 - t)));
        q = (q - t) / (36 - t);
        k += 36;
    }
    out.push(digit(q));
}

fn digit(d: u32) -> char {
    let d = d as u8;
    char::from(if d < 26 { b'a' + d } else { b'0' + d - 26 })
}

fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

/// Domains that are allowed, and those whose sub-domains are.
#[derive(Default)]
pub struct AllowList {
    exact: Vec<Domain>,
    below: Vec<Domain>,
}

impl AllowList {
    /// Adds "acme.example", or "*.acme.example" for all below it; false for what is neither.
    pub fn add(&mut self, text: &str) -> bool {
        let (list, name) = match text.strip_prefix("*.") {
            Some(name) => (&mut self.below, name),
            None => (&mut self.exact, text),
        };
        match Domain::read(name) {
            Some(domain) => list.push(domain),
            None => return false,
        }
        true
    }

    pub fn has(&self, domain: &Domain) -> bool {
        let is_below = |parent: &Domain| domain.0.strip_suffix(&*parent.0).map_or(false, |rest| rest.ends_with('.'));
        self.exact.contains(domain) || self.below.iter().any(is_below)
    }
}
