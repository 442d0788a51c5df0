//! URLs a user's browser is sent to. Vetted, because they come from another party and end up in
//! a redirect.

use crate::edm::{
    Version,
    code::{Malformed, text_conversions},
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use url::{Url, form_urlencoded};

/// Longest URL that is taken: what browsers and gateways carry.
const LONGEST: usize = 2048;

/// An `https` URL with a host, without user information, white space or control characters.
fn vet(text: &str) -> Result<Box<str>, Malformed> {
    let refuse = Err(Malformed("an https URL fit for a redirect"));
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if !plain || text.len() > LONGEST {
        return refuse;
    }
    // The url crate repairs `https:host`; a reader that does not would go elsewhere.
    let slashes = text
        .get(..8)
        .is_some_and(|s| s.eq_ignore_ascii_case("https://"));
    match Url::parse(text) {
        Ok(url)
            if slashes
                && url.scheme() == "https"
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
                && !authority(text).contains('@') =>
        {
            Ok(text.into())
        }
        _ => refuse,
    }
}

fn authority(text: &str) -> &str {
    let rest = text.get(8..).unwrap_or_default();
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

macro_rules! vetted_url {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// The URL, unchanged; it is compared as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                vet(text).map(Self)
            }
        }

        text_conversions!($name);
    };
}

vetted_url! {
    /// Where the user finds the preview space, slot `PreviewLocation`. Unguessable, so a secret of
    /// the exchange. [R-EDM-REQ-C005] [R-EDM-ERR-C019]
    PreviewUrl
}
vetted_url! {
    /// Where the preview space sends the user back to, slot `ReturnLocation` of 2.0 or query
    /// parameter before. [R-EDM-REQ-C120]
    ReturnUrl
}

impl PreviewUrl {
    /// The link for the user's browser. Before 2.0 the way back travels in the query; 2.0 has it
    /// in the second request and the link stays as it was received.
    pub fn user_link(&self, version: Version, back: &ReturnUrl) -> String {
        if version >= Version::V2_0 {
            return self.as_str().to_owned();
        }
        let (front, fragment) = match self.as_str().split_once('#') {
            Some((front, fragment)) => (front, Some(fragment)),
            None => (self.as_str(), None),
        };
        let join = match front.split_once('?') {
            None => "?",
            Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
            Some(_) => "&",
        };
        let back: String = form_urlencoded::byte_serialize(back.as_str().as_bytes()).collect();
        let mut link = format!("{front}{join}returnurl={back}&returnmethod=GET");
        if let Some(fragment) = fragment {
            link.push('#');
            link.push_str(fragment);
        }
        link
    }
}
