//! stub
use super::Package; use crate::{receive::Limits, refusal::Reason}; use bytes::Bytes;
pub(crate) fn read(_: &str, _: Bytes, _: &Limits) -> Result<Package, Reason> { todo!() }
