//! What the demo consists of: the people and notebooks beside this file, as they are read.

use pluma::error::{Error, Result};
use pluma::notebooks::CollaboratorRole;
use serde::Deserialize;

const PEOPLE: &str = include_str!("people.toml");

macro_rules! notebooks {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("notebooks/", $name, ".toml")))),*]
    };
}

const NOTEBOOKS: &[(&str, &str)] = notebooks![
    "cozinha-da-avo",
    "diario-dos-acores",
    "oficina-do-bairro",
    "el-huerto-del-balcon",
    "la-estacion-vacia",
    "cocina-de-domingo",
    "field-notes-on-writing",
    "the-lighthouse-ledger",
    "bread-that-waits",
    "shitamachi-sanpo",
    "chiisana-daidokoro",
    "ame-no-hi-no-honya",
    "editorial-handbook",
    "loose-ideas",
];

/// Somebody who writes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The name to sign in with.
    pub username: String,
    /// The name that readers see.
    pub name: String,
    /// What they say about themselves.
    pub bio: String,
}

/// A notebook with everything that happens to it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notebook {
    /// What a second run recognises it by: the name of its file.
    #[serde(skip)]
    pub slug: &'static str,
    /// Its language, as BCP 47 names it.
    pub language: String,
    /// The username of its owner.
    pub owner: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// Where it ends up.
    pub state: State,
    /// How many days ago it was begun.
    pub begun: u32,
    /// With whom it is shared.
    #[serde(default)]
    pub share: Vec<Share>,
    /// Its pages in order.
    pub page: Vec<Page>,
}

/// Where a notebook or a page ends up.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Readers see it; a page in a notebook that is no draft, unless it says otherwise.
    Published,
    /// Those who share the notebook see it.
    Draft,
    /// A page whose last step readers do not see yet.
    Ahead,
    /// A page that goes public by itself in a few days.
    Scheduled,
    /// It is in the trash.
    Trashed,
}

/// A person's share in a notebook.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Their username.
    pub with: String,
    /// `viewer` or `editor`.
    pub role: Role,
}

/// What a collaborator may do.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads drafts.
    Viewer,
    /// Writes.
    Editor,
}

impl From<Role> for CollaboratorRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => Self::Viewer,
            Role::Editor => Self::Editor,
        }
    }
}

/// A page with its history.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Its title.
    pub title: String,
    /// Whether the text is an editor's JSON instead of Markdown.
    #[serde(default)]
    pub rich: bool,
    /// Where it ends up; where its notebook is, unless it is said.
    pub state: Option<State>,
    /// Its first text.
    pub text: String,
    /// What happens to it after that.
    #[serde(default)]
    pub step: Vec<Step>,
}

/// One save.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Who saves; the owner unless it is said.
    pub by: Option<String>,
    /// Whether the editor saves by itself.
    #[serde(default)]
    pub autosave: bool,
    /// Whether the writer had not seen the step before: both are merged.
    #[serde(default)]
    pub behind: bool,
    /// Why it is saved.
    pub message: Option<String>,
    /// A name for the revision, which keeps it for good.
    pub name: Option<String>,
    /// What is replaced; where it is left out, `put` goes to the end.
    pub find: Option<String>,
    /// What takes its place.
    pub put: String,
}

impl Step {
    /// The text after this step.
    pub fn apply(&self, text: &str) -> Result<String> {
        match &self.find {
            None => Ok(format!("{text}{}", self.put)),
            Some(find) if text.contains(find.as_str()) => Ok(text.replacen(find, &self.put, 1)),
            Some(find) => Err(Error::internal(format!(
                "the demo replaces {find:?}, which its text does not hold"
            ))),
        }
    }
}

/// Everybody and everything.
pub struct Library {
    /// Who writes.
    pub people: Vec<Person>,
    /// What they have written.
    pub notebooks: Vec<Notebook>,
}

impl Library {
    /// Reads the files that are part of the program.
    pub fn read() -> Result<Self> {
        #[derive(Deserialize)]
        struct People {
            person: Vec<Person>,
        }
        let people: People = parse("people", PEOPLE)?;
        let notebooks = NOTEBOOKS.iter().map(|(slug, text)| {
            let notebook: Notebook = parse(slug, text)?;
            Ok(Notebook { slug, ..notebook })
        });
        Ok(Self {
            people: people.person,
            notebooks: notebooks.collect::<Result<_>>()?,
        })
    }
}

fn parse<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| Error::internal(format!("demo/{name}.toml: {error}")))
}
