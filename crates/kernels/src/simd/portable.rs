//! Four emulated lanes: any machine, the bits of plain WebAssembly SIMD.

use core::array::from_fn;
use core::ops::{Add, Div, Mul, Sub};

/// Four f32 lanes.
#[derive(Clone, Copy, Debug)]
#[repr(align(16))]
pub struct F32x4([f32; 4]);

/// Four i32 lanes.
#[derive(Clone, Copy, Debug)]
#[repr(align(16))]
pub struct I32x4([i32; 4]);

/// Four truth values, the result of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct Mask([bool; 4]);

impl F32x4 {
    /// All lanes `value`.
    #[inline(always)]
    pub fn splat(value: f32) -> Self {
        F32x4([value; 4])
    }

    /// Lane `i` is `values[i]`.
    #[inline(always)]
    pub fn from_array(values: [f32; 4]) -> Self {
        F32x4(values)
    }

    /// Lane `i` is `bytes[i]`.
    #[inline(always)]
    pub fn from_bytes(bytes: [u8; 4]) -> Self {
        F32x4(bytes.map(f32::from))
    }

    /// The lanes in order.
    #[inline(always)]
    pub fn to_array(self) -> [f32; 4] {
        self.0
    }

    /// The four values at `from`.
    ///
    /// # Safety
    /// They are readable; no alignment is needed beyond that of f32.
    #[inline(always)]
    pub(super) unsafe fn read(from: *const f32) -> Self {
        // SAFETY: the caller vouches for the 16 bytes.
        F32x4(unsafe { from.cast::<[f32; 4]>().read_unaligned() })
    }

    /// Writes the lanes to `to`.
    ///
    /// # Safety
    /// The four places are writable; no alignment is needed beyond that of f32.
    #[inline(always)]
    pub(super) unsafe fn write(self, to: *mut f32) {
        // SAFETY: the caller vouches for the 16 bytes.
        unsafe { to.cast::<[f32; 4]>().write_unaligned(self.0) }
    }

    /// `self * b + c`, rounded after the product and after the sum.
    #[inline(always)]
    pub fn madd(self, b: Self, c: Self) -> Self {
        self * b + c
    }

    /// The square root.
    #[inline(always)]
    pub fn sqrt(self) -> Self {
        F32x4(self.0.map(f32::sqrt))
    }

    /// The absolute value.
    #[inline(always)]
    pub fn abs(self) -> Self {
        F32x4(self.0.map(f32::abs))
    }

    /// `other` where `other < self`, else `self`; NaN in `self` stays.
    #[inline(always)]
    pub fn pmin(self, other: Self) -> Self {
        F32x4(from_fn(|i| if other.0[i] < self.0[i] { other.0[i] } else { self.0[i] }))
    }

    /// `other` where `self < other`, else `self`; NaN in `self` stays.
    #[inline(always)]
    pub fn pmax(self, other: Self) -> Self {
        F32x4(from_fn(|i| if self.0[i] < other.0[i] { other.0[i] } else { self.0[i] }))
    }

    /// `self < other`, false for NaN.
    #[inline(always)]
    pub fn lt(self, other: Self) -> Mask {
        Mask(from_fn(|i| self.0[i] < other.0[i]))
    }

    /// `self == other`, false for NaN.
    #[inline(always)]
    pub fn eq(self, other: Self) -> Mask {
        Mask(from_fn(|i| self.0[i] == other.0[i]))
    }

    /// `self != other`, true for NaN.
    #[inline(always)]
    pub fn ne(self, other: Self) -> Mask {
        Mask(from_fn(|i| self.0[i] != other.0[i]))
    }

    /// The bit patterns.
    #[inline(always)]
    pub fn to_bits(self) -> I32x4 {
        I32x4(self.0.map(|v| v.to_bits() as i32))
    }

    /// Lanes with these bit patterns.
    #[inline(always)]
    pub fn from_bits(bits: I32x4) -> Self {
        F32x4(bits.0.map(|v| f32::from_bits(v as u32)))
    }

    /// Transposes the 4x4 block whose rows are `rows`.
    #[inline(always)]
    pub fn transpose(rows: [Self; 4]) -> [Self; 4] {
        from_fn(|j| F32x4(from_fn(|i| rows[i].0[j])))
    }
}

impl I32x4 {
    /// All lanes `value`.
    #[inline(always)]
    pub fn splat(value: i32) -> Self {
        I32x4([value; 4])
    }

    /// Lane `i` is `values[i]`.
    #[inline(always)]
    pub fn from_array(values: [i32; 4]) -> Self {
        I32x4(values)
    }

    /// The lanes in order.
    #[inline(always)]
    pub fn to_array(self) -> [i32; 4] {
        self.0
    }

    /// Shifts left by `N` bits.
    #[inline(always)]
    pub fn shl<const N: u32>(self) -> Self {
        I32x4(self.0.map(|v| v << N))
    }

    /// Shifts right by `N` bits and keeps the sign.
    #[inline(always)]
    pub fn shr<const N: u32>(self) -> Self {
        I32x4(self.0.map(|v| v >> N))
    }

    /// Bitwise and.
    #[inline(always)]
    pub fn and(self, other: Self) -> Self {
        I32x4(from_fn(|i| self.0[i] & other.0[i]))
    }

    /// Bitwise or.
    #[inline(always)]
    pub fn or(self, other: Self) -> Self {
        I32x4(from_fn(|i| self.0[i] | other.0[i]))
    }

    /// The nearest f32 values.
    #[inline(always)]
    pub fn to_f32(self) -> F32x4 {
        F32x4(self.0.map(|v| v as f32))
    }
}

impl Mask {
    /// True where either is true.
    #[inline(always)]
    pub fn or(self, other: Self) -> Self {
        Mask(from_fn(|i| self.0[i] | other.0[i]))
    }

    /// `value` where true, else zero.
    #[inline(always)]
    pub fn keep(self, value: F32x4) -> F32x4 {
        self.select(value, F32x4::splat(0.0))
    }

    /// Zero where true, else `value`.
    #[inline(always)]
    pub fn drop(self, value: F32x4) -> F32x4 {
        self.select(F32x4::splat(0.0), value)
    }

    /// `yes` where true, `no` where false.
    #[inline(always)]
    pub fn select(self, yes: F32x4, no: F32x4) -> F32x4 {
        F32x4(from_fn(|i| if self.0[i] { yes.0[i] } else { no.0[i] }))
    }

    /// `yes` where true, `no` where false, for integer lanes.
    #[inline(always)]
    pub fn select_i32(self, yes: I32x4, no: I32x4) -> I32x4 {
        I32x4(from_fn(|i| if self.0[i] { yes.0[i] } else { no.0[i] }))
    }
}

macro_rules! operator {
    ($vector:ident, $trait:ident, $method:ident, $lane:expr) => {
        impl $trait for $vector {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                $vector(from_fn(|i| $lane(self.0[i], other.0[i])))
            }
        }
    };
}
operator!(F32x4, Add, add, |a: f32, b: f32| a + b);
operator!(F32x4, Sub, sub, |a: f32, b: f32| a - b);
operator!(F32x4, Mul, mul, |a: f32, b: f32| a * b);
operator!(F32x4, Div, div, |a: f32, b: f32| a / b);
operator!(I32x4, Add, add, i32::wrapping_add);
operator!(I32x4, Sub, sub, i32::wrapping_sub);
