//! What processes write and read, and in which pieces.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_program_writes_in_the_pieces_of_the_real_one() {
    use Channel::{Stderr, Stdout};
    let (machine, _init) = Machine::occupied();
    machine
        .sh("echo a; printf 'b\\nc\\n'; seq 3; (echo d; echo e >&2)")
        .await;
    let writes = machine.output.0.lock().unwrap().clone();
    let texts: Vec<_> = writes
        .iter()
        .map(|(channel, bytes)| (*channel, std::str::from_utf8(bytes).unwrap()))
        .collect();
    let expected = [
        (Stdout, "a\n"),
        (Stdout, "b\nc\n"),
        (Stdout, "1\n2\n3\n"),
        (Stdout, "d\n"),
        (Stderr, "e\n"),
    ];
    assert_eq!(texts, expected);
}

/// A reader that has gone away.
#[derive(Debug)]
struct Gone;

impl Sink for Gone {
    fn write(&self, _: Channel, _: Bytes) -> BoxFuture<'_, Result<(), IoError>> {
        Box::pin(async { Err(IoError::BrokenPipe) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_nobody_reads_kills_all_but_the_first_process() {
    for (first, expected) in [(true, 1), (false, 141)] {
        let (mut machine, init) = Machine::occupied();
        if first {
            drop(init);
            machine.kernel = kernel(false);
        }
        for command in [&["echo", "x"][..], &["yes"], &["sh", "-c", "echo x"]] {
            let argv: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
            let program = machine.resolve(&argv).unwrap();
            machine.kernel = if first { kernel(false) } else { machine.kernel };
            let pid = machine.kernel.register(argv.clone().into());
            let output = Stream::Engine(Arc::new(Gone), Channel::Stdout);
            let descriptors = Descriptors::new(Stream::Null, output, Stream::Null);
            let process = Process::new(
                argv,
                BTreeMap::new(),
                machine.files.clone(),
                descriptors,
                pid,
            );
            assert_eq!(
                run(program, process).await.code(),
                expected,
                "{command:?} {first}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_shell_runs_the_lines_of_its_input_as_they_come() {
    let (mut machine, _init) = Machine::occupied();
    let (writer, reader) = pipe(1024);
    machine.stdin = Stream::Reader(reader);
    let (_, process) = machine.start(&["sh"]).unwrap();
    machine.stdin = Stream::Null;
    let mut process = Box::pin(process);
    for (input, output) in [
        ("echo a\n", "a\n"),
        ("if true\n", "a\n"),
        ("then echo b; fi\n", "a\nb\n"),
        ("read x\n", "a\nb\n"),
        ("for me\n", "a\nb\n"),
        ("echo $x $\n", "a\nb\nfor me $\n"),
        ("cat <<E\n", "a\nb\nfor me $\n"),
        ("here\nE\n", "a\nb\nfor me $\nhere\n"),
        ("exit 3\n", "a\nb\nfor me $\nhere\n"),
    ] {
        writer.write(input.into()).await.unwrap();
        let ended = Machine::within(SECOND, &mut process).await;
        assert_eq!(machine.stdout(), output, "after {input:?}");
        assert_eq!(ended.is_some(), input.starts_with("exit"));
    }
    assert_eq!(machine.stderr(), "");
    assert_eq!(writer.write("more".into()).await, Err(IoError::BrokenPipe));
}
