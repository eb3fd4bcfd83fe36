//! What administrators, and the command line in their place, do with accounts.

use serde_json::json;

use super::profile::changes;
use super::register::new_user;
use super::{AccountChanges, Registration, last_administrator, or_taken, wake_streams};
use crate::accounts::{User, letters, names, passwords};
use crate::app::App;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::id::UserId;
use crate::jobs;
use crate::logs::Log;
use crate::validate::Checks;
use crate::viewer::{Role, Viewer};

/// Changes anybody's account. A new password ends the account's sessions. What signs somebody in, and what
/// makes an administrator, takes a person: a key that leaks must not outlive its revocation in another account.
pub async fn update_user(
    app: &App,
    viewer: &Viewer,
    id: UserId,
    input: AccountChanges,
) -> Result<User> {
    viewer.require_admin()?;
    if input.password.is_some() || input.email.is_some() || input.role.is_some() {
        viewer.require_session()?;
    }
    let path = ["input", "userId"];
    let user = query!(app.db, accounts::find(id))?.ok_or_else(|| Error::not_found("user", path))?;
    let now = app.clock.now();
    let mut checks = Checks::new();
    let password = input.password.clone();
    let (changes, mut fields) = changes(&mut checks, &user, input, now);
    let password = password.map(|password| {
        let username = changes.username.as_deref().unwrap_or(&user.username);
        let email = changes.email.as_deref().unwrap_or(&user.email);
        passwords::check(
            &mut checks,
            ["input", "password"],
            &password,
            &[username, email],
        )
    });
    checks.done()?;
    let hash = match password {
        Some(password) => {
            fields.push("password");
            Some(passwords::hash(app, password).await?)
        }
        None => None,
    };
    if fields.is_empty() {
        return Ok(user);
    }
    let mut details = json!({ "fields": fields });
    if let Some(role) = changes.role {
        details["role"] = json!({ "from": user.role.as_str(), "to": role.as_str() });
    }
    let entry = Log::audit(viewer, now, "account.updated_by_admin", id).with(details);
    let refusal = last_administrator(["input", "role"]);
    let letters = letters::after_change(app, &user, &changes, hash.is_some(), now).await?;
    let user = or_taken(commit!(
        app.db,
        accounts::update(id, (changes, hash), refusal, entry, letters)
    ))?
    .ok_or_else(|| Error::not_found("user", path))?;
    app.events.wake(jobs::topic());
    wake_streams(app, id);
    Ok(user)
}

/// Removes anybody's account with everything that is theirs.
pub async fn delete_user(app: &App, viewer: &Viewer, id: UserId) -> Result<UserId> {
    let identity = viewer.require_admin()?;
    if identity.user_id == id {
        viewer.require_session()?;
    }
    let path = ["userId"];
    let user = query!(app.db, accounts::find(id))?.ok_or_else(|| Error::not_found("user", path))?;
    let entry = Log::audit(viewer, app.clock.now(), "account.deleted_by_admin", id)
        .with(json!({ "username": user.username }));
    let refusal = last_administrator(path);
    if !commit!(app.db, accounts::delete(id, refusal, entry))? {
        return Err(Error::not_found("user", path));
    }
    wake_streams(app, id);
    Ok(id)
}

/// Makes an account on the server's own behalf, whether or not it takes registrations.
pub async fn create_user(app: &App, input: Registration, role: Role) -> Result<User> {
    let now = app.clock.now();
    let (user, password) = new_user(input, role, now)?;
    let hash = passwords::hash(app, password).await?;
    let entry = Log::audit(&Viewer::default(), now, "account.created", user.id)
        .with(json!({ "role": role.as_str() }));
    or_taken(commit!(app.db, accounts::insert(user.clone(), hash, entry)))?;
    Ok(user)
}

/// Makes an administrator; for the command line.
pub async fn create_admin(app: &App, username: &str, email: &str, password: &str) -> Result<User> {
    let input = Registration {
        username: username.to_owned(),
        email: email.to_owned(),
        password: password.to_owned(),
        display_name: None,
    };
    create_user(app, input, Role::Admin).await
}

/// Makes the account of that username or e-mail an administrator; for the command line.
pub async fn promote(app: &App, login: &str) -> Result<User> {
    let path = ["login"];
    let found = match names::lookup_key(login) {
        Some(key) => query!(app.db, accounts::find_by_login(key))?,
        None => None,
    };
    let (user, _) = found.ok_or_else(|| {
        Error::user(
            UserErrorCode::NotFound,
            path,
            format!("There is no account with the name or e-mail {login:?}."),
        )
    })?;
    let now = app.clock.now();
    let input = AccountChanges {
        role: Some(Role::Admin),
        ..AccountChanges::default()
    };
    let (changes, fields) = changes(&mut Checks::new(), &user, input, now);
    if fields.is_empty() {
        return Ok(user);
    }
    let entry = Log::audit(&Viewer::default(), now, "account.promoted", user.id);
    let user = commit!(
        app.db,
        accounts::update(
            user.id,
            (changes, None),
            last_administrator(path),
            entry,
            Vec::new(),
        )
    )?
    .ok_or_else(|| Error::not_found("user", path))?;
    wake_streams(app, user.id);
    Ok(user)
}
