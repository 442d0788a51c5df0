//! How much of a document a reader accepts. Every reader has limits; there is no unlimited mode.

/// Bounds on one document. All counts are inclusive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Octets of the whole document.
    pub bytes: usize,
    /// Open elements at any point; the root is at depth 1.
    pub depth: usize,
    /// Elements, texts, comments and instructions together.
    pub nodes: usize,
    /// Attributes and namespace declarations of one element.
    pub attributes: usize,
    /// Octets of one name, prefix included.
    pub name_bytes: usize,
    /// Octets of one text node or attribute value after decoding.
    pub text_bytes: usize,
    /// What to do with processing instructions.
    pub instructions: Instructions,
}

/// What a reader does with a processing instruction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Instructions {
    /// The document is refused: SOAP 1.2 forbids them.
    Refuse,
    /// Left out of the tree and counted: published EDM samples carry them (oots-edm.md 11.4).
    Skip,
    /// Kept as nodes, because canonical XML keeps them.
    Keep,
}

impl Limits {
    /// Octets of one namespace name, in every document. Canonical XML may write it again for every
    /// element: without a bound, a small document has a canonical form of any size.
    pub const NAMESPACE_BYTES: usize = 1024;
    /// A SOAP part: 2 MiB, instructions refused (robustness.md section 5).
    pub const SOAP: Self = Self {
        bytes: 2 << 20,
        depth: 64,
        nodes: 100_000,
        attributes: 32,
        name_bytes: 256,
        text_bytes: 1 << 20,
        instructions: Instructions::Refuse,
    };
    /// A RegRep payload (EDM, Common Services): 8 MiB, instructions skipped and counted.
    pub const REGREP: Self = Self {
        bytes: 8 << 20,
        depth: 64,
        nodes: 400_000,
        attributes: 64,
        name_bytes: 256,
        text_bytes: 1 << 20,
        instructions: Instructions::Skip,
    };
    /// An XML attachment whose canonical form is digested: instructions are kept.
    pub const ATTACHMENT: Self = Self {
        bytes: 100 << 20,
        depth: 64,
        nodes: 8_000_000,
        attributes: 256,
        name_bytes: 1024,
        text_bytes: 64 << 20,
        instructions: Instructions::Keep,
    };
}

/// Bounds on a document that is read from a stream: on what is held at one time, not on how much
/// there is. All counts are inclusive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StreamLimits {
    /// Open elements at any point; the root is at depth 1.
    pub depth: usize,
    /// Attributes and namespace declarations of one element.
    pub attributes: usize,
    /// Octets of one name, prefix included.
    pub name_bytes: usize,
    /// Octets of one tag, instruction or reference, delimiters included.
    pub markup_bytes: usize,
    /// Octets of the names of all open elements and of the prefixes and namespaces in scope.
    pub scope_bytes: usize,
    /// Prefixes in scope at any point.
    pub prefixes: usize,
}

impl StreamLimits {
    /// An XML attachment of any size whose canonical form is digested: [`Limits::ATTACHMENT`]
    /// where both have a limit.
    pub const ATTACHMENT: Self = Self {
        depth: Limits::ATTACHMENT.depth,
        attributes: Limits::ATTACHMENT.attributes,
        name_bytes: Limits::ATTACHMENT.name_bytes,
        markup_bytes: 1 << 20,
        scope_bytes: 1 << 20,
        prefixes: 1024,
    };
}
