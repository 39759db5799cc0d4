//! What all connections of one server share.

use std::sync::Arc;

use crate::kit::http::Paths;

use super::config::ServeConfig;
use super::registry::{Registry, Shut};

/// What all connections of one server share.
#[derive(Debug)]
pub(super) struct Shared<S> {
    pub(super) config: ServeConfig,
    pub(super) registry: Arc<Registry<S>>,
}

impl<S: Shut> Shared<S> {
    pub(super) fn new(mut config: ServeConfig) -> Shared<S> {
        config.rules.paths = match config.service {
            Some(_) => Paths::Any,
            None => Paths::Hello,
        };
        let registry = Arc::new(Registry::new(config.connections_max));
        Shared { config, registry }
    }
}
