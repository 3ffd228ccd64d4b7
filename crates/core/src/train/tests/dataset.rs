//! Data sets: layout, scale, checks.

use crate::error::Code;
use crate::inputs::Inputs;
use crate::shape::Shape;
use crate::train::{Dataset, DatasetSpec, Dtype, FeaturesMut, TargetSpec, TargetsMut};

fn spec(shape: Vec<usize>, dtype: Dtype, targets: TargetSpec) -> DatasetSpec {
    DatasetSpec { rows: 3, shape, dtype, scale: 0.5, targets }
}

#[test]
fn gathers_rows_with_scale_and_zero_pads() {
    let mut data = Dataset::reserve(&spec(vec![1, 2, 3], Dtype::U8, TargetSpec::None)).unwrap();
    let FeaturesMut::U8(x) = data.features_mut() else { panic!() };
    x.iter_mut().enumerate().for_each(|(i, x)| *x = i as u8);
    let shape = Shape { height: 1, width: 2, channels: 3, flat: false };
    let mut out = [7.0; 16];
    data.gather(&[2, 0], &Inputs::all(shape), &mut out);
    // Position, then row, then channel.
    assert_eq!(out, [6.0, 6.5, 7.0, 0.0, 0.0, 0.5, 1.0, 0.0, 7.5, 8.0, 8.5, 0.0, 1.5, 2.0, 2.5, 0.0]);
}

#[test]
fn names_what_is_wrong() {
    let mut data = Dataset::reserve(&spec(vec![4], Dtype::F32, TargetSpec::Labels { classes: 2 })).unwrap();
    let FeaturesMut::F32(x) = data.features_mut() else { panic!() };
    x[6] = f32::NAN;
    let error = data.check().unwrap_err();
    assert_eq!(error.code, Code::NotFinite);
    assert!(error.message.contains("feature 2 of row 1"), "{error}");
    let FeaturesMut::F32(x) = data.features_mut() else { panic!() };
    x[6] = 1.0;
    let TargetsMut::Labels(y) = data.targets_mut() else { panic!() };
    y[2] = 2;
    assert_eq!(data.check().unwrap_err().code, Code::Label);
}

#[test]
fn refuses_sizes_it_cannot_hold() {
    let code = |spec: &DatasetSpec| Dataset::reserve(spec).unwrap_err().code;
    let good = spec(vec![4], Dtype::F32, TargetSpec::None);
    assert_eq!(code(&DatasetSpec { rows: 0, ..good.clone() }), Code::Option);
    assert_eq!(code(&DatasetSpec { shape: vec![2, 2], ..good.clone() }), Code::Shape);
    assert_eq!(code(&DatasetSpec { shape: vec![0], ..good.clone() }), Code::Option);
    assert_eq!(code(&DatasetSpec { scale: f32::NAN, ..good.clone() }), Code::Option);
    assert_eq!(code(&DatasetSpec { targets: TargetSpec::Values { width: 0 }, ..good.clone() }), Code::Option);
    let huge = DatasetSpec { rows: 4_000_000_000, shape: vec![65_536, 65_536, 3], ..good };
    assert_eq!(code(&huge), Code::OutOfMemory);
}
