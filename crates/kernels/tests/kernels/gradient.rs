//! The weight gradient gives the bits of its naive twin, whatever the band, the parts and the tiles.

use crate::data::{assert_same_bits, bits, padded, Lcg};
use crate::linear::{assert_near, refuses, Block, Layer};
use cambium_kernels::linear::{weight_gradient, Part, Progress, Rows};
use cambium_kernels::reference;
use cambium_kernels::window::Window;
use core::ops::Range;

/// The band of the gradient and the bias sums over all blocks. They have the bits of their twins; `tell` hears the
/// same sums, each row once and not before it is announced; what the sums do not cover stays.
fn checked(lcg: &mut Lcg, layer: &Layer, blocks: &[Block], rows: Range<usize>) -> [Vec<f32>; 2] {
    let case = (
        blocks.iter().map(|block| block.images).collect::<Vec<_>>(),
        layer.inputs,
        layer.outputs,
        rows.clone(),
    );
    let task = layer.gradient(blocks.len(), rows.clone());
    let part = |index: usize| layer.part(&blocks[index]);
    let (stride, columns) = (layer.w_stride, padded(layer.outputs));
    let before = [lcg.values(rows.len() * stride), lcg.values(columns + 4)];

    let [mut sums, mut bias] = before.clone();
    weight_gradient(task.clone(), &part, &mut sums, Some(&mut bias), None);
    let [mut twin, mut twin_bias] = before.clone();
    reference::weight_gradient(&task, part, &mut twin, Some(&mut twin_bias));
    assert_same_bits(&sums, &twin, &case);
    assert_same_bits(&bias, &twin_bias, &case);
    assert_eq!(bias[columns..], before[1][columns..], "{case:?}");

    let [mut scratch, mut bias_too] = before.clone();
    let [mut told, _] = before;
    let mut times = vec![0; rows.len()];
    let mut announced = (0..0, 0);
    let mut tell = |progress: Progress| {
        let some = match progress {
            Progress::Finishing { rows: some, column } => {
                assert!(some.end <= rows.len() && column < columns, "{case:?}");
                assert!(times[some.clone()].iter().all(|&times| times == 0), "{case:?}");
                let (before, last) = &announced;
                assert!(if *before == some { column <= last + 12 } else { column == 0 }, "{case:?}");
                announced = (some, column);
                return;
            }
            Progress::Finished(some) => some,
        };
        let (of, last) = &announced;
        let whole = *of == (some.row..some.row + some.rows) && last + 12 >= columns;
        assert!(whole || (layer.inputs <= 4 && layer.outputs <= 4 && layer.window.outputs > 1), "{case:?}");
        assert_eq!(some.feature, (rows.start + some.row) % layer.tap_rows, "{case:?}");
        assert!(some.feature + some.rows <= layer.inputs, "{case:?}");
        for (i, sums) in some.sums.chunks_exact(stride).enumerate().take(some.rows) {
            let at = (some.row + i) * stride;
            told[at..at + columns].copy_from_slice(&sums[..columns]);
            times[some.row + i] += 1;
        }
    };
    weight_gradient(task, &part, &mut scratch, Some(&mut bias_too), Some(&mut tell));
    for (row, times) in rows.zip(times) {
        assert_eq!(times, u32::from(row % layer.tap_rows < layer.inputs), "row {row}: {case:?}");
    }
    assert_same_bits(&told, &sums, &case);
    assert_same_bits(&bias_too, &bias, &case);
    [sums, bias]
}

/// Blocks of these many images.
fn blocks(lcg: &mut Lcg, layer: &Layer, images: &[usize]) -> Vec<Block> {
    images.iter().map(|&images| layer.block(lcg, images)).collect()
}

#[test]
fn every_tile_equals_its_twin() {
    let mut lcg = Lcg(11);
    for inputs in 1..=40 {
        for outputs in 1..=40 {
            let layer = Layer::new(&mut lcg, Window::point(), inputs, outputs);
            for images in [1, 2, 5] {
                let blocks = blocks(&mut lcg, &layer, &[images]);
                checked(&mut lcg, &layer, &blocks, 0..layer.tap_rows);
            }
        }
    }
}

#[test]
fn every_band_equals_its_twin() {
    let mut lcg = Lcg(12);
    for (inputs, outputs) in [(13, 1), (15, 2), (6, 3), (13, 5), (9, 8), (12, 28), (1, 7), (14, 52)] {
        let layer = Layer::new(&mut lcg, Window::whole(3), inputs, outputs);
        let blocks = blocks(&mut lcg, &layer, &[2, 1]);
        let all = 3 * layer.tap_rows;
        for start in 0..=all {
            for end in start..=all {
                checked(&mut lcg, &layer, &blocks, start..end);
            }
        }
    }
}

#[test]
fn every_window_equals_its_twin_and_f64() {
    let mut lcg = Lcg(13);
    for round in 0..300 {
        let layer = Layer::random(&mut lcg);
        let images: Vec<usize> = (0..lcg.size(1, 4)).map(|_| lcg.size(0, 11)).collect();
        let blocks = blocks(&mut lcg, &layer, &images);
        let all = layer.window.taps * layer.tap_rows;
        let start = lcg.size(0, all);
        let rows = start..lcg.size(start, all);
        checked(&mut lcg, &layer, &blocks, rows);

        let [mut sums, _] = checked(&mut lcg, &layer, &blocks[..1], 0..all);
        for (row, sums) in sums.chunks_exact_mut(layer.w_stride).enumerate() {
            let width = if row % layer.tap_rows < layer.inputs { layer.outputs } else { 0 };
            sums[width..].fill(0.0);
        }
        let [_, _, truth] = layer.truth(&blocks[0]);
        assert_near(&sums, &truth, round);
    }
}

#[test]
fn convolutions_of_few_features_equal_their_twins() {
    let mut lcg = Lcg(18);
    let windows = [
        Window::conv([3, 4], [3, 3], [1, 1], true).0,
        Window::conv([5, 3], [2, 2], [2, 1], false).0,
        Window::conv([4, 3], [5, 1], [1, 2], true).0,
    ];
    for (inputs, outputs) in (1..=5).flat_map(|inputs| (1..=13).map(move |outputs| (inputs, outputs))) {
        for (window, images) in windows.iter().flat_map(|w| [&[3][..], &[2, 0, 5], &[130]].map(|n| (w, n))) {
            let layer = Layer::new(&mut lcg, window.clone(), inputs, outputs);
            let blocks = blocks(&mut lcg, &layer, images);
            let all = window.taps * layer.tap_rows;
            checked(&mut lcg, &layer, &blocks, 0..all);
            for _ in 0..4 {
                let start = lcg.size(0, all);
                let rows = start..lcg.size(start, all);
                checked(&mut lcg, &layer, &blocks, rows);
            }
        }
        let layer = Layer::new(&mut lcg, windows[0].clone(), inputs, outputs);
        let blocks = blocks(&mut lcg, &layer, &[300]);
        checked(&mut lcg, &layer, &blocks, 1..9 * layer.tap_rows);
    }
    // More positions of one image than a block has terms.
    for (inputs, outputs) in [(3, 4), (4, 9), (8, 2), (9, 5)] {
        let layer = Layer::new(&mut lcg, Window::conv([27, 20], [2, 2], [1, 1], true).0, inputs, outputs);
        let blocks = blocks(&mut lcg, &layer, &[1, 2]);
        checked(&mut lcg, &layer, &blocks, 0..4 * layer.tap_rows);
    }
}

#[test]
fn blocks_of_terms_equal_their_twins() {
    let mut lcg = Lcg(14);
    let windows = [
        Window::point(),
        Window::whole(4),
        Window::conv([5, 4], [3, 3], [1, 1], true).0,
        Window::conv([5, 4], [2, 3], [2, 1], false).0,
        Window::conv([13, 12], [2, 1], [1, 1], true).0,
    ];
    let parts: [&[usize]; 20] = [
        &[255],
        &[256],
        &[257],
        &[600],
        &[100, 156],
        &[100, 157],
        &[256, 1],
        &[257, 3],
        &[1, 256],
        &[3, 300, 4, 5],
        &[200, 60, 50, 100],
        &[50, 60, 0, 70, 80, 90],
        &[0, 300, 0],
        &[0, 0],
        &[0; 300],
        &[129, 128],
        &[128, 64, 65],
        &[42, 43],
        &[7, 1, 12],
        &[1],
    ];
    for (index, window) in windows.iter().enumerate() {
        for images in parts {
            if index == 4 && images.iter().any(|&images| images > 12) {
                continue;
            }
            let (inputs, outputs) = (lcg.size(1, 30), lcg.size(1, 20));
            for (inputs, outputs) in [(inputs, outputs), (17, lcg.size(1, 3))] {
                let layer = Layer::new(&mut lcg, window.clone(), inputs, outputs);
                let blocks = blocks(&mut lcg, &layer, images);
                let all = window.taps * layer.tap_rows;
                let rows = lcg.size(0, 9)..all;
                checked(&mut lcg, &layer, &blocks, rows.start.min(all)..all);
            }
        }
    }
}

#[test]
fn large_layers_equal_their_twins() {
    let mut lcg = Lcg(15);
    let conv = Window::conv([1, 2], [3, 3], [1, 2], true).0;
    for (window, images, inputs, outputs) in [
        (Window::point(), [50, 3], 600, 45),
        (Window::point(), [33, 270], 257, 75),
        (Window::point(), [140, 130], 70, 130),
        (Window::point(), [64, 20], 1030, 12),
        (Window::point(), [64, 20], 101, 512),
        (Window::point(), [140, 130], 52, 530),
        (Window::point(), [12, 1], 50, 516),
        (Window::point(), [12, 1], 49, 528),
        (Window::point(), [1, 300], 48, 517),
        (Window::point(), [0, 3], 34, 1023),
        (Window::point(), [40, 3], 47, 640),
        (Window::whole(3), [11, 9], 50, 520),
        (Window::whole(6), [21, 9], 100, 44),
        (conv, [19, 140], 70, 68),
    ] {
        let layer = Layer::new(&mut lcg, window, inputs, outputs);
        let blocks = blocks(&mut lcg, &layer, &images);
        let all = layer.window.taps * layer.tap_rows;
        checked(&mut lcg, &layer, &blocks, 0..all);
        checked(&mut lcg, &layer, &blocks, 31..all - 3);
        // A band that ends with fewer rows than a tile has.
        checked(&mut lcg, &layer, &blocks, all - 2..all);
    }
}

#[test]
fn with_one_output_position_parts_do_not_matter() {
    let mut lcg = Lcg(16);
    for (window, inputs, outputs) in
        [(Window::point(), 21, 19), (Window::point(), 30, 2), (Window::whole(5), 7, 9)]
    {
        let layer = Layer::new(&mut lcg, window, inputs, outputs);
        let whole = [layer.block(&mut lcg, 300)];
        let all = layer.window.taps * layer.tap_rows;
        let covered = |[sums, bias]: [Vec<f32>; 2]| {
            let rows = sums.chunks_exact(layer.w_stride).enumerate();
            let rows = rows.filter(|(row, _)| row % layer.tap_rows < inputs);
            let mut covered: Vec<u32> = rows.flat_map(|(_, sums)| bits(&sums[..outputs])).collect();
            covered.extend(bits(&bias[..outputs]));
            covered
        };
        let want = covered(checked(&mut lcg, &layer, &whole, 0..all));
        for cuts in [
            &[1][..],
            &[299],
            &[256],
            &[0, 44],
            &[100, 200],
            &[3, 10, 17, 200, 290],
            &[50, 100, 150, 200, 250],
        ] {
            let starts = [&[0], cuts].concat();
            let ends = [cuts, &[300]].concat();
            let cut = |(&start, &end): (&usize, &usize)| layer.split(&whole[0], start..end);
            let parts: Vec<Block> = starts.iter().zip(&ends).map(cut).collect();
            assert!(covered(checked(&mut lcg, &layer, &parts, 0..all)) == want, "{cuts:?}");
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut lcg = Lcg(17);
    let mut layer = Layer::new(&mut lcg, Window::whole(2), 8, 12);
    (layer.tap_rows, layer.w_stride, layer.x_stride, layer.y_stride) = (8, 12, 8, 12);
    let block = layer.block(&mut lcg, 2);
    let Part { x, dy } = layer.part(&block);
    let task = layer.gradient(1, 3..13);
    let both =
        |x: Rows, dy: Rows| weight_gradient(task.clone(), &|_| Part { x, dy }, &mut [0.0; 120], None, None);
    both(x, dy);
    refuses("2 images meet 1", || both(x, Rows { images: 1, ..dy }));
    refuses("x is too short", || both(Rows { data: &x.data[1..], ..x }, dy));
    refuses("dy is too short", || both(x, Rows { data: &dy.data[1..], ..dy }));
    refuses("links reach outside", || both(Rows { positions: 1, ..x }, dy));
    refuses("links reach outside", || both(x, Rows { positions: 0, ..dy }));
    refuses("a stride is not padded", || both(Rows { stride: 6, ..x }, dy));
    refuses("a stride is not padded", || both(x, Rows { stride: 10, ..dy }));
    refuses("8 inputs", || both(Rows { stride: 4, ..x }, dy));
    refuses("12 outputs", || both(x, Rows { stride: 8, ..dy }));
    let most = Rows { positions: usize::MAX, ..x };
    refuses("a tensor larger than the address space", || both(most, dy));

    let run = |task, second: Part, sums: usize, bias: usize| {
        let part = |index| if index == 0 { Part { x, dy } } else { second };
        weight_gradient(task, &part, &mut vec![0.0; sums], Some(&mut vec![0.0; bias]), None);
    };
    let good = Part { x, dy };
    run(layer.gradient(2, 0..16), good, 192, 12);
    refuses("a gradient needs rows", || run(layer.gradient(0, 0..16), good, 192, 12));
    refuses("the band is too short", || run(layer.gradient(1, 0..16), good, 191, 12));
    refuses("bias is too short", || run(layer.gradient(1, 0..16), good, 192, 11));
    refuses("rows beyond the last tap", || run(layer.gradient(1, 1..17), good, 192, 12));
    let narrow = Part { x: Rows { stride: 4, ..x }, dy };
    refuses("parts differ", || run(layer.gradient(2, 0..16), narrow, 192, 12));
    let fewer = Part { x, dy: Rows { positions: 0, ..dy } };
    refuses("parts differ", || run(layer.gradient(2, 0..16), fewer, 192, 12));
}
