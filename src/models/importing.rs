//! Models that were trained elsewhere: ONNX is taken, after a look at its operators; pickles are not, as reading one runs
//! whatever code is in it.

use std::fs::File;
use std::io::{Read, Seek};

use aws_lc_rs::digest;
use bytes::Bytes;
use serde_json::json;

use super::ordering::check_name;
use super::refusals::refusal;
use super::{Algorithm, Metrics, Model, NewVersion, Task, Version};
use crate::app::App;
use crate::db::commit;
use crate::db::types::JsonValue;
use crate::error::{Error, OnConstraint, Result, UserErrorCode};
use crate::id::{ModelId, ModelVersionId};
use crate::learning::artefact::{Artefact, OnnxFile};
use crate::learning::{self, onnx};
use crate::logs::Log;
use crate::validate::Checks;
use crate::viewer::Viewer;

/// The longest list of names, and the longest name in it, in characters.
const MAX_NAMES: usize = 10_000;
const MAX_LETTERS: usize = 200;
/// What people read who bring a pickle.
const PICKLE: &str = "This is a pickle, and reading one runs whatever code is in it: no server should. Export the model \
                      to ONNX where it was trained, for scikit-learn with skl2onnx: \
                      `onx = skl2onnx.to_onnx(model, X[:1].astype(numpy.float32), options={\"zipmap\": False})`, then \
                      write `onx.SerializeToString()` to a file and import that. docs/models.md has the whole of it.";

/// What somebody brings.
pub struct Import {
    /// The model's name.
    pub name: String,
    /// What it does.
    pub task: Task,
    /// The file.
    pub file: File,
    /// What its inputs are called, in their order.
    pub features: Vec<String>,
    /// What its classes are called, in their order; those of the file where there are none.
    pub labels: Option<Vec<String>>,
}

/// Checks a file and keeps it as a version.
pub async fn import(app: &App, viewer: &Viewer, import: Import) -> Result<(Model, Version)> {
    let owner = viewer.require()?.user_id;
    let name = check_name(app, viewer, &import.name, import.task).await?;
    let mut checks = Checks::new();
    if import.task != Task::Classification {
        let message =
            "Imported models tell the class of a row of numbers: the task is CLASSIFICATION.";
        checks.add(UserErrorCode::Invalid, ["input", "task"], message);
    }
    names(&mut checks, "features", &import.features);
    if let Some(labels) = &import.labels {
        names(&mut checks, "labels", labels);
    }
    checks.done()?;
    let most = app.config.models.bytes;
    let (file, features, labels) = (import.file, import.features, import.labels);
    // Not in line behind those that train: who asks is waiting.
    let read = app.tables.run(move || read(file, most, features, labels));
    let found = read.await?;
    let now = app.clock.now();
    let version = version(&found, now)?;
    app.storage.put(&version.key(), found.bytes).await?;
    let entry = Log::audit(viewer, now, "model.imported", version.id).with(json!({
        "model": name,
        "sha256": hex::encode(&version.sha256),
    }));
    let new = NewVersion {
        name,
        task: import.task,
        owner,
        as_admin: viewer.is_admin(),
        version,
    };
    let again = || {
        let message = "Somebody made a model of this name at the same moment: send it again.";
        Error::user(UserErrorCode::Conflict, ["input", "name"], message)
    };
    commit!(app.db, model_registrations::insert(new, None, entry))
        .on_constraint("models_name_key", again)
}

fn names(checks: &mut Checks, field: &'static str, names: &[String]) {
    let path = ["input", field];
    if names.is_empty() {
        let message = "Name at least one, in the order in which the model has them.";
        checks.add(UserErrorCode::TooShort, path, message);
    }
    if names.len() > MAX_NAMES {
        let message = format!("At most {MAX_NAMES} names are taken.");
        checks.add(UserErrorCode::TooLong, path, message);
        return;
    }
    let mut seen = std::collections::HashSet::new();
    for name in names {
        let wrong = if name.trim().is_empty() {
            "One of the names is blank.".to_owned()
        } else if name.chars().count() > MAX_LETTERS {
            format!("A name has at most {MAX_LETTERS} characters.")
        } else if name.chars().any(char::is_control) {
            "Control characters are not allowed in names.".to_owned()
        } else if !seen.insert(name) {
            format!("`{name}` is there twice.")
        } else {
            continue;
        };
        checks.add(UserErrorCode::Invalid, path, wrong);
        return;
    }
}

struct Found {
    inspection: onnx::Inspection,
    features: Vec<String>,
    labels: Vec<String>,
    bytes: Bytes,
}

fn version(found: &Found, now: crate::db::types::Timestamp) -> Result<Version> {
    let json = |value: &_| {
        serde_json::to_value(value)
            .map(JsonValue)
            .map_err(Error::caused_by)
    };
    let metrics = serde_json::to_value(Metrics::default()).map_err(Error::caused_by)?;
    let producer = &found.inspection.producer;
    Ok(Version {
        id: ModelVersionId::new(),
        // Both are found as it is written.
        model_id: ModelId(uuid::Uuid::nil()),
        version: 0,
        algorithm: Algorithm::Onnx,
        params: JsonValue(json!({ "operators": found.inspection.operators })),
        features: json(&found.features)?,
        labels: Some(json(&found.labels)?),
        target: None,
        dataset_id: None,
        data_hash: None,
        metrics: JsonValue(metrics),
        library: match producer.trim() {
            "" => "unknown".to_owned(),
            producer => producer
                .chars()
                .filter(|c| !c.is_control())
                .take(MAX_LETTERS)
                .collect(),
        },
        training_seconds: 0.0,
        byte_size: i64::try_from(found.bytes.len()).map_err(Error::caused_by)?,
        sha256: digest::digest(&digest::SHA256, &found.bytes)
            .as_ref()
            .to_vec(),
        job_id: None,
        created_at: now,
    })
}

fn at_file(code: UserErrorCode, message: impl Into<String>) -> Error {
    Error::user(code, ["input", "file"], message)
}

fn read(
    mut file: File,
    most: u64,
    features: Vec<String>,
    labels: Option<Vec<String>>,
) -> Result<Found> {
    let size = file.metadata().map_err(Error::caused_by)?.len();
    let mut bytes = Vec::new();
    file.rewind().map_err(Error::caused_by)?;
    file.by_ref()
        .take(most.min(16))
        .read_to_end(&mut bytes)
        .map_err(Error::caused_by)?;
    sniff(&bytes)?;
    if size > most {
        let message = format!("A model has at most {most} bytes; this has {size}.");
        return Err(at_file(UserErrorCode::TooLarge, message));
    }
    file.take(most)
        .read_to_end(&mut bytes)
        .map_err(Error::caused_by)?;
    let inspection = onnx::inspect(&bytes).map_err(refusal)?;
    if let Some(taken) = inspection.features
        && taken != features.len()
    {
        let message = format!(
            "The model takes {taken} numbers, and {} features are named.",
            features.len()
        );
        let path = ["input", "features"];
        return Err(Error::user(UserErrorCode::FeatureMismatch, path, message));
    }
    let model = onnx::Model::load(&bytes, features.len(), labels.as_deref());
    let model = model.map_err(|error| match error {
        learning::Error::UnsupportedOperators(operators) => {
            let message = format!(
                "This program cannot run these operators of the model: {}. docs/classification.md says which exports it runs.",
                operators.join(", ")
            );
            at_file(UserErrorCode::UnsupportedType, message)
        }
        other => refusal(other),
    })?;
    let known = model.labels().to_vec();
    if known.is_empty() {
        let message = "The model gives a number and no class: only classifiers are imported.";
        return Err(at_file(UserErrorCode::UnsupportedType, message));
    }
    let artefact = Artefact::Onnx(OnnxFile {
        features: features.clone(),
        labels,
        bytes,
    });
    Ok(Found {
        inspection,
        features,
        labels: known,
        bytes: Bytes::from(artefact.to_bytes().map_err(refusal)?),
    })
}

/// Refuses what is no ONNX by how it begins; ONNX itself has no magic number.
fn sniff(start: &[u8]) -> Result<()> {
    let is = |with: &[u8]| start.starts_with(with);
    // A protocol's number follows the first byte; older protocols are text. joblib compresses pickles, too.
    let pickle = matches!(start, [0x80, 1..=9, ..])
        || is(b"ccopy_reg")
        || is(b"(lp0")
        || is(b"(dp0")
        || is(&[0x78, 0x01])
        || is(&[0x78, 0x9c])
        || is(&[0x78, 0xda])
        || is(&[0x1f, 0x8b])
        || is(b"BZh")
        || is(&[0xfd, b'7', b'z', b'X', b'Z']);
    if start.is_empty() {
        return Err(at_file(UserErrorCode::Blank, "The file is empty."));
    }
    if pickle {
        return Err(at_file(UserErrorCode::UnsupportedType, PICKLE));
    }
    if is(b"PK\x03\x04") {
        let message = "This is a zip archive, as PyTorch and Keras write them: export the model to ONNX and import that file.";
        return Err(at_file(UserErrorCode::UnsupportedType, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the API gets it, an export of scikit-learn whose operators tract does not have.
    #[test]
    fn what_tract_cannot_run_is_refused_by_name_or_goes_to_onnx_runtime() {
        let models = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/references/learning/models"
        );
        let file = File::open(format!("{models}/svm-names.onnx")).unwrap();
        let features = ["a", "b", "c", "d"].map(ToOwned::to_owned);
        match read(file, 1 << 20, features.to_vec(), None) {
            Ok(found) if cfg!(feature = "ort") => {
                assert_eq!(found.labels, ["setosa", "versicolor", "virginica"]);
            }
            Err(Error::User(errors)) if cfg!(not(feature = "ort")) => {
                assert_eq!(errors[0].code, UserErrorCode::UnsupportedType);
                assert!(errors[0].message.contains("SVMClassifier"), "{errors:?}");
            }
            Ok(_) => panic!("it was taken"),
            Err(error) => panic!("{error}"),
        }
    }
}
