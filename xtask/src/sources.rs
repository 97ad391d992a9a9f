//! The files of the repository, and running commands in it.

use crate::Result;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Reads a file.
pub(crate) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes a file, and the directories it is in.
pub(crate) fn write(path: &Path, text: &str) -> Result {
    let parent = path.parent().unwrap_or(path);
    let written = std::fs::create_dir_all(parent).and_then(|()| std::fs::write(path, text));
    written.map_err(|error| format!("{}: {error}", path.display()))
}

/// Runs a command in the root and gives what it printed.
pub(crate) fn output(program: &str, args: &[&str]) -> Result<String> {
    let ran = Command::new(program).args(args).current_dir(root()).output();
    let ran = ran.map_err(|error| format!("{program}: {error}"))?;
    if !ran.status.success() {
        return Err(format!("{program} {}: {}", args.join(" "), String::from_utf8_lossy(&ran.stderr)));
    }
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}

/// Runs a command in the root; what it prints is shown.
pub(crate) fn run(program: &str, args: &[impl AsRef<OsStr>]) -> Result {
    let status = Command::new(program).args(args).current_dir(root()).status();
    match status.map_err(|error| format!("{program}: {error}"))? {
        status if status.success() => Ok(()),
        status => Err(format!("{program} ended with {status}")),
    }
}

/// The files that git knows or would add, relative to the root, with one of these extensions.
pub(crate) fn files(extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let listed = output("git", &["ls-files", "--cached", "--others", "--exclude-standard"])?;
    let has = |path: &PathBuf| {
        let extension = path.extension().and_then(OsStr::to_str).unwrap_or("");
        extensions.contains(&extension) && root().join(path).is_file()
    };
    Ok(listed.lines().map(PathBuf::from).filter(has).collect())
}

/// Gives a command this text and takes what it prints.
pub(crate) fn filter(program: &str, args: &[&str], input: &str) -> Result<String> {
    use std::io::Write as _;
    let failed = |error: std::io::Error| format!("{program}: {error}");
    let (piped, mut command) = (std::process::Stdio::piped, Command::new(program));
    let command = command.args(args).current_dir(root()).stdin(piped()).stdout(piped()).stderr(piped());
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).map_err(failed)?;
    }
    let ran = child.wait_with_output().map_err(failed)?;
    if !ran.status.success() {
        return Err(format!("{program}: {}", String::from_utf8_lossy(&ran.stderr)));
    }
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}
