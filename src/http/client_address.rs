//! Whose request it is: the peer's address, or what the trusted proxies in front say.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;

/// The client's address, in the extensions of every request that came over a socket.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

/// Finds the address behind `trusted` proxies.
pub async fn find(State(trusted): State<u8>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    if let Some(peer) = peer.map(|peer| peer.0.ip()) {
        let address = forwarded(request.headers(), trusted.into()).unwrap_or(peer);
        request.extensions_mut().insert(ClientAddress(address));
    }
    next.run(request).await
}

/// The entry that the outermost of `trusted` proxies wrote. Each appends the address of its own peer, so it
/// is that many places from the right; what stands left of it anyone can have written.
fn forwarded(headers: &HeaderMap, trusted: usize) -> Option<IpAddr> {
    let position = trusted.checked_sub(1)?;
    let entries: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .map(str::trim)
        .collect();
    // A shorter list came past the outer proxies: even its first entry was written by one of ours.
    let entry = entries.iter().rev().nth(position).or(entries.first())?;
    let address = entry
        .parse()
        .or_else(|_| entry.parse::<SocketAddr>().map(|address| address.ip()))
        .or_else(|_| entry.trim_matches(['[', ']']).parse());
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&'static str], trusted: usize) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        forwarded(&headers, trusted).map(|address| address.to_string())
    }

    #[test]
    fn without_trusted_proxies_the_header_is_not_believed() {
        assert_eq!(read(&["1.1.1.1"], 0), None);
    }

    #[test]
    fn entries_count_from_the_right_over_all_lines() {
        let lines = ["6.6.6.6, 1.1.1.1", "2.2.2.2"];
        assert_eq!(read(&lines, 1).as_deref(), Some("2.2.2.2"));
        assert_eq!(read(&lines, 2).as_deref(), Some("1.1.1.1"));
        assert_eq!(read(&["3.3.3.3"], 2).as_deref(), Some("3.3.3.3"));
    }

    #[test]
    fn ports_and_brackets_are_no_part_of_the_address() {
        assert_eq!(read(&["1.1.1.1:80"], 1).as_deref(), Some("1.1.1.1"));
        assert_eq!(read(&["[::1]:80"], 1).as_deref(), Some("::1"));
        assert_eq!(read(&["[2001:db8::1]"], 1).as_deref(), Some("2001:db8::1"));
        assert_eq!(read(&["::ffff:1.2.3.4"], 1).as_deref(), Some("1.2.3.4"));
        assert_eq!(read(&["unknown"], 1), None);
    }
}
