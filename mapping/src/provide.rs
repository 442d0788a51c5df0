//! Route `provide`: a foreign Evidence Requester asks, a German Data Provider answers.
//!
//! ```text
//! edm::Request -> admit -> (look-up) -> to_national -> 0301
//! 0302 -> check -> to_edm -> edm::Response        0303 | Failure -> error_to_edm -> edm::ErrorResponse
//! ```
//!
//! Not carried to the register: the foreign platform (a national message names ours), requirements,
//! the preview flags and links (they steer the route), associated documents of 2.0. Not carried
//! abroad: the provider's seal, and everything about the subject but the data of the request.

mod answer;
mod error;
mod request;
mod response;

pub use answer::{AnswerFault, check};
pub use error::{Asker, Failure, Reaction, Situation, error_to_edm, preview_to_edm, react};
pub use request::{Asking, admit, is_preview_due, to_national};
pub use response::{Approval, Asked, nothing_to_edm, to_edm};
