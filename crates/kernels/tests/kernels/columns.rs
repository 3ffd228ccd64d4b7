use cambium_kernels::columns::{
    add_products, insert, insert_in_place, remainder, remove, remove_in_place, touched, turn,
};
use cambium_kernels::simd::F32x4;

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

/// Columns that go and come back leave the rows as they were, whatever the widths; what lies behind a row stays.
#[test]
fn columns_go_and_come_back() {
    let stride = 24;
    for columns in 1..stride {
        for at in 0..columns {
            let mut rows: Vec<f32> = (0..3 * stride).map(|n| n as f32 + 1.0).collect();
            let before = rows.clone();
            let mut column = [0.0; 3];
            remove_in_place(&mut rows, stride, columns, at, &mut column);
            for (n, (new, old)) in rows.chunks(stride).zip(before.chunks(stride)).enumerate() {
                let mut want = old.to_vec();
                assert_eq!(column[n], want.remove(at));
                want.insert(columns - 1, 0.0);
                assert_eq!(new, want);
            }
            insert_in_place(&mut rows, stride, columns - 1, at, &column);
            assert_eq!(rows, before);
        }
    }
}

#[test]
#[should_panic(expected = "column 4 of 4 in a stride of 4")]
fn a_full_row_takes_no_column() {
    insert_in_place(&mut [0.0; 8], 4, 4, 4, &[1.0, 2.0]);
}

#[test]
#[should_panic(expected = "fewer rows")]
fn too_few_rows_are_refused() {
    remove((&[0.0; 8], 8), 0, (&mut [0.0; 16], 8));
}

#[test]
fn images_are_touched_where_a_value_is_not_zero() {
    let (positions, images, stride) = (2, 5, 4);
    let mut values = vec![0.0; positions * images * stride];
    // Neighbours of the feature do not count.
    values.iter_mut().skip(1).step_by(stride).for_each(|value| *value = 1.0);
    let mut list = [9; 7];
    assert_eq!(touched(&values, stride, positions, images, &mut list), 0);
    for (position, image, value) in [(0, 1, 0.5), (1, 1, -0.5), (1, 4, f32::NAN), (0, 2, -0.0)] {
        values[(position * images + image) * stride] = value;
    }
    assert_eq!(touched(&values, stride, positions, images, &mut list), 2);
    assert_eq!(list[..2], [1, 4]);
}

#[test]
fn turned_rows_are_columns() {
    for (rows, width) in [(1_usize, 1_usize), (4, 4), (5, 3), (19, 10), (64, 7)] {
        let stride = width.next_multiple_of(4) + 4;
        let from: Vec<f32> = (0..rows * stride).map(|i| (i as f32).sin()).collect();
        let room = rows.next_multiple_of(4);
        let mut columns = vec![9.0; width * room];
        turn(&from, stride, rows, &mut columns);
        for (k, column) in columns.chunks_exact(room).enumerate() {
            let expected = (0..room).map(|row| if row < rows { from[row * stride + k] } else { 0.0 });
            assert!(column.iter().copied().eq(expected), "column {k} of {rows} rows");
        }
    }
}

#[test]
fn a_remainder_is_what_others_leave_of_a_column() {
    for room in [4, 12, 16, 40] {
        let columns: Vec<f32> = (0..6 * room).map(|i| (i as f32 * 0.7).cos()).collect();
        let others = [(0, 0.5_f32), (5, -1.25), (3, 0.125)];
        let mut out = vec![0.0; room];
        remainder(&columns, 2, &others, 0.75, &mut out);
        for (row, found) in out.iter().enumerate() {
            let at = |k: usize| f64::from(columns[k * room + row]);
            let expected = at(2) - 0.75 - others.iter().map(|&(k, c)| f64::from(c) * at(k)).sum::<f64>();
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{found} for {expected}");
        }
    }
}

#[test]
fn products_add_up_over_parts_to_the_bit() {
    let (rows, width) = (28, 7);
    let columns: Vec<f32> = (0..width * rows).map(|i| (i as f32 * 1.3).sin()).collect();
    let listed = [6, 0, 3, 1, 5];
    let mut whole = vec![F32x4::splat(0.0); 15];
    add_products(&columns, rows, &listed, &mut whole);
    let mut pairs = whole.iter();
    for (i, a) in listed.iter().enumerate() {
        for b in &listed[..=i] {
            let terms =
                (0..rows).map(|row| f64::from(columns[a * rows + row]) * f64::from(columns[b * rows + row]));
            let (found, expected) = (pairs.next().unwrap().sum(), terms.sum::<f64>());
            assert!((f64::from(found) - expected).abs() < 1e-5, "{found} for {expected}");
        }
    }
    let mut parts = vec![F32x4::splat(0.0); 15];
    for (from, len) in [(0, 12), (12, 16)] {
        let part: Vec<f32> =
            columns.chunks_exact(rows).flat_map(|column| column[from..from + len].to_vec()).collect();
        add_products(&part, len, &listed, &mut parts);
    }
    assert!(parts.iter().zip(&whole).all(|(a, b)| a.to_array() == b.to_array()));
}
