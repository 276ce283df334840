//! What the exhibits that rebuild a system from a series share: data, measures, curves, what is drawn.

mod data;
mod history;
pub(crate) mod metrics;
mod path;

pub(crate) use data::{Data, MOST_VARIABLES, Sampling};
pub(crate) use history::Curve;
pub(crate) use path::{box_of, polyline};

use crate::error::ExhibitError;
use rnn::{Float, Settings, TrainedMap, Trainer};

/// What a trainer refuses, as an exhibit says it.
pub(crate) fn refused(error: rnn::Error) -> ExhibitError {
    ExhibitError::Refused(error.to_string())
}

/// The network after so many updates.
pub(crate) fn trained<T: Float>(
    data: &Data,
    settings: Settings,
    updates: u64,
) -> Result<TrainedMap, rnn::Error> {
    let mut trainer = Trainer::<T>::new(settings, &data.train)?;
    while trainer.updates() < updates {
        trainer.step()?;
    }
    trainer.map()
}
