//! Models that were loaded from the store: ready to answer, as many of them as fit into their share of memory; those on
//! their way there have a share of their own.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use moka::policy::EvictionPolicy;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::{Code, Error, Result};
use crate::id::ModelVersionId;
use crate::learning::artefact::Artefact;
use crate::learning::classes::Classifier;
use crate::learning::forecasts::Forecaster;
use crate::learning::onnx;
use crate::learning::texts::TextClassifier;

/// What a model counts beside its bytes.
const OVERHEAD: usize = 4 * 1024;
/// How long a model waits for others that are loaded before it.
const PATIENCE: Duration = Duration::from_secs(10);
/// In how many bytes the memory is counted that models have while they are loaded.
const PIECE: usize = 1024;

/// A model that is ready to answer.
pub enum Ready {
    /// It continues a series.
    Forecaster(Box<Forecaster>),
    /// It tells the class of a row.
    Classifier(Box<Classifier>),
    /// It tells the class of a text.
    Text(Box<TextClassifier>),
    /// It was trained elsewhere.
    Onnx {
        /// The names of its inputs, in their order.
        features: Vec<String>,
        /// What runs it.
        model: onnx::Model,
    },
}

impl Ready {
    /// Makes an artefact ready to answer.
    pub fn of(artefact: Artefact) -> std::result::Result<Self, crate::learning::Error> {
        Ok(match artefact {
            Artefact::Forecaster(model) => Self::Forecaster(model),
            Artefact::Classifier(model) => Self::Classifier(model),
            Artefact::Text(model) => Self::Text(model),
            Artefact::Onnx(file) => Self::Onnx {
                model: onnx::Model::load(&file.bytes, file.features.len(), file.labels.as_deref())?,
                features: file.features,
            },
        })
    }
}

type Kept = (Arc<Ready>, u32);

/// Memory for a model while it is loaded: held until its bytes are gone, also where nobody waits for it any more.
pub struct Room {
    _held: OwnedSemaphorePermit,
}

/// The models in memory; cheap to clone.
#[derive(Clone)]
pub struct Artefacts {
    kept: Cache<ModelVersionId, Kept>,
    room: Arc<Semaphore>,
    /// How many pieces there are in the room when it is empty.
    pieces: u32,
    patience: Duration,
}

impl Artefacts {
    /// Room for so many bytes of models, and for as many of those that are being loaded, or for one of the `largest`.
    pub fn new(bytes: u64, largest: u64) -> Self {
        let cache = Cache::builder()
            .max_capacity(bytes)
            .eviction_policy(EvictionPolicy::lru())
            .weigher(|_, kept: &Kept| kept.1);
        let loading = usize::try_from(bytes.max(largest)).unwrap_or(usize::MAX);
        let pieces = pieces(loading);
        Self {
            kept: cache.build(),
            room: Arc::new(Semaphore::new(pieces as usize)),
            pieces,
            patience: PATIENCE,
        }
    }

    /// Whether a model is in memory.
    pub fn has(&self, id: ModelVersionId) -> bool {
        self.kept.contains_key(&id)
    }

    /// A model of that many bytes, which `load` loads where it is not in memory; once for all who ask at the same
    /// time. One that is larger than the whole room is given and not kept. SERVICE_UNAVAILABLE where others are loaded
    /// for so long that it cannot begin.
    pub async fn get<Loading: Future<Output = Result<Ready>>>(
        &self,
        id: ModelVersionId,
        bytes: usize,
        load: impl FnOnce(Room) -> Loading,
    ) -> Result<Arc<Ready>> {
        let weight = u32::try_from(bytes.saturating_add(OVERHEAD)).unwrap_or(u32::MAX);
        let load = async {
            let room = self.room(bytes).await?;
            Ok((Arc::new(load(room).await?), weight))
        };
        let kept = self.kept.try_get_with(id, load).await;
        let (ready, _) = kept.map_err(|error: Arc<Error>| Error::clone(&error))?;
        Ok(ready)
    }

    /// Room for so many bytes, all of it for more than there is.
    async fn room(&self, bytes: usize) -> Result<Room> {
        let wanted = pieces(bytes).min(self.pieces);
        let room = Arc::clone(&self.room).acquire_many_owned(wanted);
        let room = timeout(self.patience, room).await.map_err(|_| {
            Error::refused(
                Code::ServiceUnavailable,
                "Too many models are being loaded; try again in a moment.",
            )
        })?;
        let held = room.map_err(Error::caused_by)?;
        Ok(Room { _held: held })
    }

    /// Lets go of what does not fit, which otherwise happens a little later.
    pub async fn settle(&self) {
        self.kept.run_pending_tasks().await;
    }

    /// Lets go of a model.
    pub async fn forget(&self, id: ModelVersionId) {
        self.kept.invalidate(&id).await;
    }
}

fn pieces(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(PIECE)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use futures_util::poll;
    use tokio::sync::oneshot;

    use super::*;

    /// What loading a model comes to that is begun.
    async fn begun(artefacts: &Artefacts, bytes: usize) -> Option<Error> {
        let load = |_room| async { Err(Error::internal("begun")) };
        artefacts
            .get(ModelVersionId::new(), bytes, load)
            .await
            .err()
    }

    #[tokio::test]
    async fn models_are_loaded_at_once_as_far_as_there_is_room_and_wait_no_longer_than_may_be() {
        let artefacts = Artefacts::new(0, 8 * 1024);
        let (open, gate) = oneshot::channel::<()>();
        let load = |room: Room| async move {
            let _ = gate.await;
            drop(room);
            Err(Error::internal("loaded"))
        };
        let mut first = Box::pin(artefacts.get(ModelVersionId::new(), 6 * 1024, load));
        assert!(poll!(&mut first).is_pending());
        assert!(matches!(
            begun(&artefacts, 2 * 1024).await,
            Some(Error::Internal(_))
        ));

        let impatient = Artefacts {
            patience: Duration::ZERO,
            ..artefacts.clone()
        };
        assert!(matches!(
            begun(&impatient, 2 * 1024 + 1).await,
            Some(Error::Refused {
                code: Code::ServiceUnavailable,
                ..
            })
        ));

        let mut next = Box::pin(begun(&artefacts, 8 * 1024));
        assert!(poll!(&mut next).is_pending());
        open.send(()).unwrap();
        assert!(matches!(first.await.err(), Some(Error::Internal(_))));
        assert!(matches!(next.await, Some(Error::Internal(_))));
        // What is larger than the room has it alone.
        assert!(matches!(
            begun(&artefacts, usize::MAX).await,
            Some(Error::Internal(_))
        ));
    }
}
