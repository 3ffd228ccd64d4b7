//! Dropout whose mask is a function of counters, not of a stream: any split of the rows gives the same mask.

/// Drops each value with probability `rate` and multiplies the others by `1 / (1 - rate)`, in place.
///
/// `data` holds `positions` times `rows` rows of `stride` floats; row 0 of each is row `first_row` of the batch. The fate of
/// a value depends on (`seed`, `step`, its row in the batch, `position * channels + channel`) only, so the same call on
/// the gradient applies the same mask.
///
/// # Panics
/// When `data` is too short or `rate` is outside `0 <= rate < 1`.
#[allow(clippy::too_many_arguments)] // the counters and the geometry
pub fn dropout(
    seed: u64,
    step: u32,
    first_row: usize,
    rows: usize,
    positions: usize,
    channels: usize,
    stride: usize,
    rate: f32,
    data: &mut [f32],
) {
    assert!((0.0..1.0).contains(&rate), "dropout rate {rate} is outside [0, 1)");
    let threshold = (rate * (1u32 << 24) as f32) as u32;
    let scale = 1.0 / (1.0 - rate);
    for row in 0..rows {
        let key = mix(mix(mix(seed) ^ u64::from(step)) ^ (first_row + row) as u64);
        for position in 0..positions {
            let at = (position * rows + row) * stride;
            for (channel, value) in data[at..at + channels].iter_mut().enumerate() {
                let dropped = hash(key, (position * channels + channel) as u32) >> 8 < threshold;
                *value = if dropped { 0.0 } else { *value * scale };
            }
        }
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
fn mix(value: u64) -> u64 {
    let z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The finaliser of MurmurHash3 (Appleby 2011) over a counter, keyed before and inside.
#[inline(always)]
fn hash(key: u64, counter: u32) -> u32 {
    let h = counter.wrapping_mul(0x9e37_79b9).wrapping_add(key as u32);
    let h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b) ^ (key >> 32) as u32;
    let h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    h ^ (h >> 16)
}
