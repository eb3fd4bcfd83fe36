//! Reads delimited text record by record in bounded memory, whatever the file holds.
//!
//! On `csv_core`, because the `csv` crate makes room for a record however long it is: a quote that is never closed
//! would take as much memory as the file has bytes.

use std::io::{ErrorKind, Read};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::error::{Error, Result, UserErrorCode};

/// How much is read at once.
const PIECE: usize = 64 * 1024;
/// How long a record may be, in bytes.
pub const MAX_RECORD: usize = 1024 * 1024;
/// How many records of the beginning show the delimiter.
const SHOWING: usize = 50;
/// What may stand between fields.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The error for a file.
pub fn refuse(code: UserErrorCode, message: impl Into<String>) -> Error {
    Error::user(code, ["input", "file"], message)
}

/// A file's text without a byte order mark and with `\n` at the end of each line.
struct Text<R> {
    file: R,
    piece: Vec<u8>,
    begun: bool,
    after_return: bool,
}

impl<R: Read> Text<R> {
    fn new(file: R) -> Self {
        Self {
            file,
            piece: Vec::new(),
            begun: false,
            after_return: false,
        }
    }

    /// The next piece; empty at the end.
    fn next(&mut self) -> Result<&[u8]> {
        loop {
            self.piece.resize(PIECE, 0);
            let mut filled = 0;
            while filled < PIECE {
                match self.file.read(&mut self.piece[filled..]) {
                    Ok(0) => break,
                    Ok(some) => filled += some,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(Error::caused_by(error)),
                }
            }
            self.piece.truncate(filled);
            if !std::mem::replace(&mut self.begun, true) {
                self.begin()?;
            }
            if filled == 0 {
                return Ok(&[]);
            }
            let mut after_return = self.after_return;
            self.piece.retain_mut(|byte| {
                let second = after_return && *byte == b'\n';
                after_return = *byte == b'\r';
                if after_return {
                    *byte = b'\n';
                }
                !second
            });
            self.after_return = after_return;
            // A piece may have been the second half of a line's end.
            if !self.piece.is_empty() {
                return Ok(&self.piece);
            }
        }
    }

    fn begin(&mut self) -> Result<()> {
        let starts = |with: &[u8]| self.piece.starts_with(with);
        if starts(&[0xff, 0xfe]) || starts(&[0xfe, 0xff]) {
            let message = "The file is UTF-16: save it as UTF-8.";
            return Err(refuse(UserErrorCode::Corrupt, message));
        }
        if starts(b"PK\x03\x04") {
            let message = "This is a zip archive, as workbooks are: export the sheet as CSV.";
            return Err(refuse(UserErrorCode::UnsupportedType, message));
        }
        if starts(&[0xef, 0xbb, 0xbf]) {
            self.piece.drain(..3);
        }
        Ok(())
    }
}

/// A record of a table.
pub struct Record<'a> {
    /// The line on which it begins, from 1.
    pub line: u64,
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Record<'a> {
    /// How many fields it has.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Its fields in their order.
    pub fn fields(&self) -> impl Iterator<Item = &'a str> {
        let (text, mut start) = (self.text, 0);
        self.ends.iter().map(move |&end| {
            let field = text.get(start..end).unwrap_or_default();
            start = end;
            field
        })
    }
}

/// The records of a table, one after another.
pub struct Records<R> {
    text: Text<R>,
    used: usize,
    parser: Reader,
    out: Vec<u8>,
    ends: Vec<usize>,
    fields: usize,
}

impl<R: Read> Records<R> {
    /// Reads records of at most `fields` fields.
    pub fn new(file: R, delimiter: u8, fields: usize) -> Self {
        Self {
            text: Text::new(file),
            used: 0,
            parser: ReaderBuilder::new().delimiter(delimiter).build(),
            out: vec![0; MAX_RECORD],
            ends: vec![0; fields],
            fields,
        }
    }

    /// The next record.
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>> {
        let (mut written, mut ended) = (0, 0);
        let mut line;
        loop {
            if self.used >= self.text.piece.len() {
                self.text.next()?;
                self.used = 0;
            }
            let input = &self.text.piece[self.used..];
            let last = input.is_empty();
            let (outcome, read, wrote, ends) =
                self.parser
                    .read_record(input, &mut self.out[written..], &mut self.ends[ended..]);
            self.used += read;
            written += wrote;
            ended += ends;
            // The parser is behind the end of the line, except at the end of the file.
            line = self.parser.line() - u64::from(!last);
            match outcome {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::OutputFull => {
                    let message = format!(
                        "A row before line {} is longer than {MAX_RECORD} bytes: is a quote never closed?",
                        self.parser.line()
                    );
                    return Err(refuse(UserErrorCode::TooLarge, message));
                }
                ReadRecordResult::OutputEndsFull => {
                    let message = format!(
                        "Line {} has more than {} columns, which is as many as a table may have.",
                        self.parser.line(),
                        self.fields
                    );
                    return Err(refuse(UserErrorCode::TooLarge, message));
                }
            }
        }
        let bytes = &self.out[..written];
        let inner = bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
        let line = line.saturating_sub(inner).max(1);
        let text = std::str::from_utf8(bytes).map_err(|_| {
            let message = format!("Line {line} is not UTF-8: save the file as UTF-8.");
            refuse(UserErrorCode::Corrupt, message)
        })?;
        if text.contains('\0') {
            let message = format!("Line {line} holds a byte of zero: this is no text.");
            return Err(refuse(UserErrorCode::UnsupportedType, message));
        }
        Ok(Some(Record {
            line,
            text,
            ends: &self.ends[..ended],
        }))
    }
}

/// What stands between the fields: the delimiter by which the first records have as many fields as the header, and the
/// most of them.
pub fn delimiter(file: impl Read) -> Result<u8> {
    let mut text = Text::new(file);
    let sample = text.next()?;
    let whole = sample.len() < PIECE / 2;
    let scores = DELIMITERS.map(|delimiter| score(sample, whole, delimiter));
    let best = DELIMITERS.iter().zip(scores).rev();
    let best = best.max_by(|(_, one), (_, other)| one.total_cmp(other));
    Ok(best.map_or(b',', |(delimiter, _)| *delimiter))
}

/// How many fields the header has by this delimiter, less where the rows after it have another number.
fn score(sample: &[u8], whole: bool, delimiter: u8) -> f64 {
    let mut parser = ReaderBuilder::new().delimiter(delimiter).build();
    let (mut out, mut ends) = (vec![0; sample.len() + 1], vec![0; sample.len() + 2]);
    let (mut at, mut counts) = (0, Vec::new());
    while counts.len() < SHOWING {
        let (outcome, read, _, fields) = parser.read_record(&sample[at..], &mut out, &mut ends);
        at += read;
        match outcome {
            ReadRecordResult::Record => counts.push(fields),
            // The last line of the sample may go on behind it.
            ReadRecordResult::InputEmpty if whole => {
                let (_, _, _, more) = parser.read_record(&[], &mut out, &mut ends[fields..]);
                counts.push(fields + more);
                break;
            }
            _ => break,
        }
    }
    let Some((&header, rows)) = counts.split_first().filter(|(header, _)| **header > 1) else {
        return 0.0;
    };
    let alike = rows.iter().filter(|&&count| count == header).count();
    let share = (alike + 1) as f64 / (rows.len() + 1) as f64;
    share * share * header as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8], delimiter: u8) -> Result<Vec<(u64, Vec<String>)>> {
        let mut records = Records::new(text, delimiter, 4);
        let mut found = Vec::new();
        while let Some(record) = records.next_record()? {
            found.push((record.line, record.fields().map(str::to_owned).collect()));
        }
        Ok(found)
    }

    #[test]
    fn lines_are_counted_whatever_ends_them() {
        for end in ["\n", "\r\n", "\r"] {
            let text = "\u{feff}a,b,1,\"two,2\"\"\"".to_owned() + end + end + "\"3" + end + "3\",4";
            let found = all(text.as_bytes(), b',').unwrap();
            assert_eq!(found[0].0, 1);
            assert_eq!(found[0].1, ["a", "b", "1", "two,2\""]);
            assert_eq!(found[1], (3, vec!["3\n3".to_owned(), "4".to_owned()]));
            let ended = all((text + end).as_bytes(), b',').unwrap();
            assert_eq!(found, ended);
        }
        let long: String = (1..40_000).map(|line| format!("{line}\r\n")).collect();
        for (line, fields) in all(long.as_bytes(), b',').unwrap() {
            assert_eq!(fields, [line.to_string()]);
        }
    }

    #[test]
    fn what_would_take_much_memory_is_refused() {
        let open = format!("a\n\"{}", "x".repeat(MAX_RECORD + 1));
        assert!(
            all(open.as_bytes(), b',')
                .unwrap_err()
                .to_string()
                .contains("quote")
        );
        let wide = all(b"a\n1,2,3,4,5\n", b',').unwrap_err();
        assert!(wide.to_string().contains("Line 2 has more than 4"));
        assert!(
            all(b"a\n\xff\n", b',')
                .unwrap_err()
                .to_string()
                .contains("Line 2 is not UTF-8")
        );
        assert!(
            all(b"a\n\0\n", b',')
                .unwrap_err()
                .to_string()
                .contains("Line 2")
        );
        assert!(
            all(b"\xff\xfea\0", b',')
                .unwrap_err()
                .to_string()
                .contains("UTF-16")
        );
    }

    #[test]
    fn the_delimiter_is_the_one_by_which_rows_are_alike() {
        for (text, expected) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2,5\n3,5;4,5\n", b';'),
            ("a\tb\n1,2\t3\n", b'\t'),
            ("a|b|c\n1|2|3", b'|'),
            ("one column\n1\n2\n", b','),
            ("a,b\n\"x;y;z\",2\n", b','),
            ("", b','),
        ] {
            assert_eq!(delimiter(text.as_bytes()).unwrap(), expected, "{text}");
        }
    }
}
