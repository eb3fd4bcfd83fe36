//! What a client can read, by its `Accept` header: which kind of answer, and which kind of stream.

use axum::http::{HeaderMap, header};

/// The media type of an answer that is one JSON document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: the status code says how it went.
    GraphqlResponse,
    /// `application/json`: a well-formed request is answered with 200, whatever became of it.
    Json,
}

impl Media {
    /// The value for `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// How several results follow each other in one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streaming {
    /// GraphQL over SSE, distinct connections mode.
    EventStream,
    /// Apollo's multipart subscriptions, version 1.0.
    Multipart,
}

/// What a client accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// For a single result.
    pub single: Option<Media>,
    /// For several; only where the client names the protocol, never through `*/*`.
    pub streaming: Option<Streaming>,
}

/// Reads `Accept`. Without one, `application/json` is meant.
pub fn accepted(headers: &HeaderMap) -> Accepted {
    let mut any = false;
    let (mut graphql, mut json, mut application, mut all) = (None, None, None, None);
    let mut streaming: Option<(f32, Streaming)> = None;
    for value in headers.get_all(header::ACCEPT) {
        let Ok(value) = value.to_str() else { continue };
        for range in split(value, ',') {
            any = true;
            let mut parts = split(range, ';');
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let (mut quality, mut subscriptions) = (1.0_f32, false);
            for parameter in parts {
                let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
                match key.trim().to_ascii_lowercase().as_str() {
                    "q" => quality = value.trim().parse().unwrap_or(0.0),
                    "subscriptionspec" => subscriptions = true,
                    _ => {}
                }
            }
            let offered = match name.as_str() {
                "application/graphql-response+json" => {
                    graphql = Some(quality);
                    None
                }
                "application/json" => {
                    json = Some(quality);
                    None
                }
                "application/*" => {
                    application = Some(quality);
                    None
                }
                "*/*" => {
                    all = Some(quality);
                    None
                }
                "text/event-stream" => Some(Streaming::EventStream),
                "multipart/mixed" if subscriptions => Some(Streaming::Multipart),
                _ => None,
            };
            if let Some(offered) = offered
                && quality > streaming.map_or(0.0, |(best, _)| best)
            {
                streaming = Some((quality, offered));
            }
        }
    }
    if !any {
        return Accepted {
            single: Some(Media::Json),
            streaming: None,
        };
    }
    let wild = application.or(all);
    let as_json = json.or(wild).unwrap_or(0.0);
    let as_graphql = graphql.or(wild).unwrap_or(0.0);
    // A wildcard means the older type: clients that know the newer one name it.
    let single = if graphql.is_some() && as_graphql > 0.0 && as_graphql >= as_json {
        Some(Media::GraphqlResponse)
    } else if as_json > 0.0 {
        Some(Media::Json)
    } else if as_graphql > 0.0 {
        Some(Media::GraphqlResponse)
    } else {
        None
    };
    Accepted {
        single,
        streaming: streaming.map(|(_, streaming)| streaming),
    }
}

/// Splits at `separator` outside quotes, trims, and leaves out what is empty.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |character| {
        if character == '"' {
            quoted = !quoted;
        }
        character == separator && !quoted
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn read(accept: &'static str) -> (Option<Media>, Option<Streaming>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        let accepted = accepted(&headers);
        (accepted.single, accepted.streaming)
    }

    #[test]
    fn without_accept_json_is_meant() {
        let accepted = accepted(&HeaderMap::new());
        assert_eq!(accepted.single, Some(Media::Json));
        assert_eq!(accepted.streaming, None);
    }

    #[test]
    fn wildcards_mean_json() {
        assert_eq!(read("*/*"), (Some(Media::Json), None));
        assert_eq!(
            read("text/html, application/*;q=0.5"),
            (Some(Media::Json), None)
        );
        assert_eq!(
            read("application/json;q=0, */*"),
            (Some(Media::GraphqlResponse), None)
        );
    }

    #[test]
    fn qualities_decide() {
        let both = "application/graphql-response+json, application/json;q=0.9";
        assert_eq!(read(both).0, Some(Media::GraphqlResponse));
        let other = "application/graphql-response+json;q=0.2, application/json";
        assert_eq!(read(other).0, Some(Media::Json));
        assert_eq!(read("application/graphql-response+json;q=0").0, None);
        assert_eq!(read("text/html").0, None);
    }

    #[test]
    fn streams_are_named() {
        assert_eq!(
            read("text/event-stream"),
            (None, Some(Streaming::EventStream))
        );
        let apollo = r#"multipart/mixed;boundary="a,b";subscriptionSpec=1.0,application/json"#;
        assert_eq!(
            read(apollo),
            (Some(Media::Json), Some(Streaming::Multipart))
        );
        assert_eq!(read("multipart/mixed;deferSpec=20220824").1, None);
        let later = "multipart/mixed;subscriptionSpec=1.0;q=0.1, text/event-stream;q=0.2";
        assert_eq!(read(later).1, Some(Streaming::EventStream));
    }
}
