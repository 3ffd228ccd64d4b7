use cambium_kernels::columns::{insert, remove};

/// Rows `stride` floats apart with `width` numbers, the rest of each zero.
fn rows(width: usize, stride: usize) -> Vec<f32> {
    let count = 3;
    let number = |i: usize| if i % stride < width { (i + 1) as f32 } else { 0.0 };
    (0..count * stride).map(number).collect()
}

#[test]
fn a_column_comes_and_goes() {
    for width in 1..20_usize {
        let (old, new) = (width.next_multiple_of(4), (width + 1).next_multiple_of(4));
        let from = rows(width, old);
        let column: Vec<f32> = (0..12).map(|i| -1.0 - i as f32).collect();
        for at in 0..=width {
            let mut wide = vec![f32::NAN; 3 * new];
            insert((&from, old), &column, at, (&mut wide, new));
            for (r, row) in wide.chunks_exact(new).enumerate() {
                let mut expected = from[r * old..][..width].to_vec();
                expected.insert(at, column[4 * r]);
                expected.resize(new, 0.0);
                assert_eq!(row, expected, "width {width} at {at}");
            }
            let mut back = vec![f32::NAN; 3 * old];
            remove((&wide, new), at, (&mut back, old));
            assert_eq!(back, from, "width {width} at {at}");
        }
    }
}

#[test]
#[should_panic(expected = "fewer rows")]
fn too_few_rows_are_refused() {
    remove((&[0.0; 8], 8), 0, (&mut [0.0; 16], 8));
}
