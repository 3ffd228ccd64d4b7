//! One error type: a code that programs read, a sentence with the numbers that people read.

use cambium_kernels::simd::Buffer;
use std::fmt;

/// What kind of rule was broken. The names are what users of the package see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A shape or length does not fit.
    Shape,
    /// A label lies outside the classes.
    Label,
    /// NaN or infinity, in data or in a loss.
    NotFinite,
    /// A value outside its range, or an unknown option.
    Option,
    /// An axis, layer or feature index that does not exist.
    Index,
    /// A structural change that the model's shape forbids.
    Structure,
    /// A saved state that does not parse or does not fit.
    State,
    /// Memory could not be reserved.
    OutOfMemory,
}

impl Code {
    /// The code as text, e.g. `"NOT_FINITE"`.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::Shape => "SHAPE",
            Code::Label => "LABEL",
            Code::NotFinite => "NOT_FINITE",
            Code::Option => "OPTION",
            Code::Index => "INDEX",
            Code::Structure => "STRUCTURE",
            Code::State => "STATE",
            Code::OutOfMemory => "OUT_OF_MEMORY",
        }
    }
}

/// An operation that returns this error has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Which rule was broken.
    pub code: Code,
    /// What was given, and what would be right.
    pub message: String,
}

/// The result of everything that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of `code` that says `message`.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error { code, message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for Error {}

/// `vec` with room for `extra` more elements, or `OutOfMemory` naming `what`.
pub(crate) fn try_reserve<T>(vec: &mut Vec<T>, extra: usize, what: &str) -> Result<()> {
    let bytes = extra.saturating_mul(std::mem::size_of::<T>());
    vec.try_reserve_exact(extra).map_err(|_| out_of_memory(bytes, what))
}

/// `buffer` with room for `capacity` floats in all, or `OutOfMemory` naming `what`.
pub(crate) fn try_reserve_floats(buffer: &mut Buffer, capacity: usize, what: &str) -> Result<()> {
    let extra = capacity.saturating_sub(buffer.len());
    buffer.try_reserve(capacity).map_err(|_| out_of_memory(extra.saturating_mul(size_of::<f32>()), what))
}

fn out_of_memory(bytes: usize, what: &str) -> Error {
    Error::new(Code::OutOfMemory, format!("no memory for {what}: {bytes} more bytes asked for"))
}

/// A zeroed vector of `len` floats, or `OutOfMemory` naming `what`.
pub(crate) fn try_zeros(len: usize, what: &str) -> Result<Vec<f32>> {
    let mut vec = Vec::new();
    try_reserve(&mut vec, len, what)?;
    vec.resize(len, 0.0);
    Ok(vec)
}
