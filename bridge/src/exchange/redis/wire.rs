//! Connections to the server, running scripts on them, and what their failures mean.

use std::time::Duration;

use redis::{
    AsyncConnectionConfig, Client, RedisError, Script, ServerErrorKind,
    aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection},
};

use super::{Settings, keys};
use crate::exchange::store::StoreError;

/// No answer within this time means that the server hangs: it takes connections even then.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a blocking read waits on the server.
pub(super) const BLOCK: Duration = Duration::from_secs(4);
/// How long replicas have to confirm a write.
const REPLICA_TIMEOUT: Duration = Duration::from_millis(500);
/// A script is tried again when its outcome got lost; its operation id keeps it from happening twice.
const TRIES: u32 = 3;

/// The connections of this process.
pub(super) struct Wire {
    shared: ConnectionManager,
    pool: bb8::Pool<Dedicated>,
    replicas_required: u64,
}

impl Wire {
    pub(super) async fn connect(settings: &Settings) -> Result<Self, StoreError> {
        let client = Client::open(settings.url.as_str())?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(ANSWER_TIMEOUT))
            .set_connection_timeout(Some(ANSWER_TIMEOUT))
            .set_number_of_retries(2)
            .set_max_delay(Duration::from_millis(500));
        let shared = ConnectionManager::new_with_config(client.clone(), config).await?;
        let pool = bb8::Pool::builder()
            .max_size(settings.max_connections)
            .connection_timeout(Duration::from_secs(2))
            .retry_connection(false)
            .build_unchecked(Dedicated { client });
        Ok(Self {
            shared,
            pool,
            replicas_required: settings.replicas_required,
        })
    }

    /// The connection short commands share.
    pub(super) fn shared(&self) -> ConnectionManager {
        self.shared.clone()
    }

    /// A connection for one caller alone: for reads that block the connection.
    pub(super) async fn dedicated(
        &self,
    ) -> Result<bb8::PooledConnection<'_, Dedicated>, StoreError> {
        self.pool.get().await.map_err(|error| match error {
            bb8::RunError::User(error) => error.into(),
            bb8::RunError::TimedOut => StoreError::Exhausted,
        })
    }

    /// Runs a script that writes. It may run twice.
    pub(super) async fn write(
        &self,
        script: &Script,
        key: &str,
        arguments: &[Vec<u8>],
    ) -> Result<Answer, StoreError> {
        let mut tries = 1;
        loop {
            let result = self.write_once(script, key, arguments).await;
            match result {
                Err(error) if tries < TRIES && was_lost(&error) => tries += 1,
                other => return other,
            }
        }
    }

    async fn write_once(
        &self,
        script: &Script,
        key: &str,
        arguments: &[Vec<u8>],
    ) -> Result<Answer, StoreError> {
        let mut call = script.key(key);
        for argument in arguments {
            call.arg(argument.as_slice());
        }
        if self.replicas_required == 0 {
            return Ok(Answer(call.invoke_async(&mut self.shared()).await?));
        }
        // WAIT counts the writes of its own connection.
        let mut connection = self.dedicated().await?;
        let result = call.invoke_async(&mut connection.inner).await;
        let answer = connection.note(result)?;
        // A repetition writes nothing; without a write of its own WAIT would not wait for the one
        // that it repeats.
        let mut wait = redis::pipe();
        wait.incr(format!("{}waits", keys::meta()), 1).ignore();
        wait.cmd("WAIT")
            .arg(self.replicas_required)
            .arg(u64::try_from(REPLICA_TIMEOUT.as_millis()).unwrap_or(u64::MAX));
        let result = wait.query_async(&mut connection.inner).await;
        let (confirmed,): (u64,) = connection.note(result)?;
        if confirmed < self.replicas_required {
            return Err(StoreError::NotReplicated {
                confirmed,
                required: self.replicas_required,
            });
        }
        Ok(Answer(answer))
    }
}

/// Makes connections for the pool.
pub(super) struct Dedicated {
    client: Client,
}

/// A connection that knows whether it is still good.
pub(super) struct Connection {
    pub(super) inner: MultiplexedConnection,
    broken: bool,
}

impl Connection {
    /// Passes a result on. After a failure the connection is not used again: an answer may still be
    /// on its way, which must never be taken for the answer to something else.
    pub(super) fn note<T>(&mut self, result: Result<T, RedisError>) -> Result<T, StoreError> {
        if let Err(error) = &result {
            self.broken |= error.is_unrecoverable_error() || error.is_timeout();
        }
        Ok(result?)
    }
}

impl bb8::ManageConnection for Dedicated {
    type Connection = Connection;
    type Error = RedisError;

    async fn connect(&self) -> Result<Connection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(ANSWER_TIMEOUT))
            .set_response_timeout(Some(BLOCK.saturating_add(ANSWER_TIMEOUT)));
        let inner = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        Ok(Connection {
            inner,
            broken: false,
        })
    }

    async fn is_valid(&self, connection: &mut Connection) -> Result<(), RedisError> {
        redis::cmd("PING").query_async(&mut connection.inner).await
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        connection.broken
    }
}

/// What a script answered: words and values, all as bytes.
#[derive(Debug)]
pub(super) struct Answer(Vec<Option<Vec<u8>>>);

impl Answer {
    /// The first word: what became of it.
    pub(super) fn word(&self) -> &str {
        self.text(0).unwrap_or_default()
    }

    pub(super) fn bytes(&self, index: usize) -> Option<&[u8]> {
        self.0.get(index)?.as_deref()
    }

    pub(super) fn text(&self, index: usize) -> Option<&str> {
        std::str::from_utf8(self.bytes(index)?).ok()
    }

    /// The value parsed.
    pub(super) fn parse<T: std::str::FromStr>(&self, index: usize) -> Result<T, StoreError> {
        let value = self.text(index).and_then(|text| text.parse().ok());
        value.ok_or(StoreError::Protocol("malformed value"))
    }

    /// All values from `index` on that are text.
    pub(super) fn texts_from(&self, index: usize) -> impl Iterator<Item = &str> {
        (index..self.0.len()).filter_map(|index| self.text(index))
    }
}

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        if error.code() == Some("NOGROUP") {
            // The groups are made at start and never removed by us.
            return Self::Wiped;
        }
        if error.is_timeout() {
            return Self::TimedOut;
        }
        Self::Unavailable(error)
    }
}

/// Whether the server is only temporarily unable, as opposed to refusing us or our commands.
pub(in crate::exchange) fn is_temporary(error: &RedisError) -> bool {
    const CODES: [&str; 10] = [
        "READONLY",
        "LOADING",
        "MISCONF",
        "OOM",
        "NOREPLICAS",
        "MASTERDOWN",
        "CLUSTERDOWN",
        "TRYAGAIN",
        "BUSY",
        "NOSCRIPT",
    ];
    error.is_io_error()
        || error.is_connection_dropped()
        || error.is_connection_refusal()
        || matches!(
            error.kind(),
            redis::ErrorKind::Server(
                ServerErrorKind::ReadOnly
                    | ServerErrorKind::BusyLoading
                    | ServerErrorKind::MasterDown
                    | ServerErrorKind::ClusterDown
                    | ServerErrorKind::TryAgain
                    | ServerErrorKind::NoScript
            )
        )
        || error.code().is_some_and(|code| CODES.contains(&code))
}

/// Whether the script may have run although we have no answer.
fn was_lost(error: &StoreError) -> bool {
    match error {
        StoreError::TimedOut => true,
        StoreError::Unavailable(error) => error.is_io_error() || error.is_connection_dropped(),
        _ => false,
    }
}
