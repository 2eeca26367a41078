//! Time that passes for a Redis at once.

use std::time::Duration;

use super::redis_server::{RedisServer, wait_until};

impl RedisServer {
    /// Lets time pass for everything that is stored. A record with an idle time-out also holds times that the scripts
    /// compare with the clock, which stands still here: they go back instead. The clock goes on by a millisecond at least,
    /// because of sessions of one millisecond none is the older.
    pub fn forward(&self, by: Duration) {
        let script = r#"
            local by = tonumber(ARGV[1])
            local function back(time) return string.format('%.0f', math.max(time - by, 0)) end
            for _, key in ipairs(redis.call('KEYS', '*')) do
              local left = redis.call('PTTL', key)
              if left >= 0 and left <= by then
                redis.call('DEL', key)
              elseif left >= 0 then
                redis.call('PEXPIRE', key, left - by)
                local record = string.find(key, ':b:', 1, true) and redis.call('GET', key)
                local head, exchanged, expires, middle, ends, rest = string.match(record or '',
                  '^(%d %d+ )(%d+) (%d+)([^\n]*\n{"i":%d+,"u":)(%d+)(.*)$')
                if head then
                  record = head .. back(exchanged) .. ' ' .. back(expires) .. middle .. back(ends) .. rest
                  redis.call('SET', key, record, 'KEEPTTL')
                end
              end
            end"#;
        let mut redis = self.connect().expect("redis answers");
        let by_ms = u64::try_from(by.as_millis()).expect("a short time");
        let before_ms = now_ms(&mut redis);
        redis::cmd("EVAL").arg(script).arg(0).arg(by_ms).exec(&mut redis).expect("time can be forwarded");
        wait_until("the clock of Redis goes on", || now_ms(&mut redis) > before_ms);
    }
}

fn now_ms(redis: &mut redis::Connection) -> u64 {
    let (seconds, micros): (u64, u64) = redis::cmd("TIME").query(redis).expect("redis tells the time");
    seconds * 1_000 + micros / 1_000
}
