//! DrawBoundingBoxes, DrawBoundingBoxesV2: frames around boxes.

use ferroflow_core::{
    DType, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, Tensor, bail, ensure,
};

/// Images with a frame around each box `[y1, x1, y2, x2]`, in parts of the image's size; the colours take turns.
///
/// Source: `tf.image.draw_bounding_boxes` (op `DrawBoundingBoxesV2`).
///
/// # Errors
/// `InvalidArgument` when shapes do not fit, or the images do not have 1, 3 or 4 channels.
pub fn draw_bounding_boxes(
    images: impl IntoOperand,
    boxes: impl IntoOperand,
    colors: impl IntoOperand,
) -> Result<Tensor> {
    Op::new(&DRAW_BOUNDING_BOXES_V2).input(images).input(boxes).input(colors).one()
}

pub(crate) static DRAW_BOUNDING_BOXES: OpDef =
    OpDef { name: "DrawBoundingBoxes", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

pub(crate) static DRAW_BOUNDING_BOXES_V2: OpDef =
    OpDef { name: "DrawBoundingBoxesV2", shape: shape_v2, kernel: Some(kernel), ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 4)?;
        let boxes = cx.with_rank(1, 3)?;
        if let Some(columns) = boxes.dim(2)
            && columns != 4
        {
            bail!(invalid_argument, "Dimension must be 4 but is {columns}");
        }
    }
    shape_v2(cx)
}

fn shape_v2(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let images = cx.input(0);
    if !cx.at_run_time() {
        cx.with_rank_at_least(0, 3)?;
    }
    cx.set(0, images);
    Ok(())
}

/// Yellow, blue, red, lime, purple, olive, maroon, navy blue, aqua, fuchsia.
const COLORS: [[f32; 4]; 10] = [
    [1.0, 1.0, 0.0, 1.0],
    [0.0, 0.0, 1.0, 1.0],
    [1.0, 0.0, 0.0, 1.0],
    [0.0, 1.0, 0.0, 1.0],
    [0.5, 0.0, 0.5, 1.0],
    [0.5, 0.5, 0.0, 1.0],
    [0.5, 0.0, 0.0, 1.0],
    [0.0, 0.0, 0.5, 1.0],
    [0.0, 1.0, 1.0, 1.0],
    [1.0, 0.0, 1.0, 1.0],
];

fn colors(given: Option<&NdArray>, depth: usize) -> Result<Vec<Vec<f32>>> {
    if let Some(given) = given {
        ensure!(given.rank() == 2, invalid_argument, "colors must be a 2-D matrix{}", given.shape());
        ensure!(
            given.shape()[1] >= depth,
            invalid_argument,
            "colors must have equal or more channels than the image provided: {}",
            given.shape()
        );
        if !given.is_empty() {
            let rows = given.as_slice::<f32>()?.chunks_exact(given.shape()[1]);
            return Ok(rows.map(|row| row[..depth].to_vec()).collect());
        }
    }
    // On grey images every frame is white.
    let shown = |color: &[f32; 4]| if depth == 1 { vec![1.0] } else { color[..depth].to_vec() };
    Ok(COLORS.iter().map(shown).collect())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (images, boxes) = (cx.input(0)?, cx.input(1)?);
    ensure!(images.rank() == 4, invalid_argument, "The rank of the images should be 4");
    ensure!(boxes.rank() == 3, invalid_argument, "The rank of the boxes tensor should be 3");
    let (shape, each) = (images.shape().clone(), boxes.shape().clone());
    ensure!(shape[0] == each[0], invalid_argument, "The batch sizes should be the same");
    let [height, width, depth] = [shape[1], shape[2], shape[3]];
    ensure!(
        matches!(depth, 1 | 3 | 4),
        invalid_argument,
        "Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA)"
    );
    ensure!(
        each[2] == 4,
        invalid_argument,
        "The size of the third dimension of the box must be 4. Received: {}",
        each[2]
    );
    let colors = colors(cx.inputs().get(2), depth)?;
    let boxes = boxes.clone();
    let dtype = cx.dtype("T")?;
    let mut canvas = cx.take(0)?.cast(DType::FLOAT32)?;
    let pixels = canvas.as_mut_slice::<f32>()?;
    for (number, corners) in boxes.as_slice::<f32>()?.chunks_exact(4).enumerate() {
        let (image, color) = (number / each[1], &colors[number % each[1] % colors.len()]);
        let mut set = |row: i64, column: i64| {
            let at = ((image * height + row as usize) * width + column as usize) * depth;
            if let Some(pixel) = pixels.get_mut(at..at + depth) {
                pixel.copy_from_slice(color);
            }
        };
        let place = |corner: f32, size: usize| (corner * (size as f32 - 1.0)) as i64;
        let (top, bottom) = (place(corners[0], height), place(corners[2], height));
        let (left, right) = (place(corners[1], width), place(corners[3], width));
        let (height, width) = (height as i64, width as i64);
        if top > bottom || left > right || top >= height || bottom < 0 || left >= width || right < 0 {
            continue;
        }
        let (rows, columns) = (top.max(0)..=bottom.min(height - 1), left.max(0)..=right.min(width - 1));
        for row in [top, bottom].into_iter().filter(|row| (0..height).contains(row)) {
            columns.clone().for_each(|column| set(row, column));
        }
        for column in [left, right].into_iter().filter(|column| (0..width).contains(column)) {
            rows.clone().for_each(|row| set(row, column));
        }
    }
    let canvas = canvas.cast(dtype)?;
    cx.set(0, canvas)
}
