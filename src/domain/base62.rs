//! Base62 text: the alphabet of everything that is minted here.
//!
//! Owns: the encoding, the checksum, the random source.
//! Must not know: what the text is for.

use rand::TryRng;

/// Ascending in ASCII, so that fixed-width numbers sort as text the way they sort as numbers.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 62^33 > 2^196: above the 192 bits that the contract asks for (API.md section 1).
pub const RANDOM_CHARS: usize = 33;
/// Six digits hold 32 bits.
pub const CHECKSUM_CHARS: usize = 6;

/// 192 bits and more from the operating system, as text; also what `vestibule keys secret` prints.
pub fn random_text() -> String {
    text_of(&random_bytes())
}

/// The secret part of a credential, from 256 bits.
pub fn text_of(bytes: &[u8; 32]) -> String {
    text(&base62::<RANDOM_CHARS>(bytes)).to_owned()
}

/// Base62 digits as text.
pub fn text(digits: &[u8]) -> &str {
    std::str::from_utf8(digits).unwrap_or_default()
}

/// 256 bits from the operating system.
pub fn random_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    // Without randomness no answer is safe. The panic becomes a 500, and the process goes on.
    rand::rngs::SysRng.try_fill_bytes(&mut bytes).expect("the operating system has a random source");
    bytes
}

/// The last `N` base62 digits of a 256-bit big-endian number. For `N` = 33 the bias is below 2^-59.
pub fn base62<const N: usize>(number: &[u8; 32]) -> [u8; N] {
    let mut limbs = [0u32; 8];
    for (limb, bytes) in limbs.iter_mut().zip(number.as_chunks::<4>().0) {
        *limb = u32::from_be_bytes(*bytes);
    }
    let mut digits = [b'0'; N];
    // One division of the whole number yields as many digits as a limb can hold.
    for five in digits.rchunks_mut(5) {
        let mut remainder = 0u64;
        for limb in &mut limbs {
            let dividend = (remainder << 32) | u64::from(*limb);
            *limb = (dividend / 62u64.pow(5)) as u32;
            remainder = dividend % 62u64.pow(5);
        }
        write_digits(five, remainder);
    }
    digits
}

fn write_digits(digits: &mut [u8], mut number: u64) {
    for five in digits.rchunks_mut(5) {
        // 32 bits, which are divided faster.
        let mut part = (number % 62u64.pow(5)) as u32;
        number /= 62u64.pow(5);
        for digit in five.iter_mut().rev() {
            *digit = BASE62[(part % 62) as usize];
            part /= 62;
        }
    }
}

/// The same for a short number, at a fraction of the cost.
pub fn base62_of<const N: usize>(number: u64) -> [u8; N] {
    let mut digits = [b'0'; N];
    write_digits(&mut digits, number);
    digits
}

/// The number written in base62 digits, if they are digits.
pub fn number(text: &str) -> Option<u64> {
    let digit = |byte: u8| BASE62.iter().position(|&other| other == byte).map(|position| position as u64);
    text.bytes().try_fold(0u64, |total, byte| total.checked_mul(62)?.checked_add(digit(byte)?))
}

/// CRC-32 in six base62 digits. It catches typing errors and lets secret scanners recognise a credential. Only the
/// digest in the store protects against forgery.
pub fn checksum(of: &str) -> [u8; CHECKSUM_CHARS] {
    base62_of(crc32fast::hash(of.as_bytes()).into())
}

/// Whether there are only such characters. It goes to the end in any case, so that the compiler may take many at a time.
pub fn is_base62(text: &[u8]) -> bool {
    text.iter().fold(true, |all, byte| all & byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_number() {
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = (at * 37 + 200) as u8;
        }
        // Computed in another language, with arbitrary precision.
        assert_eq!(text(&base62::<33>(&bytes)), "Rs4th9kj5BBtFIlIzO2tfefWtjRe0SZUJ");
        assert_eq!(text(&base62::<16>(&bytes)), "O2tfefWtjRe0SZUJ");
        assert_eq!(text(&base62::<33>(&[0; 32])), "0".repeat(33));
        assert_eq!(text(&base62::<43>(&[255; 32])), "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1");
        for number in [0, 61, 62, 1_742_000_000_000, u64::MAX] {
            let mut bytes = [0; 32];
            bytes[24..].copy_from_slice(&number.to_be_bytes());
            assert_eq!(base62::<11>(&bytes), base62_of::<11>(number));
            assert_eq!(self::number(text(&base62_of::<11>(number))), Some(number));
        }
    }

    #[test]
    fn each_character_counts() {
        for byte in 0..=u8::MAX {
            for (length, at) in [(1, 0), (8, 7), (16, 0), (55, 31), (55, 54)] {
                let mut text = vec![b'a'; length];
                text[at] = byte;
                assert_eq!(is_base62(&text), BASE62.contains(&byte), "{byte} at {at} of {length}");
            }
        }
    }
}
