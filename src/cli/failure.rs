//! Why the program ends, said so that a person can do something about it.

use std::process::ExitCode;

use pluma::config::Problems;

/// A command that could not be carried out.
pub enum Failure {
    /// The configuration is wrong.
    Configuration(Problems),
    /// Anything else.
    Failed(anyhow::Error),
    /// Everything has been said already.
    Told,
}

impl Failure {
    /// Writes it to standard error and gives the exit code.
    pub fn report(&self) -> ExitCode {
        match self {
            Self::Configuration(problems) => {
                eprintln!("{problems}\n\n`pluma config reference` explains every setting.");
                ExitCode::from(2)
            }
            Self::Failed(error) => {
                eprintln!("Pluma cannot go on:");
                for cause in error.chain() {
                    eprintln!("  {cause}");
                }
                ExitCode::FAILURE
            }
            Self::Told => ExitCode::FAILURE,
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Configuration(problems)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<pluma::error::Error> for Failure {
    fn from(error: pluma::error::Error) -> Self {
        // An internal error is its cause: naming both would say the same twice.
        Self::Failed(anyhow::anyhow!("{error}"))
    }
}
