//! Which language a text is written in.

use std::sync::LazyLock;

use lingua::{LanguageDetector, LanguageDetectorBuilder};

/// The languages that the built-in analysis knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    English,
    /// Portuguese.
    Portuguese,
    /// Spanish.
    Spanish,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::English, Self::Portuguese, Self::Spanish];

    /// The code of ISO 639-1.
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Portuguese => "pt",
            Self::Spanish => "es",
        }
    }
}

/// How much of a text is looked at, in characters; more changes the answer no longer.
const SAMPLE: usize = 2_000;
/// How sure the detector has to be, from 0 to 1.
const CONFIDENCE: f64 = 0.5;

static DETECTOR: LazyLock<LanguageDetector> = LazyLock::new(|| {
    let languages = [
        lingua::Language::English,
        lingua::Language::Portuguese,
        lingua::Language::Spanish,
    ];
    LanguageDetectorBuilder::from_languages(&languages).build()
});

/// The language of `text`, if it is one of [`Language`]. The first call loads the detector's models.
pub fn detect(text: &str) -> Option<Language> {
    let sample: String = text.chars().take(SAMPLE).collect();
    let (best, confidence) = DETECTOR
        .compute_language_confidence_values(sample)
        .into_iter()
        .next()?;
    if confidence < CONFIDENCE {
        return None;
    }
    Some(match best {
        lingua::Language::English => Language::English,
        lingua::Language::Portuguese => Language::Portuguese,
        lingua::Language::Spanish => Language::Spanish,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_languages_are_told_apart_and_others_are_none_of_them() {
        for (text, language) in [
            ("The library is open until nine tonight.", Some("en")),
            ("A biblioteca fica aberta até as nove da noite.", Some("pt")),
            (
                "La biblioteca abre hasta las nueve de la noche.",
                Some("es"),
            ),
            ("图书馆今晚开到九点。", None),
            ("Библиотека открыта до девяти вечера.", None),
            ("", None),
            ("12345 !?", None),
        ] {
            assert_eq!(detect(text).map(Language::code), language, "{text}");
        }
    }
}
