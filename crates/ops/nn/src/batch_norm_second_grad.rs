//! The gradient of batch normalisation's gradient, written out as ops.
//!
//! With `n` the normalised input, `r` one over the deviation, means over each channel, and what flows into the three outputs of
//! the gradient (`gx`, `gs`, `go`), it is that of `scale * r * sum(gx * (dy - mean(dy) - n * mean(dy * n)))`
//! `+ gs * sum(dy * n) + go * sum(dy)`; in training `n` and `r` depend on the input.

use ferroflow_core::{DType, GradCtx, NdArray, Op, Result, Tensor, constant, operators};

/// Reductions over all axes but that of the channels.
struct Channels {
    axes: Vec<i32>,
    /// The shape of one number for each channel, next to the input.
    line: Vec<i32>,
}

impl Channels {
    fn of(data_format: &str) -> Channels {
        let rank = data_format.len() as i32;
        let channel = data_format.find('C').map_or(rank - 1, |at| at as i32);
        let mut line = vec![1; data_format.len()];
        line[channel as usize] = -1;
        Channels { axes: (0..rank).filter(|axis| *axis != channel).collect(), line }
    }

    fn reduced(&self, op: &str, x: &Tensor) -> Result<Tensor> {
        Op::named(op).input(x).input(constant(self.axes.clone())?).attr("keep_dims", true).one()
    }

    fn mean(&self, x: &Tensor) -> Result<Tensor> {
        self.reduced("Mean", x)
    }

    fn sum(&self, x: &Tensor) -> Result<Tensor> {
        self.reduced("Sum", x)
    }

    /// A vector beside the input.
    fn beside(&self, x: &Tensor) -> Result<Tensor> {
        let wide = operators::cast(x, DType::FLOAT32)?;
        Op::named("Reshape").input(wide).input(constant(self.line.clone())?).one()
    }
}

/// `x` without its mean and without what is along the normalised input.
fn centred(channels: &Channels, x: &Tensor, n: &Tensor) -> Result<Tensor> {
    let along = (n * channels.mean(&(x * n)?)?)?;
    (x - channels.mean(x)?)? - along
}

pub(crate) fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let channels = Channels::of(cx.attrs().str("data_format")?);
    let trains = cx.attrs().bool("is_training")?;
    let wide = |x: &Tensor| operators::cast(x, DType::FLOAT32);
    let (dy, x, scale) = (wide(cx.x(0)?)?, wide(cx.x(1)?)?, channels.beside(cx.x(2)?)?);
    let (gx, gs) = (wide(&cx.dy(0)?)?, channels.beside(&cx.dy(1)?)?);
    let go = channels.beside(&cx.dy(2)?)?;
    let (mean, variance) = if trains {
        let mean = channels.mean(&x)?;
        let offset = (&x - &mean)?;
        (mean, channels.mean(&(&offset * &offset)?)?)
    } else {
        (channels.beside(cx.x(3)?)?, channels.beside(cx.x(4)?)?)
    };
    let epsilon = constant(NdArray::scalar(cx.attrs().float("epsilon")?))?;
    let r = Op::named("Rsqrt").input((variance + epsilon)?).one()?;
    let n = ((&x - mean)? * &r)?;
    let factor = (&scale * &r)?;
    let into_x = if trains { centred(&channels, &gx, &n)? } else { gx.clone() };
    let d_dy = (((&factor * &into_x)? + (&gs * &n)?)? + &go)?;
    // What the gradient of the input is a multiple of, times what flows into it.
    let into_dy = if trains { centred(&channels, &dy, &n)? } else { dy.clone() };
    let total = channels.sum(&(&gx * into_dy)?)?;
    let d_scale = Op::named("Reshape").input((&r * &total)?).input(constant([-1])?).one()?;
    let d_x = if trains {
        let along = ((&gx * channels.mean(&(&dy * &n)?)?)? + (&dy * channels.mean(&(&gx * &n)?)?)?)?;
        let into_n = ((&gs * &dy)? - (&factor * along)?)?;
        // The deviation depends on the input, too: of each channel by its mean share.
        let count =
            Op::named("Cast").input(Op::named("Size").input(&x).one()?).attr("DstT", DType::FLOAT32).one()?;
        let channel_count = Op::named("Cast")
            .input(Op::named("Size").input(&scale).one()?)
            .attr("DstT", DType::FLOAT32)
            .one()?;
        let share = Op::named("RealDiv").input((&(&scale * &total)? * &channel_count)?).input(count).one()?;
        let into_r = ((&(&r * &r)? * share)? * &n)?;
        ((&r * centred(&channels, &into_n, &n)?)? - into_r)?
    } else {
        ((&gs * &dy)? * &r)?
    };
    let like = |gradient: Tensor, x: &Tensor| operators::cast(gradient, x.dtype().base());
    cx.set(0, like(d_dy, cx.x(0)?)?)?;
    cx.set(1, like(d_x, cx.x(1)?)?)?;
    cx.set(2, like(d_scale, cx.x(2)?)?)
}
