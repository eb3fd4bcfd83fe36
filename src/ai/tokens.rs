//! How many tokens a text is, where no provider says: by OpenAI's o200k encoding, an estimate for other vendors.

use crate::error::{Error, Result};
use crate::remote::ai::Message;

/// What a message takes beside its text.
const AROUND: i64 = 4;
/// Longer texts are estimated by their length alone.
const LONGEST: usize = 1 << 20;

/// How many tokens a prompt is.
pub async fn of_prompt(messages: &[Message]) -> Result<i64> {
    let texts: Vec<String> = messages
        .iter()
        .map(|message| message.content.clone())
        .collect();
    let around = AROUND * i64::try_from(messages.len()).unwrap_or(0);
    Ok(off_thread(texts).await? + around)
}

/// How many tokens an answer is.
pub async fn of_answer(text: &str) -> Result<i64> {
    off_thread(vec![text.to_owned()]).await
}

/// The first use reads the encoding, which takes a moment.
async fn off_thread(texts: Vec<String>) -> Result<i64> {
    tokio::task::spawn_blocking(move || texts.iter().map(|text| count(text)).sum())
        .await
        .map_err(|error| Error::task_stopped(&error))
}

fn count(text: &str) -> i64 {
    let tokens = match text.len() {
        0 => 0,
        1..=LONGEST => tiktoken_rs::o200k_base_singleton().count_ordinary(text),
        _ => roughly(text.len()),
    };
    i64::try_from(tokens).unwrap_or(i64::MAX >> 20)
}

/// How many tokens so many bytes are, roughly: four bytes each.
pub fn roughly(bytes: usize) -> usize {
    bytes.div_ceil(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_counted_as_the_encoding_does() {
        assert_eq!(count(""), 0);
        // By OpenAI's own tokeniser.
        assert_eq!(count("hello world"), 2);
        assert!(count("A tokeniser cuts words.") < 10);
    }
}
