//! What people change about their own account.

use serde_json::json;

use super::{AccountChanges, gone, last_administrator, or_taken, refusals, throttle, wake_streams};
use crate::accounts::letters::{self, Notice};
use crate::accounts::passwords::Verdict;
use crate::accounts::{User, UserChanges, names, passwords};
use crate::app::App;
use crate::db::types::Timestamp;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::id::{ImageId, UserId};
use crate::jobs;
use crate::logs::Log;
use crate::media::service as pictures;
use crate::validate::{Checks, fold};
use crate::viewer::Viewer;

/// For how long a sign-in vouches for who has no password to show.
const JUST_NOW_SECONDS: i64 = 15 * 60;

/// Changes the viewer's names, biography, avatar or address.
pub async fn update_profile(app: &App, viewer: &Viewer, input: AccountChanges) -> Result<User> {
    let identity = viewer.require()?;
    if input.email.is_some() {
        viewer.require_session()?;
    }
    let user = query!(app.db, accounts::find(identity.user_id))?.ok_or_else(gone)?;
    // Neither is the user's own to change here, whatever a caller passes.
    let input = AccountChanges {
        role: None,
        password: None,
        ..input
    };
    let now = app.clock.now();
    let mut checks = Checks::new();
    let avatar = avatar(app, viewer, &mut checks, input.avatar.as_deref()).await?;
    let (mut changes, mut fields) = changes(&mut checks, &user, input, now);
    checks.done()?;
    if let Some(avatar) = avatar.filter(|avatar| *avatar != user.avatar_id) {
        changes.avatar_id = Some(avatar);
        fields.push("avatar");
    }
    if fields.is_empty() {
        return Ok(user);
    }
    let entry =
        Log::audit(viewer, now, "account.updated", user.id).with(json!({ "fields": fields }));
    let refusal = last_administrator(["input"]);
    let letters = letters::after_change(app, &user, &changes, false, now).await?;
    let user = or_taken(commit!(
        app.db,
        accounts::update(user.id, (changes, None), refusal, entry, letters)
    ))?
    .ok_or_else(gone)?;
    app.events.wake(jobs::topic());
    Ok(user)
}

/// The avatar that is asked for, which must be the viewer's own picture; `Some(None)` where none is to be left.
async fn avatar(
    app: &App,
    viewer: &Viewer,
    checks: &mut Checks,
    asked: Option<&str>,
) -> Result<Option<Option<ImageId>>> {
    let asked = match asked {
        None => return Ok(None),
        Some("") => return Ok(Some(None)),
        Some(id) => ImageId::parse(id),
    };
    let own = match asked {
        Some(id) => pictures::own(app, viewer, id).await?,
        None => None,
    };
    if own.is_none() {
        let message = "There is no such picture among your `images`.";
        checks.add(UserErrorCode::NotFound, ["input", "avatarId"], message);
    }
    Ok(Some(own))
}

/// Checks what is to change and drops what is so already; gives the changes and their names.
pub(super) fn changes(
    checks: &mut Checks,
    user: &User,
    input: AccountChanges,
    now: Timestamp,
) -> (UserChanges, Vec<&'static str>) {
    let mut changes = UserChanges {
        updated_at: Some(now),
        ..UserChanges::default()
    };
    let mut fields = Vec::new();
    if let Some(username) = input.username {
        let username = names::username(checks, ["input", "username"], &username);
        if username != user.username {
            changes.username_key = Some(fold(&username));
            changes.username = Some(username);
            fields.push("username");
        }
    }
    if let Some(name) = input.display_name {
        let name = names::display_name(checks, ["input", "displayName"], &name);
        if name != user.display_name {
            changes.display_name_key = Some(fold(&name));
            changes.display_name = Some(name);
            fields.push("displayName");
        }
    }
    if let Some(bio) = input.bio {
        let bio = names::bio(checks, ["input", "bio"], &bio);
        if bio != user.bio {
            changes.bio = Some(bio);
            fields.push("bio");
        }
    }
    if let Some(email) = input.email {
        let email = names::email(checks, ["input", "email"], &email);
        if email != user.email {
            changes.email_key = Some(fold(&email));
            changes.email = Some(email);
            changes.email_verified_at = Some(None);
            fields.push("email");
        }
    }
    if let Some(role) = input.role.filter(|role| *role != user.role) {
        changes.role = Some(role);
        fields.push("role");
    }
    (changes, fields)
}

/// Gives the viewer's account another password and ends its sessions on other devices.
pub async fn change_password(
    app: &App,
    viewer: &Viewer,
    current: Option<&str>,
    new: &str,
) -> Result<User> {
    let (identity, session) = viewer.require_session()?;
    let (user, hash) = with_password(app, identity.user_id).await?;
    let mut checks = Checks::new();
    let new = passwords::check(
        &mut checks,
        ["newPassword"],
        new,
        &[&user.username, &user.email],
    );
    checks.done()?;
    confirm(app, viewer, current, hash.clone(), ["currentPassword"]).await?;
    let new_hash = passwords::hash(app, new).await?;
    let now = app.clock.now();
    let entry = Log::audit(viewer, now, "password.changed", user.id);
    let told = letters::notice(app, Notice::PasswordChanged, user.id, &user.email, now).await?;
    let user = commit!(
        app.db,
        accounts::change_password(user.id, (hash, new_hash), session, entry, told)
    )?
    .ok_or_else(|| {
        Error::user(
            UserErrorCode::Conflict,
            ["currentPassword"],
            "The password was changed at the same time from elsewhere.",
        )
    })?;
    wake_streams(app, user.id);
    app.events.wake(jobs::topic());
    Ok(user)
}

/// Removes the viewer's account with everything that is theirs.
pub async fn delete_account(app: &App, viewer: &Viewer, password: Option<&str>) -> Result<UserId> {
    let (identity, _) = viewer.require_session()?;
    let (user, hash) = with_password(app, identity.user_id).await?;
    confirm(app, viewer, password, hash, ["password"]).await?;
    let entry = Log::audit(viewer, app.clock.now(), "account.deleted", user.id);
    let refusal = last_administrator([]);
    if !commit!(app.db, accounts::delete(user.id, refusal, entry))? {
        return Err(gone());
    }
    wake_streams(app, user.id);
    Ok(user.id)
}

async fn with_password(app: &App, id: UserId) -> Result<(User, Option<String>)> {
    query!(app.db, accounts::find_with_password(id))?.ok_or_else(gone)
}

/// What stands in for a password where there is none: a sign-in of the last minutes.
async fn just_signed_in(app: &App, viewer: &Viewer, path: [&str; 1]) -> Result<()> {
    let (identity, session) = viewer.require_session()?;
    let now = app.clock.now();
    let found = query!(app.db, sessions::find(session, identity.user_id, now))?;
    let since = now.plus_seconds(-JUST_NOW_SECONDS);
    if found.is_some_and(|session| session.created_at >= since) {
        return Ok(());
    }
    Err(Error::user(
        UserErrorCode::Expired,
        path,
        "This account has no password, so sign in once more and repeat this within fifteen minutes; \
         or set a password by a mailed link.",
    ))
}

/// Asks for the password of an account that has one, and of others that they have just signed in.
async fn confirm(
    app: &App,
    viewer: &Viewer,
    typed: Option<&str>,
    hash: Option<String>,
    path: [&str; 1],
) -> Result<()> {
    if hash.is_none() {
        return just_signed_in(app, viewer, path).await;
    }
    let Some(typed) = typed.filter(|typed| !typed.is_empty()) else {
        return Err(Error::user(
            UserErrorCode::Blank,
            path,
            "Your present password is needed for this.",
        ));
    };
    let (_, session) = viewer.require_session()?;
    let attempt = throttle::confirmation(app, session).await?;
    let verdict = passwords::verify(app, typed, hash).await;
    if !matches!(verdict, Ok(Verdict::Wrong)) {
        attempt.forgive(app).await;
    }
    match verdict? {
        Verdict::Right | Verdict::Outdated => Ok(()),
        Verdict::Wrong => {
            if let Some(account) = viewer.id() {
                refusals::password(app, viewer, account).await;
            }
            Err(Error::user(
                UserErrorCode::WrongCredentials,
                path,
                "This is not your present password.",
            ))
        }
    }
}
