//! Lifts what 1.2.0 says into the shape of 1.4, where the tables do not say it already.

use std::borrow::Cow;

use crate::noots::code::MessageType;
use crate::noots::json::tree::Json;

const EDM_STATUS: &str = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:";

/// What stands where 1.2.0 says nothing that 1.4 could read.
const NOTHING: Json<'static> = Json::Text(Cow::Borrowed(""));

/// Changes a message in place. What is missing stays missing, and is refused later.
pub(super) fn message(body: &mut Json<'_>, message_type: MessageType) {
    exchange(member(body, "version"), "1.2.0", "1.4");
    exchange(
        member(body, "SpecificationIdentifier"),
        "urn:xoev-de:bva:standard:xnachweis_1.2.0",
        "urn:xoev-de:bva:standard:xnachweis_1.4.0",
    );
    let head = member(body, "nachrichtenkopf");
    let identification = head.and_then(|head| member(head, "identifikation.nachricht"));
    if let Some(code) = identification.and_then(|place| member(place, "nachrichtentyp")) {
        // The version of this list was optional: it is that of the standard.
        add(code, "listVersionID", || Json::Text(Cow::Borrowed("1.2.0")));
    }
    if let Some(code) = member(body, "Status") {
        status(code);
    }
    remove(body, "id");
    let provider = provider(body);
    if let Some(available) = member(body, "EvidenceAvailability") {
        for object in list(member(available, "RegistryObject")) {
            title(object);
            if let (MessageType::EvidenceResponse, Some(provider)) = (message_type, &provider) {
                add(object, "EvidenceProviderReference", || provider.clone());
            }
        }
    }
    if message_type == MessageType::GetEvidenceResponse {
        result(body);
    }
}

/// A code that 1.4 has as a text.
pub(super) fn code_alone(code: Json<'_>) -> Json<'_> {
    let mut code = code;
    take(&mut code, "code").unwrap_or(NOTHING)
}

/// Data models stood in a folder of another name.
pub(super) fn model(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.strip_prefix("https://sr.oots.tech.ec.europa.eu/distributions/") {
        Some(rest) => Cow::Owned(format!(
            "https://sr.oots.tech.ec.europa.eu/datamodels/{rest}"
        )),
        None => text,
    }
}

/// Replaces a value that 1.2.0 fixes. Any other is no value of 1.4 either, whatever it says.
fn exchange(place: Option<&mut Json<'_>>, from: &str, to: &'static str) {
    if let Some(Json::Text(text)) = place {
        *text = Cow::Borrowed(if text == from { to } else { "" });
    }
}

/// The list was free, and the EDM's own values were in use.
fn status(status: &mut Json<'_>) {
    remove(status, "listURI");
    if let Some(Json::Text(code)) = member(status, "code")
        && let Some(short) = code.strip_prefix(EDM_STATUS)
    {
        *code = Cow::Owned(short.to_owned());
    }
}

/// Identifier of the body that provides, to which documents of 1.4 refer.
fn provider<'d>(body: &mut Json<'d>) -> Option<Json<'d>> {
    let agents = list(member(body, "EvidenceProvider"));
    let provides = |agent: &mut Json<'d>| {
        let class = member(agent, "Classification").and_then(|class| member(class, "code"));
        matches!(class, Some(Json::Text(code)) if code == "EP")
    };
    let place = agents.iter_mut().position(provides).unwrap_or(0);
    agents
        .get_mut(place)
        .and_then(|agent| member(agent, "Identifier"))
        .cloned()
}

/// The title stood at the link to the document; where there is none, the evidence type has one.
fn title(object: &mut Json<'_>) {
    let item = member(object, "RepositoryItem");
    let linked = item
        .and_then(|item| member(item, "RepositoryItemRef"))
        .and_then(|link| {
            let title = take(link, "title");
            *link = take(link, "href").unwrap_or(NOTHING);
            title
        });
    let Some(metadata) = member(object, "EvidenceMetadata") else {
        return;
    };
    let title = linked.or_else(|| {
        let titles = list(member(member(metadata, "IsConformantTo")?, "Title"));
        member(titles.first_mut()?, "value").cloned()
    });
    if let Some(title) = title {
        add(metadata, "Title", || title);
    }
}

/// One answer was one provider's.
fn result(body: &mut Json<'_>) {
    let mut result = Vec::new();
    if let Some(providers) = take(body, "EvidenceProvider") {
        result.push((Cow::Borrowed("EvidenceProvider"), providers));
    }
    if let Some(mut available) = take(body, "EvidenceAvailability") {
        if let Some(times) = member(&mut available, "ResponseAvailableDateTime")
            && let [time] = list(Some(&mut *times))
        {
            // Several stay a list, which is refused: there is at most one. [XN-R8]
            *times = time.clone();
        }
        result.push((Cow::Borrowed("EvidenceOrTimeAvailable"), available));
    }
    add(body, "EvidenceResponse", || {
        Json::Array(vec![Json::Object(result)])
    });
}

fn member<'t, 'd>(place: &'t mut Json<'d>, name: &str) -> Option<&'t mut Json<'d>> {
    match place {
        Json::Object(members) => members
            .iter_mut()
            .find(|(member, _)| member == name)
            .map(|(_, value)| value),
        _ => None,
    }
}

fn list<'t, 'd>(place: Option<&'t mut Json<'d>>) -> &'t mut [Json<'d>] {
    match place {
        Some(Json::Array(values)) => values,
        _ => &mut [],
    }
}

fn take<'d>(place: &mut Json<'d>, name: &str) -> Option<Json<'d>> {
    match place {
        Json::Object(members) => {
            let at = members.iter().position(|(member, _)| member == name)?;
            Some(members.remove(at).1)
        }
        _ => None,
    }
}

fn remove(place: &mut Json<'_>, name: &str) {
    drop(take(place, name));
}

/// Adds a member that is not there.
fn add<'d>(place: &mut Json<'d>, name: &'static str, value: impl FnOnce() -> Json<'d>) {
    if let Json::Object(members) = place
        && !members.iter().any(|(member, _)| member == name)
    {
        members.push((Cow::Borrowed(name), value()));
    }
}
