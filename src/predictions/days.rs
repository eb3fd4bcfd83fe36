//! The days that a series goes on with: every day, only the days of the week that it has, every so many days, or the same
//! day of later months.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use std::collections::HashMap;

/// How much of the series is looked at: what it did long ago says nothing of what it does.
const LOOKED_AT: usize = 400;
/// From so many days on, a day of the week that none of them is on is one that the series leaves out.
const WEEKS: usize = 15;
/// The shortest pause of a series by months.
const SHORT_MONTH: i64 = 28;

/// The `count` days after those of a series, which are in order; none where the calendar ends.
pub fn after(series: &[NaiveDate], count: usize) -> Option<Vec<NaiveDate>> {
    let recent = &series[series.len().saturating_sub(LOOKED_AT)..];
    let mut last = *recent.last()?;
    let step = Step::of(recent);
    let mut days = Vec::with_capacity(count);
    for _ in 0..count {
        let next = match &step {
            // The day is sought anew in each month, or the 31st would stay the 28th after a February.
            Step::Months { by, on } => {
                let first = last.with_day(1)?.checked_add_months(Months::new(*by))?;
                first.with_day((*on).min(u32::from(first.num_days_in_month())))?
            }
            Step::Days(days) => last.checked_add_days(Days::new(*days))?,
            Step::Weekdays(on) => {
                let week = (1..=7).map(|ahead| last.checked_add_days(Days::new(ahead)));
                let mut week = week.flatten();
                week.find(|day| on.contains(&day.weekday()))?
            }
        };
        if next.year() > 9999 {
            return None;
        }
        last = next;
        days.push(next);
    }
    Some(days)
}

/// What lies between two days of a series.
enum Step {
    Days(u64),
    Weekdays(Vec<Weekday>),
    Months { by: u32, on: u32 },
}

impl Step {
    fn of(series: &[NaiveDate]) -> Self {
        let gaps = series.windows(2).map(|two| (two[1] - two[0]).num_days());
        let usual = most_frequent(gaps).unwrap_or(1);
        if usual == 1 {
            let mut on: Vec<Weekday> = Vec::new();
            for day in series {
                if !on.contains(&day.weekday()) {
                    on.push(day.weekday());
                }
            }
            return match series.len() >= WEEKS && on.len() < 7 {
                true => Self::Weekdays(on),
                false => Self::Days(1),
            };
        }
        let on = series.iter().map(Datelike::day).max().unwrap_or(1);
        match usual >= SHORT_MONTH && is_monthly(series, on) {
            true => {
                let number = |day: &NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month());
                let gaps = series
                    .windows(2)
                    .map(|two| number(&two[1]) - number(&two[0]));
                let months = most_frequent(gaps).unwrap_or(1).max(1);
                let by = u32::try_from(months).unwrap_or(1);
                Self::Months { by, on }
            }
            false => Self::Days(usual.unsigned_abs().max(1)),
        }
    }
}

/// Whether all days are that day of their months, or the last one where these are shorter.
fn is_monthly(series: &[NaiveDate], on: u32) -> bool {
    let day = |date: &NaiveDate| on.min(u32::from(date.num_days_in_month()));
    series.iter().all(|date| date.day() == day(date))
}

/// The most frequent number; the smallest of several.
fn most_frequent(numbers: impl Iterator<Item = i64>) -> Option<i64> {
    let mut counts: HashMap<i64, usize> = HashMap::new();
    for number in numbers {
        *counts.entry(number).or_default() += 1;
    }
    let most = counts
        .into_iter()
        .max_by_key(|(number, count)| (*count, -number));
    most.map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn goes_on(series: &[NaiveDate], count: usize) -> Vec<String> {
        let days = after(series, count).unwrap();
        days.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_series_of_every_day_goes_on_every_day() {
        let series: Vec<_> = day("2024-02-01").iter_days().take(27).collect();
        assert_eq!(
            goes_on(&series, 3),
            ["2024-02-28", "2024-02-29", "2024-03-01"]
        );
        // One day alone, or a few without a weekend, say nothing of weekends.
        assert_eq!(goes_on(&series[..1], 1), ["2024-02-02"]);
        assert_eq!(
            goes_on(&[day("2024-02-01"), day("2024-02-02")], 1),
            ["2024-02-03"]
        );
    }

    #[test]
    fn a_series_without_weekends_goes_on_without_them_also_after_holidays() {
        let working = |day: &NaiveDate| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let all = day("2024-01-01").iter_days().filter(working);
        let series: Vec<_> = all.filter(|day| day.day() != 8).take(25).collect();
        assert_eq!(series.last(), Some(&day("2024-02-05")));
        let days = goes_on(&series, 6);
        assert_eq!(days[3..], ["2024-02-09", "2024-02-12", "2024-02-13"]);
    }

    #[test]
    fn a_series_by_weeks_or_months_goes_on_by_them() {
        let weeks: Vec<_> = day("2024-01-03").iter_weeks().take(20).collect();
        assert_eq!(goes_on(&weeks, 2), ["2024-05-22", "2024-05-29"]);
        let ends = ["2024-10-31", "2024-11-30", "2024-12-31", "2025-01-31"].map(day);
        assert_eq!(
            goes_on(&ends, 3),
            ["2025-02-28", "2025-03-31", "2025-04-30"]
        );
        let from_february = ["2024-12-31", "2025-01-31", "2025-02-28"].map(day);
        assert_eq!(goes_on(&from_february, 1), ["2025-03-31"]);
        let firsts = ["2024-01-01", "2024-04-01", "2024-07-01"].map(day);
        assert_eq!(goes_on(&firsts, 2), ["2024-10-01", "2025-01-01"]);
    }

    #[test]
    fn where_the_calendar_ends_there_are_no_further_days() {
        assert_eq!(after(&[day("9999-12-30")], 2), None);
        assert_eq!(after(&[], 1), None);
    }
}
