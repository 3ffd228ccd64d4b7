//! What a network costs: a sum over its layers, linear in the number of features on each side of them.

use crate::axes::Axis;
use crate::error::{Code, Error, Result};
use crate::json;
use crate::layer::{Layer, Linear};
use crate::model::Network;
use crate::train::Place;

/// In what the cost of a network is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cost {
    /// Trainable numbers.
    #[default]
    Weights,
    /// Multiply-adds of one row on its way forward, without biases and norms.
    MultiplyAdds,
    /// Microseconds that one row of a step takes, by the rates of the layers ([`Network::rates`]).
    Microseconds,
}

json::names!(Cost { Weights: "weights", MultiplyAdds: "multiplyAdds", Microseconds: "microseconds" });

impl Cost {
    /// What a pair of an input and an output feature of `linear` costs.
    pub(super) fn of_pair(self, linear: &Linear) -> f64 {
        let multiply_adds = linear.window.by_output.pairs() as f64;
        match self {
            Cost::Weights => linear.weight.taps() as f64,
            Cost::MultiplyAdds => multiply_adds,
            Cost::Microseconds => multiply_adds * f64::from(linear.rate) / 1000.0,
        }
    }

    /// The cost, were the width of each hidden axis what `width` says.
    pub fn at(self, network: &Network, width: &dyn Fn(usize) -> usize) -> f64 {
        let at = |ends: fn(&Axis) -> &Vec<usize>, layer: usize, otherwise: usize| {
            let axis = network.axes.iter().position(|axis| ends(axis).contains(&layer));
            axis.map_or(otherwise, width) as f64
        };
        let mut sum = 0.0;
        for (index, layer) in network.layers.iter().enumerate() {
            sum += match layer {
                Layer::Linear(linear) => {
                    let inputs = at(|axis| &axis.consumers, index, linear.weight.inputs());
                    let outputs = at(|axis| &axis.producers, index, linear.weight.outputs());
                    let bias = self == Cost::Weights && linear.bias.is_some();
                    outputs * (self.of_pair(linear) * inputs + f64::from(u8::from(bias)))
                }
                Layer::Norm(norm) if self == Cost::Weights => {
                    2.0 * at(|axis| &axis.followers, index, norm.gain.outputs())
                }
                _ => 0.0,
            };
        }
        sum
    }

    /// The cost of `network`.
    pub fn of(self, network: &Network) -> f64 {
        self.at(network, &|axis| network.width(axis))
    }

    /// What one more feature at `place` would cost.
    pub fn of_feature(self, network: &Network, place: Place) -> f64 {
        match place {
            Place::Axis(more) => {
                let width = |axis: usize| network.width(axis) + usize::from(axis == more);
                self.at(network, &width) - self.of(network)
            }
            Place::Inputs => network.input_reader().map_or(0.0, |reader| {
                let reader = network.linear(reader);
                self.of_pair(reader) * reader.weight.outputs() as f64
            }),
        }
    }

    /// What one feature less at `place` would save: less than one more would cost where a layer makes what it reads, as in a
    /// residual block of one layer.
    pub(super) fn saved_by_feature(self, network: &Network, place: Place) -> f64 {
        match place {
            Place::Axis(less) => {
                let width = |axis: usize| network.width(axis) - usize::from(axis == less);
                self.of(network) - self.at(network, &width)
            }
            Place::Inputs => self.of_feature(network, place),
        }
    }

    /// What it counts.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Cost::Weights => "weight",
            Cost::MultiplyAdds => "multiply-add",
            Cost::Microseconds => "microsecond",
        }
    }

    /// `amount` in words.
    pub(super) fn text(self, amount: f64) -> String {
        match self {
            Cost::Microseconds => format!("{amount:.6} microseconds"),
            _ => format!("{} {}s", amount as u64, self.unit()),
        }
    }
}

impl Network {
    /// Nanoseconds that a multiply-add of each layer takes, 0 for layers without; none where that was not measured.
    pub fn rates(&self) -> Option<Vec<f32>> {
        let rate = |layer: &Layer| match layer {
            Layer::Linear(linear) if linear.rate == 0.0 => None,
            Layer::Linear(linear) => Some(linear.rate),
            _ => Some(0.0),
        };
        self.layers.iter().map(rate).collect()
    }

    /// Takes what [`Network::rates`] gives.
    ///
    /// # Errors
    /// `Option` for another number of layers, and for rates that are not finite and above 0 where they count.
    pub fn set_rates(&mut self, rates: Option<&[f32]>) -> Result<()> {
        let layers = self.layers.len();
        if let Some(rates) = rates {
            if rates.len() != layers {
                let text = format!("rates has {} numbers; the model has {layers} layers", rates.len());
                return Err(Error::new(Code::Option, text));
            }
            for (index, (rate, layer)) in rates.iter().zip(&self.layers).enumerate() {
                if matches!(layer, Layer::Linear(_)) && !(rate.is_finite() && *rate > 0.0) {
                    let text = format!("rates[{index}] is {rate}; use a finite number > 0");
                    return Err(Error::new(Code::Option, text));
                }
            }
        }
        for (index, layer) in self.layers.iter_mut().enumerate() {
            if let Layer::Linear(linear) = layer {
                linear.rate = rates.map_or(0.0, |rates| rates[index]);
            }
        }
        Ok(())
    }
}
