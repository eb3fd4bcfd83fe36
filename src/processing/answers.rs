//! Processing what the AI answers.

use serde_json::Value;

use super::{Input, Processed, Source, service};
use crate::ai::Completion;
use crate::ai::prompt::Question;
use crate::ai::service::complete;
use crate::app::{ANSWERED, App};
use crate::error::{Error, Result, UserErrorCode};
use crate::viewer::Viewer;

/// The part of the request's time that the answer may take; the rest is for what is done with it.
const SHARE: f32 = 0.7;

/// Asks the AI one question, and processes its answer where `process` says so and there is one. A `schema` that is
/// none is refused before anybody is asked.
pub async fn complete_and_process(
    app: &App,
    viewer: &Viewer,
    question: Question,
    process: bool,
    schema: Option<Value>,
) -> Result<(Completion, Option<Processed>)> {
    viewer.require()?;
    let (due, processed_by) = (app.due(SHARE), app.due(ANSWERED));
    let ask = question.check(app).await?;
    // Checked with a text in the answer's place.
    let mut input = Input {
        schema,
        ..Input::new(Source::Ai, "-".to_owned())
    };
    service::check(app, &input).map_err(at_schema)?;
    let told = input.clone();
    let checked = tokio::task::spawn_blocking(move || service::check_schema(&told)).await;
    checked
        .map_err(|error| Error::task_stopped(&error))?
        .map_err(at_schema)?;
    let completion = complete(app, viewer, ask, "aiCompleteAndProcess", due).await?;
    if !process || completion.content.trim().is_empty() {
        return Ok((completion, None));
    }
    input.content.clone_from(&completion.content);
    let processed = service::process(app, viewer, input, processed_by).await;
    Ok((completion, Some(processed.map_err(at_schema)?)))
}

/// Moves what is wrong with the schema to the argument that it is here. An answer that cannot be processed is no
/// mistake of whoever asked.
fn at_schema(error: Error) -> Error {
    let Error::User(mut errors) = error else {
        return error;
    };
    for error in &mut errors {
        match error.path.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["input", "schema", ..] => drop(error.path.remove(0)),
            ["input", "content"] => error.code = UserErrorCode::ProviderRejected,
            _ => {}
        }
    }
    Error::User(errors)
}
