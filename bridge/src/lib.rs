//! The Intermediäre Plattform bridging node
