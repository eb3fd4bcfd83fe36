//! A message on the wire: headers, and the same text twice, plain and as simple HTML.

use std::time::SystemTime;

use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};

use super::{Letter, final_failure};
use crate::clock;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};

const LONGEST_LINE: usize = 990;

/// Builds the message; a final failure where the address cannot be one.
pub fn compose(letter: &Letter, from: &Mailbox, host: &str, now: Timestamp) -> Result<Message> {
    let to = letter.to.parse();
    let to = to.map_err(|_| final_failure("the account's address is none that mail can go to"))?;
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    let id = format!("<{}@{host}>", clock::new_uuid().simple());
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(letter.subject.clone())
        .date(SystemTime::from(now.0))
        .message_id(Some(id))
        // Out-of-office replies and mailing lists leave such messages alone (RFC 3834).
        .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
        .multipart(
            MultiPart::alternative()
                .singlepart(part(ContentType::TEXT_PLAIN, plain(letter)))
                .singlepart(part(ContentType::TEXT_HTML, html(letter))),
        )
        .map_err(Error::caused_by)
}

/// lettre would encode what has lines of more than 76 characters, which breaks links in two for whoever reads
/// the file; up to 998 are allowed (RFC 5322).
fn part(kind: ContentType, text: String) -> SinglePart {
    let short = text.lines().all(|line| line.len() < LONGEST_LINE);
    let body = if text.is_ascii() && short {
        let wire = text.replace('\n', "\r\n").into_bytes();
        Body::dangerous_pre_encoded(wire, ContentTransferEncoding::SevenBit)
    } else {
        Body::new(text)
    };
    SinglePart::builder().header(kind).body(body)
}

fn plain(letter: &Letter) -> String {
    let link = letter.link.as_ref();
    let link = link.map(|(what, url)| format!("{what}:\n{url}"));
    let before = letter.before.iter().cloned();
    let parts: Vec<String> = before.chain(link).chain(letter.after.clone()).collect();
    format!("{}\n", parts.join("\n\n"))
}

fn html(letter: &Letter) -> String {
    let paragraph = |text: &String| format!("<p>{}</p>\n", escaped(text));
    let before: String = letter.before.iter().map(paragraph).collect();
    let after: String = letter.after.iter().map(paragraph).collect();
    let link = letter.link.as_ref().map(|(what, url)| {
        let url = escaped(url);
        format!("<p><a href=\"{url}\">{}</a></p>\n", escaped(what))
    });
    let (title, link) = (escaped(&letter.subject), link.unwrap_or_default());
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body>\n{before}{link}{after}</body>\n</html>\n"
    )
}

/// `text` as HTML shows it, also between quotation marks.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(to: &str) -> Letter {
        Letter {
            to: to.to_owned(),
            subject: "Is this yours?\r\nBcc: everybody@example.org".to_owned(),
            before: vec!["One & two.".to_owned()],
            link: Some((
                "Yes, it is".to_owned(),
                "https://a.example/?a=1&token=x\"y".to_owned(),
            )),
            after: vec!["Otherwise <nothing> happens.".to_owned()],
        }
    }

    fn composed(to: &str) -> Result<String> {
        let from = "Pluma <pluma@example.org>".parse().unwrap();
        let now = Timestamp(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let message = compose(&letter(to), &from, "pluma.example.org", now)?;
        Ok(String::from_utf8(message.formatted()).unwrap())
    }

    #[test]
    fn no_text_of_a_letter_becomes_a_header() {
        let text = composed("ann@example.org").unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.to_lowercase().contains("\nbcc"), "{head}");
        assert!(head.contains("From: Pluma <pluma@example.org>"), "{head}");
        assert!(head.contains("To: ann@example.org"), "{head}");
        assert!(head.contains("@pluma.example.org>"), "{head}");
        assert!(head.contains("Auto-Submitted: auto-generated"), "{head}");
        assert!(
            head.contains("Date: Fri, 15 Jan 2027 08:00:00 +0000"),
            "{head}"
        );
        assert!(body.contains("One & two.") && body.contains("One &amp; two."));
        assert!(body.contains("&lt;nothing&gt;") && !body.contains("token=x\"y\">"));
    }

    #[test]
    fn an_address_that_is_none_is_refused_for_good() {
        for to in [
            "",
            "ann",
            "ann@example.org\r\nBcc: b@example.org",
            "ann@example.org, b@example.org",
        ] {
            assert!(matches!(composed(to), Err(Error::User(_))), "{to:?}");
        }
    }
}
