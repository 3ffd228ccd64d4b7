//! What is left to say when the engine stops: panics become traps, and a trap has no message.

use std::sync::Mutex;
use wasm_bindgen::prelude::wasm_bindgen;

static FIRST: Mutex<Option<String>> = Mutex::new(None);

/// Runs once when the module is loaded: keeps the message of the first panic, on whatever thread, and makes a failed
/// allocation a panic that says so.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|info| {
        if let Ok(mut first) = FIRST.lock() {
            first.get_or_insert_with(|| info.to_string());
        }
    }));
    #[cfg(target_arch = "wasm32")]
    std::alloc::set_alloc_error_hook(|layout| {
        panic!("out of memory: {} more bytes were needed", layout.size())
    });
}

/// The message of the first panic, if there was one.
#[wasm_bindgen(js_name = panicMessage)]
pub fn panic_message() -> Option<String> {
    FIRST.lock().ok().and_then(|first| first.clone())
}
