//! Classification of texts by the words in them. The arithmetic is here, as smartcore's matrices have a place for every
//! word that a text does not contain.

mod bayes;
mod logistic;
#[cfg(test)]
mod tests;
mod words;

use super::{
    Error, Progress,
    classes::{self, Evaluation, MOST_CLASSES, evaluate, stratified},
    parameters::Parameters,
};
use bayes::Bayes;
use logistic::Logistic;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{fmt, str::FromStr};
use words::{Bag, Vocabulary};

/// Texts that are taken at most.
pub const MOST_TEXTS: usize = 50_000;
/// Bytes of all texts together, at most.
pub const MOST_BYTES: usize = 64 << 20;
/// Of a text that is longer, the rest is not looked at.
pub const MOST_WORDS: usize = 10_000;

/// How words are turned into a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Method {
    /// Multinomial logistic regression over the words' counts.
    LogisticRegression,
    /// Multinomial naive Bayes.
    NaiveBayes,
}

impl Method {
    /// The name that people ask for it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogisticRegression => "logistic_regression",
            Self::NaiveBayes => "naive_bayes",
        }
    }

    /// Name and version of what does the work.
    pub fn library(self) -> &'static str {
        super::LIBRARY
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        [Self::LogisticRegression, Self::NaiveBayes]
            .into_iter()
            .find(|method| method.name() == name)
            .ok_or_else(|| {
                Error::BadData(format!(
                    "there is no method of classifying texts `{name}`: take logistic_regression or naive_bayes"
                ))
            })
    }
}

/// A trained model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextClassifier {
    method: Method,
    /// JSON, as postcard has no type that describes itself.
    params: String,
    labels: Vec<String>,
    model: Model,
    evaluation: Evaluation,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Model {
    vocabulary: Vocabulary,
    learned: Learned,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Learned {
    Logistic(Logistic),
    Bayes(Bayes),
}

#[derive(Debug, Clone, Copy)]
enum Learner {
    Logistic {
        alpha: f64,
        epochs: usize,
        rate: f64,
        seed: u64,
    },
    Bayes {
        alpha: f64,
    },
}

struct Settings {
    folds: usize,
    seed: u64,
    vocabulary: usize,
    least: usize,
    learner: Learner,
}

impl Settings {
    fn read(method: Method, params: &Value) -> Result<(Self, Value), Error> {
        let mut given = Parameters::new(params)?;
        let folds = given.whole("folds", 5, 2, 20)?;
        let seed = given.whole("seed", 42, 0, u32::MAX as usize)? as u64;
        let vocabulary = given.whole("vocabulary", 20_000, 10, 50_000)?;
        let least = given.whole("least_texts", 1, 1, 1_000)?;
        let learner = match method {
            Method::LogisticRegression => Learner::Logistic {
                alpha: given.number("alpha", 1.0, 0.0, 1e6)?,
                epochs: given.whole("epochs", 20, 1, 200)?,
                rate: given.number("learning_rate", 0.5, 1e-4, 10.0)?,
                seed,
            },
            Method::NaiveBayes => Learner::Bayes {
                alpha: given.number("alpha", 1.0, 1e-6, 1e3)?,
            },
        };
        let settings = Self {
            folds,
            seed,
            vocabulary,
            least,
            learner,
        };
        Ok((settings, given.finish()?))
    }
}

/// Whether a method takes these parameters; what is wrong with them, where not.
pub fn check(method: Method, params: &Value) -> Result<(), Error> {
    Settings::read(method, params).map(drop)
}

/// Cross-validates, then trains with everything. The vocabulary is that of the training part each time.
pub fn train(
    texts: &[String],
    labels: &[String],
    method: Method,
    params: &Value,
    progress: Progress<'_>,
) -> Result<TextClassifier, Error> {
    let (settings, params) = Settings::read(method, params)?;
    if texts.len() != labels.len() {
        return Err(Error::BadData(format!(
            "there are {} labels for {} texts",
            labels.len(),
            texts.len()
        )));
    }
    classes::atmost("texts", texts.len(), MOST_TEXTS)?;
    let bytes = texts.iter().map(String::len).sum();
    classes::atmost("bytes of text", bytes, MOST_BYTES)?;
    let names = classes::classes_of(labels)?;
    debug_assert!(names.len() <= MOST_CLASSES);
    let classes = classes::encoded(labels, &names);
    let words: Vec<Vec<String>> = texts.iter().map(|text| words::words(text)).collect();
    let parts = stratified(&classes, settings.folds, settings.seed);
    let folds = parts.iter().max().map_or(0, |last| last + 1);
    let mut probabilities = vec![Vec::new(); texts.len()];
    let total = (folds + 1) as f64;
    for fold in 0..folds {
        let (held_out, kept): (Vec<usize>, Vec<usize>) =
            (0..texts.len()).partition(|text| parts[*text] == fold);
        let model = Model::fit(
            &words,
            &classes,
            &kept,
            names.len(),
            &settings,
            &mut |done| progress((fold as f64 + done) / total),
        )?;
        for text in held_out {
            probabilities[text] = model.probabilities(&words[text]);
        }
    }
    let evaluation = evaluate(&classes, &probabilities, names.len(), folds);
    let all: Vec<usize> = (0..texts.len()).collect();
    let model = Model::fit(
        &words,
        &classes,
        &all,
        names.len(),
        &settings,
        &mut |done| progress((folds as f64 + done) / total),
    )?;
    Ok(TextClassifier {
        method,
        params: params.to_string(),
        labels: names,
        model,
        evaluation,
    })
}

impl Model {
    fn fit(
        words: &[Vec<String>],
        classes: &[u32],
        texts: &[usize],
        count: usize,
        settings: &Settings,
        progress: Progress<'_>,
    ) -> Result<Self, Error> {
        if progress(0.0).is_break() {
            return Err(Error::Cancelled);
        }
        let parts = texts.iter().map(|text| words[*text].as_slice());
        let vocabulary = Vocabulary::of(parts, settings.vocabulary, settings.least);
        if vocabulary.is_empty() {
            return Err(Error::BadData(
                "the texts have no words that could tell their classes apart".to_owned(),
            ));
        }
        let bags: Vec<(Bag, u32)> = texts
            .iter()
            .map(|text| (vocabulary.bag(&words[*text]), classes[*text]))
            .collect();
        let width = vocabulary.len();
        let learned = match settings.learner {
            Learner::Bayes { alpha } => Learned::Bayes(Bayes::fit(&bags, width, count, alpha)),
            Learner::Logistic {
                alpha,
                epochs,
                rate,
                seed,
            } => Learned::Logistic(Logistic::fit(
                bags, width, count, alpha, epochs, rate, seed, progress,
            )?),
        };
        Ok(Self {
            vocabulary,
            learned,
        })
    }

    fn probabilities(&self, words: &[String]) -> Vec<f64> {
        let bag = self.vocabulary.bag(words);
        match &self.learned {
            Learned::Bayes(model) => model.probabilities(&bag),
            Learned::Logistic(model) => model.probabilities(&bag),
        }
    }
}

impl TextClassifier {
    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }
    /// The parameters, with their defaults.
    pub fn params(&self) -> Value {
        serde_json::from_str(&self.params).unwrap_or_default()
    }
    /// The classes, sorted, in the order of the probabilities.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }
    /// The cross-validation's result.
    pub fn evaluation(&self) -> &Evaluation {
        &self.evaluation
    }
    /// The probability of each label. A text without a known word gets what its class would be unread.
    pub fn probabilities(&self, text: &str) -> Result<Vec<f64>, Error> {
        let probabilities = self.model.probabilities(&words::words(text));
        if probabilities.len() != self.labels.len() || probabilities.iter().any(|p| !p.is_finite())
        {
            return Err(Error::Corrupt(
                "the model knows other classes than it names".to_owned(),
            ));
        }
        Ok(probabilities)
    }
}
