//! Bessel functions, integrals without a closed form, and the incomplete gamma and beta functions.

mod bessel;
mod bessel_coefficients;
mod bessel_grads;
mod bessel_ops;
mod betainc;
mod gamma;
mod integral_coefficients;
mod integral_ops;
mod integrals;
mod polynomial;
mod two_parameter;
mod zeta;

pub use bessel_ops::*;
pub use betainc::betainc;
pub use integral_ops::{dawsn, expint, fresnel_cos, fresnel_sin, spence};
pub use two_parameter::{igamma, igammac, polygamma, zeta};

pub(crate) use bessel_ops::{
    BESSEL_I0, BESSEL_I0E, BESSEL_I1, BESSEL_I1E, BESSEL_J0, BESSEL_J1, BESSEL_K0, BESSEL_K0E, BESSEL_K1,
    BESSEL_K1E, BESSEL_Y0, BESSEL_Y1,
};
pub(crate) use betainc::BETAINC;
pub(crate) use integral_ops::{DAWSN, EXPINT, FRESNEL_COS, FRESNEL_SIN, SPENCE};
pub(crate) use two_parameter::{IGAMMA, IGAMMA_GRAD_A, IGAMMAC, POLYGAMMA, RANDOM_GAMMA_GRAD, ZETA};
