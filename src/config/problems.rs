//! What is wrong with a configuration, said so that it can be put right without reading code.

use std::fmt;

/// One thing that is wrong, by the name of the setting. It never holds the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The variable, or the file's key followed by its variable, that must change.
    pub setting: String,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub accepted: Option<String>,
}

impl Problem {
    pub(super) fn new(setting: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            setting: setting.into(),
            what: what.into(),
            accepted: None,
        }
    }

    pub(super) fn accepted(self, accepted: impl Into<String>) -> Self {
        Self {
            accepted: Some(accepted.into()),
            ..self
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.what)?;
        match &self.accepted {
            Some(accepted) => write!(f, "; accepted: {accepted}"),
            None => Ok(()),
        }
    }
}

/// Every problem of a configuration, one a line; there is at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub(super) Vec<Problem>);

impl Problems {
    /// The problems in the order they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used:")?;
        self.iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Problems {}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}
