//! What moves on a terminal while work takes its time; elsewhere nothing is drawn.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const BAR: &str = "{bar:30} {pos}/{len} {wide_msg}";
const TICK: Duration = Duration::from_millis(120);

/// A bar of so many steps, on standard error; cleared when it is dropped.
pub fn bar(steps: usize) -> Progress {
    let bar = ProgressBar::new(steps as u64);
    // The template is a constant: a wrong one shows as the default bar.
    if let Ok(style) = ProgressStyle::with_template(BAR) {
        bar.set_style(style);
    }
    Progress(bar)
}

/// Something that turns beside `message` until it is dropped, also while the work blocks.
pub fn spinner(message: impl Into<String>) -> Progress {
    let spinner = ProgressBar::new_spinner().with_message(message.into());
    spinner.enable_steady_tick(TICK);
    Progress(spinner)
}

/// Progress that is shown; gone when it is dropped.
pub struct Progress(ProgressBar);

impl Progress {
    /// Says what is being done.
    pub fn doing(&self, what: &str) {
        self.0.set_message(what.to_owned());
    }

    /// One step is done.
    pub fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
