//! The two routes between the worlds, field by field, with the shipped tables.

#[path = "translation_routes/errors.rs"]
mod errors;
#[path = "translation_routes/properties.rs"]
mod properties;
#[path = "translation_routes/provide.rs"]
mod provide;
#[path = "translation_routes/retrieve.rs"]
mod retrieve;
#[path = "translation_routes/world.rs"]
mod world;
