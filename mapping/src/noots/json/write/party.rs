//! Heads, agents, addresses, texts in a language.

use super::{Object, Pen, write_code};
use crate::noots::agent::{Address, Agent, Agents, Identifier, Text};
use crate::noots::code::{CodeList, MessageType};
use crate::noots::header::{Channel, Header, Party};
use crate::noots::id::LanguageCode;

pub(super) fn header(object: &mut Object<'_>, header: &Header, message_type: MessageType) {
    object.text("produkt", &header.product.name);
    object.text("produkthersteller", &header.product.maker);
    object.text_if("produktversion", header.product.version.as_deref());
    object.text("standard", "XNachweis");
    object.text_if("test", header.test.as_deref());
    object.text("version", "1.4");
    object.object("nachrichtenkopf", |object| {
        object.object("identifikation.nachricht", |object| {
            object.shown("nachrichtenUUID", header.id);
            object.code(
                "nachrichtentyp",
                CodeList::MessageTypes,
                message_type.as_str(),
            );
            object.shown("erstellungszeitpunkt", header.created_at);
        });
        object.member("leser", |pen| party(pen, &header.reader));
        object.member("autor", |pen| party(pen, &header.author));
    });
}

fn party(pen: &mut Pen, party: &Party) {
    pen.object(|object| {
        object.code("verzeichnisdienst", CodeList::Directories, &party.directory);
        object.text("kennung", &party.id);
        object.text("name", &party.name);
        object.array("erreichbarkeit", &party.channels, channel);
    });
}

fn channel(pen: &mut Pen, channel: &Channel) {
    pen.object(|object| {
        object.code("kanal", CodeList::Channels, &channel.kind);
        object.text("kennung", &channel.id);
        object.text_if("zusatz", channel.note.as_deref());
    });
}

pub(super) fn agents(object: &mut Object<'_>, name: &str, agents: &Agents) {
    object.array(name, agents.as_slice(), agent);
}

pub(super) fn agent(pen: &mut Pen, agent: &Agent) {
    pen.object(|object| {
        object.member("Identifier", |pen| identifier(pen, &agent.identifier));
        object.array("Name", &agent.names, text);
        if let Some(place) = &agent.address {
            object.member("Address", |pen| address(pen, place));
        }
        object.code(
            "Classification",
            CodeList::AgentClassification,
            agent.class.as_str(),
        );
    });
}

pub(super) fn identifier(pen: &mut Pen, identifier: &Identifier) {
    pen.object(|object| {
        object.text("value", &identifier.value);
        object.text("schemeID", identifier.scheme.as_str());
    });
}

pub(super) fn text(pen: &mut Pen, text: &Text) {
    pen.object(|object| {
        object.text("value", &text.value);
        object.code("lang", CodeList::Languages, text.language.as_str());
    });
}

pub(super) fn address(pen: &mut Pen, address: &Address) {
    pen.object(|object| {
        object.text_if("FullAddress", address.full.as_deref());
        object.text_if("Thoroughfare", address.thoroughfare.as_deref());
        object.text_if("LocatorDesignator", address.locator.as_deref());
        let country = address.country.as_ref().map(|code| code.as_str());
        object.code_if("AdminUnitLevel1", CodeList::Countries, country);
        object.text_if("AdminUnitLevel2", address.region.as_deref());
        object.text_if("PostCode", address.post_code.as_deref());
        object.text_if("PostCityName", address.post_city.as_deref());
    });
}

pub(super) fn language(pen: &mut Pen, language: &LanguageCode) {
    write_code(pen, CodeList::Languages, language.as_str());
}
