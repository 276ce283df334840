//! The values of an exhibit's controls: from a link's text, checked against the declaration.

use crate::contract::{Control, ControlKind, Declaration, Setting, Value};
use crate::error::{ExhibitError, nearest};
use recipe::Recipe;

/// One value for every control declared, in the order declared.
#[derive(Clone, Debug, PartialEq)]
pub struct Values(Vec<Setting>);

impl Values {
    /// The defaults, with the recipe's controls over them.
    ///
    /// # Errors
    /// A control that the exhibit does not have, or a value of the wrong kind or out of range.
    pub fn resolve(declaration: &Declaration, recipe: &Recipe) -> Result<Self, ExhibitError> {
        for (id, _) in &recipe.controls {
            find(declaration, id)?;
        }
        let mut settings = Vec::with_capacity(declaration.controls.len());
        for control in &declaration.controls {
            let value = match recipe.controls.iter().find(|(id, _)| *id == control.id) {
                Some((_, text)) => read(control, text)?,
                None => default(control),
            };
            settings.push(Setting { control: control.id.clone(), value });
        }
        Ok(Self(settings))
    }

    /// The defaults of some controls of `name`, with settings over them; the text of a value is read as its kind.
    ///
    /// # Errors
    /// As [`Values::resolve`].
    pub fn of(name: &str, controls: &[Control], settings: &[Setting]) -> Result<Self, ExhibitError> {
        for setting in settings {
            find_among(name, controls, &setting.control)?;
        }
        let value = |control: &Control| match settings.iter().rev().find(|s| s.control == control.id) {
            Some(Setting { value: Value::Text(text), .. }) => read(control, text),
            Some(Setting { value, .. }) => check(control, value),
            None => Ok(default(control)),
        };
        let setting = |c: &Control| Ok(Setting { control: c.id.clone(), value: value(c)? });
        Ok(Self(controls.iter().map(setting).collect::<Result<_, ExhibitError>>()?))
    }

    /// All settings in order.
    pub fn settings(&self) -> &[Setting] {
        &self.0
    }

    /// The value of a control, where there is one.
    pub fn get(&self, id: &str) -> Option<&Value> {
        self.0.iter().find(|s| s.control == id).map(|s| &s.value)
    }

    /// A number; not a number when the control does not exist or is none.
    pub fn number(&self, id: &str) -> f64 {
        match self.get(id) {
            Some(Value::Number(number)) => *number,
            _ => f64::NAN,
        }
    }

    /// A whole number, which the declaration has bounded; 0 when the control does not exist.
    pub fn integer(&self, id: &str) -> usize {
        self.number(id) as usize
    }

    /// A choice or a text; empty when the control does not exist or is none.
    pub fn text(&self, id: &str) -> &str {
        match self.get(id) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// Whether a switch is on.
    pub fn switch(&self, id: &str) -> bool {
        matches!(self.get(id), Some(Value::Switch(true)))
    }

    /// Sets a control to a checked value.
    ///
    /// # Errors
    /// As [`Values::resolve`].
    pub fn set(&mut self, declaration: &Declaration, id: &str, value: &Value) -> Result<(), ExhibitError> {
        let control = find(declaration, id)?;
        let value = check(control, value)?;
        if let Some(setting) = self.0.iter_mut().find(|s| s.control == id) {
            setting.value = value;
        }
        Ok(())
    }
}

/// The place, counted from 0, of an option that a control counts from 1.
pub fn place(text: &str) -> usize {
    text.parse::<usize>().map_or(0, |number| number.saturating_sub(1))
}

/// Whether a setting in a link's text goes with a declaration.
pub fn fits(declaration: &Declaration, id: &str, text: &str) -> bool {
    find(declaration, id).is_ok_and(|control| read(control, text).is_ok())
}

/// The control called `id`.
///
/// # Errors
/// Names the nearest control when there is none of that name.
pub fn find<'a>(declaration: &'a Declaration, id: &str) -> Result<&'a Control, ExhibitError> {
    find_among(&declaration.slug, &declaration.controls, id)
}

fn find_among<'a>(of: &str, controls: &'a [Control], id: &str) -> Result<&'a Control, ExhibitError> {
    controls.iter().find(|c| c.id == id).ok_or_else(|| ExhibitError::UnknownControl {
        exhibit: of.to_owned(),
        name: id.to_owned(),
        nearest: nearest(id, controls.iter().map(|c| c.id.as_str())),
    })
}

/// The default of a control.
pub fn default(control: &Control) -> Value {
    match &control.kind {
        ControlKind::Number { default, .. } | ControlKind::Integer { default, .. } => Value::Number(*default),
        ControlKind::Choice { default, .. }
        | ControlKind::Text { default, .. }
        | ControlKind::Curve { default, .. } => Value::Text(default.clone()),
        ControlKind::Switch { default } => Value::Switch(*default),
    }
}

/// A value as it stands in a link.
pub fn write(value: &Value) -> String {
    match value {
        Value::Number(number) => format!("{number}"),
        Value::Text(text) => text.clone(),
        Value::Switch(on) => if *on { "on" } else { "off" }.into(),
    }
}

fn read(control: &Control, text: &str) -> Result<Value, ExhibitError> {
    let value = match control.kind {
        ControlKind::Number { .. } | ControlKind::Integer { .. } => {
            text.trim().parse().ok().map(Value::Number)
        }
        ControlKind::Choice { .. } | ControlKind::Text { .. } | ControlKind::Curve { .. } => {
            Some(Value::Text(text.to_owned()))
        }
        ControlKind::Switch { .. } => match text {
            "on" | "true" | "1" => Some(Value::Switch(true)),
            "off" | "false" | "0" => Some(Value::Switch(false)),
            _ => None,
        },
    };
    match value {
        Some(value) => check(control, &value),
        None => Err(wrong(control, text)),
    }
}

fn check(control: &Control, value: &Value) -> Result<Value, ExhibitError> {
    let good = match (&control.kind, value) {
        (ControlKind::Number { min, max, open, .. }, Value::Number(number)) => {
            number.is_finite() && (*open && number.abs() <= 1e9 || (*min..=*max).contains(number))
        }
        (ControlKind::Integer { min, max, .. }, Value::Number(number)) => {
            (*min..=*max).contains(number) && libm::floor(*number) == *number
        }
        (ControlKind::Choice { options, .. }, Value::Text(text)) => options.iter().any(|o| o.value == *text),
        (ControlKind::Text { max_length, .. }, Value::Text(text)) => {
            text.chars().count() <= *max_length as usize
        }
        (ControlKind::Curve { points, .. }, Value::Text(text)) => {
            text.len() <= *points as usize && text.bytes().all(|byte| crate::curve::level(byte).is_some())
        }
        (ControlKind::Switch { .. }, Value::Switch(_)) => true,
        _ => false,
    };
    if good { Ok(value.clone()) } else { Err(wrong(control, &write(value))) }
}

fn wrong(control: &Control, value: &str) -> ExhibitError {
    let expected = match &control.kind {
        ControlKind::Number { open: true, .. } => {
            "must be a number, at most a thousand million in size".into()
        }
        ControlKind::Number { min, max, .. } => format!("must be a number from {min} to {max}"),
        ControlKind::Integer { min, max, .. } => format!("must be a whole number from {min} to {max}"),
        ControlKind::Choice { options, .. } => {
            let names: Vec<&str> = options.iter().map(|o| o.value.as_str()).collect();
            format!("must be one of {}", names.join(", "))
        }
        ControlKind::Switch { .. } => "must be on or off".into(),
        ControlKind::Curve { points, .. } => {
            format!("must be at most {points} letters of 0-9, A-Z, a-z, - and _, one a point")
        }
        ControlKind::Text { max_length, .. } => format!("must be at most {max_length} characters"),
    };
    ExhibitError::Value { control: control.id.clone(), value: value.chars().take(40).collect(), expected }
}
