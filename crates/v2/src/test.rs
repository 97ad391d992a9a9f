//! `tf.test`: what this build can use.

/// Whether there is code for NVIDIA's GPUs: no.
pub fn is_built_with_cuda() -> bool {
    false
}

/// Whether there is code for AMD's GPUs: no.
pub fn is_built_with_rocm() -> bool {
    false
}

/// Whether there is code for any GPU: no.
pub fn is_built_with_gpu_support() -> bool {
    false
}

/// Whether there is the XLA compiler: no.
pub fn is_built_with_xla() -> bool {
    false
}

/// Whether a GPU can be used: no.
pub fn is_gpu_available() -> bool {
    false
}

/// The name of the GPU that ops would run on: none.
pub fn gpu_device_name() -> String {
    String::new()
}
