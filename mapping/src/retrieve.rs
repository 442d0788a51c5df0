//! Route `retrieve`: a German Data Consumer asks, a foreign Evidence Provider answers.
//!
//! ```text
//! 0401 -> admit -> accept -> 0402        (dialogue) -> to_edm -> edm::Request
//! edm::Response | Failure … -> to_national -> 0412 | 0413
//! ```
//!
//! Not carried abroad: the identification number, legal basis and purpose, the token, the return
//! address. Not carried to the Data Consumer: the foreign person block, which is not trusted as
//! identity of the user; errors of single requirements beside other successes, for which 0412 has
//! no place.

mod error;
mod order;
mod request;
mod response;

pub use error::{Answer, Failure, NationalError, Stage, error_to_national};
pub use order::{Accepted, accept, admit};
pub use request::{Selection, to_edm};
pub use response::{Collected, Collecting, Outcome, to_national};
