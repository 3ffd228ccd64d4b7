//! Fractions from their text, rounded to the nearest: the standard library's way is faster and brings 10 KB of tables.

/// Digits that can matter: the middle between two neighbouring floats has 767 at most.
const DIGITS: i64 = 800;
/// What exponents are cut to, far beyond any float.
const FAR: i64 = 1 << 40;
/// Bits of a float's mantissa.
const MANTISSA: usize = 53;
/// The lowest bit of the least float is two to the power of minus this.
const LOWEST: usize = 1074;
/// The same bit of the largest float lies so much higher.
const EXPONENTS: usize = 2045;

/// The float next to `text`, a number of JSON; nothing where there is none, because it is too large.
pub(super) fn float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, ""));
    let far = exponent.bytes().filter(u8::is_ascii_digit);
    let far = far.fold(0, |sum, digit| (sum * 10 + i64::from(digit - b'0')).min(FAR));
    // The number is that of its digits times a power of ten.
    let mut number = Big(Vec::new());
    let (mut digits, mut power) = (0, if exponent.starts_with('-') { -far } else { far });
    let (mut fraction, mut rest) = (false, false);
    for byte in mantissa.bytes() {
        if !byte.is_ascii_digit() {
            fraction |= byte == b'.';
            continue;
        }
        power -= i64::from(fraction);
        if digits == DIGITS {
            power += 1;
            rest |= byte != b'0';
        } else if digits > 0 || byte != b'0' {
            digits += 1;
            number.multiply(10, u32::from(byte - b'0'));
        }
    }
    let magnitude = match digits + power {
        _ if digits == 0 => 0.0,
        ..-400 => 0.0,
        400.. => return None,
        _ => number.times_power_of_ten(power, rest)?,
    };
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}

/// A whole number of any size, its lowest 32 bits first.
struct Big(Vec<u32>);

impl Big {
    fn multiply(&mut self, factor: u32, mut carry: u32) {
        for limb in &mut self.0 {
            let wide = u64::from(*limb) * u64::from(factor) + u64::from(carry);
            (*limb, carry) = (wide as u32, (wide >> 32) as u32);
        }
        if carry > 0 {
            self.0.push(carry);
        }
    }

    /// Tells whether a remainder was left.
    fn divide(&mut self, divisor: u32) -> bool {
        let mut left = 0;
        for limb in self.0.iter_mut().rev() {
            let wide = left << 32 | u64::from(*limb);
            *limb = (wide / u64::from(divisor)) as u32;
            left = wide % u64::from(divisor);
        }
        left > 0
    }

    /// The float next to the number times ten to the `power`, or to a little more where there is a `rest`.
    fn times_power_of_ten(mut self, power: i64, mut rest: bool) -> Option<f64> {
        // Room below the point: what divisions leave still has more bits than a float.
        let mut tens = power.unsigned_abs() as u32;
        let room = tens as usize / 9 + 3;
        self.0.splice(0..0, std::iter::repeat_n(0, room));
        while tens > 0 {
            let some = 10u32.pow(tens.min(9));
            tens -= tens.min(9);
            if power > 0 {
                self.multiply(some, 0);
            } else {
                rest |= self.divide(some);
            }
        }
        while self.0.pop_if(|highest| *highest == 0).is_some() {}
        let bits = 32 * self.0.len() - self.0.last()?.leading_zeros() as usize;
        // The lowest bit that a float of this size has, or the lowest of all.
        let dropped = (bits - MANTISSA).max((32 * room).saturating_sub(LOWEST));
        let exponent = dropped + LOWEST - 32 * room;
        if exponent > EXPONENTS {
            return None;
        }
        let (kept, below) = (self.bits_from(dropped), dropped - 1);
        rest |= self.0.iter().take(below / 32).any(|&limb| limb != 0);
        rest |= self.bits_from(below / 32 * 32) << (63 - below % 32) << 1 != 0;
        let half = self.bits_from(below) & 1;
        let up = half & (u64::from(rest) | kept);
        // A mantissa that is rounded up to the next power of two is carried into the exponent.
        let float = f64::from_bits(((exponent as u64) << (MANTISSA - 1)) + kept + up);
        float.is_finite().then_some(float)
    }

    /// The 64 bits from bit `at` on.
    fn bits_from(&self, at: usize) -> u64 {
        let limb = |index: usize| u64::from(self.0.get(index).copied().unwrap_or(0));
        let (index, shift) = (at / 32, at % 32);
        (limb(index) | limb(index + 1) << 32) >> shift | limb(index + 2) << 32 << (32 - shift)
    }
}

#[cfg(test)]
mod tests {
    use super::float;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str) {
        let want: f64 = text.parse().unwrap();
        let want = want.is_finite().then_some(want.to_bits());
        assert_eq!(float(text).map(f64::to_bits), want, "{text}");
    }

    #[test]
    fn edges_are_rounded_as_the_standard_library_rounds_them() {
        for text in [
            "0",
            "-0",
            "0.0",
            "-0e9",
            "0e99999999999999999999",
            "1",
            "-1.5",
            "0.1",
            "1e22",
            "1e23",
            "123456789012345678",
            "9007199254740993",
            "9007199254740992.99999999999999999",
            "9007199254740993.00000000000000000001",
            "1.7976931348623157e308",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "1e309",
            "1e99999999999999999999",
            "2.2250738585072014e-308",
            "2.2250738585072011e-308",
            "2.225073858507201e-308",
            "5e-324",
            "2.5e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "1e-324",
            "1e-399",
            "1e-401",
            "1e-99999999999999999999",
            "0.000000000000000000000000000000000000000000000000001e51",
            "100000000000000000000000000000000000e-35",
        ] {
            check(text);
        }
        let zeros = "0".repeat(5000);
        check(&format!("0.{zeros}17e5002"));
        check(&format!("17{zeros}e-5000"));
        check(&format!("1.{zeros}1"));
        // The middle between 1 and the next float, and a little to either side of it, far behind the digits that are kept.
        let middle = "1.00000000000000011102230246251565404236316680908203125";
        check(middle);
        check(&format!("{middle}{zeros}1"));
        check(&format!("1.00000000000000011102230246251565404236316680908203124{}", "9".repeat(5000)));
        // The middle between zero and the least float, which has the most digits.
        let least = format!("{:.1075}", f64::from_bits(1));
        check(&least);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

        #[test]
        fn all_floats_come_back(bits: u64) {
            let float = f64::from_bits(bits);
            prop_assume!(float.is_finite());
            check(&format!("{float:?}"));
            check(&format!("{float:e}"));
        }

        #[test]
        fn middles_between_floats_are_rounded_to_even(mantissa in 1u64 << 52..1 << 53, halves in 1usize..80, more in "(0{0,30}1)?") {
            // The middle is a whole number of some powers of a half, and each half is five tenths.
            let mut digits: Vec<u8> = (2 * mantissa + 1).to_string().bytes().rev().map(|digit| digit - b'0').collect();
            for _ in 0..halves {
                let mut carry = 0;
                for digit in &mut digits {
                    let five = *digit * 5 + carry;
                    (*digit, carry) = (five % 10, five / 10);
                }
                digits.push(carry);
            }
            let digits: String = digits.iter().rev().map(|digit| char::from(digit + b'0')).collect();
            check(&format!("{digits}{more}e-{}", halves + more.len()));
        }

        #[test]
        fn any_digits_are_rounded_alike(text in "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?") {
            check(&text);
        }
    }
}
