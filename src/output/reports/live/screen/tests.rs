use super::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

fn drawn(width: u16, height: u16, history: &History) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| history.draw(frame)).unwrap();
    terminal.backend().to_string()
}

fn measured() -> History {
    let mut history = History::new("redis://h:1/0", false);
    history.header = ScreenHeader {
        customers: "acme".into(),
        every: Duration::from_secs(2),
        paused: false,
        target: Some(85.0),
    };
    for rate in [50.0, 60.0, 87.96] {
        let mut report = StatsReport::specimen();
        report.hit_rate = Some(rate);
        report.nodes[0].addr = "h:1".into();
        report.incomplete = Some("h:1 is silent".into());
        let missed = MissedKey {
            key: "acme:property:p1\u{1b}[31m".into(),
            misses: 42,
        };
        let name = (missed.key.clone(), "site1.example".to_owned());
        history.add(&report, &[missed]);
        history.names = [name].into();
    }
    history
}

#[test]
fn every_measured_figure_is_on_the_screen() {
    let text = drawn(120, 24, &measured());
    for words in [
        "  hit rate 87.9% (target 85% ✓)  h:1  acme, incomplete: h:1 is silent",
        "q quit   p pause   +/- interval (2 s)   c next customer",
        "hit rate 87.9%",
        "ops/s 1",
        "p99 0.500 ms",
        "servers",
        "h:1",
        "most missed",
        "42",
        "acme:property:p1\\u{1b}",
        "site1.example",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert!(text.contains('█'), "{text}");
}

#[test]
fn at_80_columns_no_cell_of_the_servers_is_cut() {
    let mut history = measured();
    history.nodes[0].addr = "127.0.0.1:31539".into();
    history.nodes[0].role = Some("primary");
    let text = drawn(80, 24, &history);
    assert!(
        text.contains("127.0.0.1:31539") && text.contains("primary"),
        "{text}"
    );
    history.header.paused = true;
    assert!(history.title().contains("  PAUSED"));
}

#[test]
fn on_a_narrow_terminal_no_title_and_no_header_is_cut() {
    let mut history = measured();
    history.nodes[0].addr = "127.0.0.1:31539".into();
    history.nodes[0].used_memory_bytes = Some(3_900_000);
    history.nodes[0].keys = Some(1_473_000);
    let text = drawn(40, 24, &history);
    for words in [
        "hit rate 87.9%",
        "evicted 1",
        "127.0.0.1:31539",
        "3.7 MiB",
        "1,473,000",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert!(!text.contains("role"), "{text}");
}

#[test]
fn any_size_is_drawn_without_a_panic() {
    for (width, height) in [(1, 1), (3, 2), (20, 5), (80, 11), (500, 200)] {
        drawn(width, height, &measured());
        drawn(width, height, &History::new("x", true));
    }
}

#[test]
fn the_number_of_kept_measurements_is_bounded() {
    let mut history = History::default();
    for _ in 0..KEPT + 9 {
        history.add(&StatsReport::specimen(), &[]);
    }
    assert_eq!(history.ops.points.len(), KEPT);
}
