//! The weights a new feature starts with.

use super::feature::Feature;
use super::method::Moment;
use crate::axes::{Part, Role};
use crate::error::{Code, Error, Result};
use crate::model::{Model, Network};
use crate::param::Strip;
use crate::rng::Stream;
use crate::train::{outlooks, sweeps, Outlook};

/// A newborn of `axis`; `fill` gets the numbers of each part, all zero.
fn newborn(
    network: &mut Network,
    axis: usize,
    mut fill: impl FnMut(&Network, Part, &mut [f32], &mut Stream),
) -> Feature {
    let mut stream = network.streams.growth.clone();
    let mut feature = Feature::default();
    let axis = &network.axes[axis];
    for (&part, size) in axis.parts.iter().zip(axis.sizes(&network.layers)) {
        let mut strip = Strip::default();
        strip.newborn(size, network.step, |_| 0.0);
        fill(network, part, &mut strip.planes[0], &mut stream);
        feature.strips.push(strip);
    }
    network.streams.growth = stream;
    feature
}

/// What a norm starts with; zero for weights.
pub(super) fn of_norm(role: Role) -> f32 {
    match role {
        Role::Gain | Role::Variance => 1.0,
        _ => 0.0,
    }
}

/// A random feature, as the reference method draws it: all weights and biases normal with the `new_weight_std` of the
/// layer that holds them.
pub fn random(network: &mut Network, axis: usize) -> Feature {
    newborn(network, axis, |network, part, numbers, stream| match part.role {
        Role::Incoming | Role::Bias | Role::Outgoing => {
            let std = network.linear(part.layer).dynamic.map_or(0.0, |d| d.new_weight_std);
            stream.normals(std, numbers);
        }
        role => numbers.fill(of_norm(role)),
    })
}

/// A feature that changes no output yet: incoming weights normal with the variance `2 / incoming` of He et al. (2015,
/// arXiv 1502.01852), biases and outgoing weights zero.
pub(super) fn silent(network: &mut Network, axis: usize) -> Feature {
    newborn(network, axis, |_, part, numbers, stream| match part.role {
        Role::Incoming => stream.normals((2.0 / numbers.len() as f32).sqrt(), numbers),
        Role::Bias | Role::Outgoing => {}
        role => numbers.fill(of_norm(role)),
    })
}

/// `count` silent newborns for `axis`, as [`super::widen::Make`] has it.
#[allow(clippy::unnecessary_wraps, clippy::missing_errors_doc)]
pub(super) fn silents(moment: &mut Moment, axis: usize, count: usize) -> Result<Vec<Feature>> {
    Ok((0..count).map(|_| silent(&mut moment.model.network, axis)).collect())
}

/// How many newborns are drawn for the places that are free.
const DRAWS: usize = 32;

/// The best of many newborns, where a sweep can tell, with outgoing weights of one damped Newton step instead of zero: a pool of
/// candidates in the way of cascade correlation (Fahlman and Lebiere 1990), judged without training them. For `budget` on the
/// digits silent ones ended no worse than the best of 32: 97.1 and 96.7 % with 1,450 and 630 weights against 97.1 and 96.6
/// (10 seeds, standard errors 0.3 to 0.2).
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn useful(moment: &mut Moment, axis: usize, count: usize) -> Result<Vec<Feature>> {
    if !sweeps(&moment.model.network, axis) {
        return silents(moment, axis, count);
    }
    let newborns = promising(moment, axis, count)?;
    let network = &moment.model.network;
    let step = |(mut feature, outlook): (Feature, Outlook)| {
        let parts = network.axes[axis].parts.iter().zip(&mut feature.strips);
        let outgoing = parts.filter(|(part, _)| part.role == Role::Outgoing).map(|(_, strip)| strip);
        for (w, g) in outgoing.flat_map(|strip| &mut strip.planes[0]).zip(outlook.gradient) {
            *w = -(f64::from(g) / (4.0 * outlook.variance).max(1e-6)) as f32;
        }
        feature
    };
    Ok(newborns.into_iter().map(step).collect())
}

/// `count` copies of random features, see [`twin`]; silent ones for a layer that makes what it reads, of whose weights a copy would need
/// more than the feature has.
///
/// # Errors
/// `OutOfMemory`; the network is then unchanged.
pub(super) fn twins(moment: &mut Moment, axis: usize, count: usize) -> Result<Vec<Feature>> {
    if moment.model.network.axes[axis].loops() {
        return silents(moment, axis, count);
    }
    (0..count).map(|_| twin(&mut moment.model.network, axis)).collect()
}

/// A copy of a random feature of `axis` (Net2Net, Chen et al. 2016, arXiv 1511.05641): the two share its outgoing weights
/// evenly, and the copy's incoming weights are off by a hundredth, so that they part ways.
///
/// # Errors
/// `OutOfMemory`; the network is then unchanged.
fn twin(network: &mut Network, axis: usize) -> Result<Feature> {
    let (width, birth) = (network.width(axis), network.step);
    let index = network.streams.growth.below(width as u32) as usize;
    let mut feature = Feature::default();
    super::feature::remove(network, axis, index, &mut feature);
    let parts: Vec<Part> = network.axes[axis].parts.clone();
    let outgoing = |part: &Part| part.role == Role::Outgoing;
    for (_, strip) in parts.iter().zip(&mut feature.strips).filter(|(part, _)| outgoing(part)) {
        strip.planes[0].iter_mut().for_each(|w| *w *= 0.5);
    }
    super::feature::insert(network, axis, index, &feature)?;
    let stream = &mut network.streams.growth;
    for (part, strip) in parts.iter().zip(&mut feature.strips) {
        let noise = if outgoing(part) { 0.0 } else { 0.01 };
        strip.planes[0].iter_mut().for_each(|w| *w *= 1.0 + noise * stream.normal());
        strip.planes[1..].iter_mut().for_each(|plane| plane.fill(0.0));
        strip.birth = birth;
    }
    Ok(feature)
}

/// The best of many silent newborns with what a first look found.
fn promising(moment: &mut Moment, axis: usize, count: usize) -> Result<Vec<(Feature, Outlook)>> {
    let Moment { model, sample, team, .. } = moment;
    let drawn: Vec<Feature> = (0..DRAWS.max(4 * count)).map(|_| silent(&mut model.network, axis)).collect();
    sample.hold_with_gradients(model, team)?;
    let Model { network, workspace, .. } = model;
    let outlooks = outlooks(network, workspace, axis, &drawn, team)?;
    let gain = |outlook: &Outlook| {
        let square = outlook.gradient.iter().fold(0.0, |sum, &g| sum + f64::from(g) * f64::from(g));
        if outlook.variance > 0.0 {
            square / outlook.variance
        } else {
            0.0
        }
    };
    let mut pool: Vec<(Feature, Outlook)> = drawn.into_iter().zip(outlooks).collect();
    pool.sort_by(|a, b| gain(&b.1).total_cmp(&gain(&a.1)));
    pool.truncate(count);
    Ok(pool)
}

/// A random newborn in which given weights replace drawn ones: those of all layers that make the feature one behind the
/// other, one bias for all of them, those of all layers that read it. Draws happen either way, so that what is given does
/// not shift the stream.
pub(super) fn given(
    network: &mut Network,
    axis: usize,
    incoming: Option<&[f32]>,
    bias: Option<f32>,
    outgoing: Option<&[f32]>,
) -> Result<Feature> {
    let of = |network: &Network, role: Role| -> usize {
        let axis = &network.axes[axis];
        let sizes = axis.parts.iter().zip(axis.sizes(&network.layers));
        sizes.filter(|(part, _)| part.role == role).map(|(_, size)| size).sum()
    };
    if bias.is_some() && of(network, Role::Bias) == 0 {
        return Err(Error::new(
            Code::Shape,
            format!("a bias was given, but the layer that makes axis {axis} has none"),
        ));
    }
    let bias = bias.map(|bias| vec![bias; of(network, Role::Bias)]);
    let parts = [
        ("incoming", Role::Incoming, incoming),
        ("bias", Role::Bias, bias.as_deref()),
        ("outgoing", Role::Outgoing, outgoing),
    ];
    for (name, role, given) in parts {
        let (Some(given), len) = (given, of(network, role)) else { continue };
        if given.len() != len {
            return Err(Error::new(
                Code::Shape,
                format!("{name} holds {} numbers; a feature of axis {axis} needs {len}", given.len()),
            ));
        }
        if let Some(i) = given.iter().position(|x| !x.is_finite()) {
            return Err(Error::new(Code::NotFinite, format!("{name}[{i}] is {}", given[i])));
        }
    }
    let mut feature = random(network, axis);
    let of_role = |role| move |(part, _): &(&Part, &mut Strip)| part.role == role;
    for (_, role, given) in parts {
        let Some(mut rest) = given else { continue };
        for (part, strip) in network.axes[axis].parts.iter().zip(&mut feature.strips).filter(of_role(role)) {
            let values = &mut strip.planes[0];
            let (own, others) = rest.split_at(values.len());
            rest = others;
            values.copy_from_slice(own);
            if role == Role::Incoming {
                let maker = network.linear(part.layer);
                let (taps, inputs) = (maker.weight.taps(), maker.weight.inputs());
                for (row, &w) in own.iter().enumerate() {
                    let (t, k) = maker.kind.tap_and_input(row, taps, inputs);
                    values[t * inputs + k] = w;
                }
            }
        }
    }
    Ok(feature)
}
