//! The XML form of the national messages: every message in both versions, what is refused, and
//! that it says the same as the JSON form.

#[cfg(test)]
#[path = "noots_properties/any.rs"]
mod any;
#[cfg(test)]
#[path = "noots_json/example.rs"]
mod example;
#[cfg(test)]
#[path = "noots_xml/hostile.rs"]
mod hostile;
#[cfg(test)]
#[path = "noots_xml/messages.rs"]
mod messages;
#[cfg(test)]
#[path = "noots_xml/older.rs"]
mod older;
#[cfg(test)]
#[path = "noots_xml/properties.rs"]
mod properties;
