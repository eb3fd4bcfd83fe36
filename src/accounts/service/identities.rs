//! The accounts elsewhere that sign in to the viewer's account.

use super::gone;
use crate::accounts::oidc::LinkedIdentity;
use crate::app::App;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::id::IdentityId;
use crate::logs::Log;
use crate::viewer::Viewer;

/// The identities that sign in to the viewer's account, the oldest first.
pub async fn linked_identities(app: &App, viewer: &Viewer) -> Result<Vec<LinkedIdentity>> {
    let user = viewer.require()?.user_id;
    query!(app.db, identities::list(user))
}

/// Takes an identity from the viewer's account, unless it is the last way in.
pub async fn unlink_identity(app: &App, viewer: &Viewer, id: IdentityId) -> Result<IdentityId> {
    let user = viewer.require()?.user_id;
    let path = ["identityId"];
    let refusal = Error::user(
        UserErrorCode::Conflict,
        path,
        "Nothing else signs in to this account: set a password first, by a mailed link.",
    );
    let entry = Log::audit(viewer, app.clock.now(), "identity.unlinked", id);
    if query!(app.db, accounts::find(user))?.is_none() {
        return Err(gone());
    }
    if !commit!(app.db, identities::unlink(id, user, refusal, entry))? {
        return Err(Error::not_found("identity", path));
    }
    Ok(id)
}
