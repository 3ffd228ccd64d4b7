//! What networks cost, by weights, multiply-adds and measured rates.

use super::*;

#[test]
fn costs_are_those_of_the_model_that_a_change_gives() {
    for json in [DENSE, CONV, FLAT, RESIDUAL] {
        let mut rated = model(json).network;
        let rates: Vec<f32> = (0..rated.layers.len()).map(|index| 0.5 + index as f32).collect();
        rated.set_rates(Some(&rates)).unwrap();
        let network = &rated;
        assert_eq!(Cost::Weights.of(network), network.weight_count() as f64);
        assert_eq!(Cost::MultiplyAdds.of(network), network.summary().multiply_adds as f64);
        for axis in (0..network.axes.len()).filter(|&axis| network.axes[axis].pinned.is_none()) {
            let mut grown = Model::from_network(network.clone());
            let weights = change(&mut grown, &expand(axis)).weight_count;
            // A model built anew from the description: nothing is left of how it grew.
            let rebuilt = Model::new(&grown.network.spec()).unwrap().network;
            assert_eq!(rebuilt.weight_count(), weights);
            assert_eq!(rebuilt.rates(), network.rates());
            for cost in [Cost::Weights, Cost::MultiplyAdds, Cost::Microseconds] {
                let more = cost.of(&rebuilt) - cost.of(network);
                let gap = more - cost.of_feature(network, Place::Axis(axis));
                assert!(
                    more > 0.0 && gap.abs() <= 1e-9 * more,
                    "{cost:?} of axis {axis} of {json}: {more}, {gap}"
                );
            }
        }
    }
}

#[test]
fn microseconds_are_multiply_adds_times_rates() {
    let mut network = model(DENSE).network;
    assert_eq!((network.rates(), network.summary().multiply_adds), (None, 7 * 5 + 5 * 6 + 6 * 3));
    network.set_rates(Some(&[2.0, 0.0, 0.5, 4.0])).unwrap();
    let more = Cost::Microseconds.of_feature(&network, Place::Inputs);
    assert!((more - 5.0 * 2.0 / 1000.0).abs() < 1e-12);
    let whole = Cost::Microseconds.of(&network);
    assert!((whole - (35.0 * 2.0 + 30.0 * 0.5 + 18.0 * 4.0) / 1000.0).abs() < 1e-12);
    for (bad, words) in [
        (&[1.0, 1.0][..], "rates has 2 numbers; the model has 4 layers"),
        (&[1.0, 0.0, 0.0, 1.0], "rates[2] is 0"),
        (&[f32::NAN, 0.0, 1.0, 1.0], "rates[0] is NaN"),
    ] {
        let error = network.set_rates(Some(bad)).unwrap_err();
        assert_eq!(error.code, Code::Option);
        assert!(error.message.contains(words), "{}", error.message);
    }
    assert_eq!(Cost::Microseconds.of(&network), whole);
}

#[test]
fn rates_stay_with_their_layers_and_in_files() {
    let mut built = model(DENSE);
    built.network.set_rates(Some(&[2.0, 0.0, 0.5, 4.0])).unwrap();
    change(&mut built, &Change::AddLayer { axis: 1 });
    assert_eq!(built.network.rates().unwrap(), [2.0, 0.0, 0.5, 0.5, 4.0]);
    let loaded = load(&save(&built).unwrap()).unwrap();
    assert_eq!(loaded.network.rates(), built.network.rates());
    change(&mut built, &Change::RemoveLayer { layer: 3 });
    assert_eq!(built.network.rates().unwrap(), [2.0, 0.0, 0.5, 0.5]);
}
