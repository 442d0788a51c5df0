//! The answers of the SAK: a message, "fetch it later", or a problem

use axum::body::Body as HttpBody;
use axum::response::Response;
use bytes::Bytes;
use serde_json::json;

pub(super) fn message(body: &Bytes, correlation: &str) -> Response {
    respond(
        200,
        &[
            ("Content-Type", "application/json"),
            ("X-NOOTS-Correlation-ID", correlation),
        ],
        body.clone(),
    )
}

pub(super) fn accepted(id: &str) -> Response {
    let location = format!("/v1/messages/{id}");
    let headers = [
        ("Location", location.as_str()),
        ("Retry-After", "1"),
        ("X-NOOTS-Correlation-ID", id),
    ];
    respond(202, &headers, Bytes::new())
}

pub(super) fn problem(status: u16, detail: &str, id: Option<&str>) -> Response {
    let mut problem = json!({"type": "about:blank", "status": status, "detail": detail});
    if let (Some(id), Some(members)) = (id, problem.as_object_mut()) {
        members.insert("messageId".to_owned(), json!(id));
    }
    respond(
        status,
        &[("Content-Type", "application/problem+json")],
        problem.to_string().into(),
    )
}

fn respond(status: u16, headers: &[(&str, &str)], body: Bytes) -> Response {
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(HttpBody::from(body)).unwrap_or_else(|_| {
        let mut response = Response::new(HttpBody::empty());
        *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
