//! Collects the text of a document tree, one line per block.

/// Plain text under construction.
#[derive(Default)]
pub(super) struct PlainText {
    text: String,
    line_due: bool,
}

impl PlainText {
    /// Appends text to the current line. NUL is dropped: PostgreSQL cannot store it.
    pub(super) fn push(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if std::mem::take(&mut self.line_due) && !self.text.is_empty() {
            self.text.push('\n');
        }
        if text.contains('\0') {
            self.text.extend(text.chars().filter(|c| *c != '\0'));
        } else {
            self.text.push_str(text);
        }
    }

    /// A block begins or ends here: what follows goes on a new line.
    pub(super) fn block(&mut self) {
        self.line_due = true;
    }

    /// The text, without white space around it.
    pub(super) fn finish(self) -> String {
        let trimmed = self.text.trim();
        if trimmed.len() == self.text.len() {
            self.text
        } else {
            trimmed.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_separated_by_one_newline_and_empty_ones_by_none() {
        let mut plain = PlainText::default();
        plain.block();
        plain.push("a");
        plain.push("b");
        plain.block();
        plain.block();
        plain.push("");
        plain.push("c\0");
        plain.block();
        assert_eq!(plain.finish(), "ab\nc");
    }
}
