//! Where there is no answer, too much of one, or one that means harm; and questions that make no sense.

use super::{api::Api, doctor, run};

#[tokio::test]
async fn nobody_there_and_nobody_who_speaks_tls_are_told_apart() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let said = doctor(&[&nobody]).await;
    assert!(said.one_is_wrong("answer").contains("something listens"));
    let api = Api::start(Api::right).await;
    let said = doctor(&[&api.url("/cart").replace("http:", "https:")]).await;
    assert!(said.one_is_wrong("answer").contains("TLS"));
    assert!(said.of("answer").1.contains("no secure connection"));
}

#[tokio::test]
async fn a_server_that_never_answers_is_not_waited_for() {
    let api = Api::start_perhaps(|_| None).await;
    let said = doctor(&[&api.url("/cart"), "--timeout", "1"]).await;
    assert!(said.one_is_wrong("answer").contains("--timeout"));
    assert_eq!(said.of("answer").1, "no answer within 1 s");
}

#[tokio::test]
async fn of_a_document_the_beginning_is_read_however_long_it_is() {
    let document = "<meta name=traceparent content=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01>";
    let long = [document.as_bytes(), &vec![b'x'; 5 << 20]].concat();
    let api = Api::start(move |asked| {
        Api::right(asked).with("server-timing", None).body("text/html", long.clone())
    })
    .await;
    let said = doctor(&[&api.url("/")]).await;
    assert_eq!(said.of("document").0, "ok");
    assert!(said.of("answer").1.contains("more than 256 KiB"));
}

#[tokio::test]
async fn a_stream_that_never_ends_is_judged_by_its_head() {
    let api = Api::start(|asked| Api::right(asked).body("text/event-stream", "data: 1\n\n").endless()).await;
    doctor(&[&api.url("/events")]).await.all_is_well();
    let api = Api::start(|asked| Api::right(asked).body("text/html", "<p>").endless()).await;
    let said = doctor(&[&api.url("/"), "--timeout", "1"]).await;
    assert_eq!((said.of("answer").0, said.all("wrong")), ("ok".to_owned(), vec![]));
}

#[tokio::test]
async fn a_head_without_end_is_no_answer() {
    let api = Api::start(|asked| {
        let many = "x".repeat(1 << 20);
        Api::right(asked).with("x-request-id", Some(&many))
    })
    .await;
    let said = doctor(&[&api.url("/cart")]).await;
    said.one_is_wrong("answer");
}

#[tokio::test]
async fn nothing_that_a_terminal_obeys_is_printed() {
    let evil = "a\u{9b}31m\u{202e}b\u{e9}";
    let api = Api::start(move |asked| {
        let timing = format!("traceparent;desc=\"{evil}\"");
        Api::right(asked).with("x-request-id", Some(evil)).with("server-timing", Some(&timing))
    })
    .await;
    for form in [&[][..], &["--json"]] {
        let (_, said, _) = run(&[&[api.url("/cart").as_str()], form].concat()).await;
        assert!(said.contains("\\u{202e}") || said.contains("\\\\u{202e}"), "{said}");
        assert!(
            said.chars().all(|character| character == '\n' || (' '..='~').contains(&character)),
            "{said:?}"
        );
    }
}

#[tokio::test]
async fn a_page_of_https_cannot_ask_for_http() {
    // The address is reserved for documentation: nobody is there, and the finding comes before that.
    let said = doctor(&["http://192.0.2.1/", "--origin", "https://shop.example", "--timeout", "1"]).await;
    assert_eq!(said.of("mixed-content").0, "wrong");
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_answered_with_what_to_change() {
    for (arguments, says) in [
        (&["api.example/cart"][..], "give one like https://api.example.com/cart"),
        (&["https://api.example/", "--origin", "shop"], "https://shop.example.com"),
        (&["https://api.example/", "--timeout", "0"], "--timeout"),
    ] {
        let (code, out, err) = run(arguments).await;
        assert!(code == Some(1) && out.is_empty() && err.contains(says), "{err}");
    }
}
