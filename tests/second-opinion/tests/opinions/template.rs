//! Envelopes in the style of other stacks, without digests and without signature: libxmlsec1 is to
//! fill them in.

use crate::{
    identity::Identity,
    message::{Part, Parts},
    world::{NOW, SCHEME},
};
use second_opinion::Method;
use std::fmt::Write as _;

const C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const WSS: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-";
const SWA: &str = "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#";

/// An envelope to be signed.
pub(crate) struct Unsigned {
    method: Method,
    prefixes: Option<&'static str>,
    parts: Vec<(Part, &'static str)>,
    encryption: String,
    token: String,
}

impl Unsigned {
    pub(crate) fn new(signer: &Identity, method: Method) -> Self {
        let der: String = signer
            .certificate_pem()
            .lines()
            .filter(|line| !line.starts_with("-----"))
            .collect();
        Self {
            method,
            prefixes: None,
            parts: Vec::new(),
            encryption: String::new(),
            token: der,
        }
    }

    /// With `ec:InclusiveNamespaces` wherever exclusive C14N is named.
    // [P09]
    pub(crate) fn with_prefixes(mut self, prefixes: &'static str) -> Self {
        self.prefixes = Some(prefixes);
        self
    }

    /// With a part: its MIME content type, the media type its property names, its octets.
    pub(crate) fn with_part(
        mut self,
        content_type: &str,
        media_type: &'static str,
        content: &[u8],
    ) -> Self {
        let part = Part {
            cid: format!("{}.as4@partner.example", self.parts.len()),
            content_type: content_type.to_owned(),
            content: content.to_vec(),
        };
        self.parts.push((part, media_type));
        self
    }

    /// With elements in front of the signature.
    pub(crate) fn with_encryption(mut self, elements: String) -> Self {
        self.encryption = elements;
        self
    }

    /// The URI of a part.
    pub(crate) fn uri(&self, at: usize) -> String {
        format!("cid:{}", self.parts[at].0.cid)
    }

    /// Lets libxmlsec1 compute every digest and the signature.
    pub(crate) fn sign(self, signer: &Identity) -> Parts {
        let mut message = Parts {
            soap: self.envelope().into_bytes(),
            parts: self.parts.iter().map(|(part, _)| part.clone()).collect(),
        };
        let digested = message.digested().unwrap();
        let key = signer.key.as_bytes();
        message.soap = second_opinion::sign(&message.soap, &digested, key, self.method)
            .unwrap_or_else(|refused| panic!("{refused}\n{}", message.soap_text()));
        message
    }

    fn envelope(&self) -> String {
        let Self {
            encryption, token, ..
        } = self;
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <env:Envelope xmlns:env=\"http://www.w3.org/2003/05/soap-envelope\" \
             xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:eb3=\"{EBMS}\" \
             xmlns:wsu=\"{WSS}wssecurity-utility-1.0.xsd\">\n  <env:Header>\n{messaging}\
             <wsse:Security env:mustUnderstand=\"true\" \
             xmlns:wsse=\"{WSS}wssecurity-secext-1.0.xsd\">{encryption}\
             <wsse:BinarySecurityToken \
             EncodingType=\"{WSS}soap-message-security-1.0#Base64Binary\" \
             ValueType=\"{WSS}x509-token-profile-1.0#X509v3\" wsu:Id=\"X509-1\">{token}\
             </wsse:BinarySecurityToken>{signature}</wsse:Security>\n  </env:Header>\n  \
             <env:Body wsu:Id='_2'/>\n</env:Envelope>\n",
            messaging = self.messaging(),
            signature = self.signature(),
        )
    }

    /// Attributes out of order, single quotes, declarations nobody uses, empty elements: nothing
    /// that is its own canonical form.
    fn messaging(&self) -> String {
        let payloads: String = self.parts.iter().map(|it| self.payload(it)).collect();
        let payloads = match payloads.as_str() {
            "" => String::new(),
            all => format!("<eb3:PayloadInfo>{all}</eb3:PayloadInfo>"),
        };
        let party = |name: &str| {
            format!(
                "<eb3:PartyId type='{SCHEME}'>{name}</eb3:PartyId>\
                 <eb3:Role>http://sdg.europa.eu/edelivery/gateway</eb3:Role>"
            )
        };
        format!(
            "<eb3:Messaging wsu:Id='_1' env:mustUnderstand='true' xmlns:unused='urn:unused'>\n\
             <eb3:UserMessage>\n<eb3:MessageInfo><eb3:Timestamp>{NOW}</eb3:Timestamp>\
             <eb3:MessageId>54f4d4cc@partner.example</eb3:MessageId></eb3:MessageInfo>\
             <eb3:PartyInfo><eb3:From>{from}</eb3:From><eb3:To>{to}</eb3:To></eb3:PartyInfo>\
             <eb3:CollaborationInfo><eb3:Service \
             type=\"urn:oasis:names:tc:ebcore:ebrs:ebms:binding:1.0\">QueryManager</eb3:Service>\
             <eb3:Action>ExecuteQueryRequest</eb3:Action>\
             <eb3:ConversationId>e0a6a5b7-6b2e-4b9c-9a63-8f0c6d3a1b24</eb3:ConversationId>\
             </eb3:CollaborationInfo>\r\n<eb3:MessageProperties>\
             <eb3:Property type='{SCHEME}' name='originalSender'>BR_FR_01</eb3:Property>\
             <eb3:Property name='finalRecipient'>BR_&#68;E_01</eb3:Property>\
             <eb3:Property name='note'>&#xE4; &gt; &amp; &quot;\u{20ac}</eb3:Property>\
             </eb3:MessageProperties>{payloads}</eb3:UserMessage></eb3:Messaging>\n",
            from = party("AP_FR_01"),
            to = party("AP_DE_01"),
        )
    }

    fn payload(&self, (part, media_type): &(Part, &'static str)) -> String {
        let mut properties = format!("<eb3:Property name='MimeType'>{media_type}</eb3:Property>");
        if part.content_type == "application/gzip" {
            properties += "<eb3:Property name='CompressionType'>application/gzip</eb3:Property>";
        }
        format!(
            "<eb3:PartInfo href='cid:{}'><eb3:PartProperties>{properties}\
             </eb3:PartProperties></eb3:PartInfo>",
            part.cid
        )
    }

    fn signature(&self) -> String {
        let inner = self.prefixes.map_or_else(String::new, |list| {
            format!("<ec:InclusiveNamespaces xmlns:ec=\"{C14N}\" PrefixList=\"{list}\"/>")
        });
        let mut references = String::new();
        let mut reference = |uri: &str, transform: &str, inner: &str| {
            write!(
                references,
                "<ds:Reference URI=\"{uri}\"><ds:Transforms><ds:Transform \
                 Algorithm=\"{transform}\">{inner}</ds:Transform></ds:Transforms>\
                 <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
                 <ds:DigestValue></ds:DigestValue></ds:Reference>"
            )
            .unwrap();
        };
        reference("#_2", C14N, &inner);
        reference("#_1", C14N, &inner);
        for at in 0..self.parts.len() {
            let transform = format!("{SWA}Attachment-Content-Signature-Transform");
            reference(&self.uri(at), &transform, "");
        }
        format!(
            "<ds:Signature Id=\"SIG-1\"><ds:SignedInfo><ds:CanonicalizationMethod \
             Algorithm=\"{C14N}\">{inner}</ds:CanonicalizationMethod><ds:SignatureMethod \
             Algorithm=\"{}\"/>{references}</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo \
             Id=\"KI-1\"><wsse:SecurityTokenReference wsu:Id=\"STR-1\"><wsse:Reference \
             URI=\"#X509-1\" ValueType=\"{WSS}x509-token-profile-1.0#X509v3\"/>\
             </wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature>",
            self.method.uri()
        )
    }
}

const EBMS: &str = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/";
