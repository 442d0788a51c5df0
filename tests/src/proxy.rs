//! A TCP proxy that does to connections what networks do: it stands between two real peers, which
//! know nothing of it. Whatever changes, changes at once: running connections are cut.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
    time::timeout,
};

/// What is done to every connection from now on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Each piece is this late.
    Latency(Duration),
    /// Cut when so many octets of the client have gone through.
    CutRequest(u64),
    /// Cut when so many octets of the server have gone through.
    CutAnswer(u64),
    /// The server gets everything; once the client has said so many octets, it hears nothing more.
    /// The most important one: done, and not known to be done.
    SwallowAnswer(u64),
    /// Once the client has said so many octets, it is told that nothing more will come.
    HalfClose(u64),
    /// Taken and reset.
    Reset,
    /// Taken, and never a word.
    Blackhole,
}

/// A running proxy; gone when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    target: SocketAddr,
    fault: watch::Sender<Fault>,
    traffic: watch::Sender<Traffic>,
}

/// What went through so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Traffic {
    /// Connections taken.
    pub connections: u64,
    /// Octets passed on to the server.
    pub to_server: u64,
    /// Octets passed on to clients.
    pub to_client: u64,
    /// Octets of the server that clients never got.
    pub swallowed: u64,
}

impl Proxy {
    /// A proxy in front of a server, which need not be there yet.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let shared = Arc::new(Shared {
            target,
            fault: watch::Sender::default(),
            traffic: watch::Sender::default(),
        });
        let mut proxy = Self {
            address: listener.local_addr()?,
            shared,
            task: None,
        };
        proxy.listen(listener);
        Ok(proxy)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Does this to connections from now on; those that run are cut.
    pub fn set(&self, fault: Fault) {
        self.shared.fault.send_replace(fault);
    }

    /// Connections are refused, as by a machine on which nothing runs.
    pub async fn close(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            // Its socket is closed when it is gone.
            drop(task.await);
        }
        self.shared.fault.send_modify(|_| {});
    }

    /// Takes connections again, at the same address.
    ///
    /// # Errors
    /// Somebody else has the port.
    pub async fn open(&mut self) -> io::Result<()> {
        if self.task.is_none() {
            let listener = TcpListener::bind(self.address).await?;
            self.listen(listener);
        }
        Ok(())
    }

    /// What went through.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        *self.shared.traffic.borrow()
    }

    /// Waits until enough went through; none when the time is over.
    pub async fn wait_for(
        &self,
        limit: Duration,
        enough: impl Fn(&Traffic) -> bool + Send,
    ) -> Option<Traffic> {
        let mut traffic = self.shared.traffic.subscribe();
        let waiting = traffic.wait_for(|traffic| enough(traffic));
        let found = timeout(limit, waiting).await.ok()?;
        found.ok().map(|traffic| *traffic)
    }

    fn listen(&mut self, listener: TcpListener) {
        let shared = Arc::clone(&self.shared);
        self.task = Some(tokio::spawn(async move {
            // A client that is gone before it was taken is none of our business.
            while let Ok((client, _)) = listener.accept().await {
                shared.count(|traffic| traffic.connections += 1);
                tokio::spawn(Arc::clone(&shared).serve(client));
            }
        }));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        self.shared.fault.send_modify(|_| {});
    }
}

impl Shared {
    fn count(&self, change: impl FnOnce(&mut Traffic)) {
        self.traffic.send_modify(change);
    }

    /// One connection, until it ends or the fault changes.
    async fn serve(self: Arc<Self>, client: TcpStream) {
        let mut changes = self.fault.subscribe();
        let fault = *changes.borrow_and_update();
        let serving = async {
            match fault {
                Fault::Reset => client.set_zero_linger(),
                Fault::Blackhole => std::future::pending().await,
                _ => self.pass(client, fault).await,
            }
        };
        tokio::select! {
            // A connection that broke is what this is for.
            done = serving => drop(done),
            _ = changes.changed() => {}
        }
    }

    async fn pass(&self, client: TcpStream, fault: Fault) -> io::Result<()> {
        let server = TcpStream::connect(self.target).await?;
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let said = AtomicU64::new(0);
        let up = self.upwards(from_client, to_server, (fault, &said));
        let down = self.downwards(from_server, to_client, (fault, &said));
        // Each direction ends by itself, unless one of them is cut.
        tokio::try_join!(up, down)?;
        Ok(())
    }

    async fn upwards(
        &self,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
        (fault, said): (Fault, &AtomicU64),
    ) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        loop {
            let length = from.read(&mut piece).await?;
            if length == 0 {
                return to.shutdown().await;
            }
            late(fault).await;
            let before = said.load(Ordering::Relaxed);
            let room = match fault {
                Fault::CutRequest(limit) => room(limit, before),
                _ => usize::MAX,
            };
            let passed = length.min(room);
            to.write_all(piece.get(..passed).unwrap_or_default())
                .await?;
            let count = u64::try_from(passed).unwrap_or_default();
            said.store(before + count, Ordering::Relaxed);
            self.count(|traffic| traffic.to_server += count);
            if passed == room {
                to.flush().await?;
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
        }
    }

    async fn downwards(
        &self,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
        (fault, said): (Fault, &AtomicU64),
    ) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        let mut passed_before = 0;
        let mut silent = false;
        loop {
            let length = from.read(&mut piece).await?;
            if length == 0 {
                return if silent { Ok(()) } else { to.shutdown().await };
            }
            late(fault).await;
            let heard = said.load(Ordering::Relaxed);
            let over = matches!(fault, Fault::SwallowAnswer(limit) | Fault::HalfClose(limit)
                if heard >= limit);
            if over {
                if !silent && matches!(fault, Fault::HalfClose(_)) {
                    to.shutdown().await?;
                }
                silent = true;
                let count = u64::try_from(length).unwrap_or_default();
                self.count(|traffic| traffic.swallowed += count);
                continue;
            }
            let room = match fault {
                Fault::CutAnswer(limit) => room(limit, passed_before),
                _ => usize::MAX,
            };
            let passed = length.min(room);
            to.write_all(piece.get(..passed).unwrap_or_default())
                .await?;
            let count = u64::try_from(passed).unwrap_or_default();
            passed_before += count;
            self.count(|traffic| traffic.to_client += count);
            if passed == room {
                to.flush().await?;
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
        }
    }
}

async fn late(fault: Fault) {
    if let Fault::Latency(time) = fault {
        tokio::time::sleep(time).await;
    }
}

fn room(limit: u64, before: u64) -> usize {
    usize::try_from(limit.saturating_sub(before)).unwrap_or(usize::MAX)
}

/// Octets passed on at once.
const PIECE: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    async fn double(mut client: TcpStream) {
        let mut piece = [0; 5];
        while client.read_exact(&mut piece).await.is_ok() {
            let doubled = [piece, piece].concat();
            client.write_all(&doubled).await.unwrap();
        }
    }

    /// A proxy in front of a server that says what it was told, doubled.
    async fn echo() -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(double(client));
            }
        });
        Proxy::start(address).await.unwrap()
    }

    /// What comes back for a word, and whether the connection ended in order.
    async fn ask(proxy: &Proxy) -> (String, bool) {
        let asking = async {
            let Ok(mut stream) = TcpStream::connect(proxy.address()).await else {
                return (String::new(), false);
            };
            let mut heard = Vec::new();
            if stream.write_all(b"hello").await.is_err() {
                return (String::new(), false);
            }
            let mut in_order = true;
            while heard.len() < 10 {
                match stream.read_buf(&mut heard).await {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(_) => {
                        in_order = false;
                        break;
                    }
                }
            }
            (String::from_utf8(heard).unwrap(), in_order)
        };
        timeout(LIMIT, asking).await.unwrap()
    }

    #[tokio::test]
    async fn everything_goes_through_or_is_cut_where_it_was_told() {
        let proxy = echo().await;
        assert_eq!(ask(&proxy).await.0, "hellohello");
        proxy.set(Fault::CutAnswer(7));
        assert_eq!(ask(&proxy).await.0, "hellohe");
        let before = proxy.traffic().to_server;
        proxy.set(Fault::CutRequest(3));
        assert_eq!(ask(&proxy).await.0, "");
        assert_eq!(proxy.traffic().to_server, before + 3);
        proxy.set(Fault::HalfClose(5));
        assert_eq!(ask(&proxy).await, (String::new(), true));
        proxy.set(Fault::Reset);
        assert!(!ask(&proxy).await.1);
        proxy.set(Fault::Latency(Duration::from_millis(1)));
        assert_eq!(ask(&proxy).await.0, "hellohello");
        assert_eq!(proxy.traffic().connections, 6);
    }

    #[tokio::test]
    async fn an_answer_is_swallowed_until_the_fault_is_over() {
        let proxy = echo().await;
        proxy.set(Fault::SwallowAnswer(5));
        let over = async {
            let swallowed = proxy.wait_for(LIMIT, |traffic| traffic.swallowed == 10);
            swallowed.await.unwrap();
            proxy.set(Fault::None);
        };
        let ((heard, _), ()) = tokio::join!(ask(&proxy), over);
        assert_eq!(heard, "");
        assert_eq!(ask(&proxy).await.0, "hellohello");
    }

    #[tokio::test]
    async fn a_black_hole_takes_and_says_nothing() {
        let proxy = echo().await;
        proxy.set(Fault::Blackhole);
        let over = async {
            let taken = proxy.wait_for(LIMIT, |traffic| traffic.connections == 1);
            taken.await.unwrap();
            proxy.set(Fault::None);
        };
        let ((heard, _), ()) = tokio::join!(ask(&proxy), over);
        assert_eq!(heard, "");
        assert_eq!(proxy.traffic().to_server, 0);
    }

    #[tokio::test]
    async fn a_closed_one_refuses_and_opens_again_at_its_address() {
        let mut proxy = echo().await;
        proxy.close().await;
        assert!(TcpStream::connect(proxy.address()).await.is_err());
        proxy.open().await.unwrap();
        assert_eq!(ask(&proxy).await.0, "hellohello");
    }
}
