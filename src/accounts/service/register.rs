//! Making an account.

use super::{Registration, SignedIn, new_device, or_taken};
use crate::accounts::{User, letters, names, passwords};
use crate::app::App;
use crate::db::commit;
use crate::db::types::Timestamp;
use crate::error::{Error, Result, UserErrorCode};
use crate::id::UserId;
use crate::jobs;
use crate::logs::Log;
use crate::validate::{Checks, fold};
use crate::viewer::{Role, Viewer};

/// Makes an account and signs it in.
pub async fn register(app: &App, viewer: &Viewer, input: Registration) -> Result<SignedIn> {
    if !app.config.accounts.registration {
        return Err(Error::user(
            UserErrorCode::Forbidden,
            ["input"],
            "This server takes no registrations: ask an administrator for an account.",
        ));
    }
    let now = app.clock.now();
    let (user, password) = new_user(input, Role::User, now)?;
    let hash = passwords::hash(app, password).await?;
    let (session, token, refresh) = new_device(app, user.id, &viewer.client, now)?;
    let acting = user.acting(session.id, viewer.client.clone());
    let entries = [
        Log::audit(&acting, now, "account.registered", user.id),
        Log::audit(&acting, now, "session.started", session.id),
    ];
    let device = (session.clone(), token);
    let letter = letters::first_verification(app, user.id, &user.email_key, now).await?;
    or_taken(commit!(
        app.db,
        accounts::register(user.clone(), hash, device, entries, letter)
    ))?;
    app.events.wake(jobs::topic());
    SignedIn::new(app, user, session, refresh, now).await
}

/// Checks an account's fields; gives its row and its password.
pub(super) fn new_user(input: Registration, role: Role, now: Timestamp) -> Result<(User, String)> {
    let mut checks = Checks::new();
    let username = names::username(&mut checks, ["input", "username"], &input.username);
    let email = names::email(&mut checks, ["input", "email"], &input.email);
    let display_name = match &input.display_name {
        Some(name) => names::display_name(&mut checks, ["input", "displayName"], name),
        None => username.clone(),
    };
    let password = passwords::check(
        &mut checks,
        ["input", "password"],
        &input.password,
        &[&username, &email],
    );
    checks.done()?;
    let user = User {
        id: UserId::new(),
        username_key: fold(&username),
        display_name_key: fold(&display_name),
        email_key: fold(&email),
        username,
        display_name,
        email,
        email_verified_at: None,
        bio: None,
        role,
        created_at: now,
        updated_at: now,
        avatar_id: None,
    };
    Ok((user, password))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::service::create_admin;
    use crate::config::Config;
    use crate::db::query;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_without_registration_takes_administrators_from_the_command_line_alone() {
        let folder = tempfile::tempdir().unwrap();
        let env = |name: &str| match name {
            "PLUMA_REGISTRATION" => Some("false".to_owned()),
            "PLUMA_DATA_DIR" => Some(folder.path().display().to_string()),
            _ => None,
        };
        let config = Config::load_from(&env, None).unwrap();
        let app = App::build(config, true).await.unwrap();
        let input = Registration {
            username: "ann".to_owned(),
            email: "ann@example.org".to_owned(),
            password: "correct horse battery".to_owned(),
            display_name: None,
        };
        let Err(Error::User(errors)) = register(&app, &Viewer::default(), input).await else {
            panic!("the registration was not refused");
        };
        assert_eq!(errors[0].code, UserErrorCode::Forbidden);
        assert_eq!(errors[0].path, ["input"]);

        let admin = create_admin(&app, "root", "root@example.org", "correct horse battery")
            .await
            .unwrap();
        let stored = query!(app.db, accounts::find(admin.id)).unwrap().unwrap();
        assert_eq!(stored.role, Role::Admin);
    }
}
