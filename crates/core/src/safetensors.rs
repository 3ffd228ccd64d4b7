//! The safetensors format: eight bytes that count the header (little endian), the header in JSON, the numbers of all arrays.
//!
//! The crate of that name reads and writes types that no state has, through readers of its own; modules are a thirtieth
//! smaller without it. A test compares with it.

use crate::json::{self, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

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
struct Entry<'a> {
    name: Cow<'a, str>,
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

impl<'a> Entry<'a> {
    /// What a file says of `name`. It may say more.
    fn read(name: Cow<'a, str>, entry: &Value) -> Result<Self, String> {
        Ok(Entry {
            dtype: field(entry, "dtype")?,
            shape: field(entry, "shape")?,
            data_offsets: field(entry, "data_offsets")?,
            name,
        })
    }
}

fn field<T: json::Read>(entry: &Value, name: &str) -> Result<T, String> {
    let value = entry.get(name).ok_or_else(|| format!("missing field `{name}`"))?;
    json::from_value(value).map_err(|error| format!("{name}: {error}"))
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
        header += &format!("\"{METADATA}\":{{\"{name}\":{}}},", json::to_string(text));
    }
    let mut end = 0;
    for (key, tensor) in &tensors {
        let (dtype, shape) = (tensor.dtype().name(), json::to_string(tensor.shape()));
        let data_offsets = json::to_string(&[end, end + tensor.size()]);
        end += tensor.size();
        header += &format!(
            "\"{key}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":{data_offsets}}},"
        );
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
    metadata: Value<'a>,
    /// By name.
    entries: Vec<Entry<'a>>,
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
        let Value::Object(header) = json::parse(header).map_err(invalid)? else {
            return Err(invalid("expected an object".into()));
        };
        let (mut metadata, mut entries) = (Value::Null, Vec::new());
        for (name, value) in header {
            if name == METADATA {
                metadata = value;
            } else {
                let entry = Entry::read(name.clone(), &value);
                entries.push(entry.map_err(|error| invalid(format!("`{name}`: {error}")))?);
            }
        }
        let sort = |entries: &mut [Entry<'a>], order: fn(&Entry, &Entry) -> Ordering| {
            entries.sort_unstable_by(order)
        };
        sort(&mut entries, |a, b| a.data_offsets.cmp(&b.data_offsets));
        let mut end = 0;
        for Entry { name, data_offsets: [from, to], .. } in &entries {
            if *from != end || to < from {
                return Err(format!("invalid offset for tensor `{name}`"));
            }
            end = *to;
        }
        if end != data.len() {
            return Err("incomplete metadata, file not fully covered".into());
        }
        sort(&mut entries, |a, b| a.name.cmp(&b.name));
        if let Some(pair) = entries.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(format!("two tensors have the name `{}`", pair[0].name));
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
        self.entry(key).is_some()
    }

    fn entry(&self, key: &str) -> Option<&Entry<'a>> {
        let at = self.entries.binary_search_by(|entry| (*entry.name).cmp(key)).ok()?;
        self.entries.get(at)
    }

    /// The array `key`. Its data may have another size than its shape says.
    pub fn get(&self, key: &str) -> Option<Found<'_>> {
        let Entry { dtype, shape, data_offsets: [from, to], .. } = self.entry(key)?;
        Some(Found { dtype, shape, data: &self.data[*from..*to] })
    }
}
