//! Agents, addresses, texts in a language.

use crate::noots::agent::{Address, Agent, Agents, Identifier, Text};
use crate::noots::code::CodeList;
use crate::noots::id::LanguageCode;
use crate::noots::json::cursor::{Node, Read, broken};

pub(super) fn agents(node: Node<'_>) -> Read<Agents> {
    Agents::new(node.many(agent)?).map_err(broken)
}

pub(super) fn agent(node: Node<'_>) -> Read<Agent> {
    node.fields(|fields| {
        Ok(Agent {
            identifier: fields.required("Identifier", identifier)?,
            names: fields.one_or_more("Name", text)?,
            address: fields.optional("Address", address)?,
            class: fields.required("Classification", |node| {
                node.code(CodeList::AgentClassification)
            })?,
        })
    })
}

pub(super) fn identifier(node: Node<'_>) -> Read<Identifier> {
    node.fields(|fields| {
        Ok(Identifier {
            value: fields.required("value", Node::string)?,
            scheme: fields.required("schemeID", Node::parsed)?,
        })
    })
}

pub(super) fn text(node: Node<'_>) -> Read<Text> {
    node.fields(|fields| {
        Ok(Text {
            value: fields.required("value", Node::string)?,
            language: fields.required("lang", language)?,
        })
    })
}

pub(super) fn language(node: Node<'_>) -> Read<LanguageCode> {
    node.code(CodeList::Languages)
}

pub(super) fn address(node: Node<'_>) -> Read<Address> {
    node.fields(|fields| {
        Ok(Address {
            full: fields.optional("FullAddress", Node::string)?,
            thoroughfare: fields.optional("Thoroughfare", Node::string)?,
            locator: fields.optional("LocatorDesignator", Node::string)?,
            country: fields.optional("AdminUnitLevel1", |node| node.code(CodeList::Countries))?,
            region: fields.optional("AdminUnitLevel2", Node::string)?,
            post_code: fields.optional("PostCode", Node::string)?,
            post_city: fields.optional("PostCityName", Node::string)?,
        })
    })
}
