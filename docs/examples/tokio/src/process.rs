//! What the operating system knows of this process, and its descriptors.

use std::fs::{self, File};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::FromRawFd;
use std::time::Duration;

use serde_json::{Value, json};

const KERNEL_STACK_BYTES: u64 = 16 << 10; // on x86-64 and arm64

/// Move standard input and output to other descriptors.
///
/// Then descriptor 0 is empty and 1 is standard error, so that no other code reaches the harness.
pub fn move_pipes_aside() -> io::Result<(File, File)> {
    // SAFETY: no other thread runs yet, and nothing else owns the two new descriptors.
    unsafe {
        let input = check(libc::fcntl(0, libc::F_DUPFD_CLOEXEC, 3))?;
        let output = check(libc::fcntl(1, libc::F_DUPFD_CLOEXEC, 3))?;
        let null = check(libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC))?;
        check(libc::dup2(null, 0))?;
        check(libc::dup2(2, 1))?;
        check(libc::close(null))?;
        Ok((File::from_raw_fd(input), File::from_raw_fd(output)))
    }
}

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Return the CPU time of all threads.
pub fn cpu_ns() -> u64 {
    let mut time = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: the pointer is valid, and all bytes zero are a valid timespec.
    let time = unsafe {
        libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, time.as_mut_ptr());
        time.assume_init()
    };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Move the calling thread to a processor, without keeping it there.
#[cfg(target_os = "linux")]
pub fn move_to(processor: usize) {
    let size = size_of::<libc::cpu_set_t>();
    if processor >= 8 * size {
        return;
    }
    // SAFETY: both sets are valid, all bytes zero are an empty set, and `processor` is inside them.
    unsafe {
        let mut allowed = MaybeUninit::<libc::cpu_set_t>::zeroed().assume_init();
        let mut one = MaybeUninit::<libc::cpu_set_t>::zeroed().assume_init();
        libc::CPU_SET(processor, &mut one);
        let is_known = libc::sched_getaffinity(0, size, &mut allowed) == 0;
        if is_known && libc::CPU_ISSET(processor, &allowed) {
            libc::sched_setaffinity(0, size, &one); // a running thread moves at once
            libc::sched_setaffinity(0, size, &allowed);
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub fn move_to(_processor: usize) {}

/// Return the bytes of a /proc line such as "VmHWM:   1234 kB".
fn read_bytes(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/self/{file}")).ok()?;
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = rest.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1_024)
}

/// The memory of this process, in bytes.
pub struct Memory {
    pub resident: u64, // its proportional share
    pub reserved: Option<u64>,
    pub kernel: Option<u64>, // page tables and the kernel's stacks of the threads
}

/// Return the memory that the process holds now; None if the system does not tell.
pub fn memory_held() -> Option<Memory> {
    Some(Memory {
        resident: read_bytes("smaps_rollup", "Pss:")?,
        reserved: read_bytes("status", "VmSize:"),
        kernel: kernel_held(),
    })
}

fn kernel_held() -> Option<u64> {
    if !cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
        return None; // the size of a kernel stack is unknown: no file tells it
    }
    let threads = fs::read_dir("/proc/self/task").ok()?.count() as u64;
    Some(read_bytes("status", "VmPTE:")? + threads * KERNEL_STACK_BYTES)
}

/// Return the counters of `finished`.
pub fn usage() -> Value {
    let mut used = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is valid, and all bytes zero are a valid rusage.
    let used = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, used.as_mut_ptr());
        used.assume_init()
    };
    let ns = |time: libc::timeval| {
        Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1_000).as_nanos() as u64
    };
    let mut usage = json!({
        "user_ns": ns(used.ru_utime),
        "system_ns": ns(used.ru_stime),
        "voluntary_switches": used.ru_nvcsw,
        "involuntary_switches": used.ru_nivcsw,
        "minor_faults": used.ru_minflt,
        "major_faults": used.ru_majflt,
    });
    if let Some(peak) = read_bytes("status", "VmHWM:") {
        usage["peak_bytes"] = peak.into(); // ru_maxrss may be the parent's
    }
    usage
}
