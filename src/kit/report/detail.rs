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
    /// How each group of a claim was measured.
    pub claim_methods: bool,
    /// How each group of a bench was measured.
    pub bench_methods: bool,
    /// All columns of the benches' contenders.
    pub bench_columns: bool,
    /// All contenders of each bench's group; else the subject's ratios alone.
    pub bench_tables: bool,
    /// All columns of the claims' contenders.
    pub claim_columns: bool,
    /// All contenders of each claim's group; else the subject's ratios alone.
    pub claim_tables: bool,
    /// Percentiles and timelines.
    pub figures: bool,
    /// Curves, and the benches' ratios in one picture.
    pub curves: bool,
}

const ALL: Detail = Detail {
    dots: true,
    bench_strips: true,
    claim_strips: true,
    all_percentiles: true,
    side_curves: true,
    timeline_points: 240,
    claim_methods: true,
    bench_methods: true,
    bench_columns: true,
    bench_tables: true,
    claim_columns: true,
    claim_tables: true,
    figures: true,
    curves: true,
};
const NO_DOTS: Detail = Detail { dots: false, timeline_points: 160, ..ALL };
const NO_STRIPS: Detail = Detail { bench_strips: false, bench_columns: false, ..NO_DOTS };
const ENDS: Detail = Detail { all_percentiles: false, timeline_points: 80, ..NO_STRIPS };
const SHORT: Detail = Detail { bench_methods: false, claim_columns: false, ..ENDS };
const NO_SIDES: Detail = Detail { side_curves: false, claim_strips: false, ..SHORT };
const COARSE: Detail = Detail { claim_methods: false, timeline_points: 48, ..NO_SIDES };
const OVERVIEW: Detail = Detail { bench_tables: false, ..COARSE };
const CURVES: Detail = Detail { claim_tables: false, ..OVERVIEW };
const NO_FIGURES: Detail = Detail { figures: false, ..CURVES };
const LEAST: Detail = Detail { curves: false, ..NO_FIGURES };

/// From the most to the least.
pub const STEPS: [Detail; 11] =
    [ALL, NO_DOTS, NO_STRIPS, ENDS, SHORT, NO_SIDES, COARSE, OVERVIEW, CURVES, NO_FIGURES, LEAST];

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
            (self.claim_methods, "how the claims' groups were measured"),
            (self.bench_methods, "how the benches' groups were measured"),
            (self.bench_columns, "extremes and further ratios of the benches' contenders"),
            (self.bench_tables, "the contenders of the benches' groups"),
            (self.claim_columns, "extremes and further ratios of the claims' contenders"),
            (self.claim_tables, "the contenders of the claims' groups"),
            (self.figures, "percentile plots and timelines"),
            (self.curves, "curves"),
        ];
        let missing: Vec<&str> =
            parts.iter().filter(|(shown, _)| !shown).map(|(_, name)| *name).collect();
        (!missing.is_empty()).then(|| missing.join(", "))
    }
}
