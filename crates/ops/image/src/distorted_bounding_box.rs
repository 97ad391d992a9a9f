//! SampleDistortedBoundingBox, its second version and the stateless one: a random part of an image that shows enough of
//! an object.

use ferroflow_core::philox::{Philox, Singles, reserve};
use ferroflow_core::{
    Attrs, DType, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx, Tensor, bail,
    ensure, options,
};

options! {
    /// Optional arguments of [`sample_distorted_bounding_box`].
    pub struct DistortedBoundingBoxOptions {
        /// The part of some box that has to be seen.
        min_object_covered: f64 = 0.1,
        /// Bounds of width divided by height.
        aspect_ratio_range: [f32; 2] = [0.75, 1.33],
        /// Bounds of the part of the image.
        area_range: [f32; 2] = [0.05, 1.0],
        /// How often to try, before the whole image is taken.
        max_attempts: i64 = 100,
        /// Whether the whole image stands in where there is no box; else that is an error.
        use_image_if_no_bounding_boxes: bool = false,
        /// The two seeds of the op; none makes it unpredictable.
        seeds: [i64; 2] = [0, 0],
    }
}

impl DistortedBoundingBoxOptions {
    fn apply(&self, op: Op) -> Op {
        op.attr("aspect_ratio_range", self.aspect_ratio_range.to_vec())
            .attr("area_range", self.area_range.to_vec())
            .attr("max_attempts", self.max_attempts)
            .attr("use_image_if_no_bounding_boxes", self.use_image_if_no_bounding_boxes)
    }
}

/// A random part of an image of this size: where it begins, its size, and it as a box.
///
/// Source: `tf.image.sample_distorted_bounding_box` (op `SampleDistortedBoundingBoxV2`).
///
/// # Errors
/// `InvalidArgument` when shapes do not fit, boxes are not within 0 and 1, or ranges are wrong.
pub fn sample_distorted_bounding_box(
    image_size: impl IntoOperand,
    bounding_boxes: impl IntoOperand,
    options: impl FnOnce(DistortedBoundingBoxOptions) -> DistortedBoundingBoxOptions,
) -> Result<[Tensor; 3]> {
    let options = options(DistortedBoundingBoxOptions::default());
    let op = Op::new(&SAMPLE_DISTORTED_BOUNDING_BOX_V2)
        .input(image_size)
        .input(bounding_boxes)
        .input(options.min_object_covered)
        .attr("seed", options.seeds[0])
        .attr("seed2", options.seeds[1]);
    options.apply(op).outputs()
}

/// [`sample_distorted_bounding_box`] that gives the same for the same seed.
///
/// Source: `tf.image.stateless_sample_distorted_bounding_box` (op `StatelessSampleDistortedBoundingBox`).
///
/// # Errors
/// As [`sample_distorted_bounding_box`].
pub fn stateless_sample_distorted_bounding_box(
    image_size: impl IntoOperand,
    bounding_boxes: impl IntoOperand,
    seed: impl IntoOperand,
    options: impl FnOnce(DistortedBoundingBoxOptions) -> DistortedBoundingBoxOptions,
) -> Result<[Tensor; 3]> {
    let options = options(DistortedBoundingBoxOptions::default());
    let op = Op::new(&STATELESS_SAMPLE_DISTORTED_BOUNDING_BOX)
        .input(image_size)
        .input(bounding_boxes)
        .input(options.min_object_covered)
        .input(seed);
    options.apply(op).outputs()
}

pub(crate) static SAMPLE_DISTORTED_BOUNDING_BOX: OpDef =
    OpDef { name: "SampleDistortedBoundingBox", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

pub(crate) static SAMPLE_DISTORTED_BOUNDING_BOX_V2: OpDef = OpDef {
    name: "SampleDistortedBoundingBoxV2",
    shape,
    kernel: Some(kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static STATELESS_SAMPLE_DISTORTED_BOUNDING_BOX: OpDef =
    OpDef { name: "StatelessSampleDistortedBoundingBox", shape, kernel: Some(kernel), ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let size = cx.with_rank(0, 1)?;
        if let Some(count) = size.dim(0)
            && count != 3
        {
            bail!(invalid_argument, "Dimension must be 3 but is {count}");
        }
        let boxes = cx.with_rank(1, 3)?;
        if let Some(columns) = boxes.dim(2)
            && columns != 4
        {
            bail!(invalid_argument, "Dimension must be 4 but is {columns}");
        }
        if cx.num_inputs() > 2 {
            cx.with_rank(2, 0)?;
        }
        if cx.num_inputs() > 3 {
            let seed = cx.with_rank(3, 1)?;
            if let Some(count) = seed.dim(0)
                && count != 2
            {
                bail!(invalid_argument, "Dimension must be 2 but is {count}");
            }
        }
    }
    cx.set(0, [3]);
    cx.set(1, [3]);
    cx.set(2, [1, 1, 4]);
    Ok(())
}

/// A rectangle of pixels.
#[derive(Clone, Copy, Default)]
struct Rectangle {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

impl Rectangle {
    fn area(self) -> f32 {
        // Wraps where TensorFlow's does.
        (self.right.wrapping_sub(self.left)).wrapping_mul(self.bottom.wrapping_sub(self.top)) as f32
    }

    fn shared_with(self, other: Rectangle) -> Rectangle {
        let shared = Rectangle {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        };
        if shared.left > shared.right || shared.top > shared.bottom { Rectangle::default() } else { shared }
    }

    fn shows_enough(self, least: f32, boxes: &[Rectangle]) -> bool {
        let shown = |object: &&Rectangle| self.shared_with(**object).area() / object.area() >= least;
        self.area() >= 1.0 && boxes.iter().filter(|object| object.area() >= 1.0).find(shown).is_some()
    }
}

/// A number below `limit`, each as likely as any other.
fn below(numbers: &mut Singles, limit: u32) -> u32 {
    match limit {
        0 => 0,
        limit if limit.is_power_of_two() => numbers.next() & (limit - 1),
        limit => {
            let remainder = u32::MAX % limit + 1;
            loop {
                let number = numbers.next();
                if number >= remainder {
                    return number % limit;
                }
            }
        }
    }
}

/// A number from 0 to 1.
fn unit(numbers: &mut Singles) -> f32 {
    f32::from_bits(numbers.next() & 0x7f_ffff | 0x3f80_0000) - 1.0
}

fn rounded(value: f32) -> i32 {
    value.round_ties_even() as i32
}

/// A random rectangle of this aspect ratio whose area is in the range, where there is one.
fn random_crop(size: [i32; 2], areas: [f32; 2], aspect: f32, numbers: &mut Singles) -> Option<Rectangle> {
    let [height, width] = size;
    if areas[1] <= 0.0 || aspect <= 0.0 || width <= 0 || height <= 0 || areas[0] > areas[1] {
        return None;
    }
    let [least, most] = areas.map(|area| area * width as f32 * height as f32);
    let wide = |tall: i32| rounded(tall as f32 * aspect);
    let (mut tall, mut tallest) = (rounded((least / aspect).sqrt()), rounded((most / aspect).sqrt()));
    if wide(tallest) > width {
        tallest = ((f64::from(width) + 0.5 - f64::from(0.000_000_1f32)) / f64::from(aspect)) as i32;
        if wide(tallest) > width {
            tallest -= 1;
        }
    }
    tallest = tallest.min(height);
    tall = tall.min(tallest);
    if tall < tallest {
        tall += below(numbers, (tallest - tall + 1) as u32) as i32;
    }
    let area = |tall: i32| wide(tall).wrapping_mul(tall) as f32;
    if area(tall) < least {
        tall += 1;
    }
    if area(tall) > most {
        tall -= 1;
    }
    let across = wide(tall);
    let fits = area(tall) >= least && area(tall) <= most && across <= width && tall <= height;
    if !fits || across <= 0 || tall <= 0 {
        return None;
    }
    let top = if tall < height { below(numbers, (height - tall) as u32) as i32 } else { 0 };
    let left = if across < width { below(numbers, (width - across) as u32) as i32 } else { 0 };
    Some(Rectangle { left, top, right: left + across, bottom: top + tall })
}

fn range(attrs: &Attrs, name: &str, shown: &str) -> Result<[f32; 2]> {
    let &[low, high] = attrs.floats(name)? else {
        bail!(invalid_argument, "{shown} range field must specify 2 dimensions");
    };
    ensure!(low > 0.0 && high > 0.0, invalid_argument, "{shown} range must be non-negative: [{low}, {high}]");
    Ok([low, high])
}

fn boxes(input: &NdArray, height: i32, width: i32) -> Result<Vec<Rectangle>> {
    let mut found = Vec::new();
    for corners in input.as_slice::<f32>()?.chunks_exact(4) {
        for corner in corners {
            ensure!(
                (0.0..=1.0).contains(corner),
                invalid_argument,
                "All bounding box coordinates must be in [0.0, 1.0]: {corner}"
            );
        }
        let place = |corner: f32, size: i32| (corner * size as f32) as i32;
        found.push(Rectangle {
            left: place(corners[1], width),
            top: place(corners[0], height),
            right: place(corners[3], width),
            bottom: place(corners[2], height),
        });
    }
    Ok(found)
}

/// The attempts that a run may make; more are refused, for each may take as long as any.
const MOST_ATTEMPTS: i64 = 1 << 30;

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = cx.attrs();
    let least_covered = match cx.inputs().get(2) {
        None => attrs.float("min_object_covered")?,
        Some(input) => {
            ensure!(
                input.rank() == 0,
                invalid_argument,
                "min_object_covered must be 0-D, got shape {}",
                input.shape()
            );
            input.item::<f32>()?
        }
    };
    let aspects = range(attrs, "aspect_ratio_range", "Aspect ratio")?;
    let areas = range(attrs, "area_range", "Area")?;
    ensure!(
        areas[0] <= 1.0 && areas[1] <= 1.0,
        invalid_argument,
        "Area range must be less then or equal to 1.0: [{}, {}]",
        areas[0],
        areas[1]
    );
    let attempts = attrs.int("max_attempts")?;
    ensure!(attempts > 0, invalid_argument, "Max attempts must be non-negative: {attempts}");
    ensure!(attempts <= MOST_ATTEMPTS, invalid_argument, "max_attempts is too large: {attempts}");
    let (size, input) = (cx.input(0)?, cx.input(1)?);
    ensure!(size.rank() == 1, invalid_argument, "image_size must be 1-dimensional{}", size.shape());
    ensure!(size.len() == 3, invalid_argument, "image_size must contain 3 elements{}", size.shape());
    let dims = size.to_i64_vec()?;
    for (dim, name) in dims.iter().zip(["height", "width"]) {
        ensure!(
            (0..i64::from(i32::MAX)).contains(dim),
            invalid_argument,
            "image {name} cannot be >= int32 max"
        );
    }
    let (height, width) = (dims[0] as i32, dims[1] as i32);
    ensure!(
        input.rank() == 3,
        invalid_argument,
        "input boxes must be 3-dimensional [batch, num_boxes, coords]: {}",
        input.shape()
    );
    ensure!(
        input.shape()[2] == 4,
        invalid_argument,
        "bounding boxes must have shape [4] or [*, 4], got {}",
        input.shape()
    );
    ensure!(
        least_covered >= 0.0,
        invalid_argument,
        "Min object covered must be non-negative: {least_covered}"
    );
    let mut objects = boxes(input, height, width)?;
    let whole = Rectangle { left: 0, top: 0, right: width, bottom: height };
    if objects.is_empty() {
        ensure!(
            attrs.bool("use_image_if_no_bounding_boxes")?,
            invalid_argument,
            "No bounding boxes provided as input. One must enable use_image_if_no_bounding_boxes if you wish to not \
             provide any bounding boxes."
        );
        objects.push(whole);
    }
    let stream = match cx.inputs().get(3) {
        // Four numbers are set aside for each attempt, which is a step.
        None => reserve(cx, attempts as u64)?,
        Some(seed) => match *seed.to_i64_vec()? {
            [first, second] => Philox::scrambled([first as u64, second as u64]),
            _ => bail!(invalid_argument, "seed must have shape [2], not {}", seed.shape()),
        },
    };
    let mut numbers = Singles::new(stream);
    let mut found = None;
    for _ in 0..attempts {
        let aspect = unit(&mut numbers) * (aspects[1] - aspects[0]) + aspects[0];
        found = random_crop([height, width], areas, aspect, &mut numbers)
            .filter(|crop| crop.shows_enough(least_covered, &objects));
        if found.is_some() {
            break;
        }
    }
    let crop = found.unwrap_or(whole);
    set(cx, crop, [height, width], size.dtype())
}

fn set(cx: &mut KernelCtx<'_>, crop: Rectangle, size: [i32; 2], dtype: DType) -> Result<()> {
    let ints = |values: [i32; 3]| NdArray::vector(values.to_vec()).cast(dtype);
    let (begin, extent) =
        (ints([crop.top, crop.left, 0])?, ints([crop.bottom - crop.top, crop.right - crop.left, -1])?);
    cx.set(0, begin)?;
    cx.set(1, extent)?;
    let part = |at: i32, size: i32| at as f32 / size as f32;
    let [height, width] = size;
    let corners = vec![
        part(crop.top, height),
        part(crop.left, width),
        part(crop.bottom, height),
        part(crop.right, width),
    ];
    cx.set(2, NdArray::from_shape(Shape::new(&[1, 1, 4])?, corners)?)
}
