//! The rules of TensorFlow's optimisers, and their ops.

use crate::apply::{FLOATS, Rule, kernel, shape};
use ferroflow_core::{Grad, OpDef};
use num_traits::Float;

fn two<T: Float>() -> T {
    T::one() + T::one()
}

/// -1, 0 or 1.
fn sign<T: Float>(value: T) -> T {
    if value > T::zero() {
        T::one()
    } else if value < T::zero() {
        -T::one()
    } else {
        T::zero()
    }
}

pub(crate) struct GradientDescent;
impl Rule<1> for GradientDescent {
    #[inline(always)]
    fn step<T: Float>([var]: [T; 1], delta: T, scalars: &[T], _: bool) -> [T; 1] {
        let [alpha, ..] = scalars else { return [var] };
        [var - delta * *alpha]
    }
}

pub(crate) struct Momentum;
impl Rule<2> for Momentum {
    const FLAG: Option<&'static str> = Some("use_nesterov");
    #[inline(always)]
    fn step<T: Float>([var, accum]: [T; 2], grad: T, scalars: &[T], nesterov: bool) -> [T; 2] {
        let &[lr, momentum] = scalars else { return [var, accum] };
        let accum = accum * momentum + grad;
        let change = if nesterov { grad * lr + accum * momentum * lr } else { accum * lr };
        [var - change, accum]
    }
}

pub(crate) struct KerasMomentum;
impl Rule<2> for KerasMomentum {
    const FLAG: Option<&'static str> = Some("use_nesterov");
    #[inline(always)]
    fn step<T: Float>([var, accum]: [T; 2], grad: T, scalars: &[T], nesterov: bool) -> [T; 2] {
        let &[lr, momentum] = scalars else { return [var, accum] };
        let accum = accum * momentum - grad * lr;
        let change = if nesterov { accum * momentum - grad * lr } else { accum };
        [var + change, accum]
    }
}

/// The step size of Adam, put in the place of `beta1_power`.
fn adam_step_size<T: Float>(scalars: &mut [T]) {
    if let [beta1_power, beta2_power, lr, ..] = scalars {
        *beta1_power = *lr * (T::one() - *beta2_power).sqrt() / (T::one() - *beta1_power);
    }
}

pub(crate) struct Adam;
impl Rule<3> for Adam {
    const FLAG: Option<&'static str> = Some("use_nesterov");
    fn prepare<T: Float>(scalars: &mut [T], _: bool) {
        adam_step_size(scalars);
    }
    #[inline(always)]
    fn step<T: Float>([var, m, v]: [T; 3], grad: T, scalars: &[T], nesterov: bool) -> [T; 3] {
        let &[alpha, _, _, beta1, beta2, epsilon] = scalars else { return [var, m, v] };
        let one = T::one();
        let m = m + (grad - m) * (one - beta1);
        let v = v + (grad * grad - v) * (one - beta2);
        let direction = if nesterov { grad * (one - beta1) + beta1 * m } else { m };
        [var - (direction * alpha) / (v.sqrt() + epsilon), m, v]
    }
}

pub(crate) struct AdamWithAmsgrad;
impl Rule<4> for AdamWithAmsgrad {
    fn prepare<T: Float>(scalars: &mut [T], _: bool) {
        adam_step_size(scalars);
    }
    #[inline(always)]
    fn step<T: Float>([var, m, v, vhat]: [T; 4], grad: T, scalars: &[T], _: bool) -> [T; 4] {
        let &[alpha, _, _, beta1, beta2, epsilon] = scalars else { return [var, m, v, vhat] };
        let one = T::one();
        let m = m + (grad - m) * (one - beta1);
        let v = v + (grad * grad - v) * (one - beta2);
        let vhat = vhat.max(v);
        [var - (m * alpha) / (vhat.sqrt() + epsilon), m, v, vhat]
    }
}

pub(crate) struct AdaMax;
impl Rule<3> for AdaMax {
    #[inline(always)]
    fn step<T: Float>([var, m, v]: [T; 3], grad: T, scalars: &[T], _: bool) -> [T; 3] {
        let &[beta1_power, lr, beta1, beta2, epsilon] = scalars else { return [var, m, v] };
        let one = T::one();
        let m = m + (grad - m) * (one - beta1);
        let v = (beta2 * v).max(grad.abs());
        [var - lr / (one - beta1_power) * (m / (v + epsilon)), m, v]
    }
}

pub(crate) struct Adagrad;
impl Rule<2> for Adagrad {
    const FLAG: Option<&'static str> = Some("update_slots");
    #[inline(always)]
    fn step<T: Float>([var, accum]: [T; 2], grad: T, scalars: &[T], update_slots: bool) -> [T; 2] {
        let &[lr] = scalars else { return [var, accum] };
        let accum = if update_slots { accum + grad * grad } else { accum };
        [var - grad * lr * accum.sqrt().recip(), accum]
    }
}

pub(crate) struct AdagradV2;
impl Rule<2> for AdagradV2 {
    const FLAG: Option<&'static str> = Some("update_slots");
    #[inline(always)]
    fn step<T: Float>([var, accum]: [T; 2], grad: T, scalars: &[T], update_slots: bool) -> [T; 2] {
        let &[lr, epsilon] = scalars else { return [var, accum] };
        let accum = if update_slots { accum + grad * grad } else { accum };
        [var - grad * lr / (accum.sqrt() + epsilon), accum]
    }
}

pub(crate) struct Adadelta;
impl Rule<3> for Adadelta {
    #[inline(always)]
    fn step<T: Float>([var, accum, accum_update]: [T; 3], grad: T, scalars: &[T], _: bool) -> [T; 3] {
        let &[lr, rho, epsilon] = scalars else { return [var, accum, accum_update] };
        let rest = T::one() - rho;
        let accum = accum * rho + grad * grad * rest;
        let update = (accum_update + epsilon).sqrt() * (accum + epsilon).sqrt().recip() * grad;
        [var - update * lr, accum, accum_update * rho + update * update * rest]
    }
}

pub(crate) struct RmsProp;
impl Rule<3> for RmsProp {
    #[inline(always)]
    fn step<T: Float>([var, ms, mom]: [T; 3], grad: T, scalars: &[T], _: bool) -> [T; 3] {
        let &[lr, rho, momentum, epsilon] = scalars else { return [var, ms, mom] };
        let ms = ms + (grad * grad - ms) * (T::one() - rho);
        let mom = mom * momentum + (grad * lr) / (ms + epsilon).sqrt();
        [var - mom, ms, mom]
    }
}

pub(crate) struct CenteredRmsProp;
impl Rule<4> for CenteredRmsProp {
    #[inline(always)]
    fn step<T: Float>([var, mg, ms, mom]: [T; 4], grad: T, scalars: &[T], _: bool) -> [T; 4] {
        let &[lr, rho, momentum, epsilon] = scalars else { return [var, mg, ms, mom] };
        let rest = T::one() - rho;
        let ms = ms + (grad * grad - ms) * rest;
        let mg = mg + (grad - mg) * rest;
        let mom = mom * momentum + (grad * lr) / ((ms - mg * mg) + epsilon).sqrt();
        [var - mom, mg, ms, mom]
    }
}

/// A step of FTRL with the gradient that the linear term takes, which differs from the plain one by shrinkage.
fn ftrl<T: Float>(
    [var, accum, linear]: [T; 3],
    (grad, linear_grad): (T, T),
    [lr, l1, l2, lr_power]: [T; 4],
    multiply_linear_by_lr: bool,
) -> [T; 3] {
    let half = two::<T>().recip();
    let power = |value: T| if lr_power == -half { value.sqrt() } else { value.powf(-lr_power) };
    let new_accum = accum + grad * grad;
    let (linear, quadratic, threshold) = if multiply_linear_by_lr {
        let linear = linear + linear_grad * lr - (power(new_accum) - power(accum)) * var;
        (linear, power(new_accum) + two::<T>() * l2 * lr, l1 * lr)
    } else {
        let linear = linear + linear_grad - (power(new_accum) - power(accum)) / lr * var;
        (linear, power(new_accum) / lr + two::<T>() * l2, l1)
    };
    let var =
        if linear.abs() > threshold { (threshold * sign(linear) - linear) / quadratic } else { T::zero() };
    [var, new_accum, linear]
}

pub(crate) struct Ftrl;
impl Rule<3> for Ftrl {
    const FLAG: Option<&'static str> = Some("multiply_linear_by_lr");
    #[inline(always)]
    fn step<T: Float>(slots: [T; 3], grad: T, scalars: &[T], by_lr: bool) -> [T; 3] {
        let &[lr, l1, l2, lr_power] = scalars else { return slots };
        ftrl(slots, (grad, grad), [lr, l1, l2, lr_power], by_lr)
    }
}

pub(crate) struct FtrlV2;
impl Rule<3> for FtrlV2 {
    const FLAG: Option<&'static str> = Some("multiply_linear_by_lr");
    #[inline(always)]
    fn step<T: Float>(slots: [T; 3], grad: T, scalars: &[T], by_lr: bool) -> [T; 3] {
        let &[lr, l1, l2, l2_shrinkage, lr_power] = scalars else { return slots };
        let shrunk = grad + two::<T>() * l2_shrinkage * slots[0];
        ftrl(slots, (grad, shrunk), [lr, l1, l2, lr_power], by_lr)
    }
}

pub(crate) struct AddSign;
impl Rule<2> for AddSign {
    #[inline(always)]
    fn step<T: Float>([var, m]: [T; 2], grad: T, scalars: &[T], _: bool) -> [T; 2] {
        let &[lr, alpha, sign_decay, beta] = scalars else { return [var, m] };
        let m = m * beta + grad * (T::one() - beta);
        [var - lr * (alpha + sign_decay * (sign(grad) * sign(m))) * grad, m]
    }
}

pub(crate) struct PowerSign;
impl Rule<2> for PowerSign {
    #[inline(always)]
    fn step<T: Float>([var, m]: [T; 2], grad: T, scalars: &[T], _: bool) -> [T; 2] {
        let &[lr, logbase, sign_decay, beta] = scalars else { return [var, m] };
        let m = m * beta + grad * (T::one() - beta);
        let scale = (logbase * sign_decay * (sign(grad) * sign(m))).exp();
        [var - lr * scale * grad, m]
    }
}

/// The proximal step: shrinks towards zero by `lr * l1`, then scales by `l2`.
fn proximal<T: Float>(prox: T, lr: T, l1: T, l2: T) -> T {
    let shrunk = if l1 > T::zero() { sign(prox) * (prox.abs() - lr * l1).max(T::zero()) } else { prox };
    shrunk / (T::one() + l2 * lr)
}

pub(crate) struct ProximalGradientDescent;
impl Rule<1> for ProximalGradientDescent {
    #[inline(always)]
    fn step<T: Float>([var]: [T; 1], delta: T, scalars: &[T], _: bool) -> [T; 1] {
        let &[alpha, l1, l2] = scalars else { return [var] };
        [proximal(var - delta * alpha, alpha, l1, l2)]
    }
}

pub(crate) struct ProximalAdagrad;
impl Rule<2> for ProximalAdagrad {
    #[inline(always)]
    fn step<T: Float>([var, accum]: [T; 2], grad: T, scalars: &[T], _: bool) -> [T; 2] {
        let &[lr, l1, l2] = scalars else { return [var, accum] };
        let accum = accum + grad * grad;
        let lr = lr * accum.sqrt().recip();
        [proximal(var - grad * lr, lr, l1, l2), accum]
    }
}

/// Dual averaging: the variable follows from the sums of all gradients and of their squares.
pub(crate) struct AdagradDa;
impl Rule<3> for AdagradDa {
    #[inline(always)]
    fn step<T: Float>([var, sum, squares]: [T; 3], grad: T, scalars: &[T], _: bool) -> [T; 3] {
        let &[lr, l1, l2, global_step] = scalars else { return [var, sum, squares] };
        let (sum, squares) = (sum + grad, squares + grad * grad);
        let shrunk =
            if l1 > T::zero() { sign(sum) * (sum.abs() - l1 * global_step).max(T::zero()) } else { sum };
        [-lr * shrunk / (l2 * global_step * lr + squares.sqrt()), sum, squares]
    }
}

/// The op on references and the op on resources of each rule.
macro_rules! ops {
    ($($rule:ident $slots:literal: $($constant:ident $name:literal),*;)*) => {
        $($(pub(crate) static $constant: OpDef = OpDef {
            name: $name,
            shape,
            kernel: Some(kernel::<$rule, $slots>),
            grad: Grad::None,
            types: &[("T", FLOATS)],
            ..OpDef::NEW
        };)*)*
    };
}

ops! {
    GradientDescent 1: APPLY_GRADIENT_DESCENT "ApplyGradientDescent",
        RESOURCE_APPLY_GRADIENT_DESCENT "ResourceApplyGradientDescent";
    Momentum 2: APPLY_MOMENTUM "ApplyMomentum", RESOURCE_APPLY_MOMENTUM "ResourceApplyMomentum",
        SPARSE_APPLY_MOMENTUM "SparseApplyMomentum",
        RESOURCE_SPARSE_APPLY_MOMENTUM "ResourceSparseApplyMomentum";
    KerasMomentum 2: RESOURCE_APPLY_KERAS_MOMENTUM "ResourceApplyKerasMomentum",
        RESOURCE_SPARSE_APPLY_KERAS_MOMENTUM "ResourceSparseApplyKerasMomentum";
    Adam 3: APPLY_ADAM "ApplyAdam", RESOURCE_APPLY_ADAM "ResourceApplyAdam";
    AdamWithAmsgrad 4: RESOURCE_APPLY_ADAM_WITH_AMSGRAD "ResourceApplyAdamWithAmsgrad";
    AdaMax 3: APPLY_ADA_MAX "ApplyAdaMax", RESOURCE_APPLY_ADA_MAX "ResourceApplyAdaMax";
    Adagrad 2: APPLY_ADAGRAD "ApplyAdagrad", RESOURCE_APPLY_ADAGRAD "ResourceApplyAdagrad",
        SPARSE_APPLY_ADAGRAD "SparseApplyAdagrad",
        RESOURCE_SPARSE_APPLY_ADAGRAD "ResourceSparseApplyAdagrad";
    AdagradV2 2: APPLY_ADAGRAD_V2 "ApplyAdagradV2", RESOURCE_APPLY_ADAGRAD_V2 "ResourceApplyAdagradV2",
        SPARSE_APPLY_ADAGRAD_V2 "SparseApplyAdagradV2",
        RESOURCE_SPARSE_APPLY_ADAGRAD_V2 "ResourceSparseApplyAdagradV2";
    Adadelta 3: APPLY_ADADELTA "ApplyAdadelta", RESOURCE_APPLY_ADADELTA "ResourceApplyAdadelta",
        SPARSE_APPLY_ADADELTA "SparseApplyAdadelta",
        RESOURCE_SPARSE_APPLY_ADADELTA "ResourceSparseApplyAdadelta";
    RmsProp 3: APPLY_RMS_PROP "ApplyRMSProp", RESOURCE_APPLY_RMS_PROP "ResourceApplyRMSProp",
        SPARSE_APPLY_RMS_PROP "SparseApplyRMSProp",
        RESOURCE_SPARSE_APPLY_RMS_PROP "ResourceSparseApplyRMSProp";
    CenteredRmsProp 4: APPLY_CENTERED_RMS_PROP "ApplyCenteredRMSProp",
        RESOURCE_APPLY_CENTERED_RMS_PROP "ResourceApplyCenteredRMSProp",
        SPARSE_APPLY_CENTERED_RMS_PROP "SparseApplyCenteredRMSProp",
        RESOURCE_SPARSE_APPLY_CENTERED_RMS_PROP "ResourceSparseApplyCenteredRMSProp";
    Ftrl 3: APPLY_FTRL "ApplyFtrl", RESOURCE_APPLY_FTRL "ResourceApplyFtrl",
        SPARSE_APPLY_FTRL "SparseApplyFtrl",
        RESOURCE_SPARSE_APPLY_FTRL "ResourceSparseApplyFtrl";
    FtrlV2 3: APPLY_FTRL_V2 "ApplyFtrlV2", RESOURCE_APPLY_FTRL_V2 "ResourceApplyFtrlV2",
        SPARSE_APPLY_FTRL_V2 "SparseApplyFtrlV2",
        RESOURCE_SPARSE_APPLY_FTRL_V2 "ResourceSparseApplyFtrlV2";
    AddSign 2: APPLY_ADD_SIGN "ApplyAddSign", RESOURCE_APPLY_ADD_SIGN "ResourceApplyAddSign";
    PowerSign 2: APPLY_POWER_SIGN "ApplyPowerSign", RESOURCE_APPLY_POWER_SIGN "ResourceApplyPowerSign";
    ProximalGradientDescent 1: APPLY_PROXIMAL_GRADIENT_DESCENT "ApplyProximalGradientDescent",
        RESOURCE_APPLY_PROXIMAL_GRADIENT_DESCENT "ResourceApplyProximalGradientDescent",
        SPARSE_APPLY_PROXIMAL_GRADIENT_DESCENT "SparseApplyProximalGradientDescent",
        RESOURCE_SPARSE_APPLY_PROXIMAL_GRADIENT_DESCENT "ResourceSparseApplyProximalGradientDescent";
    ProximalAdagrad 2: APPLY_PROXIMAL_ADAGRAD "ApplyProximalAdagrad",
        RESOURCE_APPLY_PROXIMAL_ADAGRAD "ResourceApplyProximalAdagrad",
        SPARSE_APPLY_PROXIMAL_ADAGRAD "SparseApplyProximalAdagrad",
        RESOURCE_SPARSE_APPLY_PROXIMAL_ADAGRAD "ResourceSparseApplyProximalAdagrad";
    AdagradDa 3: APPLY_ADAGRAD_DA "ApplyAdagradDA",
        RESOURCE_APPLY_ADAGRAD_DA "ResourceApplyAdagradDA",
        SPARSE_APPLY_ADAGRAD_DA "SparseApplyAdagradDA",
        RESOURCE_SPARSE_APPLY_ADAGRAD_DA "ResourceSparseApplyAdagradDA";
}
