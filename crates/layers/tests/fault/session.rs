//! What befalls a session: its output is cut, and it ends with the engine.

use super::*;
use async_trait::async_trait;
use tokio::io::AsyncWriteExt;

/// Answers every session with one whose output is the words, whose input nobody reads, and whose program runs for ever.
#[derive(Debug)]
struct Talkative;

impl Layer for Talkative {
    async fn around<'a, T: Outcome>(&self, _: Call<'_>, next: impl Next<'a, T>) -> Result<T> {
        next().await
    }
    async fn around_session<'a>(&self, _: Call<'_>, _: impl Next<'a, Session>) -> Result<Session> {
        let words = ["one", "two"].map(|word| LogChunk::new(LogSource::Stdout, word));
        let output = Items::from_items(words);
        let output = Items::new(output.chain(futures::stream::pending()));
        let (input, unread) = tokio::io::duplex(8);
        Ok(Session::new(output, input, Arc::new(Runs(unread))))
    }
}

/// Keeps the other end of the input open.
struct Runs(#[allow(dead_code, reason = "held, not read")] tokio::io::DuplexStream);

#[async_trait]
impl SessionControl for Runs {
    async fn resize(&self, _: u16, _: u16) -> Result<()> {
        Ok(())
    }
    async fn wait(&self) -> Result<Exit> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_has_its_output_cut_and_ends_with_the_engine() {
    let faults = Fault::new();
    let runtime = Fake::new().runtime().layer(Talkative).layer(faults.clone());
    let talk = || runtime.start_exec("web", ExecConfig::new(["sh"]));

    let cut = faults
        .add(Rule::cut_after_items(1).on(Operation::StartExec))
        .unwrap();
    let (text, error) = read(talk().await.unwrap().output).await;
    assert_eq!(
        (&*text, error.unwrap().kind()),
        ("one", ErrorKind::ConnectionFailed)
    );
    faults.remove(cut);

    let Session {
        mut output,
        mut input,
        control,
        ..
    } = talk().await.unwrap();
    assert_eq!(output.next().await.unwrap().unwrap().bytes, "one");
    input.write_all(b"12345678").await.unwrap();
    control.resize(24, 80).await.unwrap();
    let outage = async {
        tokio::time::sleep(SECOND).await;
        faults.engine_gone();
    };
    // The pipe is full, so this write waits until the engine goes.
    let (written, ended, ()) = futures::join!(input.write_all(b"9"), control.wait(), outage);
    assert_eq!(written.unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::ConnectionFailed);
    assert!(input.flush().await.is_err() && input.shutdown().await.is_err());
    assert!(control.resize(1, 1).await.is_err());
    assert!(output.next().await.unwrap().is_err());
    assert!(output.next().await.is_none());
}
