//! `KernelCtx`: what a kernel sees and fills in, and the environment it runs in.

use crate::schema::OpSchema;
use crate::{
    Attrs, DType, Element, Error, NdArray, OpDef, OutputShapes, PartialShape, ResourceManager, Result,
    RowPasses, SessionTensors, Shape, ShapeCtx, bail,
};
use bytemuck::Pod;
use smallvec::{SmallVec, smallvec};
use std::any::Any;
use std::collections::HashMap;
use std::ops::{Deref, Range};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

/// What an op keeps from one run to the next, such as the position of its random generator.
///
/// One cell belongs to one node of one session, or to one op with given attributes in eager mode.
#[derive(Clone, Default)]
pub struct StateCell(Arc<OnceLock<Arc<dyn Any + Send + Sync>>>);

impl StateCell {
    /// The state, made by `init` the first time.
    ///
    /// # Errors
    /// `Internal` when the cell holds something else.
    pub fn get_or_init<S: Send + Sync + 'static>(&self, init: impl FnOnce() -> S) -> Result<Arc<S>> {
        let state = self.0.get_or_init(|| Arc::new(init())).clone();
        state.downcast::<S>().map_err(|_| Error::internal("the op's state is of another type"))
    }
}

/// Runs functions of a library for the ops that call them.
pub trait FunctionRunner: Send + Sync {
    /// Calls a function.
    ///
    /// # Errors
    /// `NotFound` for an unknown function, and whatever its body returns.
    fn call(&self, function: &crate::FuncRef, inputs: Vec<NdArray>, env: &Env) -> Result<Vec<NdArray>>;
    /// The gradients of a function's arguments, given these and the gradients of its results behind them.
    ///
    /// # Errors
    /// As [`FunctionRunner::call`]; `Unimplemented` for an op on the way that has no gradient.
    fn gradient(&self, function: &crate::FuncRef, inputs: Vec<NdArray>, env: &Env) -> Result<Vec<NdArray>>;
    /// A function for an op that calls it many times. What its random ops keep between calls is its own.
    ///
    /// # Errors
    /// `NotFound` for an unknown function, `Unimplemented` for one with an op that has no kernel.
    fn instance(&self, function: &crate::FuncRef) -> Result<Arc<dyn FunctionInstance>>;
}

/// A function that is ready to be called.
pub trait FunctionInstance: Send + Sync {
    /// Calls the function.
    ///
    /// # Errors
    /// `InvalidArgument` for another number of inputs than it takes, and whatever its body returns.
    fn call(&self, inputs: Vec<NdArray>, env: &Env) -> Result<Vec<NdArray>>;
    /// Whether calls have effects, or give other results each time.
    fn is_stateful(&self) -> bool;
}

/// A flag that many parts of a run watch, to stop early.
#[derive(Clone, Default)]
pub struct Cancellation(Arc<CancellationState>);

#[derive(Default)]
struct CancellationState {
    set: AtomicBool,
    parent: Option<Cancellation>,
}

impl Cancellation {
    /// Asks for the end of the run.
    pub fn cancel(&self) {
        self.0.set.store(true, Ordering::Relaxed);
    }

    /// Whether the end was asked for, here or of what this is a part of.
    pub fn is_cancelled(&self) -> bool {
        self.0.set.load(Ordering::Relaxed) || self.0.parent.as_ref().is_some_and(Cancellation::is_cancelled)
    }

    /// Whether this is that flag, and not only one that is set with it.
    pub fn is(&self, other: &Cancellation) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// A flag for a part: it is set alone, or with this one.
    #[must_use]
    pub fn child(&self) -> Cancellation {
        Cancellation(Arc::new(CancellationState { set: AtomicBool::new(false), parent: Some(self.clone()) }))
    }
}

/// What kernels share within a session, or within the eager runtime.
#[derive(Clone, Default)]
pub struct Env {
    /// Variables, tables and queues, by name.
    pub resources: Arc<ResourceManager>,
    /// The runner of the function library, where there is one.
    pub functions: Option<Arc<dyn FunctionRunner>>,
    /// What the session keeps from run to run, where it keeps anything.
    pub session_tensors: Option<Arc<SessionTensors>>,
    /// Set when the run shall stop.
    pub cancellation: Cancellation,
    /// When the run must have ended.
    pub deadline: Option<Instant>,
    /// Cells for ops that run outside a session's plan, by op and attributes.
    states: Arc<Mutex<HashMap<String, StateCell>>>,
}

impl Env {
    /// Whether the run may go on: long kernels ask now and then.
    ///
    /// # Errors
    /// `Cancelled` and `DeadlineExceeded`, in TensorFlow's words.
    pub fn check(&self) -> Result<()> {
        if self.cancellation.is_cancelled() {
            bail!(cancelled, "Step was cancelled by an explicit call to `Session::Close()`.");
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => {
                bail!(deadline_exceeded, "Timed out waiting for notification")
            }
            _ => Ok(()),
        }
    }

    /// The cell for an op with these attributes.
    pub fn state_cell(&self, op: &str, attrs: &Attrs) -> StateCell {
        let key = format!("{op}{attrs:?}");
        self.states.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone()
    }

    /// Forgets the state of every op outside a session, as `tf.random.set_seed` does.
    pub fn reset_states(&self) {
        self.states.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// What is done to each part of an output once it is finished, while it is still in a cache.
#[derive(Clone, Copy)]
pub struct Epilogue<'a> {
    rows: RowPasses<'a>,
    ends_with_rows: bool,
    finish: &'a (dyn Fn(bool, usize, &mut [f32]) + Sync),
}

impl<'a> Epilogue<'a> {
    /// Calls `finish(after_rows, start, part)` for each part, which begins at this element of the output and holds a whole
    /// number of channels. What comes first may be known as passes over rows, in whose place a kernel can do the same; what is
    /// left to `finish` is what comes `after_rows`, which is nothing where all `ends_with_rows`.
    pub fn new(
        rows: RowPasses<'a>,
        ends_with_rows: bool,
        finish: &'a (dyn Fn(bool, usize, &mut [f32]) + Sync),
    ) -> Epilogue<'a> {
        Epilogue { rows, ends_with_rows, finish }
    }

    /// Finishes a part of an output; of another type than `f32` there is none to finish.
    pub fn apply<T: Pod>(self, start: usize, part: &mut [T]) {
        if size_of::<T>() == size_of::<f32>()
            && let Ok(part) = bytemuck::try_cast_slice_mut(part)
        {
            (self.finish)(false, start, part);
        }
    }

    /// What comes first.
    pub fn rows(self) -> RowPasses<'a> {
        self.rows
    }

    /// Whether nothing is to be done after the passes over rows.
    pub fn ends_with_rows(self) -> bool {
        self.ends_with_rows
    }

    /// Finishes a part for which the passes over rows have been done.
    pub fn apply_after_rows(self, start: usize, part: &mut [f32]) {
        (self.finish)(true, start, part);
    }
}

/// The context of a kernel.
///
/// Inputs and outputs are numbered flat, with list arguments spread out; [`KernelCtx::arg`] finds an argument
/// among them. The context derefs to its attributes: `cx.dtype("T")?`.
pub struct KernelCtx<'a> {
    def: &'static OpDef,
    schema: &'a OpSchema,
    attrs: &'a Attrs,
    node: &'a str,
    inputs: &'a mut [NdArray],
    outputs: SmallVec<[Option<NdArray>; 2]>,
    shapes: Option<OutputShapes>,
    shapes_depend_on_values: bool,
    env: &'a Env,
    state: Option<&'a StateCell>,
    epilogue: Option<Epilogue<'a>>,
}

impl<'a> KernelCtx<'a> {
    /// A context for one run of an op. `shapes` are the inferred output shapes where the caller has them; they are
    /// inferred when first needed otherwise.
    pub fn new(
        def: &'static OpDef,
        attrs: &'a Attrs,
        node: &'a str,
        inputs: &'a mut [NdArray],
        shapes: Option<OutputShapes>,
        env: &'a Env,
        state: Option<&'a StateCell>,
    ) -> Result<KernelCtx<'a>> {
        let schema = def.schema();
        let outputs = schema.num_outputs(attrs)?;
        Ok(KernelCtx {
            def,
            schema,
            attrs,
            node,
            inputs,
            outputs: smallvec![None; outputs],
            shapes,
            shapes_depend_on_values: false,
            env,
            state,
            epilogue: None,
        })
    }

    /// Lets a kernel that [finishes parts](OpDef::finishes_parts) do this to them.
    pub fn set_epilogue(&mut self, epilogue: Epilogue<'a>) {
        self.epilogue = Some(epilogue);
    }

    /// Takes what is to be done to the finished parts of an output of type `T`. The kernel then has to do it to all of them.
    pub fn epilogue<T: Element>(&mut self) -> Option<Epilogue<'a>> {
        if T::DTYPE == DType::FLOAT32 { self.epilogue.take() } else { None }
    }

    /// Whether nobody has taken the epilogue.
    pub fn has_epilogue(&self) -> bool {
        self.epilogue.is_some()
    }

    /// The op.
    pub fn op(&self) -> &'static OpDef {
        self.def
    }

    /// The node's name; the op's in eager mode.
    pub fn node(&self) -> &str {
        self.node
    }

    /// The attributes, at the lifetime of the run.
    pub fn attrs(&self) -> &'a Attrs {
        self.attrs
    }

    /// Whether the op is called by eager code: no node of a graph stands for it.
    pub fn is_eager(&self) -> bool {
        self.state.is_none()
    }

    /// What the session or the eager runtime shares.
    pub fn env(&self) -> &'a Env {
        self.env
    }

    /// How many flat inputs there are.
    pub fn num_inputs(&self) -> usize {
        self.inputs.len()
    }

    /// How many flat outputs there are.
    pub fn num_outputs(&self) -> usize {
        self.outputs.len()
    }

    /// The flat inputs of an argument, by its position in the signature.
    pub fn arg(&self, position: usize) -> Result<Range<usize>> {
        self.schema.input_range(position, self.attrs)
    }

    /// An input.
    ///
    /// # Errors
    /// `Internal` when there is no such input.
    pub fn input(&self, index: usize) -> Result<&NdArray> {
        match self.inputs.get(index) {
            Some(input) => Ok(input),
            None => bail!(internal, "{} has no input {index}", self.def.name),
        }
    }

    /// All inputs.
    pub fn inputs(&self) -> &[NdArray] {
        self.inputs
    }

    /// The elements of an input.
    ///
    /// # Errors
    /// `TypeError` when it is of another dtype.
    pub fn slice<T: Element>(&self, index: usize) -> Result<&[T]> {
        self.input(index)?.as_slice::<T>()
    }

    /// An input as integers: how kernels read shapes, axes and indices.
    ///
    /// # Errors
    /// `InvalidArgument` when it is not of an integer dtype.
    pub fn ints(&self, index: usize) -> Result<Vec<i64>> {
        self.input(index)?.to_i64_vec()
    }

    /// The only integer of an input.
    ///
    /// # Errors
    /// `InvalidArgument` when it does not have exactly one element.
    pub fn int_value(&self, index: usize) -> Result<i64> {
        match self.ints(index)?.as_slice() {
            [only] => Ok(*only),
            _ => bail!(invalid_argument, "input {index} of {} must be a scalar", self.def.name),
        }
    }

    /// An input, moved out of the context: its buffer is written in place when nobody else holds it.
    ///
    /// # Errors
    /// `Internal` when there is no such input.
    pub fn take(&mut self, index: usize) -> Result<NdArray> {
        match self.inputs.get_mut(index) {
            Some(input) => Ok(std::mem::replace(input, empty())),
            None => bail!(internal, "{} has no input {index}", self.def.name),
        }
    }

    /// Sets an output.
    ///
    /// # Errors
    /// `Internal` when there is no such output.
    pub fn set(&mut self, index: usize, value: NdArray) -> Result<()> {
        match self.outputs.get_mut(index) {
            Some(output) => {
                *output = Some(value);
                Ok(())
            }
            None => bail!(internal, "{} has no output {index}", self.def.name),
        }
    }

    /// Sets an output from elements, in the inferred shape.
    ///
    /// # Errors
    /// `Internal` when the shape is not known, `ValueError` when the number of elements is not the shape's.
    pub fn set_elements<T: Element>(&mut self, index: usize, elements: Vec<T>) -> Result<()> {
        let shape = self.output_shape(index)?;
        self.set(index, NdArray::from_shape(shape, elements)?)
    }

    /// The inferred shape of an output.
    ///
    /// # Errors
    /// What the shape function finds wrong; `Internal` when the shape depends on values that only the kernel knows.
    pub fn output_shape(&mut self, index: usize) -> Result<Shape> {
        self.infer_shapes()?;
        let shape = self.shapes.as_ref().and_then(|shapes| shapes.get(index));
        match shape.and_then(PartialShape::to_shape) {
            Some(shape) => Ok(shape),
            None => bail!(internal, "the shape of output {index} of {} is not inferred", self.def.name),
        }
    }

    /// Runs the shape function unless that was done; kernels that never ask for a shape call it first for its checks.
    ///
    /// # Errors
    /// What the shape function finds wrong.
    pub fn infer_shapes(&mut self) -> Result<()> {
        if self.shapes.is_none() {
            let inputs: &[NdArray] = self.inputs;
            let mut cx = ShapeCtx::new(self.schema, self.attrs, &inputs, inputs.len(), true)?;
            (self.def.shape)(&mut cx).map_err(|error| error.naming_node(self.def.name, self.node))?;
            self.shapes_depend_on_values = cx.has_read_values();
            self.shapes = Some(cx.into_outputs());
        }
        Ok(())
    }

    /// The inferred shapes, where they hold for every input of the same shapes: not where the shape function looked
    /// at values.
    pub fn reusable_shapes(&self) -> Option<OutputShapes> {
        if self.shapes_depend_on_values { None } else { self.shapes.clone() }
    }

    /// What the op keeps between runs, made by `init` the first time.
    ///
    /// # Errors
    /// `Internal` when the op kept something else before.
    pub fn state<S: Send + Sync + 'static>(&self, init: impl FnOnce() -> S) -> Result<Arc<S>> {
        match self.state {
            Some(cell) => cell.get_or_init(init),
            None => self.env.state_cell(self.def.name, self.attrs).get_or_init(init),
        }
    }

    /// Calls a function of the library.
    ///
    /// # Errors
    /// `Unimplemented` where no function can exist, and whatever the function returns.
    pub fn call(&self, function: &crate::FuncRef, inputs: Vec<NdArray>) -> Result<Vec<NdArray>> {
        match &self.env.functions {
            Some(runner) => runner.call(function, inputs, self.env),
            None => bail!(not_found, "Function {} is not defined", function.name),
        }
    }

    /// Runs a kernel on `float32` copies of the half-precision inputs and rounds its outputs back: half types have
    /// no arithmetic of their own, as on the CPUs that TensorFlow runs on.
    ///
    /// # Errors
    /// What the kernel returns.
    pub fn through_f32(&mut self, kernel: fn(&mut KernelCtx<'_>) -> Result<()>) -> Result<()> {
        let half = self.half_dtype()?;
        self.infer_shapes()?;
        let mut attrs = self.attrs.clone();
        let narrowed: Vec<String> = attrs
            .iter()
            .filter(|(_, value)| matches!(value, crate::AttrValue::Type(dtype) if *dtype == half))
            .map(|(name, _)| name.to_string())
            .collect();
        for name in narrowed {
            attrs.set(name, DType::FLOAT32);
        }
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for input in self.inputs.iter() {
            inputs.push(if input.dtype() == half { input.cast(DType::FLOAT32)? } else { input.clone() });
        }
        let mut wide = KernelCtx::new(
            self.def,
            &attrs,
            self.node,
            &mut inputs,
            self.shapes.clone(),
            self.env,
            self.state,
        )?;
        kernel(&mut wide)?;
        let wide_outputs = std::mem::take(&mut wide.outputs);
        drop(wide);
        let dtypes = self.schema.output_types(self.attrs)?;
        for (index, (output, dtype)) in wide_outputs.into_iter().zip(dtypes).enumerate() {
            if let Some(output) = output {
                self.set(index, if output.dtype() == dtype { output } else { output.cast(dtype)? })?;
            }
        }
        Ok(())
    }

    fn half_dtype(&self) -> Result<DType> {
        let halves = [DType::HALF, DType::BFLOAT16];
        match self.inputs.iter().map(NdArray::dtype).find(|dtype| halves.contains(dtype)) {
            Some(dtype) => Ok(dtype),
            None => bail!(internal, "{} has no half-precision input", self.def.name),
        }
    }

    /// The outputs.
    ///
    /// # Errors
    /// `Internal` when the kernel did not set one.
    pub fn into_outputs(self) -> Result<SmallVec<[NdArray; 2]>> {
        let name = self.def.name;
        self.outputs
            .into_iter()
            .enumerate()
            .map(|(index, output)| {
                output.ok_or_else(|| Error::internal(format!("{name} did not set output {index}")))
            })
            .collect()
    }

    /// The outputs as the kernel left them: ops such as `Switch` set only some.
    pub fn into_partial_outputs(self) -> SmallVec<[Option<NdArray>; 2]> {
        self.outputs
    }
}

impl Deref for KernelCtx<'_> {
    type Target = Attrs;
    fn deref(&self) -> &Attrs {
        self.attrs
    }
}

/// What stands in the place of an array that was moved out.
fn empty() -> NdArray {
    static EMPTY: OnceLock<NdArray> = OnceLock::new();
    EMPTY.get_or_init(|| NdArray::vector(Vec::<bool>::new())).clone()
}

/// Runs one op on arrays.
///
/// # Errors
/// What its shape function or kernel finds wrong; `Unimplemented` when there is no kernel for the dtype.
pub fn run_op(
    def: &'static OpDef,
    attrs: &Attrs,
    node: &str,
    inputs: &mut [NdArray],
    env: &Env,
    state: Option<&StateCell>,
) -> Result<SmallVec<[NdArray; 2]>> {
    def.check_kernel(attrs, node)?;
    let mut cx = KernelCtx::new(def, attrs, node, inputs, None, env, state)?;
    if let Some(kernel) = def.kernel {
        cx.infer_shapes()?;
        kernel(&mut cx)?;
    }
    cx.into_outputs()
}
