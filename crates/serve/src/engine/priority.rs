//! Which threads go first where there are fewer processors than threads that want one. The thread that writes is what limits
//! the service; those that take requests, and turn most of them away when there are too many, wait for little and wake often,
//! and each time they would take its processor.

use std::io;
use std::sync::LazyLock;
use std::sync::mpsc::{Sender, channel};
use std::thread::Builder;

type Work = Box<dyn FnOnce() + Send>;
/// What a thread is to do, and its name.
type Start = (&'static str, Work, Sender<io::Result<()>>);

/// How much nicer than the process threads are that stand back: a tenth of the processor is theirs where others want all of it.
#[cfg(target_os = "linux")]
const STANDS_BACK: i32 = 10;

/// Lets the calling thread, and those that it starts, stand back behind the threads that write.
pub fn stand_back() {
    // Elsewhere the priority is that of the whole process. Without it all is slower under overload, and right.
    #[cfg(target_os = "linux")]
    if let Ok(process) = rustix::process::getpriority_process(Some(rustix::process::getpid())) {
        // Not the thread's own: that may stand back already. What is too nice is made as nice as can be.
        let _ = rustix::process::setpriority_process(None, process + STANDS_BACK);
    }
}

/// Starts a thread with the priority of the one that started the first, on whatever thread it is asked for: a thread inherits
/// its priority, and may lower it but not raise it.
pub(super) fn start(name: &'static str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    static STARTER: LazyLock<io::Result<Sender<Start>>> = LazyLock::new(|| {
        let (starts, asked) = channel::<Start>();
        let serve = move || {
            for (name, work, done) in asked {
                // Whoever asked waits for this.
                let _ = done.send(Builder::new().name(name.to_owned()).spawn(work).map(drop));
            }
        };
        Builder::new().name("starter".to_owned()).spawn(serve).map(|_| starts)
    });
    let starter = STARTER.as_ref().map_err(|error| io::Error::new(error.kind(), error.to_string()))?;
    let (done, started) = channel();
    let ended = || io::Error::other("the thread that starts others has ended");
    starter.send((name, Box::new(work), done)).map_err(|_| ended())?;
    started.recv().map_err(|_| ended())?
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// The niceness of the calling thread.
    fn niceness() -> i32 {
        rustix::process::getpriority_process(None).unwrap()
    }

    #[test]
    fn a_thread_that_writes_goes_first_whoever_starts_it() {
        let before = niceness();
        let started = |told: Sender<i32>| start("first", move || told.send(niceness()).unwrap()).unwrap();
        let (told, heard) = channel();
        started(told.clone());
        let standing_back = std::thread::spawn(move || {
            stand_back();
            stand_back();
            started(told);
            let inherited = std::thread::spawn(niceness).join().unwrap();
            (niceness(), inherited)
        });
        let back = (before + STANDS_BACK).min(19);
        assert_eq!(standing_back.join().unwrap(), (back, back));
        assert_eq!(heard.iter().take(2).collect::<Vec<_>>(), [before, before]);
        assert_eq!(niceness(), before);
    }
}
