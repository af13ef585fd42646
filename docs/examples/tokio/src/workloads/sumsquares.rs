//! One task per chunk. The threads of the runtime compute them.

use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::answer::{Error, Running};
use crate::probe::Probe;
use crate::protocol::Params;

pub fn run<'a>(params: &'a Params, _: &'a Arc<Probe>) -> Running<'a> {
    Box::pin(async move {
        let mut tasks = JoinSet::new();
        for chunk in chunks(params)? {
            tasks.spawn(async move { sum_squares(chunk) });
        }
        add(tasks).await
    })
}

/// Return the chunks: contiguous, with lengths that differ by at most one.
pub fn chunks(params: &Params) -> Result<Vec<Range<i64>>, Error> {
    let n = i64::try_from(params.integer("n")?)?;
    let count = i64::try_from(params.integer("chunks")?)?;
    Ok((0..count).map(|chunk| chunk * n / count..(chunk + 1) * n / count).collect())
}

/// Return the sum of all squares of a chunk.
///
/// Without the black box, the compiler replaces the loop by a formula, which takes no time. The box
/// hides the value of `i`, so that the loop runs once for each number.
pub fn sum_squares(chunk: Range<i64>) -> i64 {
    let mut sum = 0;
    for i in chunk {
        let i = black_box(i);
        sum += i * i;
    }
    sum
}

pub async fn add(mut tasks: JoinSet<i64>) -> Result<i64, Error> {
    let mut total = 0;
    while let Some(sum) = tasks.join_next().await {
        total += sum?;
    }
    Ok(total)
}
