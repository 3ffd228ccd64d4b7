//! Saved states: one file in the safetensors format, with keys in PyTorch style.
//!
//! | key | shape | what |
//! |---|---|---|
//! | `layers.N.weight` | dense: inputs x outputs; convolution: height x width x inputs x outputs; convolution-to-dense: (input feature x position) x outputs, feature-major | weights |
//! | `layers.N.bias` | outputs | bias |
//! | `layers.N.weight`, `.bias` of a norm | channels | gain and shift |
//! | `layers.N.running_mean`, `.running_var` | channels | moving statistics of a batch norm |
//! | `optimizer.layers.N.weight.first`, `.second` | as the weight | Adam's moments (SGD: velocity) |
//! | `optimizer.layers.N.weight.birth` | 1 + inputs + outputs, u32 | step at which the array, each input and each output feature were born |
//!
//! The metadata entry `cambium` holds the description of the model, the step count, the random streams and the decisions
//! about the structure as JSON.
//! Keys of the optimiser may be missing: moments are then zero and all features of one age. Where input features are not
//! in use, the first layer's arrays have zeros for them all the same: whoever reads the weights needs no list of features.

use crate::error::{try_reserve, Code, Error, Result};
use crate::growth::log::{from_text, to_text, Log};
use crate::json;
use crate::layer::{Layer, LinearKind, Moving, Norm};
use crate::model::{Model, Network};
use crate::param::{Param, Plane};
use crate::rng::Streams;
use crate::safetensors::{self, Dtype, File, Tensor as _};
use crate::spec::ModelSpec;

const FORMAT: &str = "cambium";
const VERSION: u32 = 1;
/// Most steps in a file: far more than anyone takes, and far from where the count would overflow.
const LAST_STEP: u32 = u32::MAX / 2;
/// Bytes of a decision about structure while it is made into text, for usual ones.
const DECISION: usize = 512;
/// Largest gradient entry that is taken: beyond it an update could leave the range of f32.
const LARGEST_GRADIENT: f32 = 1e30;

struct Header {
    version: u32,
    spec: ModelSpec,
    step: u32,
    streams: Streams,
    events: String,
}

json::record!(Header {
    version: "version",
    spec: "spec",
    step: "step",
    streams: "streams",
    events: "events" optional,
});

/// A named array on its way to a file.
struct Tensor<'a> {
    order: Order,
    param: &'a Param,
    content: Content,
    shape: Vec<usize>,
}

/// What of an array goes into a tensor of a file.
#[derive(Clone, Copy)]
enum Content {
    Plane(Plane),
    Births,
}

impl<'a> Tensor<'a> {
    fn new(order: Order, param: &'a Param, content: Content) -> Self {
        let shape = match content {
            Content::Plane(_) => file_shape(order, param),
            Content::Births => vec![1 + param.inputs() + param.outputs()],
        };
        Tensor { order, param, content, shape }
    }
}

impl safetensors::Tensor for Tensor<'_> {
    fn dtype(&self) -> Dtype {
        match self.content {
            Content::Plane(_) => Dtype::F32,
            Content::Births => Dtype::U32,
        }
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn write(&self, bytes: &mut Vec<u8>) {
        match self.content {
            Content::Plane(plane) => {
                let view = self.param.view(plane);
                for index in file_order(self.order, self.param) {
                    bytes.extend_from_slice(&view[index].to_le_bytes());
                }
            }
            Content::Births => {
                let births = [self.param.input_birth(), self.param.output_birth()].into_iter().flatten();
                for birth in std::iter::once(&self.param.birth()).chain(births) {
                    bytes.extend_from_slice(&birth.to_le_bytes());
                }
            }
        }
    }
}

fn bad(text: impl Into<String>) -> Error {
    Error::new(Code::State, text)
}

/// The whole state of `model`: a model loaded from it goes on to the same bits.
///
/// # Errors
/// `State`, if the file cannot be written.
pub fn save(model: &Model) -> Result<Vec<u8>> {
    let network = &model.network;
    let events = model.log.events();
    try_reserve(&mut Vec::<[u8; DECISION]>::new(), events.len(), "the decisions in the saved state")?;
    let header = Header {
        version: VERSION,
        spec: network.spec(),
        step: network.step,
        streams: network.streams.clone(),
        events: to_text(events),
    };
    if !network.is_finite() {
        return Err(Error::new(
            Code::NotFinite,
            "the model has weights that are not finite; it cannot be saved",
        ));
    }
    let mut tensors = Vec::new();
    let whole = whole_reader(network)?;
    for (key, order, param) in arrays(network, whole.as_ref()) {
        for (plane, name) in MOMENTS {
            let moment = Tensor::new(order, param, Content::Plane(plane));
            tensors.push((format!("optimizer.{key}.{name}"), moment));
        }
        tensors.push((format!("optimizer.{key}.birth"), Tensor::new(order, param, Content::Births)));
        tensors.push((key, Tensor::new(order, param, Content::Plane(Plane::Value))));
    }
    for (n, layer) in network.layers.iter().enumerate() {
        let Layer::Norm(Norm { moving: Some(Moving { mean, variance, .. }), .. }) = layer else { continue };
        for (key, array) in moving_keys(n).into_iter().zip([mean, variance]) {
            tensors.push((key, Tensor::new(ROW, array, Content::Plane(Plane::Value))));
        }
    }
    encode(tensors, Some(&json::to_string(&header)))
}

/// A model from what [`save`] wrote.
///
/// # Errors
/// `State` for anything that is not such a file: what is missing, left over or of the wrong shape is named.
pub fn load(bytes: &[u8]) -> Result<Model> {
    let file = Tensors::decode(bytes)?;
    let header =
        file.0.text(FORMAT).ok_or_else(|| bad(format!("the file has no metadata entry `{FORMAT}`")))?;
    let header: Header =
        json::from_str(header).map_err(|e| bad(format!("the header does not parse: {e}")))?;
    if header.version != VERSION {
        return Err(bad(format!(
            "the state has version {}; this package reads version {VERSION}",
            header.version
        )));
    }
    let Streams { init, shuffle, growth, .. } = &header.streams;
    if ![init, shuffle, growth].iter().all(|stream| stream.is_sound()) {
        return Err(bad("the header's random streams are broken: an increment is even"));
    }
    if header.step > LAST_STEP {
        return Err(bad(format!("the header counts {} steps; {LAST_STEP} are the most", header.step)));
    }
    let mut network =
        Network::build(&header.spec).map_err(|e| bad(format!("the header's model: {}", e.message)))?;
    network.step = header.step;
    network.streams = header.streams;
    let mut expected = 0;
    widen_reader(&mut network)?;
    for (key, linear, param) in arrays_mut(&mut network) {
        expected += 1;
        file.read_plane(&key, linear, param, Plane::Value)?;
        for (plane, name) in MOMENTS {
            let key = format!("optimizer.{key}.{name}");
            if file.0.has(&key) {
                expected += 1;
                file.read_plane(&key, linear, param, plane)?;
            }
        }
        let key = format!("optimizer.{key}.birth");
        if file.0.has(&key) {
            expected += 1;
            file.read_births(&key, param, header.step)?;
        }
    }
    for (n, layer) in network.layers.iter_mut().enumerate() {
        let Layer::Norm(Norm { moving: Some(Moving { mean, variance, .. }), .. }) = layer else { continue };
        let [mean_key, variance_key] = moving_keys(n);
        file.read_plane(&mean_key, ROW, mean, Plane::Value)?;
        file.read_plane(&variance_key, ROW, variance, Plane::Value)?;
        if let Some(value) = variance.view(Plane::Value).iter().find(|value| **value < 0.0) {
            return Err(bad(format!("`{variance_key}` holds {value}; a variance is at least 0")));
        }
        expected += 2;
    }
    if expected != file.0.len() {
        return Err(bad(format!(
            "the file holds {} arrays, the model described in it has {expected}",
            file.0.len()
        )));
    }
    narrow_reader(&mut network)?;
    let events =
        from_text(&header.events).ok_or_else(|| bad("the header's decisions about structure are broken"))?;
    Ok(Model { log: Log::of(events), ..Model::from_network(network) })
}

/// The layer that reads the input features, where some are not in use.
fn partial_reader(network: &Network) -> Option<usize> {
    network.inputs.used().and_then(|_| network.input_reader().ok())
}

/// The weights of that layer with zeros for the features that are not in use.
fn whole_reader(network: &Network) -> Result<Option<(usize, Param)>> {
    partial_reader(network)
        .map(|layer| Ok((layer, network.inputs.widened(&network.linear(layer).weight)?)))
        .transpose()
}

/// Gives that layer room for all features, while a file is read.
fn widen_reader(network: &mut Network) -> Result<()> {
    if let Some((layer, whole)) = whole_reader(network)? {
        network.linear_mut(layer).weight = whole;
    }
    Ok(())
}

/// The opposite of [`widen_reader`].
fn narrow_reader(network: &mut Network) -> Result<()> {
    if let Some(layer) = partial_reader(network) {
        let narrowed = network.inputs.narrowed(&network.linear(layer).weight)?;
        network.linear_mut(layer).weight = narrowed;
    }
    Ok(())
}

const MOMENTS: [(Plane, &str); 2] = [(Plane::First, "first"), (Plane::Second, "second")];

/// One plane of every array, under the keys of the weights: how gradients leave.
pub(crate) fn save_plane(network: &Network, plane: Plane) -> Result<Vec<u8>> {
    let whole = whole_reader(network)?;
    let tensors = arrays(network, whole.as_ref())
        .map(|(key, order, param)| (key, Tensor::new(order, param, Content::Plane(plane))))
        .collect();
    encode(tensors, None)
}

/// Fills one plane of every array from what [`save_plane`] writes. On error some planes may have been written, so it
/// serves for gradients only.
pub(crate) fn load_gradients(network: &mut Network, bytes: &[u8]) -> Result<()> {
    let file = Tensors::decode(bytes)?;
    let expected = arrays(network, None).count();
    if file.0.len() != expected {
        return Err(bad(format!("{} gradients were given; the model has {expected} arrays", file.0.len())));
    }
    widen_reader(network)?;
    let read = arrays_mut(network).try_for_each(|(key, linear, param)| {
        param.clear_gradient();
        file.read_plane(&key, linear, param, Plane::Grad)
    });
    narrow_reader(network)?;
    read
}

/// What decides the order of a layer's weights in a file.
#[derive(Clone, Copy)]
struct Order {
    kind: LinearKind,
    /// Whether it is one row: a bias, or what a norm has.
    row: bool,
}

/// Of one row.
const ROW: Order = Order { kind: LinearKind::Dense, row: true };

/// Keys and orders of what [`Layer::params`] gives.
fn keys(n: usize, layer: &Layer) -> [(String, Order); 2] {
    let (kind, norm) = match layer {
        Layer::Linear(linear) => (linear.kind, false),
        _ => (LinearKind::Dense, true),
    };
    [
        (format!("layers.{n}.weight"), Order { kind, row: norm }),
        (format!("layers.{n}.bias"), Order { kind, row: true }),
    ]
}

/// All arrays with their keys, `whole` in the place of the weights of its layer.
fn arrays<'a>(
    network: &'a Network,
    whole: Option<&'a (usize, Param)>,
) -> impl Iterator<Item = (String, Order, &'a Param)> {
    network.layers.iter().enumerate().flat_map(move |(n, layer)| {
        let whole = whole.filter(|(layer, _)| *layer == n).map(|(_, param)| param);
        let params = whole.into_iter().chain(layer.params().skip(usize::from(whole.is_some())));
        params.zip(keys(n, layer)).map(|(param, (key, order))| (key, order, param))
    })
}

fn arrays_mut(network: &mut Network) -> impl Iterator<Item = (String, Order, &mut Param)> {
    network.layers.iter_mut().enumerate().flat_map(|(n, layer)| {
        let keys = keys(n, layer);
        layer.params_mut().zip(keys).map(|(param, (key, order))| (key, order, param))
    })
}

/// Keys of what [`Moving`] holds, mean before variance.
fn moving_keys(n: usize) -> [String; 2] {
    [format!("layers.{n}.running_mean"), format!("layers.{n}.running_var")]
}

/// Shape in files, as in the table above.
fn file_shape(order: Order, param: &Param) -> Vec<usize> {
    let (taps, inputs, outputs) = (param.taps(), param.inputs(), param.outputs());
    match order {
        Order { row: true, .. } => vec![outputs],
        Order { kind: LinearKind::Conv2D { kernel_size: [height, width], .. }, .. } => {
            vec![height, width, inputs, outputs]
        }
        _ => vec![taps * inputs, outputs],
    }
}

/// The index (tap, input, output) of each number in file order.
fn file_order(order: Order, param: &Param) -> impl Iterator<Item = [usize; 3]> {
    let (taps, inputs, outputs) = (param.taps(), param.inputs(), param.outputs());
    (0..taps * inputs).flat_map(move |row| {
        let (t, k) = if order.row { (0, 0) } else { order.kind.tap_and_input(row, taps, inputs) };
        (0..outputs).map(move |j| [t, k, j])
    })
}

fn encode(tensors: Vec<(String, Tensor)>, header: Option<&str>) -> Result<Vec<u8>> {
    let room: usize = tensors.iter().map(|(key, tensor)| key.len() + 128 + tensor.size()).sum();
    // The file, and beside it its header: the reservations while they are written could not fail gracefully.
    let room = room + header.map_or(0, |header| 4 * header.len());
    try_reserve(&mut Vec::<u8>::new(), room, "the saved state")?;
    safetensors::write(tensors, header.map(|header| (FORMAT, header)))
        .map_err(|e| bad(format!("the state cannot be written: {e}")))
}

struct Tensors<'a>(File<'a>);

impl<'a> Tensors<'a> {
    fn decode(bytes: &'a [u8]) -> Result<Self> {
        let not = |e| bad(format!("these {} bytes are not a safetensors file: {e}", bytes.len()));
        Ok(Tensors(File::read(bytes).map_err(not)?))
    }

    fn get(&self, key: &str, dtype: Dtype, shape: &[usize]) -> Result<&[u8]> {
        let tensor = self.0.get(key).ok_or_else(|| bad(format!("`{key}` is missing")))?;
        let dtype = dtype.name();
        if tensor.dtype != dtype || tensor.shape != shape {
            return Err(bad(format!(
                "`{key}` is {} {:?}; the model needs {dtype} {shape:?}",
                tensor.dtype, tensor.shape
            )));
        }
        if tensor.data.len() != 4 * shape.iter().product::<usize>() {
            return Err(bad(format!(
                "`{key}` has {} bytes; {dtype} {shape:?} has others",
                tensor.data.len()
            )));
        }
        Ok(tensor.data)
    }

    fn read_plane(&self, key: &str, order: Order, param: &mut Param, plane: Plane) -> Result<()> {
        let data = self.get(key, Dtype::F32, &file_shape(order, param))?;
        let order = file_order(order, param);
        let mut view = param.view_mut(plane);
        for (n, (index, bytes)) in order.zip(data.chunks_exact(4)).enumerate() {
            let value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            let too_large = plane == Plane::Grad && value.abs() > LARGEST_GRADIENT;
            if !value.is_finite() || too_large || (plane == Plane::Second && value < 0.0) {
                let code = if plane == Plane::Grad { Code::NotFinite } else { Code::State };
                return Err(Error::new(code, format!("`{key}` holds {value} at position {n}")));
            }
            view[index] = value;
        }
        Ok(())
    }

    fn read_births(&self, key: &str, param: &mut Param, step: u32) -> Result<()> {
        let data = self.get(key, Dtype::U32, &[1 + param.inputs() + param.outputs()])?;
        let births: Vec<u32> =
            data.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        if let Some(birth) = births.iter().find(|&&birth| birth > step) {
            return Err(bad(format!("`{key}` holds a birth at step {birth}, after the last step {step}")));
        }
        let (inputs, outputs) = births[1..].split_at(param.inputs());
        param.set_births(births[0], inputs, outputs);
        Ok(())
    }
}
