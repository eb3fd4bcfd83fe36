//! The stores of every slice, compiled into each dialect: the one place where the floor names them.

use super::{Backend, Conn, begin, now, skip_locked};
use crate::db::{finish, transaction};

#[path = "../accounts/store.rs"]
pub mod accounts;
#[path = "../keyring/store.rs"]
pub mod keyring;
#[path = "../logs/store.rs"]
pub mod logs;
#[path = "../accounts/session_store.rs"]
pub mod sessions;
