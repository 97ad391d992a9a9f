//! TensorFlow's C API, as far as the benches use it: graphs with sessions, tensors and eager ops.

use crate::Result;
use ferroflow_core::{DType, NdArray, Shape};
use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr::{self, NonNull};

/// An object of TensorFlow's, known by its address alone.
type Handle = *mut c_void;

/// `TF_Output`
#[derive(Clone, Copy)]
#[repr(C)]
struct RawOutput {
    operation: Handle,
    index: c_int,
}

/// An output of an operation of a session's graph.
#[derive(Clone, Copy)]
pub struct PeerOutput<'s> {
    raw: RawOutput,
    session: &'s PeerSession,
}

/// `TF_OK`
const OK: c_int = 0;

macro_rules! api {
    ($($name:ident: fn($($ty:ty),*) $(-> $result:ty)?;)*) => {
        /// The functions, by the names of TensorFlow's headers.
        #[allow(non_snake_case)]
        struct Api {
            $($name: unsafe extern "C" fn($($ty),*) $(-> $result)?,)*
        }

        impl Api {
            fn find(library: &Library) -> Result<Api> {
                Ok(Api {
                    // SAFETY: the types are those of the headers `c_api.h`, `tf_tensor.h` and `eager/c_api.h`.
                    $($name: unsafe { *library.get(concat!(stringify!($name), "\0").as_bytes())? },)*
                })
            }
        }
    };
}

api! {
    TF_Version: fn() -> *const c_char;
    TF_NewStatus: fn() -> Handle;
    TF_DeleteStatus: fn(Handle);
    TF_GetCode: fn(Handle) -> c_int;
    TF_Message: fn(Handle) -> *const c_char;
    TF_AllocateTensor: fn(c_int, *const i64, c_int, usize) -> Handle;
    TF_DeleteTensor: fn(Handle);
    TF_TensorData: fn(Handle) -> *mut c_void;
    TF_TensorByteSize: fn(Handle) -> usize;
    TF_TensorType: fn(Handle) -> c_int;
    TF_NumDims: fn(Handle) -> c_int;
    TF_Dim: fn(Handle, c_int) -> i64;
    TF_NewBufferFromString: fn(*const c_void, usize) -> Handle;
    TF_DeleteBuffer: fn(Handle);
    TF_NewGraph: fn() -> Handle;
    TF_DeleteGraph: fn(Handle);
    TF_NewImportGraphDefOptions: fn() -> Handle;
    TF_DeleteImportGraphDefOptions: fn(Handle);
    TF_GraphImportGraphDef: fn(Handle, Handle, Handle, Handle);
    TF_GraphOperationByName: fn(Handle, *const c_char) -> Handle;
    TF_NewSessionOptions: fn() -> Handle;
    TF_DeleteSessionOptions: fn(Handle);
    TF_NewSession: fn(Handle, Handle, Handle) -> Handle;
    TF_CloseSession: fn(Handle, Handle);
    TF_DeleteSession: fn(Handle, Handle);
    TF_SessionRun: fn(
        Handle, Handle,
        *const RawOutput, *const Handle, c_int,
        *const RawOutput, *mut Handle, c_int,
        *const Handle, c_int, Handle, Handle
    );
    TFE_NewContextOptions: fn() -> Handle;
    TFE_DeleteContextOptions: fn(Handle);
    TFE_NewContext: fn(Handle, Handle) -> Handle;
    TFE_NewTensorHandle: fn(Handle, Handle) -> Handle;
    TFE_DeleteTensorHandle: fn(Handle);
    TFE_TensorHandleResolve: fn(Handle, Handle) -> Handle;
    TFE_NewOp: fn(Handle, *const c_char, Handle) -> Handle;
    TFE_DeleteOp: fn(Handle);
    TFE_OpAddInput: fn(Handle, Handle, Handle);
    TFE_OpSetAttrType: fn(Handle, *const c_char, c_int);
    TFE_Execute: fn(Handle, *mut Handle, *mut c_int, Handle);
}

/// TensorFlow in this process.
///
/// It stays loaded until the process ends: its threads and registries do not survive `dlclose`.
#[derive(Clone, Copy)]
pub struct TensorFlow(&'static Api);

/// Frees an object of TensorFlow's when it goes out of scope.
struct Owned {
    handle: NonNull<c_void>,
    delete: unsafe extern "C" fn(Handle),
}

impl Owned {
    fn new(handle: Handle, delete: unsafe extern "C" fn(Handle)) -> Result<Owned> {
        let handle = NonNull::new(handle).ok_or("TensorFlow returned a null pointer")?;
        Ok(Owned { handle, delete })
    }

    fn get(&self) -> Handle {
        self.handle.as_ptr()
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: the handle is live, this is its only owner, and `delete` is the function for its type.
        unsafe { (self.delete)(self.get()) }
    }
}

impl TensorFlow {
    /// TensorFlow from the directory that `FERROFLOW_TF_LIB` names, or none where the variable is not set.
    ///
    /// # Errors
    /// If the libraries do not load or lack a function.
    pub fn from_env() -> Result<Option<TensorFlow>> {
        std::env::var_os("FERROFLOW_TF_LIB").map(|directory| TensorFlow::load(directory.as_ref())).transpose()
    }

    fn load(directory: &Path) -> Result<TensorFlow> {
        let open = |name: &str| {
            // SAFETY: the initialisers of TensorFlow's libraries need nothing from this process.
            unsafe { Library::open(Some(directory.join(name)), RTLD_NOW | RTLD_GLOBAL) }
        };
        // The second library needs the first; loaded before, it is found without a search path.
        let framework = open("libtensorflow_framework.so.2")?;
        let library = open("libtensorflow_cc.so.2")?;
        let api = Api::find(&library)?;
        std::mem::forget((framework, library));
        Ok(TensorFlow(Box::leak(Box::new(api))))
    }

    /// Its version, like `2.21.0`.
    pub fn version(&self) -> String {
        // SAFETY: the function returns a static C string.
        unsafe { CStr::from_ptr((self.0.TF_Version)()) }.to_string_lossy().into_owned()
    }

    /// Calls `f` with a status, and makes an error of what it leaves there.
    fn checked<R>(&self, f: impl FnOnce(Handle) -> R) -> Result<R> {
        let api = self.0;
        // SAFETY: a status needs nothing.
        let status = Owned::new(unsafe { (api.TF_NewStatus)() }, api.TF_DeleteStatus)?;
        let result = f(status.get());
        // SAFETY: the status is live, and its message is a C string that lives as long.
        unsafe {
            if (api.TF_GetCode)(status.get()) == OK {
                return Ok(result);
            }
            let message = CStr::from_ptr((api.TF_Message)(status.get())).to_string_lossy().into_owned();
            Err(format!("TensorFlow: {message}").into())
        }
    }

    /// A tensor with a copy of this value.
    ///
    /// # Errors
    /// For strings, whose elements are no plain bytes, and where memory is short.
    pub fn tensor(&self, value: &NdArray) -> Result<PeerTensor> {
        let bytes = value.as_bytes().ok_or("an array of plain numbers is needed")?;
        let dims = value.shape().to_i64();
        let api = self.0;
        // SAFETY: `dims` has as many elements as the rank says.
        let handle = unsafe {
            (api.TF_AllocateTensor)(value.dtype().number(), dims.as_ptr(), dims.len() as c_int, bytes.len())
        };
        let tensor = PeerTensor { peer: *self, owned: Owned::new(handle, api.TF_DeleteTensor)? };
        // SAFETY: the tensor was allocated with this many bytes, and nobody else knows it yet.
        unsafe {
            ptr::copy_nonoverlapping(
                bytes.as_ptr(),
                (api.TF_TensorData)(tensor.owned.get()).cast(),
                bytes.len(),
            );
        }
        Ok(tensor)
    }

    /// A session on the graph of a serialized `GraphDef`.
    ///
    /// # Errors
    /// TensorFlow's, for a graph it does not take.
    pub fn session(&self, graph_def: &[u8]) -> Result<PeerSession> {
        let api = self.0;
        // SAFETY: each function gets live handles of the types its header names; the import copies the buffer.
        unsafe {
            let graph = Owned::new((api.TF_NewGraph)(), api.TF_DeleteGraph)?;
            let buffer = Owned::new(
                (api.TF_NewBufferFromString)(graph_def.as_ptr().cast(), graph_def.len()),
                api.TF_DeleteBuffer,
            )?;
            let options =
                Owned::new((api.TF_NewImportGraphDefOptions)(), api.TF_DeleteImportGraphDefOptions)?;
            self.checked(|status| {
                (api.TF_GraphImportGraphDef)(graph.get(), buffer.get(), options.get(), status);
            })?;
            let options = Owned::new((api.TF_NewSessionOptions)(), api.TF_DeleteSessionOptions)?;
            let session = self.checked(|status| (api.TF_NewSession)(graph.get(), options.get(), status))?;
            Ok(PeerSession { peer: *self, graph, session })
        }
    }

    /// An op of two inputs and one output, of dtype `T`, that runs at once (`TFE_Execute`).
    ///
    /// # Errors
    /// TensorFlow's, where eager execution does not start.
    pub fn eager_op(&self, name: &str, inputs: [&NdArray; 2]) -> Result<PeerOp> {
        let api = self.0;
        // SAFETY: live handles of the types the header names. The context lives until the process ends.
        let context = unsafe {
            let options = Owned::new((api.TFE_NewContextOptions)(), api.TFE_DeleteContextOptions)?;
            self.checked(|status| (api.TFE_NewContext)(options.get(), status))?
        };
        let dtype = inputs[0].dtype();
        let mut handles = Vec::new();
        for input in inputs {
            let tensor = self.tensor(input)?;
            // SAFETY: the tensor is live; the handle shares its memory and counts references.
            let handle =
                self.checked(|status| unsafe { (api.TFE_NewTensorHandle)(tensor.owned.get(), status) })?;
            handles.push(Owned::new(handle, api.TFE_DeleteTensorHandle)?);
        }
        Ok(PeerOp { peer: *self, context, name: CString::new(name)?, dtype, inputs: handles })
    }
}

/// A tensor of TensorFlow's.
pub struct PeerTensor {
    peer: TensorFlow,
    owned: Owned,
}

impl PeerTensor {
    /// Its value, copied.
    ///
    /// # Errors
    /// For a dtype whose elements are no plain bytes.
    pub fn to_array(&self) -> Result<NdArray> {
        let (api, tensor) = (self.peer.0, self.owned.get());
        // SAFETY: the tensor is live, the dimensions asked for exist, and its data are as many bytes as it says.
        unsafe {
            let number = (api.TF_TensorType)(tensor);
            let dtype = DType::from_number(number).ok_or_else(|| format!("unknown dtype {number}"))?;
            if dtype.size() == 0 {
                return Err(format!("{} has no plain elements", dtype.name()).into());
            }
            let dims: Vec<i64> =
                (0..(api.TF_NumDims)(tensor)).map(|axis| (api.TF_Dim)(tensor, axis)).collect();
            let data = (api.TF_TensorData)(tensor).cast::<u8>();
            let bytes = match (api.TF_TensorByteSize)(tensor) {
                0 => &[],
                size => std::slice::from_raw_parts(data, size),
            };
            Ok(NdArray::from_bytes(dtype, Shape::from_i64(&dims)?, bytes)?)
        }
    }
}

/// A session of TensorFlow's and its graph.
pub struct PeerSession {
    peer: TensorFlow,
    graph: Owned,
    session: Handle,
}

impl PeerSession {
    /// The output of a tensor's name, like `add:0`.
    ///
    /// # Errors
    /// Where the graph has no such operation.
    pub fn output(&self, name: &str) -> Result<PeerOutput<'_>> {
        let (operation, index) = name.rsplit_once(':').ok_or_else(|| format!("'{name}' names no tensor"))?;
        let c_name = CString::new(operation)?;
        // SAFETY: the graph is live and the name a C string.
        let handle = unsafe { (self.peer.0.TF_GraphOperationByName)(self.graph.get(), c_name.as_ptr()) };
        if handle.is_null() {
            return Err(format!("TensorFlow's graph has no operation '{operation}'").into());
        }
        Ok(PeerOutput { raw: RawOutput { operation: handle, index: index.parse()? }, session: self })
    }

    /// Computes one tensor.
    ///
    /// # Errors
    /// TensorFlow's, and where an output is another session's.
    pub fn run(&self, feeds: &[(PeerOutput<'_>, &PeerTensor)], fetch: PeerOutput<'_>) -> Result<PeerTensor> {
        let mut outputs = feeds.iter().map(|(output, _)| output).chain([&fetch]);
        if !outputs.all(|output| ptr::eq(output.session, self)) {
            return Err("an output of another session".into());
        }
        let (inputs, values): (Vec<RawOutput>, Vec<Handle>) =
            feeds.iter().map(|(output, tensor)| (output.raw, tensor.owned.get())).unzip();
        let api = self.peer.0;
        let mut result: Handle = ptr::null_mut();
        // SAFETY: the arrays have the lengths given; the outputs are of this session's graph, as checked above; TensorFlow takes its own
        // references to the fed tensors.
        self.peer.checked(|status| unsafe {
            (api.TF_SessionRun)(
                self.session,
                ptr::null_mut(),
                inputs.as_ptr(),
                values.as_ptr(),
                inputs.len() as c_int,
                &raw const fetch.raw,
                &raw mut result,
                1,
                ptr::null(),
                0,
                ptr::null_mut(),
                status,
            );
        })?;
        Ok(PeerTensor { peer: self.peer, owned: Owned::new(result, api.TF_DeleteTensor)? })
    }
}

impl Drop for PeerSession {
    fn drop(&mut self) {
        let api = self.peer.0;
        // A drop has nobody to report an error to; what failed to close is freed all the same.
        for end in [api.TF_CloseSession, api.TF_DeleteSession] {
            // SAFETY: the session is live, this is its only owner, and its graph is dropped after it.
            let _ = self.peer.checked(|status| unsafe { end(self.session, status) });
        }
    }
}

/// An eager op with its inputs.
pub struct PeerOp {
    peer: TensorFlow,
    context: Handle,
    name: CString,
    dtype: DType,
    inputs: Vec<Owned>,
}

impl PeerOp {
    /// Runs the op and waits for nothing but its result's handle.
    ///
    /// # Errors
    /// TensorFlow's.
    pub fn run(&self) -> Result<PeerResult> {
        let api = self.peer.0;
        let mut result: Handle = ptr::null_mut();
        let mut count: c_int = 1;
        // SAFETY: live handles of the types the header names; there is room for the one result that `count` allows.
        unsafe {
            let op = self.peer.checked(|status| (api.TFE_NewOp)(self.context, self.name.as_ptr(), status))?;
            let op = Owned::new(op, api.TFE_DeleteOp)?;
            (api.TFE_OpSetAttrType)(op.get(), c"T".as_ptr(), self.dtype.number());
            for input in &self.inputs {
                self.peer.checked(|status| (api.TFE_OpAddInput)(op.get(), input.get(), status))?;
            }
            self.peer.checked(|status| {
                (api.TFE_Execute)(op.get(), &raw mut result, &raw mut count, status);
            })?;
        }
        Ok(PeerResult { peer: self.peer, owned: Owned::new(result, api.TFE_DeleteTensorHandle)? })
    }
}

/// What an eager op returned.
pub struct PeerResult {
    peer: TensorFlow,
    owned: Owned,
}

impl PeerResult {
    /// The value, copied.
    ///
    /// # Errors
    /// TensorFlow's.
    pub fn to_array(&self) -> Result<NdArray> {
        let api = self.peer.0;
        // SAFETY: the handle is live.
        let tensor =
            self.peer.checked(|status| unsafe { (api.TFE_TensorHandleResolve)(self.owned.get(), status) })?;
        PeerTensor { peer: self.peer, owned: Owned::new(tensor, api.TF_DeleteTensor)? }.to_array()
    }
}
