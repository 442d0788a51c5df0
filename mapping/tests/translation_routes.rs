//! The two routes between the worlds, field by field, with the shipped tables.

#[cfg(test)]
#[path = "translation_routes/errors.rs"]
mod errors;
#[cfg(test)]
#[path = "translation_routes/properties.rs"]
mod properties;
#[cfg(test)]
#[path = "translation_routes/provide.rs"]
mod provide;
#[cfg(test)]
#[path = "translation_routes/retrieve.rs"]
mod retrieve;
#[cfg(test)]
#[path = "translation_routes/world.rs"]
mod world;
