//! Short ways to write declarations.

use crate::contract::{
    Axis, Bar, ChoiceOption, Claim, Condition, Control, ControlKind, Figure, LessonStep, PaperValue, Readout,
    Setting, Value, View, ViewKind,
};

/// A number on a slider.
pub fn number(id: &str, label: &str, range: [f64; 2], default: f64, decimals: u32) -> Control {
    let [min, max] = range;
    let kind = ControlKind::Number { min, max, default, log: false, decimals, open: false };
    control(id, label, kind)
}

/// A whole number on a slider.
pub fn integer(id: &str, label: &str, range: [f64; 2], default: f64) -> Control {
    let [min, max] = range;
    control(id, label, ControlKind::Integer { min, max, default, log: false })
}

/// One of a few: value and label each.
pub fn choice(id: &str, label: &str, options: &[(&str, &str)], default: &str) -> Control {
    let option =
        |(value, label): &(&str, &str)| ChoiceOption { value: (*value).into(), label: (*label).into() };
    let options = options.iter().map(option).collect();
    control(id, label, ControlKind::Choice { options, default: default.into() })
}

/// A control of any kind, with nothing else said yet.
pub fn control(id: &str, label: &str, kind: ControlKind) -> Control {
    Control {
        id: id.into(),
        label: label.into(),
        symbol: None,
        unit: None,
        help: String::new(),
        group: "Controls".into(),
        kind,
        restarts: false,
        shown_when: None,
    }
}

impl Control {
    /// Its symbol, as the inside of a MathML element.
    #[must_use]
    pub fn symbol(mut self, mathml: &str) -> Self {
        self.symbol = Some(math(mathml));
        self
    }
    /// What a change means.
    #[must_use]
    pub fn help(mut self, help: &str) -> Self {
        self.help = help.into();
        self
    }
    /// Its heading.
    #[must_use]
    pub fn group(mut self, group: &str) -> Self {
        self.group = group.into();
        self
    }
    /// A change restarts the run.
    #[must_use]
    pub fn restarts(mut self) -> Self {
        self.restarts = true;
        self
    }
    /// The slider is logarithmic.
    #[must_use]
    pub fn logarithmic(mut self) -> Self {
        if let ControlKind::Number { log, .. } | ControlKind::Integer { log, .. } = &mut self.kind {
            *log = true;
        }
        self
    }
    /// Values beyond the slider may be typed.
    #[must_use]
    pub fn open(mut self) -> Self {
        if let ControlKind::Number { open, .. } = &mut self.kind {
            *open = true;
        }
        self
    }
    /// Shown only while another control has one of these values.
    #[must_use]
    pub fn shown_when(mut self, control: &str, any_of: &[&str]) -> Self {
        let any_of = any_of.iter().map(|v| (*v).into()).collect();
        self.shown_when = Some(Condition { control: control.into(), any_of });
        self
    }
}

/// MathML around its inside.
pub fn math(inside: &str) -> String {
    format!("<math>{inside}</math>")
}

/// A linear axis without a unit.
pub fn axis(label: &str) -> Axis {
    Axis { label: label.into(), unit: None, log: false }
}

/// A logarithmic axis without a unit.
pub fn log_axis(label: &str) -> Axis {
    Axis { log: true, ..axis(label) }
}

/// A view.
pub fn view(id: &str, title: &str, detail: &str, kind: ViewKind, axes: [Axis; 2], alternative: &str) -> View {
    let [x, y] = axes;
    View {
        id: id.into(),
        title: title.into(),
        detail: detail.into(),
        kind,
        x,
        y,
        alternative: alternative.into(),
        pickable: false,
    }
}

/// A figure of a claim, without a bar for its baseline.
pub fn figure(id: &str, measure: &str, symbol: &str, without: &str, bar: Bar) -> Figure {
    Figure {
        id: id.into(),
        measure: measure.into(),
        symbol: Some(math(symbol)).filter(|_| !symbol.is_empty()),
        without: without.into(),
        bar,
        baseline_bar: None,
        paper: None,
        log: false,
    }
}

impl Figure {
    /// What the baseline must do for the statement to be true.
    #[must_use]
    pub fn baseline(mut self, bar: Bar) -> Self {
        self.baseline_bar = Some(bar);
        self
    }
    /// The paper's own value.
    #[must_use]
    pub fn paper(mut self, value: Option<f64>, text: &str, recalled: bool) -> Self {
        self.paper = Some(PaperValue { value, text: text.into(), recalled });
        self
    }
    /// Its strip is drawn logarithmically.
    #[must_use]
    pub fn logarithmic(mut self) -> Self {
        self.log = true;
        self
    }
}

/// A claim that the page measures for three seeds.
pub fn claim(id: &str, statement: &str, figures: Vec<Figure>, open: bool, note: &str, cost: f64) -> Claim {
    let seeds = vec![1, 2, 3];
    Claim { id: id.into(), statement: statement.into(), figures, open, note: note.into(), seeds, cost }
}

/// A step of a lesson.
pub fn step(text: &str, action: &str, sets: Vec<Setting>) -> LessonStep {
    LessonStep { text: text.into(), action: action.into(), sets }
}

/// A number written on the stage.
pub fn readout(label: &str, symbol: &str, value: String, live: bool) -> Readout {
    let symbol = (!symbol.is_empty()).then(|| math(symbol));
    Readout { label: label.into(), symbol, value, live }
}

/// A number for people, with a true minus.
pub fn decimal(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$}").replace('-', "\u{2212}") } else { "–".into() }
}

/// A setting to a number.
pub fn set_number(control: &str, value: f64) -> Setting {
    Setting { control: control.into(), value: Value::Number(value) }
}

/// A setting to a choice.
pub fn set_text(control: &str, value: &str) -> Setting {
    Setting { control: control.into(), value: Value::Text(value.into()) }
}
