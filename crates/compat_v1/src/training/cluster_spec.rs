//! `ClusterSpec`: the jobs of a cluster and the addresses of their tasks.

use ferroflow_core::{Error, Result, bail};
use ferroflow_proto::{ClusterDef, JobDef};
use std::collections::BTreeMap;
use std::fmt;

/// The addresses of a job's tasks: all of them from 0 on, or some by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobTasks {
    /// The addresses of tasks 0, 1 and so on.
    Dense(Vec<String>),
    /// Addresses by the tasks' numbers.
    Sparse(BTreeMap<i32, String>),
}

impl JobTasks {
    fn by_number(self) -> BTreeMap<i32, String> {
        match self {
            JobTasks::Dense(addresses) => (0..).zip(addresses).collect(),
            JobTasks::Sparse(addresses) => addresses,
        }
    }
}

impl<S: Into<String>> From<Vec<S>> for JobTasks {
    fn from(addresses: Vec<S>) -> JobTasks {
        JobTasks::Dense(addresses.into_iter().map(Into::into).collect())
    }
}

impl<S: Into<String>, const N: usize> From<[S; N]> for JobTasks {
    fn from(addresses: [S; N]) -> JobTasks {
        JobTasks::Dense(addresses.into_iter().map(Into::into).collect())
    }
}

impl<S: Into<String>> From<BTreeMap<i32, S>> for JobTasks {
    fn from(addresses: BTreeMap<i32, S>) -> JobTasks {
        JobTasks::Sparse(addresses.into_iter().map(|(task, address)| (task, address.into())).collect())
    }
}

/// The jobs of a cluster and the addresses of their tasks.
///
/// Source: `tf.compat.v1.train.ClusterSpec`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let cluster = tf::train::ClusterSpec::new([
///     ("worker", vec!["worker0:2222", "worker1:2222"]),
///     ("ps", vec!["ps0:2222"]),
/// ]);
/// assert_eq!(cluster.num_tasks("worker")?, 2);
/// assert_eq!(cluster.task_address("ps", 0)?, "ps0:2222");
/// assert_eq!(
///     cluster.to_string(),
///     "ClusterSpec({'ps': ['ps0:2222'], 'worker': ['worker0:2222', 'worker1:2222']})"
/// );
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct ClusterSpec {
    /// In the order they were given.
    jobs: Vec<(String, BTreeMap<i32, String>)>,
}

impl ClusterSpec {
    /// The cluster of these jobs. The tasks of a job are a list of addresses, or a map from numbers to addresses.
    pub fn new<J: Into<String>, T: Into<JobTasks>>(cluster: impl IntoIterator<Item = (J, T)>) -> ClusterSpec {
        let mut spec = ClusterSpec::default();
        for (job, tasks) in cluster {
            spec.insert(job.into(), tasks.into().by_number());
        }
        spec
    }

    fn insert(&mut self, job: String, tasks: BTreeMap<i32, String>) {
        match self.jobs.iter_mut().find(|(name, _)| *name == job) {
            Some((_, there)) => *there = tasks,
            None => self.jobs.push((job, tasks)),
        }
    }

    fn job(&self, job_name: &str) -> Result<&BTreeMap<i32, String>> {
        let found = self.jobs.iter().find(|(name, _)| name == job_name);
        found
            .map(|(_, tasks)| tasks)
            .ok_or_else(|| Error::value(format!("No such job in cluster: '{job_name}'")))
    }

    /// Whether there are no jobs.
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// The names of the jobs.
    pub fn jobs(&self) -> Vec<&str> {
        self.jobs.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The number of tasks of a job.
    ///
    /// # Errors
    /// `ValueError` for a job that the cluster does not have.
    pub fn num_tasks(&self, job_name: &str) -> Result<usize> {
        self.job(job_name).map(BTreeMap::len)
    }

    /// The numbers of a job's tasks, in order.
    ///
    /// # Errors
    /// As [`ClusterSpec::num_tasks`].
    pub fn task_indices(&self, job_name: &str) -> Result<Vec<i32>> {
        Ok(self.job(job_name)?.keys().copied().collect())
    }

    /// The address of a task.
    ///
    /// # Errors
    /// `ValueError` for a job or a task that the cluster does not have.
    pub fn task_address(&self, job_name: &str, task_index: i32) -> Result<&str> {
        match self.job(job_name)?.get(&task_index) {
            Some(address) => Ok(address),
            None => bail!(value, "No task with index {task_index} in job '{job_name}'"),
        }
    }

    /// The addresses of a job's tasks by their numbers; `None` for a number that no task has.
    ///
    /// # Errors
    /// `ValueError` for a job that the cluster does not have, or one without tasks.
    pub fn job_tasks(&self, job_name: &str) -> Result<Vec<Option<String>>> {
        let tasks = self.job(job_name)?;
        match tasks.keys().next_back() {
            Some(last) => Ok((0..=*last).map(|task| tasks.get(&task).cloned()).collect()),
            None => bail!(value, "max() arg is an empty sequence"),
        }
    }

    /// The jobs with their tasks: a list of addresses where no number is left out.
    pub fn as_dict(&self) -> Vec<(String, JobTasks)> {
        let tasks =
            |tasks: &BTreeMap<i32, String>| match (0..).zip(tasks.keys()).all(|(at, task)| at == *task)
                && !tasks.is_empty()
            {
                true => JobTasks::Dense(tasks.values().cloned().collect()),
                false => JobTasks::Sparse(tasks.clone()),
            };
        self.jobs.iter().map(|(name, addresses)| (name.clone(), tasks(addresses))).collect()
    }

    /// The cluster as a message, its jobs by their names.
    pub fn as_cluster_def(&self) -> ClusterDef {
        let job = |(name, tasks): &(String, BTreeMap<i32, String>)| JobDef {
            name: name.clone(),
            tasks: tasks.clone(),
        };
        let mut jobs: Vec<JobDef> = self.jobs.iter().map(job).collect();
        jobs.sort_by(|a, b| a.name.cmp(&b.name));
        ClusterDef { job: jobs }
    }
}

impl From<&ClusterDef> for ClusterSpec {
    fn from(cluster: &ClusterDef) -> ClusterSpec {
        let mut spec = ClusterSpec::default();
        for job in &cluster.job {
            spec.insert(job.name.clone(), job.tasks.clone());
        }
        spec
    }
}

impl From<ClusterDef> for ClusterSpec {
    fn from(cluster: ClusterDef) -> ClusterSpec {
        ClusterSpec::from(&cluster)
    }
}

impl From<&ClusterSpec> for ClusterSpec {
    fn from(cluster: &ClusterSpec) -> ClusterSpec {
        cluster.clone()
    }
}

impl PartialEq for ClusterSpec {
    /// The order of jobs does not matter.
    fn eq(&self, other: &ClusterSpec) -> bool {
        self.as_cluster_def() == other.as_cluster_def()
    }
}

impl fmt::Display for ClusterSpec {
    /// As Python writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut jobs = self.as_dict();
        jobs.sort_by(|a, b| a.0.cmp(&b.0));
        let text = |(name, tasks): &(String, JobTasks)| match tasks {
            JobTasks::Dense(addresses) => {
                let addresses: Vec<String> = addresses.iter().map(|address| format!("'{address}'")).collect();
                format!("'{name}': [{}]", addresses.join(", "))
            }
            JobTasks::Sparse(addresses) => {
                let addresses: Vec<String> =
                    addresses.iter().map(|(task, address)| format!("{task}: '{address}'")).collect();
                format!("'{name}': {{{}}}", addresses.join(", "))
            }
        };
        let jobs: Vec<String> = jobs.iter().map(text).collect();
        write!(f, "ClusterSpec({{{}}})", jobs.join(", "))
    }
}

impl fmt::Debug for ClusterSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
