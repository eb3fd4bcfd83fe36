//! Texts that grow while people watch: nobody is shown a character that is not stored, so that whatever dies, what
//! was seen is there again.
//!
//! Who writes hands pieces to the [`Recorder`] of this process, which stores those of all texts together, one
//! transaction after another: the busier it is, the more go into one. What is stored is shown to watchers here from
//! memory, and to those of other processes from the database.

mod recorder;
mod watch;

use uuid::Uuid;

use crate::events::Topic;
use crate::id::TranscriptId;

pub use recorder::{Recorder, Writing};
pub use watch::Watching;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Which text.
    pub transcript: TranscriptId,
    /// How many characters stand before it.
    pub start: i32,
    /// What it says; never empty.
    pub text: String,
}

/// A text as the database has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stored {
    /// The characters from where somebody asked on.
    pub text: String,
    /// Whether nothing comes any more.
    pub closed: bool,
}

/// What watchers of a text in other processes wait on.
pub fn topic(transcript: TranscriptId) -> Topic {
    // Jobs and pages have topics of their own ids: this one is none that anybody is given.
    Uuid::from_u128(transcript.0.as_u128().rotate_left(64))
}
