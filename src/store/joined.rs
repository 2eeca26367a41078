//! An argument in parts, which are written one behind the other where it goes, so that nothing is put together first.
//!
//! Must not know: what the parts are.

use std::io::Write as _;

use redis::{RedisWrite, ToRedisArgs};

/// The parts of one argument.
pub struct Joined<I>(pub I);

impl<'a, I: IntoIterator<Item = &'a [u8]> + Clone> ToRedisArgs for Joined<I> {
    fn write_redis_args<W: ?Sized + RedisWrite>(&self, out: &mut W) {
        let mut argument = out.writer_for_next_arg();
        for part in self.0.clone() {
            // Into memory, which takes everything.
            let _ = argument.write_all(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_one_argument_and_none_are_an_empty_one() {
        let parts: [&[u8]; 3] = [b"a", b"", b"bc"];
        assert_eq!(Joined(parts).to_redis_args(), [b"abc"]);
        assert_eq!(Joined([]).to_redis_args(), [b""]);
    }
}
