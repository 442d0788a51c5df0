//! What an HTTP answer to a ping is worth: receipt, digests, signer.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ebms::{
    Answer, Partner,
    security::Certificate,
    signal::{InvalidReceipt, NoSignal, ReceiptProof},
};
use http::StatusCode;
use jiff::Timestamp;

use super::{
    report::{Ended, Fault, Finding, Report, Stage},
    wire::{dates, with_certificate},
};
use crate::cli::exit::{FINDINGS, TRY_AGAIN};

/// HTTP status: fails when nothing but the status was said, and it was not a good one.
pub(super) fn http(status: StatusCode, answer: &Answer) -> Result<((), Finding), Fault> {
    let finding = Finding::new(format!("HTTP {status}")).with("status", status.as_u16());
    let silent = matches!(answer, Answer::Unanswered { .. });
    // [P19] a signal counts whatever its status.
    if status.is_success() || !silent {
        return Ok(((), finding));
    }
    let (exit, advice) = match status.as_u16() {
        300..=399 => (
            FINDINGS,
            "redirects are not followed: put the final URL into endpoint",
        ),
        401 | 403 => (
            FINDINGS,
            "the partner does not let us in: client certificate or list of addresses",
        ),
        404 | 405 => (
            FINDINGS,
            "the path of the endpoint is wrong: ask the partner for its URL",
        ),
        429 | 503 => (TRY_AGAIN, "the partner is busy: try again in a minute"),
        500.. => (
            FINDINGS,
            "the partner's access point failed: send it the message id and this time",
        ),
        _ => (
            FINDINGS,
            "the partner did not read the message: send it the message id and this time",
        ),
    };
    Err(Fault {
        finding,
        advice: advice.to_owned(),
        exit,
    })
}

/// Whether a receipt for this message came, and is signed by the partner.
fn receipt(answer: &Answer) -> Result<((), Finding), Fault> {
    let fault = |text: String, advice: &str| Err(Fault::new(FINDINGS, text, advice));
    match answer {
        Answer::Acknowledged(proof) => {
            let finding = Finding::new("signed receipt for this message");
            let id = proof.message_id().as_str();
            let finding = finding.with("receipt_id", id);
            Ok((
                (),
                finding.with("receipt_timestamp", proof.timestamp().to_string()),
            ))
        }
        Answer::InvalidReceipt(InvalidReceipt::Digests) => {
            Ok(((), Finding::new("signed receipt for this message")))
        }
        Answer::InvalidReceipt(reason) => {
            let advice = match reason {
                InvalidReceipt::Signature(_) => {
                    "compare the certificate of the partner with signing.certificates of its file"
                }
                InvalidReceipt::Unsigned => "the partner must sign receipts (non-repudiation)",
                InvalidReceipt::OtherMessage
                | InvalidReceipt::Digests
                | InvalidReceipt::Malformed => {
                    "the partner's access point makes wrong receipts: send it the message id"
                }
            };
            fault(format!("receipt proves nothing: {reason}"), advice)
        }
        Answer::AlreadyAccepted(_) => fault(
            "partner knows the message already".to_owned(),
            "the message id is new: the partner's duplicate check is wrong",
        ),
        Answer::Refused(errors) => {
            let codes: Vec<_> = errors.iter().map(|error| error.code_text()).collect();
            let advice = codes.first().map_or(String::new(), |code| {
                format!("bridge explain {code}; the partner's log says why")
            });
            fault(format!("refused with {}", codes.join(", ")), &advice)
        }
        Answer::Unanswered { status, reason } => {
            let what = match reason {
                NoSignal::Empty => "an empty body",
                NoSignal::NotSoap => "a body that is no SOAP message",
                NoSignal::Unreadable => "a SOAP message that is no readable signal",
                NoSignal::Fault => "a SOAP fault",
                NoSignal::WarningsOnly => "warnings only",
                NoSignal::OtherMessage => "an error about another message",
            };
            fault(
                format!("no receipt: HTTP {status} with {what}"),
                "is there an access point behind this URL? It must answer with a receipt at once",
            )
        }
    }
}

/// Judges the answer step by step.
pub(super) async fn judge(
    report: &mut Report,
    answer: &Answer,
    partner: &Partner,
    now: Timestamp,
) -> Result<(), Ended> {
    report
        .step(Stage::Receipt, async { receipt(answer) })
        .await?;
    report
        .step(Stage::Digests, async { digests(answer) })
        .await?;
    if let Answer::Acknowledged(proof) = answer {
        let step = async { Ok(((), signer(proof, partner, now))) };
        report.step(Stage::Signer, step).await?;
    }
    Ok(())
}

fn digests(answer: &Answer) -> Result<((), Finding), Fault> {
    if let Answer::InvalidReceipt(reason) = answer {
        return Err(Fault::new(
            FINDINGS,
            reason.to_string(),
            "something between us and the partner changed the message, or the partner's access \
             point computes digests wrongly",
        ));
    }
    Ok((
        (),
        Finding::new("the receipt repeats every digest that we signed"),
    ))
}

/// Who signed the receipt: verified before, so only its dates are of interest here.
fn signer(proof: &ReceiptProof, partner: &Partner, now: Timestamp) -> Finding {
    let pinned = partner.trust().certificates().iter().cloned();
    let signed =
        |certificate: &Certificate| certificate.fingerprint_sha256() == *proof.signer_sha256();
    let certificate = pinned.chain(enclosed(proof.soap())).find(signed);
    match certificate {
        Some(certificate) => {
            let dates = dates(&certificate, now);
            let text = format!("{}, {dates}", certificate.subject());
            with_certificate(Finding::new(text), &certificate, now)
        }
        None => Finding::new("the signer's certificate is not in the receipt"),
    }
}

/// The certificates that a receipt brings along.
fn enclosed(soap: &str) -> Vec<Certificate> {
    let Ok(document) = xml::Document::parse(soap.as_bytes(), &xml::Limits::SOAP) else {
        return Vec::new();
    };
    let octets = |text: &str| {
        let text: String = text.split_ascii_whitespace().collect();
        STANDARD.decode(text).ok()
    };
    let token = |element: xml::Element<'_>| octets(&element.trimmed_text());
    let found = document.root().descendants();
    found
        .filter(|element| element.children().next().is_none())
        .filter_map(token)
        .filter_map(|der| Certificate::from_der(&der).ok())
        .collect()
}
