//! The stores of every slice, compiled into each dialect: the one place where the floor names them.

use super::{Backend, Conn, begin, now, skip_locked};
use crate::db::{finish, transaction};

#[path = "../health/store.rs"]
pub mod health;
#[path = "../keyring/store.rs"]
pub mod keyring;
#[path = "../logs/store.rs"]
pub mod logs;
