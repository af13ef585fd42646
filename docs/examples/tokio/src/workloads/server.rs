//! What all servers have in common.

use std::io;

use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::probe::Probe;

const BACKLOG: u32 = 1_024;

/// Serve each connection in a task of its own until `end`; return the tasks that still run.
pub async fn serve_until<F: Future + Send + 'static>(
    end: impl Future,
    probe: &Probe,
    serve: impl Fn(TcpStream) -> F,
) -> io::Result<JoinSet<()>> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    let listener = socket.listen(BACKLOG)?;
    probe.listening(listener.local_addr()?.port());

    let mut connections = JoinSet::new();
    tokio::pin!(end);
    loop {
        tokio::select! {
            _ = &mut end => return Ok(connections),
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                stream.set_nodelay(true)?;
                let served = serve(stream);
                connections.spawn(async { drop(served.await) }); // an error: the client is gone
            }
            Some(_) = connections.join_next() => {} // free its memory
        }
    }
}
