//! Something taken from a store on behalf of a caller who may go away before it arrives.

use std::future::Future;

use tokio::{runtime::Handle, sync::oneshot};

use super::store::StoreError;

/// Runs `take` in a task of its own, which goes on when the caller goes away. What arrives and is
/// not wanted any more is handed to `give_back`, instead of being held by nobody until its lease is
/// over.
pub(super) async fn deliver<T, G>(
    take: impl Future<Output = Result<Option<T>, StoreError>> + Send + 'static,
    give_back: impl FnOnce(T) -> G + Send + 'static,
) -> Result<Option<T>, StoreError>
where
    T: Send + 'static,
    G: Future<Output = ()> + Send + 'static,
{
    let (reply, arrival) = oneshot::channel();
    let handle = Handle::current();
    tokio::spawn(async move {
        let parcel = take.await.map(|taken| {
            taken.map(|content| Parcel {
                content: Some(content),
                return_to: Some(Box::new(move |content| {
                    handle.spawn(give_back(content));
                })),
            })
        });
        // Nobody there: the parcel goes back when it is dropped.
        drop(reply.send(parcel));
    });
    let parcel = arrival.await.map_err(|_| StoreError::Closed)??;
    Ok(parcel.and_then(Parcel::accept))
}

/// Goes back unless it is accepted.
struct Parcel<T> {
    content: Option<T>,
    return_to: Option<Box<dyn FnOnce(T) + Send>>,
}

impl<T> Parcel<T> {
    fn accept(mut self) -> Option<T> {
        self.content.take()
    }
}

impl<T> Drop for Parcel<T> {
    fn drop(&mut self) {
        if let (Some(content), Some(give_back)) = (self.content.take(), self.return_to.take()) {
            give_back(content);
        }
    }
}
