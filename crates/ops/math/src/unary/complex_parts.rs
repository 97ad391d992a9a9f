//! Real, Imag, Angle, ComplexAbs, Conj: complex numbers taken apart.

use ferroflow_core::{
    Complex, DType, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, Operand, Result, Tensor, bail,
    convert_to_tensor, dispatch, elementwise, shape_fn,
};

/// The dtype of the parts of a complex dtype.
fn part_dtype(complex: DType) -> DType {
    if complex.base() == DType::COMPLEX128 { DType::FLOAT64 } else { DType::FLOAT32 }
}

fn part(def: &'static OpDef, input: Tensor) -> Result<Tensor> {
    let dtype = part_dtype(input.dtype());
    Op::new(def).input(input).attr("Tout", dtype).one()
}

/// The real part; a real tensor itself.
///
/// Source: `tf.math.real` (op `Real`).
///
/// # Errors
/// `TypeError` for a dtype that is no number.
pub fn real(input: impl IntoOperand) -> Result<Tensor> {
    let input = convert_to_tensor(input, None)?;
    if input.dtype().is_complex() { part(&REAL, input) } else { Ok(input) }
}

/// The imaginary part; zeros for a real tensor.
///
/// Source: `tf.math.imag` (op `Imag`).
///
/// # Errors
/// `TypeError` for a dtype that is no number.
pub fn imag(input: impl IntoOperand) -> Result<Tensor> {
    let input = convert_to_tensor(input, None)?;
    if input.dtype().is_complex() { part(&IMAG, input) } else { Op::named("ZerosLike").input(input).one() }
}

/// The angle in the complex plane, in `(-pi, pi]`: 0 or pi for a real number.
///
/// Source: `tf.math.angle` (op `Angle`).
///
/// # Errors
/// `TypeError` for a dtype that is no number.
pub fn angle(input: impl IntoOperand) -> Result<Tensor> {
    let input = convert_to_tensor(input, None)?;
    if input.dtype().is_complex() {
        return part(&ANGLE, input);
    }
    let zeros = Op::named("ZerosLike").input(&input).one()?;
    let is_negative = Op::named("Less").input(&input).input(0).one()?;
    let ones = Op::named("OnesLike").input(&input).one()?;
    Op::named("SelectV2").input(is_negative).input((std::f64::consts::PI * ones)?).input(zeros).one()
}

/// The complex conjugate; a real tensor itself.
///
/// Source: `tf.math.conj` (op `Conj`).
///
/// # Errors
/// `TypeError` for a dtype that is no number.
pub fn conj(x: impl IntoOperand) -> Result<Tensor> {
    let x = match x.into_operand()? {
        Operand::Tensor(tensor) => tensor,
        value => convert_to_tensor(value, None)?,
    };
    if x.dtype().is_complex() || x.dtype() == DType::VARIANT {
        return Op::new(&CONJ).input(x).one();
    }
    if x.dtype().is_floating() || x.dtype().is_integer() {
        return Ok(x);
    }
    bail!(type_error, "Expected numeric or variant tensor, got dtype {:?}", x.dtype())
}

/// A kernel that computes a real number from each complex one.
macro_rules! parts {
    ($($static:ident $tf:literal $f:expr, $grad:ident;)*) => {
        $(pub(crate) static $static: OpDef = OpDef {
            name: $tf,
            shape: shape_fn::unchanged,
            kernel: Some(|cx| match cx.dtype("T")? {
                DType::COMPLEX64 => elementwise::unary_to::<Complex<f32>, f32>(cx, $f),
                _ => elementwise::unary_to::<Complex<f64>, f64>(cx, $f),
            }),
            grad: Grad::Fn($grad),
            ..OpDef::NEW
        };)*
    };
}

parts! {
    REAL "Real" |z| z.re, real_grad;
    IMAG "Imag" |z| z.im, imag_grad;
    ANGLE "Angle" |z| z.im.atan2(z.re), angle_grad;
    COMPLEX_ABS "ComplexAbs" |z| z.re.hypot(z.im), complex_abs_grad;
}

fn conj_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    dispatch!(cx.dtype("T")?, COMPLEX, |T| elementwise::unary::<T>(cx, |z| z.conj()))
}

pub(crate) static CONJ: OpDef = OpDef {
    name: "Conj",
    shape: shape_fn::unchanged,
    kernel: Some(conj_kernel),
    grad: Grad::Fn(conj_grad),
    types: &[("T", &[DType::COMPLEX64, DType::COMPLEX128])],
    ..OpDef::NEW
};

/// A complex tensor of these parts.
fn complex(real: &Tensor, imag: &Tensor) -> Result<Tensor> {
    let dtype = if real.dtype() == DType::FLOAT64 { DType::COMPLEX128 } else { DType::COMPLEX64 };
    Op::named("Complex").input(real).input(imag).attr("Tout", dtype).one()
}

fn zero_like(tensor: &Tensor) -> Result<Tensor> {
    crate::known::number_like(0.0, tensor)
}

fn real_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    cx.set(0, complex(&dy, &zero_like(&dy)?))
}

fn imag_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    cx.set(0, complex(&zero_like(&dy)?, &dy))
}

fn angle_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (z, dy) = (cx.x(0)?, cx.dy(0)?);
    let turned = complex(&imag(z)?, &real(z)?)?;
    let inverse = Op::named("Reciprocal").input(turned).one()?;
    cx.set(0, (-complex(&dy, &zero_like(&dy)?)?)? * inverse)
}

fn complex_abs_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (y, dy) = (cx.y(0)?, cx.dy(0)?);
    let product = (complex(&dy, &zero_like(&dy)?)? * cx.x(0)?)?;
    let divisor = complex(y, &zero_like(y)?)?;
    cx.set(0, Op::named("DivNoNan").input(product).input(divisor).one())
}

fn conj_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dx = conj(cx.dy(0)?);
    cx.set(0, dx)
}
