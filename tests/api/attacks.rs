//! What attackers do, and what comes of it.

mod brute_force;
