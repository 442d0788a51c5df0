//! The Common Services of the Commission: which evidence proves a requirement, and who provides it.
//!
//! `query` is what can be asked, `answer` what comes back, `decode` reads it, `signature` decides
//! whether it is believed, `relevance` whether it answers the question, `fetch` and `cache` get it,
//! `evaluate` draws the conclusions for a route.
//!
//! **Invariant:** nothing is read that is not signed, and nothing is used that is not an answer to
//! the question. Answers live in memory only; where the services are is the business of [`Locate`].

pub mod query;

pub mod answer;

pub mod decode;

pub mod signature;

pub mod relevance;

mod fetch;

mod cache;

pub mod evaluate;

use std::{sync::Arc, time::Duration};

use futures_util::FutureExt;

use self::{
    answer::{EvidenceTypes, Outcome, Requirement, Services},
    cache::Cache,
    fetch::Fetcher,
    query::{Parameters, Query},
};
pub use self::{
    cache::{Aged, Policy},
    evaluate::{Candidates, Offer, Offers, Outlook, Selection, Unsupported, Wanted},
    fetch::{Fixed, Locate, LookUpError},
    query::{DataServicesQuery, EvidenceTypesQuery, Line, RequirementsQuery, Service, UserInput},
    signature::{Signer, Trust, Untrusted, UnusableTrust},
};
use crate::world::World;

/// What a [`Directory`] is made of.
pub struct Settings {
    /// Client with the TLS roots of the services; see [`prepare`].
    pub client: reqwest::Client,
    /// Where the services are.
    pub locate: Arc<dyn Locate>,
    /// Who may sign.
    pub trust: Trust,
    /// How long one question may take.
    pub timeout: Duration,
    /// How long answers serve.
    pub policy: Policy,
}

/// The client of both services. Cheap to clone; clones share the kept answers.
#[derive(Clone)]
pub struct Directory {
    inner: Arc<Inner>,
}

struct Inner {
    fetcher: Arc<Fetcher>,
    world: World,
    requirements: Cache<Key, Outcome<Vec<Requirement>>>,
    evidence_types: Cache<Key, Outcome<EvidenceTypes>>,
    data_services: Cache<Key, Services>,
}

/// The full query: two lines may answer the same one differently.
type Key = (Line, Parameters);

impl Directory {
    /// A client with nothing kept yet.
    pub fn new(settings: Settings, world: World) -> Self {
        let Settings {
            client,
            locate,
            trust,
            timeout,
            policy,
        } = settings;
        let fetcher = Fetcher {
            client,
            locate,
            trust,
            timeout,
            world: world.clone(),
        };
        let inner = Inner {
            fetcher: Arc::new(fetcher),
            world,
            requirements: Cache::new(policy, RequirementsQuery::may_be_kept),
            evidence_types: Cache::new(policy, EvidenceTypesQuery::may_be_kept),
            data_services: Cache::new(policy, DataServicesQuery::may_be_kept),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Requirements of a procedure.
    pub async fn requirements(
        &self,
        query: &RequirementsQuery,
    ) -> Result<Aged<Outcome<Vec<Requirement>>>, LookUpError> {
        self.ask(query, &self.inner.requirements).await
    }

    /// Evidence types that prove a requirement.
    pub async fn evidence_types(
        &self,
        query: &EvidenceTypesQuery,
    ) -> Result<Aged<Outcome<EvidenceTypes>>, LookUpError> {
        self.ask(query, &self.inner.evidence_types).await
    }

    /// Data services of an evidence type.
    pub async fn data_services(
        &self,
        query: &DataServicesQuery,
    ) -> Result<Aged<Services>, LookUpError> {
        self.ask(query, &self.inner.data_services).await
    }

    /// Asks the newest line, and the other before saying that there is nothing: a member state is
    /// known where it publishes. A service without the line says so with a failure or 406.
    async fn ask<Q: Query>(
        &self,
        query: &Q,
        cache: &Cache<Key, Q::Answer>,
    ) -> Result<Aged<Q::Answer>, LookUpError> {
        let first = self.ask_line(query, Line::V2_0, cache).await;
        match &first {
            Ok(answer) if Q::depends_on_line(answer.value()) => {}
            Err(LookUpError::Status(NOT_ACCEPTABLE)) => {}
            Ok(_) | Err(_) => return first,
        }
        let second = self.ask_line(query, Line::V1_2, cache).await;
        match &second {
            Ok(answer) if Q::depends_on_line(answer.value()) => first.or(second),
            Err(LookUpError::Status(NOT_ACCEPTABLE)) => first,
            Ok(_) | Err(_) => second,
        }
    }

    async fn ask_line<Q: Query>(
        &self,
        query: &Q,
        line: Line,
        cache: &Cache<Key, Q::Answer>,
    ) -> Result<Aged<Q::Answer>, LookUpError> {
        let key = (line, query.parameters(line));
        let fetch = || {
            let (fetcher, query) = (Arc::clone(&self.inner.fetcher), query.clone());
            async move { fetcher.ask(&query, line).await.map(Arc::new) }.boxed()
        };
        cache.get(&key, &self.inner.world, fetch).await
    }
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directory").finish_non_exhaustive()
    }
}

/// Makes a client builder fit for the services: no redirects, which would lead away from the
/// configured host, and room for header lines of 32 KiB.
pub fn prepare(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    builder
        .redirect(reqwest::redirect::Policy::none())
        .http2_max_header_list_size(64 << 10)
}

const NOT_ACCEPTABLE: u16 = 406;
