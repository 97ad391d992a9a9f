//! The gradient of RGBToHSV: hue, saturation and value by each of red, green and blue.

use ferroflow_core::operators::cast;
use ferroflow_core::{GradCtx, Op, Result, Tensor};

fn binary(op: &str, x: &Tensor, y: &Tensor) -> Result<Tensor> {
    Op::named(op).input(x).input(y).one()
}

fn both(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    binary("LogicalAnd", x, y)
}

fn sum(parts: Vec<Tensor>) -> Result<Tensor> {
    Op::named("AddN").inputs(parts).one()
}

fn channels(x: &Tensor) -> Result<[Tensor; 3]> {
    Op::named("Unpack").input(x).attr("num", 3i64).attr("axis", -1i64).outputs()
}

/// The derivatives of the functions where red is the largest part, in terms of which all others are.
pub(crate) fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let [red, green, blue] = channels(cx.x(0)?)?;
    let dtype = red.dtype();
    let mask = |condition: Tensor| cast(condition, dtype);
    // Where parts are equal, red comes before green and green before blue.
    let largest = [
        mask(both(&binary("GreaterEqual", &red, &blue)?, &binary("GreaterEqual", &red, &green)?)?)?,
        mask(both(&binary("Greater", &green, &red)?, &binary("GreaterEqual", &green, &blue)?)?)?,
        mask(both(&binary("Greater", &blue, &red)?, &binary("Greater", &blue, &green)?)?)?,
    ];
    let least = [
        mask(both(&binary("Less", &red, &blue)?, &binary("Less", &red, &green)?)?)?,
        mask(both(&binary("LessEqual", &green, &red)?, &binary("Less", &green, &blue)?)?)?,
        mask(both(&binary("LessEqual", &blue, &red)?, &binary("LessEqual", &blue, &green)?)?)?,
    ];
    let parts = [red, green, blue];
    let zero = Op::named("ZerosLike").input(&parts[0]).one()?;
    let positive: Vec<Tensor> =
        parts.iter().map(|part| mask(binary("Greater", part, &zero)?)).collect::<Result<_>>()?;
    let square = |x: &Tensor| Op::named("Square").input(x).one();
    let ratio = |x: &Tensor, y: &Tensor| binary("DivNoNan", x, y);
    let times = |factors: &[&Tensor]| -> Result<Tensor> {
        let mut product = factors[0].clone();
        for factor in &factors[1..] {
            product = binary("Mul", &product, factor)?;
        }
        Ok(product)
    };
    let one = Op::named("OnesLike").input(&zero).one()?;
    let [dh, ds, dv] = channels(&cx.dy(0)?)?;
    let sixth = binary("RealDiv", &dh, &sum(vec![one.clone(); 6])?)?;
    let mut grads = Vec::new();
    for own in 0..3 {
        let (next, before) = ((own + 1) % 3, (own + 2) % 3);
        let value = times(&[&dv, &largest[own]])?;
        let smallest = binary(
            "AddV2",
            &times(&[&least[next], &parts[next]])?,
            &times(&[&least[before], &parts[before]])?,
        )?;
        let highest = binary(
            "AddV2",
            &times(&[&largest[next], &parts[next]])?,
            &times(&[&largest[before], &parts[before]])?,
        )?;
        let as_largest = times(&[&largest[own], &ratio(&smallest, &square(&parts[own])?)?])?;
        let as_least = times(&[&least[own], &ratio(&one, &highest)?])?;
        let saturation = times(&[&ds, &positive[own], &binary("Sub", &as_largest, &as_least)?])?;
        let mut hues = Vec::new();
        // The largest part itself: against the range of all three.
        let range = binary("Sub", &parts[own], &smallest)?;
        let difference = binary("Sub", &parts[before], &parts[next])?;
        hues.push(times(&[&positive[own], &largest[own], &ratio(&difference, &square(&range)?)?])?);
        // The part before this one is the largest, which this one follows.
        let top = before;
        let other = next;
        let to_own = binary("Sub", &parts[top], &parts[own])?;
        let to_other = binary("Sub", &parts[top], &parts[other])?;
        let weight = times(&[&positive[top], &largest[top]])?;
        hues.push(times(&[&weight, &least[own], &ratio(&to_other, &square(&to_own)?)?])?);
        hues.push(times(&[&weight, &least[other], &ratio(&one, &to_other)?])?);
        // The part behind this one is the largest, which this one precedes.
        let (top, other) = (next, before);
        let to_own = binary("Sub", &parts[top], &parts[own])?;
        let to_other = binary("Sub", &parts[top], &parts[other])?;
        let weight = times(&[&positive[top], &largest[top]])?;
        let fall = binary("Sub", &parts[other], &parts[top])?;
        hues.push(times(&[&weight, &least[own], &ratio(&fall, &square(&to_own)?)?])?);
        let minus = Op::named("Neg").input(&one).one()?;
        hues.push(times(&[&weight, &least[other], &ratio(&minus, &to_other)?])?);
        let hue = times(&[&sixth, &sum(hues)?])?;
        grads.push(sum(vec![value, saturation, hue])?);
    }
    let grads = Op::named("Pack").inputs(grads).attr("axis", -1i64).one();
    cx.set(0, grads)
}
