//! Fixed values: namespaces and algorithm URIs of the wire, service, actions, roles and
//! properties of OOTS. No logic. [AS4 1.4, AS4 1.13, AS4 4.1]

/// Namespaces.
pub(crate) mod ns {
    pub(crate) const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";
    pub(crate) const EBMS: &str = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/";
    pub(crate) const WSSE: &str =
        "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
    pub(crate) const WSSE11: &str =
        "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd";
    pub(crate) const WSU: &str =
        "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
    pub(crate) const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
    pub(crate) const DSIG11: &str = "http://www.w3.org/2009/xmldsig11#";
    pub(crate) const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";
    pub(crate) const XENC11: &str = "http://www.w3.org/2009/xmlenc11#";
    pub(crate) const DSIG_MORE: &str = "http://www.w3.org/2021/04/xmldsig-more#";
    pub(crate) const EXC_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
    pub(crate) const EBBP: &str = "http://docs.oasis-open.org/ebxml-bp/ebbp-signals-2.0";
}

/// Algorithms. A URI that is not here is never accepted.
pub(crate) mod alg {
    pub(crate) const EXC_C14N: &str = super::ns::EXC_C14N;
    pub(crate) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
    pub(crate) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    pub(crate) const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
    pub(crate) const ED25519: &str = "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519";
    pub(crate) const AES128_GCM: &str = "http://www.w3.org/2009/xmlenc11#aes128-gcm";
    pub(crate) const RSA_OAEP: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
    pub(crate) const MGF1_SHA256: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha256";
    pub(crate) const KW_AES128: &str = "http://www.w3.org/2001/04/xmlenc#kw-aes128";
    pub(crate) const X25519: &str = "http://www.w3.org/2021/04/xmldsig-more#x25519";
    pub(crate) const ECDH_ES: &str = "http://www.w3.org/2009/xmlenc11#ECDH-ES";
    pub(crate) const HKDF: &str = "http://www.w3.org/2021/04/xmldsig-more#hkdf";
    pub(crate) const CONCAT_KDF: &str = "http://www.w3.org/2009/xmlenc11#ConcatKDF";
    pub(crate) const HMAC_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
    pub(crate) const ATTACHMENT_SIGNATURE: &str = concat!(
        "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#",
        "Attachment-Content-Signature-Transform"
    );
    pub(crate) const ATTACHMENT_CIPHERTEXT: &str = concat!(
        "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#",
        "Attachment-Ciphertext-Transform"
    );
    pub(crate) const ATTACHMENT_CONTENT_ONLY: &str =
        "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Content-Only";
}

/// Token and encoding types of WS-Security.
pub(crate) mod token {
    pub(crate) const BASE64: &str = concat!(
        "http://docs.oasis-open.org/wss/2004/01/",
        "oasis-200401-wss-soap-message-security-1.0#Base64Binary"
    );
    pub(crate) const X509V3: &str = concat!(
        "http://docs.oasis-open.org/wss/2004/01/",
        "oasis-200401-wss-x509-token-profile-1.0#X509v3"
    );
    pub(crate) const PKI_PATH: &str = concat!(
        "http://docs.oasis-open.org/wss/2004/01/",
        "oasis-200401-wss-x509-token-profile-1.0#X509PKIPathv1"
    );
    pub(crate) const SKI: &str = concat!(
        "http://docs.oasis-open.org/wss/2004/01/",
        "oasis-200401-wss-x509-token-profile-1.0#X509SubjectKeyIdentifier"
    );
    pub(crate) const THUMBPRINT: &str =
        "http://docs.oasis-open.org/wss/oasis-wss-soap-message-security-1.1#ThumbprintSHA1";
    pub(crate) const ENCRYPTED_KEY: &str =
        "http://docs.oasis-open.org/wss/oasis-wss-soap-message-security-1.1#EncryptedKey";
}

/// The default message partition channel, the only one OOTS uses.
pub const DEFAULT_MPC: &str =
    "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/defaultMPC";
/// Service of the test service (ping).
pub const TEST_SERVICE: &str =
    "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/service";
/// Action of the test service (ping).
pub const TEST_ACTION: &str = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/test";

/// OOTS service.
pub const SERVICE: &str = "QueryManager";
/// Type of [`SERVICE`].
pub const SERVICE_TYPE: &str = "urn:oasis:names:tc:ebcore:ebrs:ebms:binding:1.0";
/// Action of a request.
pub const EXECUTE_QUERY_REQUEST: &str = "ExecuteQueryRequest";
/// Action of a response.
pub const EXECUTE_QUERY_RESPONSE: &str = "ExecuteQueryResponse";
/// Action of an error response.
pub const EXCEPTION_RESPONSE: &str = "ExceptionResponse";
/// Role of every OOTS access point.
pub const GATEWAY_ROLE: &str = "http://sdg.europa.eu/edelivery/gateway";

/// Property with the first corner.
pub const ORIGINAL_SENDER: &str = "originalSender";
/// Property with the fourth corner.
pub const FINAL_RECIPIENT: &str = "finalRecipient";
/// Property of EDM 2.0: the exchange.
// [R-EDM-ebMS-037]
pub const EXCHANGE_ID: &str = "ExchangeId";
/// Property of EDM 2.0: the specification release.
// [R-EDM-ebMS-038]
pub const SPECIFICATION_ID: &str = "SpecificationId";

/// Part property with the media type of the content before compression.
pub const MIME_TYPE: &str = "MimeType";
/// Part property that says the part is compressed.
pub const COMPRESSION_TYPE: &str = "CompressionType";
/// Part property with the encoding of a text part.
pub const CHARACTER_SET: &str = "CharacterSet";
/// The one compression of AS4.
pub const GZIP: &str = "application/gzip";
/// Media type of the SOAP part.
pub const SOAP_MEDIA_TYPE: &str = "application/soap+xml";
