//! The service served four ways.
