//! What was acknowledged is kept, whatever happens: the program killed, clients that go away, writers at once.

mod crash;
mod disconnects;
mod writers;
