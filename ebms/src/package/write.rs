//! stub
pub(crate) struct Outer; pub(crate) fn write() {}
