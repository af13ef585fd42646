//! Counts how many tasks wait at the same moment.

use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
pub struct Waiting {
    now: AtomicU64,
    most: AtomicU64,
}

impl Waiting {
    pub fn begin(&self) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
    }

    pub fn end(&self) {
        self.now.fetch_sub(1, Ordering::Relaxed);
    }

    /// The most tasks that waited at the same moment.
    pub fn most(&self) -> u64 {
        self.most.load(Ordering::Relaxed)
    }
}
