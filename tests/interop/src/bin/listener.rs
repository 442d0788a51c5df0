//! Our engine behind a plain HTTP listener, as a process of its own: `listener KEYS PROFILE`.
//! It stands in the place of phase4, with its keys. Writes its address on one line, ends when its input ends.

use anyhow::Context;
use interop::{Inbox, Listener, Result, Security, Site};
use std::{io::Write, path::PathBuf, sync::Arc};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().context("listener KEYS PROFILE")?);
    let profile = arguments.next().context("listener KEYS PROFILE")?;
    let inbox = Arc::new(Inbox::new(
        Site::in_place_of_phase4(&folder, &profile)?,
        false,
    ));
    let listener = Listener::start(inbox, &folder, Security::Plain).await?;
    writeln!(std::io::stdout(), "{}", listener.url())?;
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()))
        .await??;
    Ok(())
}
