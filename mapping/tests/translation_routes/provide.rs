//! Route `provide`, there and back.

#[path = "provide/answers.rs"]
mod answers;
#[path = "provide/checks.rs"]
mod checks;
#[path = "provide/requests.rs"]
mod requests;
