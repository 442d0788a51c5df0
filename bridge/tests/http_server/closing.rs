//! What becomes of connections when the server stops.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};

use super::{Server, read_all, status};

#[tokio::test(start_paused = true)]
async fn stopping_finishes_what_runs_and_accepts_nothing_more() {
    let server = Server::start().await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    assert!(idle.read(&mut [0; 1024]).await.unwrap() > 0);
    let mut busy = server.connect().await;
    busy.write_all(b"GET /gate HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut mute = server.connect().await;
    // The busy request has arrived once a later one is answered.
    let mut probe = server.connect().await;
    probe
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    read_all(&mut probe).await;

    server.shutdown.stop();
    assert_eq!(
        read_all(&mut idle).await,
        "",
        "an idle connection is closed"
    );
    assert_eq!(
        read_all(&mut mute).await,
        "",
        "a silent connection is closed"
    );
    assert!(
        TcpStream::connect(server.address).await.is_err(),
        "nothing more is accepted"
    );
    server.gate.notify_one();
    assert_eq!(status(&read_all(&mut busy).await), "HTTP/1.1 200 OK");
    assert_eq!(server.running.await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_finish_in_time_is_cut_off() {
    let server = Server::start().await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /gate HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut probe = server.connect().await;
    probe
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    read_all(&mut probe).await;

    let began = Instant::now();
    server.shutdown.stop();
    assert_eq!(read_all(&mut busy).await, "");
    assert_eq!(server.running.await.unwrap(), 1);
    assert_eq!(began.elapsed().as_secs(), 20);
}
