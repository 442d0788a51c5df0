//! Warns of certificates that end: once at each mark, for ours and for partners'. [ROB-125]

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{keys::list::Listed, telemetry::metrics::CertificatePurpose};

/// Days before the end at which somebody is warned; 0 is the end itself.
const MARKS: [i64; 6] = [60, 30, 14, 7, 1, 0];

/// Who was warned of what.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    /// The mark last warned at, by certificate and what it is for.
    warned: BTreeMap<(CertificatePurpose, [u8; 32]), i64>,
}

/// One warning.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Warning {
    /// What the certificate is for.
    purpose: CertificatePurpose,
    /// Whose it is.
    party: String,
    /// Its subject.
    subject: String,
    /// When it ends.
    not_after: Timestamp,
    /// The mark that was passed, in days.
    mark: i64,
}

impl Warnings {
    /// The warnings that are due. A mark is passed once, however often this is called; after a
    /// start, only the last one passed counts.
    pub(super) fn due(&mut self, listed: &[Listed], now: Timestamp) -> Vec<Warning> {
        let mut due = Vec::new();
        for certificate in listed {
            let left = certificate.seconds_left(now);
            let passed = MARKS.iter().rev().find(|mark| left <= **mark * 86_400);
            let Some(mark) = passed else {
                continue;
            };
            let purpose = certificate.purpose();
            let key = (purpose, certificate.certificate().fingerprint_sha256());
            if self.warned.insert(key, *mark) != Some(*mark) {
                due.push(Warning {
                    purpose,
                    party: certificate.party().to_owned(),
                    subject: certificate.certificate().subject(),
                    not_after: certificate.certificate().not_after(),
                    mark: *mark,
                });
            }
        }
        due
    }
}

impl Warning {
    /// Writes it where somebody reads it.
    pub(super) fn log(&self) {
        let (purpose, party) = (self.purpose, &self.party);
        let (subject, ends) = (&self.subject, self.not_after);
        if self.mark == 0 {
            tracing::error!(?purpose, %party, %subject, %ends, "Certificate has expired");
        } else {
            let days = self.mark;
            tracing::warn!(?purpose, %party, %subject, %ends, days, "Certificate expires soon");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ebms::security::Certificate;

    fn listed(until: (i32, u8, u8)) -> Listed {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
        parameters.not_before = rcgen::date_time_ymd(2026, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        let pem = parameters.self_signed(&pair).unwrap().pem();
        let certificate = Certificate::from_pem(pem.as_bytes()).unwrap();
        Listed::new(CertificatePurpose::PartnerSigning, "fr", certificate)
    }

    #[test]
    fn each_mark_warns_once_and_the_schedule_is_exact() {
        // [ROB-125] 60/30/14/7/1 days and expired
        let all = [listed((2026, 12, 31)), listed((2036, 12, 31))];
        let mut warnings = Warnings::default();
        let end = all[0].certificate().not_after();
        let mut at = |seconds: i64| {
            let now = end - jiff::SignedDuration::from_secs(seconds);
            let due = warnings.due(&all, now);
            due.iter().map(|warning| warning.mark).collect::<Vec<_>>()
        };
        assert_eq!(at(60 * 86_400 + 1), Vec::<i64>::new());
        for mark in MARKS {
            assert_eq!(at(mark * 86_400), [mark]);
            assert_eq!(at(mark * 86_400), Vec::<i64>::new());
        }
        assert_eq!(at(-86_400), Vec::<i64>::new());
    }

    #[test]
    fn after_a_start_only_the_last_mark_counts() {
        let all = [listed((2026, 12, 31))];
        let now = all[0].certificate().not_after() - jiff::SignedDuration::from_hours(5 * 24);
        let due = Warnings::default().due(&all, now);
        assert_eq!(due.iter().map(|it| it.mark).collect::<Vec<_>>(), [7]);
    }
}
