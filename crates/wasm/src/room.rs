//! Room for what JavaScript is about to copy in.

use crate::json::{thrown, Result};
use cambium_core::{Code, Error};
use wasm_bindgen::prelude::wasm_bindgen;

/// Whether `bytes` more bytes can be had. Asked before an array is passed: the copy itself could only trap.
#[wasm_bindgen]
pub fn room(bytes: usize) -> Result<()> {
    let mut block: Vec<u8> = Vec::new();
    let reserved = block.try_reserve_exact(bytes);
    reserved
        .map_err(|_| thrown(Error::new(Code::OutOfMemory, format!("no memory for {bytes} bytes of input"))))
}
