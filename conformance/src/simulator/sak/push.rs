//! The SAK calls the platform: the answer of a register as soon as it is there

use anyhow::{Context, Result};
use bytes::Bytes;
use serde_json::Value;

use super::{SAK, Shared};
use crate::simulator::journal::Verdict;
use crate::simulator::national::text;

impl Shared {
    pub(super) async fn push(&self, id: &str, body: Bytes) {
        let bytes = body.len() as u64;
        let verdict = match self.post_answer(id, body).await {
            Ok(()) => Verdict::Ok,
            Err(error) => Verdict::Complaint(format!("{error:#}")),
        };
        let (from, to) = (SAK.to_owned(), self.spec.platform.name.clone());
        self.record((from, to), "answer pushed", id, (bytes, verdict));
    }

    async fn post_answer(&self, id: &str, body: Bytes) -> Result<()> {
        let target = self
            .spec
            .push
            .as_ref()
            .context("nowhere to push the answer to")?;
        let client = self.pusher.as_ref().context("no client to push with")?;
        let pushed = serde_json::from_slice::<Value>(&body).unwrap_or_default();
        let own_id = pushed
            .as_object()
            .and_then(|members| members.values().next())
            .and_then(|message| {
                text(
                    message,
                    "/nachrichtenkopf/identifikation.nachricht/nachrichtenUUID",
                )
            })
            .unwrap_or_default()
            .to_owned();
        let mut request = client.post(format!("{}/noots/v1/responses", target.base_url));
        if let Some(token) = &target.token {
            request = request.bearer_auth(token);
        }
        let response = request
            .header("Content-Type", "application/json")
            .header("X-NOOTS-Message-ID", own_id)
            .header("X-NOOTS-Correlation-ID", id)
            .header("X-NOOTS-Sender-ID", SAK)
            .body(body)
            .send()
            .await
            .context("the platform could not be reached")?;
        let status = response.status().as_u16();
        anyhow::ensure!(
            status == 204,
            "the platform answered {status} to a pushed message"
        );
        Ok(())
    }
}
