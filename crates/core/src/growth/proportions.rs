//! Widths whose proportions growth and removal keep.

use crate::model::Network;

/// Widths of a network's hidden axes at the start of a fit.
#[derive(Debug)]
pub(super) struct Proportions {
    widths: Vec<usize>,
    relayered: u32,
}

impl Proportions {
    /// Those of `network`.
    pub(super) fn of(network: &Network) -> Self {
        Proportions { widths: network.widths(), relayered: network.relayered }
    }

    /// The widths, none where layers have come to `network` or gone from it since, by whomever: what its proportions were at the
    /// start says nothing of the network that it is now.
    pub(super) fn known(&self, network: &Network) -> Option<&[usize]> {
        (self.relayered == network.relayered).then_some(&self.widths[..])
    }
}
