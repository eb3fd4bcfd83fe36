//! What somebody is called who comes from a provider for the first time.

use crate::accounts::names;
use crate::app::App;
use crate::clock;
use crate::db::query;
use crate::error::{Error, Result};
use crate::oidc::Person;
use crate::validate::{Checks, fold};

/// How many names are tried.
const NAMES: usize = 8;

/// A username that nobody has, like what the person is called elsewhere.
pub(super) async fn free_username(app: &App, person: &Person) -> Result<String> {
    let base = username(person);
    for attempt in 0..NAMES {
        let name = if attempt == 0 {
            base.clone()
        } else {
            let number = u16::from_le_bytes(clock::random_bytes::<2>()?);
            format!("{base}-{number}")
        };
        let key = fold(&name);
        if query!(app.db, accounts::find_by_username(key))?.is_none() {
            return Ok(name);
        }
    }
    Err(Error::internal("no free username was found"))
}

/// A username made of what the person is called elsewhere. Never of an address, which is nobody's business.
fn username(person: &Person) -> String {
    let handles = person.handles.iter().filter(|handle| !handle.contains('@'));
    let candidates = handles.chain(person.name.iter());
    let valid = candidates.filter_map(|candidate| {
        let kept = candidate
            .chars()
            .filter(|c| c.is_alphanumeric() || "_-.".contains(*c));
        // Room for a number behind it.
        let kept: String = kept.skip_while(|c| !c.is_alphanumeric()).take(24).collect();
        let mut checks = Checks::new();
        let name = names::username(&mut checks, ["username"], &kept);
        checks.done().is_ok().then_some(name)
    });
    valid
        .into_iter()
        .next()
        .unwrap_or_else(|| "writer".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(handles: &[&str], name: Option<&str>) -> Person {
        Person {
            issuer: "https://id.example".to_owned(),
            subject: "1".to_owned(),
            email: None,
            email_verified: false,
            handles: handles.iter().map(|&handle| handle.to_owned()).collect(),
            name: name.map(str::to_owned),
        }
    }

    #[test]
    fn usernames_are_made_of_names_and_never_of_addresses() {
        for (handles, name, expected) in [
            (&["ann"][..], None, "ann"),
            (&["ann@example.org"], Some("Ann O’Neil"), "AnnONeil"),
            (&["_"], None, "writer"),
            (&[], None, "writer"),
            (&["--ann lee--"], None, "annlee--"),
            (&["ab", "さくら"], None, "さくら"),
        ] {
            assert_eq!(username(&person(handles, name)), expected);
        }
        let long = "x".repeat(300);
        assert_eq!(username(&person(&[&long], None)).len(), 24);
    }
}
