//! `rs:Exception`. Its code says what went wrong; where senders left it out, the type does.

use crate::edm::{
    EdmErrorCode, Exception, Invalid, Liberty, Malformed, Preview, Problem, Severity, Text,
    Version,
    agent::read_language,
    slot::{Family, Kind, RIM, Reading, SlotRule, Slots, parsed, type_name},
};
use xml::{Element, XML_NAMESPACE};

const SLOTS: Family = Family {
    slots: &[
        SlotRule::new(
            "Timestamp",
            Kind::DateTime,
            true,
            ["R-EDM-ERR-S013", "R-EDM-ERR-S022"],
        ),
        SlotRule::new(
            "PreviewLocation",
            Kind::Text,
            false,
            ["R-EDM-ERR-S014", "R-EDM-ERR-S023"],
        ),
        SlotRule::new(
            DESCRIPTION,
            Kind::International,
            false,
            ["R-EDM-ERR-S015", "R-EDM-ERR-S024"],
        ),
        SlotRule::new(
            "PreviewMethod",
            Kind::Text,
            false,
            ["R-EDM-ERR-S016", "R-EDM-ERR-S025"],
        )
        .until_1_2(),
    ],
    closed: Some("R-EDM-ERR-S027"),
    one_value: "R-EDM-ERR-S028",
    filled: "R-EDM-ERR-S029",
    collection: ("R-EDM-ERR-S029", "R-EDM-ERR-S029"),
};

const DESCRIPTION: &str = "PreviewDescription";

pub(super) fn read(reading: &mut Reading, element: Element<'_>) -> Result<Exception, Invalid> {
    let code = read_code(reading, element)?;
    let severity = read_severity(reading, element, code)?;
    let slots = Slots::read(reading, element, SLOTS)?;
    let at = slots.date_time(reading, "Timestamp", "R-EDM-ERR-C018")?;
    let at = at.ok_or_else(|| {
        let problem = Problem::Missing("Timestamp");
        Invalid::new("R-EDM-ERR-S013", problem, element.path())
    })?;
    let preview = read_preview(reading, &slots)?;
    let preview = check_preview(reading, element, severity, preview)?;
    Ok(Exception {
        code,
        severity,
        message: read_message(reading, element, code)?,
        detail: present(element, "detail").map(str::to_owned),
        at,
        preview,
    })
}

fn present<'d>(element: Element<'d>, name: &str) -> Option<&'d str> {
    let text = element.attribute("", name).map(str::trim);
    text.filter(|text| !text.is_empty())
}

/// Code and type say the same thing twice. [R-EDM-ERR-C013] [R-EDM-ERR-C017] Where one of them is
/// missing or unknown, the other decides: real senders leave the code out.
fn read_code(reading: &mut Reading, element: Element<'_>) -> Result<EdmErrorCode, Invalid> {
    let written = present(element, "code");
    let code: Option<EdmErrorCode> = written.and_then(|code| code.parse().ok());
    let typed = type_name(element);
    let from_type = typed.and_then(EdmErrorCode::from_exception_type);
    let rule = match (written, typed) {
        (_, None) => "R-EDM-ERR-C012",
        (None, _) => "R-EDM-ERR-C026",
        _ if code.is_none() => "R-EDM-ERR-C017",
        _ => "R-EDM-ERR-C013",
    };
    match (code, from_type) {
        (Some(code), Some(other)) if code == other => Ok(code),
        (Some(code), _) | (None, Some(code)) => {
            reading.caution(Liberty::ErrorCode, Some(rule), element);
            Ok(code)
        }
        (None, None) => Err(Invalid::new(
            rule,
            Malformed("a known error code or type"),
            element.path(),
        )),
    }
}

/// `[W12]` Two hosts are in use, and stray characters around the URN: the tail decides.
fn read_severity(
    reading: &mut Reading,
    element: Element<'_>,
    code: EdmErrorCode,
) -> Result<Severity, Invalid> {
    let text = present(element, "severity").unwrap_or_default();
    let preview = text.contains(":EDMErrorResponse:PreviewRequired");
    if preview && code != EdmErrorCode::Authorization {
        // [R-EDM-ERR-C015] only a missing authorization can be cured by a preview.
        let problem = Problem::Combination("PreviewRequired goes with EDM:ERR:0002 only");
        return Err(Invalid::new("R-EDM-ERR-C015", problem, element.path()));
    }
    let severity = match preview {
        true => Severity::PreviewRequired,
        false => Severity::Error,
    };
    if text != severity.as_str() {
        reading.caution(Liberty::Severity, Some("R-EDM-ERR-C014"), element);
    }
    Ok(severity)
}

/// [R-EDM-ERR-C016] The code tells enough to go without the message.
fn read_message(
    reading: &mut Reading,
    element: Element<'_>,
    code: EdmErrorCode,
) -> Result<String, Invalid> {
    let message = present(element, "message");
    if message.is_none() {
        reading.caution(Liberty::ErrorMessage, Some("R-EDM-ERR-C016"), element);
    }
    Ok(message.unwrap_or(code.message()).to_owned())
}

fn read_preview(reading: &mut Reading, slots: &Slots<'_>) -> Result<Option<Preview>, Invalid> {
    let Some(location) = slots.element("PreviewLocation")? else {
        return Ok(None);
    };
    let preview = Preview::new(parsed(
        &location.trimmed_text(),
        "R-EDM-ERR-C019",
        location,
    )?);
    let method = match slots.element("PreviewMethod")? {
        Some(method) => Some(parsed(&method.trimmed_text(), "R-EDM-ERR-C021", method)?),
        None => {
            if reading.version < Version::V2_0 {
                reading.caution(Liberty::PreviewMethod, Some("R-EDM-ERR-S031"), location);
            }
            None
        }
    };
    Ok(Some(
        preview
            .with_method(method)
            .with_descriptions(read_descriptions(reading, slots)?),
    ))
}

fn read_descriptions(reading: &mut Reading, slots: &Slots<'_>) -> Result<Vec<Text>, Invalid> {
    let Some(value) = slots.element(DESCRIPTION)? else {
        return Ok(Vec::new());
    };
    let mut texts = Vec::new();
    for string in value.children_named(RIM, "LocalizedString") {
        let lang = string.attribute(XML_NAMESPACE, "lang").unwrap_or_default();
        let lang = read_language(
            reading,
            lang.trim(),
            ("R-EDM-ERR-C020", "R-EDM-ERR-C020"),
            string,
        );
        if let Some(text) = present(string, "value") {
            texts.push(Text::new(lang, text));
        }
    }
    Ok(texts)
}

/// [R-EDM-ERR-C022] A location without the severity would send the user astray; older messages
/// carry one along with other errors, where it is dropped. The other way round the user has nowhere
/// to go, and the error stands as it is.
fn check_preview(
    reading: &mut Reading,
    element: Element<'_>,
    severity: Severity,
    preview: Option<Preview>,
) -> Result<Option<Preview>, Invalid> {
    let asked = severity == Severity::PreviewRequired;
    if preview.is_some() == asked {
        return Ok(preview);
    }
    if !asked && reading.is_newer() {
        let plain = present(element, "severity") == Some(Severity::Error.as_str());
        let rule = if plain {
            "R-EDM-ERR-C022"
        } else {
            "R-EDM-ERR-C014"
        };
        let problem = Problem::Combination("PreviewLocation goes with PreviewRequired only");
        return Err(Invalid::new(rule, problem, element.path()));
    }
    let rule = (!asked).then_some("R-EDM-ERR-C022");
    reading.caution(Liberty::PreviewLocation, rule, element);
    Ok(None)
}
