//! From the optimiser a user describes to the update of a band of storage rows.

use crate::error::{try_reserve, Result};
use crate::param::Param;
use crate::spec::{OptimizerMethod, OptimizerSpec, Schedule};
use cambium_kernels::math::power;
use cambium_kernels::optimizer::{adam, corrections, sgd, AdamStep, Corrections};
use cambium_kernels::simd::Patch;
use cambium_kernels::LANES;

/// Factor on the learning rate at step `step` (from 0) of a fit of `total` steps.
pub(crate) fn factor(schedule: Schedule, step: u64, total: u64) -> f32 {
    // How far the way from `start` to the end is gone.
    let gone = |start: f32| {
        let (start, done) = (f64::from(start), step as f64 / total as f64);
        if done > start {
            (done - start) / (1.0 - start)
        } else {
            0.0
        }
    };
    let between = |floor: f32, share: f64| (f64::from(floor) + (1.0 - f64::from(floor)) * share) as f32;
    match schedule {
        Schedule::Constant {} => 1.0,
        Schedule::Cosine { start, floor } => between(floor, 0.5 * (1.0 + cos_pi(gone(start)))),
        Schedule::Linear { start, floor } => between(floor, 1.0 - gone(start)),
        Schedule::Step { every, factor } => power(f64::from(factor), step / u64::from(every)) as f32,
    }
}

/// `cos(pi x)` for x in [0, 1], by its series on [0, pi / 2]; the error is below 1e-12.
fn cos_pi(x: f64) -> f64 {
    if x > 0.5 {
        return -cos_pi(1.0 - x);
    }
    let square = (x * std::f64::consts::PI) * (x * std::f64::consts::PI);
    let (mut sum, mut term) = (1.0, 1.0);
    for n in 1..=9 {
        term *= -square / f64::from((2 * n - 1) * (2 * n));
        sum += term;
    }
    sum
}

/// One step's rule.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    /// Adam's numbers.
    Adam(AdamStep),
    /// Rate, momentum, decay.
    Sgd(f32, f32, f32),
}

impl Rule {
    /// The rule of `spec` with the learning rate times `factor`.
    pub(crate) fn new(spec: &OptimizerSpec, factor: f32) -> Self {
        let learning_rate = spec.learning_rate * factor;
        match spec.method {
            OptimizerMethod::Adam { beta1, beta2, epsilon, weight_decay: decay, .. } => {
                Rule::Adam(AdamStep { learning_rate, beta1, beta2, epsilon, decay })
            }
            OptimizerMethod::Sgd { momentum, weight_decay } => {
                Rule::Sgd(learning_rate, momentum, weight_decay)
            }
        }
    }

    /// The same without weight decay, for biases.
    pub(crate) fn without_decay(self) -> Self {
        match self {
            Rule::Adam(step) => Rule::Adam(AdamStep { decay: 0.0, ..step }),
            Rule::Sgd(rate, momentum, _) => Rule::Sgd(rate, momentum, 0.0),
        }
    }

    /// Updates the weights of `patch`, whose rows belong to input features from `input` on. `planes` are weights, first and
    /// second moments.
    pub(crate) fn update(
        self,
        input: usize,
        patch: Patch,
        ages: &Ages,
        grad: &[f32],
        planes: [&mut [f32]; 3],
    ) {
        match self {
            Rule::Adam(step) => {
                let from =
                    |end: usize, at: usize| Corrections { c1: &ages.c1[end][at..], q: &ages.q[end][at..] };
                adam(&step, patch, ages.by_input.then(|| from(0, input)), from(1, 0), grad, planes);
            }
            Rule::Sgd(rate, momentum, decay) => {
                let [value, velocity, _] = planes;
                sgd(rate, momentum, decay, patch, grad, [value, velocity]);
            }
        }
    }
}

/// The corrections of features of one birth.
pub(crate) type Answer = Option<(u32, (f32, f32))>;

/// Adam's bias corrections of one array: by input feature, and by output feature.
#[derive(Debug, Default)]
pub(crate) struct Ages {
    c1: [Vec<f32>; 2],
    q: [Vec<f32>; 2],
    /// Whether some weight is younger than its output feature. Otherwise input features need no look.
    by_input: bool,
}

impl Ages {
    /// Computes the corrections of `param` for the step after `step` steps. `last` is the last answer with the birth it was
    /// for: features are mostly of one age, in all arrays. A weight is as old as the younger of its
    /// two ends, or, with a shared step count, as its array.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn refresh(
        &mut self,
        param: &Param,
        step: u32,
        spec: &OptimizerSpec,
        last: &mut Answer,
    ) -> Result<()> {
        let OptimizerMethod::Adam { beta1, beta2, shared_step_count, .. } = spec.method else {
            return Ok(());
        };
        let correct = |birth: u32| corrections(beta1, beta2, (step + 1).saturating_sub(birth));
        let width = param.outputs().next_multiple_of(LANES);
        if shared_step_count {
            self.by_input = false;
            return self.fill(
                1,
                std::iter::repeat_n(param.birth(), width),
                (width, param.out_stride()),
                (correct, last),
            );
        }
        let oldest_output = param.output_birth().iter().fold(u32::MAX, |least, &birth| least.min(birth));
        self.by_input = param.input_birth().iter().any(|&birth| birth > oldest_output);
        let outputs = param.output_birth().iter().copied();
        self.fill(1, outputs, (width, param.out_stride()), (correct, last))?;
        if self.by_input {
            self.fill(
                0,
                param.input_birth().iter().copied(),
                (param.inputs(), param.in_capacity()),
                (correct, last),
            )?;
        }
        Ok(())
    }

    /// Corrections of `births` at end `end`, `len` of them (the last ones, of pads, count as mature).
    fn fill(
        &mut self,
        end: usize,
        births: impl Iterator<Item = u32>,
        (len, capacity): (usize, usize),
        (correct, last): (impl Fn(u32) -> (f32, f32), &mut Answer),
    ) -> Result<()> {
        let (c1, q) = (&mut self.c1[end], &mut self.q[end]);
        for list in [&mut *c1, &mut *q] {
            list.clear();
            try_reserve(list, capacity, "step counts")?;
            list.resize(len, 1.0);
        }
        for ((c1, q), birth) in c1.iter_mut().zip(q).zip(births) {
            let pair = match last {
                Some((known, pair)) if *known == birth => *pair,
                _ => correct(birth),
            };
            *last = Some((birth, pair));
            (*c1, *q) = pair;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosine_agrees_with_the_library() {
        for i in 0..=1000 {
            let x = f64::from(i) / 1000.0;
            assert!((cos_pi(x) - (x * std::f64::consts::PI).cos()).abs() < 1e-12, "{x}");
        }
    }

    #[test]
    fn schedules_start_at_one_and_fall_to_the_floor() {
        for schedule in
            [Schedule::Cosine { start: 0.5, floor: 0.1 }, Schedule::Linear { start: 0.5, floor: 0.1 }]
        {
            assert_eq!(factor(schedule, 0, 100), 1.0);
            assert_eq!(factor(schedule, 50, 100), 1.0);
            assert!((factor(schedule, 75, 100) - 0.55).abs() < 1e-6, "halfway between 1 and 0.1");
            assert!((factor(schedule, 100, 100) - 0.1).abs() < 1e-6);
            assert!(factor(schedule, 99, 100) < factor(schedule, 98, 100));
        }
        assert_eq!(factor(Schedule::Linear { start: 1.0, floor: 0.0 }, 99, 100), 1.0);
        let step = Schedule::Step { every: 10, factor: 0.5 };
        assert_eq!([9, 10, 29, 30].map(|s| factor(step, s, 100)), [1.0, 0.5, 0.25, 0.125]);
    }

    #[test]
    fn weights_are_as_old_as_their_younger_end() {
        let mut param = Param::new(1, 3, 5, 0).unwrap();
        param.set_births(0, &[0, 0, 7], &[0, 0, 0, 4, 4]);
        let spec = OptimizerSpec::default();
        let mut ages = Ages::default();
        ages.refresh(&param, 9, &spec, &mut None).unwrap();
        let c1 = |age| corrections(0.9, 0.999, age).0;
        assert!(ages.by_input);
        assert_eq!(ages.c1[0], [c1(10), c1(10), c1(3)]);
        assert_eq!(ages.c1[1], [c1(10), c1(10), c1(10), c1(6), c1(6), 1.0, 1.0, 1.0]);
        param.set_births(0, &[0, 0, 0], &[0, 0, 0, 4, 4]);
        ages.refresh(&param, 9, &spec, &mut None).unwrap();
        assert!(!ages.by_input, "inputs as old as the oldest output change nothing");
    }
}
