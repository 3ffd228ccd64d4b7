//! The safetensors format: eight bytes that count the header (little endian), the header in JSON, the numbers of all arrays.
//!
//! The crate of that name reads and writes types that no state has, through readers of its own; modules are a thirtieth
//! smaller without it. A test compares with it.

use crate::json;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Entry of the header that describes no array: texts by name.
const METADATA: &str = "__metadata__";
/// Bytes of the count, and what the length of a header is a multiple of.
const COUNT: usize = 8;
/// Most bytes of a header that readers of the format take.
const LARGEST_HEADER: usize = 100_000_000;
/// Bytes of each number.
const NUMBER: usize = 4;

/// Types of numbers, the one that comes first in files last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dtype {
    U32,
    F32,
}

impl Dtype {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Dtype::U32 => "U32",
            Dtype::F32 => "F32",
        }
    }
}

/// An array to be written.
pub(crate) trait Tensor {
    fn dtype(&self) -> Dtype;
    fn shape(&self) -> &[usize];
    /// Puts its numbers, little endian, the last index running fastest, behind `bytes`.
    fn write(&self, bytes: &mut Vec<u8>);
    fn size(&self) -> usize {
        NUMBER * self.shape().iter().product::<usize>()
    }
}

/// An array in the header.
#[derive(Serialize, Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

/// A file with `tensors`, and with a `text` in its metadata by its name.
pub(crate) fn write<T: Tensor>(
    mut tensors: Vec<(String, T)>,
    text: Option<(&str, &str)>,
) -> Result<Vec<u8>, String> {
    // The order that other writers of the format have.
    tensors.sort_unstable_by(|(a, left), (b, right)| right.dtype().cmp(&left.dtype()).then(a.cmp(b)));
    let mut header = String::from("{");
    if let Some((name, text)) = text {
        header += &format!("\"{METADATA}\":{{\"{name}\":{}}},", json::to_string(text)?);
    }
    let mut end = 0;
    for (key, tensor) in &tensors {
        let data_offsets = [end, end + tensor.size()];
        end = data_offsets[1];
        let entry = Entry { dtype: tensor.dtype().name().into(), shape: tensor.shape().into(), data_offsets };
        header += &format!("\"{key}\":{},", json::to_string(&entry)?);
    }
    if header.ends_with(',') {
        header.pop();
    }
    header.push('}');
    while header.len() % COUNT != 0 {
        header.push(' ');
    }
    if header.len() > LARGEST_HEADER {
        return Err("header too large".into());
    }
    let mut bytes = Vec::with_capacity(COUNT + header.len() + end);
    bytes.extend_from_slice(&(header.len() as u64).to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    tensors.iter().for_each(|(_, tensor)| tensor.write(&mut bytes));
    Ok(bytes)
}

/// A file that was read.
pub(crate) struct File<'a> {
    metadata: Value,
    entries: BTreeMap<String, Entry>,
    data: &'a [u8],
}

/// An array of a file.
pub(crate) struct Found<'a> {
    pub dtype: &'a str,
    pub shape: &'a [usize],
    pub data: &'a [u8],
}

impl<'a> File<'a> {
    /// Reads the header. Arrays lie one behind the other and fill the file.
    pub fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let (count, rest) = bytes.split_first_chunk::<COUNT>().ok_or("header too small")?;
        let count = usize::try_from(u64::from_le_bytes(*count)).unwrap_or(usize::MAX);
        if count > LARGEST_HEADER {
            return Err("header too large".into());
        }
        let (header, data) = rest.split_at_checked(count).ok_or("invalid header length")?;
        let header =
            std::str::from_utf8(header).map_err(|error| format!("invalid UTF-8 in header: {error}"))?;
        let invalid = |error| format!("invalid JSON in header: {error}");
        let mut header: Map<String, Value> =
            serde_json::from_str(header).map_err(|error| invalid(error.to_string()))?;
        let metadata = header.remove(METADATA).unwrap_or_default();
        let mut entries = BTreeMap::new();
        for (name, entry) in &header {
            entries.insert(name.clone(), json::from_value::<Entry>(entry).map_err(invalid)?);
        }
        let mut order: Vec<_> = entries.iter().map(|(name, entry)| (entry.data_offsets, name)).collect();
        order.sort_unstable();
        let mut end = 0;
        for ([from, to], name) in order {
            if from != end || to < from {
                return Err(format!("invalid offset for tensor `{name}`"));
            }
            end = to;
        }
        if end != data.len() {
            return Err("incomplete metadata, file not fully covered".into());
        }
        Ok(File { metadata, entries, data })
    }

    /// The text of that name in the metadata.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.metadata.get(name)?.as_str()
    }

    /// Number of arrays.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// The array `key`. Its data may have another size than its shape says.
    pub fn get(&self, key: &str) -> Option<Found<'_>> {
        let Entry { dtype, shape, data_offsets: [from, to] } = self.entries.get(key)?;
        Some(Found { dtype, shape, data: &self.data[*from..*to] })
    }
}
