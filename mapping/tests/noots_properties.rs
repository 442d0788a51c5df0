//! Properties of the JSON form of the national messages.

#[cfg(test)]
#[path = "noots_properties/any.rs"]
mod any;
#[cfg(test)]
#[path = "noots_properties/properties.rs"]
mod properties;
