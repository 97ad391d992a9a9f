//! StackV2, StackPushV2, StackPopV2, StackCloseV2: tensors put on a pile and taken off again, as the gradients of v1
//! loops do with what the backward pass needs.

use crate::op_table::ops;
use crate::target::{handle, handle_array, two_strings};
use ferroflow_core::{
    DType, HandleData, KernelCtx, NdArray, Resource, ResourceHandle, Result, ShapeCtx, bail, ensure, shape_fn,
};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A pile of tensors of one dtype; `None` once it was closed.
struct Stack {
    name: String,
    dtype: DType,
    /// The most tensors it may hold, unless negative.
    most: i64,
    items: Mutex<Option<Vec<NdArray>>>,
}

impl Resource for Stack {
    fn type_name(&self) -> &'static str {
        "tensorflow::Stack"
    }
    fn mangled_name() -> &'static str {
        "N10tensorflow5StackE"
    }
    fn debug_string(&self) -> String {
        format!("Stack[{}]", self.name)
    }
}

impl Stack {
    fn change<R>(&self, change: impl FnOnce(&mut Vec<NdArray>) -> Result<R>) -> Result<R> {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        match items.as_mut() {
            Some(items) => change(items),
            None => bail!(invalid_argument, "Stack[{}] has already been closed.", self.name),
        }
    }
}

fn stack(cx: &KernelCtx<'_>) -> Result<Arc<Stack>> {
    handle(cx, 0)?.lookup::<Stack>(&cx.env().resources)
}

fn create_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    // The first version of the op knows no bound.
    let most = if cx.num_inputs() == 0 {
        -1
    } else {
        let size = cx.input(0)?;
        ensure!(
            size.rank() == 0,
            invalid_argument,
            "Stack size must be a scalar, but had shape: {}",
            size.shape()
        );
        cx.int_value(0)?
    };
    let name = match cx.str("stack_name")? {
        "" => cx.node(),
        name => name,
    };
    let name = format!("{name}_{}", MADE.fetch_add(1, Ordering::Relaxed));
    let data = HandleData {
        container: "__per_step_0".to_string(),
        name: format!("_stacks{name}"),
        resource: Some(Arc::new(Stack {
            name,
            dtype: cx.dtype("elem_type")?,
            most,
            items: Mutex::new(Some(Vec::new())),
        })),
        ..HandleData::default()
    };
    cx.set(0, handle_array(ResourceHandle::new(data)))
}

fn push_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set(0, cx.input(1));
    Ok(())
}

fn push_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (stack, item) = (stack(cx)?, cx.take(1)?);
    ensure!(
        item.dtype() == stack.dtype,
        invalid_argument,
        "Must have type {} but got {}",
        stack.dtype.number(),
        item.dtype().number()
    );
    stack.change(|items| {
        ensure!(
            stack.most < 0 || (items.len() as i64) < stack.most,
            invalid_argument,
            "Stack[{}] overflowed its max_size ({})",
            stack.name,
            stack.most
        );
        items.push(item.clone());
        Ok(())
    })?;
    cx.set(0, item)
}

fn pop_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let stack = stack(cx)?;
    let item = stack.change(|items| match items.pop() {
        Some(item) => Ok(item),
        None => bail!(invalid_argument, "Stack[{}] is empty when calling Pop().", stack.name),
    })?;
    cx.set(0, item)
}

fn close_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let stack = stack(cx)?;
    *stack.items.lock().unwrap_or_else(PoisonError::into_inner) = None;
    Ok(())
}

ops! {
    STACK_V2 "StackV2" shape_fn::scalar, create_kernel;
    STACK_PUSH_V2 "StackPushV2" push_shape, push_kernel;
    STACK_POP_V2 "StackPopV2" shape_fn::unknown, pop_kernel;
    STACK_CLOSE_V2 "StackCloseV2" shape_fn::no_outputs, close_kernel;
    STACK "Stack" two_strings, create_kernel;
    STACK_PUSH "StackPush" push_shape, push_kernel;
    STACK_POP "StackPop" shape_fn::unknown, pop_kernel;
    STACK_CLOSE "StackClose" shape_fn::no_outputs, close_kernel;
}
