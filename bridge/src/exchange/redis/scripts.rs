//! The scripts, loaded once per process. A server that lost them gets them again by itself.

use redis::Script;

/// One script for each thing that must happen at once or not at all.
pub(super) struct Scripts {
    pub(super) transition: Script,
    pub(super) take: Script,
    pub(super) settle: Script,
    pub(super) dead: Script,
    pub(super) forget: Script,
    pub(super) sweep: Script,
    pub(super) claim: Script,
    pub(super) prepare: Script,
    pub(super) confirm: Script,
    pub(super) answer: Script,
    pub(super) release: Script,
    pub(super) request: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            transition: within_shard(include_str!("lua/transition.lua")),
            take: within_shard(include_str!("lua/take.lua")),
            settle: within_shard(include_str!("lua/settle.lua")),
            dead: within_shard(include_str!("lua/dead.lua")),
            forget: within_shard(include_str!("lua/forget.lua")),
            sweep: within_shard(include_str!("lua/sweep.lua")),
            claim: Script::new(include_str!("lua/claim.lua")),
            prepare: Script::new(include_str!("lua/prepare.lua")),
            confirm: Script::new(include_str!("lua/confirm.lua")),
            answer: Script::new(include_str!("lua/answer.lua")),
            release: Script::new(include_str!("lua/release.lua")),
            request: Script::new(include_str!("lua/request.lua")),
        }
    }
}

fn within_shard(code: &str) -> Script {
    let common = include_str!("lua/common.lua");
    Script::new(&format!("{common}\n{code}"))
}
