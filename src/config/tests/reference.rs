//! That what people read of the settings is complete and true.

use super::load;
use crate::config::{
    reference,
    reference::{Setting, sections},
    template,
};

fn settings() -> Vec<Setting> {
    sections()
        .into_iter()
        .flat_map(|section| section.settings)
        .collect()
}

#[test]
fn every_setting_is_described() {
    let settings = settings();
    assert!(settings.len() > 35);
    for setting in &settings {
        let name = &setting.key;
        assert!(
            setting.variable.starts_with("PLUMA_")
                || setting.variable.starts_with("LINGUISTICS_")
                || setting.variable.starts_with("LEGISLATIVE_")
                || ["DATABASE_URL", "REDIS_URL", "SMTP_URL"].contains(&setting.variable),
            "{name}"
        );
        assert!(
            !setting.meaning.is_empty() && !setting.accepted.is_empty(),
            "{name}"
        );
    }
    let mut variables: Vec<_> = settings.iter().map(|setting| setting.variable).collect();
    variables.sort_unstable();
    variables.dedup();
    assert_eq!(
        variables.len(),
        settings.len(),
        "two settings share a variable"
    );
}

#[test]
fn numbers_are_bounded_as_described() {
    let mut numbers = 0;
    for setting in settings() {
        let Some(bounds) = setting.accepted.strip_prefix("a whole number from ") else {
            continue;
        };
        let (least, most) = bounds.split_once(" to ").unwrap();
        let (least, most): (u64, u64) = (least.parse().unwrap(), most.parse().unwrap());
        let accepts = |number: String| load(&[(setting.variable, &number)], None).is_ok();
        let name = setting.variable;
        assert!(
            accepts(least.to_string()) && accepts(most.to_string()),
            "{name} takes its bounds"
        );
        assert!(
            !accepts((most + 1).to_string()),
            "{name} refuses more than {most}"
        );
        assert!(
            !accepts((i128::from(least) - 1).to_string()),
            "{name} refuses less than {least}"
        );
        assert!(
            !accepts("1.5".into()) && !accepts("many".into()),
            "{name} refuses what is no number"
        );
        numbers += 1;
    }
    assert!(numbers > 20);
}

#[test]
fn the_template_is_a_file_of_defaults() {
    let template = template();
    load(&[], Some(&template)).unwrap();
    let uncommented: String = template
        .lines()
        .map(|line| {
            line.strip_prefix('#')
                .filter(|rest| !rest.starts_with(' '))
                .unwrap_or(line)
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let table: toml::Table = uncommented.parse().unwrap();
    let keys: usize = table
        .values()
        .map(|value| value.as_table().map_or(1, toml::Table::len))
        .sum();
    assert_eq!(keys, settings().len());
    load(&[], Some(&uncommented)).unwrap();
}

#[test]
fn the_committed_reference_is_up_to_date() {
    let committed = include_str!("../../../docs/configuration.md");
    assert!(
        committed == reference(),
        "run: pluma config reference > docs/configuration.md"
    );
}
