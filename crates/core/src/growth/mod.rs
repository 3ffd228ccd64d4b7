//! Structural changes and growth.
