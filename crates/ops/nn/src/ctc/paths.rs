//! Sums over all alignments of one label sequence with one input: the forward and the backward pass.

use num_traits::Float;

/// The logarithm of the sum of two numbers given by their logarithms.
pub(crate) fn log_sum_exp<T: Float>(a: T, b: T) -> T {
    let (greater, lesser) = if a > b { (a, b) } else { (b, a) };
    if greater == T::neg_infinity() { greater } else { greater + (lesser - greater).exp().ln_1p() }
}

/// A label sequence with blanks before, between and behind its labels, against the probabilities of a softmax.
pub(crate) struct Paths<'a, T> {
    /// Labels and blanks in turn.
    pub(crate) states: &'a [usize],
    /// The probabilities, `[time, classes]`.
    pub(crate) probabilities: &'a [T],
    /// How many classes there are; the last one is the blank.
    pub(crate) classes: usize,
    /// Whether repeated labels without a blank between them count once.
    pub(crate) merge_repeated: bool,
}

impl<T: Float> Paths<'_, T> {
    fn steps(&self) -> usize {
        self.probabilities.len() / self.classes
    }

    /// The logarithm of the probability of a state at a step.
    fn log_probability(&self, state: usize, step: usize) -> T {
        self.probabilities[step * self.classes + self.states[state]].ln()
    }

    fn is_blank(&self, state: usize) -> bool {
        self.states[state] + 1 == self.classes
    }

    /// Whether a path may stay in a state.
    fn may_stay(&self, state: usize) -> bool {
        self.merge_repeated || self.is_blank(state)
    }

    /// Whether a path may go from `state` to the second one behind it, past a blank.
    fn may_skip(&self, state: usize) -> bool {
        let target = state + 2;
        target < self.states.len()
            && !self.is_blank(target)
            && !(self.merge_repeated && self.states[state] == self.states[target])
    }

    /// The states that a path can be in at a step, with time enough for the rest.
    fn reachable(&self, step: usize) -> std::ops::Range<usize> {
        let states = self.states.len();
        states.saturating_sub(2 * (self.steps() - step))..states.min(2 * (step + 1))
    }

    /// For each step and state, the logarithm of the probability of all paths up to there, `[time, states]`.
    fn forward(&self) -> Vec<T> {
        let width = self.states.len();
        let mut alpha = vec![T::neg_infinity(); self.steps() * width];
        for (state, alpha) in alpha.iter_mut().enumerate().take(width.min(2)) {
            *alpha = self.log_probability(state, 0);
        }
        for step in 1..self.steps() {
            let (before, here) = alpha[(step - 1) * width..].split_at_mut(width);
            for state in self.reachable(step) {
                let mut sum = if self.may_stay(state) { before[state] } else { T::neg_infinity() };
                if state > 0 {
                    sum = log_sum_exp(sum, before[state - 1]);
                }
                if state > 1 && self.may_skip(state - 2) {
                    sum = log_sum_exp(sum, before[state - 2]);
                }
                here[state] = self.log_probability(state, step) + sum;
            }
        }
        alpha
    }

    /// For each step and state, the logarithm of the probability of all paths from there on, `[time, states]`.
    fn backward(&self) -> Vec<T> {
        let (width, steps) = (self.states.len(), self.steps());
        let mut beta = vec![T::neg_infinity(); steps * width];
        for state in width.saturating_sub(2)..width {
            beta[(steps - 1) * width + state] = T::zero();
        }
        for step in (0..steps - 1).rev() {
            let (here, behind) = beta[step * width..].split_at_mut(width);
            for state in self.reachable(step) {
                let mut sum = here[state];
                let mut add = |next: usize| {
                    sum = log_sum_exp(sum, behind[next] + self.log_probability(next, step + 1));
                };
                if self.may_stay(state) {
                    add(state);
                }
                if state + 1 < width {
                    add(state + 1);
                }
                // A label is left past the blank behind it; a blank never is.
                if !self.is_blank(state) && self.may_skip(state) {
                    add(state + 2);
                }
                here[state] = sum;
            }
        }
        beta
    }

    /// The loss, which is the negative logarithm of the probability of all paths; `gradient(step, class, value)` is
    /// given its derivatives by the inputs of the softmax.
    pub(crate) fn loss(&self, mut gradient: impl FnMut(usize, usize, T)) -> T {
        let (alpha, beta) = (self.forward(), self.backward());
        let (width, classes) = (self.states.len(), self.classes);
        let starts = alpha.iter().zip(&beta).take(width);
        let total = starts.fold(T::neg_infinity(), |sum, (&a, &b)| log_sum_exp(sum, a + b));
        let mut sums = vec![T::neg_infinity(); classes];
        for step in 0..self.steps() {
            let probabilities = &self.probabilities[step * classes..(step + 1) * classes];
            // Without any path, TensorFlow's gradient is that of a softmax that should be zero everywhere.
            if total == T::neg_infinity() {
                for (class, &probability) in probabilities.iter().enumerate() {
                    gradient(step, class, probability);
                }
                continue;
            }
            sums.fill(T::neg_infinity());
            for (state, &class) in self.states.iter().enumerate() {
                let at = step * width + state;
                sums[class] = log_sum_exp(sums[class], alpha[at] + beta[at]);
            }
            for (class, &probability) in probabilities.iter().enumerate() {
                gradient(step, class, probability - (sums[class] - total).exp());
            }
        }
        -total
    }
}

/// The softmax of a row.
pub(crate) fn softmax_into<T: Float>(row: &[T], output: &mut [T]) {
    let highest = row.iter().fold(T::neg_infinity(), |highest, &value| highest.max(value));
    let mut sum = T::zero();
    for (output, &value) in output.iter_mut().zip(row) {
        *output = (value - highest).exp();
        sum = sum + *output;
    }
    output.iter_mut().for_each(|output| *output = *output / sum);
}
