//! What Linux knows about processes: the processor's time they took and the memory they held.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// Length of one of the ticks that /proc counts in: 100 a second on every Linux (USER_HZ).
const TICK: Duration = Duration::from_millis(10);

/// The fields of /proc/PID/stat that matter here.
struct Stat {
    parent: u32,
    own: u32,
    reaped: u32,
}

/// Processor time of one process with all of its threads.
pub fn cpu(pid: u32) -> Result<Duration> {
    Ok(TICK * stat(&pid.to_string())?.own)
}

/// Processor time of this process.
pub fn own_cpu() -> Result<Duration> {
    Ok(TICK * stat("self")?.own)
}

/// Processor time of a process and of all of its children, those that ended included.
pub fn family_cpu(pid: u32) -> Result<Duration> {
    let head = stat(&pid.to_string())?;
    let mut ticks = head.own + head.reaped;
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(name) = name.to_str().filter(|name| name.parse::<u32>().is_ok()) else {
            continue;
        };
        // A process may end between being listed and being read.
        if let Ok(child) = stat(name)
            && child.parent == pid
        {
            ticks += child.own;
        }
    }
    Ok(TICK * ticks)
}

/// The parent of a process.
pub fn parent(pid: u32) -> Result<u32> {
    Ok(stat(&pid.to_string())?.parent)
}

/// The most memory a process ever held, in KiB.
pub fn peak_memory(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"))
        .and_then(|kibibytes| kibibytes.trim().parse().ok())
        .context("/proc has no VmHWM")
}

/// How many processes wanted a processor over the last minute, on average.
pub fn load() -> Result<f64> {
    let text = fs::read_to_string("/proc/loadavg")?;
    let first = text.split(' ').next().unwrap_or_default();
    Ok(first.parse()?)
}

fn stat(pid: &str) -> Result<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name stands in parentheses and may hold anything.
    let (_, rest) = text.rsplit_once(')').context("/proc has an unknown form")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |index: usize| -> Result<u32> {
        let field = fields.get(index).context("/proc has too few fields")?;
        Ok(field.parse()?)
    };
    Ok(Stat {
        parent: number(1)?,
        own: number(11)? + number(12)?,
        reaped: number(13)? + number(14)?,
    })
}
