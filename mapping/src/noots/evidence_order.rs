//! 0401: a Data Consumer orders evidence from abroad; 0402: the link for the user.

use super::agent::{Agent, Agents, Text};
use super::evidence_request::IssuedToken;
use super::header::Header;
use super::id::{
    ConversationId, CountryCode, DateTime, LanguageCode, Malformed, MessageId, ProcedureCode,
    RequirementId, ResponseId,
};
use super::subject::{Representative, Subject};

/// `DE.EvidenceOrder.0401`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidenceOrder {
    /// Head of the message.
    pub header: Header,
    /// `IssueDateTime`.
    pub issued_at: DateTime,
    /// `Rechtsgrundlage`.
    pub legal_basis: Option<String>,
    /// `Verarbeitungszweck`.
    pub purpose: Option<String>,
    /// Language of the dialogue and of the evidence.
    pub language: LanguageCode,
    /// Token of the Vermittlungsstelle.
    pub token: Option<IssuedToken>,
    /// `EvidenceProvider`: the responsible platform, class `IP`.
    pub platform: Agent,
    /// Who orders.
    pub requesters: Agents,
    /// The procedure the evidence is for.
    pub procedure: ProcedureCode,
    /// What has to be proven; the user chooses when nothing is named.
    pub requirements: Vec<Requirement>,
    /// Who acts for the subject.
    pub representative: Option<Representative>,
    /// Whom the evidence is about.
    pub subject: Subject,
    /// Where the user goes at the end.
    pub return_url: ReturnUrl,
}

/// `Requirement`: something to prove, perhaps with the member state to prove it from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Requirement {
    /// Its URI.
    pub id: RequirementId,
    /// Its name.
    pub name: Text,
    /// Country of origin.
    pub country: Option<CountryCode>,
}

/// `BackToEvidenceRequesterURL`: an https address without user information. The text is kept,
/// because the user is led back to it unchanged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReturnUrl {
    text: String,
    url: url::Url,
}

impl ReturnUrl {
    /// The address as received.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The parsed address, for comparing its origin with the registered ones.
    pub const fn url(&self) -> &url::Url {
        &self.url
    }
}

impl std::str::FromStr for ReturnUrl {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wrong = Malformed("an https address without user information");
        // The parser forgives blanks, line breaks and backslashes; a browser reads them in its own way.
        if text
            .bytes()
            .any(|b| b.is_ascii_whitespace() || b.is_ascii_control() || b == b'\\')
        {
            return Err(wrong);
        }
        let url: url::Url = text.parse().map_err(|_| wrong)?;
        let plain = url.username().is_empty() && url.password().is_none();
        // The parser also accepts `https:/host` and `https:host`.
        if url.scheme() == "https" && plain && url.has_host() && text.get(..8).is_some_and(is_https)
        {
            Ok(Self {
                text: text.to_owned(),
                url,
            })
        } else {
            Err(wrong)
        }
    }
}

fn is_https(start: &str) -> bool {
    start.eq_ignore_ascii_case("https://")
}

/// `DE.EvidenceOrderResponse.0402`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidenceOrderResponse {
    /// Head of the message.
    pub header: Header,
    /// `orderid`: the 0401 answered.
    pub order_id: MessageId,
    /// `IssueDateTime`.
    pub issued_at: DateTime,
    /// Who ordered.
    pub requesters: Agents,
    /// The platform.
    pub providers: Agents,
    /// `OrderResponseIdentifier`.
    pub id: ResponseId,
    /// `URLtoIP`: where the portal sends the user's browser.
    pub url_to_platform: String,
    /// The session the evidence is collected with.
    pub conversation_id: ConversationId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, good: bool) {
        assert_eq!(text.parse::<ReturnUrl>().is_ok(), good, "{text}");
    }

    #[test]
    fn only_plain_https_addresses_lead_back() {
        check(
            "https://portal.example.de/antrag/77/zurueck?state=a%20b",
            true,
        );
        check("http://portal.example.de/", false);
        check("//evil.example", false);
        check("https:/portal.example.de/", false);
        check("https://good.example@evil.example/", false);
        check("https://good.example\\@evil.example/", false);
        check("https://portal.example.de/\r\nX: y", false);
        check("javascript:alert(1)", false);
    }

    #[test]
    fn the_text_of_the_address_is_kept() {
        let url: ReturnUrl = "https://Portal.example.de".parse().unwrap();
        assert_eq!(url.as_str(), "https://Portal.example.de");
    }
}
