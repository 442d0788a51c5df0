//! What the access point says when it has no place for a message.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use ebms::{EbmsCode, Refusal, signal};
use http::{HeaderValue, header};

use super::new_message_id;
use crate::{
    http::Busy,
    platform::Platform,
    telemetry::metrics::{As4Action, As4Result, Direction},
};

/// The sender keeps its message and tries again. Not signed: that would cost more than it is worth
/// to a sender who will try again in any case, and more than we have. [EBMS:0202] [ROB-103]
pub(crate) fn answer(platform: &Arc<Platform>) -> Busy {
    let platform = Arc::clone(platform);
    Busy::new(move |full| {
        let code = EbmsCode::DeliveryFailure.as_str();
        let (direction, action) = (Direction::Received, As4Action::Other);
        platform
            .metrics()
            .as4_message(direction, action, As4Result::Deferred, code);
        let mut response = Response::new(Body::empty());
        *response.status_mut() = Busy::status(full);
        let Ok(id) = new_message_id(&platform) else {
            return response;
        };
        let now = platform.world().now();
        let signal = signal::error(&Refusal::undeliverable(None), id, now, None);
        if let Ok(kind) = HeaderValue::from_str(signal.content_type()) {
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            *response.body_mut() = Body::from(signal.body().clone());
        }
        response
    })
}
