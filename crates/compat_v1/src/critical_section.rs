//! `CriticalSection` in the mode of the v1 API.

use crate::facade;
use ferroflow_core::Result;
use ferroflow_v2::{CriticalSectionOptions, ExecuteOptions, Nest};

/// Runs parts of graphs one at a time.
///
/// Source: `tf.compat.v1.CriticalSection`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let section = tf::CriticalSection::new()?;
/// let v = tf::Variable::new_with(0, |o| o.use_resource(true))?;
/// let count = || {
///     let old = v.read_value()?;
///     tf::control_dependencies([&old], || v.assign_add(1)?.value())
/// };
/// let (first, second) = (section.execute(count)?, section.execute(count)?);
/// let sess = tf::Session::new()?;
/// sess.run(v.initializer()?)?;
/// let both = [sess.run((&first, &second))?, sess.run((&first, &second))?];
/// let mut seen = both.map(|(a, b)| [a.item::<i32>(), b.item::<i32>()]).concat().into_iter().collect::<Result<Vec<_>, _>>()?;
/// seen.sort_unstable();
/// assert_eq!(seen, [1, 2, 3, 4]);
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CriticalSection(ferroflow_v2::CriticalSection);

impl CriticalSection {
    /// A section with a mutex of its name.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn new() -> Result<CriticalSection> {
        CriticalSection::new_with(|options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn new_with(
        options: impl FnOnce(CriticalSectionOptions) -> CriticalSectionOptions,
    ) -> Result<CriticalSection> {
        facade(|| ferroflow_v2::CriticalSection::new_with(options)).map(CriticalSection)
    }

    /// What a function gives whose nodes run while those of no other do in this section.
    ///
    /// # Errors
    /// As [`CriticalSection::execute_with`].
    pub fn execute<R: Nest>(&self, f: impl FnOnce() -> Result<R>) -> Result<R> {
        self.execute_with(f, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// `ValueError` within a function that runs in the section already, and where another section uses the same
    /// resources; what the function returns.
    pub fn execute_with<R: Nest>(
        &self,
        f: impl FnOnce() -> Result<R>,
        options: impl FnOnce(ExecuteOptions) -> ExecuteOptions,
    ) -> Result<R> {
        facade(|| self.0.execute_with(f, options))
    }
}
