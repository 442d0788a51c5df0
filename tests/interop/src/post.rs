//! Posts messages and hands back the whole answer.

use crate::Result;
use ebms::{Answer, Outgoing, Partner, signal};
use std::{fs, path::Path};

/// An HTTP client that trusts the certificates made for this run.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
}

impl Client {
    /// Trusts the authority in the folder.
    ///
    /// # Errors
    /// The certificate is missing or unusable.
    pub fn new(folder: &Path) -> Result<Self> {
        // An error means that it was chosen before in this process, and the same.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let authority = fs::read(folder.join("tls-ca.pem"))?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([reqwest::Certificate::from_pem(&authority)?])
            .timeout(std::time::Duration::from_secs(120))
            .build()?;
        Ok(Self { http })
    }

    /// Posts a message; `judge` says what its answer is worth.
    ///
    /// # Errors
    /// No answer.
    pub async fn post(&self, url: &str, message: &Outgoing, partner: &Partner) -> Result<Answer> {
        self.post_as(url, message, message.body().clone(), partner)
            .await
    }

    /// Posts other octets in place of those of the message.
    ///
    /// # Errors
    /// No answer.
    pub async fn post_as(
        &self,
        url: &str,
        message: &Outgoing,
        octets: bytes::Bytes,
        partner: &Partner,
    ) -> Result<Answer> {
        let response = self
            .http
            .post(url)
            .header(reqwest::header::CONTENT_TYPE, message.content_type())
            .body(octets)
            .send()
            .await?;
        let status = response.status().as_u16();
        let content_type = response
            .headers()
            .get(reqwest::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let body = response.bytes().await?;
        let http = signal::HttpAnswer {
            status,
            content_type: content_type.as_deref(),
            body: &body,
        };
        Ok(signal::read_answer(
            &http,
            message.proof(),
            partner,
            crate::now(),
        ))
    }
}
