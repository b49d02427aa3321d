//! What signals do to processes.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_first_process_ignores_what_it_does_not_catch() {
    let machine = Machine::new();
    let (pid, process) = machine.start(&["sleep", "1000"]).unwrap();
    let mut process = Box::pin(process);
    assert_eq!(pid, 1);
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::USR1] {
        assert!(machine.kernel.signal(pid, signal));
        assert_eq!(Machine::within(SECOND, &mut process).await, None);
    }
    assert!(machine.kernel.signal(pid, Signal::KILL));
    assert_eq!(
        Machine::within(SECOND, &mut process).await,
        Some(ExitStatus::Signal(Signal::KILL))
    );
    assert!(
        !machine.kernel.signal(pid, Signal::TERM),
        "its pid is free again"
    );
}

#[tokio::test(start_paused = true)]
async fn any_other_process_dies_of_a_signal() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::USR2, 140)] {
        let mut machine = Machine::new();
        machine.kernel = kernel(true);
        let (pid, process) = machine.start(&["sleep", "1000"]).unwrap();
        assert_ne!(pid, 1);
        let mut process = Box::pin(process);
        assert_eq!(Machine::within(SECOND, &mut process).await, None);
        machine.kernel.signal(pid, signal);
        assert_eq!(
            Machine::within(SECOND, &mut process).await.unwrap().code(),
            code
        );
    }
}

#[tokio::test(start_paused = true)]
async fn harmless_signals_do_nothing_and_stop_freezes() {
    let (machine, _init) = Machine::occupied();
    let (pid, process) = machine.start(&["sleep", "10"]).unwrap();
    let mut process = Box::pin(process);
    for number in [17, 18, 23, 28, 19] {
        machine
            .kernel
            .signal(pid, Signal::from_number(number).unwrap());
    }
    assert_eq!(
        Machine::within(20 * SECOND, &mut process).await,
        None,
        "it is stopped"
    );
    machine.kernel.signal(pid, Signal::from_number(18).unwrap());
    assert_eq!(
        Machine::within(11 * SECOND, &mut process).await,
        Some(ExitStatus::Code(0))
    );
}

#[tokio::test(start_paused = true)]
async fn a_trap_waits_for_the_program_in_the_foreground() {
    let machine = Machine::new();
    let script = "trap 'exit 7' TERM; while :; do sleep 10; done";
    let (pid, process) = machine.start(&["sh", "-c", script]).unwrap();
    let mut process = Box::pin(process);
    assert_eq!(Machine::within(SECOND, &mut process).await, None);
    machine.kernel.signal(pid, Signal::TERM);
    let started = Instant::now();
    assert_eq!(
        Machine::within(20 * SECOND, &mut process).await,
        Some(ExitStatus::Code(7))
    );
    assert_eq!(started.elapsed().as_secs(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_trap_interrupts_wait_and_read_at_once() {
    for command in ["sleep 1000 & wait", "read x"] {
        let mut machine = Machine::new();
        let (_writer, reader) = pipe(16);
        machine.stdin = Stream::Reader(reader);
        let script = format!("trap 'echo caught; exit 7' TERM; {command}");
        let (pid, process) = machine.start(&["sh", "-c", &script]).unwrap();
        let mut process = Box::pin(process);
        assert_eq!(Machine::within(SECOND, &mut process).await, None);
        machine.kernel.signal(pid, Signal::TERM);
        let ended = Machine::within(Duration::from_millis(1), &mut process).await;
        assert_eq!(ended, Some(ExitStatus::Code(7)), "{command}");
        assert_eq!(machine.stdout(), "caught\n");
    }
}

#[tokio::test(start_paused = true)]
async fn a_signal_reaches_the_program_that_a_job_runs() {
    let (machine, _init) = Machine::occupied();
    let script =
        "sh -c 'trap \"echo got; exit 3\" TERM; sleep 1000 & wait' & sleep 1; kill $!; wait $!";
    assert_eq!(machine.sh(script).await, 3);
    assert_eq!(machine.stdout(), "got\n");
}
