//! Stores pieces of all texts of this process, as many at once as have come, and shows them afterwards.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Piece, topic};
use crate::db::{Db, commit};
use crate::error::{Error, Result};
use crate::events::Events;
use crate::id::TranscriptId;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until};

/// How many pieces wait to be stored; writers wait beyond that.
const WAITING: usize = 4_096;
/// How long two transactions lie apart at least.
const APART: Duration = Duration::from_millis(15);
/// How often storing is tried before the texts are given up, and the pause before the second time; it doubles.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(100);

/// Stores what writers of this process hand it; cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    entries: mpsc::Sender<Entry>,
    open: Open,
}

/// Texts that are written in this process.
#[derive(Clone, Default)]
struct Open(Arc<Mutex<HashMap<TranscriptId, Arc<Shown>>>>);

/// What of a text is stored.
#[derive(Default)]
pub(super) struct Shown {
    text: Mutex<String>,
    state: watch::Sender<State>,
    /// Whether a piece of it could not be stored. Its other pieces know for as long as they wait, also without a writer.
    broken: AtomicBool,
}

/// How far a text is that is written here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct State {
    /// How many bytes of it are stored.
    pub bytes: usize,
    /// Whether nobody writes it here any more.
    pub left: bool,
}

enum Entry {
    Piece(Handed),
    /// Answered once everything before it is stored: whether its text still takes any.
    Stored(Arc<Shown>, oneshot::Sender<bool>),
}

/// A piece, and the text that it belongs to.
type Handed = (Piece, Arc<Shown>);
/// A text, and who wants to know whether it still takes pieces.
type Asking = (Arc<Shown>, oneshot::Sender<bool>);

/// The right to write one text. Dropping it ends the showing, not the text.
pub struct Writing {
    transcript: TranscriptId,
    recorder: Recorder,
    shown: Arc<Shown>,
    characters: i32,
}

impl Recorder {
    /// Starts storing.
    pub fn start(db: Db, events: Events) -> Self {
        let (entries, waiting) = mpsc::channel(WAITING);
        let open = Open::default();
        tokio::spawn(store(db, events, waiting));
        Self { entries, open }
    }

    /// Begins to write a text that is there and empty.
    pub fn write(&self, transcript: TranscriptId) -> Writing {
        let shown = Arc::<Shown>::default();
        self.open.lock().insert(transcript, Arc::clone(&shown));
        Writing {
            transcript,
            recorder: self.clone(),
            shown,
            characters: 0,
        }
    }

    /// What is stored of a text that is written in this process.
    pub(super) fn shown(&self, transcript: TranscriptId) -> Option<Arc<Shown>> {
        self.open.lock().get(&transcript).cloned()
    }
}

impl Open {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TranscriptId, Arc<Shown>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
    /// What follows the first `bytes` bytes, and a way to wait for more.
    pub(super) fn after(&self, bytes: usize) -> (String, watch::Receiver<State>) {
        // Subscribed before it is read: what comes in between is told again, and not missed.
        let more = self.state.subscribe();
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        (text.get(bytes..).unwrap_or_default().to_owned(), more)
    }

    /// How many bytes the first `characters` have; `None` where so many are not stored.
    pub(super) fn bytes_of(&self, characters: i32) -> Option<usize> {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        let characters = usize::try_from(characters).ok()?;
        let mut places = text.char_indices().map(|(place, _)| place);
        places.nth(characters).or_else(|| {
            let all = text.chars().count() == characters;
            all.then_some(text.len())
        })
    }

    fn add(&self, more: &str) {
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        text.push_str(more);
        let bytes = text.len();
        drop(text);
        self.state.send_modify(|state| state.bytes = bytes);
    }

    fn break_off(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }
}

impl Writing {
    /// Hands over more of the text. It waits where too much does.
    pub async fn push(&mut self, text: String) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let characters = i32::try_from(text.chars().count()).unwrap_or(i32::MAX);
        let piece = Piece {
            transcript: self.transcript,
            start: self.characters,
            text,
        };
        self.characters = self.characters.saturating_add(characters);
        let entry = Entry::Piece((piece, Arc::clone(&self.shown)));
        let sent = self.recorder.entries.send(entry).await;
        sent.map_err(|_| Error::internal("texts are not stored any more"))
    }

    /// Waits until all of it is stored. An error where it could not be, or somebody else closed the text.
    pub async fn stored(&self) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        let entry = Entry::Stored(Arc::clone(&self.shown), answer);
        let sent = self.recorder.entries.send(entry).await;
        let stored = match sent {
            Ok(()) => answered.await.unwrap_or(false),
            Err(_) => false,
        };
        match stored {
            true => Ok(()),
            false => Err(Error::internal(
                "the text takes nothing more, or could not be stored",
            )),
        }
    }

    /// How many characters were handed over.
    pub fn characters(&self) -> i32 {
        self.characters
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.recorder.open.lock().remove(&self.transcript);
        // From now on watchers look into the database.
        self.shown.state.send_modify(|state| state.left = true);
    }
}

async fn store(db: Db, events: Events, mut waiting: mpsc::Receiver<Entry>) {
    let mut entries = Vec::new();
    let mut next = Instant::now();
    while waiting.recv_many(&mut entries, WAITING).await > 0 {
        sleep_until(next).await;
        // What has come meanwhile goes with it.
        while entries.len() < WAITING {
            match waiting.try_recv() {
                Ok(entry) => entries.push(entry),
                Err(_) => break,
            }
        }
        next = Instant::now() + APART;
        let (mut pieces, asked) = sorted(&mut entries);
        // With a hole in it a text must not go on, in the database neither.
        pieces.retain(|(_, shown)| !shown.is_broken());
        if !pieces.is_empty() {
            let taken = stored(&db, &pieces).await;
            for (piece, shown) in &pieces {
                if taken.contains(&piece.transcript) {
                    shown.add(&piece.text);
                    events.wake(topic(piece.transcript));
                } else {
                    shown.break_off();
                }
            }
        }
        for (shown, answer) in asked {
            // Nobody may wait any more.
            let _ = answer.send(!shown.is_broken());
        }
    }
}

/// Pieces, those of one text that follow each other joined, and who wants to know of them.
fn sorted(entries: &mut Vec<Entry>) -> (Vec<Handed>, Vec<Asking>) {
    let (mut pieces, mut asked) = (Vec::<Handed>::new(), Vec::new());
    let mut places: HashMap<TranscriptId, usize> = HashMap::new();
    for entry in entries.drain(..) {
        match entry {
            Entry::Stored(shown, answer) => asked.push((shown, answer)),
            Entry::Piece((piece, shown)) => match places.get(&piece.transcript) {
                Some(&place) => pieces[place].0.text.push_str(&piece.text),
                None => {
                    places.insert(piece.transcript, pieces.len());
                    pieces.push((piece, shown));
                }
            },
        }
    }
    (pieces, asked)
}

/// Stores pieces, again where the database fails; gives the texts that took theirs.
async fn stored(db: &Db, pieces: &[Handed]) -> Vec<TranscriptId> {
    let mut pause = PAUSE;
    for attempt in 1..=TRIES {
        let written = pieces.iter().map(|(piece, _)| piece.clone()).collect();
        match commit!(*db, transcripts::append(written)) {
            Ok(taken) => return taken,
            Err(error) => tracing::warn!(%error, attempt, "pieces of texts could not be stored"),
        }
        sleep(pause).await;
        pause *= 2;
    }
    Vec::new()
}
