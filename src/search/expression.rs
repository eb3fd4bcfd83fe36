//! What has to match, written for SQLite FTS5 and for PostgreSQL; words stand in quotes, so that none is an operator.

/// A condition on a document's tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// One token.
    Token(String),
    /// Tokens that begin so.
    Beginning(String),
    /// Tokens side by side; where the flag is set, the last of them may go on.
    Phrase(Vec<String>, bool),
    /// All of them; at least one.
    All(Vec<Expression>),
    /// One of them; at least one.
    Any(Vec<Expression>),
    /// The first and not the second.
    Without(Box<Expression>, Box<Expression>),
}

impl Expression {
    /// In the query language of FTS5.
    pub fn fts5(&self) -> String {
        let mut out = String::new();
        self.write_fts5(&mut out);
        out
    }

    fn write_fts5(&self, out: &mut String) {
        match self {
            Self::Token(token) => out.extend(["\"", token, "\""]),
            Self::Beginning(token) => out.extend(["\"", token, "\" *"]),
            Self::Phrase(tokens, goes_on) => {
                let end = if *goes_on { "\" *" } else { "\"" };
                out.extend(["\"", &tokens.join(" "), end]);
            }
            Self::All(parts) => join(out, parts, " AND ", Self::write_fts5),
            Self::Any(parts) => join(out, parts, " OR ", Self::write_fts5),
            Self::Without(what, not) => {
                out.push('(');
                what.write_fts5(out);
                out.push_str(" NOT ");
                not.write_fts5(out);
                out.push(')');
            }
        }
    }

    /// As a `tsquery`.
    pub fn tsquery(&self) -> String {
        let mut out = String::new();
        self.write_tsquery(&mut out);
        out
    }

    fn write_tsquery(&self, out: &mut String) {
        match self {
            Self::Token(token) => out.extend(["'", token, "'"]),
            Self::Beginning(token) => out.extend(["'", token, "':*"]),
            Self::Phrase(tokens, goes_on) => {
                out.push('(');
                for (index, token) in tokens.iter().enumerate() {
                    let between = if index == 0 { "" } else { " <-> " };
                    let end = if *goes_on && index + 1 == tokens.len() {
                        ":*"
                    } else {
                        ""
                    };
                    out.extend([between, "'", token, "'", end]);
                }
                out.push(')');
            }
            Self::All(parts) => join(out, parts, " & ", Self::write_tsquery),
            Self::Any(parts) => join(out, parts, " | ", Self::write_tsquery),
            Self::Without(what, not) => {
                out.push('(');
                what.write_tsquery(out);
                out.push_str(" & !");
                not.write_tsquery(out);
                out.push(')');
            }
        }
    }
}

fn join(
    out: &mut String,
    parts: &[Expression],
    between: &str,
    write: fn(&Expression, &mut String),
) {
    out.push('(');
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push_str(between);
        }
        write(part, out);
    }
    out.push(')');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_stands_in_quotes() {
        let token = |text: &str| Expression::Token(text.to_owned());
        let expression = Expression::Without(
            Box::new(Expression::All(vec![
                Expression::Any(vec![token("~cat"), Expression::Beginning("cat".into())]),
                Expression::Phrase(vec!["a".into(), "b".into()], true),
            ])),
            Box::new(token("not")),
        );
        assert_eq!(
            expression.fts5(),
            r#"((("~cat" OR "cat" *) AND "a b" *) NOT "not")"#
        );
        assert_eq!(
            expression.tsquery(),
            "((('~cat' | 'cat':*) & ('a' <-> 'b':*)) & !'not')"
        );
    }
}
