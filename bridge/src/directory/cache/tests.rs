use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::{pending, ready};

use super::*;

const POLICY: Policy = Policy {
    ttl: Duration::from_secs(60),
    serve_stale: Duration::from_secs(600),
};

fn world() -> World {
    World::frozen("2026-08-01T12:00:00Z".parse().unwrap(), 1)
}

/// Numbers are kept if they are even.
fn cache() -> Cache<u32, u32> {
    Cache::new(POLICY, |number| number % 2 == 0)
}

#[derive(Default)]
struct Asked(AtomicUsize);

impl Asked {
    fn answer(&self, answer: Result<u32, LookUpError>) -> Fetch<u32> {
        self.0.fetch_add(1, Ordering::Relaxed);
        ready(answer.map(Arc::new)).boxed()
    }

    fn times(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

async fn get(
    cache: &Cache<u32, u32>,
    world: &World,
    asked: &Asked,
    answer: Result<u32, LookUpError>,
) -> Result<(u32, bool), LookUpError> {
    let aged = cache.get(&1, world, || asked.answer(answer)).await?;
    Ok((*aged.value(), aged.is_stale()))
}

#[tokio::test]
async fn a_kept_answer_serves_until_its_time_is_over() {
    let (cache, world, asked) = (cache(), world(), Asked::default());
    assert_eq!(
        get(&cache, &world, &asked, Ok(2)).await.unwrap(),
        (2, false)
    );
    world.step(Duration::from_secs(59));
    assert_eq!(
        get(&cache, &world, &asked, Ok(4)).await.unwrap(),
        (2, false)
    );
    assert_eq!(asked.times(), 1);
    world.step(Duration::from_secs(1));
    assert_eq!(
        get(&cache, &world, &asked, Ok(4)).await.unwrap(),
        (4, false)
    );
    assert_eq!(asked.times(), 2);
}

#[tokio::test]
async fn an_answer_that_may_not_be_kept_is_not_and_replaces_the_one_that_was() {
    let (cache, world, asked) = (cache(), world(), Asked::default());
    get(&cache, &world, &asked, Ok(2)).await.unwrap();
    world.step(POLICY.ttl);
    assert_eq!(
        get(&cache, &world, &asked, Ok(3)).await.unwrap(),
        (3, false)
    );
    let gone = get(&cache, &world, &asked, Err(LookUpError::TimedOut)).await;
    assert!(matches!(gone, Err(LookUpError::TimedOut)));
    assert_eq!(asked.times(), 3);
}

#[tokio::test]
async fn a_stale_answer_stands_in_during_an_outage_only_so_long() {
    let (cache, world, asked) = (cache(), world(), Asked::default());
    get(&cache, &world, &asked, Ok(2)).await.unwrap();
    world.step(POLICY.ttl);
    let outage = || Err(LookUpError::Unlocated);
    assert_eq!(
        get(&cache, &world, &asked, outage()).await.unwrap(),
        (2, true)
    );
    let wrong = get(&cache, &world, &asked, Err(LookUpError::Oversize(1))).await;
    assert!(matches!(wrong, Err(LookUpError::Oversize(1))));
    assert_eq!(
        get(&cache, &world, &asked, outage()).await.unwrap(),
        (2, true)
    );
    world.step(POLICY.serve_stale);
    let gone = get(&cache, &world, &asked, outage()).await;
    assert!(matches!(gone, Err(LookUpError::Unlocated)));
}

#[tokio::test]
async fn errors_are_not_kept() {
    let (cache, world, asked) = (cache(), world(), Asked::default());
    get(&cache, &world, &asked, Err(LookUpError::TimedOut))
        .await
        .unwrap_err();
    assert_eq!(
        get(&cache, &world, &asked, Ok(2)).await.unwrap(),
        (2, false)
    );
}

#[tokio::test]
async fn callers_at_the_same_time_share_one_question() {
    let (cache, world, asked) = (cache(), world(), Asked::default());
    let (send, receive) = tokio::sync::oneshot::channel::<u32>();
    let slow = async move { Ok(Arc::new(receive.await.unwrap())) }.boxed();
    let first = cache.get(&1, &world, || slow);
    let second = get(&cache, &world, &asked, Ok(4));
    let (first, second, ()) = tokio::join!(first, second, async {
        tokio::task::yield_now().await;
        send.send(2).unwrap();
    });
    assert_eq!(*first.unwrap().value(), 2);
    assert_eq!(second.unwrap(), (2, false));
    assert_eq!(asked.times(), 0);
}

#[tokio::test]
async fn an_abandoned_question_is_asked_anew() {
    let (cache, world, asked) = (cache(), world(), Asked::default());
    {
        let abandoned = std::pin::pin!(cache.get(&1, &world, || pending().boxed()));
        assert!(abandoned.now_or_never().is_none());
    }
    assert_eq!(
        get(&cache, &world, &asked, Ok(2)).await.unwrap(),
        (2, false)
    );
}

#[tokio::test]
async fn the_number_of_kept_answers_is_bounded() {
    let (cache, world) = (Cache::<u32, u32>::new(POLICY, |_| true), world());
    let most = u32::try_from(CAPACITY).unwrap();
    for key in 0..most + 10 {
        world.step(Duration::from_millis(1));
        let fetch = || ready(Ok(Arc::new(key))).boxed();
        cache.get(&key, &world, fetch).await.unwrap();
    }
    let entries = cache.lock();
    assert_eq!(entries.len(), CAPACITY);
    assert!(!entries.contains_key(&9) && entries.contains_key(&10));
}
