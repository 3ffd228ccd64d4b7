//! WebAssembly SIMD: simd128, and with relaxed SIMD a `madd` that rounds once.

use core::arch::wasm32::*;
use core::ops::{Add, Div, Mul, Sub};

/// Four f32 lanes.
#[derive(Clone, Copy, Debug)]
pub struct F32x4(v128);

/// Four i32 lanes.
#[derive(Clone, Copy, Debug)]
pub struct I32x4(v128);

/// Four truth values, the result of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct Mask(v128);

impl F32x4 {
    /// All lanes `value`.
    #[inline(always)]
    pub fn splat(value: f32) -> Self {
        F32x4(f32x4_splat(value))
    }

    /// Lane `i` is `values[i]`.
    #[inline(always)]
    pub fn from_array(values: [f32; 4]) -> Self {
        // SAFETY: the array holds the 16 bytes read; the load needs no alignment.
        F32x4(unsafe { v128_load(values.as_ptr().cast()) })
    }

    /// Lane `i` is `bytes[i]`.
    #[inline(always)]
    pub fn from_bytes(bytes: [u8; 4]) -> Self {
        let bytes = u32x4(u32::from_le_bytes(bytes), 0, 0, 0);
        F32x4(f32x4_convert_i32x4(u32x4_extend_low_u16x8(u16x8_extend_low_u8x16(bytes))))
    }

    /// The lanes in order.
    #[inline(always)]
    pub fn to_array(self) -> [f32; 4] {
        let mut values = [0.0; 4];
        // SAFETY: the array holds the 16 bytes written; the store needs no alignment.
        unsafe { v128_store(values.as_mut_ptr().cast(), self.0) };
        values
    }

    /// The four values at `from`.
    ///
    /// # Safety
    /// They are readable; no alignment is needed beyond that of f32.
    #[inline(always)]
    pub(super) unsafe fn read(from: *const f32) -> Self {
        // SAFETY: the caller vouches for the 16 bytes.
        F32x4(unsafe { v128_load(from.cast()) })
    }

    /// Writes the lanes to `to`.
    ///
    /// # Safety
    /// The four places are writable; no alignment is needed beyond that of f32.
    #[inline(always)]
    pub(super) unsafe fn write(self, to: *mut f32) {
        // SAFETY: the caller vouches for the 16 bytes.
        unsafe { v128_store(to.cast(), self.0) }
    }

    /// `self * b + c`, rounded after the product and after the sum.
    #[cfg(not(target_feature = "relaxed-simd"))]
    #[inline(always)]
    pub fn madd(self, b: Self, c: Self) -> Self {
        self * b + c
    }

    /// `self * b + c`, rounded once where the machine has a fused multiply-add.
    #[cfg(target_feature = "relaxed-simd")]
    #[inline(always)]
    pub fn madd(self, b: Self, c: Self) -> Self {
        F32x4(f32x4_relaxed_madd(self.0, b.0, c.0))
    }

    /// The square root.
    #[inline(always)]
    pub fn sqrt(self) -> Self {
        F32x4(f32x4_sqrt(self.0))
    }

    /// The absolute value.
    #[inline(always)]
    pub fn abs(self) -> Self {
        F32x4(f32x4_abs(self.0))
    }

    /// `other` where `other < self`, else `self`; NaN in `self` stays.
    #[inline(always)]
    pub fn pmin(self, other: Self) -> Self {
        F32x4(f32x4_pmin(self.0, other.0))
    }

    /// `other` where `self < other`, else `self`; NaN in `self` stays.
    #[inline(always)]
    pub fn pmax(self, other: Self) -> Self {
        F32x4(f32x4_pmax(self.0, other.0))
    }

    /// `self < other`, false for NaN.
    #[inline(always)]
    pub fn lt(self, other: Self) -> Mask {
        Mask(f32x4_lt(self.0, other.0))
    }

    /// `self == other`, false for NaN.
    #[inline(always)]
    pub fn eq(self, other: Self) -> Mask {
        Mask(f32x4_eq(self.0, other.0))
    }

    /// `self != other`, true for NaN.
    #[inline(always)]
    pub fn ne(self, other: Self) -> Mask {
        Mask(f32x4_ne(self.0, other.0))
    }

    /// The bit patterns.
    #[inline(always)]
    pub fn to_bits(self) -> I32x4 {
        I32x4(self.0)
    }

    /// Lanes with these bit patterns.
    #[inline(always)]
    pub fn from_bits(bits: I32x4) -> Self {
        F32x4(bits.0)
    }

    /// Transposes the 4x4 block whose rows are `rows`.
    #[inline(always)]
    pub fn transpose(rows: [Self; 4]) -> [Self; 4] {
        let low01 = i32x4_shuffle::<0, 4, 1, 5>(rows[0].0, rows[1].0);
        let low23 = i32x4_shuffle::<0, 4, 1, 5>(rows[2].0, rows[3].0);
        let high01 = i32x4_shuffle::<2, 6, 3, 7>(rows[0].0, rows[1].0);
        let high23 = i32x4_shuffle::<2, 6, 3, 7>(rows[2].0, rows[3].0);
        [
            F32x4(i64x2_shuffle::<0, 2>(low01, low23)),
            F32x4(i64x2_shuffle::<1, 3>(low01, low23)),
            F32x4(i64x2_shuffle::<0, 2>(high01, high23)),
            F32x4(i64x2_shuffle::<1, 3>(high01, high23)),
        ]
    }
}

impl I32x4 {
    /// All lanes `value`.
    #[inline(always)]
    pub fn splat(value: i32) -> Self {
        I32x4(i32x4_splat(value))
    }

    /// Lane `i` is `values[i]`.
    #[inline(always)]
    pub fn from_array(values: [i32; 4]) -> Self {
        I32x4(i32x4(values[0], values[1], values[2], values[3]))
    }

    /// The lanes in order.
    #[inline(always)]
    pub fn to_array(self) -> [i32; 4] {
        let mut values = [0; 4];
        // SAFETY: the array holds the 16 bytes written; the store needs no alignment.
        unsafe { v128_store(values.as_mut_ptr().cast(), self.0) };
        values
    }

    /// Shifts left by `N` bits.
    #[inline(always)]
    pub fn shl<const N: u32>(self) -> Self {
        I32x4(i32x4_shl(self.0, N))
    }

    /// Shifts right by `N` bits and keeps the sign.
    #[inline(always)]
    pub fn shr<const N: u32>(self) -> Self {
        I32x4(i32x4_shr(self.0, N))
    }

    /// Bitwise and.
    #[inline(always)]
    pub fn and(self, other: Self) -> Self {
        I32x4(v128_and(self.0, other.0))
    }

    /// Bitwise or.
    #[inline(always)]
    pub fn or(self, other: Self) -> Self {
        I32x4(v128_or(self.0, other.0))
    }

    /// The nearest f32 values.
    #[inline(always)]
    pub fn to_f32(self) -> F32x4 {
        F32x4(f32x4_convert_i32x4(self.0))
    }
}

impl Mask {
    /// True where either is true.
    #[inline(always)]
    pub fn or(self, other: Self) -> Self {
        Mask(v128_or(self.0, other.0))
    }

    /// `value` where true, else zero: one instruction where `select` takes three.
    #[inline(always)]
    pub fn keep(self, value: F32x4) -> F32x4 {
        F32x4(v128_and(value.0, self.0))
    }

    /// Zero where true, else `value`.
    #[inline(always)]
    pub fn drop(self, value: F32x4) -> F32x4 {
        F32x4(v128_andnot(value.0, self.0))
    }

    /// `yes` where true, `no` where false.
    #[inline(always)]
    pub fn select(self, yes: F32x4, no: F32x4) -> F32x4 {
        F32x4(v128_bitselect(yes.0, no.0, self.0))
    }

    /// `yes` where true, `no` where false, for integer lanes.
    #[inline(always)]
    pub fn select_i32(self, yes: I32x4, no: I32x4) -> I32x4 {
        I32x4(v128_bitselect(yes.0, no.0, self.0))
    }
}

macro_rules! operator {
    ($vector:ident, $trait:ident, $method:ident, $instruction:ident) => {
        impl $trait for $vector {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                $vector($instruction(self.0, other.0))
            }
        }
    };
}
operator!(F32x4, Add, add, f32x4_add);
operator!(F32x4, Sub, sub, f32x4_sub);
operator!(F32x4, Mul, mul, f32x4_mul);
operator!(F32x4, Div, div, f32x4_div);
operator!(I32x4, Add, add, i32x4_add);
operator!(I32x4, Sub, sub, i32x4_sub);
