//! Which account somebody's identity signs in to: the one it is linked to, the one with the same address
//! where both sides have verified it, or a new one.

use serde_json::json;

use super::{SignedIn, new_device, newcomer};
use crate::accounts::letters::{self, Notice};
use crate::accounts::oidc::{LinkedIdentity, Reason};
use crate::accounts::{User, names};
use crate::app::App;
use crate::db::types::Timestamp;
use crate::db::{commit, query, violated_constraint};
use crate::error::{Error, Result};
use crate::id::{IdentityId, SessionId, UserId};
use crate::jobs;
use crate::logs::Log;
use crate::oidc::Person;
use crate::validate::{Checks, fold};
use crate::viewer::{Role, Viewer};

/// How often it is decided anew because somebody else changed what the decision rests on.
const ATTEMPTS: usize = 4;

type Settled = std::result::Result<Option<SignedIn>, Reason>;

/// What becomes of an identity that is linked to nothing yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Link,
    Create,
    Refuse(Reason),
}

/// Who has the address decides: nobody gets into an account by owning its address at a provider alone, and
/// nobody keeps a door open into one by having registered somebody else's address first.
fn decide(holder: Option<&User>, verified_there: bool, registrations: bool) -> Decision {
    match holder {
        Some(_) if !verified_there => Decision::Refuse(Reason::UnverifiedThere),
        Some(user) if user.email_verified_at.is_none() => Decision::Refuse(Reason::UnverifiedHere),
        Some(_) => Decision::Link,
        None if !registrations => Decision::Refuse(Reason::NoRegistrations),
        None => Decision::Create,
    }
}

/// Signs `person` in, or, with `link`, links them to that account.
pub(super) async fn settle(
    app: &App,
    viewer: &Viewer,
    provider: &str,
    person: &Person,
    link: Option<(UserId, SessionId)>,
) -> Result<Settled> {
    let arriving = Arriving {
        app,
        viewer,
        provider,
        person,
        now: app.clock.now(),
    };
    for _ in 0..ATTEMPTS {
        let outcome = match link {
            Some((user, session)) => arriving.link_to(user, session).await,
            None => arriving.sign_in().await,
        };
        match outcome {
            Ok(Some(settled)) => {
                app.events.wake(jobs::topic());
                return Ok(settled);
            }
            // What was read has changed meanwhile.
            Ok(None) => {}
            Err(error) if violated_constraint(&error).is_some() => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::internal("a sign-in was overtaken again and again"))
}

struct Arriving<'a> {
    app: &'a App,
    viewer: &'a Viewer,
    provider: &'a str,
    person: &'a Person,
    now: Timestamp,
}

impl Arriving<'_> {
    async fn known(&self) -> Result<Option<(LinkedIdentity, User)>> {
        let (issuer, subject) = (self.person.issuer.clone(), self.person.subject.clone());
        query!(self.app.db, identities::find(issuer, subject))
    }

    /// `Ok(None)` where it has to be decided anew.
    async fn sign_in(&self) -> Result<Option<Settled>> {
        if let Some((identity, user)) = self.known().await? {
            return self.come_back(identity, user).await;
        }
        let Some((email, key)) = self.address() else {
            return Ok(Some(Err(Reason::NoAddress)));
        };
        let app = self.app;
        let holder = query!(app.db, emails::find_user(key.clone()))?;
        let registrations = app.config.accounts.registration;
        match (
            decide(holder.as_ref(), self.person.email_verified, registrations),
            holder,
        ) {
            (Decision::Refuse(reason), _) => Ok(Some(Err(reason))),
            (Decision::Link, Some(user)) => self.link_by_address(user, key).await,
            _ => self.create(email, key).await.map(Some),
        }
    }

    async fn come_back(&self, identity: LinkedIdentity, user: User) -> Result<Option<Settled>> {
        let (app, now) = (self.app, self.now);
        let (session, token, refresh) = new_device(app, user.id, &self.viewer.client, now)?;
        let entry = self.started(&user, session.id);
        let device = (session.clone(), token);
        let email = self.person.email.clone().filter(|email| is_storable(email));
        if !commit!(
            app.db,
            identities::sign_in(identity.id, email, device, entry)
        )? {
            return Ok(None);
        }
        let signed_in = SignedIn::new(app, user, session, refresh, now).await?;
        Ok(Some(Ok(Some(signed_in))))
    }

    async fn link_by_address(&self, user: User, key: String) -> Result<Option<Settled>> {
        let (app, now) = (self.app, self.now);
        let (session, token, refresh) = new_device(app, user.id, &self.viewer.client, now)?;
        let entries = vec![
            self.linked(&user, session.id),
            self.started(&user, session.id),
        ];
        let told = letters::notice(app, Notice::IdentityLinked, user.id, &user.email, now).await?;
        let (identity, device) = (self.identity(user.id), (session.clone(), token));
        if !commit!(
            app.db,
            identities::link(identity, Some(key), Some(device), entries, told)
        )? {
            return Ok(None);
        }
        let signed_in = SignedIn::new(app, user, session, refresh, now).await?;
        Ok(Some(Ok(Some(signed_in))))
    }

    /// Links to the account of somebody who asked for it and is still signed in.
    async fn link_to(&self, user: UserId, session: SessionId) -> Result<Option<Settled>> {
        let (app, now) = (self.app, self.now);
        let live = query!(app.db, sessions::find(session, user, now))?.is_some();
        let found = query!(app.db, accounts::find(user))?.filter(|_| live);
        let Some(user) = found else {
            return Ok(Some(Err(Reason::SignedOut)));
        };
        match self.known().await? {
            Some((identity, _)) if identity.user_id == user.id => return Ok(Some(Ok(None))),
            Some(_) => return Ok(Some(Err(Reason::LinkedElsewhere))),
            None => {}
        }
        let entries = vec![self.linked(&user, session)];
        let told = letters::notice(app, Notice::IdentityLinked, user.id, &user.email, now).await?;
        let identity = self.identity(user.id);
        let linked = commit!(
            app.db,
            identities::link(identity, None, None, entries, told)
        )?;
        Ok(linked.then_some(Ok(None)))
    }

    async fn create(&self, email: String, key: String) -> Result<Settled> {
        let (app, now) = (self.app, self.now);
        let username = newcomer::free_username(app, self.person).await?;
        let named = self.person.name.as_deref();
        let display_name = named.and_then(|name| {
            let mut checks = Checks::new();
            let name = names::display_name(&mut checks, ["name"], name);
            checks.done().is_ok().then_some(name)
        });
        let display_name = display_name.unwrap_or_else(|| username.clone());
        let user = User {
            id: UserId::new(),
            username_key: fold(&username),
            display_name_key: fold(&display_name),
            email_key: key,
            username,
            display_name,
            email,
            email_verified_at: self.person.email_verified.then_some(now),
            bio: None,
            role: Role::User,
            created_at: now,
            updated_at: now,
            avatar_id: None,
        };
        let (session, token, refresh) = new_device(app, user.id, &self.viewer.client, now)?;
        let acting = user.acting(session.id, self.viewer.client.clone());
        let registered = Log::audit(&acting, now, "account.registered", user.id)
            .with(json!({ "provider": self.provider }));
        let entries = vec![registered, self.started(&user, session.id)];
        let letter = match user.email_verified_at {
            Some(_) => None,
            None => letters::first_verification(app, user.id, &user.email_key, now).await?,
        };
        let (identity, device) = (self.identity(user.id), (session.clone(), token));
        let stored = user.clone();
        commit!(
            app.db,
            identities::register(stored, identity, device, entries, letter)
        )?;
        let signed_in = SignedIn::new(app, user, session, refresh, now).await?;
        Ok(Ok(Some(signed_in)))
    }

    fn identity(&self, user_id: UserId) -> LinkedIdentity {
        LinkedIdentity {
            id: IdentityId::new(),
            user_id,
            provider: self.provider.to_owned(),
            issuer: self.person.issuer.clone(),
            subject: self.person.subject.clone(),
            email: self.person.email.clone().filter(|email| is_storable(email)),
            created_at: self.now,
            last_used_at: self.now,
        }
    }

    fn linked(&self, user: &User, session: SessionId) -> Log {
        let acting = user.acting(session, self.viewer.client.clone());
        Log::audit(&acting, self.now, "identity.linked", user.id)
            .with(json!({ "provider": self.provider }))
    }

    fn started(&self, user: &User, session: SessionId) -> Log {
        let acting = user.acting(session, self.viewer.client.clone());
        Log::audit(&acting, self.now, "session.started", session)
            .with(json!({ "provider": self.provider }))
    }

    /// The person's address and its key, if it can be one.
    fn address(&self) -> Option<(String, String)> {
        let mut checks = Checks::new();
        let email = names::email(&mut checks, ["email"], self.person.email.as_deref()?);
        checks.done().ok()?;
        let key = fold(&email);
        Some((email, key))
    }
}

/// What the database keeps of an address that is only shown.
fn is_storable(email: &str) -> bool {
    email.chars().count() <= 254 && !email.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_linked_unless_both_sides_have_verified_the_address() {
        let now = Timestamp::EPOCH;
        let mut user = User {
            id: UserId::new(),
            username: "ann".to_owned(),
            username_key: "ann".to_owned(),
            display_name: "ann".to_owned(),
            display_name_key: "ann".to_owned(),
            email: "ann@example.org".to_owned(),
            email_key: "ann@example.org".to_owned(),
            email_verified_at: None,
            bio: None,
            role: Role::User,
            created_at: now,
            updated_at: now,
            avatar_id: None,
        };
        let refused = |reason| Decision::Refuse(reason);
        for open in [true, false] {
            assert_eq!(
                decide(Some(&user), true, open),
                refused(Reason::UnverifiedHere)
            );
            assert_eq!(
                decide(Some(&user), false, open),
                refused(Reason::UnverifiedThere)
            );
        }
        user.email_verified_at = Some(now);
        for open in [true, false] {
            assert_eq!(decide(Some(&user), true, open), Decision::Link);
            assert_eq!(
                decide(Some(&user), false, open),
                refused(Reason::UnverifiedThere)
            );
        }
        for verified in [true, false] {
            assert_eq!(decide(None, verified, true), Decision::Create);
            assert_eq!(
                decide(None, verified, false),
                refused(Reason::NoRegistrations)
            );
        }
    }
}
