//! Compares the rows of pictures with what lies in the store, both ways.

use std::io::Write;

use aws_lc_rs::digest::{Context, SHA256};
use futures_util::TryStreamExt;

use super::sweeping::{self, DAY_SECONDS};
use super::{Object, sweeping::places};
use crate::app::App;
use crate::db::query;
use crate::error::Result;
use crate::id::{ImageId, PlaceId};

/// Rows that are read at once.
const STEP: i64 = 500;

/// What does not fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A row whose bytes are not there.
    Missing(Vec<ImageId>),
    /// A row whose bytes are fewer or more than it says.
    Size(Vec<ImageId>, u64),
    /// A row whose bytes are others.
    Content(Vec<ImageId>),
    /// Objects of a place that no row names.
    Nobodys(usize),
    /// An object whose key is none of ours.
    Strange,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Report {
    /// How many rows were looked at.
    pub rows: usize,
    /// Each with the key that it is about.
    pub problems: Vec<(String, Problem)>,
    /// How many of the problems were repaired.
    pub repaired: usize,
}

/// Looks at every row and every object that is older than a day; `deep` reads all bytes, and `repair` removes the
/// objects that no row names. Rows without their bytes stay: a backup may bring the bytes back.
pub async fn check(app: &App, deep: bool, repair: bool) -> Result<Report> {
    let mut report = Report::default();
    let mut after = Vec::new();
    loop {
        let rows = query!(app.db, media_sweeps::list(after.clone(), STEP))?;
        let Some(last) = rows.last() else { break };
        after.clone_from(&last.sha256);
        for row in rows {
            report.rows += 1;
            if let Some(problem) = examine(app, &row, deep).await? {
                report.problems.push((row.key(), problem));
            }
        }
    }
    let before = app.clock.now().plus_seconds(-DAY_SECONDS);
    let (places, strange) = places(app, before).await?;
    let strange = strange
        .into_iter()
        .map(|object| (object.key, Problem::Strange));
    report.problems.extend(strange);
    let ids: Vec<PlaceId> = places.keys().map(|place| PlaceId(*place)).collect();
    for some in ids.chunks(500) {
        let named = query!(app.db, media_sweeps::named(some.to_vec()))?;
        for id in some.iter().filter(|id| !named.contains(id)) {
            let objects = places.get(&id.0).map(Vec::as_slice).unwrap_or_default();
            let key = objects.first().map(|object| object.key.clone());
            let problem = Problem::Nobodys(objects.len());
            report.problems.push((key.unwrap_or_default(), problem));
        }
    }
    if repair {
        report.repaired = sweeping::disown(app, before).await?;
        sweeping::remove(app).await?;
    }
    Ok(report)
}

async fn examine(app: &App, row: &Object, deep: bool) -> Result<Option<Problem>> {
    let found = app.storage.head(&row.key()).await?;
    let size = u64::try_from(row.byte_size).unwrap_or(0);
    let wrong = match found {
        None => Some(Problem::Missing as fn(Vec<ImageId>) -> Problem),
        Some(found) if found.size != size => {
            let pictures = query!(app.db, media_sweeps::pictures(row.sha256.clone()))?;
            return Ok(Some(Problem::Size(pictures, found.size)));
        }
        Some(_) if deep && !holds(app, row).await? => Some(Problem::Content as _),
        Some(_) => None,
    };
    match wrong {
        None => Ok(None),
        Some(problem) => {
            let pictures = query!(app.db, media_sweeps::pictures(row.sha256.clone()))?;
            Ok(Some(problem(pictures)))
        }
    }
}

/// Whether the bytes are those of the row's hash.
async fn holds(app: &App, row: &Object) -> Result<bool> {
    let Some(mut found) = app.storage.get(&row.key(), None).await? else {
        return Ok(false);
    };
    let mut digest = Context::new(&SHA256);
    while let Some(piece) = found.bytes.try_next().await? {
        digest.update(&piece);
    }
    Ok(digest.finish().as_ref() == row.sha256.as_slice())
}

impl Report {
    /// Writes what was found, a line each.
    pub fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        for (key, problem) in &self.problems {
            match problem {
                Problem::Missing(pictures) => {
                    writeln!(out, "missing  {key}: {}", named(pictures))?;
                }
                Problem::Size(pictures, size) => {
                    writeln!(out, "size     {key}: has {size} bytes, {}", named(pictures))?;
                }
                Problem::Content(pictures) => {
                    writeln!(
                        out,
                        "content  {key}: is not what its name says, {}",
                        named(pictures)
                    )?;
                }
                Problem::Nobodys(objects) => {
                    writeln!(out, "nobody's {key}: {objects} object(s) that no row names")?;
                }
                Problem::Strange => writeln!(out, "strange  {key}: is no key of Pluma's")?,
            }
        }
        writeln!(
            out,
            "{} row(s), {} problem(s), {} repaired.",
            self.rows,
            self.problems.len(),
            self.repaired
        )
    }
}

fn named(pictures: &[ImageId]) -> String {
    let names: Vec<String> = pictures.iter().map(ToString::to_string).collect();
    match names.is_empty() {
        true => "no picture".to_owned(),
        false => names.join(" "),
    }
}
