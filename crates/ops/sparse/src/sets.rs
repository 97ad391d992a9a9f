//! DenseToDenseSetOperation, DenseToSparseSetOperation, SparseToSparseSetOperation, SetSize: the last axis of a tensor
//! read as sets.

use crate::entries::{Entries, picked, place_array};
use ferroflow_core::{
    DType, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, TString,
    Tensor, bail, ensure, zeroed,
};
use std::collections::BTreeMap;

/// A member of a set.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Member {
    Int(i64),
    Text(TString),
}

fn members(values: &NdArray) -> Result<Vec<Member>> {
    if values.dtype() == DType::STRING {
        return Ok(values.as_slice::<TString>()?.iter().cloned().map(Member::Text).collect());
    }
    Ok(values.to_i64_vec()?.into_iter().map(Member::Int).collect())
}

/// Sets by the place of their group; each member with the row of a value that is equal to it.
type Groups = BTreeMap<Vec<i64>, BTreeMap<Member, usize>>;

/// The sets of a tensor, and the sizes of the axes before the last.
struct Sets {
    groups: Groups,
    outer: Vec<i64>,
}

fn dense_sets(cx: &KernelCtx<'_>, index: usize) -> Result<Sets> {
    let input = cx.input(index)?;
    ensure!(input.rank() >= 2, invalid_argument, "Shape {} has rank {} < 2", input.shape(), input.rank());
    let sizes = input.shape().dims();
    let (width, outer) = (sizes[sizes.len() - 1], Shape::new(&sizes[..sizes.len() - 1])?);
    let mut groups = Groups::new();
    let strides = outer.strides();
    for group in 0..outer.num_elements() {
        let place = strides.iter().zip(outer.dims()).map(|(stride, size)| (group / stride % size) as i64);
        groups.insert(place.collect(), BTreeMap::new());
    }
    let all = members(input)?;
    for (group, set) in groups.values_mut().enumerate() {
        let start = group * width;
        for (row, member) in all[start..start + width].iter().enumerate() {
            set.entry(member.clone()).or_insert(start + row);
        }
    }
    Ok(Sets { groups, outer: outer.to_i64() })
}

fn sparse_sets(cx: &KernelCtx<'_>, first: usize) -> Result<Sets> {
    let entries = Entries::read(cx, first)?;
    ensure!(entries.rank() >= 2, invalid_argument, "Invalid rank {}.", entries.rank());
    entries.check_places()?;
    if cx.bool("validate_indices")? {
        for entry in 1..entries.count() {
            let (last, place) = (entries.place(entry - 1), entries.place(entry));
            ensure!(
                last <= place,
                invalid_argument,
                "indices[{entry}] = [{}] is out of order. Many sparse ops require sorted indices.\n    Use \
                 `tf.sparse.reorder` to create a correctly ordered copy.",
                crate::entries::listed(place)
            );
            ensure!(
                last != place,
                invalid_argument,
                "indices[{entry}] = [{}] is repeated",
                crate::entries::listed(place)
            );
        }
    }
    let mut groups = Groups::new();
    for (entry, member) in members(entries.values)?.into_iter().enumerate() {
        let place = entries.place(entry);
        groups.entry(place[..place.len() - 1].to_vec()).or_default().entry(member).or_insert(entry);
    }
    Ok(Sets { groups, outer: entries.sizes[..entries.rank() - 1].to_vec() })
}

fn operate(cx: &mut KernelCtx<'_>, sets: [Sets; 2], values: [usize; 2]) -> Result<()> {
    let [a, b] = sets;
    ensure!(
        a.outer == b.outer,
        invalid_argument,
        "Mismatched shapes [{}] vs [{}]",
        crate::entries::listed(&a.outer),
        crate::entries::listed(&b.outer)
    );
    let asked = cx.str("set_operation")?.to_lowercase();
    let keeps: fn(bool, bool) -> bool = match asked.as_str() {
        "a-b" => |in_a, in_b| in_a && !in_b,
        "b-a" => |in_a, in_b| in_b && !in_a,
        "intersection" => |in_a, in_b| in_a && in_b,
        "union" => |_, _| true,
        other => bail!(invalid_argument, "Invalid set_operation {other}."),
    };
    let nothing = BTreeMap::new();
    let mut groups: Vec<&Vec<i64>> = a.groups.keys().chain(b.groups.keys()).collect();
    groups.sort();
    groups.dedup();
    let (mut places, mut picks, mut longest) = (Vec::new(), Vec::new(), 0);
    for group in groups {
        let (left, right) =
            (a.groups.get(group).unwrap_or(&nothing), b.groups.get(group).unwrap_or(&nothing));
        let mut both: BTreeMap<&Member, (usize, usize)> = BTreeMap::new();
        both.extend(right.iter().map(|(member, row)| (member, (1, *row))));
        both.extend(left.iter().map(|(member, row)| (member, (0, *row))));
        let mut count = 0;
        for (member, row) in both {
            if keeps(left.contains_key(member), right.contains_key(member)) {
                places.extend_from_slice(group);
                places.push(count);
                picks.push(row);
                count += 1;
            }
        }
        longest = longest.max(count);
    }
    let mut sizes = a.outer;
    sizes.push(longest);
    let output = picked(&[cx.input(values[0])?, cx.input(values[1])?], &picks)?;
    cx.set(0, place_array(places, sizes.len(), picks.len())?)?;
    cx.set(1, output)?;
    cx.set(2, NdArray::vector(sizes))
}

fn dense_to_dense(cx: &mut KernelCtx<'_>) -> Result<()> {
    let sets = [dense_sets(cx, 0)?, dense_sets(cx, 1)?];
    operate(cx, sets, [0, 1])
}

fn dense_to_sparse(cx: &mut KernelCtx<'_>) -> Result<()> {
    let sets = [dense_sets(cx, 0)?, sparse_sets(cx, 1)?];
    operate(cx, sets, [0, 2])
}

fn sparse_to_sparse(cx: &mut KernelCtx<'_>) -> Result<()> {
    let sets = [sparse_sets(cx, 0)?, sparse_sets(cx, 3)?];
    operate(cx, sets, [1, 4])
}

fn size_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let sets = sparse_sets(cx, 0)?;
    let shape = Shape::from_i64(&sets.outer)?;
    let strides = shape.strides();
    let mut sizes = zeroed::<i32>(shape.num_elements())?;
    for (group, set) in &sets.groups {
        let position: usize =
            group.iter().zip(&strides).map(|(index, stride)| *index as usize * stride).sum();
        sizes[position] = set.len() as i32;
    }
    cx.set(0, NdArray::from_shape(shape, sizes)?)
}

fn operation_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() && cx.op() == "DenseToDenseSetOperation" {
        let (a, b) = (cx.with_rank_at_least(0, 2)?, cx.with_rank_at_least(1, 2)?);
        if let (Some(left), Some(right)) = (a.rank(), b.rank()) {
            ensure!(left == right, invalid_argument, "Shape must be rank {left} but is rank {right}");
            cx.merge(&a.slice(0..left - 1), &b.slice(0..right - 1))?;
        }
    }
    if let ("SparseToSparseSetOperation", false, Some(left), Some(right)) =
        (cx.op(), cx.at_run_time(), cx.input(2).dim(0), cx.input(5).dim(0))
    {
        ensure!(left == right, invalid_argument, "Dimension must be {left} but is {right}");
    }
    let rank = match cx.op() {
        "DenseToDenseSetOperation" => cx.input(0).rank().or(cx.input(1).rank()),
        "DenseToSparseSetOperation" => cx.input(0).rank().or(cx.input(3).dim(0)),
        _ => cx.input(2).dim(0).or(cx.input(5).dim(0)),
    };
    cx.set(0, PartialShape::new([None, rank]));
    cx.set(1, PartialShape::of_rank(1));
    cx.set(2, PartialShape::new([rank]));
    Ok(())
}

macro_rules! ops {
    ($($constant:ident $name:literal $shape:expr, $kernel:ident;)*) => {
        $(pub(crate) static $constant: OpDef =
            OpDef { name: $name, shape: $shape, kernel: Some($kernel), grad: Grad::None, ..OpDef::NEW };)*
    };
}

ops! {
    DENSE_TO_DENSE_SET_OPERATION "DenseToDenseSetOperation" operation_shape, dense_to_dense;
    DENSE_TO_SPARSE_SET_OPERATION "DenseToSparseSetOperation" operation_shape, dense_to_sparse;
    SPARSE_TO_SPARSE_SET_OPERATION "SparseToSparseSetOperation" operation_shape, sparse_to_sparse;
    SET_SIZE "SetSize" ferroflow_core::shape_fn::unknown, size_kernel;
}

/// How many different values each row of a sparse tensor holds.
///
/// Source: `tf.sets.size` (op `SetSize`).
///
/// # Errors
/// `InvalidArgument` for a tensor of fewer than two axes or, where they are to be checked, places out of order.
pub fn set_size(
    set_indices: impl IntoOperand,
    set_values: impl IntoOperand,
    set_shape: impl IntoOperand,
    validate_indices: bool,
) -> Result<Tensor> {
    let op = Op::new(&SET_SIZE).input(set_indices).input(set_values).input(set_shape);
    op.attr("validate_indices", validate_indices).one()
}
