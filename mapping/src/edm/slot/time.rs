//! `xs:dateTime` and `xs:date`.

use jiff::{SignedDuration, Timestamp, civil::Date};

/// Reads an `xs:dateTime`: any offset or `Z`, any number of fractional digits. `[W10]` The second
/// value says whether there was a zone; without one the time counts as UTC.
pub(in crate::edm) fn read_date_time(text: &str) -> Option<(Timestamp, bool)> {
    let (date, rest) = text.split_once('T')?;
    let zone_at = rest.find(['Z', '+', '-']);
    let (clock, zone) = rest.split_at(zone_at.unwrap_or(rest.len()));
    let zone = match zone {
        "" => "Z",
        zone if is_zone(zone) => zone,
        _ => return None,
    };
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let digits = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    if !matches(whole, "00:00:00") || !digits {
        return None;
    }
    // Nanoseconds are as fine as time gets here.
    let fraction: String = fraction.chars().take(9).collect();
    read_date(date)?;
    // `24:00:00` is the end of the day in XML Schema.
    let (whole, extra) = match whole {
        "24:00:00" if fraction.bytes().all(|b| b == b'0') => {
            ("00:00:00", SignedDuration::from_hours(24))
        }
        whole => (whole, SignedDuration::ZERO),
    };
    let instant: Timestamp = format!("{date}T{whole}.{fraction}{zone}").parse().ok()?;
    Some((instant.checked_add(extra).ok()?, zone_at.is_some()))
}

/// Reads a date without a zone: what the rules ask for (`yyyy-mm-dd`).
pub(in crate::edm) fn read_date(text: &str) -> Option<Date> {
    if matches(text, "0000-00-00") {
        text.parse().ok()
    } else {
        None
    }
}

/// Writes an instant: milliseconds, or more digits where it has them.
pub(super) fn write_date_time(at: Timestamp) -> String {
    if at.subsec_nanosecond() % 1_000_000 == 0 {
        format!("{at:.3}")
    } else {
        format!("{at:.9}")
    }
}

fn is_zone(zone: &str) -> bool {
    zone == "Z" || matches(zone, "+00:00") || matches(zone, "-00:00")
}

/// Whether a text has the shape of a pattern in which `0` stands for a digit.
fn matches(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(b, p)| match p {
            b'0' => b.is_ascii_digit(),
            p => b == p,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let read = read_date_time(text).map(|(at, _)| at.to_string());
        assert_eq!(read.as_deref(), expected);
    }

    #[test]
    fn offsets_are_read() {
        check("2022-02-14T19:20:30+01:00", Some("2022-02-14T18:20:30Z"));
        check("2022-02-14T19:20:30-00:30", Some("2022-02-14T19:50:30Z"));
    }

    #[test]
    fn fractions_of_any_length_are_read() {
        check(
            "2023-04-20T12:52:44.3438434+01:00",
            Some("2023-04-20T11:52:44.3438434Z"),
        );
        check("2023-04-20T12:52:44.5Z", Some("2023-04-20T12:52:44.5Z"));
        check(
            "2023-04-20T12:52:44.12345678901234Z",
            Some("2023-04-20T12:52:44.123456789Z"),
        );
    }

    #[test]
    fn a_time_without_zone_counts_as_utc() {
        check("2023-04-20T12:52:44", Some("2023-04-20T12:52:44Z"));
        assert!(!read_date_time("2023-04-20T12:52:44").unwrap().1);
        assert!(read_date_time("2023-04-20T12:52:44Z").unwrap().1);
    }

    #[test]
    fn the_end_of_a_day_is_the_start_of_the_next() {
        check("2023-12-31T24:00:00Z", Some("2024-01-01T00:00:00Z"));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "2023-04-20",
            "2023-04-20 12:52:44Z",
            "2023-04-20T12:52Z",
            "2023-02-30T12:52:44Z",
            "2023-04-20T25:00:00Z",
            "2023-04-20T12:52:44.xZ",
            "2023-04-20T12:52:44.Z",
            "2023-04-20T12:52:44+1",
            "2023-04-20T12:52:44ZZ",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["2026-08-06T10:00:00.000Z", "2026-08-06T10:00:00.123456789Z"] {
            let at = read_date_time(text).unwrap().0;
            assert_eq!(write_date_time(at), text);
        }
    }
}
