//! What libFuzzer says of a run, as a row of a table.

/// A run so far.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Executions, and what was covered after so many.
    covered: Vec<(u64, u64)>,
    executions: u64,
    a_second: u64,
    peak_mib: u64,
}

impl Told {
    pub(super) const HEAD: &str = "\
| target | executions | a second | coverage | of that, in the last fifth | memory at most |
|---|---|---|---|---|---|";

    /// `#4096  NEW    cov: 120 ft: …`, and `stat::number_of_executed_units: 4096` at the end.
    pub(super) fn add(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        let number = |word: Option<&str>| word.and_then(|word| word.parse::<u64>().ok());
        if let Some(executions) = first.strip_prefix('#').and_then(|count| count.parse().ok()) {
            if let Some(covered) = number(words.skip_while(|word| *word != "cov:").nth(1)) {
                self.covered.push((executions, covered));
            }
        } else if first == "stat::number_of_executed_units:" {
            self.executions = number(words.next()).unwrap_or(0);
        } else if first == "stat::average_exec_per_sec:" {
            self.a_second = number(words.next()).unwrap_or(0);
        } else if first == "stat::peak_rss_mb:" {
            self.peak_mib = number(words.next()).unwrap_or(0);
        }
    }

    pub(super) fn row(&self, name: &str) -> String {
        let covered = self.covered.last().map_or(0, |(_, covered)| *covered);
        let most = self.executions / 5 * 4;
        let before = self.covered.iter().take_while(|(executions, _)| *executions <= most).last();
        let new = covered - before.map_or(0, |(_, covered)| *covered);
        let Self { executions, a_second, peak_mib, .. } = self;
        format!("| `{name}` | {executions} | {a_second} | {covered} | {new} | {peak_mib} MiB |")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_summed_up() {
        let mut told = Told::default();
        let said = "INFO: Seed: 1\n#2\tINITED cov: 100 ft: 101 corp: 1/1b exec/s: 0 rss: 30Mb\n\
                    #800\tNEW    cov: 110 ft: 130 corp: 2/9b\n#900\tNEW    cov: 112 ft: 133 corp: 3/9b\n\
                    #1000\tDONE   cov: 112 ft: 133\nstat::number_of_executed_units: 1000\n\
                    stat::average_exec_per_sec: 100\nstat::peak_rss_mb: 40";
        said.lines().for_each(|line| told.add(line));
        let row = told.row("batch");
        assert_eq!(row, "| `batch` | 1000 | 100 | 112 | 2 | 40 MiB |");
    }
}
