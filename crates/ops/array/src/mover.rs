//! Kernels that only copy elements, written once for each size of element instead of once for each dtype.

use ferroflow_core::{
    Complex, DType, Element, NdArray, QInt8, QInt16, QInt32, QUInt8, QUInt16, ResourceHandle, Result, Shape,
    TString, Variant, bail, bf16, f16, recycled, zeroed,
};

/// What movers copy: plain words of 1 to 16 bytes, booleans, and elements that are handles.
pub(crate) trait Item: Clone + Default + Send + Sync {
    /// The items as words of 4 bytes, if that is what they are.
    fn as_words(_: &[Self]) -> Option<&[u32]> {
        None
    }

    /// The same, to be written to.
    fn as_words_mut(_: &mut [Self]) -> Option<&mut [u32]> {
        None
    }
}

impl Item for u32 {
    fn as_words(items: &[u32]) -> Option<&[u32]> {
        Some(items)
    }

    fn as_words_mut(items: &mut [u32]) -> Option<&mut [u32]> {
        Some(items)
    }
}

macro_rules! items {
    ($($ty:ty),*) => {
        $(impl Item for $ty {})*
    };
}

items!(u8, u16, u64, [u32; 2], [u64; 2], bool, TString, ResourceHandle, Variant);

/// A way to fill an output from inputs of the output's dtype.
pub(crate) trait Moves {
    /// Whether every element of the output is written, whatever it holds before.
    const WRITES_ALL: bool = false;

    /// Fills the output, which holds zeros unless all of it is written.
    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]);
}

fn output<T: Element>(count: usize, written: bool) -> Result<Vec<T>> {
    if written { recycled(count) } else { zeroed(count) }
}

/// The array of this shape that `moves` makes from inputs of one dtype.
pub(crate) fn run<M: Moves>(inputs: &[&NdArray], shape: Shape, moves: &M) -> Result<NdArray> {
    let Some(first) = inputs.first() else { bail!(internal, "nothing to move") };
    let count = shape.num_elements();
    macro_rules! by_word {
        ([$($dtype:ident $ty:ty => $word:ty,)*] [$($other:ident $other_ty:ty,)*]) => {
            match first.dtype() {
                $(DType::$dtype => {
                    let mut output = output::<$ty>(count, M::WRITES_ALL)?;
                    let words: Vec<&[$word]> = inputs
                        .iter()
                        .map(|input| Ok(bytemuck::must_cast_slice(input.as_slice::<$ty>()?)))
                        .collect::<Result<_>>()?;
                    moves.fill::<$word>(&words, bytemuck::must_cast_slice_mut(&mut output));
                    NdArray::from_shape(shape, output)
                })*
                $(DType::$other => {
                    let mut output = output::<$other_ty>(count, M::WRITES_ALL)?;
                    let slices: Vec<&[$other_ty]> =
                        inputs.iter().map(|input| input.as_slice()).collect::<Result<_>>()?;
                    moves.fill::<$other_ty>(&slices, &mut output);
                    NdArray::from_shape(shape, output)
                })*
                other => bail!(unimplemented, "unsupported dtype: {}", other.name()),
            }
        };
    }
    by_word!(
        [INT8 i8 => u8, UINT8 u8 => u8, QINT8 QInt8 => u8, QUINT8 QUInt8 => u8,
        INT16 i16 => u16, UINT16 u16 => u16, QINT16 QInt16 => u16, QUINT16 QUInt16 => u16,
        HALF f16 => u16, BFLOAT16 bf16 => u16,
        INT32 i32 => u32, UINT32 u32 => u32, QINT32 QInt32 => u32, FLOAT32 f32 => u32,
        INT64 i64 => u64, UINT64 u64 => u64, FLOAT64 f64 => u64, COMPLEX64 Complex<f32> => [u32; 2],
        COMPLEX128 Complex<f64> => [u64; 2],]
        [BOOL bool, STRING TString, RESOURCE ResourceHandle, VARIANT Variant,]
    )
}
