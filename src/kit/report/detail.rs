//! How much the page shows: everything when it fits, and less, step by step, when it does not.

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detail {
    /// A dot for each round in the strip plots.
    pub dots: bool,
    /// A strip plot for each group of a bench.
    pub bench_strips: bool,
    /// A strip plot for each group of a claim that has no curve.
    pub claim_strips: bool,
    /// Percentiles at each place of a family; else at its last place only.
    pub all_percentiles: bool,
    /// Curves of values measured beside.
    pub side_curves: bool,
    /// Most points of a line in a timeline.
    pub timeline_points: usize,
    /// How each group was measured.
    pub methods: bool,
    /// All contenders of each bench's group; else the subject's ratios alone.
    pub bench_tables: bool,
    /// All contenders of each claim's group; else the subject's ratios alone.
    pub claim_tables: bool,
    /// Percentiles and timelines at all.
    pub figures: bool,
}

const ALL: Detail = Detail {
    dots: true,
    bench_strips: true,
    claim_strips: true,
    all_percentiles: true,
    side_curves: true,
    timeline_points: 240,
    methods: true,
    bench_tables: true,
    claim_tables: true,
    figures: true,
};
const NO_DOTS: Detail = Detail { dots: false, ..ALL };
const NO_STRIPS: Detail = Detail { bench_strips: false, timeline_points: 120, ..NO_DOTS };
const ENDS: Detail = Detail { all_percentiles: false, timeline_points: 80, ..NO_STRIPS };
const SHORT: Detail = Detail { methods: false, side_curves: false, ..ENDS };
const OVERVIEW: Detail = Detail { bench_tables: false, claim_strips: false, ..SHORT };
const LEAST: Detail = Detail { claim_tables: false, figures: false, ..OVERVIEW };

/// From the most to the least.
pub const STEPS: [Detail; 7] = [ALL, NO_DOTS, NO_STRIPS, ENDS, SHORT, OVERVIEW, LEAST];

impl Detail {
    /// What is left out, in words; `None` when nothing is.
    #[must_use]
    pub fn left_out(&self) -> Option<String> {
        let parts = [
            (self.dots, "the dots of single rounds"),
            (self.bench_strips, "the benches' strip plots"),
            (self.claim_strips, "the claims' strip plots"),
            (self.all_percentiles, "percentile plots along a curve but for its last place"),
            (self.side_curves, "curves of values measured beside"),
            (self.methods, "how each group was measured"),
            (self.bench_tables, "the contenders of the benches' groups"),
            (self.claim_tables, "the contenders of the claims' groups"),
            (self.figures, "percentile plots and timelines"),
        ];
        let missing: Vec<&str> =
            parts.iter().filter(|(shown, _)| !shown).map(|(_, name)| *name).collect();
        (!missing.is_empty()).then(|| missing.join(", "))
    }
}
