//! Screen of the live view.

use super::incomplete;
use crate::domain::hit_rate::MissedKey;
use crate::domain::stats::{NodeStats, StatsReport};
use crate::output::escape::escape;
use crate::output::human;
use crate::output::reports::hit_rate::percent;
use crate::output::table::middle;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::{Block, Cell, Paragraph, Row, Sparkline, Table};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// Maximum number of measurements kept: more do not fit on a screen.
const KEPT: usize = 300;

/// Help for the last line.
fn keys(every: Duration) -> String {
    let every = human::duration(every);
    format!("q quit   p pause   +/- interval ({every})   c next customer")
}

/// Terminals with fewer columns show the tables one below the other.
const BESIDE: u16 = 110;

/// Below this width some figures and columns are left out, so that no title and no header is cut.
const NARROW: u16 = 60;

/// From this width on, the table of missed keys has a column for names.
const NAMED: u16 = 45;

/// A figure over time.
#[derive(Debug, Default)]
struct Series {
    points: VecDeque<Option<u64>>,
    /// The newest value as text.
    now: String,
}

impl Series {
    fn add(&mut self, point: Option<u64>, now: String) {
        if self.points.len() == KEPT {
            self.points.pop_front();
        }
        self.points.push_back(point);
        self.now = now;
    }
}

/// Header of the screen.
#[derive(Debug, Clone, Default)]
pub(crate) struct ScreenHeader {
    /// Customer names; empty for all customers.
    pub customers: String,
    /// Time between two measurements.
    pub every: Duration,
    /// True while measuring is paused.
    pub paused: bool,
    /// Target hit rate, in percent.
    pub target: Option<f64>,
}

/// The measurements so far.
#[derive(Debug, Default)]
pub(super) struct History {
    endpoint: String,
    color: bool,
    pub(super) header: ScreenHeader,
    /// Time of the last measurement, UTC.
    time: String,
    /// Hit rate, in percent.
    rate: Option<f64>,
    hit_rate: Series,
    ops: Series,
    latency: Series,
    memory: Series,
    evicted: Series,
    clients: Series,
    /// Evicted keys at the last measurement: the graph shows the increase.
    evicted_before: Option<u64>,
    nodes: Vec<NodeStats>,
    missed: Vec<MissedKey>,
    /// Names of the properties of the missed keys.
    pub(super) names: HashMap<String, String>,
    incomplete: String,
}

impl History {
    pub(super) fn new(endpoint: &str, color: bool) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            color,
            ..Self::default()
        }
    }

    /// Adds a measurement.
    pub(super) fn add(&mut self, report: &StatsReport, missed: &[MissedKey]) {
        let count = |number: Option<u64>| human::or_dash(number, human::grouped);
        // In hundredths of a percent and thousandths of a millisecond, so that small changes are visible.
        let scaled = |number: Option<f64>, scale: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "casting saturates"
            )]
            let whole = number.map(|number| (number * scale).round() as u64);
            whole
        };
        self.time = jiff::Timestamp::now().strftime("%T").to_string();
        self.rate = report.hit_rate;
        self.hit_rate
            .add(scaled(report.hit_rate, 100.0), percent(report.hit_rate));
        let ops = report.nodes.iter().map(|node| node.ops_per_second).sum();
        self.ops.add(ops, count(ops));
        let p99 = report.latency_ms.p99;
        let shown = human::or_dash(p99, |p99| format!("{p99:.3} ms"));
        self.latency.add(scaled(p99, 1000.0), shown);
        let memory = report.used_memory_bytes;
        let shown = human::or_dash(memory, human::bytes);
        self.memory.add(memory, shown);
        let evicted = report.evicted_keys;
        let added = evicted
            .zip(self.evicted_before)
            .map(|(now, before)| now.saturating_sub(before));
        self.evicted.add(added, count(evicted));
        self.evicted_before = evicted;
        let clients = report.nodes.iter().map(|node| node.connected_clients).sum();
        self.clients.add(clients, count(clients));
        self.nodes.clone_from(&report.nodes);
        self.missed = missed.to_vec();
        self.incomplete = incomplete(report);
    }

    /// Draws everything into the available area.
    pub(super) fn draw(&self, frame: &mut Frame<'_>) {
        let [title, upper_row, lower_row, tables, keys] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(5),
            Constraint::Length(5),
            Constraint::Min(3),
            Constraint::Length(1),
        ])
        .areas(frame.area());
        let bold = self.style(self.tone()).add_modifier(Modifier::BOLD);
        let text = self.title();
        frame.render_widget(Paragraph::new(escape(&text)).style(bold), title);
        frame.render_widget(Paragraph::new(self::keys(self.header.every)), keys);
        // Scaled to 100%, so that a steady 50% does not look like 100%.
        let whole = Some(10_000);
        let upper = [
            ("hit rate", &self.hit_rate, whole, Color::Green),
            ("ops/s", &self.ops, None, Color::Cyan),
            ("p99", &self.latency, None, Color::Yellow),
        ];
        let lower = [
            ("memory", &self.memory, None, Color::Magenta),
            ("evicted", &self.evicted, None, Color::Red),
            ("clients", &self.clients, None, Color::Blue),
        ];
        // A narrow terminal has two graphs in a row, so that their titles are not cut.
        let beside = if frame.area().width < NARROW { 2 } else { 3 };
        for (row, series) in [(upper_row, upper), (lower_row, lower)] {
            let shares = vec![Constraint::Ratio(1, beside); beside as usize];
            let areas = Layout::horizontal(shares).split(row);
            for (area, (name, series, most, color)) in areas.iter().zip(series) {
                self.series(frame, *area, name, series, most, color);
            }
        }
        let [nodes, missed] = if tables.width < BESIDE {
            let servers = u16::try_from(self.nodes.len()).unwrap_or(u16::MAX);
            // Borders and the header take three lines.
            let height = servers.saturating_add(3).min(tables.height.div_ceil(2));
            Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]).areas(tables)
        } else {
            Layout::horizontal([Constraint::Percentage(55), Constraint::Percentage(45)])
                .areas(tables)
        };
        self.nodes(frame, nodes);
        self.missed(frame, missed);
    }

    /// Title: time, hit rate, endpoint and customers.
    fn title(&self) -> String {
        let header = &self.header;
        let target = header.target.map_or_else(String::new, |target| {
            let mark = match self.rate {
                Some(rate) if rate >= target => " ✓",
                Some(_) => " ✗",
                None => "",
            };
            format!(" (target {target}%{mark})")
        });
        let rate = percent(self.rate);
        let whose = match header.customers.as_str() {
            "" => "all customers",
            customers => customers,
        };
        let paused = if header.paused { "PAUSED  " } else { "" };
        format!(
            "{}  {paused}hit rate {rate}{target}  {}  {whose}{}",
            self.time,
            human::address(&self.endpoint),
            self.incomplete
        )
    }

    /// Color of the title.
    fn tone(&self) -> Option<Color> {
        let (rate, target) = (self.rate?, self.header.target?);
        Some(if rate >= target {
            Color::Green
        } else {
            Color::Red
        })
    }

    fn style(&self, color: Option<Color>) -> Style {
        match color.filter(|_| self.color) {
            Some(color) => Style::new().fg(color),
            None => Style::new(),
        }
    }

    /// Draws a figure over time; `most` is the value of a full bar, by default the largest point.
    fn series(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        name: &str,
        series: &Series,
        most: Option<u64>,
        color: Color,
    ) {
        let block = Block::bordered().title(format!("{name} {}", series.now));
        let width = usize::from(area.width.saturating_sub(2));
        let skipped = series.points.len().saturating_sub(width);
        let points: Vec<Option<u64>> = series.points.iter().skip(skipped).copied().collect();
        let most = most.or(points.iter().copied().flatten().max()).unwrap_or(1);
        let line = Sparkline::default()
            .data(points)
            .max(most)
            .style(self.style(Some(color)))
            .block(block);
        frame.render_widget(line, area);
    }

    fn nodes(&self, frame: &mut Frame<'_>, area: Rect) {
        let bytes = |number: Option<u64>| human::or_dash(number, human::bytes);
        let count = |number: Option<u64>| human::or_dash(number, human::grouped);
        let narrow = area.width < NARROW;
        let rows = self.nodes.iter().map(|node| {
            let role = match node.error {
                Some(_) => "FAILED",
                None => node.role.unwrap_or("-"),
            };
            let address = Cell::from(escape(&node.addr).into_owned());
            let role = Cell::from(role);
            let memory = Cell::from(bytes(node.used_memory_bytes));
            let keys = Cell::from(count(node.keys));
            // Only replicas lag.
            let behind = node
                .replication_lag_bytes
                .filter(|_| node.role != Some("primary"));
            let lag = Cell::from(bytes(behind));
            if narrow {
                Row::new([address, memory, keys])
            } else {
                Row::new([address, role, memory, keys, lag])
            }
        });
        // In a narrow area the server's address is most important.
        let (heads, widths): (&[&str], &[u16]) = if narrow {
            (&["node", "memory", "keys"], &[9, 9])
        } else {
            (&["node", "role", "memory", "keys", "lag"], &[8, 9, 11, 8])
        };
        let widths = widths.iter().map(|width| Constraint::Length(*width));
        let widths = std::iter::once(Constraint::Min(16)).chain(widths);
        let table = Table::new(rows, widths)
            .header(self.header(heads))
            .block(Block::bordered().title("servers"));
        frame.render_widget(table, area);
    }

    fn missed(&self, frame: &mut Frame<'_>, area: Rect) {
        // Width without the borders, the count and the gaps.
        let room = usize::from(area.width.saturating_sub(13));
        // In a narrow area the key is most important.
        let for_name = if area.width < NAMED { 0 } else { room / 3 };
        let rows = self.missed.iter().map(|missed| {
            let name = self.names.get(&missed.key).map_or("", String::as_str);
            Row::new([
                human::grouped(missed.misses),
                middle(&escape(&missed.key), room - for_name),
                middle(&escape(name), for_name),
            ])
        });
        let widths = [Constraint::Length(9), Constraint::Fill(1)];
        let of_name = Constraint::Length(u16::try_from(for_name).unwrap_or_default());
        let heads = if for_name > 0 { "name" } else { "" };
        let table = Table::new(rows, widths.into_iter().chain([of_name]))
            .header(self.header(&["misses", "key", heads]))
            .block(Block::bordered().title("most missed"));
        frame.render_widget(table, area);
    }

    fn header(&self, names: &[&'static str]) -> Row<'static> {
        let style = self.style(None).add_modifier(Modifier::BOLD);
        Row::new(names.iter().copied().map(Cell::from)).style(style)
    }
}

#[cfg(test)]
mod tests;
