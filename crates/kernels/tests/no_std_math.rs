//! Results must not depend on the machine, so the sources of the kernels and of the core call none of the standard
//! float functions whose last bits differ between platforms (or whose handling of NaN and -0 does).

use std::fs;
use std::path::Path;

/// What must not appear, and what to use instead.
const FORBIDDEN: [(&str, &str); 24] = [
    (".exp(", "math::exp_scalar"),
    (".exp2(", "math::exp_scalar"),
    (".exp_m1(", "math::exp_scalar"),
    (".ln(", "math::ln_scalar"),
    (".ln_1p(", "math::ln_scalar"),
    (".log(", "math::ln_scalar"),
    (".log2(", "math::ln_scalar"),
    (".log10(", "math::ln_scalar"),
    (".powf(", "exp and ln of math"),
    (".powi(", "products"),
    (".sin(", "own polynomials"),
    (".cos(", "own polynomials"),
    (".tan(", "own polynomials"),
    (".sinh(", "math::exp_scalar"),
    (".cosh(", "math::exp_scalar"),
    (".tanh(", "math::tanh_scalar"),
    (".mul_add(", "simd::madd"),
    ("f32::max", "a comparison"),
    ("f32::min(", "a comparison"),
    ("f64::max", "a comparison"),
    ("f64::min(", "a comparison"),
    ("f32::powf", "exp and ln of math"),
    ("f32::exp", "math::exp_scalar"),
    ("f32::ln", "math::ln_scalar"),
];

fn scan(folder: &Path, found: &mut Vec<String>, files: &mut usize) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.map(|entry| entry.unwrap().path()) {
        // Tests compare with the standard functions, in folders and files of their own or at the end of a file.
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if path.is_dir() {
            scan(&path, found, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            *files += 1;
            let text = fs::read_to_string(&path).unwrap();
            let shipped = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            for (number, line) in shipped.lines().enumerate() {
                let code = line.split("//").next().unwrap();
                for (pattern, instead) in FORBIDDEN {
                    if code.contains(pattern) {
                        found.push(format!("{}:{}: {pattern} (use {instead})", path.display(), number + 1));
                    }
                }
            }
        }
    }
}

#[test]
fn sources_use_no_platform_float_functions() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (mut found, mut files) = (Vec::new(), 0);
    scan(&crates.join("kernels/src"), &mut found, &mut files);
    scan(&crates.join("core/src"), &mut found, &mut files);
    assert!(files > 10, "only {files} sources seen");
    assert!(found.is_empty(), "{}", found.join("\n"));
}
